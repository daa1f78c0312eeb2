//! Where decisions go before anything is done.

use crate::report::Tally;
use remit_policy::{Denial, RuleId};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Receives every decision of a call's host functions.
///
/// [`record`](Recorder::record) is called at each choke-point *before* the host acts on the decision. If it fails,
/// the act is not done, the call ends as [`CallError::Recorder`](crate::CallError::Recorder), and no result is
/// handed on. It must not block for long: it runs on the thread of the call.
pub trait Recorder: Send + Sync {
    /// Records one decision.
    fn record(&self, decision: &Decision) -> Result<(), RecordError>;

    /// Whether what the call goes on under still holds. Asked before each decision, and before each further use of what
    /// an earlier one opened; so it must cost next to nothing. A denial is recorded in the place of the decision, and
    /// ends the call as [`CallError::Withdrawn`](crate::CallError::Withdrawn). By default nothing is ever withdrawn.
    fn standing(&self) -> Result<(), Denial> {
        Ok(())
    }
}

/// A decision could not be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError(pub String);

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the decision could not be recorded: {}", self.0)
    }
}

impl std::error::Error for RecordError {}

/// One decision of a host function: what was asked, and what came of it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The class of authority: `http`, `files`, `config`, `secret`, `stdin`, `environment`, `sockets`, `log` …
    pub capability: &'static str,
    /// What was to be done, for example `GET`, `open-read`, `get`, `response`.
    pub action: String,
    /// The thing it was to be done to, as text that is safe to show and capped: a URL, a guest path, a key.
    pub asked: String,
    /// The rule that allowed it (none where no rule is needed), or the denial.
    pub result: Result<Option<RuleId>, Denial>,
    /// Figures and facts that belong to it.
    pub detail: Detail,
}

impl Decision {
    /// A decision that allows, by `rule`.
    pub fn allowed(
        capability: &'static str,
        action: impl Into<String>,
        asked: impl Into<String>,
        rule: Option<RuleId>,
    ) -> Decision {
        Decision {
            capability,
            action: action.into(),
            asked: asked.into(),
            result: Ok(rule),
            detail: Detail::default(),
        }
    }

    /// A decision that denies. What was asked is taken from the denial.
    pub fn denied(capability: &'static str, action: impl Into<String>, denial: Denial) -> Decision {
        Decision {
            capability,
            action: action.into(),
            asked: denial.asked.clone(),
            result: Err(denial),
            detail: Detail::default(),
        }
    }
}

/// Facts that belong to a decision, where they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// The address that is dialled.
    pub address: Option<String>,
    /// The HTTP status that came back.
    pub status: Option<u16>,
    /// Bytes sent or written.
    pub bytes_out: Option<u64>,
    /// Bytes received or read.
    pub bytes_in: Option<u64>,
    /// How many things the decision stands for, where it is more than one (dropped log lines).
    pub count: Option<u64>,
    /// Another fact in a few words, never a secret.
    pub note: Option<String>,
}

/// The most decisions that one call may cause. A plugin that asks in a loop must not fill the audit log: past this
/// its call ends as [`LimitKind::Decisions`](crate::LimitKind::Decisions).
pub(crate) const MAX_DECISIONS: u64 = 65_536;

/// The same for a plugin that describes itself. It is granted nothing, so all that it does is being denied: a runtime
/// looks at some ten things when it starts, and what a stranger's component tries before anyone has approved it must
/// not fill the audit log either.
pub(crate) const MAX_DECISIONS_DESCRIBING: u64 = 1024;

/// The recorder of one call, as its views see it: counts, keeps the first denials, and remembers a failure.
///
/// After one failure nothing more is recorded and every further [`record`](Journal::record) fails, so that no view
/// can go on by ignoring it; the call's outcome is then an error, whatever the guest returned.
pub struct Journal {
    recorder: Arc<dyn Recorder>,
    max: u64,
    tally: Mutex<Tally>,
    failure: OnceLock<JournalFailure>,
}

/// Why a journal no longer records.
#[derive(Clone, Debug)]
pub(crate) enum JournalFailure {
    Recorder(RecordError),
    TooMany,
    Withdrawn(Box<Denial>),
}

impl Journal {
    /// A journal that writes to `recorder`.
    pub fn new(recorder: Arc<dyn Recorder>) -> Journal {
        Journal::up_to(MAX_DECISIONS, recorder)
    }

