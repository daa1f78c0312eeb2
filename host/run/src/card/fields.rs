//! The fields of an operation's input, out of its schema.

use remit_policy::display_safe;
use serde::Serialize;
use serde_json::Value;

/// A field of an operation's input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// `string`, `integer or null`, …; empty where the schema does not say.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it must be given.
    pub required: bool,
    /// What the plugin says it is.
    pub description: String,
}

impl Field {
    /// As a person reads it among others: a mark says that it may be left out.
    pub fn says(&self) -> String {
        let mark = if self.required { "" } else { "?" };
        format!("{}{mark}", self.name)
    }
}

/// More fields than anybody reads.
const MAX_FIELDS: usize = 60;

/// The fields of a schema of an object, those that must be given first. Everything in them was written by the
/// plugin's author, so it is capped and made safe to print.
pub(super) fn of(schema: &Value) -> Vec<Field> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut fields: Vec<Field> = properties
        .into_iter()
        .flatten()
        .take(MAX_FIELDS)
        .map(|(name, property)| Field {
            name: display_safe(name, 64),
            kind: kind(property),
            required: required.contains(&name.as_str()),
            description: display_safe(
                property
                    .get("description")
                    .and_then(Value::as_str)
                    .unwrap_or_default(),
                super::SENTENCE,
            ),
        })
        .collect();
    fields.sort_by_key(|field| !field.required);
    fields
}

fn kind(property: &Value) -> String {
    let kinds = match property.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        _ => String::new(),
    };
    display_safe(&kinds, 64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn needed_fields_come_first_and_are_told_apart() {
        let fields = of(&json!({
            "type": "object", "required": ["query"],
            "properties": {
                "limit": {"type": ["integer", "null"], "description": "How many"},
                "query": {"type": "string"},
                "any": true,
            },
        }));
        let said: Vec<String> = fields.iter().map(Field::says).collect();
        assert_eq!(said, ["query", "limit?", "any?"]);
        assert_eq!(fields[1].kind, "integer or null");
        assert_eq!(fields[1].description, "How many");
    }

    #[test]
    fn a_hostile_schema_is_capped_and_safe_to_print() {
        let mut properties = serde_json::Map::new();
        for n in 0..10_000 {
            properties.insert(format!("\u{1b}[2J\u{202e}{n}{}", "x".repeat(200)), json!(7));
        }
        let fields = of(&json!({"type": "object", "required": 7, "properties": properties}));
        assert_eq!(fields.len(), MAX_FIELDS);
        for field in fields {
            assert!(!field.name.contains(['\u{1b}', '\u{202e}']), "{field:?}");
            assert!(field.name.chars().count() <= 65, "{field:?}");
        }
        assert_eq!(of(&json!({"type": "object"})), []);
    }
}
