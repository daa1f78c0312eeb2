//! What a plugin says about itself, checked.

use std::collections::HashMap;

use remit_policy::{Effect, display_safe};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::codes::Code;
use crate::effect_source::EffectSource;
use crate::error::PackageError;
use crate::manifest::names::plain_name;
use crate::manifest::schema::TYPES;
use crate::text::look;

/// More than an agent could choose among.
pub(crate) const MAX_OPERATIONS: usize = 256;
/// More than a person could review.
const MAX_NEEDS: usize = 128;
/// Characters of a plugin's or an operation's summary: wit/world.wit says so.
pub(crate) const MAX_SUMMARY: usize = 500;
/// Characters of a need's reason: wit/world.wit says so.
const MAX_REASON: usize = 300;
/// Characters of a need in compact form.
const MAX_NEED: usize = 2048;
/// Characters of a version.
const MAX_VERSION: usize = 64;
/// Bytes of one schema as JSON. The largest of the samples has 2 KiB.
pub(crate) const MAX_SCHEMA: usize = 64 << 10;
/// Bytes of all texts together: they are kept in the lockfile, and shown to agents.
pub(crate) const MAX_ALL: usize = 1 << 20;
/// Levels of a schema; serde_json reads 128.
const MAX_DEPTH: usize = 64;
/// Functions that are named as left out. A person reads the first few.
pub(crate) const MAX_LEFT_OUT: usize = 32;
/// Characters of a function's place in a component, and of why it was left out.
const MAX_LEFT_OUT_TEXT: usize = 400;

/// A plugin's answer to `describe`. All text in it is the author's: data, escaped before it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Lower-case letters, digits and `-`; at most 64 characters.
    pub name: String,
    /// As semver.org.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// In the order in which to show them.
    pub operations: Vec<Operation>,
    /// Empty: it says nothing about what it needs.
    pub needs: Vec<NeedText>,
    /// The exported functions of a plain component that are no operations, the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// An exported function of a plain component that is no operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// As [`Operation::function`] names one.
    pub function: String,
    /// Why, after "because": `it takes or returns a resource`.
    pub why: String,
}

/// One thing that a plugin can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Letters, digits, `-` and `_`; starts with a letter; at most 64 characters.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// JSON Schema of an object.
    #[serde(with = "as_text")]
    pub input_schema: Value,
    /// JSON Schema.
    #[serde(with = "as_text")]
    pub output_schema: Value,
    /// What it does to the world outside; destructive where nobody says.
    pub effect: Effect,
    /// Who says so.
    #[serde(default, skip_serializing_if = "EffectSource::is_plugin")]
    pub effect_source: EffectSource,
    /// Whether calling it twice is calling it once.
    pub idempotent: bool,
    /// The exported function that it is, in a plain component: `name`, or `package:of/interface@1.0.0#name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
}

/// A need in its compact form. It is parsed by remit-policy, which also says what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedText {
    /// `http GET https://api.github.com/repos/**`
    pub grant: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// A schema is kept as the JSON text that it came as: TOML has no null, and a text keeps the order of its keys.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de, ser};
    use serde_json::Value;

    pub fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(value).map_err(ser::Error::custom)?;
        serializer.serialize_str(&text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text).map_err(de::Error::custom)
    }
}

impl Description {
    /// Checks names, sizes, counts, schemas and collisions. Every description is checked before it is used or
    /// kept. The texts are not judged: they are data, and whatever they say is escaped where it is shown.
    pub fn check(&self) -> Result<(), PackageError> {
        check_plugin_name(&self.name)?;
        check_length("the plugin's version", &self.version, 1, MAX_VERSION)?;
        semver::Version::parse(&self.version).map_err(|_| {
            let version = display_safe(&self.version, 80);
            invalid(format!(
                "the plugin's version `{version}` is not one as semver.org has it"
            ))
        })?;
        check_length("the plugin's summary", &self.summary, 1, MAX_SUMMARY)?;
        check_count(self.operations.len(), MAX_OPERATIONS, "operations")?;
        check_count(self.needs.len(), MAX_NEEDS, "needs")?;
        if self.operations.is_empty() {
            return Err(invalid("the plugin lists no operation".to_owned()));
        }
        let mut seen = HashMap::new();
        let mut size = 0;
        for operation in &self.operations {
            size += operation.check()?;
            if let Some(first) = seen.insert(look(&operation.name), &operation.name) {
                return Err(collision(first, &operation.name));
            }
        }
        for need in &self.needs {
            check_length("a need", &need.grant, 1, MAX_NEED)?;
            check_length("the reason of a need", &need.reason, 0, MAX_REASON)?;
            size += need.grant.len() + need.reason.len();
        }
        check_count(self.left_out.len(), MAX_LEFT_OUT, "functions left out")?;
        for left in &self.left_out {
            check_length("a function left out", &left.function, 1, MAX_LEFT_OUT_TEXT)?;
            check_length(
                "why a function is left out",
                &left.why,
                1,
                MAX_LEFT_OUT_TEXT,
            )?;
            size += left.function.len() + left.why.len();
        }
        if size > MAX_ALL {
            return Err(too_large(format!(
                "the description has more than {MAX_ALL} bytes"
            )));
        }
        Ok(())
    }

