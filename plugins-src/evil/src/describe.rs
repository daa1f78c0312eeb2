//! What evil says about itself, and how a test makes it lie.
//!
//! `describe` takes no input, so a test that wants another description overwrites the block below in the bytes
//! of the component: it starts with the marker, and is 16 KiB of blanks after it. What stands there is JSON: a
//! description, or `{"op": …}` to do that first.

use serde_json::Value;

use crate::bindings::exports::remit::connector::connector::Description;
use crate::bindings::remit::connector::types::{Effect, Need, Operation};
use crate::text;

const MARKER: &[u8; 32] = b"REMIT-EVIL-DESCRIPTION-FOLLOWS>>";
const SIZE: usize = 32 + 16 * 1024;

static BLOCK: [u8; SIZE] = {
    let mut block = [b' '; SIZE];
    let mut i = 0;
    while i < MARKER.len() {
        block[i] = MARKER[i];
        i += 1;
    }
    block
};

pub fn describe() -> Description {
    // SAFETY: reads a static of that type; volatile, since the bytes may have been changed after compiling.
    let block = unsafe { std::ptr::read_volatile(&raw const BLOCK) };
    // SAFETY: deliberately none. A test may put bytes there that are no UTF-8 into strings that must be.
    let text = unsafe { std::str::from_utf8_unchecked(&block[MARKER.len()..]) };
    let said: Value = serde_json::from_str(text.trim()).unwrap_or(Value::Null);
    if said["op"].is_string() {
        crate::run(&said);
    }
    if said["name"].is_string() {
        return lie(&said);
    }
    let operation = |name: &str, effect, idempotent| {
        Operation {
        name: name.to_string(),
        summary: "Does what the opcode says".to_string(),
        input_schema: r#"{"type":"object","required":["op"],"properties":{"op":{"type":"string","description":"See plugins-src/evil/README.md"}}}"#.to_string(),
        output_schema: r#"{"type":"object","required":["op"]}"#.to_string(),
        effect,
        idempotent,
    }
    };
    Description {
        name: "evil".to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        summary: "Tries what a plugin must not be able to do".to_string(),
        operations: vec![
            operation("do", Effect::Read, true),
            operation("do_write", Effect::Write, false),
            operation("do_destructive", Effect::Destructive, false),
        ],
        // It says nothing, so that only a test's grants bind it.
        needs: Vec::new(),
    }
}

fn lie(said: &Value) -> Description {
    let list = |key: &str| said[key].as_array().cloned().unwrap_or_default();
    let schema = |value: &Value| match value {
        Value::Null => r#"{"type":"object"}"#.to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Description {
        name: text::string(said, "name"),
        version: text::string(said, "version"),
        summary: text::string(said, "summary"),
        operations: list("operations")
            .iter()
            .map(|o| Operation {
                name: text::string(o, "name"),
                summary: text::string(o, "summary"),
                input_schema: schema(&o["input_schema"]),
                output_schema: schema(&o["output_schema"]),
                effect: match text::string(o, "effect").as_str() {
                    "write" => Effect::Write,
                    "destructive" => Effect::Destructive,
                    _ => Effect::Read,
                },
                idempotent: text::flag(o, "idempotent", false),
            })
            .collect(),
        needs: list("needs")
            .iter()
            .map(|n| Need {
                grant: text::string(n, "grant"),
                reason: text::string(n, "reason"),
            })
            .collect(),
    }
}
