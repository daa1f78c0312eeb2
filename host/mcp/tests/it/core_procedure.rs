//! Following a procedure, step by step and as a whole.

use std::path::Path;
use std::time::{Duration, Instant};

use remit_mcp::{Server, Transport};
use serde_json::{Value, json};

use crate::support::{Era, Home, Wire};

async fn connect(server: &Server) -> Wire {
    Wire::connect(server, Transport::Stdio, Era::Old(json!({}))).await
}

fn weekly() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills/weekly-report")
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_agent_that_does_what_it_is_told_follows_the_procedure() {
    let home = Home::new();
    let mut client = connect(&home.serve(&[weekly()])).await;
    let mut steps = Vec::new();
    loop {
        let next = client.call("procedure_next", json!({})).await;
        let state = &next["structuredContent"];
        let Some(step) = state["next"].as_object() else {
            assert!(text(&next).contains("call procedure_finish"), "{next}");
            break;
        };
        let id = step["id"].as_str().unwrap().to_owned();
        assert!(
            text(&next).starts_with(&format!("next: step {id} (")),
            "{next}"
        );
        assert!(text(&next).contains("\ncall "), "{next}");
        let call = &state["next"]["call"];
        // Its own calls where the arguments are told, and the host where there are many items or none.
        let done = if call["arguments"].is_object() && call["remaining"] == 1 {
            let tool = format!(
                "{}_{}",
                call["plugin"].as_str().unwrap(),
                call["operation"].as_str().unwrap()
            );
            assert!(text(&next).contains(&format!("call {tool} {{")), "{next}");
            let done = client.call(&tool, call["arguments"].clone()).await;
            assert_eq!(done["_meta"]["dev.remit/step"], id.as_str(), "{done}");
            done
        } else {
            client.call("procedure_step", json!({"step": id})).await
        };
        assert_ne!(done["isError"], true, "{id}: {done}");
        steps.push(id);
        assert!(steps.len() < 50, "{steps:?}");
    }
    let done = client.call("procedure_finish", json!({})).await;
    let record = &done["structuredContent"]["procedure"];
    assert_eq!(record["followed"], true, "{done}");
    assert_eq!(record["skipped"], json!([]));
    assert_eq!(done["structuredContent"]["state"], "done");
    let links = done["content"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["type"] == "resource_link");
    let links: Vec<_> = links.map(|it| it["name"].as_str().unwrap()).collect();
    assert!(links.contains(&"report.md"), "{links:?}");
    // What was done again afterwards is another session, which followed nothing.
    client.call("mail_search", json!({"limit": 1})).await;
    let again = client.call("procedure_finish", json!({})).await;
    assert_ne!(
        again["structuredContent"]["run"],
        done["structuredContent"]["run"]
    );
    assert_eq!(
        again["structuredContent"]["procedure"]["followed"], false,
        "{again}"
    );
    assert!(
        text(&again).contains("was not followed") && text(&again).contains("skipped: "),
        "{again}"
    );
}

#[tokio::test]
async fn a_step_that_is_not_there_or_not_ready_is_refused_with_what_to_do() {
    let home = Home::new();
    let mut client = connect(&home.serve(&[weekly()])).await;
    for (arguments, code) in [
        (json!({"step": "nothing"}), "step-unknown"),
        (json!({"step": "markdown"}), "step-not-ready"),
        (json!({}), "arguments-invalid"),
        (
            json!({"step": "week", "approve": true}),
            "arguments-invalid",
        ),
    ] {
        let refused = client.call("procedure_step", arguments.clone()).await;
        assert_eq!(refused["isError"], true, "{arguments}");
        let said = text(&refused);
        assert!(
            said.starts_with(&format!("error[{code}]")),
            "{arguments}: {said}"
        );
        assert!(said.contains("\nhint: "), "{said}");
    }
    let done = client.call("procedure_step", json!({"step": "week"})).await;
    assert_ne!(done["isError"], true, "{done}");
    assert!(
        text(&done).starts_with("step week (mail.search): done"),
        "{done}"
    );
    let undeclared = json!({"path": "other.md", "content": "x"});
    let refused = client.call("procedure_output", undeclared).await;
    assert!(
        text(&refused).starts_with("error[output-undeclared]"),
        "{refused}"
    );
}

