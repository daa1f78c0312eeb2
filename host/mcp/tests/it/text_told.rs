//! What a client is told without asking: logs, changes, updates.

use remit_mcp::{Server, Transport};
use serde_json::{Value, json};

use crate::support::{Era, Home, Wire};

#[tokio::test]
async fn the_old_era_sets_a_level_and_the_new_has_no_such_method() {
    let home = Home::new();
    let skill = home.skill("greeter");
    let mut old = home.client(&[skill], Era::Old(json!({}))).await;
    let set = old
        .ask("logging/setLevel", json!({"level": "info"}))
        .await
        .unwrap();
    assert_eq!(set, json!({}));
    old.ask("logging/setLevel", json!({"level": "loud"}))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn subscriptions_of_the_old_era_are_bounded_and_tell_nothing_of_what_there_is() {
    let home = Home::new();
    let skill = home.skill("greeter");
    let mut client = home.client(&[skill], Era::Old(json!({}))).await;
    for n in 0..64 {
        let uri = json!({"uri": format!("run://nobody/{n}")});
        assert_eq!(
            client.ask("resources/subscribe", uri).await.unwrap(),
            json!({})
        );
    }
    let one_more = json!({"uri": "run://nobody/one-more"});
    let error = client
        .ask("resources/subscribe", one_more.clone())
        .await
        .unwrap_err();
    assert_eq!(error["data"]["code"], "client-busy");
    let again = json!({"uri": "run://nobody/1"});
    client
        .ask("resources/subscribe", again.clone())
        .await
        .unwrap();
    client.ask("resources/unsubscribe", again).await.unwrap();
    client.ask("resources/subscribe", one_more).await.unwrap();
    let long = json!({"uri": "x".repeat(5_000)});
    client.ask("resources/subscribe", long).await.unwrap_err();
}

#[tokio::test]
async fn the_new_era_listens_to_what_there_is() {
    let home = Home::new();
    let skill = home.skill("greeter");
    let mut client = home.client(&[skill], Era::New(json!({}))).await;
    let wished = json!({"notifications": {
        "toolsListChanged": true,
        "promptsListChanged": true,
        "resourcesListChanged": true,
        "resourceSubscriptions": ["run://a/run.json"],
    }});
    let id = client.begin("subscriptions/listen", wished.clone()).await;
    let told = client
        .told("notifications/subscriptions/acknowledged")
        .await;
    let accepted = json!({
        "toolsListChanged": true,
        "resourcesListChanged": true,
        "resourceSubscriptions": ["run://a/run.json"],
    });
    assert_eq!(told["params"]["notifications"], accepted, "{told}");
    // It is ended by taking the request back, and then there is room for as many as before.
    for _ in 0..40 {
        client
            .send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}))
            .await;
        let id = client.begin("subscriptions/listen", wished.clone()).await;
        client
            .told("notifications/subscriptions/acknowledged")
            .await;
        client
            .send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}))
            .await;
    }
    // Legacy methods are gone.
    let uri = json!({"uri": "run://a/run.json"});
    let error = client.ask("resources/subscribe", uri).await.unwrap_err();
    assert_eq!(error["code"], -32_601);
}

#[tokio::test]
async fn a_client_listens_in_a_few_places_at_once() {
    let home = Home::new();
    let skill = home.skill("greeter");
    let mut client = home.client(&[skill], Era::New(json!({}))).await;
    let wished = json!({"notifications": {"toolsListChanged": true}});
    for _ in 0..16 {
        client.begin("subscriptions/listen", wished.clone()).await;
        client
            .told("notifications/subscriptions/acknowledged")
            .await;
    }
    let error = client
        .ask("subscriptions/listen", wished)
        .await
        .unwrap_err();
    assert_eq!(error["data"]["code"], "client-busy");
    client.ask("resources/list", json!({})).await.unwrap();
}

/// Two skills, so that one must be opened.
async fn two(home: &Home) -> Server {
    home.serve(&[home.ready("greeter"), home.ready("second")])
}

#[tokio::test]
async fn a_client_is_told_when_its_own_tools_change_and_no_other_is() {
    let home = Home::new();
    let server = two(&home).await;
    let era = || Era::Old(json!({}));
    let mut client = Wire::connect(&server, Transport::Stdio, era()).await;
    let mut other = Wire::connect(&server, Transport::Stdio, era()).await;
    client.call("open_skill", json!({"skill": "greeter"})).await;
    client.told("notifications/tools/list_changed").await;
    client.told("notifications/resources/list_changed").await;
    other.ask("resources/list", json!({})).await.unwrap();
    assert!(other.told.is_empty(), "{:?}", other.told);
}

