//! Signatures that are kept beside an artifact: by the referrers API, or by the tag that stands in for it.

use http::{HeaderValue, StatusCode, header};
use remit_package::Digest;

use super::manifest::{
    BUNDLE, Descriptor, Document, INDEX, Index, KEY_ANNOTATION, MINISIG_LAYER, Manifest, SIGNATURE,
};
use super::{Registry, manifest, media_type};
use crate::error::RegistryError;
use crate::fetch::Offered;
use crate::http::check_digest;
use crate::limits::{MAX_MANIFEST_BYTES, MAX_SIGNATURE_BYTES, MAX_SIGNATURES};
use crate::source::Pin;

impl Registry {
    /// All signatures of the manifest with this digest. Nothing in them is checked but that they are about it.
    pub(super) async fn signatures(&self, subject: Digest) -> Result<Vec<Offered>, RegistryError> {
        let what = format!("{}/{}@{subject}", self.host, self.repository);
        let listed = match self.referrers(subject, &what).await? {
            Some(listed) => listed,
            None => self
                .referrers_tag(subject)
                .await?
                .map_or_else(Vec::new, |index| index.manifests),
        };
        let signatures: Vec<&Descriptor> = listed.iter().filter(|it| is_signature(it)).collect();
        if signatures.len() > MAX_SIGNATURES {
            return Err(too_many(&what));
        }
        let mut offered = Vec::new();
        for descriptor in signatures {
            let got = self.document(&Pin::Digest(descriptor.digest)).await?;
            let Document::Manifest(manifest) = got.document else {
                continue;
            };
            // Listed here, and about something else: somebody's mistake, and no signature of this.
            let about = manifest.subject.as_ref().map(|it| it.digest);
            if about != Some(subject) {
                continue;
            }
            self.offered(&manifest, &what, &mut offered).await?;
        }
        Ok(offered)
    }

    async fn offered(
        &self,
        manifest: &Manifest,
        what: &str,
        offered: &mut Vec<Offered>,
    ) -> Result<(), RegistryError> {
        for layer in &manifest.layers {
            let minisign = layer.media_type == MINISIG_LAYER;
            if !minisign && layer.media_type != BUNDLE {
                continue;
            }
            if offered.len() == MAX_SIGNATURES {
                return Err(too_many(what));
            }
            if layer.size > MAX_SIGNATURE_BYTES {
                return Err(RegistryError::Signatures {
                    what: what.to_owned(),
                    why: format!("a signature of more than {MAX_SIGNATURE_BYTES} bytes"),
                });
            }
            let about = format!("a signature of {what}");
            let response = self.blob(layer).await?;
            let signature = response.bytes(layer.size, &about).await?;
            check_digest(Digest::of(&signature), Some(layer.digest), &about)?;
            let key = (layer.annotations.as_ref()).and_then(|all| all.get(KEY_ANNOTATION).cloned());
            let key = key.filter(|_| minisign);
            offered.push(Offered { signature, key });
        }
        Ok(())
    }

    /// What the referrers API lists; `None` where the registry has no such API.
    async fn referrers(
        &self,
        subject: Digest,
        what: &str,
    ) -> Result<Option<Vec<Descriptor>>, RegistryError> {
        let mut listed = Vec::new();
        for artifact_type in [SIGNATURE, BUNDLE] {
            let mut request = self.get("referrers", &subject.to_string())?;
            let mut query = request.url.query_pairs_mut();
            query.append_pair("artifactType", artifact_type);
            drop(query);
            let accept = HeaderValue::from_static(INDEX);
            request.headers.push((header::ACCEPT, accept));
            let response = self.ask(request).await?;
            match response.status {
                StatusCode::OK if media_type(&response) == INDEX => {}
                // Those that do not know the API answer in many ways.
                status if status == StatusCode::OK || is_unknown(status) => return Ok(None),
                _ => {
                    return Err(self
                        .failure(response, format!("the signatures of {what}"))
                        .await);
                }
            }
            // A next page: more than is looked at.
            if response.headers.contains_key(header::LINK) {
                return Err(too_many(what));
            }
            // Not every registry filters; what is not asked for is left out here.
            let bytes = response.bytes(MAX_MANIFEST_BYTES, what).await?;
            let Document::Index(index) = manifest::read(&bytes, INDEX, what)? else {
                return Ok(None);
            };
            let wanted = |it: &Descriptor| it.artifact_type.as_deref() == Some(artifact_type);
            listed.extend(index.manifests.into_iter().filter(wanted));
        }
        Ok(Some(listed))
    }

    /// The index under the tag `sha256-HEX`, where registries without the API have it.
    pub(super) async fn referrers_tag(
        &self,
        subject: Digest,
    ) -> Result<Option<Index>, RegistryError> {
        match self.document(&Pin::Tag(fallback_tag(subject))).await {
            Ok(got) => match got.document {
                Document::Index(index) => Ok(Some(index)),
                // The tag is somebody else's.
                Document::Manifest(_) => Ok(None),
            },
            Err(RegistryError::TagMissing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The tag that stands in for the referrers of a manifest.
pub(super) fn fallback_tag(subject: Digest) -> String {
    format!("sha256-{}", subject.hex())
}

fn is_signature(descriptor: &Descriptor) -> bool {
    matches!(
        descriptor.artifact_type.as_deref(),
        Some(SIGNATURE | BUNDLE)
    )
}

fn is_unknown(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::BAD_REQUEST
            | StatusCode::NOT_ACCEPTABLE
            | StatusCode::NOT_IMPLEMENTED
    )
}

fn too_many(what: &str) -> RegistryError {
    RegistryError::Signatures {
        what: what.to_owned(),
        why: format!("more than {MAX_SIGNATURES} signatures"),
    }
}
