//! What can go wrong between here and a registry, each with a stable code and a hint.

mod codes;

use std::path::Path;

use remit_package::{Digest, PackageError};
use remit_policy::display_safe;

/// Why something could not be fetched, unpacked, packed or published. Texts in it are safe to print.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A text that names no source.
    #[error("`{text}` names no source: {why}")]
    Source {
        /// What was given.
        text: String,
        /// Which rule it breaks.
        why: String,
    },
    /// No connection, or one that broke.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// The host.
        host: String,
        /// What the system says.
        why: String,
    },
    /// A server that proves another name than the one asked for, or by an authority that is not known here.
    #[error("{host} did not prove who it is: {why}")]
    Certificate {
        /// The host.
        host: String,
        /// What TLS says.
        why: String,
    },
    /// A server that took too long.
    #[error("{host} took too long: {what}")]
    Timeout {
        /// The host.
        host: String,
        /// For what, and how long it was given.
        what: String,
    },
    /// A name that leads to an address that may not be dialled.
    #[error("{host} leads to {address}, {why}")]
    Address {
        /// The host.
        host: String,
        /// One of its addresses.
        address: std::net::IpAddr,
        /// Why that may not be dialled.
        why: &'static str,
    },
    /// A redirect, or a place to upload to, that is not followed.
    #[error("{host} leads on to {target}, which is not followed: {why}")]
    Redirect {
        /// Who said so.
        host: String,
        /// Where to.
        target: String,
        /// Why not.
        why: &'static str,
    },
    /// A registry that wants credentials, or others than it got.
    #[error("{host} does not allow this{}: {what}", said_so(.said))]
    Denied {
        /// The registry.
        host: String,
        /// What was asked for.
        what: String,
        /// What the registry said, if anything.
        said: String,
        /// What to do.
        hint: String,
    },
    /// A place for tokens that credentials are not sent to.
    #[error(
        "{host} asks for its credentials at {realm}, which is another place: they are not sent there"
    )]
    Realm {
        /// The registry.
        host: String,
        /// Where it wants them sent.
        realm: String,
    },
    /// Nothing is there by that name.
    #[error("{what} is not there")]
    Missing {
        /// What.
        what: String,
    },
    /// A tag that a registry does not have.
    #[error("{host} has no {repository}:{tag}")]
    TagMissing {
        /// The registry.
        host: String,
        /// The repository.
        repository: String,
        /// The tag.
        tag: String,
    },
    /// What is pinned is not there any more.
    #[error("{host} has no {digest} in {repository}")]
    DigestMissing {
        /// The registry.
        host: String,
        /// The repository.
        repository: String,
        /// What was asked for.
        digest: Digest,
    },
    /// More bytes than Remit takes.
    #[error("{what} has more than {max} bytes")]
    TooLarge {
        /// What.
        what: String,
        /// The most.
        max: u64,
    },
    /// A body that ended before its announced length.
    #[error("{what} ended early: {why}")]
    Incomplete {
        /// What.
        what: String,
        /// How much came, or what broke.
        why: String,
    },
    /// Other bytes than were promised.
    #[error("{what} has the digest {found}, not {expected}")]
    DigestMismatch {
        /// What.
        what: String,
        /// The digest of what came.
        found: Digest,
        /// The digest that it should have.
        expected: Digest,
    },
    /// Another size than was promised.
    #[error("{what} has {found} bytes, not {expected}")]
    SizeMismatch {
        /// What.
        what: String,
        /// How many came, or were announced.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// An answer that breaks the protocol.
    #[error("{host} gave an answer that cannot be used: {why}")]
    Response {
        /// The host.
        host: String,
        /// Why.
        why: String,
    },
    /// A server that failed.
    #[error("{host} failed with status {status}{}", said_so(.said))]
    ServerFailed {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What it said, if anything.
        said: String,
    },
    /// A manifest that breaks a rule.
    #[error("the manifest of {what} cannot be used: {why}")]
    Artifact {
        /// Which artifact.
        what: String,
        /// Why.
        why: String,
    },
    /// An artifact that is neither a component nor a skill.
    #[error("{what} is not something that Remit installs: {why}")]
    Unsupported {
        /// Which artifact.
        what: String,
        /// What it is instead.
        why: String,
    },
    /// More signatures, or larger ones, than are looked at.
    #[error("{what} has {why}")]
    Signatures {
        /// What is signed.
        what: String,
        /// What is too much.
        why: String,
    },
    /// Docker's configuration that cannot be read.
    #[error("the credentials of {host} cannot be read: {why}")]
    Credentials {
        /// The registry.
        host: String,
        /// Why.
        why: String,
    },
    /// A credential helper that failed.
    #[error("the credential helper {helper} failed: {why}")]
    Helper {
        /// The program.
        helper: String,
        /// Why; never what it printed on stdout.
        why: String,
    },
    /// An archive, or a folder to be one, with something in it that could harm.
    #[error("{what} is not safe: {why}")]
    ArchiveUnsafe {
        /// The archive or folder.
        what: String,
        /// What it holds.
        why: String,
    },
    /// More in an archive than Remit unpacks.
    #[error("{what} holds too much: {why}")]
    ArchiveTooLarge {
        /// The archive or folder.
        what: String,
        /// Too much of what.
        why: String,
    },
    /// Bytes that are no tar.gz.
    #[error("{what} is not a whole tar.gz archive: {why}")]
    ArchiveInvalid {
        /// The archive.
        what: String,
        /// Why.
        why: String,
    },
    /// A skill that would lack something elsewhere.
    #[error("{what} cannot be published: {why}")]
    Unpublishable {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
    /// A file could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// The file.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file, component or skill that Remit does not take.
    #[error(transparent)]
    Package(#[from] PackageError),
}

fn said_so(said: &str) -> String {
    if said.is_empty() {
        String::new()
    } else {
        format!(" (it says: {said})")
    }
}

impl RegistryError {
    pub(crate) fn io(what: &Path, source: std::io::Error) -> RegistryError {
        RegistryError::Io {
            what: display_safe(&what.to_string_lossy(), 300),
            source,
        }
    }

    /// The same of an archive, by the name that a person knows it by.
    pub(crate) fn about(mut self, name: &str) -> RegistryError {
        if let Self::ArchiveUnsafe { what, .. }
        | Self::ArchiveTooLarge { what, .. }
        | Self::ArchiveInvalid { what, .. } = &mut self
        {
            name.clone_into(what);
        }
        self
    }

    pub(crate) fn response(host: &str, why: impl Into<String>) -> RegistryError {
        RegistryError::Response {
            host: host.to_owned(),
            why: why.into(),
        }
    }
}
