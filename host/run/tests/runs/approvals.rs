//! What needs a person's yes, and for how long it holds.

use std::sync::Arc;

use remit_run::{Answer, Approval, Approver, ChangeKind, Question, RunOptions};

use super::support::World;

const HTTP: &str = r#"
version = "0.1.0"
[plugins.mail]
component = "MAIL"
operations = ["search"]
[[plugins.mail.http]]
origin = "https://a.example"
[[steps]]
id = "t"
template = "t.j2"
output = "t.md"
"#;

struct Says(Answer);

#[async_trait::async_trait]
impl Approver for Says {
    async fn ask(&self, _: Question) -> Answer {
        self.0
    }
}

fn world(manifest: &str) -> World {
    let world = World::new();
    world.skill(manifest).file("t.j2", "x");
    world
}

#[tokio::test]
async fn http_needs_a_yes_and_nobody_there_means_no() {
    let world = world(HTTP);
    let error = world.run().await.unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_status()),
        ("not-approved", 3)
    );
    assert!(error.hint().unwrap().contains("--approve"));
    assert!(!world.path("out").exists());
    assert!(world.kinds().contains(&"refused".to_owned()));
    let report = world
        .run_with(RunOptions::new().approve(true))
        .await
        .unwrap();
    assert_eq!(report.approval, "this-run");
}

#[tokio::test]
async fn a_yes_that_is_kept_holds_until_something_changes() {
    let world = world(HTTP);
    let open = world.open().await;
    assert!(matches!(
        world.host.approval(&open).unwrap(),
        Approval::Needed { .. }
    ));
    world.host.approve(&open, "ada").unwrap();
    assert!(
        matches!(world.host.approval(&open).unwrap(), Approval::Approved { who, .. } if who == "ada")
    );
    assert_eq!(world.run().await.unwrap().approval, "kept");

    // Another order and spelling means the same.
    world.skill(&HTTP.replace(
        "origin = \"https://a.example\"",
        "paths = [\"/**\"]\nmethods = [\"HEAD\", \"GET\"]\norigin = \"https://a.example\"",
    ));
    assert!(matches!(
        world.host.approval(&world.open().await).unwrap(),
        Approval::Approved { .. }
    ));

    world.skill(&HTTP.replace("a.example", "b.example"));
    let Approval::Needed { changes, .. } = world.host.approval(&world.open().await).unwrap() else {
        panic!()
    };
    assert_eq!(
        changes.iter().map(|c| c.kind).collect::<Vec<_>>(),
        [ChangeKind::Added, ChangeKind::Removed]
    );
    assert!(changes[0].what.contains("b.example") && changes[1].what.contains("a.example"));
}

#[tokio::test]
async fn whatever_widens_what_was_approved_asks_again() {
    const WIDE: &str = r#"
version = "0.1.0"
[inputs.repo]
type = "string"
description = "Which repository"
enum = ["a/b", "a/c"]
default = "a/b"
[plugins.mail]
component = "MAIL"
operations = ["search"]
grants = ["http GET https://a.example/repos/{inputs.repo}/issues", "config k=v"]
limits = { time = "10s" }
[[steps]]
id = "t"
template = "t.j2"
output = "t.md"
"#;
    for (from, to, asks) in [
        (
            "default = \"a/b\"",
            "default = \"a/c\"",
            Some("the input repo"),
        ),
        ("\"a/c\"]", "\"a/c\", \"b/d\"]", Some("the input repo")),
        (
            "enum = [\"a/b\", \"a/c\"]",
            "minLength = 1",
            Some("the input repo"),
        ),
        ("\"10s\"", "\"20s\"", Some("the limit time")),
        (
            "{ time = \"10s\" }",
            "{ time = \"10s\", requests = 101 }",
            Some("the limit requests"),
        ),
        ("k=v", "k=w", Some("config k=w")),
        ("GET https", "GET,POST https", Some("http GET,POST")),
        ("/issues", "/**", Some("http GET")),
        ("a.example/repos", "b.example/repos", Some("b.example")),
        ("https://a", "http://a", Some("http://a")),
        (
            "issues\"",
            "issues max-requests=9\"",
            Some("max-requests=9"),
        ),
        (
            "issues\"",
            "issues addresses=10.0.0.1/32\"",
            Some("addresses=10.0.0.1/32"),
        ),
        (
            "[\"search\"]",
            "[\"search\", \"read\"]",
            Some("operation read"),
        ),
        (
            "\"config k=v\"",
            "\"config k=v\", \"files read ~/x /x\"",
            Some("files read ~/x"),
        ),
        (
            "\"config k=v\"",
            "\"config k=v\", 'secret t header a \"{secret}\" for https://a.example'",
            Some("secret t"),
        ),
        // What means the same does not ask.
        ("\"Which repository\"", "\"Which one\"", None),
        (
            "type = \"string\"\n",
            "title = \"Repository\"\ntype = \"string\"\n",
            None,
        ),
        (
            "default = \"a/b\"\n[plugins",
            "default = \"a/b\"\n# more\n[plugins",
            None,
        ),
        ("output = \"t.md\"", "output = \"u.md\"", None),
    ] {
        let world = world(WIDE);
        world.host.approve(&world.open().await, "ada").unwrap();
        assert_eq!(world.run().await.unwrap().approval, "kept", "{to}");
        let changed = WIDE.replacen(from, to, 1);
        assert_ne!(changed, WIDE, "{from}");
        world.skill(&changed);
        match (world.host.approval(&world.open().await).unwrap(), asks) {
            (Approval::Approved { .. }, None) => {}
            (Approval::Needed { changes, .. }, Some(what)) => {
                let said = changes.iter().any(|change| change.what.contains(what));
                assert!(said, "{to}: {changes:?}");
            }
            (state, _) => panic!("{to}: {state:?}"),
        }
    }
}

