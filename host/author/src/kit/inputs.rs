//! An input that a schema allows, made from the schema.

use remit_package::Operation;
use remit_run::PreparedPlugin;
use serde_json::{Map, Value, json};

/// How deep a schema is followed.
const DEPTH: usize = 12;

/// An input for the operation, or why none could be made.
pub(crate) fn example(plugin: &PreparedPlugin, operation: &Operation) -> Result<Value, String> {
    let made = of(&operation.input_schema, &operation.input_schema, 0);
    match plugin.input_misfit(&operation.name, &made) {
        None => Ok(made),
        Some(misfit) => Err(misfit),
    }
}

/// A value for one schema. Where the schema itself gives one (`examples`, `default`, `const`, `enum`), that.
fn of(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > DEPTH {
        return Value::Null;
    }
    let get = |key: &str| schema.get(key);
    let first = |key: &str| {
        get(key)
            .and_then(Value::as_array)
            .and_then(|list| list.first())
    };
    if let Some(given) = first("examples")
        .or_else(|| get("const"))
        .or_else(|| get("default"))
    {
        return given.clone();
    }
    if let Some(one) = first("enum") {
        return one.clone();
    }
    if let Some(target) = get("$ref")
        .and_then(Value::as_str)
        .and_then(|it| resolve(it, root))
    {
        return of(target, root, depth + 1);
    }
    for key in ["anyOf", "oneOf"] {
        let choices = get(key).and_then(Value::as_array);
        // `null` is allowed where nothing is meant: the other choice says more.
        if let Some(choice) =
            choices.and_then(|it| it.iter().find(|it| it.get("type") != Some(&json!("null"))))
        {
            return of(choice, root, depth + 1);
        }
    }
    match type_of(schema) {
        "object" => object(schema, root, depth),
        "array" => {
            let least = get("minItems").and_then(Value::as_u64).unwrap_or(0).min(64);
            let items = get("items").unwrap_or(&Value::Null);
            (0..least).map(|_| of(items, root, depth + 1)).collect()
        }
        "string" => string(schema),
        "integer" | "number" => number(schema),
        "boolean" => json!(false),
        _ => Value::Null,
    }
}

/// Required properties, and those only: what may be left out is left out.
fn object(schema: &Value, root: &Value, depth: usize) -> Value {
    let mut made = Map::new();
    let parts = schema.get("allOf").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        if let Value::Object(of_part) = of(part, root, depth + 1) {
            made.extend(of_part);
        }
    }
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        let property = schema
            .get("properties")
            .and_then(|it| it.get(name))
            .unwrap_or(&Value::Null);
        made.insert(name.to_owned(), of(property, root, depth + 1));
    }
    Value::Object(made)
}

/// The first type that is not null.
pub(crate) fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(many)) => many
            .iter()
            .filter_map(Value::as_str)
            .find(|it| *it != "null")
            .unwrap_or("null"),
        _ if schema.get("properties").is_some() || schema.get("allOf").is_some() => "object",
        _ => "string",
    }
}

fn string(schema: &Value) -> Value {
    let known = match schema.get("format").and_then(Value::as_str) {
        Some("date") => Some("2026-11-16"),
        Some("date-time") => Some("2026-11-16T09:00:00Z"),
        Some("time") => Some("09:00:00Z"),
        Some("uri" | "iri" | "uri-reference") => Some("https://example.org/"),
        Some("email") => Some("ada@example.org"),
        Some("hostname") => Some("example.org"),
        Some("ipv4") => Some("192.0.2.1"),
        Some("ipv6") => Some("2001:db8::1"),
        Some("uuid") => Some("123e4567-e89b-12d3-a456-426614174000"),
        Some("duration") => Some("PT1H"),
        _ => None,
    };
    let text = known.unwrap_or("example").to_owned();
    let bound = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_u64)
            .and_then(|it| usize::try_from(it).ok())
    };
    let (least, most) = (
        bound("minLength").unwrap_or(0).min(1 << 20),
        bound("maxLength").unwrap_or(usize::MAX),
    );
    let padded = text
        .chars()
        .chain(std::iter::repeat('x'))
        .take(text.len().max(least).min(most));
    Value::String(padded.collect())
}

fn number(schema: &Value) -> Value {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let mut value = 1.0_f64;
    if let Some(least) = bound("minimum") {
        value = value.max(least);
    }
    if let Some(above) = bound("exclusiveMinimum").filter(|above| value <= *above) {
        value = above + 1.0;
    }
    if let Some(most) = bound("maximum") {
        value = value.min(most);
    }
    if let Some(below) = bound("exclusiveMaximum").filter(|below| value >= *below) {
        value = below - 1.0;
    }
    if let Some(step) = bound("multipleOf").filter(|step| *step > 0.0) {
        value = (value / step).ceil() * step;
    }
    let whole = type_of(schema) == "integer" && value.abs() < 9e15;
    if whole {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole and small, as was just looked at"
        )]
        return json!(value.ceil() as i64);
    }
    json!(value)
}

/// `#/$defs/Name`, and nothing outside of the schema.
pub(crate) fn resolve<'a>(reference: &str, root: &'a Value) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(schema: Value) -> Value {
        of(&schema, &schema, 0)
    }

    #[test]
    fn what_is_required_is_made_and_fits() {
        let schema = json!({
            "type": "object",
            "required": ["text", "top", "when", "kind", "nested", "many", "maybe"],
            "properties": {
                "text": { "type": "string", "minLength": 9 },
                "top": { "type": "integer", "minimum": 3, "maximum": 50 },
                "when": { "type": "string", "format": "date" },
                "kind": { "enum": ["a", "b"] },
                "nested": { "$ref": "#/$defs/Point" },
                "many": { "type": "array", "minItems": 2, "items": { "type": "number", "exclusiveMinimum": 5 } },
                "maybe": { "anyOf": [{ "type": "null" }, { "type": "boolean" }] },
                "left_out": { "type": "string" }
            },
            "$defs": { "Point": { "type": "object", "required": ["x"], "properties": { "x": { "type": "integer" } } } }
        });
        assert_eq!(
            made(schema),
            json!({
                "text": "examplexx", "top": 3, "when": "2026-11-16", "kind": "a",
                "nested": { "x": 1 }, "many": [6.0, 6.0], "maybe": false
            })
        );
    }

    #[test]
    fn an_example_in_the_schema_goes_before_one_that_is_made() {
        let schema = json!({ "type": "object", "required": ["id"],
            "properties": { "id": { "type": "string", "pattern": "^[0-9]{3}$", "examples": ["123"] } } });
        assert_eq!(made(schema), json!({ "id": "123" }));
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({ "type": "object", "required": ["next"],
            "properties": { "next": { "$ref": "#" } } });
        assert!(made(schema).is_object());
    }
}
