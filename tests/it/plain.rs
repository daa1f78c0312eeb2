//! Plain components: what they export is called by its types, with nothing of Remit in them.

use crate::support::{Outcome, Remit, Server, plain};
use serde_json::{Value, json};

fn call(remit: &Remit, function: &str, input: &Value, allow: &[String]) -> Outcome {
    let mut args = vec![
        "call".to_owned(),
        plain().display().to_string(),
        function.to_owned(),
        "--input".to_owned(),
        input.to_string(),
    ];
    for grant in allow {
        args.extend(["--allow".to_owned(), grant.clone()]);
    }
    remit.run(&args)
}

/// Made of text: no tool of Remit's, and no WIT, has had a hand in it.
const ADDER: &str = r#"(component
    (core module $m
        (func (export "add") (param i32 i32) (result i32)
            (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func $add (param "a" u8) (param "b" s16) (result s32) (canon lift (core func $i "add")))
    (export "add" (func $add)))"#;

#[test]
fn a_component_built_elsewhere_runs() {
    let remit = Remit::new();
    let file = remit.write("adder.wasm", wat::parse_str(ADDER).unwrap());
    let file = file.to_str().unwrap();
    let out = remit.run(&["call", file, "add", "--input", r#"{"a":255,"b":-256}"#]);
    assert_eq!(out.exits(0).json(), json!(-1));
    remit
        .run(&["call", file, "add", "--input", r#"{"a":256,"b":0}"#])
        .exits(2)
        .says("at /a: expected a whole number from 0 to 255, found 256");
    remit
        .run(&["call", file, "subtract", "--input", "{}"])
        .exits(2)
        .says("operation-unknown");
}

#[test]
fn it_is_shown_with_its_docs_its_effects_and_what_is_left_out() {
    let remit = Remit::new();
    let file = plain();
    let out = remit
        .run(&["show", file.to_str().unwrap(), "--json"])
        .exits(0);
    let card = out.json();
    assert_eq!(card["name"], "plain");
    assert_eq!(card["version"], "1.2.0");
    let plugin = &card["plugins"][0];
    let operations = plugin["operations"].as_array().unwrap();
    let greet = operations.iter().find(|it| it["name"] == "greet").unwrap();
    assert_eq!(greet["summary"], "Greets somebody by name.");
    assert_eq!(greet["effect"], "destructive");
    assert_eq!(greet["effect_source"], "nobody");
    assert_eq!(greet["takes"][0]["name"], "name");
    let left_out = plugin["left_out"].as_array().unwrap();
    let functions: Vec<_> = left_out
        .iter()
        .map(|it| it["function"].as_str().unwrap())
        .collect();
    assert_eq!(
        functions,
        [
            "acme:plain/stock@1.2.0#[constructor]counter",
            "acme:plain/stock@1.2.0#[method]counter.increment",
            "acme:plain/stock@1.2.0#open",
        ]
    );
    // What stands beside a resource is there.
    assert!(operations.iter().any(|it| it["name"] == "limit"));
    remit
        .run(&["show", file.to_str().unwrap()])
        .exits(0)
        .prints("unknown, treated as destructive")
        .prints("leaves out")
        .prints("resource");
}

#[test]
fn values_of_every_type_come_back_as_they_went() {
    let remit = Remit::new();
    for (function, input, output) in [
        ("greet", json!({"name": "Ann"}), json!("Good day, Ann.")),
        (
            "integers",
            json!({"a": -128, "b": 255, "c": -32768, "d": 65535, "e": -2147483648_i64, "f": 4294967295_u32}),
            json!([-128, 255, -32768, 65535, -2147483648_i64, 4294967295_u32]),
        ),
        (
            "long",
            json!({"signed": i64::MIN, "unsigned": u64::MAX}),
            json!(["-9223372036854775808", "18446744073709551615"]),
        ),
        (
            "long",
            json!({"signed": "-9007199254740991", "unsigned": "9007199254740992"}),
            json!([-9007199254740991_i64, "9007199254740992"]),
        ),
        (
            "floats",
            json!({"single": "NaN", "double": "-Infinity"}),
            json!(["NaN", "-Infinity"]),
        ),
        (
            "floats",
            json!({"single": 0.1, "double": 5e-324}),
            json!([0.1, 5e-324]),
        ),
        ("letter", json!({"it": "🦀"}), json!("🦀")),
        (
            "text",
            json!({"it": "a\u{0}\"\u{7f}é"}),
            json!("a\u{0}\"\u{7f}é"),
        ),
        ("truth", json!({"it": true}), json!(true)),
        ("backwards", json!({"it": "AQIDBA=="}), json!("BAMCAQ==")),
        ("backwards", json!({"it": ""}), json!("")),
        ("same-shape", json!({"it": "nothing"}), json!("nothing")),
        (
            "same-shape",
            json!({"it": {"circle": 1.5}}),
            json!({"circle": 1.5}),
        ),
        (
            "same-shape",
            json!({"it": {"polygon": [{"x": 1, "y": 2}, {"x": 3, "y": 4, "label": "end"}]}}),
            json!({"polygon": [{"x": 1, "y": 2, "label": null}, {"x": 3, "y": 4, "label": "end"}]}),
        ),
        (
            "same-shape",
            json!({"it": {"around": null}}),
            json!({"around": null}),
        ),
        ("same-color", json!({"it": "deep-blue"}), json!("deep-blue")),
        (
            "same-permissions",
            json!({"it": ["execute", "read"]}),
            json!(["read", "execute"]),
        ),
        ("maybe", json!({}), json!(null)),
        (
            "maybe",
            json!({"it": {"some": null}}),
            json!({"some": null}),
        ),
        ("maybe", json!({"it": {"some": 7}}), json!({"some": 7})),
        (
            "outcomes",
            json!({"it": [{"ok": 1}, {"error": "no"}], "bare": {"error": null}}),
            json!([[{"ok": 1}, {"error": "no"}], {"error": null}]),
        ),
        ("fail-with", json!({}), json!(7)),
        ("limit", json!({}), json!(u32::MAX)),
    ] {
        let out = call(&remit, function, &input, &[]).exits(0);
        assert_eq!(out.json(), output, "{function} {input}");
    }
}

#[test]
fn what_does_not_fit_is_told_with_its_exact_place() {
    let remit = Remit::new();
    let order = |items: Value| json!({"order": {"items": items, "color": "red"}});
    for (function, input, says) in [
        (
            "total",
            order(json!([{"name": "a", "price": 1}, {"name": "b", "price": 300}])),
            "at /order/items/1/price: expected a whole number from 0 to 255, found 300",
        ),
        (
            "total",
            order(json!([{"name": "a"}])),
            "at /order/items/0: the field `price` is missing",
        ),
        (
            "total",
            order(json!([{"name": "a", "price": 1, "prize": 2}])),
            "at /order/items/0: there is no field `prize`; there are: name, price, size",
        ),
        (
            "total",
            order(json!([{"name": "a", "price": 1, "size": 3}])),
            "at /order/items/0/size: expected null or {\"some\": …}, found 3",
        ),
        (
            "total",
            json!({"order": {"items": [], "color": "blue"}}),
            "at /order/color: there is no name `blue`",
        ),
        ("total", json!({}), "the field `order` is missing"),
        (
            "greet",
            json!({"name": "x", "a/b": 1}),
            "there is no field `a/b`",
        ),
        (
            "same-shape",
            json!({"it": "circle"}),
            "at /it: expected {\"circle\": …}",
        ),
        (
            "same-shape",
            json!({"it": {"nothing": null}}),
            "at /it: expected the string \"nothing\"",
        ),
        (
            "same-shape",
            json!({"it": {"polygon": [], "circle": 1}}),
            "at /it: expected the name of a case",
        ),
        (
            "same-shape",
            json!({"it": {"polygon": [{"x": 1, "y": 0.5}]}}),
            "at /it/polygon/0/y: expected a whole number",
        ),
        (
            "same-permissions",
            json!({"it": ["read", "read"]}),
            "at /it/1: expected each name at most once",
        ),
        (
            "letter",
            json!({"it": "ab"}),
            "at /it: expected a string of one character",
        ),
        (
            "backwards",
            json!({"it": "AQI"}),
            "at /it: expected bytes in base64, with padding",
        ),
        (
            "long",
            json!({"signed": 0, "unsigned": "18446744073709551616"}),
            "at /unsigned: expected",
        ),
        (
            "long",
            json!({"signed": "+1", "unsigned": 0}),
            "at /signed: expected",
        ),
        (
            "floats",
            json!({"single": 1e39, "double": 0}),
            "at /single: expected a number from",
        ),
        (
            "outcomes",
            json!({"it": [{"ok": 1, "error": ""}], "bare": {"ok": null}}),
            "at /it/0: expected {\"ok\": …}",
        ),
        (
            "outcomes",
            json!({"it": [], "bare": {"ok": 1}}),
            "at /bare/ok: expected null",
        ),
    ] {
        call(&remit, function, &input, &[])
            .exits(2)
            .says("call-input-invalid")
            .says(says);
    }
}

#[test]
fn the_error_of_a_result_is_a_fault() {
    let remit = Remit::new();
    for (function, input, code, says) in [
        (
            "fail",
            json!({"how": {"not-found": "no \u{1b}[2Jsuch thing"}}),
            "fault-not-found",
            "such thing",
        ),
        (
            "fail",
            json!({"how": "unavailable"}),
            "fault-unavailable",
            "unavailable",
        ),
        (
            "fail",
            json!({"how": {"invalid-input": [1, 2]}}),
            "fault-invalid-input",
            "[1,2]",
        ),
        (
            "fail",
            json!({"how": {"denied": "no"}}),
            "fault-denied",
            "no",
        ),
        (
            "fail",
            json!({"how": {"quota": 7}}),
            "fault-internal",
            "{\"quota\":7}",
        ),
        (
            "fail-with",
            json!({"text": "broken"}),
            "fault-internal",
            "broken",
        ),
        ("fail-bare", json!({}), "fault-internal", "failed"),
        ("crash", json!({}), "plugin-crashed", "unreachable"),
    ] {
        let out = call(&remit, function, &input, &[])
            .exits(1)
            .says(code)
            .says(says);
        assert!(!out.stderr.contains('\u{1b}'), "{}", out.stderr);
    }
}

#[test]
fn results_beyond_the_output_limit_end_the_call_and_those_within_do_not() {
    let remit = Remit::new();
    for (function, input) in [
        ("huge", json!({"bytes": 50_000_000})),
        ("huge", json!({"bytes": 4_000_000})),
        ("many", json!({"count": 100_000})),
        // Half a megabyte in the guest, some hundred here.
        ("many", json!({"count": 400_000})),
    ] {
        call(&remit, function, &input, &[])
            .exits(1)
            .says("limit-output");
    }
    let out = call(&remit, "huge", &json!({"bytes": 1_000_000}), &[]).exits(0);
    assert_eq!(out.json().as_str().unwrap().len(), 1_333_336);
    call(&remit, "many", &json!({"count": 10_000}), &[]).exits(0);
}

#[test]
fn the_network_needs_a_grant() {
    let server = Server::answering("204 No Content", "", "");
    let remit = Remit::new();
    let input = json!({"authority": server.authority(), "path": "/x"});
    call(&remit, "fetch", &input, &[])
        .exits(3)
        .says("http-host-denied")
        .says("hint:");
    assert_eq!(server.asked().len(), 0);
    let grant = format!("http GET http://{}/x", server.authority());
    let out = call(&remit, "fetch", &input, &[grant]).exits(0);
    assert_eq!(out.json(), 204);
    assert_eq!(server.asked().len(), 1);
    // Each was recorded: the refused request, the call, and the one that went out.
    let records = remit.audit();
    assert!(
        records
            .iter()
            .any(|it| it.to_string().contains("http-host-denied"))
    );
}

#[test]
fn a_file_needs_a_grant_and_stays_within_it() {
    let remit = Remit::new();
    remit.write("notes/note.txt", "hello");
    remit.write("secret.txt", "secret");
    let input = json!({"folder": "/data", "path": "note.txt"});
    call(&remit, "read-file", &input, &[])
        .exits(3)
        .says("capability-not-granted");
    let grant = "files read ./notes /data".to_owned();
    let out = call(&remit, "read-file", &input, std::slice::from_ref(&grant)).exits(0);
    assert_eq!(out.json(), "hello");
    let outside = json!({"folder": "/data", "path": "../secret.txt"});
    call(&remit, "read-file", &outside, &[grant]).exits(3);
}

#[test]
fn what_cannot_be_done_with_one_is_said() {
    let remit = Remit::new();
    remit
        .run(&["test", plain().to_str().unwrap()])
        .exits(2)
        .says("plain-component")
        .says("remit call");
    let types = "(component
        (type $r (resource (rep i32)))
        (export $counter \"counter\" (type $r))
        (core module $m (func (export \"f\") (result i32) unreachable))
        (core instance $i (instantiate $m))
        (func $f (result (own $counter)) (canon lift (core func $i \"f\")))
        (export \"open\" (func $f)))";
    let file = remit.write("none.wasm", wat::parse_str(types).unwrap());
    remit
        .run(&["show", file.to_str().unwrap()])
        .exits(2)
        .says("component-no-operation")
        .says("resource");
}
