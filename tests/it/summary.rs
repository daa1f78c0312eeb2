//! The plugin `summary`, in Python, through the command line. It needs nothing and is granted nothing.

use crate::support::{Remit, built};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The built component. It is 18 MB, so it is not committed.
fn summary() -> PathBuf {
    built("plugins-src/summary/build/summary.wasm")
}

/// Calls an operation with an input from a file: a megabyte is no argument.
fn call(remit: &Remit, operation: &str, input: &Value) -> crate::support::Outcome {
    let file = remit.write("input.json", input.to_string());
    let input = format!("@{}", file.display());
    let component = summary();
    remit.run(&[
        "call",
        component.to_str().unwrap(),
        operation,
        "--input",
        &input,
    ])
}

const NEWS: &str = "# Harbour bridge\n\nDear all,\n\nThe city council decided on Tuesday to repair the old harbour \
    bridge instead of replacing it. The repair of the bridge will cost about 12.5 million euros, says Dr. Lind. \
    The weather was nice.\n\n- The bridge in a list.\n\n```\nThe bridge in code. Never a sentence.\n```\n\n\
    Engineers found rust in the cables of the harbour bridge last autumn.\n";

#[test]
fn a_text_is_summed_up_by_its_own_sentences() {
    let remit = Remit::new();
    let input = json!({ "text": NEWS, "max_sentences": 2 });
    let out = call(&remit, "summarize", &input).exits(0).json();
    assert_eq!(out["language"], "en");
    let sentences = out["sentences"].as_array().unwrap();
    assert_eq!(sentences.len(), 2);
    for sentence in sentences {
        assert!(
            NEWS.contains(sentence["text"].as_str().unwrap()),
            "{sentence}"
        );
    }
    let said = out["summary"].as_str().unwrap();
    assert!(
        said.contains("decided on Tuesday") && !said.contains("weather"),
        "{said}"
    );
}

#[test]
fn several_texts_keep_their_ids_and_languages() {
    let remit = Remit::new();
    let german =
        "Der Stadtrat hat beschlossen, die alte Brücke zu reparieren, statt sie zu ersetzen.";
    let input = json!({ "text": [{ "id": "a", "text": NEWS }, { "id": "b", "text": german }] });
    let out = call(&remit, "detect_language", &input).exits(0).json();
    assert_eq!(out["texts"][0]["language"], "en");
    assert_eq!(out["texts"][1]["language"], "de");
    let out = call(&remit, "summarize", &input).exits(0).json();
    let ids: Vec<_> = out["sentences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert!(
        ids.contains(&&json!("a")) && ids.contains(&&json!("b")),
        "{out}"
    );
}

#[test]
fn key_phrases_are_what_a_text_speaks_of() {
    let remit = Remit::new();
    let out = call(
        &remit,
        "key_phrases",
        &json!({ "text": NEWS, "max_phrases": 3 }),
    );
    let out = out.exits(0).json();
    let phrases: Vec<String> = out["phrases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["phrase"].as_str().unwrap().to_lowercase())
        .collect();
    assert_eq!(phrases.len(), 3);
    assert!(
        phrases.iter().any(|it| it.contains("bridge")),
        "{phrases:?}"
    );
}

#[test]
fn a_megabyte_is_done_within_a_calls_limits() {
    let remit = Remit::new();
    let mut seed = 1_u32;
    let mut word = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("w{:x}", seed >> 19)
    };
    let mut text = String::new();
    while text.len() < 1 << 20 {
        let words: Vec<String> = (0..14).map(|_| word()).collect();
        text.push_str(&format!("So {}. ", words.join(" ")));
    }
    text.truncate(1 << 20);
    for operation in ["summarize", "key_phrases", "detect_language"] {
        call(&remit, operation, &json!({ "text": text })).exits(0);
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let remit = Remit::new();
    // By the host, which has the schema.
    call(&remit, "summarize", &json!({ "text": 1 }))
        .exits(2)
        .says("call-input-invalid");
    // By the plugin, since no schema can say it.
    let texts: Vec<Value> = (0..3)
        .map(|id| json!({ "id": id.to_string(), "text": "a".repeat(400_000) }))
        .collect();
    call(&remit, "summarize", &json!({ "text": texts }))
        .exits(1)
        .says("1200000 characters");
}

#[test]
fn it_asks_for_nothing_and_reaches_nothing() {
    let remit = Remit::new();
    call(&remit, "summarize", &json!({ "text": NEWS })).exits(0);
    // Not even the interpreter's own imports are there: the component is built without WASI.
    let card = remit.run(&["show", summary().to_str().unwrap()]).exits(0);
    let card = card.prints("nothing outside its sandbox");
    assert!(
        !card.stdout.contains("imported, nothing granted"),
        "{}",
        card.stdout
    );
    let denied = remit
        .audit()
        .into_iter()
        .filter(|it| it["allowed"] == false);
    assert_eq!(denied.count(), 0);
}
