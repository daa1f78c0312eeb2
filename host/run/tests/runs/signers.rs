//! The operator's policy says who must have signed: a plugin is opened for a run, or not.

use std::path::Path;

use remit_package::{Digest, Dirs, Evidence, Store};
use remit_policy::OperatorPolicy;
use remit_run::CallOptions;
use remit_sign::{SecretKey, Signer, Subject, sign};

use super::support::{World, evil};

const SKILL: &str = "version = \"0.1.0\"\n[plugins.one]\ncomponent = \"one.wasm\"\noperations = [\"do\"]\n\
    [[steps]]\nid = \"one\"\ncall = \"one.do\"\nwith = { op = \"counter\" }\n";

fn signer(key: &SecretKey) -> String {
    Signer::Minisign(key.public()).to_string()
}

/// A world under a policy, in which the skill's plugin was kept with the signatures of these keys.
fn world(
    signers: Option<&[&SecretKey]>,
    revoked: &[&SecretKey],
    signed_by: &[&SecretKey],
) -> World {
    let list = |keys: &[&SecretKey]| {
        keys.iter()
            .map(|key| signer(key).parse().unwrap())
            .collect()
    };
    let policy = OperatorPolicy {
        signers: signers.map(list),
        revoked_signers: list(revoked),
        ..OperatorPolicy::default()
    };
    let world = World::with(|options| remit_run::HostOptions {
        policy: Some(policy),
        ..options
    });
    world.skill(SKILL);
    std::fs::copy(evil(), world.path("demo/one.wasm")).unwrap();
    let bytes = std::fs::read(evil()).unwrap();
    let digest = Digest::of(&bytes);
    let subject = Subject::new("evil", "0.1.0", digest).unwrap();
    let evidence: Vec<Evidence> = signed_by
        .iter()
        .map(|key| Evidence {
            name: "evil".to_owned(),
            version: "0.1.0".to_owned(),
            signature: sign(key, &bytes, &subject),
            key: Some(key.public().to_string()),
        })
        .collect();
    store(&world).keep_signatures(&digest, &evidence).unwrap();
    world
}

fn store(world: &World) -> Store {
    Store::open(world.host.dirs()).unwrap()
}

fn signatures_file(dirs: &Dirs) -> std::path::PathBuf {
    let folder = dirs.data.join("store/signatures");
    std::fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path()
}

async fn refused(world: &World, code: &str, status: u8) {
    let error = world.run().await.unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_status()),
        (code, status),
        "{error}"
    );
    assert!(error.hint().is_some());
    assert!(!world.path("out").exists());
    // Nothing of it ran: it was not even asked what it is.
    let kinds = world.kinds();
    assert!(
        !kinds.contains(&"call".to_owned()) && !kinds.contains(&"described".to_owned()),
        "{kinds:?}"
    );
    // Nor does an author's call open it.
    let called = world
        .host
        .prepare(world.path("demo/one.wasm"), CallOptions::new())
        .await;
    assert_eq!(called.err().unwrap().code(), code);
}

#[tokio::test]
async fn a_plugin_that_nobody_listed_signed_does_not_run_and_its_twin_does() {
    let (ada, eve) = (
        SecretKey::generate().unwrap(),
        SecretKey::generate().unwrap(),
    );
    world(Some(&[&ada]), &[], &[&ada]).run().await.unwrap();
    world(Some(&[&eve, &ada]), &[], &[&ada])
        .run()
        .await
        .unwrap();
    world(None, &[], &[]).run().await.unwrap();
    refused(&world(Some(&[&ada]), &[], &[]), "signer-required", 3).await;
    refused(&world(Some(&[&ada]), &[], &[&eve]), "signer-required", 3).await;
    refused(&world(Some(&[]), &[], &[&ada]), "signer-required", 3).await;
}

#[tokio::test]
async fn a_revoked_signer_counts_no_more() {
    let (ada, eve) = (
        SecretKey::generate().unwrap(),
        SecretKey::generate().unwrap(),
    );
    refused(&world(None, &[&eve], &[&eve]), "signer-revoked", 3).await;
    refused(&world(Some(&[&eve]), &[&eve], &[&eve]), "signer-revoked", 3).await;
    world(None, &[&eve], &[&ada]).run().await.unwrap();
    world(None, &[&eve], &[&eve, &ada]).run().await.unwrap();
}

#[tokio::test]
async fn what_is_kept_is_verified_again_each_time() {
    let ada = SecretKey::generate().unwrap();
    let world = world(Some(&[&ada]), &[], &[&ada]);
    world.open().await;
    let path = signatures_file(world.host.dirs());
    let text = std::fs::read_to_string(&path).unwrap();
    // The version that was signed is another, for whoever reads the store.
    std::fs::write(&path, text.replace("\"0.1.0\"", "\"9.9.9\"")).unwrap();
    refused_now(&world, "signer-required").await;
    // The bytes are others: what is kept is of none of them.
    std::fs::write(&path, &text).unwrap();
    let component = world.path("demo/one.wasm");
    let bytes = std::fs::read(&component).unwrap();
    std::fs::write(&component, [bytes.as_slice(), &[0, 3, 1, b'x', 0]].concat()).unwrap();
    refused_now(&world, "signer-required").await;
    // Somebody's own key beside the listed one's signature.
    std::fs::write(&component, &bytes).unwrap();
    let eve = SecretKey::generate().unwrap().public().to_string();
    std::fs::write(&path, text.replace(&ada.public().to_string(), &eve)).unwrap();
    refused_now(&world, "signer-required").await;
    std::fs::write(&path, "{").unwrap();
    refused_now(&world, "signatures-damaged").await;
    std::fs::write(&path, &text).unwrap();
    world.run().await.unwrap();
}

async fn refused_now(world: &World, code: &str) {
    assert_eq!(world.run().await.unwrap_err().code(), code);
    assert!(!Path::new(&world.path("out")).exists());
}

#[tokio::test]
async fn a_signature_that_does_not_hold_is_a_matter_of_integrity() {
    let ada = SecretKey::generate().unwrap();
    let world = world(Some(&[&ada]), &[], &[&ada]);
    let path = signatures_file(world.host.dirs());
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("name=evil", "name=good")).unwrap();
    refused(&world, "signer-required", 4).await;
}

#[test]
fn a_policy_that_lists_no_key_is_an_error() {
    let weak = format!("minisign:RW{}", "A".repeat(54));
    let policy: OperatorPolicy = toml::from_str(&format!("signers = [\"{weak}\"]")).unwrap();
    let root = tempfile::tempdir().unwrap();
    let opened = remit_run::Host::open(remit_run::HostOptions {
        dirs: Some(Dirs::under(root.path())),
        policy: Some(policy),
        ..Default::default()
    });
    assert_eq!(opened.err().unwrap().code(), "policy-unusable");
    for bad in [
        "signers = \"x\"",
        "signers = [\"x\"]",
        "revoked_signers = [\"minisign:x\"]",
        "signer = []",
    ] {
        assert!(toml::from_str::<OperatorPolicy>(bad).is_err(), "{bad}");
    }
}
