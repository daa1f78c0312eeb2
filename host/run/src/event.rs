//! What a user interface is told while a run goes on.

use std::path::PathBuf;
use std::time::Duration;

use crate::report::{RunState, StepKindName, StepState};

/// One thing that happened in a run, told when it happens. Texts that come from a plugin or a skill are already
/// safe to print.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The run's folder is there, and the first step is next.
    RunStarted {
        /// The run's id, which is also its folder's name unless the caller chose one.
        run: String,
        /// Where the results go.
        folder: PathBuf,
        /// The skill's name.
        skill: String,
        /// How many steps there are.
        steps: usize,
    },
    /// A step begins.
    StepStarted {
        /// The step's id.
        id: String,
        /// What kind of step it is.
        kind: StepKindName,
        /// What it does, in a few words: `mail.search`, `report.md.j2 → report.md`.
        does: String,
        /// How many items a `for_each` goes through.
        items: Option<usize>,
    },
    /// One more item of a `for_each` is done.
    StepProgress {
        /// The step's id.
        id: String,
        /// Items done so far.
        done: usize,
        /// Items in all.
        total: usize,
    },
    /// A step is over.
    StepFinished {
        /// The step's id.
        id: String,
        /// How it ended.
        state: StepState,
        /// How long it took.
        time: Duration,
        /// The error's message, where it failed.
        message: Option<String>,
    },
    /// A plugin asked for something and was refused. The plugin may go on.
    Denied {
        /// The step in which it happened, if in one.
        step: Option<String>,
        /// The plugin's name in the skill.
        plugin: String,
        /// The stable code, e.g. `http-host-denied`.
        code: String,
        /// What was asked.
        asked: String,
        /// The least grant that would have allowed it, in the compact form.
        narrowest: Option<String>,
    },
    /// A line that a plugin logged.
    Log {
        /// The step in which it was logged, if in one.
        step: Option<String>,
        /// The plugin's name in the skill.
        plugin: String,
        /// `debug`, `info`, `warn`, `error`, `stdout` or `stderr`.
        level: String,
        /// The line.
        line: String,
    },
    /// The run is over and its `run.json` is on disk.
    RunFinished {
        /// How it ended.
        state: RunState,
        /// How long it took.
        time: Duration,
    },
}