#[tokio::test]
async fn an_output_that_the_agent_wrote_is_taken() {
    let home = Home::new();
    let mut client = connect(&home.serve(&[home.ready("greeter")])).await;
    let output = json!({"path": "hello.md", "content": "Hello, dear Ada!\n"});
    let done = client.call("procedure_output", output).await;
    assert_ne!(done["isError"], true, "{done}");
    assert!(text(&done).contains("call procedure_finish"), "{done}");
    let uri = done["content"][1]["uri"].as_str().unwrap().to_owned();
    assert_eq!(
        client.read(&uri).await.unwrap()["text"],
        "Hello, dear Ada!\n"
    );
    let done = client.call("procedure_finish", json!({})).await;
    assert_eq!(
        done["structuredContent"]["procedure"]["followed"], true,
        "{done}"
    );
}

#[tokio::test]
async fn a_whole_run_tells_its_progress_and_returns_its_outputs() {
    let home = Home::new();
    let mut client = connect(&home.serve(&[weekly()])).await;
    let params = json!({
        "name": "procedure_run", "arguments": {"inputs": {"team": "Pier"}}, "_meta": {"progressToken": "p1"},
    });
    let done = client.ask("tools/call", params).await.unwrap();
    assert_ne!(done["isError"], true, "{done}");
    let progress = client
        .told
        .iter()
        .filter(|it| it["method"] == "notifications/progress");
    let progress: Vec<&Value> = progress.map(|it| &it["params"]).collect();
    assert!(progress.len() > 5, "{progress:?}");
    let total = progress[0]["total"].as_f64().unwrap();
    let mut last = -1.0;
    for told in &progress {
        assert_eq!(told["progressToken"], "p1");
        let at = told["progress"].as_f64().unwrap();
        assert!(at > last && at <= total, "{progress:?}");
        last = at;
    }
    assert!(
        (last - total).abs() < f64::EPSILON,
        "all steps are over: {progress:?}"
    );
    let structured = &done["structuredContent"];
    assert_eq!(structured["state"], "done");
    let outputs = structured["outputs"].as_array().unwrap();
    let report = outputs.iter().find(|it| it["path"] == "report.md").unwrap();
    let read = client.read(report["uri"].as_str().unwrap()).await.unwrap();
    assert!(
        read["text"].as_str().unwrap().contains("Pier"),
        "the inputs are those that were given"
    );
    let kinds: Vec<_> = done["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["type"])
        .collect();
    assert_eq!(
        kinds.iter().filter(|it| **it == "resource_link").count(),
        outputs.len()
    );
    let run = home.records("run-started");
    assert_eq!(run[0]["agent"], "probe 1");
    // Nobody who asks for none is told.
    client.told.clear();
    client.call("procedure_run", json!({})).await;
    assert!(
        client
            .told
            .iter()
            .all(|it| it["method"] != "notifications/progress")
    );
}

#[tokio::test]
async fn a_run_that_fails_says_so_and_what_it_left() {
    let home = Home::new();
    let mut client = connect(&home.serve(&[weekly()])).await;
    let done = client
        .call("procedure_run", json!({"inputs": {"week": "2020-W01"}}))
        .await;
    assert_eq!(done["isError"], true, "{done}");
    assert!(text(&done).starts_with("error[check-failed]"), "{done}");
    let uri = done["content"][1]["uri"].as_str().unwrap().to_owned();
    let report = client.read(&uri).await.unwrap();
    let report: Value = serde_json::from_str(report["text"].as_str().unwrap()).unwrap();
    assert_eq!(report["state"], "failed");
    let misfit = client
        .call("procedure_run", json!({"inputs": {"week": "never"}}))
        .await;
    assert!(
        text(&misfit).starts_with("error[input-invalid]"),
        "{misfit}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_cancelled_stops() {
    let home = Home::new();
    let host = home.host();
    let skill = home.approved(&host, "doer").await;
    let manifest = std::fs::read_to_string(skill.join("skill.toml")).unwrap();
    let steps = "\n[[steps]]\nid = \"forever\"\ncall = \"evil.do\"\nwith = { op = \"loop\" }\n";
    home.write("skills/doer/skill.toml", manifest + steps);
    let open = host.open_skill(&skill).await.unwrap();
    host.approve(&open, "a test").unwrap();
    let server = home.serve_with(host, &[skill]);
    let mut client = connect(&server).await;
    client.call("evil_do", json!({"op": "echo"})).await;
    for (tool, arguments) in [
        ("procedure_run", json!({})),
        ("procedure_step", json!({"step": "forever"})),
    ] {
        let calls = home.records("call").len();
        let id = client
            .begin("tools/call", json!({"name": tool, "arguments": arguments}))
            .await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(home.records("call").len(), calls, "it goes on");
        let begun = Instant::now();
        let params = json!({"requestId": id});
        client
            .send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}))
            .await;
        while home.records("call").len() == calls {
            assert!(begun.elapsed() < Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        println!("{tool} was cancelled after {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}
