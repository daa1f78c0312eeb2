//! Publishing: what is sent, in which order, and registries that would have it sent elsewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use remit_package::Digest;
use remit_registry::{Kind, Offered, Published, Reference, RegistryError, Source};
use serde_json::Value;

use crate::server::{Asked, Reply};
use crate::world::{COMPONENT, Going, INDEX, World, block_on};

const PUBLIC: &str = "93.184.216.34";
const TO: &str = "oci://registry.example/acme/mail:1";

/// What was put, by its path.
type Kept = Arc<Mutex<BTreeMap<String, (String, Vec<u8>)>>>;

/// A registry that keeps what it is sent. It lists referrers, or does not.
fn keeping(kept: &Kept, lists: bool) -> impl Fn(&Asked) -> Reply + Send + Sync + 'static {
    let kept = kept.clone();
    move |asked: &Asked| {
        let path = asked.path.split('?').next().unwrap().to_owned();
        match asked.method.as_str() {
            "POST" => Reply::status(202).with("location", "/v2/acme/mail/blobs/uploads/7?state=x"),
            "PUT" if path.contains("/uploads/") => {
                let digest = Digest::of(&asked.body);
                let said = format!("/v2/acme/mail/blobs/uploads/7?state=x&digest={digest}");
                assert_eq!(asked.path.replace("%3A", ":"), said);
                let name = format!("/v2/acme/mail/blobs/{digest}");
                kept.lock()
                    .unwrap()
                    .insert(name, (String::new(), asked.body.clone()));
                Reply::status(201)
            }
            "PUT" => {
                let media_type = asked.header("content-type").unwrap().to_owned();
                let digest = Digest::of(&asked.body).to_string();
                let mut kept = kept.lock().unwrap();
                for name in [&path, &format!("/v2/acme/mail/manifests/{digest}")] {
                    kept.insert(name.clone(), (media_type.clone(), asked.body.clone()));
                }
                let reply = Reply::status(201).with("docker-content-digest", &digest);
                match lists {
                    true => reply.with("oci-subject", &digest),
                    false => reply,
                }
            }
            _ => match kept.lock().unwrap().get(&path) {
                Some((media_type, body)) => {
                    Reply::ok(body.as_slice()).with("content-type", media_type)
                }
                None => Reply::status(404),
            },
        }
    }
}

fn component(world: &Going) -> PathBuf {
    let path = world.folder.path().join("mail.wasm");
    std::fs::write(&path, COMPONENT).unwrap();
    path
}

fn skill(world: &Going, toml: &str) -> PathBuf {
    let path = world.folder.path().join("weekly");
    std::fs::create_dir_all(path.join("plugins")).unwrap();
    std::fs::write(
        path.join("SKILL.md"),
        "---\nname: weekly\ndescription: It does.\n---\nDo it.\n",
    )
    .unwrap();
    std::fs::write(path.join("skill.toml"), toml).unwrap();
    std::fs::write(path.join("plugins/mail.wasm"), COMPONENT).unwrap();
    path
}

fn publish(world: &Going, path: &Path, signatures: &[Offered]) -> Result<Published, RegistryError> {
    block_on(world.fetcher.publish(path, &reference(TO), signatures))
}

fn reference(text: &str) -> Reference {
    match text.parse().unwrap() {
        Source::Oci(reference) => reference,
        other => panic!("{other}"),
    }
}

fn signature() -> Offered {
    Offered {
        signature: b"untrusted comment: x\n".to_vec(),
        key: Some("a key".to_owned()),
    }
}

#[test]
fn what_is_published_is_what_is_fetched_with_its_signatures() {
    for lists in [true, false] {
        let kept = Kept::default();
        let mut world = World::new();
        let _server = world.serve("registry.example", PUBLIC, keeping(&kept, lists));
        let world = world.go();
        let bundle = Offered {
            signature: b"{\"mediaType\":\"x\"}".to_vec(),
            key: None,
        };
        let signatures = [signature(), bundle.clone()];
        let published = publish(&world, &component(&world), &signatures).unwrap();
        assert_eq!(published.digest, Digest::of(COMPONENT));
        assert_eq!(published.signatures, 2);
        if lists {
            continue; // This one keeps no list; that it is not needed is what was to be seen.
        }
        for source in [TO.to_owned(), published.source.to_string()] {
            let fetched = world.fetch(&source).unwrap();
            assert_eq!(fetched.resolved, published.source);
            assert_eq!(fetched.signatures, signatures);
        }
        // Once more changes nothing.
        let before = kept.lock().unwrap().clone();
        assert_eq!(
            publish(&world, &component(&world), &signatures).unwrap(),
            published
        );
        assert_eq!(*kept.lock().unwrap(), before);
    }
}

