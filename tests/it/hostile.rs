//! A hostile plugin through the front door: it ends as a typed error, and the next call works.

use crate::support::{Outcome, Remit, describing, evil};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn call(remit: &Remit, input: &Value, grants: &[&str]) -> Outcome {
    let evil = evil();
    let mut args = vec![
        "call".to_owned(),
        evil.display().to_string(),
        "do".into(),
        "--input".into(),
        input.to_string(),
    ];
    for grant in grants {
        args.extend(["--allow".to_owned(), (*grant).to_owned()]);
    }
    remit.run(&args)
}

fn a_benign_call_works(remit: &Remit) {
    assert_eq!(
        call(remit, &json!({"op": "echo", "value": 7}), &[])
            .exits(0)
            .json()["value"],
        7
    );
}

#[test]
fn what_ends_the_call_is_a_failure_with_a_code() {
    let remit = Remit::new();
    for (input, code) in [
        (json!({"op": "grow"}), None),
        (json!({"op": "recurse"}), None),
        (
            json!({"op": "trap", "kind": "unreachable"}),
            Some("plugin-crashed"),
        ),
        (
            json!({"op": "panic", "message": "\u{1b}[2Jgone"}),
            Some("plugin-crashed"),
        ),
        (json!({"op": "exit"}), None),
        (
            json!({"op": "raw_output", "text": "no JSON"}),
            Some("call-output-invalid"),
        ),
        (json!({"op": "huge_output", "bytes": 1 << 25}), None),
        (json!({"op": "invalid_utf8"}), None),
        (
            json!({"op": "fault", "kind": "internal", "message": "\u{1b}]8;;http://evil\u{7}"}),
            None,
        ),
        (
            json!({"op": "leak_handles", "kind": "fields", "count": 1_000_000}),
            None,
        ),
    ] {
        let out = call(&remit, &input, &[]);
        // Growing until the host says no is an answer too: then the guest goes on and says how far it came.
        if input["op"] == "grow" && out.status == 0 {
            assert!(
                out.json()["pages"].as_u64().unwrap() <= 1024,
                "{}",
                out.stdout
            );
        } else {
            assert_eq!(out.status, 1, "{input}: {}{}", out.stdout, out.stderr);
            assert!(
                out.stderr.starts_with("error[") || out.stderr.contains("\nerror["),
                "{input}: {}",
                out.stderr
            );
        }
        if let Some(code) = code {
            assert!(
                out.stderr.contains(&format!("error[{code}]")),
                "{input}: {}",
                out.stderr
            );
        }
        assert!(
            !out.stderr.contains('\x1b'),
            "{input} drives the terminal: {:?}",
            out.stderr
        );
        a_benign_call_works(&remit);
    }
}

/// A skill whose one call may take this long.
fn within(remit: &Remit, time: &str, input: &str) -> (Outcome, Duration) {
    std::fs::copy(evil(), remit.path().join("plugins/evil.wasm")).unwrap();
    remit.write(
        "skills/probe/SKILL.md",
        "---\nname: probe\ndescription: Probes. Use in tests.\n---\n\nProbe.\n",
    );
    remit.write(
        "skills/probe/skill.toml",
        format!(
            "version = \"0.1.0\"\n[plugins.evil]\ncomponent = \"../../plugins/evil.wasm\"\noperations = [\"do\"]\n\
             limits = {{ time = \"{time}\" }}\n[[steps]]\nid = \"one\"\ncall = \"evil.do\"\nwith = {input}\n"
        ),
    );
    remit.run(&["check", "probe"]).exits(0);
    let start = Instant::now();
    let out = remit.run(&["run", "probe"]);
    (out, start.elapsed())
}

#[test]
fn a_call_ends_at_its_deadline() {
    let remit = Remit::new();
    for input in ["{ op = \"loop\" }", "{ op = \"sleep\", years = 10 }"] {
        let (out, time) = within(&remit, "1s", input);
        assert_eq!(out.status, 1, "{}", out.stderr);
        assert!(out.stderr.contains("limit-time"), "{}", out.stderr);
        assert!(time > Duration::from_millis(900), "it ended after {time:?}");
        // No bound on the clock of a busy machine but that it ends at all soon.
        assert!(time < Duration::from_secs(20), "it ended after {time:?}");
    }
    let (out, _) = within(&remit, "20s", "{ op = \"spin\", ms = 1200 }");
    assert_eq!(out.status, 0, "{}", out.stderr);
}

