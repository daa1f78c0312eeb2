//! JSON Schema written in TOML: the keywords that an input may use, each with the type of its value.
//!
//! `$ref` and its kin are left out: a schema of a skill stands on its own, and nothing is fetched for it.

use super::table::{Item, Table};
use crate::codes::Code;
use crate::error::PackageError;

/// The types that JSON Schema has (draft 2020-12, core, 4.2.1).
pub(crate) const TYPES: &[&str] = &[
    "string", "integer", "number", "boolean", "array", "object", "null",
];

/// What a keyword's value must be.
#[derive(Clone, Copy)]
enum Shape {
    /// Any value.
    Any,
    /// A type, or a list of them.
    Type,
    Text,
    /// A whole number, not negative.
    Count,
    Number,
    Truth,
    Values,
    Names,
    /// A schema.
    Schema,
    /// `true`, `false` or a schema.
    SchemaOrTruth,
    Schemas,
    /// Names, each with a schema.
    Properties,
}

/// Draft 2020-12, without what refers to other schemas.
const KEYWORDS: &[(&str, Shape)] = &[
    ("type", Shape::Type),
    ("description", Shape::Text),
    ("title", Shape::Text),
    ("default", Shape::Any),
    ("examples", Shape::Values),
    ("enum", Shape::Values),
    ("const", Shape::Any),
    ("pattern", Shape::Text),
    ("format", Shape::Text),
    ("minLength", Shape::Count),
    ("maxLength", Shape::Count),
    ("minimum", Shape::Number),
    ("maximum", Shape::Number),
    ("exclusiveMinimum", Shape::Number),
    ("exclusiveMaximum", Shape::Number),
    ("multipleOf", Shape::Number),
    ("items", Shape::SchemaOrTruth),
    ("prefixItems", Shape::Schemas),
    ("contains", Shape::SchemaOrTruth),
    ("minContains", Shape::Count),
    ("maxContains", Shape::Count),
    ("minItems", Shape::Count),
    ("maxItems", Shape::Count),
    ("uniqueItems", Shape::Truth),
    ("properties", Shape::Properties),
    ("patternProperties", Shape::Properties),
    ("additionalProperties", Shape::SchemaOrTruth),
    ("propertyNames", Shape::Schema),
    ("required", Shape::Names),
    ("minProperties", Shape::Count),
    ("maxProperties", Shape::Count),
    ("allOf", Shape::Schemas),
    ("anyOf", Shape::Schemas),
    ("oneOf", Shape::Schemas),
    ("not", Shape::Schema),
];

/// Fails at the first keyword that is unknown or has a value of the wrong type.
pub(super) fn check(schema: &Table<'_>) -> Result<(), PackageError> {
    let known: Vec<_> = KEYWORDS.iter().map(|(name, _)| *name).collect();
    schema.only(&known)?;
    for item in schema.items() {
        if let Some((_, shape)) = KEYWORDS.iter().find(|(name, _)| *name == item.key) {
            check_shape(&item, *shape)?;
        }
    }
    Ok(())
}

/// How many values, schemas or names one keyword may list.
const MAX_LISTED: usize = 1000;

fn check_shape(item: &Item<'_>, shape: Shape) -> Result<(), PackageError> {
    match shape {
        Shape::Any => item.json().map(drop),
        Shape::Type if item.is_array() => {
            for kind in item.array(TYPES.len())? {
                check_type(&kind)?;
            }
            Ok(())
        }
        Shape::Type => check_type(item),
        Shape::Text => item.prose().map(drop),
        Shape::Count => item.integer(0, u64::from(u32::MAX)).map(drop),
        Shape::Number => item.number().map(drop),
        Shape::Truth => item.truth().map(drop),
        Shape::Values => {
            item.array(MAX_LISTED)?;
            item.json().map(drop)
        }
        Shape::Names => {
            for name in item.array(MAX_LISTED)? {
                name.str()?;
            }
            Ok(())
        }
        Shape::SchemaOrTruth if item.truth().is_ok() => Ok(()),
        Shape::Schema | Shape::SchemaOrTruth => check(&item.table()?),
        Shape::Schemas => {
            for schema in item.array(MAX_LISTED)? {
                check(&schema.table()?)?;
            }
            Ok(())
        }
        Shape::Properties => {
            for property in item.table()?.items() {
                check(&property.table()?)?;
            }
            Ok(())
        }
    }
}

fn check_type(item: &Item<'_>) -> Result<(), PackageError> {
    let name = item.str()?;
    if TYPES.contains(&name) {
        return Ok(());
    }
    let shown = remit_policy::display_safe(name, 60);
    let hint = match crate::text::closest(name, TYPES) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the types are {}", TYPES.join(", ")),
    };
    Err(item
        .error(
            Code::ManifestValue,
            format!("`{shown}` is not a type of JSON Schema"),
        )
        .hinted(hint))
}
