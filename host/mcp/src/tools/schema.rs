//! The schemas that clients are shown: those of the operations, so that every client takes them, and with no text in
//! them that a person would not see.

use remit_policy::{display_safe, is_display_safe};
use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};

use crate::error::McpError;

/// Characters of a description within a schema.
const MAX_TEXT: usize = 1_024;

/// Where the operation's output schema stands in the wrapper's.
const RESULT: &str = "#/properties/result";

/// The dialect that the protocol takes where a schema names none.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Values are schemas, under names that the author chose.
const MAPS: &[&str] = &[
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "dependencies",
];

/// One schema, or a list of them.
const SCHEMAS: &[&str] = &[
    "items",
    "prefixItems",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "propertyNames",
    "allOf",
    "anyOf",
    "oneOf",
    "contentSchema",
];

/// The same, but here every client takes a bare `true` or `false`.
const OPEN: &[&str] = &[
    "additionalProperties",
    "unevaluatedProperties",
    "additionalItems",
    "unevaluatedItems",
];

/// Text for a reader, which means nothing to a validator.
const TEXTS: &[&str] = &["title", "description", "$comment"];

/// Values that only a reader has use for.
const SHOWN: &[&str] = &["default", "examples", "example"];

/// Some model's interfaces refuse these at the root of an input. The host checks the whole schema all the same.
const NOT_AT_ROOT: &[&str] = &[
    "anyOf", "oneOf", "allOf", "not", "enum", "const", "if", "then", "else",
];

/// An operation's input schema as clients are shown it.
///
/// # Errors
/// If a name or value in it holds hidden characters, which could not be shown without changing what it means.
pub(crate) fn input(what: &str, schema: &Value) -> Result<JsonObject, McpError> {
    let mut shown = match clean(what, schema)? {
        Value::Object(shown) => shown,
        _ => Map::new(),
    };
    for key in NOT_AT_ROOT {
        shown.shift_remove(*key);
    }
    if shown
        .get("$schema")
        .and_then(Value::as_str)
        .is_some_and(is_default_dialect)
    {
        shown.shift_remove("$schema");
    }
    shown.shift_remove("$id");
    shown.insert("type".into(), "object".into());
    shown.entry("properties").or_insert_with(|| json!({}));
    Ok(shown)
}

/// The schema of what a call of the operation returns here: the result with its source, or the beginning of one that is
/// too long.
///
/// # Errors
/// As [`input`].
pub(crate) fn output(what: &str, schema: &Value) -> Result<JsonObject, McpError> {
    let mut result = clean(what, schema)?;
    let dialect = match &mut result {
        Value::Object(root) => {
            root.shift_remove("$id");
            root.shift_remove("$schema")
        }
        _ => None,
    };
    // References lead from the document's root, and the schema is not there any more.
    if rebase(&mut result).is_none() {
        result = json!({});
    }
    let mut wrapper = Map::new();
    if let Some(dialect) = dialect.filter(|it| !it.as_str().is_some_and(is_default_dialect)) {
        wrapper.insert("$schema".into(), dialect);
    }
    wrapper.insert("type".into(), "object".into());
    wrapper.insert(
        "properties".into(),
        json!({
            "source": { "type": "string" },
            "result": result,
            "cut": {
                "type": "object",
                "description": "In place of a result that is too long",
                "properties": {
                    "bytes": { "type": "integer" },
                    "shown": { "type": "integer" },
                    "beginning": { "type": "string" },
                    "resource": { "type": "string" },
                },
                "required": ["bytes", "shown", "beginning", "resource"],
            },
        }),
    );
    wrapper.insert("required".into(), json!(["source"]));
    Ok(wrapper)
}

fn is_default_dialect(dialect: &str) -> bool {
    dialect.trim_end_matches('#') == DIALECT
}

/// The same schema with its texts capped and nothing hidden in them, and without bare `true` and `false` where some
/// clients do not take them.
fn clean(what: &str, schema: &Value) -> Result<Value, McpError> {
    match schema {
        Value::Bool(true) => Ok(json!({})),
        Value::Bool(false) => Ok(json!({ "not": {} })),
        Value::Object(fields) => {
            let mut cleaned = Map::new();
            for (key, value) in fields {
                seen(what, key)?;
                if let Some(value) = cleaned_field(what, key, value)? {
                    cleaned.insert(key.clone(), value);
                }
            }
            Ok(Value::Object(cleaned))
        }
        Value::Array(schemas) => {
            let cleaned: Result<_, _> = schemas.iter().map(|schema| clean(what, schema)).collect();
            Ok(Value::Array(cleaned?))
        }
        // `dependencies` may hold lists of names.
        other => {
            all_seen(what, other)?;
            Ok(other.clone())
        }
    }
}

