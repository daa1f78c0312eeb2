//! Steps without a plugin, and with the mail plugin.

use remit_run::{Event, RunOptions, RunState, StepState};

use super::support::World;

const GREET: &str = r#"
version = "0.1.0"
[inputs.who]
type = "string"
default = "world"
[inputs.n]
type = "integer"
default = 2
[[steps]]
id = "greet"
template = "hello.md.j2"
output = "{{ inputs.who }}.md"
"#;

#[tokio::test]
async fn a_template_becomes_a_file_with_its_account() {
    let world = World::new();
    world.skill(GREET).file(
        "hello.md.j2",
        "Hello {{ inputs.who }}, {{ inputs.n + 1 }}!\n",
    );
    let report = world
        .run_with(RunOptions::new().input("who", "ada").input("n", "4"))
        .await
        .unwrap();
    assert_eq!(world.out("ada.md"), "Hello ada, 5!\n");
    assert_eq!(
        (report.state, report.approval.as_str()),
        (RunState::Done, "not-needed")
    );
    assert_eq!(report.outputs.len(), 1);
    assert!(report.outputs[0].provenance.inputs.contains("who"));
    let json = world.run_json();
    assert_eq!(json["state"], "done");
    assert_eq!(json["inputs"]["n"], 4);
    assert_eq!(json["steps"][0]["outputs"][0], "ada.md");
    assert_eq!(world.kinds(), ["run-started", "output", "run-finished"]);
    assert_eq!(report.audit, Some((0, 2)));
}

#[tokio::test]
async fn wrong_inputs_start_nothing() {
    let world = World::new();
    world.skill(GREET).file("hello.md.j2", "x");
    for (name, value, code) in [("n", "many", "input-invalid"), ("m", "1", "input-unknown")] {
        let error = world
            .run_with(RunOptions::new().input(name, value))
            .await
            .unwrap_err();
        assert_eq!((error.code(), error.class().exit_status()), (code, 2));
    }
    assert!(!world.path("out").exists());
}

#[tokio::test]
async fn no_output_leaves_the_runs_folder_or_takes_anothers_place() {
    for (who, code) in [
        ("../up", "output-path"),
        ("/abs", "output-path"),
        (".hidden", "output-path"),
        ("a//b", "output-path"),
        ("a/../b", "output-path"),
        ("a\u{202e}b", "output-path"),
        ("a\nb", "output-path"),
        ("a\u{9b}31mb", "output-path"),
    ] {
        let world = World::new();
        world.skill(GREET).file("hello.md.j2", "x");
        let error = world
            .run_with(RunOptions::new().input("who", who))
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{who}");
        assert!(!world.path("up.md").exists());
        assert_eq!(world.run_json()["state"], "failed");
    }
    for (output, code) in [
        ("world.md", Some("output-collision")),
        // On other disks than this one they would be the same file.
        ("World.MD", Some("output-collision")),
        ("run.json", Some("output-path")),
        ("Run.JSON", Some("output-path")),
        ("world.md/x", Some("output-path")),
        ("run.json/x", Some("output-path")),
        ("calls/1.json", Some("output-path")),
        ("Calls/x", Some("output-path")),
        ("other/calls/1.json", None),
        ("other/world.md", None),
        ("other/run.json", None),
    ] {
        let world = World::new();
        let twice = format!(
            "{GREET}\n[[steps]]\nid = \"again\"\ntemplate = \"hello.md.j2\"\noutput = \"{output}\"\n"
        );
        world.skill(&twice).file("hello.md.j2", "{}");
        let error = world.run().await.err();
        assert_eq!(error.map(|error| error.code()), code, "{output}");
        assert_eq!(world.out("world.md"), "{}");
    }
}

#[tokio::test]
async fn a_plan_says_what_is_known_and_leaves_the_rest_as_it_is_written() {
    let world = World::new();
    world
        .skill(
            "version = \"0.1.0\"\n[inputs.who]\ntype = \"string\"\ndefault = \"ada\"\n[plugins.mail]\n\
             component = \"MAIL\"\noperations = [\"search\"]\n[[steps]]\nid = \"found\"\ncall = \"mail.search\"\n\
             with = { from = \"{{ inputs.who }}\", to = \"{{ run.id }}\", after = \"{{ run.started | date }}\", subject = \"{{ run.skill }}\" }\n",
        )
        .mailbox();
    let open = world.open().await;
    let plan = world.host.plan(&open, &RunOptions::new()).unwrap();
    assert_eq!(
        plan.steps[0].with,
        Some(serde_json::json!({
            "from": "ada",
            "to": "{{ run.id }}",
            "after": "{{ run.started | date }}",
            "subject": "demo",
        }))
    );
}

#[tokio::test]
async fn a_folder_that_holds_something_is_not_run_into() {
    let world = World::new();
    world.skill(GREET).file("hello.md.j2", "x");
    world.run().await.unwrap();
    let error = world.run().await.unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_status()),
        ("out-not-empty", 2)
    );
}

