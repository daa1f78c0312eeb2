//! What is stable about each error: its code, whose fault it is, and what to do next.

use remit_policy::ErrorClass;

use super::RegistryError;

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
    use remit_package::PackageError;
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
