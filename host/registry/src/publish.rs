//! From a component or a skill on this machine to a registry.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use remit_package::{Component, ComponentRef, Digest, Inspection, Skill};
use remit_policy::display_safe;
use serde::Serialize;

use crate::archive::unpack;
use crate::error::RegistryError;
use crate::fetch::{Fetcher, Kind, Offered, blocking, content, shown};
use crate::limits::{MAX_SIGNATURE_BYTES, MAX_SIGNATURES};
use crate::oci::Registry;
use crate::oci::manifest::{
    BUNDLE, Descriptor, EMPTY, KEY_ANNOTATION, MANIFEST, MINISIG_LAYER, Manifest, SIGNATURE, SKILL,
    SKILL_LAYER, WASM_CONFIG, WASM_LAYER,
};
use crate::source::{Reference, Source};

/// The config of an artifact that needs none: the OCI specification's.
const EMPTY_CONFIG: &[u8] = b"{}";
/// The layout wants a time. A fixed one, so that the same component is the same artifact wherever it is published.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// What was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Where it is, pinned by digest.
    pub source: Source,
    /// What it is.
    pub kind: Kind,
    /// The sha256 of the component or archive.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// How many signatures went with it.
    pub signatures: usize,
}

/// The config of the CNCF's Wasm artifact layout.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WasmConfig<'a> {
    created: &'static str,
    author: Option<&'a str>,
    architecture: &'static str,
    os: &'static str,
    layer_digests: [Digest; 1],
    component: WasmComponent<'a>,
}

#[derive(Serialize)]
struct WasmComponent<'a> {
    exports: &'a [String],
    imports: &'a [String],
    target: Option<&'a str>,
}

/// What is pushed: a config and one layer.
struct Artifact {
    kind: Kind,
    config_type: &'static str,
    config: Vec<u8>,
    layer_type: &'static str,
    layer: Vec<u8>,
    /// What it is called where others save it. Not the name it has here, or who publishes would change the artifact.
    file_name: String,
    annotations: BTreeMap<String, String>,
}

impl Fetcher {
    /// Publishes a component (.wasm), a skill's folder or a skill's archive under a tag, with signatures of its bytes.
    /// A folder is packed as [`pack`](crate::pack) does. The same input is the same artifact, with the same digest.
    ///
    /// # Errors
    /// If it is something that could not be installed, or the registry cannot be reached or does not allow it. Nothing
    /// is under the tag then that was not there before.
    pub async fn publish(
        &self,
        path: &Path,
        to: &Reference,
        signatures: &[Offered],
    ) -> Result<Published, RegistryError> {
        let Some(tag) = to.tag() else {
            return Err(RegistryError::Source {
                text: to.to_string(),
                why: "what is published is named by a tag; its digest comes from its bytes"
                    .to_owned(),
            });
        };
        check(signatures, &shown(path))?;
        let artifact = {
            let path = path.to_path_buf();
            blocking(move || artifact(&path)).await?
        };
        let credentials = self.credentials();
        let registry = Registry::new(self.client(), self.reach(), credentials, to)?.for_pushing();
        let mut layer = Descriptor::of(artifact.layer_type, &artifact.layer);
        let digest = layer.digest;
        let size = layer.size;
        // Clients that write files want to know under which name.
        layer.annotations = Some([(TITLE.to_owned(), artifact.file_name)].into());
        let config = Descriptor::of(artifact.config_type, &artifact.config);
        let skill = (artifact.kind != Kind::Component).then(|| SKILL.to_owned());
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(MANIFEST.to_owned()),
            artifact_type: skill,
            config,
            layers: vec![layer],
            subject: None,
            annotations: Some(artifact.annotations).filter(|all| !all.is_empty()),
        };
        registry.push_blob(Bytes::from(artifact.layer)).await?;
        registry.push_blob(Bytes::from(artifact.config)).await?;
        // By digest first, the signatures then, the tag last: under it nothing is ever unsigned that is signed.
        let (subject, _) = registry.push_manifest(&manifest, None).await?;
        for signature in signatures {
            sign(&registry, &subject, signature).await?;
        }
        registry.push_manifest(&manifest, Some(tag)).await?;
        Ok(Published {
            source: Source::Oci(to.pinned(subject.digest)),
            kind: artifact.kind,
            digest,
            size,
            signatures: signatures.len(),
        })
    }
}

const TITLE: &str = "org.opencontainers.image.title";

fn check(signatures: &[Offered], what: &str) -> Result<(), RegistryError> {
    let too_many = |why: String| RegistryError::Signatures {
        what: what.to_owned(),
        why,
    };
    if signatures.len() > MAX_SIGNATURES {
        return Err(too_many(format!("more than {MAX_SIGNATURES} signatures")));
    }
    let large = |it: &Offered| it.signature.len() as u64 > MAX_SIGNATURE_BYTES;
    if signatures.iter().any(large) {
        return Err(too_many(format!(
            "a signature of more than {MAX_SIGNATURE_BYTES} bytes"
        )));
    }
    Ok(())
}

