//! A few words of a text that show what it is about.

use crate::fold::{fold, fold_char, places};

/// About `max` letters of `text` around the first of `words` (folded) that is in it; its opening where none is.
pub fn snippet(text: &str, words: &[&str], max: usize) -> String {
    let folded = fold(text);
    let first = words
        .iter()
        .filter_map(|word| places(&folded, word).next())
        .min();
    let Some(first) = first else {
        return opening(text, max);
    };
    // Folding drops some letters and never adds any: count to the same one in the original.
    let letters = folded.get(..first).map_or(0, |it| it.chars().count());
    let before = max / 3;
    let mut seen = 0;
    let mut start = 0;
    for (at, letter) in text.char_indices() {
        if seen >= letters.saturating_sub(before) {
            start = at;
            break;
        }
        seen += usize::from(fold_char(letter).is_some());
    }
    let rest = text.get(start..).unwrap_or(text);
    let rest = match start {
        0 => rest,
        // Begin at a word.
        _ => match rest
            .char_indices()
            .take(before)
            .find(|(_, it)| it.is_whitespace())
        {
            Some((at, _)) => rest.get(at..).unwrap_or(rest),
            None => rest,
        },
    };
    let shown = one_line(rest, max);
    if start == 0 {
        shown
    } else {
        format!("…{shown}")
    }
}

/// The first `max` letters or so on one line, without what a reply quotes.
pub fn opening(text: &str, max: usize) -> String {
    let own: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('>'))
        .take(200)
        .collect();
    one_line(&own.join(" "), max)
}

fn one_line(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if length + letters > max {
            if length == 0 {
                out.extend(word.chars().take(max));
            }
            out.push('…');
            break;
        }
        if length > 0 {
            out.push(' ');
        }
        out.push_str(word);
        length += letters + 1;
    }
    out
}

/// At most `max` letters of a text, and whether that is less than all.
pub fn truncate(mut text: String, max: usize) -> (String, bool) {
    match text.char_indices().nth(max) {
        Some((at, _)) => {
            text.truncate(at);
            (text, true)
        }
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_around_the_word() {
        let text = format!(
            "{} the Bu\u{308}dget was agreed {}",
            "a ".repeat(100),
            "z ".repeat(100)
        );
        let shown = snippet(&text, &["budget"], 60);
        assert!(shown.contains("the Bu\u{308}dget was agreed"), "{shown}");
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.chars().count() <= 64, "{shown}");
    }

    #[test]
    fn without_a_match_it_is_the_opening_without_quotes() {
        assert_eq!(
            snippet("> old\nYes,\n  agreed.", &["nothing"], 60),
            "Yes, agreed."
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_snippet(text in ".{0,400}", word in ".{1,6}") {
            let shown = snippet(&text, &[&fold(&word)], 40);
            proptest::prop_assert!(shown.chars().count() <= 43);
        }
    }
}
