//! What is wrong with a grant, a need, a policy or a limit, as text.

use crate::{ErrorClass, display_safe};

/// A permission that cannot be read, or not bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The text does not follow the grammar.
    #[error("`{text}` is not a valid grant: {reason}")]
    Syntax {
        /// What was read, made safe to show.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An origin or path that is not in its one canonical spelling.
    #[error("`{text}` is not in canonical form: {reason}")]
    Noncanonical {
        /// What was read, made safe to show.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A wildcard where this layer allows none.
    #[error("`{text}` is wider than a grant may be: {reason}")]
    Wildcard {
        /// What was read, made safe to show.
        text: String,
        /// Which wildcard, and where it may stand.
        reason: String,
    },
    /// A field that nothing would enforce here.
    #[error("`{text}` has no meaning here: {reason}")]
    Unenforced {
        /// What was read, made safe to show.
        text: String,
        /// Why nothing would enforce it.
        reason: String,
    },
    /// A placeholder that is malformed, in the wrong place, or that nothing gives a value for.
    #[error("the placeholder `{text}` cannot be used: {reason}")]
    Placeholder {
        /// The placeholder, made safe to show.
        text: String,
        /// Why not.
        reason: String,
    },
    /// A value for a placeholder that would mean more than itself.
    #[error("the value `{text}` cannot stand in a grant: {reason}")]
    Value {
        /// The value, made safe to show.
        text: String,
        /// Why not.
        reason: String,
    },
    /// Two grants of one plugin that contradict each other.
    #[error("`{first}` and `{second}` contradict each other: {reason}")]
    Conflict {
        /// The first grant.
        first: String,
        /// The second.
        second: String,
        /// What they both claim.
        reason: String,
    },
    /// A limit above what any skill may have.
    #[error("the limit {name} = {asked} is above the ceiling of {ceiling}")]
    AboveCeiling {
        /// Which limit.
        name: &'static str,
        /// What was asked for.
        asked: String,
        /// What there is at most.
        ceiling: String,
    },
}

impl GrantError {
    /// Every code of this type with its meaning.
    pub const CODES: &'static [(&'static str, &'static str)] = &[
        (
            "grant-syntax",
            "a grant, need or policy rule does not follow the grammar",
        ),
        (
            "grant-noncanonical",
            "an origin or path in a grant is not in its one canonical spelling",
        ),
        (
            "grant-wildcard",
            "a wildcard stands where only needs and policy may have one",
        ),
        (
            "grant-unenforced",
            "a field that nothing would enforce where it stands",
        ),
        (
            "grant-placeholder",
            "a placeholder is malformed, misplaced or has no value",
        ),
        (
            "grant-value",
            "a value for a placeholder would mean more than itself",
        ),
        (
            "grant-conflict",
            "two grants of one plugin contradict each other",
        ),
        (
            "limit-above-ceiling",
            "a limit is above what any skill may have",
        ),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "grant-syntax",
            Self::Noncanonical { .. } => "grant-noncanonical",
            Self::Wildcard { .. } => "grant-wildcard",
            Self::Unenforced { .. } => "grant-unenforced",
            Self::Placeholder { .. } => "grant-placeholder",
            Self::Value { .. } => "grant-value",
            Self::Conflict { .. } => "grant-conflict",
            Self::AboveCeiling { .. } => "limit-above-ceiling",
        }
    }

    /// The one thing to do next, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax { .. } => Some(
                "a grant reads like `http GET https://api.example.org/v1/**`, `files read ./data /data`, \
                 `config key=value` or `secret NAME header authorization \"Bearer {secret}\" for https://api.example.org`"
                    .to_owned(),
            ),
            Self::AboveCeiling { name, ceiling, .. } => Some(format!("set {name} to {ceiling} or less")),
            _ => None,
        }
    }

    /// Always a matter of use: the text is the skill's, the plugin's or the operator's.
    pub fn class(&self) -> ErrorClass {
        ErrorClass::Usage
    }

    pub(crate) fn syntax(text: &str, reason: impl Into<String>) -> Self {
        Self::Syntax {
            text: shown(text),
            reason: reason.into(),
        }
    }

    pub(crate) fn noncanonical(text: &str, reason: impl Into<String>) -> Self {
        Self::Noncanonical {
            text: shown(text),
            reason: reason.into(),
        }
    }

    pub(crate) fn wildcard(text: &str, reason: impl Into<String>) -> Self {
        Self::Wildcard {
            text: shown(text),
            reason: reason.into(),
        }
    }

    pub(crate) fn unenforced(text: &str, reason: impl Into<String>) -> Self {
        Self::Unenforced {
            text: shown(text),
            reason: reason.into(),
        }
    }

    pub(crate) fn placeholder(text: &str, reason: impl Into<String>) -> Self {
        Self::Placeholder {
            text: shown(text),
            reason: reason.into(),
        }
    }

    pub(crate) fn value(text: &str, reason: impl Into<String>) -> Self {
        Self::Value {
            text: shown(text),
            reason: reason.into(),
        }
    }
}

/// Long enough to recognise, short enough for one line.
fn shown(text: &str) -> String {
    display_safe(text, 120)
}
