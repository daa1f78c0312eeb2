//! What can go wrong with a call.

use remit_policy::{ErrorClass, Fault};
use std::fmt;
use thiserror::Error;

use crate::error::SandboxError;

/// A limit that a call can run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// All linear memories and tables together.
    Memory,
    /// Wall time, instantiation and host calls included.
    Time,
    /// The guest's stack.
    Stack,
    /// The size of the operation's output.
    Output,
    /// The bytes that a guest hands to one host function.
    HostFuel,
    /// Handles and resources alive at once.
    Handles,
    /// Random bytes asked for at once.
    Random,
    /// Decisions caused in one call.
    Decisions,
}

impl LimitKind {
    /// Every limit.
    pub const ALL: [LimitKind; 8] = [
        LimitKind::Memory,
        LimitKind::Time,
        LimitKind::Stack,
        LimitKind::Output,
        LimitKind::HostFuel,
        LimitKind::Handles,
        LimitKind::Random,
        LimitKind::Decisions,
    ];

    fn code(self) -> &'static str {
        match self {
            LimitKind::Memory => "limit-memory",
            LimitKind::Time => "limit-time",
            LimitKind::Stack => "limit-stack",
            LimitKind::Output => "limit-output",
            LimitKind::HostFuel => "limit-host-call",
            LimitKind::Handles => "limit-handles",
            LimitKind::Random => "limit-random",
            LimitKind::Decisions => "limit-decisions",
        }
    }
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LimitKind::Memory => "memory",
            LimitKind::Time => "time",
            LimitKind::Stack => "stack",
            LimitKind::Output => "output",
            LimitKind::HostFuel => "host call size",
            LimitKind::Handles => "handles",
            LimitKind::Random => "random bytes",
            LimitKind::Decisions => "decisions",
        })
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The plugin says so itself. Its text is foreign: capped at 4 KiB, not yet safe to show.
    #[error("the plugin answered with a fault ({kind}): {message}", kind = .0.kind, message = remit_policy::display_safe(&.0.message, 4096))]
    Fault(Fault),
    /// A plain component's function does not take the input. Nothing was run.
    #[error("the function does not take the input: {reason}")]
    Input {
        /// Where and why not.
        reason: String,
    },
    /// It ran into one of its limits.
    #[error("the plugin reached its limit of {which} ({limit})")]
    Limit {
        /// Which limit.
        which: LimitKind,
        /// How much that is, with its unit.
        limit: String,
    },
    /// The guest trapped: a bug of the plugin.
    #[error("the plugin crashed: {message}")]
    Trap {
        /// What the engine says about it.
        message: String,
    },
    /// The guest called wasi:cli/exit.
    #[error("the plugin left with exit status {status} in the middle of the call")]
    Exit {
        /// Its status.
        status: u8,
    },
    /// The output cannot be taken for what it should be.
    #[error("the plugin's answer cannot be read: {reason}")]
    BadOutput {
        /// Why not.
        reason: String,
    },
    /// The call was ended from outside.
    #[error("the call was cancelled")]
    Cancelled,
    /// Other calls took all places for too long.
    #[error("the call found no place among those that run at once, for {waited:?}")]
    Busy {
        /// How long it waited.
        waited: std::time::Duration,
    },
    /// What it went on under no longer holds: the approval was withdrawn.
    #[error("the call was ended: {}", .0.reason)]
    Withdrawn(Box<remit_policy::Denial>),
    /// A decision could not be recorded, so there is no result.
    #[error("the call has no result, because a decision could not be recorded: {0}")]
    Recorder(String),
    /// The sandbox for it could not be made.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A fault of the host.
    #[error("an internal error of the host: {0}")]
    Internal(String),
}

impl CallError {
    /// Every code of its own, with its meaning in a line; those of [`SandboxError::CODES`] can be met too.
    pub const CODES: &[(&str, &str)] = &[
        (
            "fault-invalid-input",
            "the plugin says that the input is not what the operation takes",
        ),
        (
            "fault-denied",
            "the plugin says that it was denied something",
        ),
        (
            "fault-not-found",
            "the plugin says that something is not there",
        ),
        (
            "fault-conflict",
            "the plugin says that something is there already or has changed",
        ),
        (
            "fault-unavailable",
            "the plugin says that a service did not answer",
        ),
        (
            "fault-internal",
            "the plugin says that it has a fault of its own",
        ),
        (
            "limit-memory",
            "all memories and tables of the call together reached their limit",
        ),
        ("limit-time", "the call reached its deadline"),
        ("limit-stack", "the guest's stack was used up"),
        ("limit-output", "the output is larger than its limit"),
        (
            "limit-host-call",
            "the guest handed more bytes to a host function than it may",
        ),
        ("limit-handles", "the guest holds more handles than it may"),
        (
            "limit-random",
            "the guest asked for more random bytes at once than it may",
        ),
        (
            "limit-decisions",
            "the call caused more decisions than one call may",
        ),
        (
            "input-unfit",
            "a function of a plain component does not take the input",
        ),
        ("plugin-crashed", "the plugin trapped"),
        (
            "plugin-exited",
            "the plugin left through wasi:cli/exit in the middle of the call",
        ),
        (
            "plugin-output",
            "the plugin's answer is not what the interface says",
        ),
        ("cancelled", "the call or the run was ended from outside"),
        (
            "busy",
            "too many other calls ran for too long, and this one never began",
        ),
        (
            "record-failed",
            "a decision could not be recorded, so the call has no result",
        ),
        ("internal", "a bug of Remit's own"),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        use remit_policy::FaultKind;
        match self {
            CallError::Fault(fault) => match fault.kind {
                FaultKind::InvalidInput => "fault-invalid-input",
                FaultKind::Denied => "fault-denied",
                FaultKind::NotFound => "fault-not-found",
                FaultKind::Conflict => "fault-conflict",
                FaultKind::Unavailable => "fault-unavailable",
                FaultKind::Internal => "fault-internal",
            },
            CallError::Limit { which, .. } => which.code(),
            CallError::Input { .. } => "input-unfit",
            CallError::Trap { .. } => "plugin-crashed",
            CallError::Exit { .. } => "plugin-exited",
            CallError::BadOutput { .. } => "plugin-output",
            CallError::Cancelled => "cancelled",
            CallError::Busy { .. } => "busy",
            CallError::Withdrawn(denial) => denial.code(),
            CallError::Recorder(_) => "record-failed",
            CallError::Sandbox(error) => error.code(),
            CallError::Internal(_) => "internal",
        }
    }

    /// The one thing to do next, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            CallError::Limit {
                which: LimitKind::Memory,
                ..
            } => Some("raise `memory` in the plugin's [limits] table".to_owned()),
            CallError::Limit {
                which: LimitKind::Time,
                ..
            } => Some("raise `time` in the plugin's [limits] table".to_owned()),
            CallError::Limit {
                which: LimitKind::Output,
                ..
            } => Some("ask for less, or raise `output` in the plugin's [limits] table".to_owned()),
            CallError::Busy { .. } => Some("try again when fewer calls are running".to_owned()),
            CallError::Sandbox(error) => error.hint(),
            _ => None,
        }
    }

    /// Whose fault it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            CallError::Sandbox(error) => error.class(),
            CallError::Withdrawn(denial) => denial.class(),
            CallError::Internal(_) => ErrorClass::Internal,
            CallError::Input { .. } => ErrorClass::Usage,
            _ => ErrorClass::Failed,
        }
    }
}
