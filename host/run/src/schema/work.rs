//! How much work the check of one value takes at most, found out without doing it.
//!
//! A schema and the value that it checks both come from strangers, and their product can be hours: a definition that is
//! referred to twice by one that is referred to twice, three thousand rules for each of two million items. The check
//! itself cannot be stopped in the middle, so what it could take is counted before: each schema that would look at each
//! value, as if none of them ever ended early. Where the size of the schema times the size of the value is small, that
//! is known without a walk.

use std::collections::HashMap;

use serde_json::Value;

use super::patterns::Patterns;
use super::places::{self, Key, Place, To};
use super::shape::{Shape, flat_size_of, own, size_of};

/// What one check may take. A unit is some 20 to 50 ns: one keyword and a small value.
const MAX_WORK: u64 = 50_000_000;
/// What finding it out may take: so many schemas looked at (fewer in tests, whose code is slow), and so many of them
/// remembered.
const MAX_STEPS: u64 = if cfg!(test) { 1_000_000 } else { 5_000_000 };
const MAX_KNOWN: usize = 500_000;
/// So many schemas and values within each other are as many as the stack has room for.
const MAX_DEPTH: u32 = 100_000;

/// Whether checking the value is work that can be waited for.
pub(super) fn is_bearable(shape: Shape, root: &Value, patterns: &Patterns, value: &Value) -> bool {
    if shape.work.saturating_mul(size_of(value)) <= MAX_WORK {
        return true;
    }
    let mut count = Count {
        root,
        patterns,
        known: HashMap::new(),
        names: 0,
        steps: 0,
    };
    count
        .of(root, value, 0)
        .is_some_and(|work| work <= MAX_WORK)
}

struct Count<'a> {
    root: &'a Value,
    patterns: &'a Patterns,
    /// The work of a schema that was referred to and a value, by where both lie in memory. 0 while it is being counted:
    /// a schema that leads back to itself with nothing between looks at a value once.
    known: HashMap<(usize, usize, u64), u64>,
    /// Which names of an object are being looked at: these values are made for that, and the next ones may lie where
    /// they lay. 0 for none.
    names: u64,
    steps: u64,
}

impl Count<'_> {
    /// None if it is too much, or takes too much to find out.
    fn of(&mut self, schema: &Value, value: &Value, depth: u32) -> Option<u64> {
        self.steps += 1;
        if self.steps > MAX_STEPS || depth > MAX_DEPTH {
            return None;
        }
        let Value::Object(fields) = schema else {
            return Some(1);
        };
        let mut work = own(fields, self.patterns).saturating_mul(flat_size_of(value));
        for (keyword, inside) in fields {
            match places::of(keyword) {
                Place::Nothing | Place::Refused => {}
                Place::Reference => {
                    let target = places::target(self.root, inside.as_str()?).ok()?;
                    work = work.saturating_add(self.referred(target, value, depth + 1)?);
                }
                Place::Schemas(shape, to) => {
                    for (key, schema) in places::schemas(shape, inside) {
                        work =
                            work.saturating_add(self.applied(to, key, schema, value, depth + 1)?);
                    }
                }
            }
            if work > MAX_WORK {
                return None;
            }
        }
        Some(work)
    }

    fn referred(&mut self, target: &Value, value: &Value, depth: u32) -> Option<u64> {
        let key = (
            std::ptr::from_ref(target).addr(),
            std::ptr::from_ref(value).addr(),
            self.names,
        );
        if let Some(work) = self.known.get(&key) {
            return Some(*work);
        }
        if self.known.len() == MAX_KNOWN {
            return None;
        }
        self.known.insert(key, 0);
        let work = self.of(target, value, depth)?;
        self.known.insert(key, work);
        Some(work)
    }

    fn applied(
        &mut self,
        to: To,
        key: Key<'_>,
        schema: &Value,
        value: &Value,
        depth: u32,
    ) -> Option<u64> {
        let mut work = 0u64;
        let mut add = |it: Option<u64>| {
            work = work.saturating_add(it?);
            (work <= MAX_WORK).then_some(())
        };
        match (to, value) {
            (To::Itself, _) => add(self.of(schema, value, depth))?,
            (To::Items, Value::Array(items)) => {
                for item in items {
                    add(self.of(schema, item, depth))?;
                }
            }
            (To::ItemAtPlace, Value::Array(items)) => {
                let place = match key {
                    Key::Index(index) => index,
                    Key::Only | Key::Name(_) => 0,
                };
                if let Some(item) = items.get(place) {
                    add(self.of(schema, item, depth))?;
                }
            }
            (To::Entries, Value::Object(entries)) => {
                for entry in entries.values() {
                    add(self.of(schema, entry, depth))?;
                }
            }
            (To::Entry, Value::Object(entries)) => {
                if let Key::Name(name) = key
                    && let Some(entry) = entries.get(name)
                {
                    add(self.of(schema, entry, depth))?;
                }
            }
            (To::Names, Value::Object(entries)) => {
                for name in entries.keys() {
                    self.names = self.steps;
                    add(self.of(schema, &Value::String(name.clone()), depth))?;
                }
                self.names = 0;
            }
            _ => {}
        }
        Some(work)
    }
}
