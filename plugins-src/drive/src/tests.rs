//! The plugin as its host calls it.

use std::fs;

use remit_plugin::Fault;
use remit_plugin::testing::World;
use serde_json::{Value, json};
use tempfile::TempDir;

fn drive(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn call(folder: &TempDir, operation: &str, input: Value) -> Result<Value, Fault> {
    let world = World::new()
        .config("folder", "/documents")
        .mount("/documents", folder.path());
    let output = world.run(|| crate::plugin().invoke(operation, &input.to_string()))?;
    Ok(serde_json::from_str(&output).unwrap())
}

fn paths(found: &Value, key: &str) -> Vec<String> {
    found[key]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["path"].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn a_listing_shows_what_is_there_and_hides_what_programs_keep() {
    let folder = drive(&[
        ("b.md", "x"),
        ("a/c.txt", "yy"),
        (".git/config", ""),
        ("~$b.docx", ""),
    ]);
    let listed = call(&folder, "list", json!({})).unwrap();
    assert_eq!(paths(&listed, "entries"), ["a", "b.md"]);
    assert_eq!(listed["entries"][0]["kind"], "folder");
    assert_eq!(
        (
            listed["entries"][1]["type"].as_str(),
            listed["entries"][1]["size"].as_u64()
        ),
        (Some("md"), Some(1))
    );
    let all = call(&folder, "list", json!({ "recursive": true })).unwrap();
    assert_eq!(paths(&all, "entries"), ["a", "a/c.txt", "b.md"]);
    let some = call(&folder, "list", json!({ "recursive": true, "limit": 2 })).unwrap();
    assert_eq!(
        (paths(&some, "entries").len(), some["truncated"].as_bool()),
        (2, Some(true))
    );
    assert_eq!(
        paths(
            &call(&folder, "list", json!({ "path": "/a/" })).unwrap(),
            "entries"
        ),
        ["a/c.txt"]
    );
}

#[test]
fn a_search_ranks_by_the_words_that_say_most() {
    let folder = drive(&[
        ("plan.md", "# Cold chamber plan\nThe chamber is booked."),
        (
            "notes.md",
            "# Notes\nWe talked about the weather, the cold and the plan for the office.",
        ),
        ("list.csv", "name,city\nÅsa,Tromsø\n"),
        ("other/cold.txt", "nothing of it"),
    ]);
    let found = call(
        &folder,
        "search",
        json!({ "query": "Re: the cold chamber" }),
    )
    .unwrap();
    assert_eq!(
        paths(&found, "documents").first().map(String::as_str),
        Some("plan.md")
    );
    assert!(
        found["documents"][0]["snippets"][0]
            .as_str()
            .unwrap()
            .contains("chamber")
    );
    let by_type = call(
        &folder,
        "search",
        json!({ "query": "cold", "types": [".TXT"] }),
    )
    .unwrap();
    assert_eq!(paths(&by_type, "documents"), ["other/cold.txt"]);
    assert_eq!(
        paths(
            &call(&folder, "search", json!({ "query": "tromso asa" })).unwrap(),
            "documents"
        ),
        ["list.csv"]
    );
    let without = call(
        &folder,
        "search",
        json!({ "query": "cold -chamber", "path": "" }),
    )
    .unwrap();
    assert!(!paths(&without, "documents").contains(&"plan.md".to_string()));
    assert_eq!(
        call(&folder, "search", json!({ "query": "..." }))
            .unwrap_err()
            .kind(),
        "invalid-input"
    );
}

#[test]
fn a_document_is_written_once_and_replaced_only_when_asked() {
    let folder = drive(&[]);
    let write = |input: Value| call(&folder, "write_document", input);
    let first = write(json!({ "path": "new/plan.md", "text": "# Plan" })).unwrap();
    assert_eq!(
        first,
        json!({ "path": "new/plan.md", "size": 6, "created": true })
    );
    assert_eq!(
        write(json!({ "path": "new/plan.md", "text": "x" }))
            .unwrap_err()
            .kind(),
        "conflict"
    );
    let second = write(json!({ "path": "new/plan.md", "text": "x", "overwrite": true })).unwrap();
    assert_eq!(second["created"], false);
    assert_eq!(
        call(&folder, "read", json!({ "path": "new/plan.md" })).unwrap()["text"],
        "x"
    );
    for path in [
        "../x.md",
        "a/../../x.md",
        "",
        "a/",
        ".hidden",
        "report.docx",
        "a\u{7}.md",
    ] {
        let fault = write(json!({ "path": path, "text": "x", "overwrite": true })).unwrap_err();
        assert_eq!(fault.kind(), "invalid-input", "{path}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let folder = drive(&[("a/b.md", "")]);
    let fault = call(&folder, "read", json!({ "path": "a/none.md" })).unwrap_err();
    assert_eq!(fault.kind(), "not-found");
    assert!(fault.message().contains("none.md"));
    assert!(
        call(&folder, "read", json!({ "path": "a" }))
            .unwrap_err()
            .message()
            .contains("list")
    );
    assert_eq!(
        call(&folder, "list", json!({ "path": "none" }))
            .unwrap_err()
            .kind(),
        "not-found"
    );
}