#[tokio::test]
async fn a_subscription_of_the_new_era_is_told_under_its_own_id_of_what_it_wished() {
    let home = Home::new();
    let server = two(&home).await;
    let mut client = Wire::connect(&server, Transport::Stdio, Era::New(json!({}))).await;
    let wished = json!({"notifications": {"toolsListChanged": true}});
    let id = client.begin("subscriptions/listen", wished).await;
    client
        .told("notifications/subscriptions/acknowledged")
        .await;
    client.call("open_skill", json!({"skill": "greeter"})).await;
    let told = client.told("notifications/tools/list_changed").await;
    let of = &told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
    assert_eq!(of.to_string().trim_matches('"'), id.to_string(), "{told}");
    client.ask("resources/list", json!({})).await.unwrap();
    assert!(
        client.told.is_empty(),
        "resources were not wished for: {:?}",
        client.told
    );
    // Who does not listen is told nothing.
    let mut silent = Wire::connect(&server, Transport::Stdio, Era::New(json!({}))).await;
    silent.call("open_skill", json!({"skill": "greeter"})).await;
    silent.ask("resources/list", json!({})).await.unwrap();
    assert!(silent.told.is_empty(), "{:?}", silent.told);
}

#[tokio::test]
async fn who_subscribed_to_a_report_is_told_when_a_step_is_done() {
    let home = Home::new();
    let server = two(&home).await;
    let mut client = Wire::connect(&server, Transport::Stdio, Era::Old(json!({}))).await;
    let mut other = Wire::connect(&server, Transport::Stdio, Era::Old(json!({}))).await;
    client.call("open_skill", json!({"skill": "greeter"})).await;
    client.call("greeter_procedure_next", json!({})).await;
    let listed = client.ask("resources/list", json!({})).await.unwrap();
    let all = listed["resources"].as_array().unwrap();
    let run = all
        .iter()
        .map(|it| it["uri"].as_str().unwrap())
        .find(|it| it.starts_with("run://"));
    let uri = json!({"uri": run.unwrap()});
    client
        .ask("resources/subscribe", uri.clone())
        .await
        .unwrap();
    other.ask("resources/subscribe", uri.clone()).await.unwrap();
    client
        .call("greeter_procedure_step", json!({"step": "greet"}))
        .await;
    let told = client.told("notifications/resources/updated").await;
    assert_eq!(told["params"]["uri"], uri["uri"]);
    other.ask("resources/list", json!({})).await.unwrap();
    assert!(other.told.is_empty(), "{:?}", other.told);
    client.ask("resources/unsubscribe", uri).await.unwrap();
    client.told.clear();
    client.call("greeter_procedure_finish", json!({})).await;
    client.ask("resources/list", json!({})).await.unwrap();
    let updated = client
        .told
        .iter()
        .filter(|it| it["method"] == "notifications/resources/updated");
    assert_eq!(updated.count(), 0);
}

/// Logs at each level, and one line that no terminal should get.
fn logging() -> Value {
    let log = |level: &str, message: &str| json!({"op": "log", "level": level, "message": message});
    json!({"op": "seq", "steps": [
        log("debug", "a detail"),
        log("info", "at work\u{1b}[2J\u{202e}"),
        log("warn", "odd"),
        log("error", "wrong"),
    ]})
}

async fn logged(client: &mut Wire, meta: Value) -> Vec<(String, String)> {
    client.told.clear();
    let params = json!({"name": "evil_do", "arguments": logging(), "_meta": meta});
    let done = client.ask("tools/call", params).await.unwrap();
    assert_ne!(done["isError"], true, "{done}");
    let told = client
        .told
        .iter()
        .filter(|it| it["method"] == "notifications/message");
    told.map(|it| {
        assert_eq!(it["params"]["logger"], "doer/evil");
        let text = |name: &str| it["params"][name].as_str().unwrap().to_owned();
        (text("level"), text("data"))
    })
    .collect()
}

#[tokio::test]
async fn what_a_plugin_logs_is_told_at_or_above_the_level_that_was_asked_for() {
    let home = Home::new();
    let host = home.host();
    let skill = home.approved(&host, "doer").await;
    let server = home.serve_with(host, &[skill]);
    let mut old = Wire::connect(&server, Transport::Stdio, Era::Old(json!({}))).await;
    assert!(
        logged(&mut old, json!({})).await.is_empty(),
        "nothing was asked for"
    );
    let levels =
        |told: &[(String, String)]| -> Vec<String> { told.iter().map(|it| it.0.clone()).collect() };
    for (least, expected) in [
        ("debug", vec!["debug", "info", "warning", "error"]),
        ("info", vec!["info", "warning", "error"]),
        ("notice", vec!["warning", "error"]),
        ("error", vec!["error"]),
        ("critical", vec![]),
    ] {
        old.ask("logging/setLevel", json!({"level": least}))
            .await
            .unwrap();
        let told = logged(&mut old, json!({})).await;
        assert_eq!(levels(&told), expected, "{least}");
        if least == "info" {
            assert_eq!(told[0].1, "at work\\u{1b}[2J\\u{202e}");
        }
    }
    // In the new era each request says its own.
    let mut new = Wire::connect(&server, Transport::Stdio, Era::New(json!({}))).await;
    assert!(logged(&mut new, json!({})).await.is_empty());
    let level = json!({"io.modelcontextprotocol/logLevel": "warning"});
    assert_eq!(levels(&logged(&mut new, level).await), ["warning", "error"]);
    assert!(
        logged(&mut new, json!({})).await.is_empty(),
        "for that request only"
    );
}
