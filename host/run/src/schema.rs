//! JSON Schemas, as skills and plugins write them: nothing is fetched, and no pattern can take long.

use jsonschema::{Draft, PatternOptions, Validator};
use remit_policy::display_safe;
use serde_json::Value;

use crate::error::RunError;

/// A schema that is ready to check values.
#[derive(Debug)]
pub(crate) struct Schema(Validator);

/// Something in a value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Where, as a JSON pointer; empty for the whole.
    pub(crate) at: String,
    /// The keyword of the schema that says so.
    pub(crate) keyword: String,
    /// What, safe to print.
    pub(crate) message: String,
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.at.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "at {}: {}", self.at, self.message)
        }
    }
}

/// How many misfits a message names.
const SHOWN: usize = 3;

impl Schema {
    /// `what` names it in the error.
    pub(crate) fn new(what: &str, schema: &Value) -> Result<Self, RunError> {
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            // The regex engine that never backtracks: a pattern is foreign text.
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .build(schema)
            .map(Self)
            .map_err(|e| RunError::Schema {
                what: what.to_owned(),
                message: display_safe(&e.to_string(), 300),
            })
    }

    /// All that does not fit.
    pub(crate) fn misfits<'a>(&'a self, value: &'a Value) -> impl Iterator<Item = Misfit> + 'a {
        self.0.iter_errors(value).map(|error| Misfit {
            at: display_safe(error.instance_path().as_str(), 120),
            keyword: error.kind().keyword().to_owned(),
            message: display_safe(&error.to_string(), 200),
        })
    }

    /// What does not fit, in a sentence.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        if self.0.is_valid(value) {
            return Ok(());
        }
        let shown: Vec<_> = self
            .misfits(value)
            .take(SHOWN)
            .map(|misfit| misfit.to_string())
            .collect();
        Err(shown.join("; "))
    }
}
