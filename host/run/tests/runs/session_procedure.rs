//! Steps that the host does for an agent, outputs that the agent hands in, checks that end the procedure.

use std::path::Path;

use remit_run::{By, Event, RunState, StepState};
use serde_json::{Value, json};

use super::session::{STEPS, echo, next, world};
use super::support::World;

#[tokio::test]
async fn a_whole_sample_skill_can_be_walked_step_by_step() {
    let world = World::new();
    let skill = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills/weekly-report");
    let session = world.begin_in(skill.canonicalize().unwrap()).await.unwrap();
    let heard = std::sync::Mutex::new(Vec::new());
    let mut walked = Vec::new();
    while let Some(next) = session.procedure().next {
        assert_eq!(next.why_not, None, "{}", next.id);
        let tell = |event: Event| heard.lock().unwrap().push(event);
        let report = session.step(&next.id, None, None, &tell).await.unwrap();
        assert_eq!((report.state, report.by), (StepState::Done, Some(By::Host)));
        walked.push(next.id);
    }
    assert!(walked.contains(&"opened".to_owned()) && !walked.contains(&"enough".to_owned()));
    let report = session.finish().await.unwrap();
    assert_eq!(report.state, RunState::Done);
    let procedure = report.procedure.unwrap();
    assert!(
        procedure.followed && procedure.extra_calls == 0,
        "{procedure:?}"
    );
    assert!(session.folder().join("report.html").exists());
    let heard = heard.into_inner().unwrap();
    let progress = heard
        .iter()
        .filter(|it| matches!(it, Event::StepProgress { .. }));
    assert!(progress.count() > 10);
    // The agent had the host do all of it, so it is what a run makes.
    let open = world.host.open_skill(&skill).await.unwrap();
    let options = remit_run::RunOptions::new().out(world.path("out"));
    let run = world.host.run(&open, options, |_| ()).await.unwrap();
    let digests = |outputs: &[remit_run::OutputFile], name: &str| {
        let found = outputs.iter().find(|it| it.path == name).unwrap();
        (found.digest.clone(), found.provenance.clone())
    };
    assert_eq!(
        digests(&report.outputs, "facts.json"),
        digests(&run.outputs, "facts.json")
    );
}

#[tokio::test]
async fn a_step_says_which_one_must_be_done_first() {
    let world = world(STEPS);
    let session = world.begin().await.unwrap();
    let quiet = |_| ();
    for (step, code, first) in [
        ("each", "step-not-ready", "first"),
        ("facts", "step-not-ready", "each"),
        ("last", "step-not-ready", "facts"),
        ("other", "step-unknown", "first, right"),
    ] {
        let error = session.step(step, None, None, &quiet).await.unwrap_err();
        assert_eq!(error.code(), code, "{step}");
        assert!(
            error.hint().unwrap().contains(first),
            "{step}: {:?}",
            error.hint()
        );
    }
    let error = session.put_output("facts.json", "{}").unwrap_err();
    assert_eq!(
        (error.code(), error.hint().unwrap().as_str()),
        ("step-not-ready", "do step each first")
    );
    session.step("first", None, None, &quiet).await.unwrap();
    // Again: it is done, and not done twice.
    let again = session.step("first", None, None, &quiet).await.unwrap();
    assert_eq!((again.state, again.calls), (StepState::Done, 1));
    let skipped = session.step("never", None, None, &quiet).await.unwrap();
    assert_eq!(skipped.state, StepState::Skipped);
    session.step("each", None, None, &quiet).await.unwrap();
    let calls = world.records();
    assert_eq!(calls.iter().filter(|it| it.kind == "call").count(), 3);
}

