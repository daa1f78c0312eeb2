//! How sessions end, and what ends what they do: a finish, a client that is gone, a withdrawn approval, a full quota.

use std::time::{Duration, Instant};

use remit_run::{Cancel, Consent, RunState};
use serde_json::{Value, json};

use super::session::{STEPS, echo, kept, world};
use super::session_consent;
use super::support::World;

fn run_json(world: &World) -> Value {
    let runs = std::fs::read_dir(world.path("runs")).unwrap();
    let run = runs.into_iter().next().unwrap().unwrap().path();
    serde_json::from_str(&std::fs::read_to_string(run.join("run.json")).unwrap()).unwrap()
}

#[tokio::test]
async fn a_session_that_is_dropped_was_cancelled() {
    let world = world(STEPS);
    let session = world.begin().await.unwrap();
    let other = session.clone();
    drop(session);
    echo(&other, json!("a")).await.result.unwrap();
    assert_eq!(run_json(&world)["state"], "running");
    drop(other);
    let run = run_json(&world);
    assert_eq!(
        (&run["state"], &run["error"]["code"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
    assert_eq!(
        run["procedure"]["skipped"],
        json!(["each", "facts", "last"])
    );
    let records = world.records();
    let last = records.last().unwrap();
    assert_eq!(
        (last.kind.as_str(), last.text("state")),
        ("run-finished", Some("cancelled"))
    );
    assert_eq!(run["audit"][1], last.seq);
}

#[tokio::test]
async fn a_session_is_finished_once_and_takes_nothing_more() {
    let world = world(STEPS);
    let session = world.begin().await.unwrap();
    echo(&session, json!("a")).await.result.unwrap();
    let report = session.finish().await.unwrap();
    assert_eq!(report.state, RunState::Incomplete);
    assert_eq!(session.finish().await.unwrap(), report);
    assert_eq!(session.report(), report);
    let records = world.records().len();
    let call = echo(&session, json!("b")).await;
    assert_eq!(call.result.unwrap_err().code(), "session-over");
    let step = session.step("each", None, None, &|_| ()).await;
    assert_eq!(step.unwrap_err().code(), "session-over");
    assert_eq!(
        session.put_output("facts.json", "{}").unwrap_err().code(),
        "session-over"
    );
    assert!(session.procedure().next.is_none());
    drop(session);
    let all = world.records();
    assert!(all[records..].iter().all(|record| record.kind == "refused"));
    assert_eq!(run_json(&world)["state"], "incomplete");
}

#[tokio::test]
async fn what_goes_on_when_a_session_is_finished_is_ended_first() {
    let world = world(STEPS);
    let session = world.begin().await.unwrap();
    let busy = session.clone();
    let spin = json!({"op": "spin", "ms": 60_000});
    let call = tokio::spawn(async move { busy.call("one", "do", &spin, None, None).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    session.finish().await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    let call = call.await.unwrap();
    assert_eq!(call.result.unwrap_err().code(), "cancelled");
    let records = world.records();
    let kinds: Vec<_> = records.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds.last(), Some(&"run-finished"));
    assert!(
        records
            .iter()
            .any(|it| it.kind == "call" && it.text("outcome") == Some("cancelled"))
    );
}

#[tokio::test]
async fn a_call_is_ended_by_its_client_and_one_that_is_given_up_is_kept() {
    let world = world(STEPS);
    let session = world.begin().await.unwrap();
    let spin = json!({"op": "spin", "ms": 60_000});
    let cancel = Cancel::new();
    let soon = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        soon.cancel();
    });
    let call = session.call("one", "do", &spin, None, Some(cancel)).await;
    assert_eq!(call.result.unwrap_err().code(), "cancelled");
    let given_up = session.call("one", "do", &spin, None, None);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), given_up)
            .await
            .is_err()
    );
    for number in [1, 2] {
        let call = kept(&session, number);
        assert_eq!(
            (&call["outcome"], &call["arguments"]),
            (&json!("cancelled"), &spin)
        );
    }
    // An item that was given up can be done again.
    let steps = "[[steps]]\nid = \"s\"\ncall = \"one.do\"\nwith = { op = \"sleep\", ms = 1500 }\n";
    let slow = super::session::world(steps);
    let session = slow.begin().await.unwrap();
    let sleep = json!({"op": "sleep", "ms": 1500});
    let call = session.call("one", "do", &sleep, None, None);
    assert!(
        tokio::time::timeout(Duration::from_millis(20), call)
            .await
            .is_err()
    );
    let step = session.step("s", None, None, &|_| ());
    assert!(
        tokio::time::timeout(Duration::from_millis(20), step)
            .await
            .is_err()
    );
    let call = session.call("one", "do", &sleep, None, None).await;
    assert_eq!(call.step.as_deref(), Some("s"));
    assert_eq!(session.finish().await.unwrap().state, RunState::Done);
}

