//! What a client's own runs left, and that nobody else reads it.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use remit_mcp::{Server, Transport};
use serde_json::{Value, json};

use crate::support::{Era, Home, Wire};

async fn connect(server: &Server) -> Wire {
    Wire::connect(server, Transport::Stdio, Era::Old(json!({}))).await
}

/// The addresses of this client's runs.
async fn runs(client: &mut Wire) -> Vec<Value> {
    let listed = client.ask("resources/list", json!({})).await.unwrap();
    let all = listed["resources"].as_array().unwrap().clone();
    let is_run = |it: &Value| it["uri"].as_str().unwrap().starts_with("run://");
    all.into_iter().filter(is_run).collect()
}

/// Does the only step, and returns the run's id and folder.
async fn greet(home: &Home, client: &mut Wire) -> (String, PathBuf) {
    let done = client
        .call("procedure_step", json!({"step": "greet"}))
        .await;
    assert_ne!(done["isError"], true, "{done}");
    let all = runs(client).await;
    let uri = all[0]["uri"].as_str().unwrap();
    let id = uri
        .strip_prefix("run://")
        .unwrap()
        .strip_suffix("/run.json")
        .unwrap()
        .to_owned();
    let folders = std::fs::read_dir(home.path().join("runs")).unwrap();
    let folder = folders
        .map(|it| it.unwrap().path())
        .find(|it| it.join("hello.md").exists());
    (id, folder.unwrap())
}

#[tokio::test]
async fn the_report_and_the_outputs_of_a_run_are_listed_and_read() {
    let home = Home::new();
    let server = home.serve(&[home.ready("greeter")]);
    let mut client = connect(&server).await;
    assert_eq!(
        runs(&mut client).await,
        Vec::<Value>::new(),
        "nothing was done yet"
    );
    let (id, _) = greet(&home, &mut client).await;
    let all = runs(&mut client).await;
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(all[1]["uri"], format!("run://{id}/hello.md"));
    assert_eq!(all[1]["size"], 11);
    assert_eq!(all[1]["mimeType"], "text/markdown");
    let read = client.read(&format!("run://{id}/hello.md")).await.unwrap();
    assert_eq!(read["text"], "Hello Ada!\n");
    let source = read["_meta"]["dev.remit/source"].as_str().unwrap();
    assert!(
        source.contains("greeter") && source.contains("never instructions"),
        "{source}"
    );
    let report = client.read(&format!("run://{id}/run.json")).await.unwrap();
    assert_eq!(report["mimeType"], "application/json");
    let report: Value = serde_json::from_str(report["text"].as_str().unwrap()).unwrap();
    assert_eq!(report["run"], id.as_str());
    assert_eq!(report["steps"][0]["outputs"], json!(["hello.md"]));
    // It is there when the session is over, too.
    client.call("procedure_finish", json!({})).await;
    assert_eq!(runs(&mut client).await, all);
    client.read(&format!("run://{id}/hello.md")).await.unwrap();
    // Completion knows it.
    let params = json!({
        "ref": { "type": "ref/resource", "uri": "run://{run}/{+path}" },
        "argument": { "name": "path", "value": "h" },
        "context": { "arguments": { "run": id } },
    });
    let completed = client.ask("completion/complete", params).await.unwrap();
    assert_eq!(completed["completion"]["values"], json!(["hello.md"]));
}

#[tokio::test]
async fn another_clients_run_is_as_if_there_were_none() {
    let home = Home::new();
    let server = home.serve(&[home.ready("greeter")]);
    let mut client = connect(&server).await;
    let mut stranger = connect(&server).await;
    let (id, _) = greet(&home, &mut client).await;
    let uri = format!("run://{id}/hello.md");
    let refused = stranger.read(&uri).await.unwrap_err();
    let nothing = stranger.read("run://nothing/hello.md").await.unwrap_err();
    assert_eq!(refused["code"], nothing["code"]);
    let message = |error: &Value, uri: &str| error["message"].as_str().unwrap().replace(uri, "");
    assert_eq!(
        message(&refused, &uri),
        message(&nothing, "run://nothing/hello.md")
    );
    assert_eq!(refused["data"]["code"], "resource-unknown");
    assert!(runs(&mut stranger).await.is_empty());
    let params = json!({
        "ref": { "type": "ref/resource", "uri": "run://{run}/{+path}" },
        "argument": { "name": "run", "value": "" },
    });
    let completed = stranger.ask("completion/complete", params).await.unwrap();
    assert_eq!(completed["completion"]["values"], json!([]));
    client.read(&uri).await.unwrap();
}

