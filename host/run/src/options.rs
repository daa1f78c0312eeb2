//! What a caller says about one run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use remit_sandbox::Cancel;
use serde_json::Value;

use crate::approvals::Approver;
use crate::session::Agent;

/// The value of one input, as the caller has it.
#[derive(Debug, Clone, PartialEq)]
pub enum InputValue {
    /// Text, as from a command line: it is read by the type that the input's schema names (`"7"` becomes a number
    /// where the schema says `integer`, and stays text where it says `string`).
    Text(String),
    /// A JSON value, taken as it is.
    Json(Value),
}

impl From<&str> for InputValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for InputValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Value> for InputValue {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

/// How to run a skill. The default runs it with its own defaults, into a new folder under `runs/`, and says no to
/// every question.
#[derive(Clone, Default)]
pub struct RunOptions {
    /// Values for the skill's inputs; those not given take the skill's defaults.
    pub inputs: BTreeMap<String, InputValue>,
    /// The run's folder. It is made if it is not there, and must be empty. Without one, a new folder under `runs/`
    /// in the current folder.
    pub out: Option<PathBuf>,
    /// The folder in which the run's own folder is made, where `out` is not given; `runs/` of the current folder if not.
    pub runs: Option<PathBuf>,
    /// Approves the skill as it is now, for this run only; the `approve` steps in it too.
    pub approve: bool,
    /// Who is asked where a person must decide. Without one, the answer is no.
    pub approver: Option<Arc<dyn Approver>>,
    /// The agent that has the skill run, where one does: the records name it, and a person is asked before each call that
    /// writes, unless the approval says that agents may.
    pub agent: Option<Agent>,
    /// Ends the run from outside: calls in flight are cancelled, the state is written.
    pub cancel: Option<Cancel>,
}

impl RunOptions {
    /// The default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the value of one input.
    #[must_use]
    pub fn input(mut self, name: impl Into<String>, value: impl Into<InputValue>) -> Self {
        self.inputs.insert(name.into(), value.into());
        self
    }

    /// Chooses the run's folder.
    #[must_use]
    pub fn out(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out = Some(folder.into());
        self
    }

    /// Approves the skill as it is now, for this run only.
    #[must_use]
    pub fn approve(mut self, yes: bool) -> Self {
        self.approve = yes;
        self
    }

    /// Says who is asked where a person must decide.
    #[must_use]
    pub fn approver(mut self, approver: Arc<dyn Approver>) -> Self {
        self.approver = Some(approver);
        self
    }
}

impl std::fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunOptions")
            .field("inputs", &self.inputs.keys().collect::<Vec<_>>())
            .field("out", &self.out)
            .field("approve", &self.approve)
            .finish_non_exhaustive()
    }
}
