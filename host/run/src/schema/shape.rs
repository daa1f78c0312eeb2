//! How large a schema is with each reference in it followed.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::meter::METER;

/// The size of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Schemas in it, those referred to as often as they are; `u64::MAX` if it refers to itself.
    pub(super) schemas: u64,
    /// How many are within each other; `u32::MAX` if it refers to itself.
    pub(super) depth: u32,
    /// Whether it says something of what nothing else has looked at.
    pub(super) unevaluated: bool,
}

/// Measures a metered schema.
///
/// # Errors
/// If a reference leads anywhere but to a schema within it that has its meter.
pub(super) fn measure(root: &Value) -> Result<Shape, String> {
    let mut walk = Walk {
        root,
        known: HashMap::new(),
        open: HashSet::from([String::new()]),
        unevaluated: false,
    };
    let (schemas, depth) = walk.size(root)?;
    // What is defined and not used is compiled all the same.
    for key in ["$defs", "definitions"] {
        walk.all_of(root.get(key))?;
    }
    Ok(Shape {
        schemas,
        depth,
        unevaluated: walk.unevaluated,
    })
}

type Size = (u64, u32);
const ENDLESS: Size = (u64::MAX, u32::MAX);

struct Walk<'a> {
    root: &'a Value,
    known: HashMap<String, Size>,
    /// The references that are being followed.
    open: HashSet<String>,
    unevaluated: bool,
}

impl Walk<'_> {
    fn all_of(&mut self, definitions: Option<&Value>) -> Result<(), String> {
        for definition in definitions.and_then(Value::as_object).into_iter().flatten() {
            self.size(definition.1)?;
        }
        Ok(())
    }

    fn size(&mut self, value: &Value) -> Result<Size, String> {
        let mut size: Size = (1, 1);
        let mut add = |(schemas, depth): Size| {
            size.0 = size.0.saturating_add(schemas);
            size.1 = size.1.max(depth.saturating_add(1));
        };
        match value {
            Value::Array(items) => {
                for item in items {
                    add(self.size(item)?);
                }
            }
            Value::Object(fields) => {
                for (key, value) in fields {
                    match (key.as_str(), value) {
                        (METER | "$defs" | "definitions", _)
                        | ("const" | "enum" | "default" | "examples", _) => {}
                        ("$ref", Value::String(to)) => add(self.follow(to)?),
                        (key, value) => {
                            self.unevaluated |= key.starts_with("unevaluated");
                            if value.is_object() || value.is_array() {
                                add(self.size(value)?);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(size)
    }

    fn follow(&mut self, to: &str) -> Result<Size, String> {
        let refuse = || {
            let to = remit_policy::display_safe(to, 120);
            Err(format!("`$ref` leads to `{to}`, which is no schema in it"))
        };
        let Some(pointer) = to.strip_prefix('#').filter(|_| !to.contains('%')) else {
            return refuse();
        };
        if self.open.contains(pointer) {
            return Ok(ENDLESS);
        }
        if let Some(size) = self.known.get(pointer) {
            return Ok(*size);
        }
        let root = self.root;
        let target = match root.pointer(pointer) {
            Some(Value::Bool(_)) => return Ok((1, 1)),
            Some(target) if target.get(METER).is_some() => target,
            _ => return refuse(),
        };
        self.open.insert(pointer.to_owned());
        let size = self.size(target)?;
        self.open.remove(pointer);
        self.known.insert(pointer.to_owned(), size);
        Ok(size)
    }
}
