//! How much work the check of one value may take.
//!
//! A schema and the value that it checks both come from strangers, and their product can be hours: a definition that is
//! referred to twice by one that is referred to twice, three thousand rules for each of two million items. So each
//! schema within a schema gets a keyword of ours, which is looked at before all others and spends from what one check
//! may. When that is spent nothing fits any more, and the check ends.

use std::cell::Cell;

use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value, json};

use super::patterns;

/// The keyword of ours.
pub(super) const METER: &str = "x-remit-meter";

/// A unit is some 20 to 50 ns: what one keyword takes on a small value. Less in tests, whose code is slow.
const BUDGET: u64 = if cfg!(test) { 2_000_000 } else { 50_000_000 };

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// Does the work; none if it took more than it may.
pub(super) fn within<T>(work: impl FnOnce() -> T) -> Option<T> {
    LEFT.set(BUDGET);
    let result = work();
    (LEFT.replace(0) > 0).then_some(result)
}

/// What looking at one schema costs.
struct Meter {
    /// For any value.
    base: u64,
    /// For each KiB of a text.
    kib: u64,
    /// For each entry of an object.
    entry: u64,
    /// For each item of a list.
    item: u64,
}

impl Meter {
    fn read(costs: &Value) -> Self {
        let cost = |name: &str| costs.get(name).and_then(Value::as_u64).unwrap_or(u64::MAX);
        Self {
            base: cost("base"),
            kib: cost("kib"),
            entry: cost("entry"),
            item: cost("item"),
        }
    }

    fn spend(&self, value: &Value) -> bool {
        let length = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let more = match value {
            Value::String(text) => self.kib.saturating_mul(length(text.len())) / 1024,
            Value::Array(items) => self.item.saturating_mul(length(items.len())),
            Value::Object(entries) => self.entry.saturating_mul(length(entries.len())),
            _ => 0,
        };
        let left = LEFT.get().saturating_sub(self.base.saturating_add(more));
        LEFT.set(left);
        left > 0
    }
}

impl<'i> Keyword<'i> for Meter {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        match self.spend(value) {
            true => Ok(()),
            false => Err(ValidationError::custom("it takes too much work to check")),
        }
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        self.spend(value)
    }
}

/// Makes the keyword for the validator.
pub(super) fn keyword<'a>(
    _: &'a Map<String, Value>,
    costs: &'a Value,
    _: jsonschema::paths::Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(Box::new(Meter::read(costs)))
}

/// The same schema with the keyword in each schema within it, first of all.
///
/// # Errors
/// What could get past it: references of other kinds than `#/…`, and names for parts of a schema.
pub(super) fn metered(schema: &Value) -> Result<Value, String> {
    let mut patterns = patterns::Patterns::default();
    inside(schema, true, &mut patterns)
}

fn inside(
    value: &Value,
    is_root: bool,
    patterns: &mut patterns::Patterns,
) -> Result<Value, String> {
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Array(items) => {
            return items
                .iter()
                .map(|item| inside(item, false, patterns))
                .collect();
        }
        other => return Ok(other.clone()),
    };
    let mut metered = Map::new();
    metered.insert(METER.to_owned(), costs(fields, patterns)?);
    for (key, value) in fields {
        let value = match key.as_str() {
            METER => continue,
            // The draft is ours to say, and the root has no name to be called by.
            "$schema" => continue,
            "$id" if is_root => continue,
            "$id" | "$anchor" | "$dynamicAnchor" | "$dynamicRef" | "$recursiveAnchor"
            | "$recursiveRef" => return Err(format!("`{key}` is not used here")),
            // Values, which are no schemas.
            "const" | "enum" | "default" | "examples" | "required" | "type" | "$vocabulary"
            | "dependentRequired" => value.clone(),
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
                match value {
                    Value::Object(schemas) => schemas
                        .iter()
                        .map(|(name, schema)| Ok((name.clone(), inside(schema, false, patterns)?)))
                        .collect::<Result<Map<_, _>, String>>()?
                        .into(),
                    other => other.clone(),
                }
            }
            _ => inside(value, false, patterns)?,
        };
        metered.insert(key.clone(), value);
    }
    Ok(Value::Object(metered))
}

fn costs(fields: &Map<String, Value>, patterns: &mut patterns::Patterns) -> Result<Value, String> {
    let has = |key: &str| fields.contains_key(key);
    let listed = |(key, value): (&String, &Value)| match (key.as_str(), value) {
        ("$defs" | "definitions" | "examples" | "default", _) => 0,
        (_, Value::Array(items)) => items.len() as u64,
        (_, Value::Object(entries)) => entries.len() as u64,
        _ => 0,
    };
    let base = 1 + fields.iter().map(listed).sum::<u64>();
    let mut kib = 4;
    if let Some(Value::String(pattern)) = fields.get("pattern") {
        kib += patterns.cost(pattern)?;
    }
    let mut entry = u64::from(has("additionalProperties") || has("propertyNames"));
    if let Some(Value::Object(named)) = fields.get("patternProperties") {
        for pattern in named.keys() {
            // A name has some 32 bytes.
            entry += 2 + patterns.cost(pattern)? / 32;
        }
    }
    let rest = has("unevaluatedProperties") || has("unevaluatedItems");
    let item = 8 * u64::from(has("uniqueItems")) + 8 * u64::from(rest);
    let entry = entry + 8 * u64::from(rest);
    Ok(json!({"base": base, "kib": kib, "entry": entry, "item": item}))
}
