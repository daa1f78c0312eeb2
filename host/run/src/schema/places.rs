//! Where schemas stand in a schema, and to which values each is applied.

use serde_json::Value;

/// What the value of a keyword is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// No schema: a number, a text, or values to compare with.
    Nothing,
    /// A schema, or a list of them, or a map from names to them.
    Schemas(Shape, To),
    /// A reference to a schema.
    Reference,
    /// What is not used here: it could not be measured.
    Refused,
}

/// How the schemas of a keyword are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One, or a list of them.
    OneOrList,
    /// By name.
    Map,
}

/// To which values the schemas of a keyword are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// The value itself.
    Itself,
    /// All items of a list.
    Items,
    /// The item at the schema's own place.
    ItemAtPlace,
    /// All values of an object.
    Entries,
    /// The value under the schema's name.
    Entry,
    /// The names of an object.
    Names,
    /// None: a definition.
    None,
}

pub(super) fn of(keyword: &str) -> Place {
    use Shape::{Map, OneOrList};
    match keyword {
        "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" => {
            Place::Schemas(OneOrList, To::Itself)
        }
        "dependentSchemas" | "dependencies" => Place::Schemas(Map, To::Itself),
        "items" | "additionalItems" | "contains" | "unevaluatedItems" => {
            Place::Schemas(OneOrList, To::Items)
        }
        "prefixItems" => Place::Schemas(OneOrList, To::ItemAtPlace),
        "additionalProperties" | "unevaluatedProperties" => Place::Schemas(OneOrList, To::Entries),
        "patternProperties" => Place::Schemas(Map, To::Entries),
        "properties" => Place::Schemas(Map, To::Entry),
        "propertyNames" => Place::Schemas(OneOrList, To::Names),
        "$defs" | "definitions" => Place::Schemas(Map, To::None),
        "$ref" => Place::Reference,
        "$id" | "$schema" | "$anchor" | "$dynamicAnchor" | "$dynamicRef" | "$recursiveAnchor"
        | "$recursiveRef" | "$vocabulary" | "contentSchema" => Place::Refused,
        _ => Place::Nothing,
    }
}

/// The schemas that a keyword holds, each with its name or place.
pub(super) fn schemas(shape: Shape, value: &Value) -> impl Iterator<Item = (Key<'_>, &Value)> {
    let (only, list, map) = match (shape, value) {
        (Shape::OneOrList, Value::Array(list)) => (None, Some(list), None),
        (Shape::OneOrList, schema) => (Some(schema), None, None),
        (Shape::Map, Value::Object(map)) => (None, None, Some(map)),
        (Shape::Map, _) => (None, None, None),
    };
    let list = list.into_iter().flatten().enumerate();
    let map = map.into_iter().flatten();
    only.into_iter()
        .map(|schema| (Key::Only, schema))
        .chain(list.map(|(index, schema)| (Key::Index(index), schema)))
        .chain(map.map(|(name, schema)| (Key::Name(name), schema)))
        .filter(|(_, schema)| schema.is_object() || schema.is_boolean())
}

/// Where a schema stands in its keyword.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'a> {
    Only,
    Index(usize),
    Name(&'a str),
}

/// The schema to which a reference leads.
///
/// # Errors
/// If it leads anywhere but to a schema within the root.
pub(super) fn target<'a>(root: &'a Value, reference: &str) -> Result<&'a Value, String> {
    lookup(root, reference).ok_or_else(|| {
        let to = remit_policy::display_safe(reference, 120);
        format!("`$ref` leads to `{to}`, which is no schema in it")
    })
}

fn lookup<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.contains('%') {
        return None;
    }
    let mut at = root;
    let mut parts = match pointer {
        "" => return Some(root),
        pointer => pointer.strip_prefix('/')?.split('/'),
    };
    while let Some(keyword) = parts.next() {
        let Place::Schemas(shape, _) = of(keyword) else {
            return None;
        };
        let inside = at.get(keyword)?;
        at = match (shape, inside) {
            (Shape::OneOrList, Value::Array(list)) => {
                list.get(parts.next()?.parse::<usize>().ok()?)?
            }
            (Shape::OneOrList, schema) => schema,
            (Shape::Map, map) => {
                let name = parts.next()?.replace("~1", "/").replace("~0", "~");
                map.as_object()?.get(&name)?
            }
        };
    }
    (at.is_object() || at.is_boolean()).then_some(at)
}
