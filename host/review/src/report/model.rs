//! The report: data only, the same for the terminal, for JSON and for the page. docs/audit.md describes the JSON.

use std::collections::BTreeMap;

use remit_policy::Effect;
use serde::Serialize;

use crate::log::Extent;

/// Over a folder of skills: who may do what, what of it was used, what was denied, what is dangerous.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The form of this document; 1.
    pub format: u32,
    /// The folder, as asked for.
    pub folder: String,
    /// When it was made; RFC 3339, UTC.
    pub made: String,
    /// Only runs that began then or later count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The log that it is based on.
    pub log: Extent,
    /// The figures.
    pub summary: Summary,
    /// The skills, by name.
    pub skills: Vec<SkillReport>,
    /// Skills that runs are recorded of, and that are not in the folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// Folders with a SKILL.md that cannot be read as a skill.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
}

/// How many of what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Skills.
    pub skills: usize,
    /// Plugins of skills; one that two skills use counts twice.
    pub plugins: usize,
    /// Grants.
    pub grants: usize,
    /// Runs that count.
    pub runs: u64,
    /// Grants that were used.
    pub used: usize,
    /// Grants that no run used, though one that ended well had them.
    pub unused: usize,
    /// Grants that no run has had that ended well.
    pub not_run_yet: usize,
    /// Denials in runs of these skills, without what a language's runtime tries by itself.
    pub denied: u64,
    /// Skills with a dangerous combination, or in which agents write without asking.
    pub dangerous: usize,
    /// Plugins that nobody signed, as far as remit.lock says.
    pub unsigned: usize,
    /// Plugins that no remit.lock pins.
    pub unpinned: usize,
    /// Plugins that are other bytes than those that are pinned, or not to be read.
    pub changed: usize,
    /// Plugins of which another skill of the folder has a later version.
    pub outdated: usize,
}

/// A skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkillReport {
    /// Its name.
    pub name: String,
    /// Its version, where it says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it says it is for.
    pub summary: String,
    /// Its folder.
    pub folder: String,
    /// `sha256:…` of its files.
    pub digest: String,
    /// Its recorded runs.
    pub runs: Runs,
    /// Its plugins, in the order of skill.toml.
    pub plugins: Vec<PluginReport>,
    /// The dangerous combination, if it holds all of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub danger: Option<Danger>,
    /// What agents do without a person's yes each time, if somebody allowed that for the skill as it is now. Dangerous too:
    /// who tells the agent what to do may be a stranger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents: Option<AgentsReport>,
    /// The agents' clients that used it, by the name and version that each gives itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub clients: BTreeMap<String, ClientReport>,
    /// What was refused before a call began.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Denial>,
    /// Why its remit.lock cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_error: Option<String>,
}

/// That agents write without asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentsReport {
    /// Who allowed it.
    pub who: String,
    /// When; RFC 3339, UTC.
    pub time: String,
    /// What they may do so: `mail.send (destructive)`.
    pub operations: Vec<String>,
}

/// What an agent's client did in a skill.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClientReport {
    /// Sessions, and whole runs that it asked for.
    pub runs: u64,
    /// Calls.
    pub calls: u64,
    /// What was denied in them, or refused before one began; without what a language's runtime tries by itself.
    pub denied: u64,
    /// Its last call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Mark>,
}

/// The runs of a skill that are recorded, by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Runs {
    /// All of them.
    pub total: u64,
    /// Those that ended well.
    pub done: u64,
    /// Those that ended otherwise, by how: `incomplete`, `failed`, `denied`, `cancelled`.
    pub ended: BTreeMap<String, u64>,
    /// Those that ended well, of the skill as it is now.
    pub done_as_now: u64,
    /// Those of a skill of that name in another folder.
    pub other_folder: u64,
    /// When the first began; RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// When the last began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// A plugin of a skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginReport {
    /// Its name in the skill.
    pub alias: String,
    /// What it calls itself; none where it was never asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version that it says it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The component, as skill.toml names it.
    pub component: String,
    /// `sha256:…` of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Why they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where it is declared: `skills/mail/skill.toml:12`.
    pub place: String,
    /// The line of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Whether it is what remit.lock says.
    pub pin: PinState,
    /// Who signed it, as remit.lock says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// A later version of it that another skill has, and which: `1.2.0 in weekly-report`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outdated: Option<String>,
    /// The greatest effect that an operation may have.
    pub effect: Effect,
    /// The operations that the skill may call.
    pub operations: Vec<OperationReport>,
    /// Recorded calls.
    pub calls: u64,
    /// What it may reach.
    pub grants: Vec<GrantReport>,
    /// What it was denied, most often first.
    pub denied: Vec<Denial>,
}

