//! An agent's session: one opened skill, used by one client, with a folder and records like a run's.

mod agent;
mod begin;
mod call;
mod consent;
mod decide;
mod error;
mod finish;
mod kept;
mod matching;
mod output;
mod procedure;
mod standing;
mod state;
mod step;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use remit_package::Step;
use remit_policy::display_safe;
use remit_sandbox::Cancel;
use serde_json::{Map, Value};
use tokio::sync::RwLock;

pub use agent::{Agent, SessionOptions};
pub use consent::{Consent, ConsentCall, ConsentNeeded};
pub use error::SessionError;
pub use standing::{ItemsStanding, NextCall, NextStep, ProcedureState, StepStanding};

use self::kept::Kept;
use self::state::State;
use crate::audit::Entry;
use crate::call::LogEntry;
use crate::error::RunError;
use crate::event::Event;
use crate::host::Host;
use crate::report::{OutputFile, RunReport, StepReport};
use crate::skill::OpenSkill;
use crate::steps::Context;

/// A denial that a plugin met in a call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Denied {
    /// The stable code, e.g. `http-host-denied`.
    pub code: String,
    /// What was asked.
    pub asked: String,
    /// The least grant that would have allowed it, in the compact form.
    pub narrowest: Option<String>,
}

/// What came of an agent's call.
#[derive(Debug)]
pub struct SessionCall {
    /// The operation's result.
    pub result: Result<Value, RunError>,
    /// What the plugin logged.
    pub log: Vec<LogEntry>,
    /// What the plugin was denied, whether it got over that or not.
    pub denials: Vec<Denied>,
    /// Sequence number of the call's audit record.
    pub audit: u64,
    /// The call's number: it is kept as `calls/N.json` in the session's folder.
    pub number: u64,
    /// The step that it was, if one's.
    pub step: Option<String>,
    /// Whether the error's words are the plugin's: data, and never instructions.
    pub plugins_words: bool,
}

/// An agent's session. Cheap to clone. Dropping the last clone without [`finish`](Self::finish) ends it as cancelled.
#[derive(Clone)]
pub struct AgentSession(Arc<Inner>);

/// A session. What is evaluated, called or written is so without the lock on its state.
struct Inner {
    host: Arc<Host>,
    open: Arc<OpenSkill>,
    context: Context,
    inputs: Map<String, Value>,
    state: Mutex<State>,
    /// Held while run.json is written, so that an older one never replaces a newer.
    saving: Mutex<()>,
    kept: Kept,
    /// The session is over, or is being ended: what goes on in it is cancelled.
    over: Cancel,
    /// Read by all that goes on.
    going: Arc<RwLock<()>>,
    /// Some step that calls asks a person first.
    a_call_asks: bool,
    /// The number of its first record.
    first: u64,
    begun: Instant,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn steps(&self) -> &[Step] {
        &self.open.skill.manifest.steps
    }
}

impl AgentSession {
    /// The session's id, which is that of its run.
    pub fn id(&self) -> &str {
        &self.0.context.id
    }

    /// The session's folder.
    pub fn folder(&self) -> &Path {
        self.0.context.folder.path()
    }

    /// The skill.
    pub fn skill(&self) -> &OpenSkill {
        &self.0.open
    }

    /// The inputs, defaults included.
    pub fn inputs(&self) -> &Map<String, Value> {
        &self.0.inputs
    }

    /// What a person must say yes to before this call; none if nothing.
    ///
    /// # Errors
    /// If the call may not be made at all; that is recorded.
    pub fn question(
        &self,
        plugin: &str,
        operation: &str,
        input: &Value,
    ) -> Result<Option<ConsentNeeded>, RunError> {
        self.0.question(plugin, operation, input)
    }

    /// What a person must say yes to before the host does a step: its writing calls, with exact arguments.
    ///
    /// # Errors
    /// If the step cannot be done now.
    pub fn step_question(&self, step: &str) -> Result<Option<ConsentNeeded>, RunError> {
        self.0.step_question(step)
    }

    /// Whether a run of the whole procedure would ask: the calls that write, without arguments, since those are not
    /// known yet. None if nothing asks, or the approval says that agents may.
    pub fn run_question(&self) -> Option<ConsentNeeded> {
        self.0.run_question()
    }

    /// One operation, called by the agent. `consent` must be for exactly this.
    pub async fn call(
        &self,
        plugin: &str,
        operation: &str,
        input: &Value,
        consent: Option<Consent>,
        cancel: Option<Cancel>,
    ) -> SessionCall {
        self.0.call(plugin, operation, input, consent, cancel).await
    }

    /// The host does one step as it is written.
    ///
    /// # Errors
    /// If it cannot be done now, needs a yes that is not there, or fails.
    pub async fn step(
        &self,
        step: &str,
        consent: Option<Consent>,
        cancel: Option<Cancel>,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<StepReport, RunError> {
        self.0.step(step, consent, cancel, events).await
    }

    /// Takes a declared output that the agent wrote.
    ///
    /// # Errors
    /// If no step declares it, it is not what the skill says, or it cannot be written or recorded.
    pub fn put_output(&self, path: &str, content: &str) -> Result<OutputFile, RunError> {
        self.0.put_output(path, content)
    }

    /// Records that a person said no, or could not be asked.
    ///
    /// # Errors
    /// If it cannot be recorded.
    pub fn declined(&self, needed: &ConsentNeeded, why: &str) -> Result<(), RunError> {
        self.0.context.audit.append(&[Entry::Asked {
            run: Some(&self.0.context.id),
            about: display_safe(&needed.about, 600),
            answer: "no",
            arguments: Some(needed.digest.to_string()),
            by: Some(display_safe(why, 120)),
        }])?;
        Ok(())
    }

    /// Where the procedure stands.
    pub fn procedure(&self) -> ProcedureState {
        self.0.procedure()
    }

    /// Ends the session: run.json is final then. Calls that go on are cancelled.
    ///
    /// # Errors
    /// If it cannot be recorded or written.
    pub async fn finish(&self) -> Result<RunReport, RunError> {
        self.0.finish().await
    }

    /// The report as it stands. While the session goes on, its outputs are those of templates and those handed in; what
    /// plugins wrote is looked for at the end.
    pub fn report(&self) -> RunReport {
        let mut report = self.0.state().report.clone();
        if report.finished.is_none() {
            report.outputs = self.0.context.folder.made();
        }
        report
    }
}
