//! Why something is not signed, or not taken as signed.

use remit_package::PackageError;
use remit_policy::ErrorClass;

/// A key, a signature or a note that is not what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// It is not the text of one signature.
    #[error("the signature is not one: {0}")]
    Malformed(String),
    /// A Sigstore bundle.
    #[error("the signature is a Sigstore bundle, which this Remit does not verify")]
    Sigstore,
    /// minisign's old form, over the bytes themselves.
    #[error("the signature is of minisign's old form, which is not over a hash")]
    Legacy,
    /// Neither its bytes nor its trusted comment are what the key signed.
    #[error("the signature does not hold: {0}")]
    Wrong(&'static str),
    /// Another key made it.
    #[error("the signature was made with the key {found}, not with {expected}")]
    Key {
        /// The key that the signature names.
        found: String,
        /// The key that was to be used.
        expected: String,
    },
    /// Nobody gave a key to verify it with.
    #[error("there is no public key to verify the signature with")]
    KeyMissing,
    /// It vouches for bytes, not for a name and a version.
    #[error("the signature says nothing of the name and the version")]
    Partial,
    /// It is about something else.
    #[error("the signature is about another {what}: {found}, not {expected}")]
    OtherSubject {
        /// `name`, `version`, `digest`.
        what: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
    /// A name or version that cannot be signed.
    #[error("what is to be signed has no usable name and version: {0}")]
    Subject(String),
    /// A public or secret key that is not one.
    #[error("the {what} key is not one: {reason}")]
    KeyMalformed {
        /// `public`, `secret`, `note`, `host's`.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// A public key under which anybody can sign.
    #[error("the public key is one under which anybody can sign")]
    KeyWeak,
    /// The password does not open the secret key.
    #[error("the password does not open the secret key")]
    Password,
    /// The secret key needs a password.
    #[error("the secret key is encrypted, and no password was given")]
    PasswordMissing,
    /// Others may read the secret key.
    #[error("the secret key {file} may be read by others (mode {mode:04o})")]
    KeyExposed {
        /// The file.
        file: String,
        /// Its permissions.
        mode: u32,
    },
    /// Not a text that names a signer.
    #[error("`{0}` does not name a signer")]
    Signer(String),
    /// A signed note that is not one, or not signed by the key.
    #[error("the note is not taken: {0}")]
    Note(String),
    /// What was recorded about publishers cannot be read.
    #[error("what is known of publishers cannot be read: {0}")]
    Publishers(String),
    /// A file could not be read or written.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

impl SignError {
    /// This crate's own codes, with their meaning.
    pub const CODES: &[(&str, &str)] = &[
        (
            "signature-malformed",
            "a file that should hold one signature does not",
        ),
        (
            "signature-sigstore",
            "a Sigstore bundle, which this Remit does not verify",
        ),
        (
            "signature-legacy",
            "a signature of minisign's old form, which is not over a hash",
        ),
        (
            "signature-wrong",
            "the bytes, or the signed comment, are not what the key signed",
        ),
        (
            "signature-key",
            "another key than the expected one made the signature",
        ),
        (
            "signature-key-missing",
            "there is no public key to verify a signature with",
        ),
        (
            "signature-partial",
            "a signature that says nothing of the name and the version",
        ),
        (
            "signature-subject",
            "a signature of another name, version or digest",
        ),
        (
            "subject-invalid",
            "what is to be signed has no usable name and version",
        ),
        ("key-malformed", "a file that should hold a key does not"),
        ("key-weak", "a public key under which anybody can sign"),
        ("key-password", "the password does not open the secret key"),
        (
            "key-password-missing",
            "an encrypted secret key, and no password",
        ),
        ("key-exposed", "a secret key that others may read"),
        (
            "signer-invalid",
            "a text that should name a signer does not",
        ),
        (
            "note-invalid",
            "a signed note is damaged, or another key signed it",
        ),
        (
            "publishers-unreadable",
            "what was recorded about publishers is damaged",
        ),
        ("random-missing", "the system gives no random bytes"),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "signature-malformed",
            Self::Sigstore => "signature-sigstore",
            Self::Legacy => "signature-legacy",
            Self::Wrong(_) => "signature-wrong",
            Self::Key { .. } => "signature-key",
            Self::KeyMissing => "signature-key-missing",
            Self::Partial => "signature-partial",
            Self::OtherSubject { .. } => "signature-subject",
            Self::Subject(_) => "subject-invalid",
            Self::KeyMalformed { .. } => "key-malformed",
            Self::KeyWeak => "key-weak",
            Self::Password => "key-password",
            Self::PasswordMissing => "key-password-missing",
            Self::KeyExposed { .. } => "key-exposed",
            Self::Signer(_) => "signer-invalid",
            Self::Note(_) => "note-invalid",
            Self::Publishers(_) => "publishers-unreadable",
            Self::Package(e) => e.code(),
            Self::Random(_) => "random-missing",
        }
    }

    /// By whose fault.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Malformed(_)
            | Self::Sigstore
            | Self::Legacy
            | Self::Wrong(_)
            | Self::Key { .. }
            | Self::KeyMissing
            | Self::Partial
            | Self::OtherSubject { .. }
            | Self::KeyWeak
            | Self::Note(_)
            | Self::Publishers(_) => ErrorClass::Integrity,
            Self::Subject(_)
            | Self::KeyMalformed { .. }
            | Self::Password
            | Self::PasswordMissing
            | Self::KeyExposed { .. }
            | Self::Signer(_) => ErrorClass::Usage,
            Self::Package(e) => e.class(),
            Self::Random(_) => ErrorClass::Failed,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Malformed(_) => {
                "ask its publisher for the .minisig file as `remit sign` wrote it"
            }
            Self::Sigstore => "ask its publisher for a signature made with `remit sign`",
            Self::Legacy => "have it signed anew with `remit sign`",
            Self::Wrong(_) => "do not use it: fetch it again, and ask its publisher if it stays so",
            Self::Key { .. } => {
                "ask its publisher, on another way than this one, whether the key is a new one"
            }
            Self::KeyMissing => "get the publisher's .pub file from the publisher",
            Self::Partial => "have it signed with `remit sign`, which covers name and version",
            Self::OtherSubject { .. } => {
                "do not use it: a signature of something else was put beside it"
            }
            Self::Subject(_) => "give them with --name and --version",
            Self::KeyMalformed { what: "secret", .. } => {
                "name the file that `remit key new` or `minisign -G` wrote"
            }
            Self::KeyMalformed { what: "note", .. } => {
                "give the line `key …` that `remit audit checkpoint` printed on the host"
            }
            Self::KeyMalformed { what: "host's", .. } => {
                "restore it, or move it away to have a new one made: what the old one signed needs --key then"
            }
            Self::KeyMalformed { .. } => "name the .pub file, or the line of it that is no comment",
            Self::KeyWeak => "do not use what was signed with it",
            Self::Password => "give the password that it was made with",
            Self::PasswordMissing => "give it at the terminal, with --password-file or on stdin",
            Self::KeyExposed { .. } => {
                "chmod 600 it, and make a new key if others are on the machine"
            }
            Self::Signer(_) => {
                "a signer is `minisign:` and the public key, as `remit key new` prints it"
            }
            Self::Note(_) => "get the checkpoint and the key of the host from where they were kept",
            Self::Publishers(_) => "restore the folder `publishers` of Remit's data from a backup",
            Self::Package(e) => return e.hint(),
            Self::Random(_) => return None,
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn codes_are_unique_and_kebab_case() {
        let codes: BTreeMap<_, _> = SignError::CODES.iter().copied().collect();
        assert_eq!(codes.len(), SignError::CODES.len());
        for code in codes.keys() {
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
        }
    }
}
