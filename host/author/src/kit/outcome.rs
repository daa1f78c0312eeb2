//! How a raw call ended, as the rules look at it.

use remit_policy::{FaultKind, display_safe};
use remit_run::{CallError, LimitKind, RawAnswer};
use serde_json::Value;

/// How a call ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Ended {
    /// With a JSON value.
    Result(Value),
    /// With a fault: its kind and its words, safe to show.
    Fault(FaultKind, String),
    /// In any other way, which no plugin should.
    Badly(String),
}

impl Ended {
    pub(crate) fn of(answer: &RawAnswer) -> Ended {
        match &answer.outcome {
            Ok(text) => match serde_json::from_str(text) {
                Ok(value) => Ended::Result(value),
                Err(error) => Ended::Badly(format!("it returned what is no JSON: {error}")),
            },
            Err(CallError::Fault(fault)) => {
                Ended::Fault(fault.kind, display_safe(&fault.message, 200))
            }
            Err(error) => Ended::Badly(badly(error)),
        }
    }

    /// In a few words.
    pub(crate) fn words(&self) -> String {
        match self {
            Ended::Result(value) => {
                format!("it returned {}", display_safe(&value.to_string(), 80))
            }
            Ended::Fault(kind, message) => format!("it answered with the fault {kind}: {message}"),
            Ended::Badly(how) => how.clone(),
        }
    }

    /// The same end, whatever the words and values: what two calls alike must have in common.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Ended::Result(_) => "a result",
            Ended::Fault(kind, _) => kind.as_str(),
            Ended::Badly(_) => "no answer",
        }
    }
}

/// What an author must know of a call that has no answer.
pub(crate) fn badly(error: &CallError) -> String {
    let text = display_safe(&error.to_string(), 300);
    match error {
        CallError::Trap { .. } => format!(
            "{text} (a panic, an uncaught exception, or an abort of the runtime: answer with a fault instead)"
        ),
        CallError::Limit {
            which: LimitKind::Time,
            ..
        } => format!("{text} (does it loop without end, or wait for something that never comes?)"),
        CallError::Limit {
            which: LimitKind::Stack,
            ..
        } => format!("{text} (does it recurse as deep as its input is?)"),
        CallError::Exit { .. } => {
            format!("{text} (something in it calls `exit`: return a fault instead)")
        }
        _ => text,
    }
}
