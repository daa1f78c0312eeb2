//! Uploads: blobs whole, manifests by tag or digest, referrers for registries that do not list them themselves.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use remit_package::Digest;

use super::Registry;
use super::manifest::{Descriptor, INDEX, Index, MANIFEST, Manifest};
use super::referrers::fallback_tag;
use crate::error::RegistryError;
use crate::http::{Request, check_digest, location, origin_text};
use crate::limits::MAX_DESCRIPTORS;

impl Registry {
    /// Uploads a blob that the registry does not have.
    pub(crate) async fn push_blob(&self, bytes: Bytes) -> Result<(), RegistryError> {
        let digest = Digest::of(&bytes);
        if self.has_blob(digest).await? {
            return Ok(());
        }
        let begin = Request {
            method: Method::POST,
            ..self.get("blobs", "uploads/")?
        };
        let from = begin.url.clone();
        let response = self.ask(begin).await?;
        if response.status != StatusCode::ACCEPTED {
            return Err(self.failure(response, self.writing()).await);
        }
        let mut url = location(&from, &response)?;
        // The bytes, and whoever may write here, are for this registry alone.
        if url.origin() != self.api.origin() {
            return Err(RegistryError::Redirect {
                host: self.host.clone(),
                target: origin_text(&url),
                why: "what is published goes to the registry that was named",
            });
        }
        url.query_pairs_mut()
            .append_pair("digest", &digest.to_string());
        let mut put = Request {
            method: Method::PUT,
            body: bytes,
            ..Request::get(url, self.reach)
        }
        .header(header::CONTENT_TYPE, "application/octet-stream");
        put.url.set_fragment(None);
        let response = self.ask(put).await?;
        if response.status != StatusCode::CREATED {
            return Err(self.failure(response, self.writing()).await);
        }
        Ok(())
    }

    async fn has_blob(&self, digest: Digest) -> Result<bool, RegistryError> {
        let head = Request {
            method: Method::HEAD,
            ..self.get("blobs", &digest.to_string())?
        };
        let response = self.ask(head).await?;
        match response.status {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.failure(response, self.writing()).await),
        }
    }

    /// Uploads a manifest under its digest and, if one is given, a tag. Tells whether the registry lists referrers.
    pub(crate) async fn push_manifest(
        &self,
        manifest: &Manifest,
        tag: Option<&str>,
    ) -> Result<(Descriptor, bool), RegistryError> {
        let bytes = self.json(manifest)?;
        let descriptor = Descriptor {
            artifact_type: manifest.artifact_type.clone(),
            ..Descriptor::of(MANIFEST, &bytes)
        };
        let digest = descriptor.digest.to_string();
        let lists = self
            .put(tag.unwrap_or(&digest), MANIFEST, bytes, descriptor.digest)
            .await?;
        Ok((descriptor, lists))
    }

    /// Adds a referrer to the index that stands in for the API.
    pub(crate) async fn add_referrer(
        &self,
        subject: Digest,
        referrer: Descriptor,
    ) -> Result<(), RegistryError> {
        let mut index = self.referrers_tag(subject).await?.unwrap_or(Index {
            schema_version: 2,
            media_type: Some(INDEX.to_owned()),
            manifests: Vec::new(),
            annotations: None,
        });
        if index
            .manifests
            .iter()
            .any(|it| it.digest == referrer.digest)
        {
            return Ok(());
        }
        if index.manifests.len() == MAX_DESCRIPTORS {
            return Err(RegistryError::Signatures {
                what: format!("{}/{}@{subject}", self.host, self.repository),
                why: format!("{MAX_DESCRIPTORS} things that refer to it already"),
            });
        }
        index.manifests.push(referrer);
        let bytes = self.json(&index)?;
        let digest = Digest::of(&bytes);
        self.put(&fallback_tag(subject), INDEX, bytes, digest)
            .await?;
        Ok(())
    }

    async fn put(
        &self,
        name: &str,
        media_type: &'static str,
        bytes: Bytes,
        digest: Digest,
    ) -> Result<bool, RegistryError> {
        let put = Request {
            method: Method::PUT,
            body: bytes,
            ..self.get("manifests", name)?
        }
        .header(header::CONTENT_TYPE, media_type);
        let response = self.ask(put).await?;
        if response.status != StatusCode::CREATED {
            return Err(self.failure(response, self.writing()).await);
        }
        let what = format!("{}/{}:{name}", self.host, self.repository);
        check_digest(digest, self.announced_digest(&response)?, &what)
            .map(|()| response.headers.get("oci-subject").is_some_and(is_digest))
    }

    fn json<T: serde::Serialize>(&self, value: &T) -> Result<Bytes, RegistryError> {
        serde_json::to_vec(value)
            .map(Bytes::from)
            .map_err(|error| RegistryError::response(&self.host, error.to_string()))
    }

    fn writing(&self) -> String {
        format!("writing {}", self.repository)
    }
}

fn is_digest(value: &HeaderValue) -> bool {
    value
        .to_str()
        .is_ok_and(|text| text.parse::<Digest>().is_ok())
}
