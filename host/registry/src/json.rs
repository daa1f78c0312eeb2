//! JSON of strangers: bounded in depth before it is read.

use serde::de::DeserializeOwned;

use crate::limits::MAX_JSON_DEPTH;

/// Reads a document. A key that is given twice is refused, where the type knows it.
///
/// # Errors
/// What is wrong, safe to print.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    if depth(bytes) > MAX_JSON_DEPTH {
        return Err(format!("it nests more than {MAX_JSON_DEPTH} deep"));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| remit_policy::display_safe(&error.to_string(), 200))
}

/// How deep the brackets nest; of a document that is no JSON, something.
fn depth(bytes: &[u8]) -> usize {
    let (mut now, mut most) = (0_usize, 0_usize);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                now += 1;
                most = most.max(now);
            }
            b'}' | b']' if !in_text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    struct Named {
        name: String,
    }

    #[test]
    fn depth_is_bounded_even_in_what_is_not_looked_at() {
        let nested = |n: usize| {
            format!(
                r#"{{"name":"[[[[[[[[[[[[[[[[[[[[\"","x":{}{}}}"#,
                "[".repeat(n),
                "]".repeat(n)
            )
        };
        let read = parse::<Named>(nested(MAX_JSON_DEPTH - 1).as_bytes()).unwrap();
        assert!(read.name.ends_with('"'));
        for deep in [MAX_JSON_DEPTH, 100_000] {
            let error = parse::<Named>(nested(deep).as_bytes()).unwrap_err();
            assert!(error.contains("deep"), "{error}");
        }
    }

    #[test]
    fn a_key_that_is_given_twice_is_refused() {
        let error = parse::<Named>(br#"{"name":"a","name":"b"}"#).unwrap_err();
        assert!(error.contains("duplicate"), "{error}");
    }
}
