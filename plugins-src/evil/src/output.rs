//! What comes back instead of an honest answer.

use serde_json::{Value, json};

use crate::bindings::exports::remit::connector::connector::Fault;
use crate::{Done, text};

pub fn run(op: &str, input: &Value) -> Option<Done> {
    Some(match op {
        "raw_output" => Done::Raw(text::string(input, "text")),
        "huge_output" => {
            let size = text::number(input, "bytes", 1 << 20) as usize;
            let mut out = Vec::with_capacity(size + 32);
            out.extend_from_slice(b"{\"op\":\"huge_output\",\"value\":\"");
            out.resize(out.len() + size, b'a');
            out.extend_from_slice(b"\"}");
            // Only ASCII went in.
            Done::Raw(String::from_utf8(out).unwrap_or_default())
        }
        "deep_output" => {
            let depth = text::number(input, "depth", 100_000) as usize;
            let mut out = String::with_capacity(depth * 2 + 32);
            out.push_str("{\"op\":\"deep_output\",\"value\":");
            out.push_str(&"[".repeat(depth));
            out.push_str(&"]".repeat(depth));
            out.push('}');
            Done::Raw(out)
        }
        "invalid_utf8" => {
            let bytes = match input["hex"].as_str() {
                Some(hex) => text::unhex(hex),
                None => b"{\"op\":\"\xff\xfe\"}".to_vec(),
            };
            // SAFETY: deliberately none. The host must not believe that a guest's string is UTF-8.
            Done::Raw(unsafe { String::from_utf8_unchecked(bytes) })
        }
        "fault" => {
            let message = match input["message"].as_str() {
                Some(message) => message.to_string(),
                None => String::from_utf8(text::bytes(&input["message"])).unwrap_or_default(),
            };
            Done::Fault(match text::string(input, "kind").as_str() {
                "invalid-input" => Fault::InvalidInput(message),
                "denied" => Fault::Denied(message),
                "not-found" => Fault::NotFound(message),
                "conflict" => Fault::Conflict(message),
                "unavailable" => Fault::Unavailable(message),
                _ => Fault::Internal(message),
            })
        }
        "echo" => Done::Value(json!({ "op": "echo", "ok": true, "value": input["value"] })),
        _ => return None,
    })
}