fn cleaned_field(what: &str, key: &str, value: &Value) -> Result<Option<Value>, McpError> {
    if TEXTS.contains(&key) {
        let text = value.as_str().map(one_line);
        return Ok(text.map(|text| Value::String(display_safe(&text, MAX_TEXT))));
    }
    if SHOWN.contains(&key) {
        return Ok(all_seen(what, value).is_ok().then(|| value.clone()));
    }
    if MAPS.contains(&key)
        && let Value::Object(schemas) = value
    {
        let mut cleaned = Map::new();
        for (name, schema) in schemas {
            seen(what, name)?;
            cleaned.insert(name.clone(), clean(what, schema)?);
        }
        return Ok(Some(Value::Object(cleaned)));
    }
    let open = OPEN.contains(&key);
    if open && value.is_boolean() {
        return Ok(Some(value.clone()));
    }
    if open || SCHEMAS.contains(&key) {
        return Ok(Some(clean(what, value)?));
    }
    all_seen(what, value)?;
    Ok(Some(value.clone()))
}

/// A text as one line: where a source's line ends is nothing hidden, and as an escape only in the way.
fn one_line(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fails for a text that a person would not see as it is.
fn seen(what: &str, text: &str) -> Result<(), McpError> {
    if is_display_safe(text) {
        return Ok(());
    }
    Err(McpError::HiddenText {
        what: what.to_owned(),
        text: display_safe(text, 80),
    })
}

fn all_seen(what: &str, value: &Value) -> Result<(), McpError> {
    match value {
        Value::String(text) => seen(what, text),
        Value::Array(values) => values.iter().try_for_each(|value| all_seen(what, value)),
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            seen(what, key)?;
            all_seen(what, value)
        }),
        _ => Ok(()),
    }
}

