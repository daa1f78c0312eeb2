//! Signatures beside an artifact: found by the API and by the tag that stands in for it, and bounded.

use remit_package::Digest;
use remit_registry::{MAX_SIGNATURE_BYTES, MAX_SIGNATURES, Offered};
use serde_json::{Value, json};

use crate::server::{Asked, Reply};
use crate::world::{COMPONENT, INDEX, MANIFEST, World, answer, descriptor, wasm_manifest};

const SOURCE: &str = "oci://registry.example/acme/mail:1";
const PUBLIC: &str = "93.184.216.34";
const SIGNATURE: &str = "application/vnd.remit.signature.v1";
const MINISIG: &str = "application/vnd.remit.minisig";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A registry with an artifact, and things that refer to it.
#[derive(Clone, Default)]
struct Signed {
    /// Listed by the API; else under the tag.
    api: bool,
    manifests: Vec<String>,
    blobs: Vec<Vec<u8>>,
    /// Said of the API's answer.
    link: bool,
}

fn subject() -> Value {
    descriptor(MANIFEST, wasm_manifest(COMPONENT).to_string().as_bytes())
}

impl Signed {
    fn with(mut self, artifact_type: &str, layer_type: &str, blob: &[u8], about: Value) -> Signed {
        let mut layer = descriptor(layer_type, blob);
        layer["annotations"] = json!({"dev.remit.public-key": "a key"});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": artifact_type,
            "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [layer],
            "subject": about,
        });
        self.manifests.push(manifest.to_string());
        self.blobs.push(blob.to_vec());
        self
    }

    fn index(&self) -> String {
        let entries: Vec<Value> = self
            .manifests
            .iter()
            .map(|manifest| {
                let read: Value = serde_json::from_str(manifest).unwrap();
                let mut entry = descriptor(MANIFEST, manifest.as_bytes());
                entry["artifactType"] = read["artifactType"].clone();
                entry
            })
            .collect();
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string()
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let listing = asked.path.contains("/referrers/") && self.api;
        let tag = format!("/manifests/sha256-{}", digest(&subject()).hex());
        if listing || (asked.path.ends_with(&tag) && !self.api) {
            let reply = Reply::ok(self.index()).with("content-type", INDEX);
            return match self.link {
                true => reply.with("link", "<x>; rel=\"next\""),
                false => reply,
            };
        }
        for manifest in &self.manifests {
            if asked
                .path
                .ends_with(&Digest::of(manifest.as_bytes()).to_string())
            {
                return Reply::ok(manifest.as_bytes()).with("content-type", MANIFEST);
            }
        }
        for blob in &self.blobs {
            if asked.path.ends_with(&Digest::of(blob).to_string()) {
                return Reply::ok(blob.as_slice());
            }
        }
        let manifest = wasm_manifest(COMPONENT).to_string();
        answer(asked, manifest.as_bytes(), MANIFEST, COMPONENT)
    }

    fn fetch(self) -> Result<Vec<Offered>, &'static str> {
        let mut world = World::new();
        let _server = world.serve("registry.example", PUBLIC, move |asked| self.answer(asked));
        let fetched = world.go().fetch(SOURCE);
        fetched
            .map(|it| it.signatures)
            .map_err(|error| error.code())
    }
}

fn digest(descriptor: &Value) -> Digest {
    descriptor["digest"].as_str().unwrap().parse().unwrap()
}

fn api(api: bool) -> Signed {
    Signed {
        api,
        ..Signed::default()
    }
}

#[test]
fn signatures_are_found_by_the_api_and_by_the_tag() {
    for by_api in [true, false] {
        let signed = api(by_api)
            .with(SIGNATURE, MINISIG, b"a signature", subject())
            .with(BUNDLE, BUNDLE, b"{}", subject());
        let mut offered = signed.fetch().unwrap();
        offered.sort_by_key(|it| it.signature.len());
        assert_eq!(offered.len(), 2, "{by_api}");
        assert_eq!(offered[0].signature, b"{}");
        assert_eq!(offered[0].key, None);
        assert_eq!(offered[1].signature, b"a signature");
        assert_eq!(offered[1].key.as_deref(), Some("a key"));
    }
    assert_eq!(api(true).fetch().unwrap(), []);
}

#[test]
fn what_refers_to_something_else_or_is_something_else_is_no_signature() {
    for by_api in [true, false] {
        let signed = api(by_api)
            .with(
                SIGNATURE,
                MINISIG,
                b"of another",
                descriptor(MANIFEST, b"other"),
            )
            .with(SIGNATURE, MINISIG, b"of nothing", Value::Null)
            .with(
                "application/spdx+json",
                "application/json",
                b"[]",
                subject(),
            )
            .with(SIGNATURE, "application/x-other", b"x", subject());
        assert_eq!(signed.fetch().unwrap(), []);
    }
}

#[test]
fn too_many_and_too_large_signatures_are_refused() {
    for by_api in [true, false] {
        let many = |count: usize| {
            (0..count).fold(api(by_api), |signed, n| {
                let blob = format!("signature {n}");
                signed.with(SIGNATURE, MINISIG, blob.as_bytes(), subject())
            })
        };
        assert_eq!(many(MAX_SIGNATURES).fetch().unwrap().len(), MAX_SIGNATURES);
        assert_eq!(many(MAX_SIGNATURES + 1).fetch(), Err("signatures-too-many"));
        let large = vec![b'x'; MAX_SIGNATURE_BYTES as usize + 1];
        let signed = api(by_api).with(SIGNATURE, MINISIG, &large, subject());
        assert_eq!(signed.fetch(), Err("signatures-too-many"));
    }
}

#[test]
fn many_that_turn_out_to_be_none_are_too_many_as_well() {
    for by_api in [true, false] {
        let none = |count: usize| {
            (0..count).fold(api(by_api), |signed, n| {
                let blob = format!("of another {n}");
                let other = descriptor(MANIFEST, b"other");
                signed.with(SIGNATURE, MINISIG, blob.as_bytes(), other)
            })
        };
        assert_eq!(none(MAX_SIGNATURES).fetch().unwrap(), []);
        assert_eq!(none(MAX_SIGNATURES + 1).fetch(), Err("signatures-too-many"));
    }
}

#[test]
fn a_next_page_is_more_than_is_looked_at() {
    let mut signed = api(true).with(SIGNATURE, MINISIG, b"x", subject());
    signed.link = true;
    assert_eq!(signed.fetch(), Err("signatures-too-many"));
}

#[test]
fn a_signature_with_other_bytes_is_refused() {
    let mut signed = api(true).with(SIGNATURE, MINISIG, b"0123", subject());
    let mut world = World::new();
    let digest = Digest::of(&signed.blobs.pop().unwrap()).to_string();
    let _server = world.serve("registry.example", PUBLIC, move |asked| {
        match asked.path.ends_with(&digest) {
            true => Reply::ok("3210"),
            false => signed.answer(asked),
        }
    });
    assert_eq!(world.go().fails(SOURCE), "digest-mismatch");
}

#[test]
fn a_registry_that_fails_is_not_taken_for_one_without_signatures() {
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, |asked| {
        match asked.path.contains("/referrers/") {
            true => Reply::status(500),
            false => Signed::default().answer(asked),
        }
    });
    assert_eq!(world.go().fails(SOURCE), "registry-failed");
}
