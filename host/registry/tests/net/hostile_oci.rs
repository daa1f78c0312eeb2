//! Registries that lie: about digests, sizes, media types; that move tags, nest JSON, or have nothing to install.

use std::sync::atomic::{AtomicUsize, Ordering};

use remit_package::Digest;
use remit_registry::{Kind, MAX_CONTENT_BYTES, Source};
use serde_json::{Value, json};

use crate::server::{Asked, Reply};
use crate::world::{
    COMPONENT, INDEX, MANIFEST, World, answer, block_on, descriptor, registry_of, wasm_manifest,
};

const SOURCE: &str = "oci://registry.example/acme/mail:1";
const PUBLIC: &str = "93.184.216.34";

#[track_caller]
fn fails_with(code: &str, handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) {
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, handler);
    assert_eq!(world.go().fails(SOURCE), code);
}

#[track_caller]
fn manifest_fails_with(code: &str, manifest: Value) {
    let text = manifest.to_string();
    fails_with(code, registry_of(manifest, COMPONENT));
    assert!(!text.is_empty());
}

#[track_caller]
fn manifest_is_taken(manifest: Value) {
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, registry_of(manifest, COMPONENT));
    assert!(world.go().fetch(SOURCE).is_ok());
}

/// The manifest with one key changed.
fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut manifest = wasm_manifest(COMPONENT);
    change(&mut manifest);
    manifest
}

#[test]
fn a_component_is_pulled_and_pinned() {
    let manifest = wasm_manifest(COMPONENT);
    let digest = Digest::of(manifest.to_string().as_bytes());
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, registry_of(manifest, COMPONENT));
    let world = world.go();
    let fetched = world.fetch(SOURCE).unwrap();
    assert_eq!(fetched.kind, Kind::Component);
    assert_eq!(fetched.digest, Digest::of(COMPONENT));
    let pinned = format!("oci://registry.example/acme/mail@{digest}");
    assert_eq!(fetched.resolved.to_string(), pinned);
    assert!(world.fetch(&pinned).is_ok());
    let source: Source = SOURCE.parse().unwrap();
    let resolved = block_on(world.fetcher.resolve(&source)).unwrap();
    assert_eq!(resolved.source, fetched.resolved);
    assert_eq!(resolved.digest, Some(fetched.digest));
    assert_eq!(resolved.size, Some(fetched.size));
}

#[test]
fn what_is_not_expected_is_refused_before_it_is_fetched() {
    let mut world = World::new();
    let server = world.serve(
        "registry.example",
        PUBLIC,
        registry_of(wasm_manifest(COMPONENT), COMPONENT),
    );
    let world = world.go();
    let error = world
        .fetch_expecting(SOURCE, Some(Digest::of(b"other")))
        .unwrap_err();
    assert_eq!(error.code(), "digest-mismatch");
    assert!(server.asked().iter().all(|it| !it.path.contains("/blobs/")));
}

#[test]
fn a_manifest_with_other_bytes_than_pinned_or_announced_is_refused() {
    let other = wasm_manifest(COMPONENT).to_string();
    let handler = move |asked: &Asked| answer(asked, other.as_bytes(), MANIFEST, COMPONENT);
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, handler);
    let pinned = format!("oci://registry.example/acme/mail@{}", Digest::of(b"pinned"));
    assert_eq!(world.go().fails(&pinned), "digest-mismatch");

    let bytes = wasm_manifest(COMPONENT).to_string();
    for (announced, code) in [
        (Digest::of(b"other").to_string(), "digest-mismatch"),
        ("sha512:00".to_owned(), "registry-response"),
        ("nonsense".to_owned(), "registry-response"),
    ] {
        let bytes = bytes.clone();
        fails_with(code, move |asked| {
            if asked.path.ends_with("/manifests/1") {
                return Reply::ok(bytes.as_bytes())
                    .with("content-type", MANIFEST)
                    .with("docker-content-digest", &announced);
            }
            answer(asked, bytes.as_bytes(), MANIFEST, COMPONENT)
        });
    }
}