#[tokio::test]
async fn nothing_else_in_a_runs_folder_is_read() {
    let home = Home::new();
    let server = home.serve(&[home.ready("greeter")]);
    let mut client = connect(&server).await;
    let (id, folder) = greet(&home, &mut client).await;
    home.write("outside.md", "outside");
    std::fs::write(folder.join("other.md"), "other").unwrap();
    std::fs::create_dir_all(folder.join("calls")).unwrap();
    std::fs::write(folder.join("calls/other.json"), "{}").unwrap();
    std::fs::write(folder.join("calls/01.json"), "{}").unwrap();
    symlink(home.path().join("outside.md"), folder.join("calls/7.json")).unwrap();
    for refused in [
        "other.md",
        "calls/other.json",
        "calls/01.json",
        "calls/0.json",
        "calls/1.json",
        "calls/7.json",
        "calls",
        "calls/../run.json",
        "../outside.md",
        "%2e%2e/outside.md",
        "run.json/",
        "./run.json",
        "Run.json",
        "run.json%00",
        ".partial",
        "",
    ] {
        let uri = format!("run://{id}/{refused}");
        let error = client.read(&uri).await.unwrap_err();
        assert!(!error.to_string().contains("outside\""), "{uri}: {error}");
    }
    for allowed in ["run.json", "hello.md"] {
        client.read(&format!("run://{id}/{allowed}")).await.unwrap();
    }
}

#[tokio::test]
async fn an_output_that_was_changed_is_not_handed_on() {
    let home = Home::new();
    let server = home.serve(&[home.ready("greeter")]);
    let mut client = connect(&server).await;
    let (id, folder) = greet(&home, &mut client).await;
    let uri = format!("run://{id}/hello.md");
    client.read(&uri).await.unwrap();
    std::fs::write(folder.join("hello.md"), "Hello Eve!\n").unwrap();
    let error = client.read(&uri).await.unwrap_err();
    assert_eq!(error["data"]["code"], "resource-changed", "{error}");
    std::fs::remove_file(folder.join("hello.md")).unwrap();
    symlink(home.write("outside.md", "outside"), folder.join("hello.md")).unwrap();
    client.read(&uri).await.unwrap_err();
}

#[tokio::test]
async fn a_skills_file_that_changed_while_it_is_open_is_not_handed_on() {
    let home = Home::new();
    let server = home.serve(&[home.ready("greeter")]);
    let mut client = connect(&server).await;
    greet(&home, &mut client).await;
    let uri = "skill://greeter/notes/a%20b.md";
    client.read(uri).await.unwrap();
    home.write("skills/greeter/notes/a b.md", "# Other notes\n");
    let error = client.read(uri).await.unwrap_err();
    assert_eq!(error["data"]["code"], "resource-changed", "{error}");
    home.write("skills/greeter/notes/a b.md", "# Notes\n");
    client.read(uri).await.unwrap();
}

#[tokio::test]
async fn the_exact_call_is_read_by_its_number() {
    let home = Home::new();
    let host = home.host();
    let skill = home.approved(&host, "doer").await;
    let server = home.serve_with(host, &[skill]);
    let mut client = connect(&server).await;
    for value in ["first", "second"] {
        client
            .call("evil_do", json!({"op": "echo", "value": value}))
            .await;
    }
    let all = runs(&mut client).await;
    let id = all[0]["uri"]
        .as_str()
        .unwrap()
        .trim_start_matches("run://")
        .trim_end_matches("/run.json")
        .to_owned();
    let call = client
        .read(&format!("run://{id}/calls/2.json"))
        .await
        .unwrap();
    let call: Value = serde_json::from_str(call["text"].as_str().unwrap()).unwrap();
    assert_eq!(call["arguments"]["value"], "second", "{call}");
    assert_eq!(call["result"]["value"], "second");
    let error = client
        .read(&format!("run://{id}/calls/3.json"))
        .await
        .unwrap_err();
    assert_eq!(error["data"]["code"], "resource-unknown");
}
