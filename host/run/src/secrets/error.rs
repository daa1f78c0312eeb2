//! What can go wrong with the places where secrets are kept. No variant holds any part of a value.

use std::path::PathBuf;

use remit_package::PackageError;
use remit_policy::ErrorClass;
use remit_sandbox::SecretError;

/// Why a secret cannot be kept, found or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretStoreError {
    /// Of the secret itself.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A file cannot be written or locked.
    #[error(transparent)]
    File(#[from] PackageError),
    /// A keyring was asked for, and there is none.
    #[error("there is no system keyring here")]
    NoKeyring,
    /// A secret cannot be put there.
    #[error("secrets are kept in the keyring or in the encrypted file")]
    Place,
    /// The keyring is locked. Nobody is asked to unlock it in the middle of a call.
    #[error("the system keyring is locked")]
    KeyringLocked,
    /// The keyring is there and does not do what it is asked.
    #[error("the system keyring cannot be used: {0}")]
    Keyring(String),
    /// The encrypted file cannot be read.
    #[error("{} cannot be read: {why}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The key of the encrypted file is missing, or no key.
    #[error("the key of the encrypted secrets, {}, {why}", file.display())]
    Identity {
        /// The file of the key.
        file: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// More than the encrypted file takes.
    #[error("{} holds as many secrets as it may", file.display())]
    Full {
        /// The file.
        file: PathBuf,
    },
}

impl SecretStoreError {
    /// Every code of its own, with its meaning in a line; those of [`SecretError::CODES`] can be met too.
    pub const CODES: &[(&str, &str)] = &[
        (
            "secret-keyring-missing",
            "a secret was to be put into the system keyring, and there is none",
        ),
        (
            "secret-place",
            "a secret was to be put where secrets are not put",
        ),
        (
            "secret-keyring-locked",
            "the system keyring is locked, and nobody is asked to unlock it",
        ),
        (
            "secret-keyring-failed",
            "the system keyring is there and does not do what it is asked",
        ),
        (
            "secret-file-damaged",
            "the encrypted file of secrets was changed, or is none",
        ),
        (
            "secret-identity",
            "the key of the encrypted file of secrets is missing, another one, or none",
        ),
        (
            "secret-file-full",
            "the encrypted file holds as many secrets as it may",
        ),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Secret(error) => error.code(),
            Self::File(error) => error.code(),
            Self::NoKeyring => "secret-keyring-missing",
            Self::Place => "secret-place",
            Self::KeyringLocked => "secret-keyring-locked",
            Self::Keyring(_) => "secret-keyring-failed",
            Self::Damaged { .. } => "secret-file-damaged",
            Self::Identity { .. } => "secret-identity",
            Self::Full { .. } => "secret-file-full",
        }
    }

    /// Whose fault it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Secret(error) => error.class(),
            Self::File(error) => error.class(),
            Self::NoKeyring | Self::Place | Self::Full { .. } => ErrorClass::Usage,
            Self::KeyringLocked | Self::Keyring(_) => ErrorClass::Failed,
            Self::Damaged { .. } | Self::Identity { .. } => ErrorClass::Integrity,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Secret(error) => return error.hint(),
            Self::File(error) => return error.hint(),
            Self::NoKeyring | Self::Place => {
                "leave out --in, or give --in file to keep it in the encrypted file"
            }
            Self::KeyringLocked => {
                "unlock it by logging in or in your desktop's password manager, or use --in file"
            }
            Self::Keyring(_) => {
                "see whether your desktop's password manager works, or use --in file"
            }
            Self::Damaged { .. } => "restore it from a copy, or remove it and set its secrets anew",
            Self::Identity { .. } => {
                "restore the key, or name it with REMIT_IDENTITY; without it the secrets must be set anew"
            }
            Self::Full { .. } => {
                "remove one that is not used: `remit secret list` says when each was"
            }
        };
        Some(hint.to_owned())
    }

    /// As the error of a secret that was to be used.
    pub(super) fn of(self, name: &str) -> SecretError {
        match self {
            Self::Secret(error) => error,
            other => SecretError::Store {
                name: name.to_owned(),
                code: other.code(),
                what: remit_policy::display_safe(&other.to_string(), 300),
                hint: other.hint(),
            },
        }
    }
}
