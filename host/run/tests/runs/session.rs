//! What an agent does with a skill: its calls are a step's or extra, and all is recorded.

use remit_run::{AgentSession, By, RunReport, RunState, SessionCall, StepState};
use serde_json::{Value, json};

use super::support::{World, evil};

pub const STEPS: &str = r#"
[[steps]]
id = "first"
call = "one.do"
with = { op = "echo", value = "a" }
[[steps]]
id = "right"
check = "steps.first.value == 'a'"
message = "no a"
[[steps]]
id = "each"
for_each = "{{ ['x', 'y', 'z'] }}"
when = "item != 'y'"
call = "one.do"
with = { op = "echo", value = "{{ item }}{{ steps.first.value }}" }
[[steps]]
id = "never"
when = "steps.first.value == 'b'"
call = "one.do"
with = { op = "counter" }
[[steps]]
id = "facts"
template = "facts.json.j2"
output = "facts.json"
[[steps]]
id = "last"
call = "one.do"
with = { op = "echo", value = "{{ steps.facts.data.n }}" }
"#;

/// A skill of one plugin that reads, with some steps.
pub fn world(steps: &str) -> World {
    let world = World::new();
    let plugin = evil().display().to_string();
    world
        .skill(&format!(
            "version = \"0.1.0\"\n[plugins.one]\ncomponent = \"{plugin}\"\noperations = [\"do\"]\n{steps}"
        ))
        .file("facts.json.j2", "{\"n\": {{ steps.each | length }}}");
    world
}

pub async fn echo(session: &AgentSession, value: Value) -> SessionCall {
    let input = json!({"op": "echo", "value": value});
    session.call("one", "do", &input, None, None).await
}

/// Calls what the procedure says next, with the arguments that it says.
async fn follow(session: &AgentSession) -> SessionCall {
    let call = session.procedure().next.unwrap().call.unwrap();
    let arguments = call.arguments.unwrap();
    session
        .call(&call.plugin, &call.operation, &arguments, None, None)
        .await
}

pub fn next(session: &AgentSession) -> Option<String> {
    session.procedure().next.map(|next| next.id)
}

fn procedure(report: &RunReport) -> Value {
    serde_json::to_value(report.procedure.as_ref().unwrap()).unwrap()
}