/// Reads what is to be published, and refuses what could not be installed.
fn artifact(path: &Path) -> Result<Artifact, RegistryError> {
    let (kind, layer) = content(path)?;
    if kind == Kind::Component {
        let inspection = Component::from_bytes(&shown(path), layer.clone())?.inspection;
        let config = wasm_config(&inspection, &layer, path)?;
        return Ok(Artifact {
            kind,
            config_type: WASM_CONFIG,
            config,
            layer_type: WASM_LAYER,
            file_name: "component.wasm".to_owned(),
            annotations: annotations(&inspection),
            layer,
        });
    }
    let name = skill_name(&layer, path)?;
    Ok(Artifact {
        kind: Kind::SkillArchive,
        config_type: EMPTY,
        config: EMPTY_CONFIG.to_vec(),
        layer_type: SKILL_LAYER,
        layer,
        file_name: format!("{name}.tar.gz"),
        annotations: [(TITLE.to_owned(), name)].into(),
    })
}

fn wasm_config(
    inspection: &Inspection,
    layer: &[u8],
    path: &Path,
) -> Result<Vec<u8>, RegistryError> {
    let config = WasmConfig {
        created: CREATED,
        author: inspection.metadata.authors.as_deref(),
        architecture: "wasm",
        os: "wasip2",
        layer_digests: [Digest::of(layer)],
        component: WasmComponent {
            exports: &inspection.exports,
            imports: &inspection.imports,
            target: None,
        },
    };
    serde_json::to_vec(&config).map_err(|error| RegistryError::io(path, error.into()))
}

/// What the component says about itself, under the names that registries show. Nothing of when and where.
fn annotations(inspection: &Inspection) -> BTreeMap<String, String> {
    let metadata = &inspection.metadata;
    [
        ("title", &metadata.name),
        ("version", &metadata.version),
        ("description", &metadata.description),
        ("licenses", &metadata.licenses),
        ("source", &metadata.source),
        ("url", &metadata.homepage),
        ("revision", &metadata.revision),
        ("authors", &metadata.authors),
    ]
    .into_iter()
    .filter_map(|(key, value)| {
        let value = value.as_ref()?;
        Some((format!("org.opencontainers.image.{key}"), value.clone()))
    })
    .collect()
}

/// The name of the skill in an archive, after looking whether it would be whole elsewhere.
fn skill_name(archive: &[u8], path: &Path) -> Result<String, RegistryError> {
    let what = shown(path);
    let fail = |error| RegistryError::io(path, error);
    let folder = tempfile::tempdir().map_err(fail)?;
    let file = folder.path().join("archive");
    let into = folder.path().join("skill");
    std::fs::write(&file, archive).map_err(fail)?;
    std::fs::create_dir(&into).map_err(fail)?;
    let root = unpack(&file, &into)
        .map_err(|error| error.about(&what))?
        .root;
    let unpublishable = |why: String| RegistryError::Unpublishable {
        what: what.clone(),
        why,
    };
    if root == into {
        return Err(unpublishable(
            "its files lie at the top of the archive, and not in a folder with the skill's name"
                .to_owned(),
        ));
    }
    let skill = Skill::open(&root)?;
    for (name, plugin) in &skill.manifest.plugins {
        let name = display_safe(name, 80);
        match &plugin.component {
            // Whoever installs the skill fetches it from there.
            ComponentRef::Reference(_) => {}
            ComponentRef::Path(inner) if skill.folder.dir().is_file(inner) => {}
            ComponentRef::Path(inner) => {
                let inner = display_safe(inner, 100);
                return Err(unpublishable(format!(
                    "its plugin {name} is `{inner}`, which is not in it"
                )));
            }
            ComponentRef::Digest(_) => {
                return Err(unpublishable(format!(
                    "its plugin {name} is named by a digest of this machine's store alone"
                )));
            }
        }
    }
    Ok(skill.name)
}

async fn sign(
    registry: &Registry,
    subject: &Descriptor,
    signature: &Offered,
) -> Result<(), RegistryError> {
    let bundle = signature.signature.trim_ascii_start().starts_with(b"{");
    let media_type = if bundle { BUNDLE } else { MINISIG_LAYER };
    let mut layer = Descriptor::of(media_type, &signature.signature);
    layer.annotations = (signature.key.as_ref())
        .filter(|_| !bundle)
        .map(|key| [(KEY_ANNOTATION.to_owned(), key.clone())].into());
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        artifact_type: Some(if bundle { BUNDLE } else { SIGNATURE }.to_owned()),
        config: Descriptor::of(EMPTY, EMPTY_CONFIG),
        layers: vec![layer],
        subject: Some(Descriptor {
            artifact_type: None,
            ..subject.clone()
        }),
        annotations: None,
    };
    let signature = Bytes::from(signature.signature.clone());
    registry.push_blob(signature).await?;
    registry.push_blob(Bytes::from_static(EMPTY_CONFIG)).await?;
    let (referrer, listed) = registry.push_manifest(&manifest, None).await?;
    if !listed {
        registry.add_referrer(subject.digest, referrer).await?;
    }
    Ok(())
}
