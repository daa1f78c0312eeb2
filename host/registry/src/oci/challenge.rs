//! `WWW-Authenticate`: how a registry wants to be told who asks (RFC 9110, 11.6.1).

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// What a registry asks for. Its `scope` is not read: what is asked for is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and password with each request.
    Basic,
    /// A token, from a place.
    Bearer {
        realm: String,
        service: Option<String>,
    },
}

/// The challenge that is answered: Bearer before Basic, the first of each.
pub(super) fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let mut found = Vec::new();
    for value in headers.get_all(WWW_AUTHENTICATE) {
        found.extend(value.to_str().map(parse).unwrap_or_default());
    }
    let bearer = found.iter().position(|it| *it != Challenge::Basic);
    let index = bearer.unwrap_or(0);
    (index < found.len()).then(|| found.swap_remove(index))
}

/// Challenges are told apart from parameters by what follows their first word: `Bearer realm="…",service="…", Basic …`.
fn parse(text: &str) -> Vec<Challenge> {
    let mut schemes: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let word = rest.split([' ', '\t', ',', '=']).next().unwrap_or_default();
        if word.is_empty() {
            break;
        }
        let after = rest.get(word.len()..).unwrap_or_default();
        let after = after.trim_start_matches([' ', '\t']);
        let key = word.to_ascii_lowercase();
        match after.strip_prefix('=') {
            Some(value) => {
                let Some((value, next)) = value_of(value.trim_start_matches([' ', '\t'])) else {
                    break;
                };
                if let Some((_, parameters)) = schemes.last_mut() {
                    parameters.push((key, value));
                }
                rest = next;
            }
            None => {
                schemes.push((key, Vec::new()));
                rest = after;
            }
        }
    }
    schemes.into_iter().filter_map(known).collect()
}

fn known((scheme, parameters): (String, Vec<(String, String)>)) -> Option<Challenge> {
    let get = |name: &str| {
        let mut found = parameters.iter().filter(|(key, _)| key == name);
        // One that is given twice means nothing.
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.clone()),
            _ => None,
        }
    };
    match scheme.as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: get("realm")?,
            service: get("service"),
        }),
        _ => None,
    }
}

/// A token or a quoted text, and what follows it.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return Some((value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, inner.get(at + 1..)?)),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
        }
    }

    #[test]
    fn challenges_are_read_as_they_are_written() {
        for (text, expected) in [
            (
                r#"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a:pull,push""#,
                vec![bearer(
                    "https://auth.example/token",
                    Some("registry.example"),
                )],
            ),
            (
                r#"bearer realm=https://a.example/t"#,
                vec![bearer("https://a.example/t", None)],
            ),
            (r#"Basic realm="a, b""#, vec![Challenge::Basic]),
            ("Basic", vec![Challenge::Basic]),
            (
                r#"Basic realm="x", Bearer realm="https://a.example/t" , service = "s""#,
                vec![Challenge::Basic, bearer("https://a.example/t", Some("s"))],
            ),
            (r#"Bearer realm="a\"b""#, vec![bearer("a\"b", None)]),
            (r#"Negotiate abc"#, vec![]),
            (r#"Bearer service="x""#, vec![]),
            (
                r#"Bearer realm="https://a.example",realm="https://b.example""#,
                vec![],
            ),
            (r#"Bearer realm="unfinished"#, vec![]),
            ("", vec![]),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_token_is_preferred_to_a_password() {
        let mut headers = HeaderMap::new();
        assert_eq!(challenge(&headers), None);
        headers.append(WWW_AUTHENTICATE, "Basic realm=x".parse().unwrap());
        assert_eq!(challenge(&headers), Some(Challenge::Basic));
        headers.append(WWW_AUTHENTICATE, "Bearer realm=y".parse().unwrap());
        assert_eq!(challenge(&headers), Some(bearer("y", None)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_end_or_panic(text in "[a-zA-Z=\", \\\\é]{0,60}") {
            let _ = parse(&text);
        }
    }
}