#[test]
fn what_is_not_granted_is_denied_and_recorded() {
    let remit = Remit::new();
    for (input, grant) in [
        (
            json!({"op": "http", "method": "GET", "scheme": "http", "authority": "169.254.169.254", "path": "/latest/meta-data"}),
            "http GET https://example.com/",
        ),
        (
            json!({"op": "http", "method": "GET", "scheme": "https", "authority": "example.com@evil.test", "path": "/"}),
            "http GET https://example.com/",
        ),
        (
            json!({"op": "http", "method": "GET", "scheme": "https", "authority": "example.com", "path": "/a/%2e%2e/b"}),
            "http GET https://example.com/a/**",
        ),
        (
            json!({"op": "http", "method": "TRACE", "scheme": "https", "authority": "example.com", "path": "/"}),
            "http GET https://example.com/",
        ),
    ] {
        let out = call(&remit, &input, &[grant]).exits(0);
        assert_eq!(out.json()["ok"], false, "{input}: {}", out.stdout);
        let denied = remit
            .audit()
            .into_iter()
            .rfind(|r| r["allowed"] == false)
            .expect("a denial is recorded");
        assert_eq!(denied["capability"], "http", "{denied}");
        a_benign_call_works(&remit);
    }
    let nothing = call(&remit, &json!({"op": "env"}), &[]).exits(0).json();
    assert_eq!(nothing["environment"], json!([]), "{nothing}");
    let nothing = call(&remit, &json!({"op": "args"}), &[]).exits(0).json();
    assert_eq!(nothing["arguments"], json!([]), "{nothing}");
}

#[test]
fn a_fresh_sandbox_for_every_call() {
    let remit = Remit::new();
    for _ in 0..2 {
        assert_eq!(
            call(&remit, &json!({"op": "counter"}), &[]).exits(0).json()["count"],
            1
        );
    }
}

#[test]
fn a_secret_reaches_no_guest_no_log_and_no_record() {
    let remit = Remit::new();
    let canary = "canary-5f1c9a7e-do-not-tell";
    let evil = evil();
    for op in [
        json!({"op": "env"}),
        json!({"op": "config_all"}),
        json!({"op": "config", "key": "token"}),
    ] {
        let mut command = remit.command(&[
            "call",
            evil.to_str().unwrap(),
            "do",
            "--input",
            &op.to_string(),
            "--allow",
            "secret token header authorization \"Bearer {secret}\" for https://example.com",
            "--allow",
            "http GET https://example.com/",
        ]);
        command.env("REMIT_SECRET_TOKEN", canary);
        let out = Outcome::of(command);
        assert!(!format!("{}{}", out.stdout, out.stderr).contains(canary));
    }
    let log = remit.run(&["audit", "log", "--json", "-n", "0"]).stdout;
    assert!(!log.contains(canary));
}

fn description(name: &str, summary: &str, operation: &str) -> Value {
    json!({
        "name": name, "version": "1.0.0", "summary": summary,
        "operations": [{
            "name": operation, "summary": summary, "input_schema": {"type": "object"}, "output_schema": {},
            "effect": "read", "idempotent": true,
        }],
        "needs": [],
    })
}

#[test]
fn a_plugins_text_cannot_drive_the_terminal() {
    let remit = Remit::new();
    let summary = "Safe.\u{1b}[2J\u{1b}]8;;http://evil\u{7}\r\u{8}\u{202e}esrever\u{200b}\u{e0041}";
    let path = describing(&remit, &description("plain", summary, "go"));
    let out = remit.run(&["show", &path]);
    let said = format!("{}{}", out.stdout, out.stderr);
    for hidden in [
        '\x1b',
        '\u{7}',
        '\r',
        '\u{8}',
        '\u{202e}',
        '\u{200b}',
        '\u{e0041}',
    ] {
        assert!(!said.contains(hidden), "{hidden:?} is printed: {said:?}");
    }
    // The twin: a plain text is shown as it is.
    let path = describing(&remit, &description("plain", "Does plain things", "go"));
    remit
        .run(&["show", &path])
        .exits(0)
        .prints("Does plain things");
}