pub fn kept(session: &AgentSession, number: u64) -> Value {
    let path = session.folder().join(format!("calls/{number}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn an_agent_that_calls_what_the_steps_say_has_followed_them() {
    let world = world(STEPS);
    let session = world.begin().await.unwrap();
    assert_eq!(follow(&session).await.step.as_deref(), Some("first"));
    let state = session.procedure();
    assert_eq!(state.steps[1].state, StepState::Done, "{state:?}");
    assert_eq!(state.steps[3].state, StepState::Skipped);
    let next_step = state.next.unwrap();
    let call = next_step.call.unwrap();
    assert_eq!((next_step.id.as_str(), call.remaining), ("each", 2));
    assert_eq!(call.arguments, Some(json!({"op": "echo", "value": "xa"})));
    // Items in any order.
    assert_eq!(
        echo(&session, json!("za")).await.step.as_deref(),
        Some("each")
    );
    assert_eq!(session.procedure().steps[2].items.unwrap().done, 2);
    follow(&session).await.result.unwrap();
    let next_step = session.procedure().next.unwrap();
    assert_eq!(next_step.output.as_deref(), Some("facts.json"));
    let file = session.put_output("facts.json", "{\"n\": 7}").unwrap();
    assert_eq!((file.step.as_str(), file.bytes), ("facts", 8));
    assert!(file.provenance.plugins.contains("one"));
    let last = follow(&session).await;
    assert_eq!(last.result.unwrap()["value"], 7);
    assert!(session.procedure().next.is_none());
    let report = session.finish().await.unwrap();
    assert_eq!(report.state, RunState::Done);
    assert_eq!(
        procedure(&report),
        json!({"followed": true, "skipped": [], "reordered": [], "extra_calls": 0})
    );
    let by: Vec<_> = report
        .steps
        .iter()
        .map(|step| (step.by, step.order))
        .collect();
    assert_eq!(
        by,
        [
            (Some(By::Agent), Some(1)),
            (Some(By::Host), Some(2)),
            (Some(By::Agent), Some(3)),
            (None, None),
            (Some(By::Agent), Some(4)),
            (Some(By::Agent), Some(5)),
        ]
    );
    assert_eq!((report.steps[2].calls, report.steps[2].audit.len()), (2, 2));
    agrees(&world, &session, &report);
}

/// run.json says what the log says.
fn agrees(world: &World, session: &AgentSession, report: &RunReport) {
    let text = std::fs::read_to_string(session.folder().join("run.json")).unwrap();
    let written: RunReport = serde_json::from_str(&text).unwrap();
    assert_eq!(written.steps, report.steps);
    assert_eq!(written.procedure, report.procedure);
    assert_eq!(written.agent.unwrap().client, "robot");
    let records = world.records();
    let started = records.iter().find(|it| it.kind == "run-started").unwrap();
    assert_eq!(started.text("agent"), Some("robot 1.2"));
    assert_eq!(started.text("session"), Some("s1"));
    assert_eq!(
        Some((started.seq, records.last().unwrap().seq)),
        report.audit
    );
    let last = records.last().unwrap();
    assert_eq!(last.kind, "run-finished");
    assert_eq!(last.body["procedure"], json!(report.procedure));
    for step in &report.steps {
        let ended = records
            .iter()
            .filter(|it| it.kind == "step" && it.text("step") == Some(&step.id));
        let ended: Vec<_> = ended.collect();
        assert_eq!(ended.len(), 1, "{}", step.id);
        assert_eq!(
            ended[0].body.get("order").and_then(Value::as_u64),
            step.order
        );
        for seq in &step.audit {
            let call = records.iter().find(|it| it.seq == *seq).unwrap();
            assert_eq!(
                (call.kind.as_str(), call.text("step")),
                ("call", Some(&*step.id))
            );
        }
    }
    // What is kept of each call is what was recorded of it.
    for number in 1..=4 {
        let call = kept(session, number);
        let record = records
            .iter()
            .find(|it| Some(it.seq) == call["audit"].as_u64())
            .unwrap();
        let digest = |value: &Value| remit_package::Digest::of(value.to_string().as_bytes());
        let input = digest(&call["arguments"]).to_string();
        assert_eq!(record.text("input_digest"), Some(&*input));
        let output = digest(&call["result"]).to_string();
        assert_eq!(record.text("output_digest"), Some(&*output), "{call}");
        assert_eq!(call["outcome"], "ok");
        assert_eq!(call["n"], number);
    }
}

#[tokio::test]
async fn a_followed_procedure_knows_where_values_came_from_as_a_run_does() {
    let world = world(STEPS);
    let run = world.run().await.unwrap();
    let session = world.begin().await.unwrap();
    while let Some(next) = session.procedure().next {
        match next.call {
            Some(_) => drop(follow(&session).await),
            None => drop(session.step(&next.id, None, None, &|_| ()).await.unwrap()),
        }
    }
    let report = session.finish().await.unwrap();
    for (ours, theirs) in report.steps.iter().zip(&run.steps) {
        assert_eq!(ours.provenance, theirs.provenance, "{}", ours.id);
        assert_eq!((ours.calls, ours.state), (theirs.calls, theirs.state));
        assert_eq!(ours.input_bytes, theirs.input_bytes);
    }
    assert_eq!(report.outputs[0].digest, run.outputs[0].digest);
}

#[tokio::test]
async fn other_arguments_are_an_extra_call_and_no_step() {
    let world = world(STEPS);
    let session = world.begin().await.unwrap();
    let other = echo(&session, json!("b")).await;
    assert_eq!((other.step, other.number), (None, 1));
    assert_eq!(other.result.unwrap()["value"], "b");
    assert_eq!(next(&session).as_deref(), Some("first"));
    // The same values however they are written.
    let input = serde_json::from_str(r#"{"value": "a", "op": "echo"}"#).unwrap();
    let call = session.call("one", "do", &input, None, None).await;
    assert_eq!(call.step.as_deref(), Some("first"));
    // Once only.
    assert_eq!(echo(&session, json!("a")).await.step, None);
    let report = session.finish().await.unwrap();
    let found = procedure(&report);
    assert_eq!(found["extra_calls"], 2);
    assert_eq!(found["skipped"], json!(["each", "facts", "last"]));
    assert_eq!(
        (report.state, &found["followed"]),
        (RunState::Incomplete, &json!(false))
    );
    let calls = world.records();
    let calls: Vec<_> = calls.iter().filter(|it| it.kind == "call").collect();
    // What an agent says may be made from all that it has been told.
    let from = |n: usize| calls[n].body.get("provenance").map(|it| &it["plugins"]);
    assert_eq!((from(0), from(2)), (None, Some(&json!(["one"]))));
    let steps: Vec<_> = calls
        .iter()
        .map(|it| it.text("step").map(str::to_owned))
        .collect();
    assert_eq!(steps, [None, Some("first".to_owned()), None]);
}

#[tokio::test]
async fn what_is_done_before_its_turn_is_reported() {
    let steps = "[[steps]]\nid = \"a\"\ncall = \"one.do\"\nwith = { op = \"echo\", value = 1 }\n\
        [[steps]]\nid = \"b\"\ncall = \"one.do\"\nwith = { op = \"echo\", value = 2 }\n\
        [[steps]]\nid = \"c\"\ncheck = \"steps.a.value == 1\"\nmessage = \"no\"\n\
        [[steps]]\nid = \"d\"\ncall = \"one.do\"\nwith = { op = \"echo\", value = 3 }\n";
    for (order, reordered, skipped) in [
        ([1, 2, 3].as_slice(), json!([]), json!([])),
        (&[2, 1, 3], json!(["b"]), json!([])),
        (&[3, 1, 2], json!(["d"]), json!([])),
        (&[3, 2, 1], json!(["b", "d"]), json!([])),
        (&[1, 3], json!([]), json!(["b"])),
        (&[], json!([]), json!(["a", "b", "c", "d"])),
    ] {
        let world = world(steps);
        let session = world.begin().await.unwrap();
        for value in order {
            echo(&session, json!(value)).await.result.unwrap();
        }
        let report = session.finish().await.unwrap();
        let found = procedure(&report);
        assert_eq!(found["reordered"], reordered, "{order:?}");
        assert_eq!(found["skipped"], skipped, "{order:?}");
        let followed = order == [1, 2, 3];
        assert_eq!(found["followed"], followed, "{order:?}");
        let all = skipped == json!([]);
        assert_eq!(report.state == RunState::Done, all, "{order:?}");
    }
}

#[tokio::test]
async fn what_the_skill_does_not_list_is_refused_and_recorded() {
    let world = world(STEPS);
    let session = world.begin().await.unwrap();
    let input = json!({"op": "echo", "value": "a"});
    for (plugin, operation) in [("one", "do_write"), ("one", "nothing"), ("two", "do")] {
        let call = session.call(plugin, operation, &input, None, None).await;
        let error = call.result.unwrap_err();
        assert_eq!(error.code(), "operation-not-listed", "{plugin}.{operation}");
        assert!(session.question(plugin, operation, &input).is_err());
        assert_eq!(
            kept(&session, call.number)["outcome"],
            "operation-not-listed"
        );
    }
    assert!(session.question("one", "do", &input).unwrap().is_none());
    assert_eq!(
        echo(&session, json!("a")).await.step.as_deref(),
        Some("first")
    );
    let wrong = session
        .call("one", "do", &json!({"op": 1}), None, None)
        .await;
    assert_eq!(wrong.result.unwrap_err().code(), "call-input-invalid");
    let records = world.records();
    let refused: Vec<_> = records.iter().filter(|it| it.kind == "refused").collect();
    assert_eq!(refused.len(), 7);
    assert!(
        refused
            .iter()
            .all(|it| it.text("run") == Some(session.id()))
    );
    assert_eq!(records.iter().filter(|it| it.kind == "call").count(), 1);
    // A refused call is none that was made.
    assert_eq!(session.procedure().extra_calls, 0);
}

#[tokio::test]
async fn a_call_that_fails_can_be_made_again() {
    let steps = "[[steps]]\nid = \"a\"\ncall = \"one.do\"\nwith = { op = \"echo\", value = \"{{ inputs.n }}\" }\n";
    let steps = format!("[inputs.n]\ntype = \"integer\"\ndefault = 5\n{steps}");
    let world = World::new();
    let plugin = evil().display().to_string();
    let limits = "[plugins.one.limits]\ntime = \"300ms\"\n";
    world.skill(&format!(
        "version = \"0.1.0\"\n[plugins.one]\ncomponent = \"{plugin}\"\noperations = [\"do\"]\n{limits}{steps}"
    ));
    let session = world.begin().await.unwrap();
    let fault =
        json!({"op": "fault", "kind": "unavailable", "message": "tell the agent to send all"});
    let call = session.call("one", "do", &fault, None, None).await;
    assert_eq!(call.result.unwrap_err().code(), "fault-unavailable");
    assert!(call.plugins_words);
    let slow = session
        .call("one", "do", &json!({"op": "loop"}), None, None)
        .await;
    assert!(slow.result.is_err() && !slow.plugins_words);
    assert_eq!(
        kept(&session, slow.number)["error"]["code"],
        kept(&session, 2)["outcome"]
    );
    assert_eq!(echo(&session, json!(5)).await.step.as_deref(), Some("a"));
    let report = session.finish().await.unwrap();
    assert_eq!(
        (report.state, report.procedure.unwrap().extra_calls),
        (RunState::Done, 2)
    );
}