#[tokio::test]
async fn a_kept_approval_that_does_not_hold_what_its_name_says_is_none() {
    let world = world(HTTP);
    world.host.approve(&world.open().await, "ada").unwrap();
    let folder = world.host.dirs().data.join("approvals");
    let kept = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    // The approval of one thing under the name of another.
    world.skill(&HTTP.replace("a.example", "b.example"));
    world.host.approve(&world.open().await, "ada").unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path != kept.path() {
            std::fs::copy(kept.path(), path).unwrap();
        }
    }
    assert!(matches!(
        world.host.approval(&world.open().await).unwrap(),
        Approval::Needed { .. }
    ));
}

#[test]
fn nobody_else_can_say_yes() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let dirs = remit_package::Dirs::under(home.path());
    let folder = dirs.data.join("approvals");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    let options = remit_run::HostOptions {
        dirs: Some(dirs),
        ..Default::default()
    };
    remit_run::Host::open(options).unwrap();
    let mode = folder.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn the_person_is_asked_and_the_answer_counts() {
    for (answer, approval) in [(Answer::Once, Some("asked")), (Answer::No, None)] {
        let world = world(HTTP);
        let options = RunOptions::new().approver(Arc::new(Says(answer)));
        let result = world.run_with(options).await;
        assert_eq!(
            result.ok().map(|report| report.approval).as_deref(),
            approval
        );
        assert!(matches!(
            world.host.approval(&world.open().await).unwrap(),
            Approval::Needed { .. }
        ));
    }
    let world = world(HTTP);
    world
        .run_with(RunOptions::new().approver(Arc::new(Says(Answer::Keep))))
        .await
        .unwrap();
    assert!(matches!(
        world.host.approval(&world.open().await).unwrap(),
        Approval::Approved { .. }
    ));
}

#[tokio::test]
async fn what_needs_a_yes_is_what_the_rules_say() {
    let files = |path: &str, access: &str| {
        HTTP.replace(
            "[[plugins.mail.http]]\norigin = \"https://a.example\"",
            &format!("[[plugins.mail.files]]\npath = \"{path}\"\nmount = \"/mail\"\naccess = \"{access}\""),
        )
    };
    for (path, access, needed) in [
        ("data", "read", false),
        ("data", "write", true),
        ("{run}/drafts", "write", false),
        ("~/mail", "read", true),
        ("/srv/mail", "read", true),
    ] {
        let world = world(&files(path, access));
        let state = world.host.approval(&world.open().await).unwrap();
        assert_eq!(
            matches!(state, Approval::Needed { .. }),
            needed,
            "{path} {access}"
        );
    }
}

#[tokio::test]
async fn a_step_that_asks_is_asked_about() {
    let manifest = "version = \"0.1.0\"\n[[steps]]\nid = \"t\"\napprove = \"it matters\"\ntemplate = \"t.j2\"\noutput = \"t.md\"\n";
    let no = world(manifest);
    let error = no.run().await.unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_status()),
        ("not-approved", 3)
    );
    assert!(!no.path("out/t.md").exists());
    let yes = world(manifest);
    yes.run_with(RunOptions::new().approver(Arc::new(Says(Answer::Once))))
        .await
        .unwrap();
    assert!(yes.path("out/t.md").exists() && yes.kinds().contains(&"asked".to_owned()));
}

#[tokio::test]
async fn the_card_says_what_it_may_reach_and_what_stays_closed() {
    let world = world(HTTP);
    let card = world.host.card(&world.open().await).unwrap();
    assert_eq!(
        (card.name.as_str(), card.version.as_deref()),
        ("demo", Some("0.1.0"))
    );
    let plugin = &card.plugins[0];
    assert_eq!(
        plugin.reaches[0].grant,
        "http GET,HEAD https://a.example/**"
    );
    assert!(plugin.reaches[0].needs_approval && plugin.reaches[0].narrowed.is_some());
    assert!(
        plugin
            .closed
            .iter()
            .any(|line| line.import.starts_with("wasi:filesystem/types"))
    );
    assert!(
        plugin
            .needs
            .as_ref()
            .unwrap()
            .iter()
            .any(|need| need.covered == Some(false))
    );
    assert!(
        plugin
            .operations
            .iter()
            .any(|op| op.name == "search" && op.allowed)
    );
    assert!(
        plugin
            .operations
            .iter()
            .any(|op| op.name == "read" && !op.allowed)
    );
}
