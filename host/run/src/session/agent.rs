//! Who uses a skill, and how a session with it begins.

use std::collections::BTreeMap;
use std::path::PathBuf;

use remit_policy::display_safe;

use crate::options::InputValue;
use crate::report::AgentRecord;

/// The longest text of a client that is kept, in characters.
const MAX_TEXT: usize = 120;

/// Who uses a skill: what a client says of itself, never trusted for anything but records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The client's name.
    pub client: String,
    /// Its version.
    pub version: String,
    /// The id of its connection.
    pub session: String,
    /// `stdio` or `http`.
    pub transport: &'static str,
    /// The revision of the protocol that it speaks.
    pub protocol: String,
}

impl Agent {
    /// As it is kept: capped and safe to print.
    pub(crate) fn record(&self) -> AgentRecord {
        let text = |text: &str| display_safe(text, MAX_TEXT);
        AgentRecord {
            client: text(&self.client),
            version: text(&self.version),
            session: text(&self.session),
            transport: text(self.transport),
            protocol: text(&self.protocol),
        }
    }
}

/// How to begin a session.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// Values for the skill's inputs; those not given take the skill's defaults.
    pub inputs: BTreeMap<String, InputValue>,
    /// The folder in which the session's folder is made; `runs/` in the current folder if not given.
    pub runs: Option<PathBuf>,
    /// Who begins it.
    pub agent: Agent,
}
