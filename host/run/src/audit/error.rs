//! What can be wrong with an audit log.

use std::path::{Path, PathBuf};

use remit_policy::ErrorClass;
use remit_sign::SignError;

/// The log is broken, or cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// A record is not what it was when it was written, or not where it was.
    #[error("audit record {index} is bad ({}, line {line}): {reason}", file.display())]
    Broken {
        /// The first bad record, counted from 0 over all files.
        index: u64,
        /// The file that holds it.
        file: PathBuf,
        /// Its line there, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The log does not reach the checkpoint, or reaches it with another hash.
    #[error("the audit log does not continue the checkpoint at record {seq}: {reason}")]
    Checkpoint {
        /// The checkpoint's record.
        seq: u64,
        /// What is wrong.
        reason: String,
    },
    /// The checkpoint is of records that were archived.
    #[error(
        "the checkpoint at record {seq} is of archived records: the log begins at record {first}"
    )]
    Archived {
        /// The checkpoint's record.
        seq: u64,
        /// The first record that is here.
        first: u64,
    },
    /// A note of the log, which says what was before its files, is not taken.
    #[error("the checkpoint {}: {source}", file.display())]
    Note {
        /// The note.
        file: PathBuf,
        /// Why.
        source: Box<SignError>,
    },
    /// The beginning of the log was archived, and there is no key to verify what the host signed then.
    #[error(
        "the beginning of the audit log is archived, and there is no key to verify what was signed then"
    )]
    KeyMissing,
    /// The log became shorter, or its file went away, while it was open.
    #[error("the audit log {} was cut or removed while in use", file.display())]
    Cut {
        /// The file.
        file: PathBuf,
    },
    /// A record is longer than one may be.
    #[error("an audit record of {bytes} bytes is longer than the {max} that one may have")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The most that is allowed.
        max: usize,
    },
    /// The system refused.
    #[error("the audit log {}: {source}", file.display())]
    Io {
        /// The file or folder.
        file: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

impl AuditError {
    /// The codes, with their meaning.
    pub const CODES: &[(&str, &str)] = &[
        (
            "audit-broken",
            "a record of the audit log was changed, dropped, inserted or moved",
        ),
        (
            "audit-checkpoint",
            "the audit log does not continue from the checkpoint",
        ),
        (
            "audit-archived",
            "a checkpoint is of records that were archived and not given",
        ),
        (
            "audit-note",
            "a checkpoint that stands before the files of the audit log is damaged, or not the host's",
        ),
        (
            "audit-key-missing",
            "there is no key to verify an audit log whose beginning is archived",
        ),
        ("audit-cut", "the audit log was cut or removed while in use"),
        ("audit-too-long", "an audit record would be too long"),
        ("audit-io", "the audit log cannot be read or written"),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Broken { .. } => "audit-broken",
            Self::Checkpoint { .. } => "audit-checkpoint",
            Self::Archived { .. } => "audit-archived",
            Self::Note { .. } => "audit-note",
            Self::KeyMissing => "audit-key-missing",
            Self::Cut { .. } => "audit-cut",
            Self::TooLong { .. } => "audit-too-long",
            Self::Io { .. } => "audit-io",
        }
    }

    /// By whose fault.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Broken { .. }
            | Self::Checkpoint { .. }
            | Self::Archived { .. }
            | Self::Note { .. }
            | Self::KeyMissing
            | Self::Cut { .. } => ErrorClass::Integrity,
            Self::TooLong { .. } => ErrorClass::Internal,
            Self::Io { .. } => ErrorClass::Failed,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Broken { .. } | Self::Checkpoint { .. } | Self::Cut { .. } => Some(
                "keep the whole audit folder for examination, and move it away to begin a new log"
                    .to_owned(),
            ),
            Self::Archived { .. } => {
                Some("name the folder of the archive with --archive".to_owned())
            }
            Self::Note { .. } | Self::KeyMissing => Some(
                "give the host's key, as `remit audit checkpoint` printed it, with --key"
                    .to_owned(),
            ),
            Self::Io { .. } => {
                Some("nothing runs without an audit log: make its folder writable".to_owned())
            }
            Self::TooLong { .. } => None,
        }
    }

    pub(crate) fn io(file: &Path, source: std::io::Error) -> Self {
        Self::Io {
            file: file.to_owned(),
            source,
        }
    }
}
