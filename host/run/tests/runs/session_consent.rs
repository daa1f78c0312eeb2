//! What an agent may not do without a person's yes to exactly that.

use std::sync::{Arc, Mutex};

use remit_policy::Effect;
use remit_run::{Answer, Approver, Consent, Question, RunOptions, RunState, StepState};
use serde_json::{Value, json};

use super::support::{World, agent, evil};

const STEPS: &str = r#"
[[steps]]
id = "two"
for_each = "{{ ['x', 'y'] }}"
call = "one.do_write"
with = { op = "echo", value = "{{ item }}" }
[[steps]]
id = "asks"
approve = "it is read aloud"
call = "one.do"
with = { op = "echo", value = "aloud" }
[[steps]]
id = "file"
approve = "it is sent to all"
template = "t.j2"
output = "t.md"
"#;

/// A skill that writes.
fn unapproved() -> World {
    let world = World::new();
    let plugin = evil().display().to_string();
    world
        .skill(&format!(
            "version = \"0.1.0\"\n[plugins.one]\ncomponent = \"{plugin}\"\noperations = [\"do\", \"do_write\"]\neffect = \"write\"\n{STEPS}"
        ))
        .file("t.j2", "x");
    world
}

/// The same, approved by a person.
pub async fn world() -> World {
    let world = unapproved();
    world.host.approve(&world.open().await, "ada").unwrap();
    world
}

fn says(value: &str) -> Value {
    json!({"op": "echo", "value": value})
}

#[tokio::test]
async fn a_skill_that_no_person_approved_is_no_agents_to_begin() {
    let world = unapproved();
    let error = world.begin().await.err().unwrap();
    assert_eq!(error.code(), "not-approved");
    assert!(
        error
            .hint()
            .unwrap()
            .starts_with("a person must: `remit approve")
    );
    let kinds = world.kinds();
    assert_eq!(kinds.last().map(String::as_str), Some("refused"));
    assert!(!kinds.contains(&"run-started".to_owned()));
    assert!(!world.path("runs").exists());
    world.host.approve(&world.open().await, "ada").unwrap();
    let session = world.begin().await.unwrap();
    assert_eq!(session.report().approval, "kept");
}

#[tokio::test]
async fn a_yes_is_to_these_arguments_and_for_one_call() {
    let world = world().await;
    let session = world.begin().await.unwrap();
    let ask = |input: &Value| session.question("one", "do_write", input).unwrap().unwrap();
    let needed = ask(&says("to ada"));
    assert_eq!(needed.calls[0].arguments, says("to ada"));
    assert_eq!(
        (needed.calls[0].effect, needed.about.as_str()),
        (Effect::Write, "one.do_write")
    );
    let yes = || Some(Consent::of(&needed, "a form"));
    // Without one, for other arguments, for another operation's.
    let other = json!({"op": "echo", "value": "to ada", "also": "to eve"});
    for (input, consent) in [
        (says("to ada"), None),
        (says("to eve"), yes()),
        (other, yes()),
    ] {
        let call = session.call("one", "do_write", &input, consent, None).await;
        let error = call.result.unwrap_err();
        assert_eq!(
            (error.code(), error.class().exit_status()),
            ("consent-missing", 3)
        );
    }
    assert!(world.records().iter().all(|record| record.kind != "call"));
    // What was refused was not begun, also where it was a step's.
    let refused = session
        .call("one", "do_write", &says("x"), None, None)
        .await;
    assert_eq!(refused.step.as_deref(), Some("two"));
    let step = &session.report().steps[0];
    assert_eq!(
        (step.state, step.started.as_ref()),
        (StepState::Waiting, None)
    );
    // The same arguments, however they are written.
    let same: Value = serde_json::from_str(r#"{"value": "to ada", "op": "echo"}"#).unwrap();
    assert_eq!(ask(&same).digest, needed.digest);
    let call = session.call("one", "do_write", &same, yes(), None).await;
    assert_eq!(call.result.unwrap()["value"], "to ada");
    let again = session.call("one", "do_write", &same, None, None).await;
    assert_eq!(again.result.unwrap_err().code(), "consent-missing");
    // What reads asks nobody.
    assert_eq!(session.question("one", "do", &says("a")).unwrap(), None);
    session.declined(&needed, "the person pressed no").unwrap();
    let records = world.records();
    let asked: Vec<_> = records.iter().filter(|it| it.kind == "asked").collect();
    let digest = needed.digest.to_string();
    let facts = |n: usize| {
        (
            asked[n].text("answer"),
            asked[n].text("arguments"),
            asked[n].text("by"),
        )
    };
    assert_eq!(facts(0), (Some("once"), Some(&*digest), Some("a form")));
    assert_eq!(
        facts(1),
        (Some("no"), Some(&*digest), Some("the person pressed no"))
    );
    assert_eq!(records.iter().filter(|it| it.kind == "refused").count(), 5);
    // Nobody is asked about what would be refused.
    let misfit = session.question("one", "do_write", &json!({"op": 7}));
    assert_eq!(misfit.unwrap_err().code(), "call-input-invalid");
}

#[tokio::test]
async fn a_step_that_writes_asks_once_for_all_its_calls() {
    let world = world().await;
    let session = world.begin().await.unwrap();
    let needed = session.step_question("two").unwrap().unwrap();
    let values: Vec<_> = needed
        .calls
        .iter()
        .map(|it| it.arguments["value"].clone())
        .collect();
    assert_eq!(values, ["x", "y"]);
    let quiet = |_| ();
    let error = session.step("two", None, None, &quiet).await.unwrap_err();
    assert_eq!(error.code(), "consent-missing");
    // A yes to the calls one by one is none to the step.
    let call = session
        .question("one", "do_write", &says("x"))
        .unwrap()
        .unwrap();
    let error = session
        .step("two", Some(Consent::of(&call, "a form")), None, &quiet)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "consent-missing");
    // What is left when the agent did one itself is another question.
    let one = session
        .call(
            "one",
            "do_write",
            &says("x"),
            Some(Consent::of(&call, "a form")),
            None,
        )
        .await;
    assert_eq!(one.step.as_deref(), Some("two"));
    let left = session.step_question("two").unwrap().unwrap();
    assert_eq!(left.calls.len(), 1);
    let stale = session
        .step("two", Some(Consent::of(&needed, "a form")), None, &quiet)
        .await;
    assert_eq!(stale.unwrap_err().code(), "consent-missing");
    let report = session
        .step("two", Some(Consent::of(&left, "a form")), None, &quiet)
        .await
        .unwrap();
    assert_eq!((report.calls, report.audit.len()), (2, 2));
    let records = world.records();
    let calls: Vec<_> = records.iter().filter(|it| it.kind == "call").collect();
    let items: Vec<_> = calls.iter().map(|it| it.body["item"].as_u64()).collect();
    assert_eq!(items, [Some(0), Some(1)]);
}

