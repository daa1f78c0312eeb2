//! What an agent's session refuses, each with a stable code.

use remit_policy::ErrorClass;

use crate::error::RunError;

/// Why an agent's session does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A person's yes for exactly these arguments is needed, and there is none.
    #[error("no person has said yes to {what} with exactly these arguments")]
    ConsentMissing {
        /// `plugin.operation`, or `step x`.
        what: String,
    },
    /// A step would ask about more than anybody reads.
    #[error("step {step} would ask a person about more than can be shown")]
    ConsentTooMuch {
        /// The step.
        step: String,
    },
    /// The session has kept as much as it may.
    #[error("the session has kept its {quota} bytes of calls and outputs")]
    Full {
        /// How much that is.
        quota: u64,
    },
    /// The session was finished.
    #[error("the session {session} is over")]
    Over {
        /// Its id.
        session: String,
    },
    /// The skill has no such step.
    #[error("the skill has no step `{step}`")]
    StepUnknown {
        /// The name that was given.
        step: String,
        /// The steps that there are.
        known: Vec<String>,
    },
    /// What the step uses is not there yet.
    #[error("step {step} uses what step {first} makes, which is not done")]
    StepNotReady {
        /// The step.
        step: String,
        /// The step that must be done first.
        first: String,
    },
    /// A step is done once.
    #[error("step {step} is {state} already")]
    StepOver {
        /// The step.
        step: String,
        /// `done`, `skipped`.
        state: &'static str,
    },
    /// The step, or an item of it, is being done.
    #[error("step {step} is being done")]
    StepBusy {
        /// The step.
        step: String,
    },
    /// A check before it was not true, which ends the procedure.
    #[error("step {step} cannot be done: the check {check} before it failed: {message}")]
    CheckBefore {
        /// The step.
        step: String,
        /// The check.
        check: String,
        /// What the check says.
        message: String,
    },
    /// No step declares such an output.
    #[error("the skill declares no output `{path}`")]
    OutputUndeclared {
        /// The path that was given.
        path: String,
        /// The paths that can be handed in now.
        known: Vec<String>,
    },
    /// The content of an output is not what it must be.
    #[error("the output `{path}` is refused: {message}")]
    OutputInvalid {
        /// Its path.
        path: String,
        /// Why.
        message: String,
    },
}

impl SessionError {
    /// Every code of its own, with its meaning in a line.
    pub const CODES: &[(&str, &str)] = &[
        (
            "consent-missing",
            "an agent's call needs a person's yes for exactly these arguments, and has none",
        ),
        (
            "consent-too-much",
            "a step would ask a person about more than can be shown",
        ),
        (
            "session-full",
            "an agent's session has kept as much as it may",
        ),
        ("session-over", "the agent's session was finished"),
        (
            "step-unknown",
            "an expression or an agent names a step that there is not",
        ),
        (
            "step-not-ready",
            "a step uses what another one makes, which is not done",
        ),
        ("step-over", "the step is done or skipped already"),
        ("step-busy", "the step is being done"),
        (
            "check-before",
            "a check before the step failed, which ends the procedure",
        ),
        (
            "output-undeclared",
            "no step of the skill declares such an output",
        ),
        (
            "output-invalid",
            "the content of an output is not what the skill says that it is",
        ),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ConsentMissing { .. } => "consent-missing",
            Self::ConsentTooMuch { .. } => "consent-too-much",
            Self::Full { .. } => "session-full",
            Self::Over { .. } => "session-over",
            Self::StepUnknown { .. } => "step-unknown",
            Self::StepNotReady { .. } => "step-not-ready",
            Self::StepOver { .. } => "step-over",
            Self::StepBusy { .. } => "step-busy",
            Self::CheckBefore { .. } => "check-before",
            Self::OutputUndeclared { .. } => "output-undeclared",
            Self::OutputInvalid { .. } => "output-invalid",
        }
    }

    /// By whose fault.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::ConsentMissing { .. } | Self::ConsentTooMuch { .. } => ErrorClass::Denied,
            Self::Full { .. } | Self::CheckBefore { .. } => ErrorClass::Failed,
            _ => ErrorClass::Usage,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::ConsentMissing { .. } => {
                "a person is asked with the exact arguments, and then the call is made with those"
                    .to_owned()
            }
            Self::ConsentTooMuch { .. } => "make the calls of the step one by one".to_owned(),
            Self::Full { .. } | Self::Over { .. } => "open the skill again".to_owned(),
            Self::StepUnknown { known, .. } => list("steps", known),
            Self::StepNotReady { first, .. } => format!("do step {first} first"),
            Self::StepOver { .. } => "go on with the next step".to_owned(),
            Self::StepBusy { .. } => "wait until it is done".to_owned(),
            Self::CheckBefore { .. } => "finish the session: the procedure ends here".to_owned(),
            Self::OutputUndeclared { known, .. } => {
                list("outputs that can be handed in now", known)
            }
            Self::OutputInvalid { .. } => "mend the content and hand it in again".to_owned(),
        })
    }
}

fn list(what: &str, known: &[String]) -> String {
    match known.is_empty() {
        true => format!("there are no {what}"),
        false => format!("the {what} are: {}", known.join(", ")),
    }
}

impl From<SessionError> for RunError {
    fn from(error: SessionError) -> Self {
        Self::Session(Box::new(error))
    }
}
