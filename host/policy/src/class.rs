//! By whose fault something failed, which is what an exit status says.

use serde::{Deserialize, Serialize};

/// The class of an error: it decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// The run failed: a plugin's fault, a failed step.
    Failed,
    /// Wrong use, or an invalid skill, component or grant.
    Usage,
    /// Denied or not approved.
    Denied,
    /// A digest, a signature, the lockfile or the audit chain does not hold.
    Integrity,
    /// A bug of Remit's own.
    Internal,
}

impl ErrorClass {
    /// The exit status of a command that ends with an error of this class.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::Integrity => 4,
            // EX_SOFTWARE of sysexits.h.
            Self::Internal => 70,
        }
    }
}
