//! Characters that hide or imitate text. What counts as hidden is remit-policy's to say; here it is decided
//! where a hidden character is still honest, and how it is named.

use remit_policy::is_display_safe;
use unicode_security::{GeneralSecurityProfile, MixedScript};

/// The first hidden character of a prose, with its byte offset.
///
/// Line breaks and tabs are no secret. A joiner or a variation selector after a letter or picture that is not
/// ASCII is how emoji, Persian and Indic scripts are written; one after ASCII, or a row of them, carries data.
pub(crate) fn first_hidden(text: &str) -> Option<(usize, char)> {
    hidden(text).next()
}

/// All of them.
pub(crate) fn hidden(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut before = ' ';
    text.char_indices().filter(move |&(offset, c)| {
        let honest = match c {
            '\n' | '\t' => true,
            '\r' => text
                .get(offset + 1..)
                .is_some_and(|rest| rest.starts_with('\n')),
            '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' => {
                !before.is_ascii() && (is_visible(before) || before == '\u{fe0f}')
            }
            c => is_visible(c),
        };
        before = c;
        !honest
    })
}

fn is_visible(c: char) -> bool {
    is_display_safe(c.encode_utf8(&mut [0; 4]))
}

/// `U+202E (changes the direction of text)`.
pub(crate) fn name_of(c: char) -> String {
    let what = match c {
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "changes the direction of text"
        }
        '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => "has no width",
        '\u{e0000}'..='\u{e007f}' => "a tag character, which only machines read",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "a variation selector",
        c if c.is_control() => "a control character",
        _ => "cannot be seen",
    };
    format!("U+{:04X} ({what})", u32::from(c))
}

/// Why a name that a person chooses by could be taken for another, if it could.
pub(crate) fn name_trick(name: &str) -> Option<String> {
    if let Some((_, c)) = first_hidden(name) {
        return Some(format!("it holds {}", name_of(c)));
    }
    if let Some(c) = name.chars().find(|c| !c.identifier_allowed() && *c != '-') {
        return Some(format!("U+{:04X} is not used in names", u32::from(c)));
    }
    (!name.is_single_script()).then(|| "it mixes scripts whose letters look alike".to_owned())
}

/// The first word in which scripts are mixed whose letters look alike, as in a name that imitates another.
pub fn mixed_word(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_alphanumeric())
        .find(|word| !word.is_single_script())
}

/// Whether two names look alike: `mail` and `mai1`, `list_all` and `list-all`.
pub fn looks_like(a: &str, b: &str) -> bool {
    look(a) == look(b)
}

/// What a name looks like, so that two names that look alike are equal: letters of other scripts and digits
/// folded to what they imitate, case and the kind of dash ignored.
pub fn look(name: &str) -> String {
    unicode_security::confusable_detection::skeleton(&name.to_lowercase())
        .collect::<String>()
        .to_lowercase()
        .replace('_', "-")
}

/// What the person may have meant.
pub(crate) fn closest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let wrong: String = wrong.chars().take(64).collect::<String>().to_lowercase();
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(&wrong, name), *name))
        .filter(|(likeness, _)| *likeness > 0.82)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_two_scripts_is_found() {
        assert_eq!(mixed_word("The Rem\u{456}t project"), Some("Rem\u{456}t"));
        for honest in ["The Remit project", "佐藤 Ken", "Ана and Bo", "Åsa 2"] {
            assert_eq!(mixed_word(honest), None);
        }
    }

    #[test]
    fn what_hides_is_found_and_what_only_looks_unusual_is_not() {
        for bad in [
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{200d}b",
            "x\u{e0041}",
            "\u{1b}[31m",
            "a\rb",
            "a\u{fe0f}",
            "é\u{fe0e}\u{fe0e}",
            "\u{feff}a",
            "a\u{ad}b",
            "a\u{0}",
        ] {
            assert!(first_hidden(bad).is_some(), "{bad:?}");
        }
        for good in [
            "plain",
            "two\nlines\r\n\ttab",
            "👩\u{200d}💻",
            "❤\u{fe0f}\u{200d}🔥",
            "می\u{200c}خواهم",
            "日本語",
            "é",
        ] {
            assert_eq!(first_hidden(good), None, "{good:?}");
        }
    }

    #[test]
    fn names_that_imitate_are_found() {
        assert!(name_trick("mаil").is_some(), "Cyrillic а");
        assert!(name_trick("ma\u{200b}il").is_some());
        assert!(name_trick("ｍail").is_some(), "full width");
        for good in ["mail", "weekly-report", "отчёт", "週報", "café"] {
            assert_eq!(name_trick(good), None, "{good}");
        }
    }

    #[test]
    fn names_that_look_alike_look_the_same() {
        assert_eq!(look("Search"), look("search"));
        assert_eq!(look("list_all"), look("list-all"));
        assert_eq!(look("seаrch"), look("search"), "Cyrillic а");
        assert_ne!(look("read"), look("send"));
        for imitation in ["mai1", "rnail", "MAIL"] {
            assert!(looks_like("mail", imitation), "{imitation}");
        }
        assert!(!looks_like("mail", "mails"));
    }

    #[test]
    fn the_nearest_key_is_suggested_and_a_far_one_is_not() {
        let known = ["operations", "component", "for_each"];
        assert_eq!(closest("operatons", &known), Some("operations"));
        assert_eq!(closest("foreach", &known), Some("for_each"));
        assert_eq!(closest("zzz", &known), None);
    }
}