    /// The same with the effects that a skill says, of the operations of which nobody else says one: a plugin's own word
    /// is not overridden.
    #[must_use]
    pub fn with_effects<'a>(
        mut self,
        effects: impl IntoIterator<Item = (&'a str, Effect)>,
    ) -> Description {
        for (name, effect) in effects {
            let open =
                |op: &&mut Operation| op.name == name && op.effect_source == EffectSource::Nobody;
            if let Some(operation) = self.operations.iter_mut().find(open) {
                operation.effect = effect;
                operation.effect_source = EffectSource::Skill;
            }
        }
        self
    }

    /// The operation of that name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|op| op.name == name)
    }
}

impl Operation {
    /// Its size in bytes, if it keeps the rules.
    pub(crate) fn check(&self) -> Result<usize, PackageError> {
        let name = display_safe(&self.name, 80);
        if !plain_name(&self.name) {
            return Err(invalid(format!("`{name}` cannot be the name of an operation")).hinted(
                "a name is letters, digits, `-` and `_`, starts with a letter, and has at most 64 characters",
            ));
        }
        check_length(
            &format!("the summary of `{name}`"),
            &self.summary,
            1,
            MAX_SUMMARY,
        )?;
        let input = check_schema(&name, "input", &self.input_schema)?;
        let output = check_schema(&name, "output", &self.output_schema)?;
        let of_object = |kind: &Value| kind == "object";
        if !self.input_schema.get("type").is_some_and(of_object) {
            return Err(schema_error(&name, "input", "is not that of an object"));
        }
        Ok(self.name.len() + self.summary.len() + input + output)
    }
}

/// Lower-case letters, digits and `-`: it becomes part of tool names, where case is lost.
fn check_plugin_name(name: &str) -> Result<(), PackageError> {
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain && plain_name(name) {
        return Ok(());
    }
    let name = display_safe(name, 80);
    Err(invalid(format!("`{name}` cannot be the name of a plugin")).hinted(
        "a name is lower-case letters, digits and `-`, starts with a letter, and has at most 64 characters",
    ))
}

/// The size in bytes of a schema that is well formed as far as can be seen without a validator: an object whose
/// `type` is one of JSON Schema's, which refers to nothing outside of itself.
fn check_schema(operation: &str, which: &str, schema: &Value) -> Result<usize, PackageError> {
    let Some(map) = schema.as_object() else {
        return Err(schema_error(operation, which, "is not a JSON object"));
    };
    if let Some(kind) = map.get("type") {
        let known = |kind: &Value| kind.as_str().is_some_and(|kind| TYPES.contains(&kind));
        let good = match kind {
            Value::Array(kinds) => !kinds.is_empty() && kinds.iter().all(known),
            kind => known(kind),
        };
        if !good {
            return Err(schema_error(
                operation,
                which,
                "has a `type` that JSON Schema does not have",
            ));
        }
    }
    check_inside(schema, 0).map_err(|why| schema_error(operation, which, why))?;
    let size = schema.to_string().len();
    if size > MAX_SCHEMA {
        return Err(too_large(format!(
            "the {which} schema of `{operation}` has more than {MAX_SCHEMA} bytes"
        )));
    }
    Ok(size)
}

/// A reference must stay within the schema: a validator that followed another would fetch it.
fn check_inside(value: &Value, depth: usize) -> Result<(), &'static str> {
    if depth > MAX_DEPTH {
        return Err("is nested more than 64 deep");
    }
    match value {
        Value::Object(map) => map.iter().try_for_each(|(key, inner)| {
            let refers = matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef");
            if refers && inner.as_str().is_some_and(|to| !to.starts_with('#')) {
                return Err("refers to something outside of itself");
            }
            check_inside(inner, depth + 1)
        }),
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| check_inside(item, depth + 1)),
        _ => Ok(()),
    }
}

fn check_length(what: &str, text: &str, least: usize, most: usize) -> Result<(), PackageError> {
    let length = text.chars().count();
    if length > most {
        return Err(too_large(format!(
            "{what} has {length} characters, and {most} is the most"
        )));
    }
    if text.trim().chars().count() < least {
        return Err(invalid(format!("{what} is empty")));
    }
    Ok(())
}

fn check_count(count: usize, most: usize, what: &str) -> Result<(), PackageError> {
    if count > most {
        return Err(too_large(format!(
            "the plugin lists {count} {what}, and {most} is the most"
        )));
    }
    Ok(())
}

fn collision(first: &str, second: &str) -> PackageError {
    let message = if first == second {
        format!("the plugin has two operations named `{first}`")
    } else {
        format!("the operations `{first}` and `{second}` look alike")
    };
    PackageError::new(Code::DescriptionCollision, message)
}

fn schema_error(operation: &str, which: &str, why: &str) -> PackageError {
    PackageError::new(
        Code::DescriptionSchema,
        format!("the {which} schema of `{operation}` {why}"),
    )
}

fn invalid(message: String) -> PackageError {
    PackageError::new(Code::DescriptionInvalid, message)
}

