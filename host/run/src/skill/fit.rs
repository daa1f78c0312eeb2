//! Whether a `with` can fit an operation's input schema, as far as it is known before the run.

use serde_json::Value;

use crate::expr::{Engine, Text};
use crate::schema::{Misfit, Schema};

/// What stands for a value that an expression will give.
const UNKNOWN: &str = "\u{0}unknown";

/// What cannot fit, whatever the expressions give.
pub(super) fn misfits(engine: &Engine, schema: &Schema, with: &Value) -> Vec<Misfit> {
    let probe = probe(engine, with);
    schema
        .misfits(&probe)
        .into_iter()
        .filter(|misfit| is_certain(misfit, &probe))
        .collect()
}

fn probe(engine: &Engine, value: &Value) -> Value {
    match value {
        Value::String(text) => match Text::of(engine, text) {
            Text::Literal(_) => value.clone(),
            Text::Whole(_) | Text::Mixed(_) => Value::String(UNKNOWN.to_owned()),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| probe(engine, item)).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| (key.clone(), probe(engine, value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Whether it is wrong for what is known: it is about a value without unknown parts, or about which fields and how
/// many items there are.
fn is_certain(misfit: &Misfit, probe: &Value) -> bool {
    let Some(value) = probe.pointer(&misfit.at) else {
        return false;
    };
    if value.as_str() == Some(UNKNOWN) {
        return false;
    }
    let about_the_shape = matches!(
        misfit.keyword.as_str(),
        "required"
            | "additionalProperties"
            | "type"
            | "minItems"
            | "maxItems"
            | "minProperties"
            | "maxProperties"
    );
    about_the_shape || !has_unknown(value)
}

fn has_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text == UNKNOWN,
        Value::Array(items) => items.iter().any(has_unknown),
        Value::Object(fields) => fields.values().any(has_unknown),
        _ => false,
    }
}

/// The fields of `with` that an object schema does not name, where it names its fields and does not say that there
/// may be others.
pub(super) fn unknown_fields<'a>(schema: &Value, with: &'a Value) -> Vec<&'a str> {
    let Value::Object(fields) = with else {
        return Vec::new();
    };
    fields
        .keys()
        .map(String::as_str)
        .filter(|field| !may_have(schema, field))
        .collect()
}

/// Whether an object that fits the schema may have the field. Says yes where it cannot tell.
pub(super) fn may_have(schema: &Value, field: &str) -> bool {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return true;
    };
    if properties.contains_key(field) {
        return true;
    }
    let open = ["patternProperties", "$ref", "allOf", "anyOf", "oneOf", "if"];
    if open.iter().any(|keyword| schema.get(keyword).is_some()) {
        return true;
    }
    match schema.get("additionalProperties") {
        // Said outright that there may be others.
        Some(Value::Bool(others)) => *others,
        Some(_) => true,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_certain_is_found() {
        let schema = json!({
            "type": "object",
            "properties": {"query": {"type": "string", "maxLength": 3}, "limit": {"type": "integer", "maximum": 500}, "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 1}},
            "required": ["query"],
            "additionalProperties": false
        });
        let schema = Schema::new("x", &schema).unwrap();
        let engine = Engine::new();
        for (with, wrong) in [
            (json!({"query": "abc"}), 0),
            (json!({"query": "{{ inputs.a_very_long_name }}"}), 0),
            (json!({"query": "{{ x }}", "limit": "{{ inputs.n }}"}), 0),
            (json!({"query": "x {{ y }} and more"}), 0),
            (json!({"query": "abcd"}), 1),
            (json!({"query": "{{ x }}", "limit": 501}), 1),
            (json!({"query": "{{ x }}", "limit": "5"}), 1),
            (json!({"limit": 5}), 1),
            (json!({"query": "{{ x }}", "lmit": "{{ y }}"}), 1),
            (json!({"query": "{{ x }}", "tags": ["{{ a }}", "b"]}), 1),
            (json!({"query": "{{ x }}", "tags": ["{{ a }}"]}), 0),
            (json!({"query": "{{ x }}", "tags": {"a": "{{ a }}"}}), 1),
        ] {
            assert_eq!(misfits(&engine, &schema, &with).len(), wrong, "{with}");
        }
    }

    #[test]
    fn a_schema_that_is_open_knows_no_unknown_field() {
        let with = json!({"a": 1, "b": 2});
        assert_eq!(
            unknown_fields(&json!({"properties": {"a": {}}}), &with),
            ["b"]
        );
        assert!(
            unknown_fields(
                &json!({"properties": {"a": {}}, "additionalProperties": true}),
                &with
            )
            .is_empty()
        );
        assert!(unknown_fields(&json!({"type": "object"}), &with).is_empty());
    }
}