#[test]
fn a_blob_with_other_bytes_of_the_same_size_is_refused() {
    let manifest = wasm_manifest(COMPONENT).to_string();
    fails_with("digest-mismatch", move |asked| {
        if asked.path.contains("/blobs/") {
            return Reply::ok(b"\0asm\x0d\0\x01\x01".as_slice());
        }
        answer(asked, manifest.as_bytes(), MANIFEST, COMPONENT)
    });
}

#[test]
fn a_blob_of_another_size_than_the_manifest_says_is_refused() {
    for body in [b"\0asm".as_slice(), b"\0asm\x0d\0\x01\0 and more"] {
        let manifest = wasm_manifest(COMPONENT).to_string();
        fails_with("size-mismatch", move |asked| {
            if asked.path.contains("/blobs/") {
                return Reply::ok(body);
            }
            answer(asked, manifest.as_bytes(), MANIFEST, COMPONENT)
        });
        // The same where the size is not announced.
        let manifest = wasm_manifest(COMPONENT).to_string();
        fails_with("size-mismatch", move |asked| {
            if asked.path.contains("/blobs/") {
                return Reply::Raw([b"HTTP/1.1 200 OK\r\n\r\n", body].concat());
            }
            answer(asked, manifest.as_bytes(), MANIFEST, COMPONENT)
        });
    }
}

#[test]
fn a_blob_that_never_ends_ends_at_the_size_in_the_manifest() {
    let manifest = wasm_manifest(COMPONENT).to_string();
    fails_with("size-mismatch", move |asked| {
        if asked.path.contains("/blobs/") {
            let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
            return Reply::Drip(head, vec![0; 1 << 16], None, std::time::Duration::ZERO);
        }
        answer(asked, manifest.as_bytes(), MANIFEST, COMPONENT)
    });
}

#[test]
fn what_a_manifest_says_is_too_large_is_never_asked_for() {
    let manifest = changed(|it| it["layers"][0]["size"] = json!(MAX_CONTENT_BYTES + 1));
    let mut world = World::new();
    let server = world.serve("registry.example", PUBLIC, registry_of(manifest, COMPONENT));
    assert_eq!(world.go().fails(SOURCE), "download-too-large");
    assert!(server.asked().iter().all(|it| !it.path.contains("/blobs/")));
}

