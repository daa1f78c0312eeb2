//! What is recorded.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::report::{ProcedureRecord, Provenance};

/// Something to record. Texts that others wrote must be capped and made safe to print before they come here.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Entry<'a> {
    /// A run begins.
    RunStarted {
        /// The run's id.
        run: &'a str,
        /// The skill's name.
        skill: &'a str,
        /// `sha256:…` of the skill's files.
        skill_digest: String,
        /// How it was approved: `not-needed`, `kept`, `this-run`, `asked`.
        approval: &'a str,
        /// The agent's client and its version, where an agent uses the skill; what it says of itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
        /// The id of the client's connection.
        #[serde(skip_serializing_if = "Option::is_none")]
        session: Option<&'a str>,
        /// The skill's folder, for a reader that wants to look at skill.toml.
        folder: String,
        /// What the ids of the run's calls begin with, before `-` and a number: a decision names its call only.
        calls: &'a str,
        /// `sha256:…` of the inputs.
        inputs_digest: String,
        /// The plugins, each with its digest and its effective grants.
        plugins: Vec<PluginEntry<'a>>,
    },
    /// A run is over.
    RunFinished {
        /// The run's id.
        run: &'a str,
        /// `done`, `incomplete`, `failed`, `denied`, `cancelled`.
        state: &'a str,
        /// The error's code.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'a str>,
        /// How many files it made.
        outputs: usize,
        /// How long it took.
        milliseconds: u64,
        /// Where an agent did it: whether it followed the procedure.
        #[serde(skip_serializing_if = "Option::is_none")]
        procedure: Option<&'a ProcedureRecord>,
    },
    /// A run's file was written.
    Output {
        /// The run's id.
        run: &'a str,
        /// The step.
        step: &'a str,
        /// Its path below the run's folder.
        path: String,
        /// Its length.
        bytes: u64,
        /// `sha256:…` of its bytes.
        digest: &'a str,
        /// What its content came from.
        provenance: &'a Provenance,
    },
    /// A host function of a call decided.
    Decision(DecisionEntry<'a>),
    /// A call is over; written before its result is handed on.
    Call(CallEntry<'a>),
    /// A call was refused before it began.
    Refused {
        /// The run's id, if in a run.
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<&'a str>,
        /// The step, if in a run.
        #[serde(skip_serializing_if = "Option::is_none")]
        step: Option<&'a str>,
        /// `plugin.operation`, or the skill.
        what: String,
        /// The stable code.
        code: &'a str,
        /// Why.
        reason: String,
    },
    /// A person was asked.
    Asked {
        /// The run's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<&'a str>,
        /// The skill, `step ID`, or a call.
        about: String,
        /// `no`, `once`, `keep`.
        answer: &'a str,
        /// `sha256:…` of the calls that the answer is bound to, in canonical form.
        #[serde(skip_serializing_if = "Option::is_none")]
        arguments: Option<String>,
        /// How it was answered, or why nobody was asked; as the asking program said.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// An agent's client came.
    SessionStarted {
        /// The id of its connection.
        session: String,
        /// Its name, as it says.
        client: String,
        /// Its version, as it says.
        version: String,
        /// `stdio` or `http`.
        transport: String,
        /// The revision of the protocol that it speaks.
        protocol: String,
        /// The skills that it is served.
        skills: Vec<String>,
    },
    /// An agent's client left.
    SessionFinished {
        /// The id of its connection.
        session: String,
        /// Calls of its tools.
        calls: u64,
        /// How long it was there.
        milliseconds: u64,
    },
    /// A step is over in an agent's session.
    Step {
        /// The run's id.
        run: &'a str,
        /// The step.
        step: &'a str,
        /// `host` or `agent`.
        by: &'a str,
        /// As which it was done, from 1; not of one that was skipped.
        #[serde(skip_serializing_if = "Option::is_none")]
        order: Option<u64>,
        /// `done`, `skipped`, `failed`.
        state: &'a str,
    },
    /// A person approved a skill as it is.
    Approved {
        /// The skill's name.
        skill: &'a str,
        /// The hash of what was approved.
        authority: String,
        /// Who, as the approving program said.
        who: String,
        /// Whether agents may do its writes without asking each time; said where it is allowed, or taken back.
        #[serde(skip_serializing_if = "Option::is_none")]
        agents: Option<bool>,
    },
    /// A person withdrew an approval; written before it ends.
    Revoked {
        /// The skill's name.
        skill: &'a str,
        /// The hash of what was approved.
        authority: String,
        /// Who withdraws it, as the program said.
        who: String,
        /// Who had approved it.
        approved_by: &'a str,
        /// When: RFC 3339, UTC.
        approved: &'a str,
    },
    /// A plugin or a skill is installed, or another version of it; written before anything is kept.
    Installed {
        /// `plugin` or `skill`.
        what: &'a str,
        /// Its name.
        name: &'a str,
        /// Its version.
        version: &'a str,
        /// The version that was installed before.
        #[serde(skip_serializing_if = "Option::is_none")]
        was: Option<&'a str>,
        /// `sha256:…` of the component, or of the skill's archive.
        digest: String,
        /// Where it is from.
        source: &'a str,
        /// Who signed it.
        #[serde(skip_serializing_if = "Option::is_none")]
        signer: Option<&'a str>,
    },
    /// A plugin is taken out of what is installed by name.
    Removed {
        /// Its name.
        name: &'a str,
    },
    /// A plugin described itself, with nothing granted.
    Described {
        /// The id that the decisions of what it tried meanwhile carry.
        call: &'a str,
        /// `sha256:…` of the component.
        plugin_digest: String,
        /// `ok`, or the error's code.
        outcome: &'a str,
        /// Decisions that allowed: none but what needs no grant.
        allowed: u64,
        /// Decisions that denied.
        denied: u64,
    },
    /// A file of the log was closed, to be archived: the records go on in the next one.
    Closed {
        /// The number of the file.
        file: u32,
    },
    /// A torn last line was cut off.
    Repaired {
        /// Its length.
        bytes: u64,
        /// `sha256:…` of it.
        digest: String,
    },
}

/// A plugin of a run.
#[derive(Debug, Clone, Serialize)]
pub struct PluginEntry<'a> {
    /// Its name in the skill.
    pub plugin: &'a str,
    /// `sha256:…` of the component.
    pub digest: String,
    /// `sha256:…` of its effective grants in canonical form.
    pub grants_digest: &'a str,
    /// The grants, in the order of skill.toml, so that a decision's rule leads to its line. Left out where all grants of
    /// the run together are longer than a record may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<GrantEntry>>,
}

/// A grant of a run.
#[derive(Debug, Clone, Serialize)]
pub struct GrantEntry {
    /// Its line in skill.toml, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// As it was bound to the run's inputs, in the compact form: what a decision gives as its rule.
    pub grant: String,
    /// As it is written, in the compact form, where that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
}

/// One decision of a host function.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionEntry<'a> {
    /// The call that it belongs to.
    pub call: &'a str,
    /// The class of authority.
    pub capability: &'a str,
    /// What was to be done.
    pub action: &'a str,
    /// To what.
    pub asked: &'a str,
    /// Whether it was allowed.
    pub allowed: bool,
    /// The denial's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// The layer of the rule that decided: `grant`, `need`, `policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<&'a str>,
    /// The rule that allowed it, or the nearest that did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'a str>,
    /// Of a denial, the least grant that would have allowed it, where one would and it is short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrowest: Option<String>,
    /// The address dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<&'a str>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Bytes sent or written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_out: Option<u64>,
    /// Bytes received or read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_in: Option<u64>,
    /// How many alike it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// A further fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
}