#[tokio::test]
async fn a_step_that_asks_is_asked_about_however_it_is_done() {
    let world = world().await;
    let session = world.begin().await.unwrap();
    // The agent's own call of it, though it only reads.
    let needed = session
        .question("one", "do", &says("aloud"))
        .unwrap()
        .unwrap();
    assert!(
        needed.about.contains("it is read aloud"),
        "{}",
        needed.about
    );
    let call = session.call("one", "do", &says("aloud"), None, None).await;
    assert_eq!(call.result.unwrap_err().code(), "consent-missing");
    let call = session
        .call(
            "one",
            "do",
            &says("aloud"),
            Some(Consent::of(&needed, "a form")),
            None,
        )
        .await;
    assert_eq!(call.step.as_deref(), Some("asks"));
    // An output of a step that asks cannot be slipped in.
    assert_eq!(
        session.put_output("t.md", "mine").unwrap_err().code(),
        "consent-missing"
    );
    let needed = session.step_question("file").unwrap().unwrap();
    assert!(needed.calls.is_empty() && needed.about.contains("it is sent to all"));
    let quiet = |_| ();
    assert!(session.step("file", None, None, &quiet).await.is_err());
    assert!(!session.folder().join("t.md").exists());
    let yes = Some(Consent::of(&needed, "a form"));
    session.step("file", yes, None, &quiet).await.unwrap();
    assert!(session.folder().join("t.md").exists());
    let about = session.run_question().unwrap();
    assert_eq!(about.calls.len(), 1);
}

/// Says the same to everything, and hears what it was asked.
struct Hears(Answer, Arc<Mutex<Vec<Question>>>);

#[async_trait::async_trait]
impl Approver for Hears {
    async fn ask(&self, question: Question) -> Answer {
        self.1.lock().unwrap().push(question);
        self.0
    }
}

#[tokio::test]
async fn a_run_for_an_agent_asks_before_each_call_that_writes() {
    for (answer, state) in [
        (Answer::Once, RunState::Done),
        (Answer::No, RunState::Denied),
    ] {
        let world = world().await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut options = RunOptions::new().approver(Arc::new(Hears(answer, heard.clone())));
        options.agent = Some(agent());
        let _ = world.run_with(options).await;
        let heard = heard.lock().unwrap();
        let mut calls = heard.iter().filter_map(|question| match question {
            Question::Call {
                arguments, digest, ..
            } => Some((arguments.clone(), digest.to_string())),
            _ => None,
        });
        let (arguments, digest) = calls.next().unwrap();
        assert!(arguments == says("x") || arguments == says("y"));
        let written = world.run_json();
        assert_eq!(written["state"], serde_json::to_value(state).unwrap());
        assert_eq!(written["agent"]["client"], "robot");
        assert_eq!(written["procedure"]["followed"], state == RunState::Done);
        let records = world.records();
        let made = records.iter().filter(|it| it.kind == "call").count();
        let asked = records
            .iter()
            .find(|it| it.text("arguments").is_some())
            .unwrap();
        if state == RunState::Done {
            // Two calls that write, the step that reads and asks, and the file.
            assert_eq!((heard.len(), made), (4, 3));
            assert_eq!(written["steps"][0]["order"], 1);
        } else {
            assert_eq!((made, asked.text("answer")), (0, Some("no")));
            assert!(
                records
                    .iter()
                    .any(|it| it.text("arguments") == Some(&*digest))
            );
        }
    }
    // Nobody to ask; and the skill is never the agent's to have approved.
    let nobody = world().await;
    let mut options = RunOptions::new();
    options.agent = Some(agent());
    let error = nobody.run_with(options.clone()).await.unwrap_err();
    assert_eq!(error.code(), "not-approved");
    let new = unapproved();
    let heard = Arc::new(Mutex::new(Vec::new()));
    options.approver = Some(Arc::new(Hears(Answer::Keep, heard.clone())));
    assert_eq!(
        new.run_with(options).await.unwrap_err().code(),
        "not-approved"
    );
    assert!(heard.lock().unwrap().is_empty());
}
