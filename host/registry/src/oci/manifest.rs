//! Manifests and indexes of the OCI image specification, as far as plugins, skills and signatures need them.

use std::collections::BTreeMap;

use remit_package::Digest;
use remit_policy::display_safe;
use serde::{Deserialize, Serialize};

use crate::error::RegistryError;
use crate::fetch::Kind;
use crate::limits::{MAX_CONTENT_BYTES, MAX_DESCRIPTORS};

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The config and layer of a Wasm artifact: CNCF's layout, as wkg pushes it.
pub(crate) const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
pub(crate) const WASM_LAYER: &str = "application/wasm";
/// Rules that Wassette may put beside a component. They are not fetched: what a plugin may do, a skill says.
const WASSETTE_RULES: [&str; 2] = [
    "application/vnd.wasm.policy.v1+yaml",
    "application/vnd.wassette.policy+yaml",
];
pub(crate) const SKILL: &str = "application/vnd.remit.skill.v1";
pub(crate) const SKILL_LAYER: &str = "application/vnd.remit.skill.v1.tar+gzip";
pub(crate) const SIGNATURE: &str = "application/vnd.remit.signature.v1";
pub(crate) const MINISIG_LAYER: &str = "application/vnd.remit.minisig";
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
pub(crate) const KEY_ANNOTATION: &str = "dev.remit.public-key";
pub(crate) const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// What a manifest says of a blob, or an index of a manifest. Its `urls` and `data` are not read: bytes come from the
/// registry, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<Platform>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

impl Descriptor {
    /// Of these bytes.
    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Descriptor {
        Descriptor {
            media_type: media_type.to_owned(),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
            artifact_type: None,
            platform: None,
            annotations: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Platform {
    #[serde(default)]
    pub(crate) architecture: String,
    #[serde(default)]
    pub(crate) os: String,
}

/// An image manifest, which every kind of artifact uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<Descriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

/// A list of manifests.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Index {
    pub(crate) schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    pub(crate) manifests: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

/// One of the two.
#[derive(Debug)]
pub(crate) enum Document {
    Manifest(Box<Manifest>),
    Index(Index),
}

/// Reads what a registry gave under a media type. What the document says of itself must be the same: else two readers
/// could see two things in the same bytes.
pub(crate) fn read(bytes: &[u8], media_type: &str, what: &str) -> Result<Document, RegistryError> {
    let bad = |why: String| RegistryError::Artifact {
        what: what.to_owned(),
        why,
    };
    let same = |inner: &Option<String>, version: u32| match inner {
        Some(inner) if inner != media_type => Err(bad(format!(
            "it came as {media_type} and calls itself {}",
            display_safe(inner, 80)
        ))),
        _ if version != 2 => Err(bad(format!("its schemaVersion is {version}, not 2"))),
        _ => Ok(()),
    };
    let many = |count: usize| {
        if count > MAX_DESCRIPTORS {
            return Err(bad(format!("it lists more than {MAX_DESCRIPTORS} things")));
        }
        Ok(())
    };
    match media_type {
        MANIFEST => {
            let manifest: Manifest = crate::json::parse(bytes).map_err(bad)?;
            same(&manifest.media_type, manifest.schema_version)?;
            many(manifest.layers.len())?;
            Ok(Document::Manifest(Box::new(manifest)))
        }
        INDEX => {
            let index: Index = crate::json::parse(bytes).map_err(bad)?;
            same(&index.media_type, index.schema_version)?;
            many(index.manifests.len())?;
            Ok(Document::Index(index))
        }
        other => Err(unsupported(
            what,
            format!("its manifest is {}", display_safe(other, 80)),
        )),
    }
}

/// What there is to install in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) kind: Kind,
    pub(crate) layer: Descriptor,
}

impl Manifest {
    /// The component or skill in it: by the artifact's type, and one layer of the media type that goes with it.
    pub(crate) fn content(&self, what: &str) -> Result<Content, RegistryError> {
        let of_config = self.config.media_type.as_str();
        let artifact_type = self.artifact_type.as_deref().unwrap_or(of_config);
        let (kind, wanted, beside): (_, _, &[&str]) = match (artifact_type, of_config) {
            (SKILL, _) => (Kind::SkillArchive, SKILL_LAYER, &[]),
            (WASM_CONFIG | WASM_LAYER, _) | (_, WASM_CONFIG) => {
                (Kind::Component, WASM_LAYER, &WASSETTE_RULES)
            }
            (other, _) => {
                return Err(unsupported(
                    what,
                    format!("its type is {}", display_safe(other, 80)),
                ));
            }
        };
        let mut found = None;
        for layer in &self.layers {
            let media_type = layer.media_type.as_str();
            if media_type == wanted {
                if found.replace(layer).is_some() {
                    return Err(unsupported(what, format!("it has two layers of {wanted}")));
                }
            } else if !beside.contains(&media_type) {
                return Err(unsupported(
                    what,
                    format!("it has a layer of {}", display_safe(media_type, 80)),
                ));
            }
        }
        let Some(layer) = found else {
            return Err(unsupported(what, format!("it has no layer of {wanted}")));
        };
        if layer.size > MAX_CONTENT_BYTES {
            return Err(RegistryError::TooLarge {
                what: what.to_owned(),
                max: MAX_CONTENT_BYTES,
            });
        }
        Ok(Content {
            kind,
            layer: layer.clone(),
        })
    }
}

impl Index {
    /// The only component or skill that it lists, if there is exactly one.
    pub(crate) fn only(&self, what: &str) -> Result<&Descriptor, RegistryError> {
        let mut found = self.manifests.iter().filter(|it| it.is_ours());
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(unsupported(
                what,
                "it is an index without a component or skill".to_owned(),
            )),
            (Some(_), Some(_)) => Err(unsupported(
                what,
                "it is an index of several: name one by its digest".to_owned(),
            )),
        }
    }
}

impl Descriptor {
    fn is_ours(&self) -> bool {
        let by_type = matches!(
            self.artifact_type.as_deref(),
            Some(WASM_CONFIG | WASM_LAYER | SKILL)
        );
        let for_wasm = (self.platform.as_ref()).is_some_and(|it| it.architecture == "wasm");
        self.media_type == MANIFEST && (by_type || for_wasm)
    }
}

fn unsupported(what: &str, why: String) -> RegistryError {
    RegistryError::Unsupported {
        what: what.to_owned(),
        why,
    }
}