#[test]
fn giant_and_deep_manifests_are_refused() {
    fails_with("download-too-large", |_| {
        Reply::ok(vec![b' '; 2 << 20]).with("content-type", MANIFEST)
    });
    let deep = format!(r#"{{"schemaVersion":2,"x":{}"#, "[".repeat(100_000));
    fails_with("artifact-invalid", move |_| {
        Reply::ok(deep.as_bytes()).with("content-type", MANIFEST)
    });
    let nested = |depth: usize| {
        changed(|it| {
            it["x"] = (0..depth).fold(json!(1), |inner, _| json!([inner]));
        })
    };
    manifest_fails_with("artifact-invalid", nested(20));
    manifest_is_taken(nested(10));
    manifest_fails_with(
        "artifact-invalid",
        changed(|it| {
            let layer = it["layers"][0].clone();
            it["layers"] = json!(vec![layer; 65]);
        }),
    );
}

#[test]
fn manifests_that_break_the_format_are_refused() {
    for manifest in [
        changed(|it| it["schemaVersion"] = json!(1)),
        changed(|it| it["schemaVersion"] = json!("2")),
        changed(|it| it["mediaType"] = json!(INDEX)),
        changed(|it| it["layers"] = json!({})),
        changed(|it| it["layers"][0]["digest"] = json!("sha256:abc")),
        changed(|it| it["layers"][0]["digest"] = json!("../../etc")),
        changed(|it| it["layers"][0]["digest"] = json!("sha512:00")),
        changed(|it| it["layers"][0]["size"] = json!(-1)),
        changed(|it| it["layers"][0]["size"] = json!(1e300)),
        changed(|it| drop(it.as_object_mut().unwrap().remove("config"))),
        json!([]),
        json!("text"),
    ] {
        manifest_fails_with("artifact-invalid", manifest);
    }
    let twice = wasm_manifest(COMPONENT).to_string().replacen(
        "\"layers\":",
        "\"layers\":[],\"layers\":",
        1,
    );
    fails_with("artifact-invalid", move |asked| {
        answer(asked, twice.as_bytes(), MANIFEST, COMPONENT)
    });
    manifest_is_taken(changed(|it| {
        drop(it.as_object_mut().unwrap().remove("mediaType"))
    }));
}

#[test]
fn what_is_no_component_or_skill_is_refused_by_name() {
    for (name, manifest) in [
        (
            "application/vnd.oci.image.config.v1+json",
            changed(|it| {
                it["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json")
            }),
        ),
        (
            "application/vnd.evil",
            changed(|it| it["layers"][0]["mediaType"] = json!("application/vnd.evil")),
        ),
        (
            "application/x-more",
            changed(|it| {
                let more = descriptor("application/x-more", b"x");
                it["layers"].as_array_mut().unwrap().push(more);
            }),
        ),
        (
            "two layers",
            changed(|it| {
                let again = it["layers"][0].clone();
                it["layers"].as_array_mut().unwrap().push(again);
            }),
        ),
        ("no layer", changed(|it| it["layers"] = json!([]))),
        (
            "application/wasm",
            changed(|it| it["artifactType"] = json!("application/vnd.remit.skill.v1")),
        ),
    ] {
        let mut world = World::new();
        let _server = world.serve("registry.example", PUBLIC, registry_of(manifest, COMPONENT));
        let error = world.go().fetch(SOURCE).unwrap_err();
        assert_eq!(error.code(), "artifact-unsupported");
        assert!(error.to_string().contains(name), "{error}");
    }
    for media_type in [
        "application/vnd.docker.distribution.manifest.v2+json",
        "text/html",
        "",
    ] {
        let bytes = wasm_manifest(COMPONENT).to_string();
        fails_with("artifact-unsupported", move |asked| {
            answer(asked, bytes.as_bytes(), media_type, COMPONENT)
        });
    }
}

#[test]
fn rules_that_another_host_put_beside_a_component_are_left_out() {
    let rules = descriptor("application/vnd.wasm.policy.v1+yaml", b"allow: all");
    let manifest = changed(|it| it["layers"].as_array_mut().unwrap().push(rules.clone()));
    let mut world = World::new();
    let server = world.serve("registry.example", PUBLIC, registry_of(manifest, COMPONENT));
    assert!(world.go().fetch(SOURCE).is_ok());
    let rules = rules["digest"].as_str().unwrap();
    assert!(server.asked().iter().all(|it| !it.path.contains(rules)));
}

#[test]
fn a_component_may_be_known_by_its_artifact_type() {
    manifest_is_taken(changed(|it| {
        it["artifactType"] = json!("application/vnd.wasm.config.v0+json");
        it["config"]["mediaType"] = json!("application/vnd.oci.empty.v1+json");
    }));
}

/// A registry with an index under the tag, and manifests by digest.
fn indexed(
    entries: Value,
    manifests: Vec<String>,
) -> impl Fn(&Asked) -> Reply + Send + Sync + 'static {
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string();
    move |asked: &Asked| {
        if asked.path.ends_with("/manifests/1") {
            return Reply::ok(index.as_bytes()).with("content-type", INDEX);
        }
        for manifest in &manifests {
            let digest = Digest::of(manifest.as_bytes()).to_string();
            if asked.path.ends_with(&format!("/manifests/{digest}")) {
                return answer(asked, manifest.as_bytes(), MANIFEST, COMPONENT);
            }
        }
        match asked.path.contains("/blobs/") {
            true => answer(asked, b"", MANIFEST, COMPONENT),
            false => Reply::status(404),
        }
    }
}

