//! An OCI reference: registry, repository, and a tag or digest.

use std::fmt;

use remit_package::Digest;
use url::Url;

use super::{ONLY_LOOPBACK, authority, is_loopback, refused};
use crate::error::RegistryError;

/// What Docker calls its registry, and where it is.
const DOCKER: &str = "docker.io";
const DOCKER_API: &str = "registry-1.docker.io";

/// `oci://HOST[:PORT]/REPOSITORY[:TAG|@sha256:…]`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    plain_http: bool,
    /// Host and port as written.
    registry: String,
    repository: String,
    pin: Pin,
}

/// Which of a repository's artifacts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pin {
    /// None is said, which is the tag `latest`.
    Latest,
    /// What a tag leads to today.
    Tag(String),
    /// The manifest with this digest, for ever.
    Digest(Digest),
}

impl Reference {
    pub(super) fn parse(
        text: &str,
        rest: &str,
        plain_http: bool,
    ) -> Result<Reference, RegistryError> {
        let Some((registry, path)) = rest.split_once('/') else {
            return Err(refused(text, "it names no repository after the host"));
        };
        let url = authority(text, registry)?;
        if plain_http && !is_loopback(&url) {
            return Err(refused(text, ONLY_LOOPBACK));
        }
        let (repository, pin) = if let Some((repository, digest)) = path.split_once('@') {
            let digest = digest.parse().map_err(|_| {
                refused(
                    text,
                    "after @ stands a digest: sha256: and 64 lower-case hex digits",
                )
            })?;
            (repository, Pin::Digest(digest))
        } else if let Some((repository, tag)) = path.split_once(':') {
            if !is_tag(tag) {
                return Err(refused(
                    text,
                    "a tag has at most 128 letters, digits, `.`, `_` and `-`, and begins with none of the last two",
                ));
            }
            (repository, Pin::Tag(tag.to_owned()))
        } else {
            (path, Pin::Latest)
        };
        if !is_repository(repository) {
            return Err(refused(
                text,
                "a repository is lower-case names joined by `/`, with single `.`, `_` or `-` inside of them",
            ));
        }
        Ok(Reference {
            plain_http,
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            pin,
        })
    }

    /// The registry as written: host, and port if one is given.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository as written.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Which of the repository's artifacts.
    pub fn pin(&self) -> &Pin {
        &self.pin
    }

    /// The tag that it asks for; none if it is pinned.
    pub fn tag(&self) -> Option<&str> {
        match &self.pin {
            Pin::Latest => Some("latest"),
            Pin::Tag(tag) => Some(tag),
            Pin::Digest(_) => None,
        }
    }

    /// The same, pinned.
    #[must_use]
    pub fn pinned(&self, digest: Digest) -> Reference {
        Reference {
            pin: Pin::Digest(digest),
            ..self.clone()
        }
    }

    /// The root of the registry's API.
    pub(crate) fn api(&self) -> Result<Url, RegistryError> {
        let scheme = if self.plain_http { "http" } else { "https" };
        let host = if self.is_docker() {
            DOCKER_API
        } else {
            &self.registry
        };
        Url::parse(&format!("{scheme}://{host}/v2/"))
            .map_err(|error| RegistryError::response(&self.registry, error.to_string()))
    }

    /// The repository as the registry knows it: Docker's own images have a silent first part.
    pub(crate) fn api_repository(&self) -> String {
        if self.is_docker() && !self.repository.contains('/') {
            return format!("library/{}", self.repository);
        }
        self.repository.clone()
    }

    pub(crate) fn is_docker(&self) -> bool {
        self.registry == DOCKER || self.registry == DOCKER_API
    }
}

/// The distribution specification's `<name>`, at most 255 characters as registries keep it.
fn is_repository(text: &str) -> bool {
    text.len() <= 255 && text.split('/').all(is_component)
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let plain = |b: &u8| matches!(b, b'a'..=b'z' | b'0'..=b'9');
    let bytes = text.as_bytes();
    let ends = bytes.first().is_some_and(plain) && bytes.last().is_some_and(plain);
    ends && text
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .all(|between| {
            matches!(between, "" | "." | "_" | "__") || between.bytes().all(|b| b == b'-')
        })
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`
fn is_tag(text: &str) -> bool {
    text.len() <= 128
        && !text.is_empty()
        && !text.starts_with(['.', '-'])
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.plain_http { "oci+http" } else { "oci" };
        write!(f, "{scheme}://{}/{}", self.registry, self.repository)?;
        match &self.pin {
            Pin::Latest => Ok(()),
            Pin::Tag(tag) => write!(f, ":{tag}"),
            Pin::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}