#[tokio::test]
async fn an_output_is_one_that_the_skill_declares_and_what_it_says() {
    let world = world(STEPS);
    let session = world.begin().await.unwrap();
    for path in ["other.md", "../facts.json", "run.json", "calls/1.json", ""] {
        let error = session.put_output(path, "{}").unwrap_err();
        assert_eq!(error.code(), "output-undeclared", "{path}");
    }
    session.step("first", None, None, &|_| ()).await.unwrap();
    session.step("each", None, None, &|_| ()).await.unwrap();
    let error = session.put_output("facts.md", "{}").unwrap_err();
    assert!(
        error.hint().unwrap().ends_with("facts.json"),
        "{:?}",
        error.hint()
    );
    let error = session.put_output("facts.json", "not JSON").unwrap_err();
    assert_eq!(error.code(), "output-invalid");
    assert_eq!(next(&session).as_deref(), Some("facts"));
    let file = session.put_output("facts.json", "{\"n\": 1}").unwrap();
    let error = session.put_output("facts.json", "{\"n\": 2}").unwrap_err();
    assert_eq!(error.code(), "step-over");
    assert_eq!(session.report().outputs, std::slice::from_ref(&file));
    let text = std::fs::read_to_string(session.folder().join("facts.json")).unwrap();
    assert_eq!(text, "{\"n\": 1}");
    let records = world.records();
    let output = records.iter().find(|it| it.kind == "output").unwrap();
    assert_eq!(output.text("digest"), Some(&*file.digest));
    assert_eq!(records.iter().filter(|it| it.kind == "refused").count(), 8);
    let report = session.finish().await.unwrap();
    assert_eq!(report.steps[4].by, Some(By::Agent));
    assert_eq!(report.outputs, [file]);
}

#[tokio::test]
async fn a_check_that_is_not_true_ends_the_procedure() {
    let steps = "[[steps]]\nid = \"a\"\ncall = \"one.do\"\nwith = { op = \"counter\" }\n\
        [[steps]]\nid = \"ok\"\ncheck = \"steps.a.count == COUNT\"\nmessage = \"there are {{ steps.a.count }}\"\n\
        [[steps]]\nid = \"b\"\ncall = \"one.do\"\nwith = { op = \"echo\", value = 1 }\n\
        [[steps]]\nid = \"f\"\ntemplate = \"t.j2\"\noutput = \"t.md\"\n";
    for (count, fails) in [("1", false), ("2", true)] {
        let world = world(&steps.replace("COUNT", count));
        world.file("t.j2", "x");
        let session = world.begin().await.unwrap();
        let input = json!({"op": "counter"});
        session
            .call("one", "do", &input, None, None)
            .await
            .result
            .unwrap();
        let state = session.procedure();
        let next = state.next.unwrap();
        assert_eq!(next.id == "ok", fails);
        assert_eq!(
            next.why_not.is_some_and(|why| why.contains("there are 1")),
            fails
        );
        let call = echo(&session, json!(1)).await;
        assert_eq!(call.step.is_none(), fails);
        let quiet = |_| ();
        let check = session.step("ok", None, None, &quiet).await;
        assert_eq!(
            check.err().map(|it| it.code()),
            fails.then_some("check-failed")
        );
        let host = session.step("f", None, None, &quiet).await;
        assert_eq!(
            host.err().map(|it| it.code()),
            fails.then_some("check-before")
        );
        let agent = session.put_output("t.md", "x").err().map(|it| it.code());
        assert_eq!(
            agent,
            Some(if fails { "check-before" } else { "step-over" })
        );
        let report = session.finish().await.unwrap();
        let state = if fails {
            RunState::Failed
        } else {
            RunState::Done
        };
        assert_eq!(report.state, state);
        assert_eq!(
            report.error.map(|it| it.code),
            fails.then(|| "check-failed".to_owned())
        );
        assert_eq!(report.procedure.unwrap().followed, !fails);
        let records = world.records();
        let step = records
            .iter()
            .find(|it| it.text("step") == Some("ok") && it.kind == "step");
        assert_eq!(
            step.unwrap().text("state"),
            Some(if fails { "failed" } else { "done" })
        );
    }
}

