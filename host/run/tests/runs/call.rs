//! One call, for a plugin's author.

use remit_policy::{Grant, Layer, OperatorPolicy};
use remit_run::{CallOptions, Host, HostOptions, audit};
use serde_json::json;

use super::support::{World, plugin};

fn options(world: &World, grants: &[&str]) -> CallOptions {
    let mut options = CallOptions {
        folder: Some(world.path("demo")),
        ..CallOptions::new()
    };
    for grant in grants {
        options = options.allow(Grant::parse(Layer::Grant, grant).unwrap());
    }
    options
}

#[tokio::test]
async fn a_call_gets_what_is_allowed_and_no_more() {
    let world = World::new();
    world.skill("version = \"0.1.0\"\n").mailbox();
    let call = |options| {
        world.host.call(
            plugin("mail.wasm"),
            "search",
            json!({"query": "lunch"}),
            options,
        )
    };
    let result = call(options(&world, &["files read ./data/mail /mail"]))
        .await
        .unwrap();
    assert_eq!(result.output["total"], 1);
    let error = call(options(&world, &[])).await.unwrap_err();
    assert_eq!(error.class().exit_status(), 3, "{error}");
    let outcomes: Vec<_> = world
        .records()
        .into_iter()
        .filter(|r| r.kind == "call")
        .map(|r| r.text("outcome").unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["ok", error.code()]);
}

#[tokio::test]
async fn a_value_that_need_not_be_configured_is_no_reason() {
    let world = World::new();
    world.file("data/note.txt", "hello");
    let call = |path: &'static str, grants: &[&str]| {
        let input = json!({ "path": path });
        world
            .host
            .call(plugin("drive.wasm"), "read", input, options(&world, grants))
    };
    // It looks for `folder`, and takes /drive where none is configured.
    let error = call("no.txt", &["files read ./data /drive"])
        .await
        .unwrap_err();
    assert_eq!(error.code(), "fault-not-found", "{error}");
    let error = call("note.txt", &[]).await.unwrap_err();
    assert_eq!(error.code(), "capability-not-granted", "{error}");
    call("note.txt", &["files read ./data /drive"])
        .await
        .unwrap();
    // What it cannot do without is the reason.
    let error = world
        .host
        .call(
            plugin("metrics.wasm"),
            "query",
            json!({"query": "up"}),
            options(&world, &[]),
        )
        .await
        .unwrap_err();
    assert_eq!(error.code(), "config-not-granted", "{error}");
}

#[tokio::test]
async fn wrong_use_is_said_before_anything_runs() {
    let world = World::new();
    let call = |operation: &'static str, input| {
        world
            .host
            .call(plugin("mail.wasm"), operation, input, options(&world, &[]))
    };
    assert_eq!(
        call("serch", json!({})).await.unwrap_err().code(),
        "operation-unknown"
    );
    let error = call("search", json!({"limit": "many"})).await.unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_status()),
        ("call-input-invalid", 2)
    );
    assert!(!world.kinds().contains(&"call".to_owned()));
}

#[tokio::test]
async fn nothing_is_handed_on_that_cannot_be_recorded() {
    let world = World::new();
    world.skill("version = \"0.1.0\"\n").mailbox();
    let options = || options(&world, &["files read ./data/mail /mail"]);
    let call = |options| {
        world.host.call(
            plugin("mail.wasm"),
            "search",
            json!({"query": "lunch"}),
            options,
        )
    };
    call(options()).await.unwrap();
    let log = audit::folder(world.host.dirs()).join("000001.jsonl");
    std::fs::OpenOptions::new()
        .write(true)
        .open(log)
        .unwrap()
        .set_len(3)
        .unwrap();
    let error = call(options()).await.unwrap_err();
    assert_eq!(error.class().exit_status(), 4, "{error}: {}", error.code());
}

#[tokio::test]
async fn a_description_that_cannot_be_recorded_is_neither_used_nor_kept() {
    let world = World::new();
    world.skill("version = \"0.1.0\"\n");
    let show = async |host: &Host| host.component_card(plugin("mail.wasm")).await.map(drop);
    let folder = audit::folder(world.host.dirs());
    std::fs::write(folder.join("000001.jsonl"), "no").unwrap();
    let error = show(&world.host).await.unwrap_err();
    assert_eq!(error.class().exit_status(), 4, "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
    let again = Host::open(HostOptions {
        dirs: Some(world.host.dirs().clone()),
        ..HostOptions::default()
    })
    .unwrap();
    show(&again).await.unwrap();
    assert_eq!(world.kinds(), ["described"], "it was asked again");
    show(&again).await.unwrap();
    assert_eq!(world.kinds(), ["described"], "and then kept");
}

#[tokio::test]
async fn remits_own_data_is_never_mounted() {
    let world = World::new();
    let data = world.host.dirs().data.display().to_string();
    for folder in [
        data.clone(),
        format!("{data}/audit"),
        world.path("").display().to_string(),
    ] {
        let options = options(
            &world,
            &[&format!(
                "files read {} /mail",
                folder.trim_end_matches('/')
            )],
        );
        let error = world
            .host
            .call(plugin("mail.wasm"), "list_folders", json!({}), options)
            .await
            .unwrap_err();
        assert_eq!(
            (error.code(), error.class().exit_status()),
            ("mount-forbidden", 3),
            "{folder}"
        );
    }
}

#[tokio::test]
async fn the_operators_policy_is_above_every_grant() {
    let allow = |rules: &[&str]| {
        let rules = rules
            .iter()
            .map(|rule| Grant::parse(Layer::Policy, rule).unwrap())
            .collect();
        let policy = OperatorPolicy {
            allow: Some(rules),
            ..OperatorPolicy::default()
        };
        let world = World::with(|options| HostOptions {
            policy: Some(policy),
            ..options
        });
        world.skill("version = \"0.1.0\"\n").mailbox();
        world
    };
    for (rules, allowed) in [
        (&["files read * /mail"][..], true),
        (&["files read * /drive"], false),
        (&[], false),
    ] {
        let world = allow(rules);
        let options = options(&world, &["files read ./data/mail /mail"]);
        let result = world
            .host
            .call(
                plugin("mail.wasm"),
                "search",
                json!({"query": "lunch"}),
                options,
            )
            .await;
        match result {
            Ok(result) => assert!(allowed && result.output["total"] == 1, "{rules:?}"),
            Err(error) => assert!(
                !allowed && error.class().exit_status() == 3,
                "{rules:?}: {error}"
            ),
        }
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_not_taken_for_none() {
    let home = tempfile::tempdir().unwrap();
    let dirs = remit_package::Dirs::under(home.path());
    std::fs::create_dir_all(&dirs.config).unwrap();
    for (text, code) in [
        ("max_effect = \"read\"\n", None),
        ("alow = []\n", Some("policy-unusable")),
    ] {
        std::fs::write(dirs.config.join("policy.toml"), text).unwrap();
        let opened = Host::open(HostOptions {
            dirs: Some(dirs.clone()),
            ..HostOptions::default()
        });
        assert_eq!(opened.err().map(|error| error.code()), code, "{text}");
    }
    let policy = dirs.config.join("policy.toml");
    std::fs::remove_file(&policy).unwrap();
    let open = || {
        Host::open(HostOptions {
            dirs: Some(dirs.clone()),
            ..HostOptions::default()
        })
    };
    assert!(open().is_ok());
    std::os::unix::fs::symlink(home.path().join("gone"), &policy).unwrap();
    assert!(open().is_err(), "a link that leads nowhere");
}
