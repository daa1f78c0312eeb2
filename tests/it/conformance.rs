//! `remit test`: each common mistake of an author is found, and said in words that tell what to do.

use crate::support::{Outcome, Remit, describing, plugin};
use serde_json::{Value, json};

/// The hostile guest as a plugin whose one operation is called with this opcode.
fn doing(remit: &Remit, opcode: &Value) -> String {
    let properties: serde_json::Map<String, Value> = opcode
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), json!({ "const": value })))
        .collect();
    let required: Vec<&String> = properties.keys().collect();
    describing(
        remit,
        &json!({
            "name": "mistaken", "version": "1.0.0", "summary": "Makes a mistake",
            "operations": [{
                "name": "do", "summary": "Makes it",
                "input_schema": { "type": "object", "required": required, "properties": properties },
                "output_schema": { "type": "object" }, "effect": "read", "idempotent": true,
            }],
            "needs": [],
        }),
    )
}

/// The rule with its state in the JSON report, and all that it says is broken.
fn rule(out: &Outcome, name: &str) -> (String, String) {
    let report = out.json();
    let found = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|result| result["rule"] == name)
        .unwrap_or_else(|| panic!("no rule {name}: {report:#}"));
    (
        found["state"].as_str().unwrap().to_owned(),
        format!("{} {}", found["broken"], found["mend"]),
    )
}

fn breaks(remit: &Remit, component: &str, name: &str, words: &[&str]) {
    let out = remit.run(&["test", component, "--json"]).exits(1);
    let (state, said) = rule(&out, name);
    assert_eq!(state, "failed", "{name} of {component}: {}", out.stdout);
    for word in words {
        assert!(said.contains(word), "{name} does not say {word:?}: {said}");
    }
}

#[test]
fn a_good_plugin_keeps_all_rules() {
    let remit = Remit::new();
    for name in ["mail", "drive", "metrics"] {
        let component = plugin(name);
        let out = remit.run(&["test", component.to_str().unwrap()]).exits(0);
        assert!(out.stdout.contains("keeps all 14 rules"), "{}", out.stdout);
    }
}

#[test]
fn a_missing_export_is_told_what_a_plugin_exports() {
    let remit = Remit::new();
    let empty = remit.write("empty.wasm", wat::parse_str("(component)").unwrap());
    breaks(
        &remit,
        empty.to_str().unwrap(),
        "component",
        &[
            "does not export",
            "remit:connector/connector",
            "remit build",
        ],
    );
    // What rests on it is not called broken.
    let out = remit.run(&["test", empty.to_str().unwrap(), "--json"]);
    assert_eq!(rule(&out, "bad-input").0, "not-reached");
}

#[test]
fn another_version_of_the_interface_is_named_with_the_one_that_is_due() {
    let remit = Remit::new();
    let text = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (instance $c (export "describe" (func $f)))
        (export "remit:connector/connector@0.2.0" (instance $c)))"#;
    let newer = remit.write("newer.wasm", wat::parse_str(text).unwrap());
    breaks(
        &remit,
        newer.to_str().unwrap(),
        "component",
        &["0.2.0", "remit:connector/connector@0.1.0"],
    );
}

#[test]
fn a_core_module_is_told_to_become_a_component() {
    let remit = Remit::new();
    let module = remit.write("module.wasm", wat::parse_str("(module)").unwrap());
    breaks(
        &remit,
        module.to_str().unwrap(),
        "component",
        &["core WebAssembly module"],
    );
}

#[test]
fn a_crash_is_told_to_become_a_fault() {
    let remit = Remit::new();
    let component = doing(
        &remit,
        &json!({ "op": "panic", "message": "index out of range" }),
    );
    breaks(
        &remit,
        &component,
        "denial",
        &["crashed", "answer with a fault"],
    );
}

#[test]
fn an_exit_is_told_to_become_a_fault() {
    let remit = Remit::new();
    let component = doing(&remit, &json!({ "op": "exit" }));
    breaks(&remit, &component, "denial", &["exit", "return a fault"]);
}

#[test]
fn a_describe_that_never_ends_or_crashes_is_told_to_be_a_constant() {
    let remit = Remit::new();
    for (opcode, words) in [
        (json!({ "op": "loop" }), "loop without end"),
        (json!({ "op": "trap", "kind": "unreachable" }), "crashed"),
    ] {
        let component = describing(&remit, &opcode);
        breaks(&remit, &component, "describe", &[words, "constant"]);
    }
}

#[test]
fn a_schema_that_is_none_is_named() {
    let remit = Remit::new();
    let mut description = json!({
        "name": "odd", "version": "1.0.0", "summary": "Has an odd schema",
        "operations": [{
            "name": "do", "summary": "Does", "input_schema": { "type": "object" },
            "output_schema": { "type": "objekt" }, "effect": "read", "idempotent": true,
        }],
        "needs": [],
    });
    let component = describing(&remit, &description);
    breaks(&remit, &component, "description", &["output", "do"]);
    description["operations"][0]["output_schema"] = json!({ "type": "object" });
    description["needs"] = json!([{ "grant": "http EVERYTHING", "reason": "why not" }]);
    let component = describing(&remit, &description);
    breaks(&remit, &component, "description", &["EVERYTHING"]);
}

#[test]
fn a_result_that_its_schema_does_not_allow_is_named() {
    let remit = Remit::new();
    let component = doing(&remit, &json!({ "op": "raw_output", "text": "[1]" }));
    breaks(&remit, &component, "output", &["do", "object"]);
    let component = doing(&remit, &json!({ "op": "raw_output", "text": "no JSON" }));
    breaks(&remit, &component, "denial", &["no JSON"]);
}

#[test]
fn an_input_that_is_taken_and_should_not_be_is_named() {
    let remit = Remit::new();
    // The guest reads whatever it is given, and answers an opcode that there is not with a result.
    let component = doing(&remit, &json!({ "op": "echo", "value": 1 }));
    breaks(
        &remit,
        &component,
        "bad-input",
        &["left out", "invalid-input"],
    );
}

#[test]
fn the_authors_own_cases_are_calls_with_what_must_come_of_them() {
    let remit = Remit::new();
    let project = |cases: &str| {
        remit.write("mine/go.mod", "module example.org/metrics\n");
        remit.write(
            "mine/build/metrics.wasm",
            std::fs::read(plugin("metrics")).unwrap(),
        );
        remit.write("mine/remit-test.toml", cases);
        remit.run(&["test", "mine", "--json"])
    };
    let denied = "[[call]]\noperation = \"query\"\ninput = { query = \"up\" }\n\
                  allow = [\"config base-url=http://127.0.0.1:9\"]\nfault = \"denied\"\n";
    let out = project(denied).exits(0);
    assert_eq!(rule(&out, "cases").0, "passed");
    let out = project(&denied.replace("\"denied\"", "\"not-found\"")).exits(1);
    assert!(
        rule(&out, "cases").1.contains("not-found was due"),
        "{}",
        out.stdout
    );
    project("[[call]]\noperation = \"query\"\noutputs = 1\n")
        .exits(2)
        .prints("package-file-invalid");
}

#[test]
fn a_project_that_is_not_built_is_told_how() {
    let remit = Remit::new();
    remit.write("mine/go.mod", "module example.org/mine\n");
    remit.run(&["test", "mine"]).exits(2).says("remit build");
}