#[tokio::test]
async fn items_that_are_done_are_not_done_again() {
    let steps = "[[steps]]\nid = \"s\"\nparallel = 1\nfor_each = \"{{ ['echo', 'fault', 'echo'] }}\"\n\
        call = \"one.do\"\nwith = { op = \"{{ item }}\", value = \"{{ index }}\", kind = \"unavailable\", message = \"no\" }\n\
        [[steps]]\nid = \"t\"\nfor_each = \"{{ ['a', 'b'] }}\"\ntemplate = \"t.j2\"\noutput = \"{{ item }}.md\"\n";
    let world = world(steps);
    world.file("t.j2", "{{ item }}");
    let session = world.begin().await.unwrap();
    let quiet = |_| ();
    for made in [2, 3] {
        let error = session.step("s", None, None, &quiet).await.unwrap_err();
        assert_eq!(error.code(), "fault-unavailable");
        let records = world.records();
        assert_eq!(records.iter().filter(|it| it.kind == "call").count(), made);
    }
    let standing = &session.procedure().steps[0];
    assert_eq!(
        (standing.state, standing.items.unwrap().done),
        (StepState::Failed, 1)
    );
    let report = &session.report().steps[0];
    assert_eq!((report.calls, report.audit.len()), (3, 3));
    // The agent makes one of the outputs, the host the other.
    session.put_output("b.md", "mine").unwrap();
    let step = session.step("t", None, None, &quiet).await.unwrap();
    assert_eq!(
        (step.outputs, step.by),
        (vec!["a.md".to_owned(), "b.md".to_owned()], Some(By::Agent))
    );
    assert_eq!(
        std::fs::read_to_string(session.folder().join("b.md")).unwrap(),
        "mine"
    );
    let report = session.finish().await.unwrap();
    assert_eq!(report.state, RunState::Failed);
    assert_eq!(report.error.unwrap().code, "fault-unavailable");
}

#[tokio::test]
async fn any_item_of_a_long_list_is_the_steps() {
    let steps = "[[steps]]\nid = \"s\"\nfor_each = \"{{ range(300) }}\"\nwhen = \"item != 7\"\n\
        call = \"one.do\"\nwith = { op = \"echo\", value = \"{{ item }}\" }\n";
    let world = world(steps);
    let session = world.begin().await.unwrap();
    for (value, step) in [
        (json!(299), Some("s")),
        (json!(299), None),
        (json!(7), None),
        (json!(300), None),
        (json!("150"), None),
        (json!(150), Some("s")),
        (json!(0), Some("s")),
    ] {
        let call = echo(&session, value.clone()).await;
        assert_eq!(call.step.as_deref(), step, "{value}");
    }
    let next = session.procedure().next.unwrap();
    assert_eq!(next.items.map(|it| (it.done, it.total)), Some((4, 300)));
    let call = next.call.unwrap();
    assert_eq!(
        (call.arguments.unwrap()["value"].as_u64(), call.remaining),
        (Some(1), 296)
    );
    let records = world.records();
    let items = records.iter().filter(|it| it.kind == "call");
    let items: Vec<_> = items
        .filter_map(|it| it.body.get("item")?.as_u64())
        .collect();
    assert_eq!(items, [299, 150, 0]);
}

#[tokio::test]
async fn what_a_client_says_of_itself_is_capped_and_safe() {
    let world = world(STEPS);
    let mut agent = super::support::agent();
    agent.client = format!("rob\u{202e}ot\n{}", "x".repeat(1000));
    world
        .host
        .client_came(&agent, &["demo".to_owned()])
        .unwrap();
    world.host.client_left(&agent, 3).unwrap();
    let records = world.records();
    let name = records[0].text("client").unwrap();
    assert!(
        name.chars().count() <= 120 && !name.contains(['\u{202e}', '\n']),
        "{name}"
    );
    assert_eq!(records[0].body["skills"], json!(["demo"]));
    assert_eq!(records[1].kind, "session-finished");
    assert_eq!(records[1].body["calls"], 3);
    assert!(
        records[1].body["milliseconds"]
            .as_u64()
            .is_some_and(|ms| ms < 10_000)
    );
    let finished: Option<&Value> = records[1].body.get("session");
    assert_eq!(finished, records[0].body.get("session"));
}
