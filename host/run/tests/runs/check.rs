//! What `check` finds, each beside the twin that is in order.

use remit_run::Severity;

use super::support::World;

const HEAD: &str = r#"
version = "0.1.0"
[inputs.week]
type = "string"
default = "2026-W47"
[plugins.mail]
component = "MAIL"
operations = ["search", "read"]
config = { folder = "/mail" }
[[plugins.mail.files]]
path = "data/mail"
mount = "/mail"
access = "read"
[[steps]]
id = "found"
call = "mail.search"
with = { query = "x" }
[[steps]]
id = "one"
call = "mail.read"
with = { id = "a" }
"#;

async fn codes(manifest: &str) -> Vec<(&'static str, Option<usize>)> {
    let world = World::new();
    world
        .skill(manifest)
        .mailbox()
        .file("ok.j2", "{{ steps.found.total }}")
        .file("bad.j2", "\n{% if %}");
    let open = world.open().await;
    open.findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .map(|f| (f.code, f.line))
        .collect()
}

#[tokio::test]
async fn a_sound_skill_has_no_findings() {
    let world = World::new();
    world.skill(HEAD).mailbox();
    assert_eq!(world.open().await.findings, []);
}

#[tokio::test]
async fn each_fault_is_found_with_its_line() {
    let line = HEAD.lines().count() + 1;
    for (step, code) in [
        (
            "call = \"mail.search\"\nwith = { query = \"{{ inputs.wek }}\" }",
            "input-unknown",
        ),
        (
            "call = \"mail.search\"\nwith = { query = \"{{ steps.fund.total }}\" }",
            "step-unknown",
        ),
        (
            "call = \"mail.search\"\nwith = { query = \"{{ steps.x.total }}\" }",
            "step-later",
        ),
        (
            "call = \"mail.search\"\nwith = { query = \"{{ steps.found.totl }}\" }",
            "field-unknown",
        ),
        (
            "call = \"mail.search\"\nwith = { query = \"{{ item.id }}\" }",
            "item-outside-for-each",
        ),
        (
            "call = \"mail.search\"\nwith = { query = \"{{ itm }}\" }",
            "name-unknown",
        ),
        (
            "call = \"mail.search\"\nwith = { query = \"{{ 1 + }} x\" }",
            "expression-invalid",
        ),
        (
            "call = \"mail.search\"\nwith = { limit = 100000 }",
            "with-invalid",
        ),
        (
            "call = \"mail.search\"\nwith = { limit = \"ten\" }",
            "with-invalid",
        ),
        ("call = \"mail.send\"\nwith = {}", "operation-unknown"),
        (
            "call = \"mail.list_folders\"\nwith = {}",
            "operation-not-listed",
        ),
        (
            "when = \"{{ inputs.week | }}\"\ntemplate = \"ok.j2\"\noutput = \"a.md\"",
            "expression-invalid",
        ),
        (
            "check = \"{{ steps.nope }}\"\nmessage = \"m\"",
            "step-unknown",
        ),
    ] {
        let found = codes(&format!("{HEAD}[[steps]]\nid = \"x\"\n{step}\n")).await;
        assert_eq!(
            found.iter().map(|f| f.0).collect::<Vec<_>>(),
            [code],
            "{step}"
        );
        assert_eq!(found[0].1, Some(line), "{step}");
    }
}

#[tokio::test]
async fn the_right_twin_of_each_is_in_order() {
    for step in [
        "call = \"mail.search\"\nwith = { query = \"{{ inputs.week }}\", limit = 10 }",
        "call = \"mail.search\"\nwith = { query = \"{{ steps.found.total }}\" }",
        "for_each = \"{{ steps.found.messages }}\"\ncall = \"mail.read\"\nwith = { id = \"{{ item.id }}\" }",
        "template = \"ok.j2\"\noutput = \"a.md\"",
        "check = \"steps.found.total >= 0\"\nmessage = \"m\"",
    ] {
        assert_eq!(
            codes(&format!("{HEAD}[[steps]]\nid = \"x\"\n{step}\n")).await,
            [],
            "{step}"
        );
    }
}

#[tokio::test]
async fn a_template_that_does_not_parse_is_found_at_its_line() {
    let found = codes(&format!(
        "{HEAD}[[steps]]\nid = \"x\"\ntemplate = \"bad.j2\"\noutput = \"a.md\"\n"
    ))
    .await;
    assert_eq!(found, [("template-invalid", Some(2))]);
    for gone in ["gone.j2", "../SKILL.md", "/etc/passwd"] {
        let found = codes(&format!(
            "{HEAD}[[steps]]\nid = \"x\"\ntemplate = \"{gone}\"\noutput = \"a.md\"\n"
        ))
        .await;
        assert_eq!(
            found.first().map(|f| f.0),
            Some("template-invalid"),
            "{gone}: {found:?}"
        );
    }
}

#[tokio::test]
async fn a_skill_with_a_fault_does_not_run() {
    let world = World::new();
    world
        .skill(&HEAD.replace("mail.read\"", "mail.send\""))
        .mailbox();
    let error = world.run().await.unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_status()),
        ("operation-unknown", 2)
    );
    assert!(!world.path("out").exists());
}

#[tokio::test]
async fn idle_grants_and_unmet_needs_are_worth_a_look() {
    let idle = HEAD.replace(
        "[[steps]]\nid = \"found\"",
        "[[plugins.mail.http]]\norigin = \"https://a.example\"\n[[steps]]\nid = \"found\"",
    );
    let world = World::new();
    world.skill(&idle).mailbox();
    let open = world.open().await;
    let found: Vec<_> = open.findings.iter().map(|f| (f.code, f.severity)).collect();
    assert_eq!(found, [("grant-idle", Severity::Warning)]);
    // It asks to be told the folder, too: a skill that grants a part of what is asked for has chosen.
    let part = HEAD.replace("config = { folder = \"/mail\" }\n", "");
    assert_ne!(part, HEAD);
    let world = World::new();
    world.skill(&part).mailbox();
    assert_eq!(world.open().await.findings, []);
    let unmet = HEAD.replace(
        "[[plugins.mail.files]]\npath = \"data/mail\"\nmount = \"/mail\"\naccess = \"read\"\n",
        "",
    );
    let world = World::new();
    world.skill(&unmet).mailbox();
    let open = world.open().await;
    assert!(
        open.findings.iter().any(|f| f.code == "need-unmet"),
        "{:?}",
        open.findings
    );
}

#[tokio::test]
async fn what_is_no_component_is_a_finding_and_no_run() {
    for (bytes, code) in [
        (&b"\x7fELF\x02\x01\x01\0"[..], "component-is-compiled"),
        (b"hello", "component-not-wasm"),
        (b"", "component-empty"),
        (b"\0asm\x01\0\0\0", "component-is-module"),
    ] {
        let world = World::new();
        world.skill(&HEAD.replace("MAIL", "bad.wasm"));
        std::fs::write(world.path("demo/bad.wasm"), bytes).unwrap();
        let error = world.run().await.unwrap_err();
        assert_eq!((error.code(), error.class().exit_status()), (code, 2));
    }
}
