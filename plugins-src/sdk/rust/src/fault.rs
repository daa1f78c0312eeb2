//! Why an operation could not be done.

use std::fmt;

/// Why an operation could not be done, in words for the person who runs the skill: what was wrong, and with
/// which value. The errors of this crate's own modules turn into it with `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The input is not what the operation takes, in a way that its schema cannot say.
    InvalidInput(String),
    /// The host or a service refused.
    Denied(String),
    /// The thing asked for is not there.
    NotFound(String),
    /// The thing is there already, or has changed meanwhile.
    Conflict(String),
    /// The service did not answer, or not now: trying again later may work.
    Unavailable(String),
    /// A fault of the plugin's own.
    Internal(String),
}

impl Fault {
    /// See [`Fault::InvalidInput`].
    pub fn invalid_input(message: impl Into<String>) -> Fault {
        Fault::InvalidInput(message.into())
    }

    /// See [`Fault::Denied`].
    pub fn denied(message: impl Into<String>) -> Fault {
        Fault::Denied(message.into())
    }

    /// See [`Fault::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Fault {
        Fault::NotFound(message.into())
    }

    /// See [`Fault::Conflict`].
    pub fn conflict(message: impl Into<String>) -> Fault {
        Fault::Conflict(message.into())
    }

    /// See [`Fault::Unavailable`].
    pub fn unavailable(message: impl Into<String>) -> Fault {
        Fault::Unavailable(message.into())
    }

    /// See [`Fault::Internal`].
    pub fn internal(message: impl Into<String>) -> Fault {
        Fault::Internal(message.into())
    }

    /// What was wrong, without the kind.
    pub fn message(&self) -> &str {
        match self {
            Fault::InvalidInput(text)
            | Fault::Denied(text)
            | Fault::NotFound(text)
            | Fault::Conflict(text)
            | Fault::Unavailable(text)
            | Fault::Internal(text) => text,
        }
    }

    /// The kind's name in the WIT.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::InvalidInput(_) => "invalid-input",
            Fault::Denied(_) => "denied",
            Fault::NotFound(_) => "not-found",
            Fault::Conflict(_) => "conflict",
            Fault::Unavailable(_) => "unavailable",
            Fault::Internal(_) => "internal",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind(), self.message())
    }
}

impl std::error::Error for Fault {}
