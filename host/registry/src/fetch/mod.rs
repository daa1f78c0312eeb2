//! From a source to verified bytes in a folder of the caller's.

mod local;
mod web;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use remit_package::Digest;

use crate::credentials::Credentials;
use crate::error::RegistryError;
use crate::http::{Client, Reach};
use crate::limits::Deadlines;
use crate::network::{Network, SystemNetwork};
use crate::oci::Registry;
use crate::source::Source;

pub(crate) use local::{content, shown};

/// How things are fetched and published.
#[derive(Clone)]
pub struct Options {
    /// The network.
    pub network: Arc<dyn Network>,
    /// Whose credentials are used at registries.
    pub credentials: Credentials,
    /// How long each fetch or publication may take.
    pub deadlines: Deadlines,
    /// Only public addresses are dialled, even those that the source itself names: for sources that a stranger wrote,
    /// such as what a skill from elsewhere names.
    pub only_public: bool,
}

impl Default for Options {
    /// The system's network and certificates, docker's credentials, any address that a source names.
    fn default() -> Options {
        Options {
            network: Arc::new(SystemNetwork::default()),
            credentials: Credentials::from_env(),
            deadlines: Deadlines::default(),
            only_public: false,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("deadlines", &self.deadlines)
            .field("only_public", &self.only_public)
            .finish_non_exhaustive()
    }
}

/// What kind of thing was fetched. By its first bytes and, at a registry, its media type; no more was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes that may be a component: to be inspected.
    Component,
    /// A skill's tar.gz: to be unpacked.
    SkillArchive,
    /// A skill's folder, packed as `remit publish` packs it: to be unpacked too.
    SkillFolder,
}

/// A signature that came with something. Nothing in it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// A minisign signature's text, or a Sigstore bundle's JSON.
    pub signature: Vec<u8>,
    /// A minisign public key that came with it, as in a `.pub` file.
    pub key: Option<String>,
}

/// What was fetched: a file whose bytes have the digest, and which nothing else has been done with.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// What it is.
    pub kind: Kind,
    /// The file, in the folder that the caller gave; 0600.
    pub file: PathBuf,
    /// The sha256 of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The source, pinned by digest where its form can be. Of files and https the digest above is the pin.
    pub resolved: Source,
    /// The signatures that were offered.
    pub signatures: Vec<Offered>,
    /// Whether it came from a public address. What such a thing names in turn is to be fetched with
    /// [`Fetcher::only_public`], or a stranger could have this machine ask around in its own network.
    pub is_public: bool,
}

/// What a source leads to at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The source, pinned by digest where its form can be.
    pub source: Source,
    /// The sha256 of the bytes; none for https, where only fetching tells.
    pub digest: Option<Digest>,
    /// Their size, where it is known.
    pub size: Option<u64>,
}

/// Fetches and publishes.
#[derive(Clone, Debug, Default)]
pub struct Fetcher {
    options: Options,
}

impl Fetcher {
    /// With these options.
    pub fn new(options: Options) -> Fetcher {
        Fetcher { options }
    }

    /// The same, for sources that a stranger wrote: only public addresses are dialled.
    #[must_use]
    pub fn only_public(&self) -> Fetcher {
        let mut options = self.options.clone();
        options.only_public = true;
        Fetcher { options }
    }

    /// Fetches into `folder`, a private one of the caller's, where a new file is made. If `expect` is given, other
    /// bytes are refused with `digest-mismatch`.
    ///
    /// # Errors
    /// If the source cannot be reached, does not allow it, lacks it, or gives other or more bytes than it should. What
    /// was written so far is then removed.
    pub async fn fetch(
        &self,
        source: &Source,
        folder: &Path,
        expect: Option<Digest>,
    ) -> Result<Fetched, RegistryError> {
        let (client, reach) = (self.client(), self.reach());
        match source {
            Source::Path(path) => {
                let (path, folder) = (path.clone(), folder.to_path_buf());
                blocking(move || local::fetch(&path, &folder, expect)).await
            }
            Source::Web(url) => web::fetch(&client, reach, url, folder, expect).await,
            Source::Oci(reference) => {
                let registry = Registry::new(client, reach, &self.options.credentials, reference)?;
                registry.pull(folder, expect).await
            }
        }
    }

    /// What the source leads to, without fetching the bytes from elsewhere. At a registry the manifest is read; of
    /// https nothing is asked.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn resolve(&self, source: &Source) -> Result<Resolved, RegistryError> {
        match source {
            Source::Path(path) => {
                let path = path.clone();
                blocking(move || local::resolve(&path)).await
            }
            Source::Web(_) => Ok(Resolved {
                source: source.clone(),
                digest: None,
                size: None,
            }),
            Source::Oci(reference) => {
                let credentials = &self.options.credentials;
                Registry::new(self.client(), self.reach(), credentials, reference)?
                    .resolve()
                    .await
            }
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(Arc::clone(&self.options.network), self.options.deadlines)
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.options.credentials
    }

    pub(crate) fn reach(&self) -> Reach {
        if self.options.only_public {
            Reach::Public
        } else {
            Reach::Any
        }
    }
}

/// Disks may be slow: not on a thread that others wait for.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RegistryError> + Send + 'static,
) -> Result<T, RegistryError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(RegistryError::Io {
            what: "a thread for files".to_owned(),
            source: std::io::Error::other(error),
        }),
    }
}

/// What a file's first bytes say. Whatever is not gzip is left to the inspection of components, which names each
/// mistake.
pub(crate) fn kind_of(start: &[u8], what: &str) -> Result<Kind, RegistryError> {
    match start {
        [0x1f, 0x8b, ..] => Ok(Kind::SkillArchive),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Err(RegistryError::ArchiveInvalid {
            what: what.to_owned(),
            why: "it is a zip".to_owned(),
        }),
        _ => Ok(Kind::Component),
    }
}

/// The name of the fetched file in the caller's folder.
pub(crate) fn target(folder: &Path) -> PathBuf {
    folder.join("fetched")
}
