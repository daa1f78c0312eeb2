//! Steps that write: a person is asked about all calls of a step at once, or about each while a whole run goes on.

use remit_mcp::{Server, Transport};
use serde_json::{Value, json};

use crate::support::{Era, Home, Wire, elicits};

const STEPS: &str = r#"
[[steps]]
id = "one"
call = "evil.do_write"
with = { op = "echo", value = "first" }

[[steps]]
id = "many"
for_each = "{{ ['a', 'b'] }}"
call = "evil.do_write"
with = { op = "echo", value = "{{ item }}" }

[[steps]]
id = "looked"
approve = "Is this really wanted?"
call = "evil.do"
with = { op = "echo", value = "read" }
"#;

async fn serve(home: &Home) -> Server {
    let host = home.host();
    let skill = home.approved_with(&host, "walker", STEPS).await;
    home.serve_with(host, &[skill])
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

fn calls(home: &Home) -> usize {
    home.records("call").len()
}

fn message(asked: &Value) -> &str {
    let of = match asked.get("inputRequests") {
        Some(requests) => &requests["allow"]["params"],
        None => &asked["params"],
    };
    of["message"].as_str().unwrap()
}

async fn step(client: &mut Wire, step: &str, state: Option<&Value>) -> Value {
    let mut params = json!({"name": "procedure_step", "arguments": {"step": step}});
    if let Some(state) = state {
        params["requestState"] = state.clone();
        params["inputResponses"] =
            json!({"allow": {"action": "accept", "content": {"allow": true}}});
    }
    client.ask("tools/call", params).await.unwrap()
}

#[tokio::test]
async fn a_step_is_asked_about_once_with_all_its_calls() {
    let home = Home::new();
    let server = serve(&home).await;
    let mut client = Wire::connect(&server, Transport::Stdio, Era::New(elicits())).await;
    let one = step(&mut client, "one", None).await;
    assert!(
        message(&one).contains("\nCall: evil.do_write (effect: write)\n"),
        "{one}"
    );
    assert!(message(&one).contains("\"value\": \"first\""), "{one}");
    let many = step(&mut client, "many", None).await;
    for part in [
        "Call 1 of 2: evil.do_write",
        "Call 2 of 2: evil.do_write",
        "\"value\": \"a\"",
        "\"value\": \"b\"",
    ] {
        assert!(message(&many).contains(part), "{part}: {}", message(&many));
    }
    assert_eq!(calls(&home), 0);
    // A yes to one step is none to another.
    let wrong = step(&mut client, "many", Some(&one["requestState"])).await;
    assert!(text(&wrong).starts_with("error[consent-stale]"), "{wrong}");
    assert_eq!(calls(&home), 0);
    let done = step(&mut client, "many", Some(&many["requestState"])).await;
    assert_ne!(done["isError"], true, "{done}");
    assert_eq!(calls(&home), 2);
    let one = step(&mut client, "one", None).await;
    let done = step(&mut client, "one", Some(&one["requestState"])).await;
    assert_ne!(done["isError"], true, "{done}");
    // One of which the skill says that it asks, although it only reads.
    let looked = step(&mut client, "looked", None).await;
    assert!(
        message(&looked).contains("Is this really wanted?"),
        "{looked}"
    );
    let done = step(&mut client, "looked", Some(&looked["requestState"])).await;
    assert_ne!(done["isError"], true, "{done}");
    assert_eq!(calls(&home), 4);
}

/// Answers each question of a run with yes but that of this number, and returns the questions and what came of it.
async fn run(client: &mut Wire, no: usize) -> (Vec<String>, Value) {
    let id = client
        .begin(
            "tools/call",
            json!({"name": "procedure_run", "arguments": {}}),
        )
        .await;
    let mut asked = Vec::new();
    loop {
        let next = client.next().await;
        if next["method"] == "elicitation/create" {
            asked.push(message(&next).to_owned());
            let allow = asked.len() != no;
            let result = json!({"action": "accept", "content": {"allow": allow}});
            client
                .send(&json!({"jsonrpc": "2.0", "id": next["id"], "result": result}))
                .await;
        } else if next["id"] == id {
            return (asked, next["result"].clone());
        }
    }
}

#[tokio::test]
async fn a_whole_run_asks_about_each_call_as_it_comes_in_the_old_era() {
    let home = Home::new();
    let server = serve(&home).await;
    let mut client = Wire::connect(&server, Transport::Stdio, Era::Old(elicits())).await;
    let (asked, done) = run(&mut client, 99).await;
    assert_ne!(done["isError"], true, "{done}");
    assert_eq!(asked.len(), 4, "{asked:#?}");
    assert!(asked[0].contains("\"value\": \"first\""), "{}", asked[0]);
    assert!(asked[3].contains("Is this really wanted?"), "{}", asked[3]);
    assert!(
        asked
            .iter()
            .all(|it| it.contains("\nAsked by: probe 1 (its own word)\nSkill: walker\n"))
    );
    assert_eq!(calls(&home), 4);
    let (asked, denied) = run(&mut client, 1).await;
    assert_eq!(denied["isError"], true, "{denied}");
    assert_eq!(
        (asked.len(), calls(&home)),
        (1, 4),
        "after a no nothing goes on"
    );
}

#[tokio::test]
async fn a_whole_run_that_would_have_to_ask_is_refused_where_it_cannot() {
    let home = Home::new();
    let server = serve(&home).await;
    for era in [
        Era::New(elicits()),
        Era::New(json!({})),
        Era::Old(json!({})),
    ] {
        let mut client = Wire::connect(&server, Transport::Stdio, era).await;
        let refused = client.call("procedure_run", json!({})).await;
        assert!(text(&refused).starts_with("error[run-asks]"), "{refused}");
        assert!(text(&refused).contains("procedure_step"), "{refused}");
    }
    assert_eq!(calls(&home), 0);
}