#[tokio::test]
async fn for_each_when_and_check_decide_what_is_done() {
    let world = World::new();
    world
        .skill(
            r#"
version = "0.1.0"
[inputs.names]
type = "array"
default = ["a", "b", "c"]
[[steps]]
id = "each"
for_each = "{{ inputs.names }}"
when = "{{ item != 'b' }}"
template = "t.json.j2"
output = "{{ index }}-{{ item }}.json"
[[steps]]
id = "never"
when = "{{ inputs.names | length > 5 }}"
template = "never.j2"
output = "never.json"
[[steps]]
id = "right"
check = "{{ steps.never is none and steps.each[0].data.n == 'a' and steps.each[1] is none }}"
message = "no"
[[steps]]
id = "wrong"
check = "inputs.names | length > 5"
message = "only {{ inputs.names | length }} names"
"#,
        )
        .file("never.j2", "{}")
        .file("t.json.j2", r#"{"n": {{ item | tojson }}}"#);
    let (result, events) = world.run_and_hear(RunOptions::new()).await;
    let error = result.unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("check-failed", "step wrong: only 3 names")
    );
    assert!(world.path("out/0-a.json").exists() && world.path("out/2-c.json").exists());
    assert!(!world.path("out/1-b.json").exists() && !world.path("out/never.json").exists());
    let states: Vec<_> = world.run_json()["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["state"].clone())
        .collect();
    assert_eq!(states, ["done", "skipped", "done", "failed"]);
    let progress = events
        .iter()
        .filter(|event| matches!(event, Event::StepProgress { total: 3, .. }))
        .count();
    assert_eq!(progress, 3);
    assert!(events.iter().any(
        |e| matches!(e, Event::StepFinished { id, state: StepState::Skipped, .. } if id == "never")
    ));
    assert!(matches!(
        events.last(),
        Some(Event::RunFinished {
            state: RunState::Failed,
            ..
        })
    ));
}

const MAIL: &str = r#"
version = "0.1.0"
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
with = { query = "subject:status" }
[[steps]]
id = "messages"
for_each = "{{ steps.found.messages }}"
call = "mail.read"
with = { id = "{{ item.id }}" }
[[steps]]
id = "report"
template = "report.md.j2"
output = "report.md"
"#;

#[tokio::test]
async fn mail_becomes_a_report_that_knows_where_it_came_from() {
    let world = World::new();
    world.skill(MAIL).mailbox().file(
        "report.md.j2",
        "{% for m in steps.messages %}{{ m.subject }}: {{ m.text | trim }}\n{% endfor %}",
    );
    let report = world.run().await.unwrap();
    let text = world.out("report.md");
    assert!(
        text.contains("Status of the pier: Text 0.") && text.contains("Status again: Text 2."),
        "{text}"
    );
    assert!(!text.contains("Lunch"));
    let provenance = &report.outputs[0].provenance;
    assert_eq!(provenance.plugins.iter().collect::<Vec<_>>(), ["mail"]);
    assert!(provenance.steps.contains("found") && provenance.steps.contains("messages"));
    assert_eq!(report.steps[1].calls, 2);
    let records = world.records();
    let calls: Vec<_> = records
        .iter()
        .filter(|record| record.kind == "call")
        .collect();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[1].body["provenance"]["plugins"][0], "mail");
    assert!(
        calls
            .iter()
            .all(|call| call.text("outcome") == Some("ok") && call.text("grants_digest").is_some())
    );
    assert!(
        records
            .iter()
            .any(|record| record.kind == "decision" && record.text("capability") == Some("files"))
    );
}

#[tokio::test]
async fn a_skill_without_its_folder_is_denied_exactly_there() {
    let world = World::new();
    let without = MAIL.replace(
        "[[plugins.mail.files]]\npath = \"data/mail\"\nmount = \"/mail\"\naccess = \"read\"\n",
        "",
    );
    world.skill(&without).mailbox().file("report.md.j2", "x");
    let error = world.run().await.unwrap_err();
    assert_eq!(error.class().exit_status(), 3, "{error} {}", error.code());
    assert_eq!(world.run_json()["state"], "denied");
    assert_eq!(world.run_json()["steps"][0]["state"], "failed");
}

#[tokio::test]
async fn a_link_in_the_skill_does_not_make_another_folder_its_own() {
    let world = World::new();
    world.skill(MAIL).mailbox().file("report.md.j2", "x");
    std::fs::rename(world.path("demo/data/mail"), world.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(world.path("elsewhere"), world.path("demo/data/mail")).unwrap();
    let error = world.run().await.unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_status()),
        ("mount-forbidden", 3)
    );
}

#[tokio::test]
async fn a_cancelled_run_says_so() {
    let world = World::new();
    world.skill(GREET).file("hello.md.j2", "x");
    let cancel = remit_run::Cancel::new();
    cancel.cancel();
    let options = RunOptions {
        cancel: Some(cancel),
        ..RunOptions::new()
    };
    assert_eq!(
        world.run_with(options).await.unwrap_err().code(),
        "cancelled"
    );
    assert_eq!(world.run_json()["state"], "cancelled");
}
