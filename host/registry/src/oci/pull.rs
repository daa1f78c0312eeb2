//! From a reference to a verified file.

use std::path::Path;

use remit_package::Digest;

use super::manifest::{Content, Document, Manifest};
use super::{Got, Registry};
use crate::error::RegistryError;
use crate::fetch::{Fetched, Resolved, target};
use crate::http::{Expected, check_digest};
use crate::limits::MAX_CONTENT_BYTES;
use crate::source::{Pin, Source};

/// The manifest that a reference leads to.
struct Artifact {
    content: Content,
    /// Of the manifest.
    digest: Digest,
    what: String,
}

impl Registry {
    /// Fetches the component or skill, and the signatures that are offered with it.
    pub(crate) async fn pull(
        &self,
        folder: &Path,
        expect: Option<Digest>,
    ) -> Result<Fetched, RegistryError> {
        let artifact = self.artifact().await?;
        let layer = &artifact.content.layer;
        // Known before the first byte: what is not wanted is not fetched.
        check_digest(layer.digest, expect, &artifact.what)?;
        let file = target(folder);
        let expected = Expected {
            max: MAX_CONTENT_BYTES,
            size: Some(layer.size),
            digest: Some(layer.digest),
        };
        let response = self.blob(layer).await?;
        let is_public = response.is_public();
        let saved = response.save(&file, expected, &artifact.what).await?;
        let signatures = match self.signatures(artifact.digest).await {
            Ok(signatures) => signatures,
            Err(error) => {
                let _ = std::fs::remove_file(&file);
                return Err(error);
            }
        };
        Ok(Fetched {
            kind: artifact.content.kind,
            file,
            digest: saved.digest,
            size: saved.size,
            resolved: Source::Oci(self.reference.pinned(artifact.digest)),
            signatures,
            is_public,
        })
    }

    /// What the reference leads to, from its manifest alone.
    pub(crate) async fn resolve(&self) -> Result<Resolved, RegistryError> {
        let artifact = self.artifact().await?;
        Ok(Resolved {
            source: Source::Oci(self.reference.pinned(artifact.digest)),
            digest: Some(artifact.content.layer.digest),
            size: Some(artifact.content.layer.size),
        })
    }

    async fn artifact(&self) -> Result<Artifact, RegistryError> {
        let what = self.reference.to_string();
        let got = self.document(self.reference.pin()).await?;
        let (manifest, digest) = self.manifest_of(got, &what).await?;
        Ok(Artifact {
            content: manifest.content(&what)?,
            digest,
            what,
        })
    }

    /// The manifest itself, or the only one in an index that is something to install.
    async fn manifest_of(&self, got: Got, what: &str) -> Result<(Manifest, Digest), RegistryError> {
        let index = match got.document {
            Document::Manifest(manifest) => return Ok((*manifest, got.digest)),
            Document::Index(index) => index,
        };
        let only = index.only(what)?;
        let inner = self.document(&Pin::Digest(only.digest)).await?;
        if inner.size != only.size {
            return Err(RegistryError::SizeMismatch {
                what: format!("the manifest of {what}"),
                found: inner.size,
                expected: only.size,
            });
        }
        match inner.document {
            Document::Manifest(manifest) => Ok((*manifest, inner.digest)),
            Document::Index(_) => Err(RegistryError::Artifact {
                what: what.to_owned(),
                why: "it is an index of indexes".to_owned(),
            }),
        }
    }
}