#[test]
fn an_index_is_followed_to_its_only_component() {
    let manifest = wasm_manifest(COMPONENT).to_string();
    let entry = |change: Value| {
        let mut entry = descriptor(MANIFEST, manifest.as_bytes());
        let all = change.as_object().unwrap().clone();
        entry.as_object_mut().unwrap().extend(all);
        entry
    };
    let wasm = entry(json!({"platform": {"architecture": "wasm", "os": "wasip2"}}));
    let typed = entry(json!({"artifactType": "application/vnd.wasm.config.v0+json"}));
    let linux = entry(json!({"platform": {"architecture": "amd64", "os": "linux"}}));
    let lying = entry(json!({"platform": {"architecture": "wasm"}, "size": 7}));
    for (entries, code) in [
        (json!([wasm]), None),
        (json!([typed]), None),
        (json!([linux, wasm]), None),
        (json!([]), Some("artifact-unsupported")),
        (json!([linux]), Some("artifact-unsupported")),
        (json!([wasm, typed]), Some("artifact-unsupported")),
        (json!([lying]), Some("size-mismatch")),
        (json!(vec![linux; 65]), Some("artifact-invalid")),
    ] {
        let mut world = World::new();
        let handler = indexed(entries, vec![manifest.clone()]);
        let _server = world.serve("registry.example", PUBLIC, handler);
        let fetched = world.go().fetch(SOURCE);
        match code {
            Some(code) => assert_eq!(fetched.unwrap_err().code(), code),
            None => {
                let digest = Digest::of(manifest.as_bytes());
                assert!(
                    fetched
                        .unwrap()
                        .resolved
                        .to_string()
                        .ends_with(&digest.to_string())
                );
            }
        }
    }
}

#[test]
fn a_tag_that_is_missing_and_a_digest_that_is_missing_are_two_things() {
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, |_| Reply::status(404));
    let world = world.go();
    let error = world.fetch(SOURCE).unwrap_err();
    assert_eq!(error.code(), "tag-missing");
    assert_eq!(error.class(), remit_policy::ErrorClass::Failed);
    let pinned = format!("oci://registry.example/acme/mail@{}", Digest::of(b"gone"));
    let error = world.fetch(&pinned).unwrap_err();
    assert_eq!(error.code(), "digest-missing");
    assert_eq!(error.class(), remit_policy::ErrorClass::Integrity);
}

#[test]
fn a_tag_that_moves_between_two_fetches_is_seen_and_the_pin_holds() {
    let old = wasm_manifest(COMPONENT).to_string();
    let new = wasm_manifest(b"\0asm\x0d\0\x01\0new").to_string();
    let count = AtomicUsize::new(0);
    let (first, second) = (old.clone(), new.clone());
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, move |asked| {
        if asked.path.ends_with("/manifests/1") && count.fetch_add(1, Ordering::SeqCst) > 0 {
            return answer(asked, second.as_bytes(), MANIFEST, COMPONENT);
        }
        answer(asked, first.as_bytes(), MANIFEST, COMPONENT)
    });
    let world = world.go();
    let source: Source = SOURCE.parse().unwrap();
    let before = block_on(world.fetcher.resolve(&source)).unwrap();
    let after = block_on(world.fetcher.resolve(&source)).unwrap();
    assert_ne!(before.source, after.source);
    assert_ne!(before.digest, after.digest);
    assert_eq!(
        world.fetch(&before.source.to_string()).unwrap().digest,
        before.digest.unwrap()
    );
    assert_eq!(
        world
            .fetch_expecting(SOURCE, before.digest)
            .unwrap_err()
            .code(),
        "digest-mismatch"
    );
}

#[test]
fn a_failing_registry_is_quoted_safely() {
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, |_| {
        let body = json!({"errors": [{"code": "X", "message": "down \u{1b}[2J\u{202e}"}]});
        Reply::Whole(503, Vec::new(), body.to_string().into_bytes())
    });
    let error = world.go().fetch(SOURCE).unwrap_err();
    assert_eq!(error.code(), "registry-failed");
    assert!(error.to_string().contains("down \\u{1b}"), "{error}");
}

#[test]
fn a_blob_may_come_from_another_place_and_is_checked_all_the_same() {
    for (body, code) in [
        (COMPONENT, None),
        (b"\0asm\x0d\0\x01\x01".as_slice(), Some("digest-mismatch")),
    ] {
        let manifest = wasm_manifest(COMPONENT).to_string();
        let mut world = World::new();
        let _server = world.serve("registry.example", PUBLIC, move |asked| {
            if asked.path.contains("/blobs/") {
                return Reply::redirect("https://cdn.example/blob");
            }
            answer(asked, manifest.as_bytes(), MANIFEST, COMPONENT)
        });
        let _cdn = world.serve("cdn.example", "93.184.216.35", move |_| Reply::ok(body));
        let fetched = world.go().fetch(SOURCE);
        assert_eq!(fetched.err().map(|error| error.code()), code);
    }
}
