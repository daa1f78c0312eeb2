//! What a call hands back.

use crate::{CallError, LogLine, Usage};
use remit_policy::Denial;

/// The end of a call, whatever it was: what came out, what was said, used, asked and denied.
#[derive(Debug)]
pub struct CallReport<T> {
    /// The result, or why there is none.
    pub outcome: Result<T, CallError>,
    /// What the plugin wrote to the log, to stdout and to stderr, in order.
    pub log: Vec<LogLine>,
    /// How many log lines were dropped because the log was full.
    pub log_dropped: u64,
    /// What the call used.
    pub usage: Usage,
    /// What the host functions decided.
    pub decisions: Tally,
}

/// The decisions of one call, counted; all of them went to the [`Recorder`](crate::Recorder).
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Decisions that allowed something.
    pub allowed: u64,
    /// Decisions that denied something.
    pub denied: u64,
    /// The first denials, at most [`Tally::KEPT`]: for the message when a call fails.
    pub denials: Vec<Denial>,
}

impl Tally {
    /// How many denials a report keeps in full.
    pub const KEPT: usize = 16;
}