/// Whether a plugin is the one that is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinState {
    /// The very bytes.
    Pinned,
    /// No remit.lock names it.
    Unpinned,
    /// Other bytes than those that remit.lock names.
    Changed,
    /// Its bytes cannot be read.
    Unreadable,
}

/// What became of something that is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A run used it.
    Used,
    /// No run used it, though one that ended well had it.
    Unused,
    /// No run has had it that ended well.
    NotRunYet,
}

impl State {
    /// `used`, `unused`, `not run yet`.
    pub fn says(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Unused => "unused",
            Self::NotRunYet => "not run yet",
        }
    }
}

/// An operation that a skill may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperationReport {
    /// Its name.
    pub name: String,
    /// Its effect, where anybody says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Recorded calls of it.
    pub calls: u64,
    /// What became of it.
    pub state: State,
    /// The number of its last call's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
}

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantReport {
    /// `http`, `files`, `config` or `secret`.
    pub capability: &'static str,
    /// In the compact form.
    pub grant: String,
    /// What it lets the plugin do, after "may".
    pub says: String,
    /// Where it is written: `skills/mail/skill.toml:14`.
    pub place: String,
    /// The line of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The lines that write it.
    pub excerpt: Vec<Line>,
    /// What became of it.
    pub state: State,
    /// How many runs that ended well have had it.
    pub runs: u64,
    /// How often it was used.
    pub uses: u64,
    /// For what, and how often.
    pub actions: BTreeMap<String, u64>,
    /// Its first use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Mark>,
    /// Its last use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Mark>,
    /// Some of its uses, the first ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// Its text, safe to show.
    pub text: String,
}

/// A record of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Its number.
    pub record: u64,
    /// When it was written.
    pub time: String,
}

/// A use, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The number of the record.
    pub record: u64,
    /// When.
    pub time: String,
    /// What was done: `GET`, `open-read`.
    pub action: String,
    /// To what.
    pub asked: String,
    /// How many alike there were in the same call.
    pub count: u64,
    /// The run.
    pub run: String,
}

/// Something that was denied, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// The class of authority, or `call` for one that was refused before it began.
    pub capability: String,
    /// The stable code.
    pub code: String,
    /// What was to be done.
    pub action: String,
    /// To what.
    pub asked: String,
    /// Whose rule refused: `grant`, `need`, `policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The least grant that would have allowed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrowest: Option<String>,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: Mark,
    /// The last time.
    pub last: Mark,
    /// The run of the first time.
    pub run: String,
    /// Whether it is what a language's runtime tries by itself when it starts.
    pub by_runtime: bool,
}

/// A combination by which private data can leave, told to do so by a stranger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Danger {
    /// What reads private data.
    pub private: Vec<Leg>,
    /// What reads content that a stranger may have written.
    pub untrusted: Vec<Leg>,
    /// What can send something out.
    pub out: Vec<Leg>,
    /// Recorded calls that could send something out, and whose input was made from what the others read.
    pub flows: Vec<Flow>,
}

/// A line that makes a combination dangerous.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leg {
    /// The plugin.
    pub plugin: String,
    /// The grant.
    pub grant: String,
    /// Where it is written.
    pub place: String,
    /// The line of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Why it counts.
    pub why: String,
    /// What became of it.
    pub state: State,
}

/// Results of one plugin in the input of another's calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// Whose results.
    pub from: String,
    /// Whose calls.
    pub to: String,
    /// How many.
    pub calls: u64,
    /// The number of the first call's record.
    pub first: u64,
    /// And of the last.
    pub last: u64,
}

/// A skill that runs are recorded of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// Its name.
    pub skill: String,
    /// How many.
    pub runs: u64,
}

/// A folder that cannot be read as a skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// The folder.
    pub folder: String,
    /// The error's code.
    pub code: String,
    /// The error.
    pub message: String,
}
