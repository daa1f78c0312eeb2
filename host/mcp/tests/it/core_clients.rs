//! Who a client is, and what it shares with others.

use remit_mcp::{Server, Transport};
use serde_json::{Value, json};

use crate::support::{Era, Home, Wire};

/// One request over http in the new era is a connection of its own: nothing but what it says of itself ties it to others.
async fn request(server: &Server, name: &str, method: &str, params: Value) -> Value {
    let era = Era::New(json!({}));
    let mut wire = Wire::connect_as(name, server, Transport::Http, era).await;
    wire.ask(method, params).await.unwrap()
}

async fn tools(server: &Server, name: &str) -> Vec<String> {
    let listed = request(server, name, "tools/list", json!({})).await;
    let tools = listed["tools"].as_array().unwrap().iter();
    tools
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn without_a_session_a_client_is_who_it_says_it_is() {
    let home = Home::new();
    let server = home.serve(&[home.ready("greeter"), home.ready("other")]);
    let open = json!({"name": "open_skill", "arguments": {"skill": "greeter"}});
    let opened = request(&server, "ada", "tools/call", open).await;
    assert_ne!(opened["isError"], true, "{opened}");
    assert!(
        tools(&server, "ada")
            .await
            .contains(&"greeter_procedure_next".to_owned())
    );
    assert_eq!(tools(&server, "bo").await, ["open_skill"]);
    let next = json!({"name": "greeter_procedure_next", "arguments": {}});
    let ada = request(&server, "ada", "tools/call", next.clone()).await;
    assert_eq!(
        ada["structuredContent"]["run"],
        opened["structuredContent"]["run"]
    );
    let bo = request(&server, "bo", "tools/call", next).await;
    assert_eq!(bo["isError"], true, "{bo}");
    let came = home.records("session-started");
    // Ada was there first; Bo tried a tool of what he had not opened, which is recorded too.
    assert_eq!(came.len(), 2, "{came:?}");
    assert_eq!(
        (&came[0]["client"], &came[0]["transport"]),
        (&json!("ada"), &json!("http"))
    );
    assert_eq!(came[0]["protocol"], "2026-07-28");
    server.finish().await;
    let left = home.records("session-finished");
    assert_eq!(left.len(), 2);
    let ada = left.iter().find(|it| it["session"] == came[0]["session"]);
    assert_eq!(ada.unwrap()["calls"], 2);
    assert_eq!(home.records("run-finished").len(), 1);
}

#[tokio::test]
async fn with_a_session_or_a_stream_a_client_is_its_connection() {
    let home = Home::new();
    let server = home.serve(&[home.ready("greeter"), home.ready("other")]);
    for (transport, era) in [
        (Transport::Stdio, Era::Old(json!({}))),
        (Transport::Stdio, Era::New(json!({}))),
        (Transport::Http, Era::Old(json!({}))),
    ] {
        let mut first = Wire::connect(&server, transport, era.clone()).await;
        first.call("open_skill", json!({"skill": "greeter"})).await;
        let listed = first.ask("tools/list", json!({})).await.unwrap();
        assert!(listed["tools"].as_array().unwrap().len() > 1);
        let mut second = Wire::connect(&server, transport, era).await;
        let listed = second.ask("tools/list", json!({})).await.unwrap();
        assert_eq!(
            listed["tools"].as_array().unwrap().len(),
            1,
            "{transport:?}"
        );
    }
}

#[tokio::test]
async fn what_a_client_calls_itself_is_recorded_safe_to_print() {
    let home = Home::new();
    let server = home.serve(&[home.ready("greeter")]);
    let name = format!("evil\u{1b}[31m{}", "x".repeat(500));
    let mut client = Wire::connect_as(&name, &server, Transport::Stdio, Era::Old(json!({}))).await;
    client.call("procedure_next", json!({})).await;
    let came = &home.records("session-started")[0]["client"];
    let came = came.as_str().unwrap();
    assert!(
        came.starts_with("evil\\u{1b}[31m") && came.chars().count() <= 80,
        "{came}"
    );
}

#[tokio::test]
async fn a_server_that_ends_takes_no_one_in() {
    let home = Home::new();
    let server = home.serve(&[home.ready("greeter")]);
    let mut before = Wire::connect(&server, Transport::Stdio, Era::Old(json!({}))).await;
    before.call("procedure_next", json!({})).await;
    server.finish().await;
    let mut after = Wire::connect(&server, Transport::Stdio, Era::Old(json!({}))).await;
    let call = json!({"name": "procedure_next", "arguments": {}});
    for client in [&mut after, &mut before] {
        // The call, or the request: either way nothing is done.
        if let Ok(refused) = client.ask("tools/call", call.clone()).await {
            assert_eq!(refused["isError"], true, "{refused}");
        }
    }
    assert_eq!(home.records("session-started").len(), 1);
}