/// One call.
#[derive(Debug, Clone, Serialize)]
pub struct CallEntry<'a> {
    /// The run's id, if in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<&'a str>,
    /// The step, if in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<&'a str>,
    /// The item of a `for_each`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<usize>,
    /// The call's id, which its decisions carry.
    pub call: &'a str,
    /// The plugin's name in the skill.
    pub plugin: &'a str,
    /// The operation.
    pub operation: &'a str,
    /// `sha256:…` of the component.
    pub plugin_digest: &'a str,
    /// `sha256:…` of the effective grants in canonical form.
    pub grants_digest: &'a str,
    /// `sha256:…` of the input.
    pub input_digest: String,
    /// `ok`, or the error's code.
    pub outcome: &'a str,
    /// Bytes of the input.
    pub input_bytes: u64,
    /// Bytes of the output.
    pub output_bytes: u64,
    /// `sha256:…` of the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_digest: Option<String>,
    /// Wall time.
    pub microseconds: u64,
    /// The most memory that it held, in bytes.
    pub memory_peak: u64,
    /// Decisions that allowed.
    pub allowed: u64,
    /// Decisions that denied.
    pub denied: u64,
    /// HTTP requests sent.
    #[serde(skip_serializing_if = "is_zero")]
    pub http_requests: u64,
    /// Bytes sent over the network.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytes_out: u64,
    /// Bytes received over the network.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytes_in: u64,
    /// Bytes added to files.
    #[serde(skip_serializing_if = "is_zero")]
    pub file_bytes: u64,
    /// What its input came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<&'a Provenance>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A record as it is read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number, from 0.
    pub seq: u64,
    /// RFC 3339, UTC, microseconds.
    pub time: String,
    /// The hash of the record before.
    pub prev: String,
    /// What happened: `run-started`, `decision`, `call`, …
    pub kind: String,
    /// The rest, as it was recorded.
    #[serde(flatten)]
    pub body: Map<String, Value>,
    /// Its hash.
    pub hash: String,
}

impl Record {
    /// A field of the body as text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field).and_then(Value::as_str)
    }
}
