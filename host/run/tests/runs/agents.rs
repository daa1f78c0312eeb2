//! An approval under which agents write without asking each time.

use remit_run::{Approval, RunOptions};
use serde_json::Value;

use super::support::{World, plugin};

/// A folder that is read and written through `drive`, one operation of each kind.
const DRIVE: &str = r#"
version = "0.1.0"
[plugins.drive]
component = "DRIVE"
operations = ["list", "write_document"]
effect = "write"
config = { folder = "/work" }
[[plugins.drive.files]]
path = "data"
mount = "/work"
access = "write"
[[steps]]
id = "t"
template = "t.j2"
output = "t.md"
"#;

fn world(manifest: &str) -> World {
    let world = World::new();
    let drive = plugin("drive.wasm");
    world
        .skill(&manifest.replace("DRIVE", drive.to_str().unwrap()))
        .file("t.j2", "x")
        .file("data/a.txt", "a");
    world
}

fn reads_only() -> String {
    DRIVE
        .replace(", \"write_document\"", "")
        .replace("effect = \"write\"\n", "")
}

async fn may(world: &World) -> bool {
    world.host.agents_may_write(&world.open().await)
}

fn file(world: &World) -> std::path::PathBuf {
    let mut all = std::fs::read_dir(world.host.dirs().data.join("approvals")).unwrap();
    let path = all.next().unwrap().unwrap().path();
    assert!(all.next().is_none());
    path
}

#[tokio::test]
async fn agents_write_without_asking_only_where_somebody_said_so_and_until_it_is_taken_back() {
    let world = world(DRIVE);
    let open = world.open().await;
    assert!(!may(&world).await);
    world.host.approve(&open, "ada").unwrap();
    assert!(
        !may(&world).await,
        "an approval alone says nothing of agents"
    );
    world.host.approve_for_agents(&open, "bob").unwrap();
    assert!(may(&world).await);
    let Approval::Approved { who, agents, .. } = world.host.approval(&open).unwrap() else {
        panic!()
    };
    assert_eq!((who.as_str(), agents.unwrap().who.as_str()), ("ada", "bob"));
    let listed = world.host.kept_approvals().unwrap().approvals;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].agents.as_ref().unwrap().who, "bob");
    assert_eq!(world.run().await.unwrap().approval, "kept");
    // Approved once more without a word of agents.
    world.host.approve(&open, "ada").unwrap();
    assert!(!may(&world).await);
    assert!(matches!(
        world.host.approval(&open).unwrap(),
        Approval::Approved { agents: None, .. }
    ));
    // At once with the first approval; and gone with it.
    let hash = world.host.authority_of(&open);
    world.host.revoke(&[hash], "ada").unwrap();
    world.host.approve_for_agents(&open, "ada").unwrap();
    assert!(may(&world).await);
    world.host.revoke(&[hash], "ada").unwrap();
    assert!(!may(&world).await);
    world.host.approve(&open, "ada").unwrap();
    assert!(
        !may(&world).await,
        "a withdrawn word comes back with nothing"
    );
}

#[tokio::test]
async fn it_holds_for_the_skill_as_it_was_and_no_other() {
    let world = world(DRIVE);
    let open = world.open().await;
    world.host.approve_for_agents(&open, "ada").unwrap();
    let before = world.host.authority_of(&open);
    // It is no part of what the skill may do.
    world.host.approve(&open, "ada").unwrap();
    assert_eq!(world.host.authority_of(&open), before);
    world.host.approve_for_agents(&open, "ada").unwrap();
    let drive = plugin("drive.wasm");
    let wider = DRIVE.replace("\"list\"", "\"list\", \"read\"");
    world.skill(&wider.replace("DRIVE", drive.to_str().unwrap()));
    assert!(!may(&world).await);
    world.host.approve(&world.open().await, "ada").unwrap();
    assert!(!may(&world).await);
    world.skill(&DRIVE.replace("DRIVE", drive.to_str().unwrap()));
    assert!(may(&world).await);
}

#[tokio::test]
async fn a_skill_that_writes_nothing_has_nothing_to_allow() {
    let world = world(&reads_only());
    let open = world.open().await;
    let error = world.host.approve_for_agents(&open, "ada").unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_status()),
        ("no-writes", 2)
    );
    assert!(error.to_string().contains("nothing to allow"), "{error}");
    // Neither the one nor the other is kept, nor recorded.
    assert!(matches!(
        world.host.approval(&open).unwrap(),
        Approval::Needed { .. }
    ));
    assert!(!world.kinds().contains(&"approved".to_owned()));
    world.host.approve(&open, "ada").unwrap();
    assert!(!may(&world).await);
}

#[tokio::test]
async fn what_the_operator_forbids_no_agent_does() {
    let world = World::with(|options| remit_run::HostOptions {
        policy: Some(remit_policy::OperatorPolicy {
            max_effect: remit_policy::Effect::Read,
            ..Default::default()
        }),
        ..options
    });
    let drive = plugin("drive.wasm");
    world
        .skill(&DRIVE.replace("DRIVE", drive.to_str().unwrap()))
        .file("t.j2", "x")
        .file("data/a.txt", "a");
    let open = world.open().await;
    assert!(world.host.approve_for_agents(&open, "ada").is_err());
    assert!(!may(&world).await);
}

#[tokio::test]
async fn only_an_exact_word_in_the_file_allows_it() {
    let world = world(DRIVE);
    let open = world.open().await;
    world.host.approve(&open, "ada").unwrap();
    let path = file(&world);
    let plain: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert!(
        plain.get("agents").is_none(),
        "an approval is as it always was"
    );
    let with = |agents: Value| {
        let mut kept = plain.clone();
        kept["agents"] = agents;
        std::fs::write(&path, serde_json::to_vec(&kept).unwrap()).unwrap();
    };
    let yes = serde_json::json!({"who": "ada", "time": "2026-11-30T01:00:00.000Z"});
    with(yes.clone());
    assert!(may(&world).await);
    for (agents, still_approved) in [
        (Value::Null, true),
        (Value::Bool(true), false),
        (Value::Bool(false), false),
        ("yes".into(), false),
        (serde_json::json!({"who": "ada"}), false),
        (
            serde_json::json!({"who": "ada", "time": "t", "for": "*"}),
            false,
        ),
        (serde_json::json!([]), false),
    ] {
        with(agents.clone());
        assert!(!may(&world).await, "{agents}");
        let state = world.host.approval(&open).unwrap();
        assert_eq!(state.is_given(), still_approved, "{agents}");
    }
    // Twice is no word at all.
    let text = serde_json::to_string(&plain).unwrap();
    let twice = format!("{{\"agents\":null,\"agents\":{yes},{}", &text[1..]);
    std::fs::write(&path, twice).unwrap();
    assert!(!may(&world).await);
    with(yes);
    assert!(may(&world).await);
}

#[tokio::test]
async fn each_word_is_recorded_before_it_holds() {
    let world = world(DRIVE);
    let open = world.open().await;
    world.host.approve(&open, "ada").unwrap();
    world.host.approve_for_agents(&open, "ada").unwrap();
    world.host.approve(&open, "ada").unwrap();
    world.host.approve(&open, "ada").unwrap();
    let said: Vec<Option<bool>> = world
        .records()
        .into_iter()
        .filter(|record| record.kind == "approved")
        .map(|record| record.body.get("agents").and_then(Value::as_bool))
        .collect();
    assert_eq!(said, [None, Some(true), Some(false), None]);
    world.run_with(RunOptions::new()).await.unwrap();
}
