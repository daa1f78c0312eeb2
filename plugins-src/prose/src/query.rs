//! The language of searches: `budget "board meeting" -draft from:ana has:attachment`.

/// A search, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What must be found, or must not.
    pub words: Vec<Word>,
    /// `key:value` pairs, keys in lower case, for the keys that the caller knows.
    pub fields: Vec<(String, String)>,
}

/// A word or a quoted phrase, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What to look for.
    pub text: String,
    /// Whether it must not be there.
    pub excluded: bool,
}

/// Takes a search apart. A `key:` that is not among `keys` is an ordinary word; an open quote ends with the text.
pub fn parse(text: &str, keys: &[&str]) -> Query {
    let mut query = Query::default();
    for token in tokens(text) {
        let (excluded, bare) = match token.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, token.as_str()),
        };
        let field = bare
            .split_once(':')
            .map(|(key, value)| (key.to_lowercase(), value));
        match field {
            Some((key, value)) if !excluded && keys.contains(&key.as_str()) => {
                query.fields.push((key, unquoted(value)));
            }
            _ => {
                let text = crate::fold(&unquoted(bare));
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                if !text.is_empty() {
                    query.words.push(Word { text, excluded });
                }
            }
        }
    }
    query
}

fn unquoted(token: &str) -> String {
    token.replace('"', "").trim().to_string()
}

/// Splits at blanks that are outside quotes.
fn tokens(text: &str) -> Vec<String> {
    let (mut tokens, mut current, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        let curly = matches!(letter, '“' | '”' | '„');
        if letter == '"' || curly {
            quoted = !quoted;
            current.push('"');
        } else if letter.is_whitespace() && !quoted {
            tokens.push(std::mem::take(&mut current));
        } else {
            current.push(letter);
        }
    }
    tokens.push(current);
    tokens.retain(|token| !token.is_empty());
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word {
        Word {
            text: text.to_string(),
            excluded: false,
        }
    }

    #[test]
    fn a_search_is_words_phrases_exclusions_and_fields() {
        let query = parse(
            r#"Budget "Board  Meeting" -draft from:"Ana B" has:attachment"#,
            &["from", "has"],
        );
        let excluded = Word {
            text: "draft".to_string(),
            excluded: true,
        };
        assert_eq!(
            query.words,
            [word("budget"), word("board meeting"), excluded]
        );
        let field = |key: &str, value: &str| (key.to_string(), value.to_string());
        assert_eq!(
            query.fields,
            [field("from", "Ana B"), field("has", "attachment")]
        );
    }

    #[test]
    fn an_unknown_key_is_a_word() {
        assert_eq!(
            parse("http://x re:budget", &["from"]).words,
            [word("http://x"), word("re:budget")]
        );
    }

    #[test]
    fn an_open_quote_ends_with_the_text() {
        assert_eq!(parse("\"board meeting", &[]).words, [word("board meeting")]);
        assert_eq!(parse("\" \" - \"\"", &[]).words, [word("-")]);
    }
}
