//! What a run leaves behind: the content of `run.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a run stands or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It goes on, or was killed before it could say otherwise.
    Running,
    /// Every step is done or skipped.
    Done,
    /// An agent's session is over, and some steps were not done.
    Incomplete,
    /// A step failed.
    Failed,
    /// Something was refused, by policy or by a person.
    Denied,
    /// The caller ended it.
    Cancelled,
}

/// The kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKindName {
    /// Calls an operation of a plugin.
    Call,
    /// Renders a template into a file.
    Template,
    /// Checks that an expression is true.
    Check,
}

/// How a step stands or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Not yet begun.
    Waiting,
    /// It goes on.
    Running,
    /// Done, and its results are on disk.
    Done,
    /// Its `when` was not true.
    Skipped,
    /// It failed.
    Failed,
}

/// Who did a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The host, as it is written.
    Host,
    /// An agent, with calls of its own or an output that it wrote.
    Agent,
}

/// The agent that used the skill: what its client said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// The client's name.
    pub client: String,
    /// Its version.
    pub version: String,
    /// The id of its connection.
    pub session: String,
    /// `stdio` or `http`.
    pub transport: String,
    /// The revision of the protocol that it speaks.
    pub protocol: String,
}

/// Whether an agent followed the procedure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcedureRecord {
    /// Every step was done, or was not to be done by its `when`, and in the order that the skill says.
    pub followed: bool,
    /// The steps that were not done.
    pub skipped: Vec<String>,
    /// The steps that were done before one that comes before them.
    pub reordered: Vec<String>,
    /// Calls that were no step's.
    pub extra_calls: u64,
}

impl ProcedureRecord {
    /// What the steps tell. Checks, and steps that had no items, are done by the host as soon as they can be: their place
    /// in the order is nobody's choice.
    pub(crate) fn of(steps: &[StepReport], extra_calls: u64) -> Self {
        let chosen = |step: &&StepReport| step.kind != StepKindName::Check && step.items != Some(0);
        let missing =
            |step: &&StepReport| !matches!(step.state, StepState::Done | StepState::Skipped);
        let mut reordered = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let earlier = steps.iter().take(index).filter(chosen);
            let latest = earlier.filter_map(|step| step.order).max();
            if chosen(&step)
                && step
                    .order
                    .is_some_and(|order| latest.is_some_and(|it| it > order))
            {
                reordered.push(step.id.clone());
            }
        }
        let skipped: Vec<_> = (steps.iter().filter(missing))
            .map(|step| step.id.clone())
            .collect();
        Self {
            followed: skipped.is_empty() && reordered.is_empty(),
            skipped,
            reordered,
            extra_calls,
        }
    }
}

/// Where a value came from: found from what the expressions behind it referred to, through all steps before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Provenance {
    /// The plugins (by their name in the skill) whose results it may hold.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub plugins: BTreeSet<String>,
    /// The steps that it was made from.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub steps: BTreeSet<String>,
    /// The skill's inputs that it was made from.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub inputs: BTreeSet<String>,
}

impl Provenance {
    /// Adds all that `other` came from.
    pub fn join(&mut self, other: &Provenance) {
        self.plugins.extend(other.plugins.iter().cloned());
        self.steps.extend(other.steps.iter().cloned());
        self.inputs.extend(other.inputs.iter().cloned());
    }

    /// Whether nothing but the skill itself went into it.
    pub fn is_empty(&self) -> bool {
        self.plugins.is_empty() && self.steps.is_empty() && self.inputs.is_empty()
    }
}

/// A file that a run made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    /// Its path below the run's folder.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// `sha256:…` of its bytes.
    pub digest: String,
    /// The step that made it.
    pub step: String,
    /// What its content came from.
    pub provenance: Provenance,
}

/// A plugin as it was used in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRecord {
    /// `sha256:…` of the component.
    pub digest: String,
    /// `sha256:…` of the effective grants in their canonical form, as bound to this run's inputs.
    pub grants_digest: String,
    /// The effective grants, in the compact form.
    pub grants: Vec<String>,
}

/// An error as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// The stable code.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// The step's id.
    pub id: String,
    /// What kind of step it is.
    pub kind: StepKindName,
    /// What it does: `mail.search`, `report.md.j2 → report.md`.
    pub does: String,
    /// How it stands.
    pub state: StepState,
    /// RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// Items of a `for_each`: how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<usize>,
    /// Calls made, retries included.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub calls: u64,
    /// Denials met, those that the plugin got over included.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub denials: u64,
    /// Bytes of JSON that the calls were given.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub input_bytes: u64,
    /// Bytes of JSON that the calls returned.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub output_bytes: u64,
    /// What its result came from.
    #[serde(default, skip_serializing_if = "Provenance::is_empty")]
    pub provenance: Provenance,
    /// The files that it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Who did it, where an agent uses the skill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// As which it was done, from 1, where an agent uses the skill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// Sequence numbers of the audit records of its calls, where an agent uses the skill.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audit: Vec<u64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What a run did: what `run.json` holds, and what [`Host::run`](crate::Host::run) returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// The form of this document; 1.
    pub format: u32,
    /// The run's id: skill, time and a random part.
    pub run: String,
    /// How it stands or ended.
    pub state: RunState,
    /// The skill's name.
    pub skill: String,
    /// The skill's version.
    pub version: String,
    /// `sha256:…` over the skill's own files.
    pub digest: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// How it was approved: `not-needed`, `kept`, `this-run`, or `asked`.
    pub approval: String,
    /// The agent that used the skill, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentRecord>,
    /// Whether the agent followed the procedure; known at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<ProcedureRecord>,
    /// The inputs that it ran with, defaults included.
    pub inputs: serde_json::Map<String, Value>,
    /// The plugins, by their name in the skill.
    pub plugins: BTreeMap<String, PluginRecord>,
    /// The steps in order.
    pub steps: Vec<StepReport>,
    /// The files that it made.
    pub outputs: Vec<OutputFile>,
    /// Sequence numbers of the first and last audit record of this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<(u64, u64)>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
    /// The run's folder. Not part of `run.json`, which lies in it.
    #[serde(skip)]
    pub folder: PathBuf,
}

impl RunReport {
    /// Where an output of this run lies.
    pub fn path_of(&self, output: &OutputFile) -> PathBuf {
        self.folder.join(&output.path)
    }
}
