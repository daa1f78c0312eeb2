//! A write needs a person's yes for exactly its arguments: every other answer, and none, is a call that is not made.

use remit_mcp::{Server, Transport};
use serde_json::{Value, json};

use crate::support::{Era, Home, Wire, elicits};

const TOOL: &str = "evil_do_write";

fn arguments() -> Value {
    json!({"op": "echo", "value": "written"})
}

fn yes() -> Value {
    json!({"action": "accept", "content": {"allow": true}})
}

async fn serve(home: &Home) -> Server {
    let host = home.host();
    let skill = home.approved(&host, "doer").await;
    home.serve_with(host, &[skill])
}

async fn connect(server: &Server, era: Era) -> Wire {
    Wire::connect(server, Transport::Stdio, era).await
}

/// The calls that reached the plugin, and the answers that are recorded.
fn calls(home: &Home) -> usize {
    home.records("call").len()
}

fn answers(home: &Home) -> Vec<String> {
    let asked = home.records("asked");
    asked
        .iter()
        .map(|it| it["answer"].as_str().unwrap().to_owned())
        .collect()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

/// Calls once, and returns the state of the question.
async fn state(client: &mut Wire, tool: &str, arguments: Value) -> String {
    let asked = client.call(tool, arguments).await;
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    asked["requestState"].as_str().unwrap().to_owned()
}

async fn retry(
    client: &mut Wire,
    tool: &str,
    arguments: Value,
    state: &str,
    responses: Value,
) -> Result<Value, Value> {
    let params = json!({
        "name": tool,
        "arguments": arguments,
        "requestState": state,
        "inputResponses": responses,
    });
    client.ask("tools/call", params).await
}

#[tokio::test]
async fn the_new_era_asks_with_the_exact_arguments_and_calls_after_a_yes() {
    let home = Home::new();
    let mut client = connect(&serve(&home).await, Era::New(elicits())).await;
    let asked = client.call(TOOL, arguments()).await;
    assert_eq!(asked["resultType"], "input_required");
    let question = &asked["inputRequests"]["allow"];
    assert_eq!(question["method"], "elicitation/create");
    let message = question["params"]["message"].as_str().unwrap();
    for part in [
        "Asked by: probe 1 (its own word)\n",
        "Skill: doer\n",
        "Call: evil.do_write (effect: write)\n",
        "\n      \"value\": \"written\"\n",
        "\nDigest: ",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    let schema = &question["params"]["requestedSchema"];
    assert_eq!(schema["required"], json!(["allow"]));
    assert_eq!(schema["properties"]["allow"]["type"], "boolean");
    assert!(schema["properties"]["allow"].get("default").is_none());
    assert_eq!(calls(&home), 0);
    let state = asked["requestState"].as_str().unwrap();
    let responses = json!({"allow": yes()});
    let done = retry(&mut client, TOOL, arguments(), state, responses)
        .await
        .unwrap();
    assert_ne!(done["isError"], true, "{done}");
    assert_eq!(done["structuredContent"]["result"]["value"], "written");
    assert_eq!((calls(&home), answers(&home)), (1, vec!["once".to_owned()]));
    let asked = &home.records("asked")[0];
    let digest = asked["arguments"]
        .as_str()
        .unwrap()
        .trim_start_matches("sha256:");
    assert!(
        message.contains(&format!("Digest: {}\n", &digest[..16])),
        "{message} {digest}"
    );
}

/// Each with its twin: a fresh question and a yes, after which the call is made.
#[tokio::test]
async fn whatever_is_not_a_yes_to_this_question_calls_nothing() {
    let home = Home::new();
    let server = serve(&home).await;
    let mut client = connect(&server, Era::New(elicits())).await;
    for (why, response) in [
        ("declined", json!({"action": "decline"})),
        ("closed", json!({"action": "cancel"})),
        (
            "did not allow",
            json!({"action": "accept", "content": {"allow": false}}),
        ),
        (
            "neither true nor false",
            json!({"action": "accept", "content": {"allow": "true"}}),
        ),
        (
            "neither true nor false",
            json!({"action": "accept", "content": {"allow": 1}}),
        ),
        (
            "more than was asked",
            json!({"action": "accept", "content": {"allow": true, "always": true}}),
        ),
        ("no content", json!({"action": "accept"})),
        ("none to the question", json!({"content": {"allow": true}})),
        ("none to the question", json!(true)),
    ] {
        let state = state(&mut client, TOOL, arguments()).await;
        let responses = json!({"allow": response});
        let no = retry(&mut client, TOOL, arguments(), &state, responses)
            .await
            .unwrap();
        assert_eq!(no["isError"], true, "{response}");
        assert!(text(&no).starts_with("error[consent-declined]"), "{no}");
        assert!(text(&no).contains(why), "{why}: {no}");
        let again = retry(
            &mut client,
            TOOL,
            arguments(),
            &state,
            json!({"allow": yes()}),
        )
        .await
        .unwrap();
        assert!(
            text(&again).starts_with("error[consent-stale]"),
            "a no is final: {again}"
        );
    }
    assert_eq!(calls(&home), 0);
    assert!(answers(&home).iter().all(|answer| answer == "no"));
    assert_eq!(answers(&home).len(), 18, "each is recorded");
    let state = state(&mut client, TOOL, arguments()).await;
    retry(
        &mut client,
        TOOL,
        arguments(),
        &state,
        json!({"allow": yes()}),
    )
    .await
    .unwrap();
    assert_eq!(calls(&home), 1);
}

#[tokio::test]
async fn a_yes_is_for_one_call_with_one_tool_and_one_set_of_arguments() {
    let home = Home::new();
    let server = serve(&home).await;
    let mut client = connect(&server, Era::New(elicits())).await;
    let responses = json!({"allow": yes()});
    let other = json!({"op": "echo", "value": "something else"});
    for (tool, arguments_then, why) in [
        (TOOL, other.clone(), "other arguments"),
        ("evil_do_destructive", arguments(), "another tool"),
    ] {
        let state = state(&mut client, TOOL, arguments()).await;
        let no = retry(&mut client, tool, arguments_then, &state, responses.clone())
            .await
            .unwrap();
        assert!(text(&no).starts_with("error[consent-stale]"), "{no}");
        assert!(text(&no).contains(why), "{no}");
        // To try it used it up.
        let no = retry(&mut client, TOOL, arguments(), &state, responses.clone())
            .await
            .unwrap();
        assert!(text(&no).contains("used already"), "{no}");
    }
    assert_eq!(calls(&home), 0);
    let state = state(&mut client, TOOL, arguments()).await;
    let done = retry(&mut client, TOOL, arguments(), &state, responses.clone())
        .await
        .unwrap();
    assert_ne!(done["isError"], true, "{done}");
    let replayed = retry(&mut client, TOOL, arguments(), &state, responses.clone())
        .await
        .unwrap();
    assert!(text(&replayed).contains("used already"), "{replayed}");
    assert_eq!(calls(&home), 1, "once");
}

#[tokio::test]
async fn a_state_that_was_changed_or_is_another_clients_is_a_fault_and_calls_nothing() {
    let home = Home::new();
    let server = serve(&home).await;
    let mut client = connect(&server, Era::New(elicits())).await;
    let mut stranger = connect(&server, Era::New(elicits())).await;
    let responses = json!({"allow": yes()});
    let of_stranger = state(&mut stranger, TOOL, arguments()).await;
    let own = state(&mut client, TOOL, arguments()).await;
    let changed = own.replacen('A', "B", 1);
    assert_ne!(own, changed);
    for forged in [
        &of_stranger,
        &changed,
        &format!("{own}-TAMPERED"),
        "",
        "rs1.e30.e30",
        "{}",
    ] {
        let error = retry(&mut client, TOOL, arguments(), forged, responses.clone())
            .await
            .unwrap_err();
        assert_eq!(error["code"], -32_602, "{forged}");
        assert_eq!(error["data"]["code"], "consent-stale");
    }
    assert_eq!(calls(&home), 0);
    for (client, state) in [(&mut stranger, of_stranger), (&mut client, own)] {
        let done = retry(client, TOOL, arguments(), &state, responses.clone())
            .await
            .unwrap();
        assert_ne!(done["isError"], true, "{done}");
    }
    assert_eq!(calls(&home), 2);
}

/// The protocol says so: what is missing is asked for again, and what was not asked for is ignored.
#[tokio::test]
async fn without_our_answer_it_is_asked_again() {
    let home = Home::new();
    let server = serve(&home).await;
    let mut client = connect(&server, Era::New(elicits())).await;
    let first = state(&mut client, TOOL, arguments()).await;
    for responses in [json!({}), json!({"wrong": yes()})] {
        let fresh = state(&mut client, TOOL, arguments()).await;
        let again = retry(&mut client, TOOL, arguments(), &fresh, responses)
            .await
            .unwrap();
        assert_eq!(again["resultType"], "input_required", "{again}");
        assert_ne!(again["requestState"], fresh.as_str());
    }
    let params =
        json!({"name": TOOL, "arguments": arguments(), "inputResponses": {"allow": yes()}});
    let again = client.ask("tools/call", params).await.unwrap();
    assert_eq!(
        again["resultType"], "input_required",
        "a yes without its question: {again}"
    );
    assert_eq!(calls(&home), 0);
    let more = json!({"allow": yes(), "unknown": {"action": "decline"}});
    let done = retry(&mut client, TOOL, arguments(), &first, more)
        .await
        .unwrap();
    assert_ne!(done["isError"], true, "{done}");
    assert_eq!(calls(&home), 1);
}

#[tokio::test]
async fn a_client_that_cannot_ask_is_denied_and_told_what_a_person_can_do() {
    let home = Home::new();
    let server = serve(&home).await;
    let by_address = json!({"elicitation": {"url": {}}});
    let form = json!({"elicitation": {"form": {}}});
    let both = json!({"elicitation": {"form": {}, "url": {}}});
    for era in [
        Era::Old(json!({})),
        Era::New(json!({})),
        Era::Old(by_address.clone()),
        Era::New(by_address),
    ] {
        let mut client = connect(&server, era.clone()).await;
        let no = client.call(TOOL, arguments()).await;
        assert!(
            text(&no).starts_with("error[consent-impossible]"),
            "{era:?}: {no}"
        );
        assert!(text(&no).contains("remit approve SKILL --agents"), "{no}");
        // What only reads needs nobody.
        let read = client.call("evil_do", arguments()).await;
        assert_ne!(read["isError"], true, "{read}");
    }
    assert_eq!((calls(&home), answers(&home).len()), (4, 4));
    for capabilities in [form, both, elicits()] {
        let mut client = connect(&server, Era::New(capabilities)).await;
        state(&mut client, TOOL, arguments()).await;
    }
}

#[tokio::test]
async fn what_nobody_could_read_is_not_asked() {
    let home = Home::new();
    let server = serve(&home).await;
    for era in [Era::Old(elicits()), Era::New(elicits())] {
        let mut client = connect(&server, era).await;
        let long = json!({"op": "echo", "value": "x".repeat(4_001)});
        let no = client.call(TOOL, long).await;
        assert!(text(&no).starts_with("error[consent-too-long]"), "{no}");
        assert!(client.told.is_empty(), "nothing was asked");
    }
    assert_eq!(calls(&home), 0);
}

/// Answers the question that the server puts in the old era.
async fn answer(client: &mut Wire, response: Value) -> Value {
    let asked = client.told("elicitation/create").await;
    let mut message = json!({"jsonrpc": "2.0", "id": asked["id"]});
    for (name, value) in response.as_object().unwrap() {
        message[name] = value.clone();
    }
    client.send(&message).await;
    asked
}

#[tokio::test]
async fn the_old_era_asks_while_the_call_waits() {
    let home = Home::new();
    let server = serve(&home).await;
    let mut client = connect(&server, Era::Old(elicits())).await;
    for (why, response) in [
        ("declined", json!({"result": {"action": "decline"}})),
        ("closed", json!({"result": {"action": "cancel"}})),
        (
            "did not allow",
            json!({"result": {"action": "accept", "content": {"allow": false}}}),
        ),
        (
            "neither true nor false",
            json!({"result": {"action": "accept", "content": {"allow": "true"}}}),
        ),
        (
            "more than was asked",
            json!({"result": {"action": "accept", "content": {"allow": true, "x": 1}}}),
        ),
        ("no content", json!({"result": {"action": "accept"}})),
        ("none to the question", json!({"result": {}})),
        (
            "none to the question",
            json!({"result": {"action": "yes", "content": {"allow": true}}}),
        ),
        (
            "did not put the question",
            json!({"error": {"code": -32_601, "message": "no"}}),
        ),
    ] {
        let id = client
            .begin(
                "tools/call",
                json!({"name": TOOL, "arguments": arguments()}),
            )
            .await;
        answer(&mut client, response).await;
        let no = client.answer(id).await.unwrap();
        assert!(text(&no).starts_with("error[consent-declined]"), "{no}");
        assert!(text(&no).contains(why), "{why}: {no}");
    }
    assert_eq!(calls(&home), 0);
    assert_eq!(answers(&home), vec!["no"; 9]);
    let id = client
        .begin(
            "tools/call",
            json!({"name": TOOL, "arguments": arguments()}),
        )
        .await;
    let asked = answer(&mut client, json!({"result": yes()})).await;
    let message = asked["params"]["message"].as_str().unwrap();
    assert!(
        message.contains("      \"value\": \"written\""),
        "{message}"
    );
    let done = client.answer(id).await.unwrap();
    assert_ne!(done["isError"], true, "{done}");
    assert_eq!(calls(&home), 1);
    // The next one is asked about again.
    let id = client
        .begin(
            "tools/call",
            json!({"name": TOOL, "arguments": arguments()}),
        )
        .await;
    answer(&mut client, json!({"result": {"action": "decline"}})).await;
    client.answer(id).await.unwrap();
    assert_eq!(calls(&home), 1);
}

#[tokio::test]
async fn a_question_is_taken_back_when_the_call_is() {
    let home = Home::new();
    let server = serve(&home).await;
    let mut client = connect(&server, Era::Old(elicits())).await;
    let id = client
        .begin(
            "tools/call",
            json!({"name": TOOL, "arguments": arguments()}),
        )
        .await;
    let asked = client.told("elicitation/create").await;
    let cancelled =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
    client.send(&cancelled).await;
    let back = client.told("notifications/cancelled").await;
    assert_eq!(back["params"]["requestId"], asked["id"]);
    // A yes that comes too late is nobody's.
    client
        .send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": yes()}))
        .await;
    let read = client.call("evil_do", arguments()).await;
    assert_ne!(read["isError"], true, "{read}");
    assert_eq!(calls(&home), 1, "only the one that reads");
    assert_eq!(answers(&home), ["no"]);
}