#[tokio::test]
async fn two_calls_go_on_at_once_and_one_of_two_alike_is_the_steps() {
    let steps = "[[steps]]\nid = \"s\"\ncall = \"one.do\"\nwith = { op = \"sleep\", ms = 400 }\n";
    let world = super::session::world(steps);
    let session = world.begin().await.unwrap();
    let input = json!({"op": "sleep", "ms": 400});
    session
        .call("one", "do", &json!({"op": "counter"}), None, None)
        .await
        .result
        .unwrap();
    let begun = Instant::now();
    let calls = (0..4).map(|_| session.call("one", "do", &input, None, None));
    let step = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        session.step("s", None, None, &|_| ()).await
    };
    let (calls, step) = tokio::join!(futures_util::future::join_all(calls), step);
    assert_eq!(step.unwrap_err().code(), "step-busy");
    assert!(
        begun.elapsed() < Duration::from_millis(1500),
        "{:?}",
        begun.elapsed()
    );
    let steps = calls
        .iter()
        .filter(|call| call.step.as_deref() == Some("s"))
        .count();
    assert_eq!(steps, 1);
    assert!(calls.iter().all(|call| call.result.is_ok()));
    let report = session.finish().await.unwrap();
    assert_eq!(report.procedure.unwrap().extra_calls, 4);
    assert_eq!(report.state, RunState::Done);
}

#[tokio::test]
async fn a_withdrawn_approval_ends_what_the_session_may() {
    let world = session_consent::world().await;
    let session = world.begin().await.unwrap();
    let input = json!({"op": "echo", "value": "a"});
    session
        .call("one", "do", &input, None, None)
        .await
        .result
        .unwrap();
    let needed = session.step_question("two").unwrap().unwrap();
    let authority = world.host.authority_of(&world.open().await);
    world.host.revoke(&[authority], "ada").unwrap();
    let call = session.call("one", "do", &input, None, None).await;
    assert_eq!(call.result.unwrap_err().code(), "approval-withdrawn");
    let yes = Some(Consent::of(&needed, "a form"));
    let step = session.step("two", yes, None, &|_| ()).await;
    assert_eq!(step.unwrap_err().code(), "approval-withdrawn");
    let output = session.put_output("t.md", "x");
    assert_eq!(output.unwrap_err().code(), "approval-withdrawn");
    let records = world.records();
    let after = records.iter().skip_while(|it| it.kind != "revoked").skip(1);
    let after: Vec<_> = after
        .map(|it| (it.kind.as_str(), it.text("code")))
        .collect();
    assert_eq!(after, [("refused", Some("approval-withdrawn")); 3]);
}

#[tokio::test]
async fn a_session_keeps_so_much_and_no_more() {
    let steps = "[[steps]]\nid = \"s\"\nfor_each = \"{{ range(40) }}\"\ntemplate = \"t.j2\"\noutput = \"{{ item }}.txt\"\n";
    let world = super::session::world(steps);
    world.file("t.j2", "x");
    let session = world.begin().await.unwrap();
    let long = "x".repeat(16 << 20);
    let too_long = format!("{long}x");
    let refused = session.put_output("0.txt", &too_long).unwrap_err();
    assert_eq!(refused.code(), "output-invalid");
    echo(&session, json!("a")).await.result.unwrap();
    let codes = (0..17).map(|n| session.put_output(&format!("{n}.txt"), &long));
    let codes: Vec<_> = codes
        .map(|put| put.map_or_else(|e| e.code(), |_| "ok"))
        .collect();
    assert_eq!(codes.iter().filter(|code| **code == "ok").count(), 15);
    assert_eq!(codes.last(), Some(&"session-full"));
    let call = echo(&session, json!("a")).await;
    assert_eq!(call.result.unwrap_err().code(), "session-full");
    let step = session.step("s", None, None, &|_| ()).await;
    assert_eq!(step.unwrap_err().code(), "session-full");
    assert!(!session.folder().join("calls/2.json").exists());
    assert_eq!(session.finish().await.unwrap().state, RunState::Incomplete);
}
