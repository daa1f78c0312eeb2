//! What a pattern costs. The engine never backtracks, but it may look at each state of a pattern for each byte of a text.

use jsonschema::{Draft, PatternOptions};
use serde_json::json;

/// Sizes of a compiled pattern, in KiB; a larger one is refused. A date has less than 1, `^.{1,500}$` about 200.
const SIZES: [usize; 5] = [1, 4, 16, 64, 256];

/// In one schema. Each keeps what it was compiled to.
const MAX_PATTERNS: usize = 100;

/// The patterns of one schema.
#[derive(Default)]
pub(super) struct Patterns(usize);

impl Patterns {
    /// The most that it costs for each KiB of a text, in units of [`super::meter`].
    pub(super) fn cost(&mut self, pattern: &str) -> Result<u64, String> {
        self.0 += 1;
        if self.0 > MAX_PATTERNS {
            return Err(format!("it holds more than {MAX_PATTERNS} patterns"));
        }
        let size = SIZES
            .iter()
            .find(|kib| options(**kib).build(&json!({"pattern": pattern})).is_ok());
        match size {
            // A state has some 32 bytes, and a unit is some 32 of them looked at.
            Some(kib) => Ok(*kib as u64 * 1024),
            None => Err(format!(
                "the pattern `{}` is none, or too large",
                remit_policy::display_safe(pattern, 80)
            )),
        }
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
