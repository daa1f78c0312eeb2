//! A plugin's own fault, as the WIT's `fault` has it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a plugin could not do an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which kind of fault.
    pub kind: FaultKind,
    /// The plugin's words: foreign text, not yet made safe to show.
    pub message: String,
}

/// The kinds of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The input is not what the operation takes.
    InvalidInput,
    /// The host or a service refused.
    Denied,
    /// The thing asked for is not there.
    NotFound,
    /// The thing is there already, or has changed meanwhile.
    Conflict,
    /// The service did not answer, or not now.
    Unavailable,
    /// A fault of the plugin's own.
    Internal,
}

impl FaultKind {
    /// The kebab-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid-input",
            Self::Denied => "denied",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A plugin's text: capped at what the WIT promises (4 KiB) and printable.
        let message = crate::display_safe(&self.message, 4096);
        write!(f, "{}: {message}", self.kind)
    }
}

impl std::error::Error for Fault {}