#[test]
fn a_name_that_imitates_is_refused() {
    let remit = Remit::new();
    for name in ["pl\u{430}in", "a/b"] {
        let path = describing(&remit, &description(name, "Text", "go"));
        let out = remit.run(&["show", &path]);
        assert!(
            matches!(out.status, 1 | 2),
            "{name:?}: {}{}",
            out.stdout,
            out.stderr
        );
    }
}

#[test]
fn a_describe_that_never_ends_does() {
    let remit = Remit::new();
    let path = describing(&remit, &json!({"op": "loop"}));
    let out = remit.run(&["show", &path]);
    assert_ne!(out.status, 0);
    assert!(out.stderr.contains("limit-time"), "{}", out.stderr);
}

/// What a stranger's component tries before anyone has approved anything: nothing is granted to `describe`.
#[test]
fn what_a_plugin_tries_while_it_describes_itself_is_recorded_one_by_one() {
    let remit = Remit::new();
    let tries = json!({"op": "seq", "steps": [
        {"op": "env"},
        {"op": "args"},
        {"op": "stdin", "len": 1},
        {"op": "config", "key": "token"},
        {"op": "fs_preopens"},
        {"op": "http", "method": "GET", "scheme": "https", "authority": "example.com", "path": "/"},
    ]});
    let path = describing(&remit, &tries);
    remit.run(&["show", &path]).exits(0);
    let records = remit.audit();
    let expected = [
        ("environment", "get-environment"),
        ("environment", "get-arguments"),
        ("environment", "initial-cwd"),
        ("stdin", "get-stdin"),
        ("config", "get"),
        ("files", "list-mounts"),
        ("http", "GET"),
    ];
    let (described, tried) = records.split_last().unwrap();
    let said: Vec<_> = tried
        .iter()
        .map(|r| (r["capability"].as_str(), r["action"].as_str()))
        .collect();
    let wanted: Vec<_> = expected
        .iter()
        .map(|(capability, action)| (Some(*capability), Some(*action)))
        .collect();
    assert_eq!(said, wanted, "one record for each, in order");
    assert_eq!(described["kind"], "described");
    assert_eq!(
        (&described["outcome"], &described["denied"]),
        (&json!("ok"), &json!(7))
    );
    for record in tried {
        assert_eq!(record["kind"], "decision");
        assert_eq!(record["allowed"], false, "{record}");
        assert_eq!(record["call"], described["call"]);
    }
    remit.run(&["audit", "verify"]).exits(0);

    // It is described once: asked again, nothing runs and nothing is recorded.
    remit.run(&["show", &path]).exits(0);
    assert_eq!(remit.audit().len(), records.len());

    // The twin tries nothing.
    let path = describing(&remit, &description("plain", "Tries nothing", "go"));
    remit.run(&["show", &path]).exits(0);
    let more = remit.audit().split_off(records.len());
    assert_eq!(more.len(), 1, "{more:?}");
    assert_eq!(more[0]["denied"], 0);
}

#[test]
fn a_describe_that_floods_the_audit_log_ends() {
    let remit = Remit::new();
    let flood = json!({"op": "repeat", "times": 1_000_000, "do": {"op": "env"}});
    let path = describing(&remit, &flood);
    let out = remit.run(&["show", &path]);
    assert_ne!(out.status, 0);
    assert!(out.stderr.contains("limit-decisions"), "{}", out.stderr);
    let records = remit.audit();
    assert!(records.len() < 2000, "{}", records.len());
    let described = records.last().unwrap();
    assert_eq!(described["outcome"], "limit-decisions");
    assert_eq!(described["denied"], records.len() - 1);
    a_benign_call_works(&remit);
}