fn too_large(message: String) -> PackageError {
    PackageError::new(Code::DescriptionTooLarge, message)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) fn mail() -> Description {
        Description {
            name: "mail".into(),
            version: "0.1.0".into(),
            summary: "Reads mail.".into(),
            operations: vec![operation("search"), operation("read")],
            needs: vec![NeedText {
                grant: "files read * /mail".into(),
                reason: "To read the mail.".into(),
            }],
            left_out: Vec::new(),
        }
    }

    fn operation(name: &str) -> Operation {
        Operation {
            name: name.into(),
            summary: "Does it.".into(),
            input_schema: json!({"type": "object", "properties": {"b": {}, "a": {"default": null}}}),
            output_schema: json!({"type": ["object", "null"]}),
            effect: Effect::Read,
            effect_source: EffectSource::Plugin,
            idempotent: true,
            function: None,
        }
    }

    fn code(change: impl FnOnce(&mut Description)) -> &'static str {
        let mut description = mail();
        change(&mut description);
        description
            .check()
            .map_or_else(|error| error.code(), |()| "")
    }

    #[test]
    fn a_sound_description_passes() {
        assert_eq!(code(|_| ()), "");
        assert_eq!(code(|d| d.needs.clear()), "", "saying nothing is allowed");
    }

    #[test]
    fn names_of_plugins_and_operations_keep_their_rules() {
        for bad in [
            "",
            "Mail",
            "1mail",
            "ma il",
            "mаil",
            "ma\u{200b}il",
            "a/b",
            &"a".repeat(65),
        ] {
            assert_eq!(
                code(|d| d.name = bad.into()),
                "description-invalid",
                "{bad}"
            );
        }
        for bad in [
            "",
            "1",
            "-a",
            "a b",
            "rеad",
            "a.b",
            "\u{1b}[31m",
            &"a".repeat(65),
        ] {
            assert_eq!(
                code(|d| d.operations[0].name = bad.into()),
                "description-invalid",
                "{bad}"
            );
        }
        for good in ["a", "listAll", "list_all", "list-all2", &"a".repeat(64)] {
            assert_eq!(code(|d| d.operations[0].name = good.into()), "", "{good}");
        }
    }

    #[test]
    fn operations_with_the_same_name_or_one_that_looks_alike_collide() {
        for other in ["read", "Read", "READ"] {
            assert_eq!(
                code(|d| d.operations[0].name = other.into()),
                "description-collision",
                "{other}"
            );
        }
        assert_eq!(
            code(|d| {
                d.operations[0].name = "list_all".into();
                d.operations[1].name = "list-all".into();
            }),
            "description-collision"
        );
        assert_eq!(code(|d| d.operations[0].name = "reads".into()), "");
    }

    #[test]
    fn schemas_are_objects_of_known_types_that_refer_to_nothing_outside() {
        for bad in [
            json!(true),
            json!([]),
            json!({}),
            json!({"type": "string"}),
            json!({"type": "strng"}),
            json!({"type": "object", "properties": {"a": {"$ref": "https://evil.test/s.json"}}}),
            json!({"type": "object", "$ref": "file:///etc/passwd"}),
        ] {
            assert_eq!(
                code(|d| d.operations[0].input_schema = bad.clone()),
                "description-schema",
                "{bad}"
            );
        }
        let inside = json!({"type": "object", "$defs": {"a": {}}, "properties": {"a": {"$ref": "#/$defs/a"}}});
        assert_eq!(code(|d| d.operations[0].input_schema = inside), "");
        for good in [
            json!({}),
            json!({"type": "string"}),
            json!({"type": ["null", "array"]}),
        ] {
            assert_eq!(code(|d| d.operations[0].output_schema = good), "");
        }
    }

    #[test]
    fn sizes_and_counts_are_capped() {
        let large = "description-too-large";
        assert_eq!(code(|d| d.summary = "x".repeat(501)), large);
        assert_eq!(code(|d| d.summary = "x".repeat(500)), "");
        assert_eq!(code(|d| d.needs[0].reason = "x".repeat(301)), large);
        assert_eq!(code(|d| d.operations = vec![operation("a"); 257]), large);
        let wide = json!({"type": "object", "description": "x".repeat(70_000)});
        assert_eq!(code(|d| d.operations[0].input_schema = wide), large);
        let many = |d: &mut Description| {
            d.operations = (0..200).map(|n| operation(&format!("a{n}"))).collect();
            for op in &mut d.operations {
                op.output_schema = json!({"description": "x".repeat(60_000)});
            }
        };
        assert_eq!(code(many), large);
        assert_eq!(code(|d| d.operations.clear()), "description-invalid");
    }

    #[test]
    fn deep_schemas_are_refused() {
        let deep = |levels| {
            (0..levels).fold(
                json!({"type": "object"}),
                |inner, _| json!({"type": "object", "not": inner}),
            )
        };
        assert_eq!(
            code(|d| d.operations[0].input_schema = deep(100)),
            "description-schema"
        );
        assert_eq!(code(|d| d.operations[0].input_schema = deep(20)), "");
    }
}