    /// The same, for at most `max` decisions.
    pub(crate) fn up_to(max: u64, recorder: Arc<dyn Recorder>) -> Journal {
        Journal {
            recorder,
            max,
            tally: Mutex::new(Tally::default()),
            failure: OnceLock::new(),
        }
    }

    /// Records a decision. To be called before acting on it.
    ///
    /// # Errors
    /// If it could not be recorded, now or earlier in this call: the act must not be done. A host function turns
    /// this into a trap, a task ends what it does.
    pub fn record(&self, decision: &Decision) -> Result<(), RecordError> {
        self.going_on()?;
        if let Err(denial) = self.recorder.standing() {
            return Err(self.withdraw(
                decision.capability,
                &decision.action,
                &decision.asked,
                denial,
            ));
        }
        self.keep(decision)
    }

    /// Whether the call may go on with what it has open, for a use that has no decision of its own.
    ///
    /// # Errors
    /// If not, which is recorded: the use must not be made.
    pub fn standing(&self, capability: &'static str, action: &str) -> Result<(), RecordError> {
        self.going_on()?;
        match self.recorder.standing() {
            Ok(()) => Ok(()),
            Err(denial) => Err(self.withdraw(capability, action, &denial.asked.clone(), denial)),
        }
    }

    fn going_on(&self) -> Result<(), RecordError> {
        match self.failure.get() {
            None => Ok(()),
            Some(JournalFailure::Recorder(error)) => Err(error.clone()),
            Some(JournalFailure::TooMany) => Err(too_many(self.max)),
            Some(JournalFailure::Withdrawn(denial)) => Err(withdrawn(denial)),
        }
    }

    /// Records the denial, and ends the call with it.
    fn withdraw(
        &self,
        capability: &'static str,
        action: &str,
        asked: &str,
        denial: Denial,
    ) -> RecordError {
        let denial = Denial {
            asked: asked.to_owned(),
            ..denial
        };
        let error = withdrawn(&denial);
        let decision = Decision::denied(capability, action, denial.clone());
        match self.keep(&decision) {
            Ok(()) => {
                let _ = self
                    .failure
                    .set(JournalFailure::Withdrawn(Box::new(denial)));
                error
            }
            Err(error) => error,
        }
    }

    fn keep(&self, decision: &Decision) -> Result<(), RecordError> {
        {
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            if tally.allowed + tally.denied >= self.max {
                let _ = self.failure.set(JournalFailure::TooMany);
                return Err(too_many(self.max));
            }
            match &decision.result {
                Ok(_) => tally.allowed += 1,
                Err(denial) => {
                    tally.denied += 1;
                    if tally.denials.len() < Tally::KEPT {
                        tally.denials.push(denial.clone());
                    }
                }
            }
        }
        self.recorder.record(decision).inspect_err(|error| {
            let _ = self.failure.set(JournalFailure::Recorder(error.clone()));
        })
    }

    /// How many decisions the call may cause.
    pub(crate) fn max(&self) -> u64 {
        self.max
    }

    /// What ended the recording, if anything did.
    pub(crate) fn failure(&self) -> Option<&JournalFailure> {
        self.failure.get()
    }

    /// Takes the counts.
    pub(crate) fn take_tally(&self) -> Tally {
        std::mem::take(&mut *self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn withdrawn(denial: &Denial) -> RecordError {
    RecordError(denial.reason.clone())
}

fn too_many(max: u64) -> RecordError {
    RecordError(format!("the call has caused more than {max} decisions"))
}

/// Keeps decisions in memory: for tests, benchmarks and embedders that look at them at once.
#[derive(Debug, Default)]
pub struct MemoryRecorder(Mutex<Vec<Decision>>);

impl MemoryRecorder {
    /// Takes the decisions recorded until now.
    pub fn take(&self) -> Vec<Decision> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Recorder for MemoryRecorder {
    fn record(&self, decision: &Decision) -> Result<(), RecordError> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(decision.clone());
        Ok(())
    }
}

/// Keeps nothing, though the report still counts. For benchmarks and for tests of something else; a host records.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullRecorder;

impl Recorder for NullRecorder {
    fn record(&self, _: &Decision) -> Result<(), RecordError> {
        Ok(())
    }
}
