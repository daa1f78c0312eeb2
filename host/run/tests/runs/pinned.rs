//! remit.lock: each plugin is the same bytes and says the same, or the skill does not run.

use remit_package::{LOCK_FILE, Lock, SkillDir};

use super::support::{World, evil};

const SKILL: &str = "version = \"0.1.0\"\n[plugins.one]\ncomponent = \"one.wasm\"\noperations = [\"do\"]\n\
    [[steps]]\nid = \"one\"\ncall = \"one.do\"\nwith = { op = \"counter\" }\n";

async fn pinned() -> World {
    let world = World::new();
    world.skill(SKILL);
    std::fs::copy(evil(), world.path("demo/one.wasm")).unwrap();
    world.host.pin(&world.open().await).unwrap();
    world
}

async fn refused(world: &World) {
    let error = world.run().await.unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_status()),
        ("pin-mismatch", 4)
    );
    assert!(!world.path("out").exists());
    // The refusal is on record, and no call is.
    let records = world.records();
    let refused: Vec<_> = records.iter().filter(|r| r.kind == "refused").collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].text("code"), Some("pin-mismatch"));
    assert!(records.iter().all(|record| record.kind != "call"));
}

#[tokio::test]
async fn a_pinned_plugin_runs_and_the_lock_is_no_part_of_the_digest() {
    let world = World::new();
    world.skill(SKILL);
    std::fs::copy(evil(), world.path("demo/one.wasm")).unwrap();
    let before = world.open().await.skill().digest;
    world.host.pin(&world.open().await).unwrap();
    assert_eq!(world.open().await.skill().digest, before);
    world.run().await.unwrap();
}

#[tokio::test]
async fn other_bytes_than_those_pinned_do_not_run() {
    let world = pinned().await;
    let path = world.path("demo/one.wasm");
    let mut bytes = std::fs::read(&path).unwrap();
    // A custom section: another digest, the same behaviour.
    bytes.extend([0, 3, 1, b'x', 0]);
    std::fs::write(&path, bytes).unwrap();
    refused(&world).await;
}

#[tokio::test]
async fn another_description_than_the_one_pinned_does_not_run() {
    let world = pinned().await;
    let folder = SkillDir::open(&world.path("demo")).unwrap();
    let mut lock = Lock::read(&folder).unwrap().unwrap();
    for locked in lock.plugins.values_mut() {
        locked.description.summary = "Is harmless.".to_owned();
    }
    lock.write(&folder).unwrap();
    refused(&world).await;
}

#[tokio::test]
async fn a_lock_that_cannot_be_read_stops_the_run() {
    let world = pinned().await;
    let text = std::fs::read_to_string(world.path("demo").join(LOCK_FILE)).unwrap();
    world.file(LOCK_FILE, &text[..text.len() / 2]);
    let Err(error) = world.host.open_skill(world.path("demo")).await else {
        panic!("it opened")
    };
    assert_eq!(error.class().exit_status(), 4, "{}", error.code());
}

#[tokio::test]
async fn a_plugin_that_the_lock_does_not_name_is_worth_a_look() {
    let world = pinned().await;
    Lock::default()
        .write(&SkillDir::open(&world.path("demo")).unwrap())
        .unwrap();
    let found: Vec<_> = world
        .open()
        .await
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert!(found.contains(&"not-pinned"), "{found:?}");
}

/// A plain component of one function, which does nothing.
const PLAIN: &str = r#"(component
    (core module $m (func (export "f")))
    (core instance $i (instantiate $m))
    (func $f (canon lift (core func $i "f")))
    (export "f" (func $f)))"#;

fn plain_skill(effect: &str) -> String {
    format!(
        "version = \"0.1.0\"\n[plugins.one]\ncomponent = \"one.wasm\"\noperations = [\"f\"]\n{effect}\n\
         [[steps]]\nid = \"one\"\ncall = \"one.f\"\n"
    )
}

#[tokio::test]
async fn what_a_skill_says_of_a_plain_components_effects_is_not_pinned_and_its_bytes_are() {
    let world = World::new();
    world.skill(&plain_skill("effects = { f = \"read\" }"));
    let path = world.path("demo/one.wasm");
    let mut bytes = wat::parse_str(PLAIN).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    world.host.pin(&world.open().await).unwrap();
    assert!(world.open().await.is_runnable());
    world.skill(&plain_skill("effect = \"destructive\""));
    let open = world.open().await;
    assert!(open.is_runnable(), "{:?}", open.findings);
    bytes.extend([0, 3, 1, b'x', 0]);
    std::fs::write(&path, &bytes).unwrap();
    let open = world.open().await;
    assert!(open.findings.iter().any(|it| it.code == "pin-mismatch"));
}

#[tokio::test]
async fn a_plain_component_is_described_without_being_run() {
    let world = World::new();
    world.skill(&plain_skill("effects = { f = \"read\" }"));
    std::fs::write(world.path("demo/one.wasm"), wat::parse_str(PLAIN).unwrap()).unwrap();
    assert!(world.open().await.is_runnable());
    assert!(world.kinds().is_empty(), "{:?}", world.kinds());
    world.run().await.unwrap();
    assert!(world.kinds().contains(&"call".to_owned()));
}
