//! JSON Schemas of inputs and outputs, from their types.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};

pub fn of_input<T: JsonSchema>() -> String {
    of::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

pub fn of_output<T: JsonSchema>() -> String {
    of::<T>(SchemaSettings::draft2020_12().for_serialize())
}

/// Whole in itself and plain: people and models read it.
fn of<T: JsonSchema>(settings: SchemaSettings) -> String {
    let generator = settings
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .with_transform(RecursiveTransform(plain))
        .into_generator();
    let schema = generator.into_root_schema_for::<T>();
    schema.as_value().to_string()
}

/// Takes away what only Rust has a use for: type names, and formats such as `uint32`.
fn plain(schema: &mut Schema) {
    schema.remove("title");
    let format = schema
        .get("format")
        .and_then(|it| it.as_str())
        .unwrap_or_default();
    let is_rusts = ["uint", "int", "float", "double"]
        .iter()
        .any(|it| format.starts_with(it));
    if is_rusts {
        schema.remove("format");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Input {
        /// How many, at most.
        #[schemars(range(min = 1, max = 500))]
        limit: Option<u32>,
        /// A property may be called that.
        title: String,
    }

    #[test]
    fn a_schema_is_plain_and_strict() {
        let schema: serde_json::Value = serde_json::from_str(&of_input::<Input>()).unwrap();
        let expected = serde_json::json!({
            "type": "object",
            "properties": {
                "limit": {
                    "description": "How many, at most.",
                    "type": ["integer", "null"],
                    "minimum": 1,
                    "maximum": 500,
                },
                "title": { "description": "A property may be called that.", "type": "string" },
            },
            "additionalProperties": false,
            "required": ["title"],
        });
        assert_eq!(schema, expected);
    }
}
