//! The words of a compact form: split at spaces, quoted with `"` where needed.

use crate::{GrantError, is_display_safe};

/// Longer than any sensible grant; a plugin's needs are foreign text.
const MAX_TEXT: usize = 16 * 1024;

/// One word, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub text: String,
    /// Whether any of it was quoted: a quoted `*` is a star, not a wildcard.
    pub quoted: bool,
}

impl Word {
    /// The value of the option `name=value`.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.text.strip_prefix(name)?.strip_prefix('=')
    }

    /// Whether it is the wildcard `*`.
    pub fn is_star(&self) -> bool {
        self.text == "*" && !self.quoted
    }
}

/// Splits at spaces. A part in double quotes may hold spaces, and `\"` and `\\`.
pub(crate) fn split(text: &str) -> Result<Vec<Word>, GrantError> {
    if text.len() > MAX_TEXT {
        return Err(GrantError::syntax(
            text,
            format!("it is longer than {MAX_TEXT} bytes"),
        ));
    }
    // What a person approves must be what it looks like: no controls, no hidden or reordering characters.
    if !is_display_safe(text) {
        return Err(GrantError::syntax(
            text,
            "it holds characters that cannot be seen",
        ));
    }
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == ' ' {
            words.extend(word.take());
            continue;
        }
        let current = word.get_or_insert_with(|| Word {
            text: String::new(),
            quoted: false,
        });
        if c != '"' {
            current.text.push(c);
            continue;
        }
        current.quoted = true;
        loop {
            match chars.next() {
                Some('"') => break,
                Some('\\') => match chars.next() {
                    Some(c @ ('"' | '\\')) => current.text.push(c),
                    _ => {
                        return Err(GrantError::syntax(
                            text,
                            r#"within quotes, `\` stands before `"` or `\` only"#,
                        ));
                    }
                },
                Some(c) => current.text.push(c),
                None => return Err(GrantError::syntax(text, "a quote is not closed")),
            }
        }
    }
    words.extend(word);
    Ok(words)
}

/// The canonical spelling of one word: quoted only where it must be.
pub(crate) fn quote(text: &str) -> String {
    if !text.is_empty() && text != "*" && !text.contains([' ', '"']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        split(text).unwrap().into_iter().map(|w| w.text).collect()
    }

    #[test]
    fn words_are_split_at_spaces_and_quotes_hold_them() {
        assert_eq!(texts("a  b c "), ["a", "b", "c"]);
        assert_eq!(texts(r#"a "b c" d="e f""#), ["a", "b c", "d=e f"]);
        assert_eq!(texts(r#""\"\\" """#), [r#""\"#, ""]);
    }

    #[test]
    fn what_quote_writes_split_reads() {
        for text in ["", "*", "a", "a b", r#"say "hi""#, r"a\b", r#"\ ""#, "é"] {
            assert_eq!(texts(&quote(text)), [text]);
        }
    }

    #[test]
    fn open_quotes_odd_escapes_and_hidden_characters_are_refused() {
        for text in ["\"a", r#""\n""#, "a\tb", "a\nb", "a\u{202e}b", "a\u{200b}"] {
            assert!(split(text).is_err(), "{text:?}");
        }
    }
}
