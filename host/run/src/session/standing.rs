//! Where the procedure of a session stands, as an agent is told.

use serde::Serialize;
use serde_json::Value;

use crate::report::{By, ErrorRecord, RunState, StepKindName, StepState};

/// Where the procedure stands.
#[derive(Debug, Clone, Serialize)]
pub struct ProcedureState {
    /// The session's run.
    pub run: String,
    /// How it stands.
    pub state: RunState,
    /// The steps in order.
    pub steps: Vec<StepStanding>,
    /// The first step that is not done; none where all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<NextStep>,
    /// Calls that were no step's.
    pub extra_calls: u64,
}

/// How a step stands.
#[derive(Debug, Clone, Serialize)]
pub struct StepStanding {
    /// Its id.
    pub id: String,
    /// What kind of step it is.
    pub kind: StepKindName,
    /// What it does: `mail.search`, `report.md.j2 → report.md`.
    pub does: String,
    /// How it stands.
    pub state: StepState,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// As which it was done, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// Of a `for_each` whose list is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<ItemsStanding>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
}

/// How far a `for_each` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ItemsStanding {
    /// Items in all.
    pub total: usize,
    /// Items done or skipped.
    pub done: usize,
}

/// The step to do next, and what it needs.
#[derive(Debug, Clone, Serialize)]
pub struct NextStep {
    /// Its id.
    pub id: String,
    /// What it does.
    pub does: String,
    /// What kind of step it is.
    pub kind: StepKindName,
    /// Why a person is asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<String>,
    /// The call to make, for a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<NextCall>,
    /// The path of the output to make, for a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The template that the host would fill, a file of the skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Of a `for_each`: how far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<ItemsStanding>,
    /// Why it cannot be done now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// The next call of a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NextCall {
    /// The plugin's name in the skill.
    pub plugin: String,
    /// The operation.
    pub operation: String,
    /// What to give it, exactly; none where it is not known yet, or too long to be told.
    pub arguments: Option<Value>,
    /// Items of the `for_each` that are left, this one included; 1 without one.
    pub remaining: usize,
}
