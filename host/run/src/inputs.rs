//! The inputs of a run: what the caller gave, what the skill has by default, checked.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use remit_package::Input;
use remit_policy::display_safe;
use serde_json::{Map, Value};

use crate::error::RunError;
use crate::options::InputValue;
use crate::schema::Schema;

/// The value of every input, in the skill's order: what was given, checked, and the defaults.
///
/// # Errors
/// If one is not declared, one without a default is not given, or one does not fit its schema.
pub fn resolve(
    declared: &IndexMap<String, Input>,
    given: &BTreeMap<String, InputValue>,
) -> Result<Map<String, Value>, RunError> {
    if let Some(name) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(RunError::InputUnknown {
            name: display_safe(name, 80),
            known: declared.keys().cloned().collect(),
        });
    }
    let mut values = Map::new();
    for (name, input) in declared {
        let value = match given.get(name) {
            Some(InputValue::Json(value)) => value.clone(),
            Some(InputValue::Text(text)) => from_text(&input.schema, text),
            None => input
                .default
                .clone()
                .ok_or_else(|| RunError::InputMissing {
                    name: name.clone(),
                    description: display_safe(
                        input.description.as_deref().unwrap_or_default(),
                        200,
                    ),
                })?,
        };
        Schema::new(&format!("the input `{name}`"), &input.schema)?
            .check(&value)
            .map_err(|message| RunError::InputInvalid {
                name: name.clone(),
                message,
            })?;
        values.insert(name.clone(), value);
    }
    Ok(values)
}

/// Reads text by the type that the schema names. Where it can be text, it is text.
fn from_text(schema: &Value, text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if types.contains(&"string") {
        return as_text();
    }
    if let Some(Value::Array(values)) = schema.get("enum")
        && values.iter().any(|value| value.as_str() == Some(text))
    {
        return as_text();
    }
    // No type and no such text among the values: `7` is a number, `week` is text.
    serde_json::from_str(text).unwrap_or_else(|_| as_text())
}

/// The inputs as texts, for the placeholders of grants. Lists and objects have no place in a grant.
pub(crate) fn as_texts(inputs: &Map<String, Value>) -> BTreeMap<String, String> {
    inputs
        .iter()
        .filter_map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return None,
            };
            Some((name.clone(), text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_read_by_the_schemas_type() {
        for (schema, text, value) in [
            (json!({"type": "string"}), "7", json!("7")),
            (json!({"type": "integer"}), "7", json!(7)),
            (json!({"type": "boolean"}), "true", json!(true)),
            (json!({"type": ["integer", "string"]}), "7", json!("7")),
            (json!({"type": "array"}), "[1,2]", json!([1, 2])),
            (json!({"enum": ["1h", "7"]}), "7", json!("7")),
            (json!({"enum": [7]}), "7", json!(7)),
            (json!({}), "week", json!("week")),
            (json!({"type": "integer"}), "seven", json!("seven")),
        ] {
            assert_eq!(from_text(&schema, text), value, "{schema} {text}");
        }
    }

    fn declared(schema: Value, default: Option<Value>) -> IndexMap<String, Input> {
        let input = Input {
            schema,
            description: None,
            default,
            place: Default::default(),
        };
        IndexMap::from([("n".to_owned(), input)])
    }

    #[test]
    fn inputs_are_checked_and_filled() {
        let inputs = declared(json!({"type": "integer", "minimum": 3}), Some(json!(5)));
        let given = |text: &str| BTreeMap::from([("n".to_owned(), InputValue::from(text))]);
        assert_eq!(resolve(&inputs, &BTreeMap::new()).unwrap()["n"], 5);
        assert_eq!(resolve(&inputs, &given("4")).unwrap()["n"], 4);
        assert_eq!(
            resolve(&inputs, &given("2")).unwrap_err().code(),
            "input-invalid"
        );
        assert_eq!(
            resolve(&inputs, &given("x")).unwrap_err().code(),
            "input-invalid"
        );
        let other = BTreeMap::from([("m".to_owned(), InputValue::from("4"))]);
        assert_eq!(
            resolve(&inputs, &other).unwrap_err().code(),
            "input-unknown"
        );
        let required = declared(json!({"type": "integer"}), None);
        assert_eq!(
            resolve(&required, &BTreeMap::new()).unwrap_err().code(),
            "input-missing"
        );
    }
}
