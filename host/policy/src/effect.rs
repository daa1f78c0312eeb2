//! What an operation does to the world outside the plugin.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::GrantError;

/// What an operation does to the world outside. Each is wider than the one before.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Changes nothing.
    #[default]
    Read,
    /// Adds or changes something that can be undone by hand.
    Write,
    /// Removes or sends something for good.
    Destructive,
}

impl Effect {
    /// `read`, `write` or `destructive`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Effect {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "destructive" => Ok(Self::Destructive),
            _ => Err(GrantError::syntax(
                text,
                "an effect is `read`, `write` or `destructive`",
            )),
        }
    }
}
