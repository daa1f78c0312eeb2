//! Comparing words as people do: without case and accents, from the start of a word.

/// A text as it is compared: lower case, without accents, full-width letters as ordinary ones.
pub fn fold(text: &str) -> String {
    text.chars().filter_map(fold_char).collect()
}

/// One letter as it is compared; none for a combining accent. Never more than one letter for one, so that
/// places in a folded text can be found in its original.
pub(crate) fn fold_char(letter: char) -> Option<char> {
    if letter.is_ascii() {
        return Some(letter.to_ascii_lowercase());
    }
    let lower = match letter {
        // Combining accents: a decomposed `é` is an `e` and one of these.
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}' => return None,
        '\u{a0}' | '\u{3000}' => return Some(' '),
        '\u{ff01}'..='\u{ff5e}' => {
            let ascii = u32::from(letter) - 0xff01 + 0x21;
            return char::from_u32(ascii).map(|it| it.to_ascii_lowercase());
        }
        '’' | '‘' => return Some('\''),
        '“' | '”' => return Some('"'),
        '‐' | '‑' | '–' | '—' => return Some('-'),
        _ => letter.to_lowercase().next().unwrap_or(letter),
    };
    Some(match lower {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ß' | 'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ŧ' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    })
}

/// How often `word` begins a word of `text`; both folded. A word of up to three letters must be the whole word, or
/// `or` would find `order`. In scripts without blanks between words it may stand anywhere.
pub fn count(text: &str, word: &str) -> usize {
    places(text, word).count()
}

/// Whether `word` begins a word of `text`; both folded.
pub fn matches(text: &str, word: &str) -> bool {
    places(text, word).next().is_some()
}

/// The byte offsets in `text` at which `word` is found, as `count` says.
pub(crate) fn places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let inside = |it: char| it.is_alphanumeric() && !is_unspaced(it);
    let first = word.chars().next();
    let last = word.chars().next_back();
    let begins = first.is_some_and(inside);
    let ends = last.is_some_and(inside) && word.chars().count() <= 3;
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = || text.get(..at).and_then(|it| it.chars().next_back());
            let after = || text.get(at + word.len()..).and_then(|it| it.chars().next());
            let cut_before = begins && before().is_some_and(inside);
            let cut_after = ends && after().is_some_and(inside);
            !word.is_empty() && !cut_before && !cut_after
        })
}

/// Whether the letter is of a script that writes words without blanks between them.
fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_case_do_not_matter() {
        for spelling in ["Müller", "MULLER", "Mu\u{308}ller", "ＭÜＬＬＥＲ"] {
            assert_eq!(fold(spelling), "muller", "{spelling}");
        }
    }

    #[test]
    fn a_word_matches_from_its_start() {
        assert_eq!(count("report, reports and a preport", "report"), 2);
        assert_eq!(count("week-report", "report"), 1);
        assert!(!matches("preport", "report"));
    }

    #[test]
    fn a_short_word_is_a_whole_word() {
        assert_eq!(count("or order, port or", "or"), 2);
        assert!(
            matches("firmware 3.4.1", "3.4") && !matches("13.45", "3.4") && !matches("33", "3")
        );
    }

    #[test]
    fn scripts_without_blanks_match_anywhere() {
        assert!(matches("来週の会議について", "会議"));
        assert!(matches("お客様report", "report"));
    }

    #[test]
    fn nothing_is_found_in_or_for_nothing() {
        assert_eq!(count("", "a"), 0);
        assert_eq!(count("abc", ""), 0);
    }
}
