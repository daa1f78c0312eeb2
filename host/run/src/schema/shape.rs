//! How large a schema is with each reference in it followed.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::patterns::Patterns;
use super::places::{self, Place};

/// The size of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// The most work that checking one small value takes, in units of [`super::work`]; `u64::MAX` if the schema refers
    /// to itself.
    pub(super) work: u64,
    /// How many schemas are within each other; `u32::MAX` if it refers to itself.
    pub(super) depth: u32,
}

/// What `unevaluated…` asks for is found out by checking once more, so there must be little of it.
const MAX_UNEVALUATED: u64 = 1_000;
/// So many schemas within each other, references followed, are as many as the stack has room for.
pub(super) const MAX_DEPTH: u32 = 50_000;

/// Why a schema has no size.
#[derive(Debug)]
pub(super) enum Unmeasured {
    /// It nests deeper than was to be followed.
    Deep,
    /// It holds what could not be measured: a reference that leads anywhere but to a schema within it, another kind of
    /// reference, a name for a part of it, a pattern that is too large.
    Refused(String),
}

impl From<String> for Unmeasured {
    fn from(why: String) -> Self {
        Self::Refused(why)
    }
}

/// Measures a schema, following it no deeper than so many schemas within each other.
pub(super) fn measure(
    root: &Value,
    patterns: &mut Patterns,
    deepest: u32,
) -> Result<Shape, Unmeasured> {
    let mut walk = Walk {
        level: 0,
        deepest,
        root,
        patterns,
        known: HashMap::new(),
        open: HashSet::from([String::new()]),
        unevaluated: false,
    };
    let (work, depth) = walk.size(root)?;
    if walk.unevaluated && work > MAX_UNEVALUATED {
        let why = "`unevaluated…` is not used in a schema that large";
        return Err(Unmeasured::Refused(why.to_owned()));
    }
    Ok(Shape { work, depth })
}

/// A text counts as one value for so many bytes.
const TEXT: usize = 32;

/// The work of one look at a small value by one schema, without what the schemas inside of it take.
pub(super) fn own(fields: &Map<String, Value>, patterns: &Patterns) -> u64 {
    let of = |(keyword, value): (&String, &Value)| match (keyword.as_str(), value) {
        ("pattern", Value::String(pattern)) => patterns.cost(pattern),
        ("patternProperties", Value::Object(named)) => {
            named.keys().map(|pattern| patterns.cost(pattern)).sum()
        }
        ("enum" | "const", values) => size_of(values),
        ("required" | "type", Value::Array(names)) => names.len() as u64,
        ("properties", Value::Object(names)) => names.len() as u64,
        ("dependentRequired", names) => size_of(names),
        ("uniqueItems", _) => 8,
        _ => 0,
    };
    1 + fields.iter().map(of).sum::<u64>()
}

/// How many values there are in it, a name and each piece of a long text counted as one.
pub(super) fn size_of(value: &Value) -> u64 {
    flat_size_of(value)
        + match value {
            Value::Array(items) => items.iter().map(size_of).sum(),
            Value::Object(entries) => entries.values().map(size_of).sum(),
            _ => 0,
        }
}

/// The same without the values inside of it.
pub(super) fn flat_size_of(value: &Value) -> u64 {
    let text = |text: &str| 1 + (text.len() / TEXT) as u64;
    match value {
        Value::String(it) => text(it),
        Value::Object(entries) => 1 + entries.keys().map(|name| text(name)).sum::<u64>(),
        _ => 1,
    }
}

type Size = (u64, u32);
const ENDLESS: Size = (u64::MAX, u32::MAX);

struct Walk<'a> {
    level: u32,
    deepest: u32,
    root: &'a Value,
    patterns: &'a mut Patterns,
    known: HashMap<String, Size>,
    /// The references that are being followed.
    open: HashSet<String>,
    unevaluated: bool,
}

impl Walk<'_> {
    fn size(&mut self, schema: &Value) -> Result<Size, Unmeasured> {
        let Value::Object(fields) = schema else {
            return Ok((1, 1));
        };
        self.level += 1;
        if self.level > self.deepest {
            return Err(Unmeasured::Deep);
        }
        let (mut work, mut depth) = (0u64, 0u32);
        for (keyword, value) in fields {
            match places::of(keyword) {
                Place::Nothing => {
                    if let ("pattern", Value::String(pattern)) = (keyword.as_str(), value) {
                        self.patterns.add(pattern)?;
                    }
                }
                Place::Refused => return Err(format!("`{keyword}` is not used here").into()),
                Place::Reference => {
                    let to = value
                        .as_str()
                        .ok_or_else(|| "`$ref` is no text".to_owned())?;
                    let size = self.follow(to)?;
                    work = work.saturating_add(size.0);
                    depth = depth.max(size.1);
                }
                Place::Schemas(shape, to) => {
                    self.unevaluated |= keyword.starts_with("unevaluated");
                    if let ("patternProperties", Value::Object(named)) = (keyword.as_str(), value) {
                        for pattern in named.keys() {
                            self.patterns.add(pattern)?;
                        }
                    }
                    for (_, schema) in places::schemas(shape, value) {
                        // What is defined and not used is measured too, since it is compiled.
                        let size = self.size(schema)?;
                        if to != places::To::None {
                            work = work.saturating_add(size.0);
                            depth = depth.max(size.1);
                        }
                    }
                }
            }
        }
        let work = work.saturating_add(own(fields, self.patterns));
        self.level -= 1;
        Ok((work, depth.saturating_add(1)))
    }

    fn follow(&mut self, to: &str) -> Result<Size, Unmeasured> {
        let target = places::target(self.root, to)?;
        let pointer = to.trim_start_matches('#');
        if self.open.contains(pointer) {
            return Ok(ENDLESS);
        }
        if let Some(size) = self.known.get(pointer) {
            return Ok(*size);
        }
        self.open.insert(pointer.to_owned());
        let size = self.size(target)?;
        self.open.remove(pointer);
        self.known.insert(pointer.to_owned(), size);
        Ok(size)
    }
}
