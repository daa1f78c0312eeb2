//! Why something is not installed, updated or removed.

use std::collections::BTreeMap;

use remit_package::PackageError;
use remit_policy::ErrorClass;
use remit_registry::RegistryError;
use remit_run::RunError;
use remit_sign::SignError;

use crate::doubts::Doubt;

/// What keeps an installation from being made. Nothing has changed when one is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// A component, a skill, a lockfile or the store.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// A plugin could not be described, or a skill not be opened.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The source could not be read or asked.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A signature does not hold.
    #[error("{what}: {source}")]
    Signature {
        /// Whose.
        what: String,
        /// Why.
        source: SignError,
    },
    /// The tag or address leads to something else than what is pinned.
    #[error("{source_text} leads to {found}, and {pinned} is pinned")]
    Moved {
        /// The source.
        source_text: String,
        /// Where it leads now.
        found: String,
        /// What the lockfile says.
        pinned: String,
        /// What to do.
        hint: String,
    },
    /// What was fetched is not what the lockfile pins.
    #[error("{name} is not what {lock} pinned: {reason}")]
    Pinned {
        /// The plugin.
        name: String,
        /// The lockfile.
        lock: String,
        /// What differs.
        reason: String,
    },
    /// `--frozen`, and the lockfile does not cover everything.
    #[error("{lock} does not cover {what}, and with --frozen nothing beyond it is asked for")]
    Frozen {
        /// The lockfile.
        lock: String,
        /// What is not covered.
        what: String,
    },
    /// A name that looks like an installed one.
    #[error("the {kind} calls itself {name}, which looks like the installed {other}")]
    Collision {
        /// `plugin` or `skill`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The installed one.
        other: String,
    },
    /// A person must accept a change of origin.
    #[error("{what}: {}", said(.doubts))]
    Doubtful {
        /// What is to be installed.
        what: String,
        /// Why not.
        doubts: Vec<Doubt>,
    },
    /// A person must say yes.
    #[error("{what} is not approved")]
    NotApproved {
        /// What.
        what: String,
        /// What to do.
        hint: String,
    },
    /// Nothing of that name is installed.
    #[error("nothing named {name} is installed")]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The folder for a skill holds something else.
    #[error("{path} is there already, and was not installed from {source_text}")]
    Occupied {
        /// The folder.
        path: String,
        /// The source.
        source_text: String,
    },
    /// The installed things do not verify.
    #[error("{what}: {reason}")]
    Damaged {
        /// The first bad thing.
        what: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// A source that is not what can be installed there.
    #[error("{what}")]
    Mistake {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: String,
    },
    /// A file or folder could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's error.
        source: std::io::Error,
    },
}

const OWN_CODES: &[(&str, &str)] = &[
    (
        "tag-moved",
        "a tag or address leads to something else than what is pinned",
    ),
    (
        "pin-mismatch",
        "a component or its description is not what remit.lock pinned",
    ),
    (
        "lock-incomplete",
        "--frozen was given, and the lockfile does not cover everything",
    ),
    (
        "name-collision",
        "a plugin's or skill's name looks like that of an installed one",
    ),
    ("not-approved", "no person has approved it"),
    (
        "not-installed",
        "a plugin that is named by a reference or by its name is not installed here",
    ),
    (
        "skill-exists",
        "the folder for a skill holds something that was not installed from the same source",
    ),
    (
        "installed-damaged",
        "something that is installed is not as it was installed",
    ),
    (
        "install-source",
        "a source is not what can be installed there",
    ),
    ("io-failed", "a file or folder could not be read or written"),
];

impl InstallError {
    /// This crate's codes and their meanings.
    pub const CODES: &[(&str, &str)] = OWN_CODES;

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Package(error) => error.code(),
            Self::Run(error) => error.code(),
            Self::Registry(error) => error.code(),
            Self::Signature { source, .. } => source.code(),
            Self::Moved { .. } => "tag-moved",
            Self::Pinned { .. } => "pin-mismatch",
            Self::Frozen { .. } => "lock-incomplete",
            Self::Collision { .. } => "name-collision",
            Self::Doubtful { doubts, .. } => doubts.first().map_or("not-approved", Doubt::code),
            Self::NotApproved { .. } => "not-approved",
            Self::Unknown { .. } => "not-installed",
            Self::Occupied { .. } => "skill-exists",
            Self::Damaged { .. } => "installed-damaged",
            Self::Mistake { .. } => "install-source",
            Self::Io { .. } => "io-failed",
        }
    }

    /// Whose fault it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Package(error) => error.class(),
            Self::Run(error) => error.class(),
            Self::Registry(error) => error.class(),
            Self::Signature { source, .. } => source.class(),
            Self::Moved { .. }
            | Self::Pinned { .. }
            | Self::Frozen { .. }
            | Self::Damaged { .. } => ErrorClass::Integrity,
            Self::Collision { .. } | Self::Doubtful { .. } | Self::NotApproved { .. } => {
                ErrorClass::Denied
            }
            Self::Unknown { .. } | Self::Occupied { .. } | Self::Mistake { .. } => {
                ErrorClass::Usage
            }
            Self::Io { .. } => ErrorClass::Failed,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Package(error) => return error.hint(),
            Self::Run(error) => return error.hint(),
            Self::Registry(error) => return error.hint(),
            Self::Signature { source, .. } => return source.hint(),
            Self::Moved { hint, .. }
            | Self::NotApproved { hint, .. }
            | Self::Damaged { hint, .. }
            | Self::Mistake { hint, .. } => hint.clone(),
            Self::Pinned { .. } => {
                "ask whoever publishes it what happened; `remit update` shows what is different".into()
            }
            Self::Frozen { .. } => "install without --frozen, and keep the lockfile".into(),
            Self::Collision { other, .. } => {
                format!("if you want it all the same, remove {other} first")
            }
            Self::Doubtful { .. } => {
                "find out from its publisher whether this is meant; --accept-change takes it all the same".into()
            }
            Self::Unknown { known, .. } if known.is_empty() => {
                "nothing is installed; `remit install SOURCE` does it".into()
            }
            Self::Unknown { known, .. } => format!("installed are: {}", known.join(", ")),
            Self::Occupied { .. } => "choose another folder with --dir, or move it away".into(),
            Self::Io { .. } => return None,
        })
    }

    pub(crate) fn signature(what: impl Into<String>, source: SignError) -> InstallError {
        InstallError::Signature {
            what: what.into(),
            source,
        }
    }

    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> InstallError {
        InstallError::Io {
            what: what.into(),
            source,
        }
    }
}

fn said(doubts: &[Doubt]) -> String {
    let says: Vec<String> = doubts.iter().map(Doubt::says).collect();
    says.join("; ")
}

/// The codes of this crate's own, with their meaning.
pub fn error_codes() -> BTreeMap<&'static str, &'static str> {
    let codes = InstallError::CODES.iter().chain(Doubt::CODES);
    codes.copied().collect()
}
