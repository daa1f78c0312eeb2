//! What can go wrong between here and a registry, each with a stable code and a hint.

use std::path::Path;

use remit_package::{Digest, PackageError};
use remit_policy::{ErrorClass, display_safe};

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
    /// The codes of this type alone, each with its meaning.
    pub const CODES: &'static [(&'static str, &'static str)] = &[
        (
            "source-invalid",
            "a text names no file, https URL or OCI reference that Remit fetches from",
        ),
        (
            "registry-unreachable",
            "no connection to a registry or server, or one that broke",
        ),
        (
            "registry-certificate",
            "a registry or server did not prove its name to an authority that is known here",
        ),
        (
            "registry-timeout",
            "a registry or server took longer than it is given",
        ),
        (
            "address-refused",
            "a registry or server leads to an address that may not be dialled from there",
        ),
        (
            "redirect-refused",
            "a registry or server leads on to a place that is not followed",
        ),
        (
            "registry-denied",
            "a registry wants credentials, or does not allow what was asked",
        ),
        (
            "realm-refused",
            "a registry wants its credentials sent to another place than its own",
        ),
        ("source-missing", "a server has nothing by that URL"),
        ("tag-missing", "a registry has no such repository or tag"),
        (
            "digest-missing",
            "a registry no longer has what a digest pins",
        ),
        (
            "download-too-large",
            "something to be fetched is larger than Remit takes",
        ),
        (
            "download-incomplete",
            "something that was fetched ended early",
        ),
        (
            "digest-mismatch",
            "the bytes do not have the digest that was expected",
        ),
        (
            "size-mismatch",
            "what was fetched has another size than was promised",
        ),
        (
            "registry-response",
            "a registry or server gave an answer that breaks the protocol",
        ),
        (
            "registry-failed",
            "a registry or server answered with a failure of its own",
        ),
        (
            "artifact-invalid",
            "an OCI manifest breaks a rule of its format",
        ),
        (
            "artifact-unsupported",
            "an OCI artifact is neither a Wasm component nor a skill",
        ),
        (
            "signatures-too-many",
            "more or larger signatures are offered than Remit looks at",
        ),
        (
            "credentials-invalid",
            "docker's configuration, where credentials are kept, cannot be read",
        ),
        (
            "credential-helper",
            "a program that keeps docker's credentials failed",
        ),
        (
            "archive-unsafe",
            "an archive holds a name or an entry that could reach outside of its folder",
        ),
        (
            "archive-too-large",
            "an archive unpacks to more than Remit takes",
        ),
        ("archive-invalid", "a file is not a whole tar.gz archive"),
        (
            "unpublishable",
            "a skill or component would not work elsewhere as it is",
        ),
        (
            "registry-io",
            "a file for what is fetched or published cannot be read or written",
        ),
    ];

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

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source { .. } => "source-invalid",
            Self::Unreachable { .. } => "registry-unreachable",
            Self::Certificate { .. } => "registry-certificate",
            Self::Timeout { .. } => "registry-timeout",
            Self::Address { .. } => "address-refused",
            Self::Redirect { .. } => "redirect-refused",
            Self::Denied { .. } => "registry-denied",
            Self::Realm { .. } => "realm-refused",
            Self::Missing { .. } => "source-missing",
            Self::TagMissing { .. } => "tag-missing",
            Self::DigestMissing { .. } => "digest-missing",
            Self::TooLarge { .. } => "download-too-large",
            Self::Incomplete { .. } => "download-incomplete",
            Self::DigestMismatch { .. } => "digest-mismatch",
            Self::SizeMismatch { .. } => "size-mismatch",
            Self::Response { .. } => "registry-response",
            Self::ServerFailed { .. } => "registry-failed",
            Self::Artifact { .. } => "artifact-invalid",
            Self::Unsupported { .. } => "artifact-unsupported",
            Self::Signatures { .. } => "signatures-too-many",
            Self::Credentials { .. } => "credentials-invalid",
            Self::Helper { .. } => "credential-helper",
            Self::ArchiveUnsafe { .. } => "archive-unsafe",
            Self::ArchiveTooLarge { .. } => "archive-too-large",
            Self::ArchiveInvalid { .. } => "archive-invalid",
            Self::Unpublishable { .. } => "unpublishable",
            Self::Io { .. } => "registry-io",
            Self::Package(error) => error.code(),
        }
    }

    /// Whose fault it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Source { .. } | Self::Credentials { .. } | Self::Unpublishable { .. } => {
                ErrorClass::Usage
            }
            Self::DigestMissing { .. }
            | Self::DigestMismatch { .. }
            | Self::SizeMismatch { .. }
            | Self::ArchiveUnsafe { .. } => ErrorClass::Integrity,
            Self::Package(error) => error.class(),
            _ => ErrorClass::Failed,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Source { .. } => {
                "name a file or folder (./mail.wasm), an https URL, or oci://HOST/REPOSITORY:TAG"
            }
            Self::Unreachable { .. } => {
                "check the name and the network; a proxy is not used, whatever the environment says"
            }
            Self::Certificate { .. } => {
                "if it has an authority of your own, name its certificate in SSL_CERT_FILE"
            }
            Self::Timeout { .. } => "try again later, or from a network nearer to it",
            Self::Address { .. } => "name the place itself as the source, if that is what you mean",
            Self::Redirect { .. } => {
                "name the place it leads to as the source, if you trust it as much"
            }
            Self::Denied { hint, .. } => return Some(hint.clone()),
            Self::Realm { .. } => {
                "ask who runs the registry; without credentials it can be used for what is public"
            }
            Self::Missing { .. } => "check the spelling, and that it is public",
            Self::TagMissing { .. } => {
                "check the spelling; a registry may say the same where you may not read: `docker login` first"
            }
            Self::DigestMissing { .. } => {
                "what was pinned has been removed there: install another version, or from a copy"
            }
            Self::TooLarge { .. } => "no plugin or skill is that large: ask its publisher",
            Self::Incomplete { .. } => "try again",
            Self::DigestMismatch { .. } | Self::SizeMismatch { .. } => {
                "nothing was changed here; it was replaced or damaged on the way: ask its publisher"
            }
            Self::Response { .. } => {
                "it may not be a registry, or a page for signing in may stand before it"
            }
            Self::ServerFailed { .. } => "try again later, or ask who runs it",
            Self::Artifact { .. } => "ask its publisher to publish it again",
            Self::Unsupported { .. } => {
                "Remit installs Wasm components (as wkg and `remit publish` push them) and skills"
            }
            Self::Signatures { .. } => "ask its publisher to remove old ones",
            Self::Credentials { .. } => "mend the file, or make it anew with `docker login`",
            Self::Helper { .. } => {
                "run it by hand to see what it says, or take it out of docker's config.json"
            }
            Self::ArchiveUnsafe { .. } => {
                "make the archive with `remit publish`, or with `tar --format=ustar`, of plain files and folders"
            }
            Self::ArchiveTooLarge { .. } => "keep data out of the skill's folder, or in its runs/",
            Self::ArchiveInvalid { .. } => "a skill's archive is a .tar.gz; zip is not read",
            Self::Unpublishable { .. } => {
                "publish the plugin by itself, and name it in skill.toml as oci://…"
            }
            Self::Io { .. } => return None,
            Self::Package(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_a_shared_one_means_the_same() {
        let codes: BTreeSet<_> = RegistryError::CODES.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), RegistryError::CODES.len());
        for (code, meaning) in RegistryError::CODES {
            let other = PackageError::CODES.iter().find(|(other, _)| other == code);
            if let Some((_, other)) = other {
                let other = other.trim_end_matches('.').to_lowercase();
                assert_eq!(other, meaning.to_lowercase(), "{code}");
            }
        }
    }
}