/// Has all references lead to where the schema is now; nothing if there is one of which that cannot be said.
fn rebase(schema: &mut Value) -> Option<()> {
    let fields = match schema {
        Value::Object(fields) => fields,
        Value::Array(schemas) => return schemas.iter_mut().try_for_each(rebase),
        _ => return Some(()),
    };
    for (key, value) in fields {
        match key.as_str() {
            "$ref" => {
                let target = value.as_str()?;
                let inside = target.strip_prefix('#')?;
                if inside.is_empty() || inside.starts_with('/') {
                    *value = Value::String(format!("{RESULT}{inside}"));
                }
            }
            // A base of its own, a dialect of its own, or a reference that is found while validating.
            "$id" | "$schema" | "$dynamicRef" | "$dynamicAnchor" | "$recursiveRef"
            | "$recursiveAnchor" | "$vocabulary" => return None,
            key if MAPS.contains(&key) => {
                if let Value::Object(schemas) = value {
                    schemas.values_mut().try_for_each(rebase)?;
                }
            }
            key if SCHEMAS.contains(&key) || OPEN.contains(&key) => rebase(value)?,
            _ => {}
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result_of(schema: Value) -> Value {
        let wrapper = Value::Object(output("x", &schema).unwrap());
        assert_eq!(wrapper["type"], "object");
        assert_eq!(wrapper["required"], json!(["source"]));
        wrapper["properties"]["result"].clone()
    }

    #[test]
    fn references_lead_to_where_the_schema_is_now() {
        let schema = json!({
            "type": "object",
            "$defs": { "node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/node" } } } },
            "properties": {
                "first": { "$ref": "#/$defs/node" },
                "self": { "$ref": "#" },
                "$ref": { "type": "string" },
                "named": { "$anchor": "here", "type": "string" },
                "same": { "$ref": "#here" },
                "like": { "const": { "$ref": "#/no" } },
            },
        });
        let result = result_of(schema);
        let at = |pointer: &str| result.pointer(pointer).unwrap().clone();
        assert_eq!(
            at("/$defs/node/properties/next/$ref"),
            "#/properties/result/$defs/node"
        );
        assert_eq!(at("/properties/self/$ref"), "#/properties/result");
        assert_eq!(at("/properties/$ref"), json!({ "type": "string" }));
        assert_eq!(at("/properties/same/$ref"), "#here");
        assert_eq!(at("/properties/like/const/$ref"), "#/no");
    }

    #[test]
    fn a_rebased_schema_takes_what_the_original_takes() {
        let schema = json!({
            "type": "object",
            "$defs": { "n": { "type": "object", "properties": { "next": { "$ref": "#/$defs/n" }, "v": { "type": "integer" } }, "required": ["v"] } },
            "properties": { "head": { "$ref": "#/$defs/n" } },
            "required": ["head"],
        });
        let wrapper = Value::Object(output("x", &schema).unwrap());
        let wrapped = jsonschema::validator_for(&wrapper).unwrap();
        let plain = jsonschema::validator_for(&schema).unwrap();
        for value in [
            json!({"head": {"v": 1}}),
            json!({"head": {"v": 1, "next": {"v": 2}}}),
            json!({"head": {"v": 1, "next": {"v": "2"}}}),
            json!({"head": {}}),
            json!({}),
        ] {
            let outer = json!({ "source": "s", "result": value });
            assert_eq!(wrapped.is_valid(&outer), plain.is_valid(&value), "{value}");
        }
        let cut = json!({"source": "s", "cut": {"bytes": 9, "shown": 1, "beginning": "{", "resource": "run://x/y"}});
        assert!(wrapped.is_valid(&cut));
        assert!(!wrapped.is_valid(&json!({})));
    }

    #[test]
    fn what_cannot_be_rebased_is_any_value() {
        for schema in [
            json!({"properties": {"a": {"$dynamicRef": "#x"}}}),
            json!({"properties": {"a": {"$id": "https://example.org/a", "$ref": "#/b"}}}),
            json!({"$ref": "https://example.org/s.json"}),
            json!({"items": {"$schema": "http://json-schema.org/draft-07/schema#"}}),
        ] {
            assert_eq!(result_of(schema.clone()), json!({}), "{schema}");
        }
    }

    #[test]
    fn a_dialect_is_said_at_the_root() {
        let old = "http://json-schema.org/draft-07/schema#";
        let wrapper = output(
            "x",
            &json!({"$schema": old, "$id": "https://example.org/", "type": "object"}),
        );
        let wrapper = Value::Object(wrapper.unwrap());
        assert_eq!(wrapper["$schema"], old);
        assert_eq!(wrapper["properties"]["result"], json!({"type": "object"}));
        let new = output("x", &json!({"$schema": DIALECT, "type": "object"})).unwrap();
        assert!(!new.contains_key("$schema"));
    }

    #[test]
    fn an_input_schema_is_one_that_every_client_takes() {
        let shown = input(
            "x",
            &json!({
                "$schema": DIALECT, "$id": "https://example.org/", "type": "object",
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
                "properties": {"a": true, "b": {"items": false}}, "additionalProperties": false,
            }),
        );
        assert_eq!(
            Value::Object(shown.unwrap()),
            json!({
                "type": "object",
                "properties": {"a": {}, "b": {"items": {"not": {}}}}, "additionalProperties": false,
            })
        );
        let bare = input("x", &json!({"type": "object"})).unwrap();
        assert_eq!(
            Value::Object(bare),
            json!({"type": "object", "properties": {}})
        );
    }

    #[test]
    fn hidden_text_is_shown_or_refused_where_it_means_something() {
        let shown = input(
            "x",
            &json!({
                "type": "object", "description": "do \u{200b}this",
                "properties": {"a": {"description": "\u{e0041}".repeat(5_000), "default": "\u{202e}x", "examples": ["y"]}},
            }),
        );
        let shown = Value::Object(shown.unwrap());
        assert_eq!(shown["description"], "do \\u{200b}this");
        assert_eq!(one_line("to:,\n\t subject:\r\n"), "to:, subject:");
        let text = shown["properties"]["a"]["description"].as_str().unwrap();
        assert!(is_display_safe(text) && text.chars().count() <= MAX_TEXT);
        assert_eq!(shown["properties"]["a"].get("default"), None);
        assert_eq!(shown["properties"]["a"]["examples"], json!(["y"]));
        for bad in [
            json!({"type": "object", "properties": {"a\u{200b}": {}}}),
            json!({"type": "object", "properties": {"a": {"enum": ["x\u{e0041}"]}}}),
            json!({"type": "object", "properties": {"a": {"pattern": "\u{202e}"}}}),
            json!({"type": "object", "x\u{200b}": 1}),
        ] {
            let error = input("mail.search of the skill x", &bad).unwrap_err();
            assert_eq!(error.code(), "tool-text-hidden", "{bad}");
            assert!(is_display_safe(&error.to_string()), "{error}");
        }
    }
}