#[test]
fn the_fallback_index_is_made_only_where_the_registry_lists_nothing() {
    for lists in [true, false] {
        let kept = Kept::default();
        let mut world = World::new();
        let _server = world.serve("registry.example", PUBLIC, keeping(&kept, lists));
        let world = world.go();
        publish(&world, &component(&world), &[signature()]).unwrap();
        let kept = kept.lock().unwrap();
        let indexes = kept.values().filter(|(media_type, _)| media_type == INDEX);
        assert_eq!(indexes.count() > 0, !lists);
    }
}

#[test]
fn the_tag_is_put_last_so_that_nothing_under_it_is_ever_unsigned() {
    let kept = Kept::default();
    let mut world = World::new();
    let server = world.serve("registry.example", PUBLIC, keeping(&kept, false));
    let world = world.go();
    publish(&world, &component(&world), &[signature()]).unwrap();
    let asked = server.asked();
    let last = asked.last().unwrap();
    assert_eq!(
        (last.method.as_str(), last.path.as_str()),
        ("PUT", "/v2/acme/mail/manifests/1")
    );
}

#[test]
fn a_component_has_the_layout_that_others_read() {
    let kept = Kept::default();
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, keeping(&kept, true));
    let world = world.go();
    publish(&world, &component(&world), &[]).unwrap();
    let kept = kept.lock().unwrap();
    let manifest: Value = serde_json::from_slice(&kept["/v2/acme/mail/manifests/1"].1).unwrap();
    assert_eq!(
        manifest["mediaType"],
        "application/vnd.oci.image.manifest.v1+json"
    );
    assert_eq!(
        manifest["config"]["mediaType"],
        "application/vnd.wasm.config.v0+json"
    );
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    let title = &manifest["layers"][0]["annotations"]["org.opencontainers.image.title"];
    assert_eq!(title, "component.wasm");
    assert_eq!(manifest.get("artifactType"), None);
    let name = format!(
        "/v2/acme/mail/blobs/{}",
        manifest["config"]["digest"].as_str().unwrap()
    );
    let config: Value = serde_json::from_slice(&kept[&name].1).unwrap();
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(config["os"], "wasip2");
    assert_eq!(config["created"], "1970-01-01T00:00:00Z");
    assert_eq!(config["layerDigests"][0], Digest::of(COMPONENT).to_string());
    assert_eq!(config["component"]["exports"], serde_json::json!([]));
}

#[test]
fn a_skill_is_packed_and_comes_back_whole() {
    let kept = Kept::default();
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, keeping(&kept, false));
    let world = world.go();
    let folder = skill(
        &world,
        "[plugins.mail]\ncomponent = \"plugins/mail.wasm\"\n",
    );
    let published = publish(&world, &folder, &[signature()]).unwrap();
    assert_eq!(published.kind, Kind::SkillArchive);
    let fetched = world.fetch(TO).unwrap();
    assert_eq!(fetched.kind, Kind::SkillArchive);
    assert_eq!(
        fetched.digest,
        remit_registry::pack(&folder).unwrap().digest
    );
    let into = tempfile::tempdir().unwrap();
    let unpacked = remit_registry::unpack(&fetched.file, into.path()).unwrap();
    let skill = remit_package::Skill::open(&unpacked.root).unwrap();
    assert_eq!(
        skill.digest,
        remit_package::Skill::open(&folder).unwrap().digest
    );
    // The archive itself may be published as well, and is the same artifact.
    let archive = world.folder.path().join("weekly.tar.gz");
    std::fs::copy(&fetched.file, &archive).unwrap();
    assert_eq!(
        publish(&world, &archive, &[signature()]).unwrap(),
        published
    );
}

