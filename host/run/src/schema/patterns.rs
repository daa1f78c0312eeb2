//! What a pattern costs. The engine never backtracks, but it may look at each state of a pattern for each byte of a text.

use std::collections::HashMap;

use jsonschema::{Draft, PatternOptions};
use serde_json::json;

/// Sizes of a compiled pattern, in KiB; a larger one is refused. A date has less than 1, `^.{1,500}$` about 200.
const SIZES: [usize; 5] = [1, 4, 16, 64, 256];

/// In one schema. Each keeps what it was compiled to.
const MAX_PATTERNS: usize = 100;

/// The patterns of one schema, with what each costs.
#[derive(Debug, Default)]
pub(super) struct Patterns(HashMap<String, u64>);

impl Patterns {
    /// Finds out what it costs.
    ///
    /// # Errors
    /// If it is no pattern, or too large, or there are too many.
    pub(super) fn add(&mut self, pattern: &str) -> Result<(), String> {
        if self.0.contains_key(pattern) {
            return Ok(());
        }
        if self.0.len() == MAX_PATTERNS {
            return Err(format!("it holds more than {MAX_PATTERNS} patterns"));
        }
        let size = SIZES
            .iter()
            .find(|kib| options(**kib).build(&json!({"pattern": pattern})).is_ok());
        let Some(kib) = size else {
            return Err(format!(
                "the pattern `{}` is none, or too large",
                remit_policy::display_safe(pattern, 80)
            ));
        };
        // A state has some 32 bytes, a unit is some 32 states looked at, and a text is counted in pieces of 32 bytes.
        self.0.insert(pattern.to_owned(), *kib as u64 * 32);
        Ok(())
    }

    /// The most that a pattern which was added costs for 32 bytes of a text, in units of [`super::work`].
    pub(super) fn cost(&self, pattern: &str) -> u64 {
        self.0.get(pattern).copied().unwrap_or(0)
    }
}

/// Nothing is fetched, and patterns run in time.
pub(super) fn options<'a>(max_kib: usize) -> jsonschema::ValidationOptions<'a> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        // The regex engine that never backtracks: a pattern is foreign text.
        .with_pattern_options(PatternOptions::regex().size_limit(max_kib << 10))
}

/// The options for a whole schema.
pub(super) fn widest<'a>() -> jsonschema::ValidationOptions<'a> {
    options(SIZES.iter().copied().max().unwrap_or_default())
}
