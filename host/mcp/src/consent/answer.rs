//! What a client brings as a person's answer.

use serde_json::Value;

use super::KEY;

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    /// Yes.
    Yes,
    /// Anything else, and what.
    No(&'static str),
}

/// Reads an elicitation's result: `{action: accept, content: {allow: true}}` is a yes, and nothing else is. A text that
/// says `true`, or a form with more in it than was asked for, is what a client makes up, not what a person ticked.
pub(super) fn read(result: &Value) -> Answered {
    match result.get("action").and_then(Value::as_str) {
        Some("accept") => {}
        Some("decline") => return Answered::No("the person declined"),
        Some("cancel") => return Answered::No("the person closed the question"),
        _ => return Answered::No("the answer is none to the question"),
    }
    let content = result.get("content").and_then(Value::as_object);
    let Some(content) = content else {
        return Answered::No("the answer has no content");
    };
    match content.get(KEY) {
        Some(Value::Bool(true)) if content.len() == 1 => Answered::Yes,
        Some(Value::Bool(true)) => Answered::No("the answer holds more than was asked for"),
        Some(Value::Bool(false)) => Answered::No("the person did not allow it"),
        Some(_) => Answered::No("the answer is neither true nor false"),
        None => Answered::No("the answer is none to the question"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_ticked_box_that_was_sent_off_is_a_yes() {
        let yes = json!({"action": "accept", "content": {"allow": true}});
        assert_eq!(read(&yes), Answered::Yes);
        let with_meta = json!({"action": "accept", "content": {"allow": true}, "_meta": {"a": 1}});
        assert_eq!(read(&with_meta), Answered::Yes);
        for no in [
            json!({"action": "accept", "content": {"allow": false}}),
            json!({"action": "accept", "content": {"allow": "true"}}),
            json!({"action": "accept", "content": {"allow": 1}}),
            json!({"action": "accept", "content": {"allow": null}}),
            json!({"action": "accept", "content": {"allow": [true]}}),
            json!({"action": "accept", "content": {"Allow": true}}),
            json!({"action": "accept", "content": {"allow": true, "always": true}}),
            json!({"action": "accept", "content": true}),
            json!({"action": "accept", "content": {}}),
            json!({"action": "accept"}),
            json!({"action": "decline", "content": {"allow": true}}),
            json!({"action": "cancel", "content": {"allow": true}}),
            json!({"action": "Accept", "content": {"allow": true}}),
            json!({"action": ["accept"], "content": {"allow": true}}),
            json!({"content": {"allow": true}}),
            json!({"allow": true}),
            json!(true),
            json!(12_345),
            json!(null),
            json!([]),
            json!({}),
        ] {
            assert!(matches!(read(&no), Answered::No(_)), "{no}");
        }
    }
}
