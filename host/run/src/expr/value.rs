//! JSON to the values of expressions, and back.

use minijinja::Value;
use minijinja::value::{Serde, ValueKind};
use serde_json::Value as Json;

/// As an expression sees it.
pub(crate) fn to_value(json: &Json) -> Value {
    Value::from(Serde(json))
}

/// As a plugin or run.json gets it.
///
/// # Errors
/// Undefined anywhere in it, and what JSON cannot hold.
pub(crate) fn to_json(value: &Value) -> Result<Json, String> {
    check(value, 0)?;
    serde_json::to_value(value).map_err(|e| e.to_string())
}

/// Deeper than any JSON that the host reads, and far from the end of the stack.
const MAX_DEPTH: usize = 128;

fn check(value: &Value, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
    }
    match value.kind() {
        ValueKind::Undefined => Err("it is undefined".to_owned()),
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()
            .map_err(|e| e.to_string())?
            .try_for_each(|item| check(&item, depth + 1)),
        ValueKind::Map => value
            .try_iter()
            .map_err(|e| e.to_string())?
            .try_for_each(|key| {
                check(&value.get_item(&key).map_err(|e| e.to_string())?, depth + 1)
            }),
        ValueKind::Invalid => Err(value.to_string()),
        _ => Ok(()),
    }
}
