//! What can go wrong while answering, each with a stable code and a hint.

use remit_package::PackageError;
use remit_policy::ErrorClass;
use remit_run::audit::AuditError;

/// Why a question about skills or records has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// The audit log cannot be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A skill, its lockfile or the store cannot be read.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// A line of the log that is no record.
    #[error("record {index} of the audit log cannot be read: {reason}")]
    Unreadable {
        /// Counted from 0.
        index: u64,
        /// Why.
        reason: String,
    },
    /// A record that there is not.
    #[error("there is no record {seq} in the audit log, which {}", last_of(*.records))]
    NoRecord {
        /// The number that was asked for.
        seq: u64,
        /// How many records there are.
        records: u64,
    },
    /// A record of something that nobody decided.
    #[error("record {seq} is of the kind `{kind}`, which decides nothing")]
    NoDecision {
        /// Its number.
        seq: u64,
        /// Its kind.
        kind: String,
    },
    /// A folder without a skill.
    #[error("there is no skill in {folder}")]
    NoSkills {
        /// The folder, safe to show.
        folder: String,
    },
    /// Nothing was recorded from which a suggestion could be made.
    #[error("no run of {skill} that ended well is recorded{}", since_of(.since))]
    NoRuns {
        /// The skill.
        skill: String,
        /// Only runs from then on were asked for.
        since: Option<String>,
    },
    /// A time that is none.
    #[error("`{text}` is no day")]
    Since {
        /// What was given, safe to show.
        text: String,
    },
    /// A file of the operating system.
    #[error("{what}: {source}")]
    Io {
        /// The file.
        what: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A page or patch came out otherwise than it must.
    #[error("{0}")]
    Internal(String),
}

fn last_of(records: u64) -> String {
    match records.checked_sub(1) {
        None => "is empty".to_owned(),
        Some(last) => format!("ends with record {last}"),
    }
}

fn since_of(since: &Option<String>) -> String {
    (since.as_ref()).map_or_else(String::new, |since| format!(" since {since}"))
}

impl ReviewError {
    /// The codes of this crate's own, with their meaning.
    pub const CODES: &[(&str, &str)] = &[
        (
            "record-unreadable",
            "a line of the audit log is not a record",
        ),
        (
            "record-missing",
            "the audit log has no record of that number",
        ),
        (
            "record-undecided",
            "nothing was decided in the record that was asked about",
        ),
        ("skills-missing", "a folder holds no skill"),
        (
            "runs-missing",
            "no run is recorded that a suggestion could be made from",
        ),
        ("since-invalid", "a day is not written as one"),
        ("review-io", "a file cannot be read or written"),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Audit(error) => error.code(),
            Self::Package(error) => error.code(),
            Self::Unreadable { .. } => "record-unreadable",
            Self::NoRecord { .. } => "record-missing",
            Self::NoDecision { .. } => "record-undecided",
            Self::NoSkills { .. } => "skills-missing",
            Self::NoRuns { .. } => "runs-missing",
            Self::Since { .. } => "since-invalid",
            Self::Io { .. } => "review-io",
            Self::Internal(_) => "internal-bug",
        }
    }

    /// By whose fault.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Audit(error) => error.class(),
            Self::Package(error) => error.class(),
            Self::Unreadable { .. } => ErrorClass::Integrity,
            Self::NoRecord { .. }
            | Self::NoDecision { .. }
            | Self::NoSkills { .. }
            | Self::NoRuns { .. }
            | Self::Since { .. } => ErrorClass::Usage,
            Self::Io { .. } => ErrorClass::Failed,
            Self::Internal(_) => ErrorClass::Internal,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Audit(error) => return error.hint(),
            Self::Package(error) => return error.hint(),
            Self::Unreadable { .. } => {
                "`remit audit verify` names the first record that was changed".to_owned()
            }
            Self::NoRecord { .. } => {
                "`remit audit log` prints records, each with its number in front".to_owned()
            }
            Self::NoDecision { .. } => {
                "ask about a decision, a call or a refusal: `remit audit log --denied` lists denials"
                    .to_owned()
            }
            Self::NoSkills { .. } => {
                "name a skill's folder, or one that holds skills: each has a SKILL.md".to_owned()
            }
            Self::NoRuns { skill, .. } => {
                format!("run it first, best more than once and with different inputs: `remit run {skill}`")
            }
            Self::Since { .. } => "write it like 2026-11-01, or 2026-11-01T08:00:00Z".to_owned(),
            Self::Io { .. } => return None,
            Self::Internal(_) => {
                "this is a bug of Remit's own; report it with the command that you gave".to_owned()
            }
        })
    }

    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io {
            what: what.into(),
            source,
        }
    }
}