#[test]
fn what_could_not_be_installed_is_not_published() {
    let mut world = World::new();
    let server = world.serve("registry.example", PUBLIC, |_| Reply::status(500));
    let world = world.go();
    let digest = Digest::of(COMPONENT);
    for (toml, code) in [
        (
            "[plugins.mail]\ncomponent = \"../mail.wasm\"\n".to_owned(),
            "unpublishable",
        ),
        (
            "[plugins.mail]\ncomponent = \"plugins/none.wasm\"\n".to_owned(),
            "unpublishable",
        ),
        (
            format!("[plugins.mail]\ncomponent = \"{digest}\"\n"),
            "unpublishable",
        ),
        ("nonsense = 1\n".to_owned(), "manifest-unknown-key"),
    ] {
        let folder = skill(&world, &toml);
        assert_eq!(
            publish(&world, &folder, &[]).unwrap_err().code(),
            code,
            "{toml}"
        );
    }
    component(&world);
    let text = world.folder.path().join("text.wasm");
    std::fs::write(&text, "no wasm").unwrap();
    assert_eq!(
        publish(&world, &text, &[]).unwrap_err().code(),
        "component-not-wasm"
    );
    let missing = world.folder.path().join("missing.wasm");
    assert_eq!(
        publish(&world, &missing, &[]).unwrap_err().code(),
        "file-missing"
    );
    let many = vec![signature(); 17];
    let path = component(&world);
    assert_eq!(
        publish(&world, &path, &many).unwrap_err().code(),
        "signatures-too-many"
    );
    let pinned = reference(&format!("oci://registry.example/acme/mail@{digest}"));
    let error = block_on(world.fetcher.publish(&path, &pinned, &[])).unwrap_err();
    assert_eq!(error.code(), "source-invalid");
    assert!(server.asked().is_empty());
}

#[test]
fn an_upload_that_is_led_elsewhere_sends_nothing_there() {
    let sink = crate::server::Server::start(None, |_| Reply::status(201));
    for place in [
        "https://other.example/v2/acme/mail/blobs/uploads/7".to_owned(),
        "http://registry.example/v2/acme/mail/blobs/uploads/7".to_owned(),
        "https://registry.example:444/v2/acme/mail/blobs/uploads/7".to_owned(),
        "//other.example/v2/acme/mail/blobs/uploads/7".to_owned(),
        format!("http://{}/upload", sink.address()),
        "file:///tmp/x".to_owned(),
    ] {
        let mut world = World::new();
        let to = place.clone();
        let server = world.serve("registry.example", PUBLIC, move |asked| {
            match asked.method.as_str() {
                "POST" => Reply::status(202).with("location", &to),
                _ => Reply::status(404),
            }
        });
        let other = world.serve("other.example", "93.184.216.35", |_| Reply::status(201));
        let world = world.go();
        let code = publish(&world, &component(&world), &[]).unwrap_err().code();
        assert!(
            ["redirect-refused", "registry-response"].contains(&code),
            "{place}: {code}"
        );
        assert!(other.asked().is_empty(), "{place}");
        assert!(
            server.asked().iter().all(|it| it.method != "PUT"),
            "{place}"
        );
    }
    assert!(sink.asked().is_empty());
}

#[test]
fn an_upload_that_is_answered_by_a_redirect_is_not_followed() {
    for at in ["POST", "PUT"] {
        let kept = Kept::default();
        let inner = keeping(&kept, true);
        let mut world = World::new();
        let _server = world.serve("registry.example", PUBLIC, move |asked| {
            match asked.method == at {
                true => Reply::redirect("https://other.example/x"),
                false => inner(asked),
            }
        });
        let other = world.serve("other.example", "93.184.216.35", |_| Reply::status(201));
        let world = world.go();
        let error = publish(&world, &component(&world), &[]).unwrap_err();
        assert_eq!(error.code(), "registry-failed");
        assert!(other.asked().is_empty());
    }
}

#[test]
fn a_registry_that_keeps_other_bytes_is_found_out() {
    let kept = Kept::default();
    let inner = keeping(&kept, true);
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, move |asked| {
        match asked.method == "PUT" && asked.path.contains("/manifests/") {
            true => {
                let other = Digest::of(b"other").to_string();
                Reply::status(201).with("docker-content-digest", &other)
            }
            false => inner(asked),
        }
    });
    let world = world.go();
    let error = publish(&world, &component(&world), &[]).unwrap_err();
    assert_eq!(error.code(), "digest-mismatch");
}

#[test]
fn a_registry_that_does_not_allow_it_is_quoted() {
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, |_| {
        let body = br#"{"errors":[{"code":"DENIED","message":"quota exceeded"}]}"#;
        Reply::Whole(403, Vec::new(), body.to_vec())
    });
    let world = world.go();
    // HEAD has no body to quote; so it is the status that tells.
    let error = publish(&world, &component(&world), &[]).unwrap_err();
    assert_eq!(error.code(), "registry-denied");
    assert!(error.to_string().contains("writing acme/mail"), "{error}");
}
