//! What is linked and never granted: it answers empty or denied, and each try is recorded.

use crate::builder::*;
use remit_policy::DenialCode;
use remit_sandbox::{CallError, Decision, LimitKind, RecordError, Recorder};

async fn denied(input: &str) -> (serde_json::Value, Vec<(&'static str, String)>) {
    let bench = evil().await;
    let value = bench.value(input).await;
    let decisions = bench
        .decisions()
        .into_iter()
        .map(|decision| {
            let denial = decision.result.expect_err("it is denied");
            assert_eq!(denial.code, DenialCode::CapabilityNotGranted);
            (decision.capability, decision.action)
        })
        .collect();
    (value, decisions)
}

#[tokio::test]
async fn the_environment_is_empty() {
    let (value, decisions) = denied(r#"{"op":"env"}"#).await;
    assert_eq!(value["environment"], serde_json::json!([]), "{value}");
    assert!(decisions.contains(&("environment", "get-environment".into())));
}

#[tokio::test]
async fn there_are_no_arguments_and_no_working_folder() {
    let (value, decisions) = denied(r#"{"op":"args"}"#).await;
    assert_eq!(value["arguments"], serde_json::json!([]), "{value}");
    assert!(value["cwd"].is_null());
    assert!(decisions.contains(&("environment", "get-arguments".into())));
}

#[tokio::test]
async fn standard_input_is_closed() {
    let (value, decisions) = denied(r#"{"op":"stdin","len":10}"#).await;
    assert_eq!(
        (value["ok"].as_bool(), value["error"].as_str()),
        (Some(false), Some("closed")),
        "{value}"
    );
    assert_eq!(decisions, [("stdin", "get-stdin".to_owned())]);
}

#[tokio::test]
async fn a_config_value_is_there_only_by_grant() {
    let bench = evil().await;
    let input = r#"{"op":"config","key":"folder"}"#;
    for (grants, expected) in [
        (&["config folder=/mail"][..], serde_json::json!("/mail")),
        (&["config other=/mail"][..], serde_json::Value::Null),
        (&[][..], serde_json::Value::Null),
    ] {
        let call = remit_sandbox::Call {
            authority: granted(grants, limits()),
            ..bench.request(input, limits())
        };
        let output = bench
            .sandbox
            .call(&bench.plugin, call)
            .await
            .outcome
            .unwrap();
        let output: serde_json::Value = serde_json::from_str(&output).unwrap();
        assert_eq!(output["value"], expected, "{grants:?}");
        let decisions = bench.decisions();
        assert_eq!(decisions.len(), 1);
        assert_eq!(
            (decisions[0].capability, decisions[0].asked.as_str()),
            ("config", "folder")
        );
        match &decisions[0].result {
            Ok(rule) => assert_eq!(&*rule.as_ref().unwrap().text, grants[0]),
            Err(denial) => assert_eq!(denial.code, DenialCode::ConfigNotGranted),
        }
    }
}

#[tokio::test]
async fn all_config_values_are_those_granted() {
    let bench = evil().await;
    let call = remit_sandbox::Call {
        authority: granted(&["config a=1", "config b=2"], limits()),
        ..bench.request(r#"{"op":"config_all"}"#, limits())
    };
    let output = bench
        .sandbox
        .call(&bench.plugin, call)
        .await
        .outcome
        .unwrap();
    assert!(output.contains('a') && output.contains('b'), "{output}");
    assert_eq!(
        bench.value(r#"{"op":"config_all"}"#).await["values"]
            .as_array()
            .map(Vec::len),
        Some(0)
    );
}

#[tokio::test]
async fn there_is_no_folder() {
    let bench = evil().await;
    let value = bench.value(r#"{"op":"fs_preopens"}"#).await;
    assert_eq!(value["preopens"], serde_json::json!([]), "{value}");
}

#[tokio::test]
async fn the_wall_clock_tells_milliseconds() {
    let bench = evil().await;
    let value = bench.value(r#"{"op":"clocks"}"#).await;
    assert_eq!(
        value["nanoseconds"].as_u64().unwrap() % 1_000_000,
        0,
        "{value}"
    );
    assert_eq!(value["wall_resolution_ns"], 1_000_000);
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    assert!(now - value["seconds"].as_u64().unwrap() < 5);
}

/// A plugin that asks for a socket when it does and when it says what it is, and answers with why it got none.
fn with_sockets() -> String {
    let component = Text {
        imports: SOCKETS,
        head: r#"
            (import "host" "tcp" (func $tcp (param i32 i32)))
            (import "host" "memory" (memory 1))
            (export "memory" (memory 0))"#,
        body: r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
            (call $tcp (i32.const 0) (i32.const 128))
            ;; 1, an error, and which: 1, access-denied.
            (i32.store8 (i32.const 900) (i32.add (i32.const 48) (i32.load8_u (i32.const 128))))
            (i32.store8 (i32.const 901) (i32.add (i32.const 48) (i32.load8_u (i32.const 132))))
            (call $answer (i32.const 900) (i32.const 2)))"#,
        instance: LOWERED,
    }
    .form();
    let describe = r#"(func (export "describe") (result i32) (i32.const 64))"#;
    let trying = r#"(func (export "describe") (result i32)
        (call $tcp (i32.const 0) (i32.const 128)) (i32.const 64))"#;
    assert!(component.contains(describe));
    component.replace(describe, trying)
}

/// Sockets cannot be made at all; the guest learns why.
#[tokio::test]
async fn a_socket_is_denied() {
    let bench = text(&with_sockets()).await;
    assert_eq!(bench.run("{}").await.outcome.unwrap(), "11");
    let decisions = bench.decisions();
    assert_eq!(decisions.len(), 1);
    assert_eq!(
        (decisions[0].capability, decisions[0].action.as_str()),
        ("sockets", "create-tcp-socket")
    );
    assert!(decisions[0].result.is_err());
}

#[tokio::test]
async fn what_is_tried_in_describe_is_recorded_before_it_is_answered() {
    let bench = text(&with_sockets()).await;
    let report = bench.describe().await;
    assert!(report.outcome.is_ok(), "{:?}", report.outcome);
    assert_eq!(report.decisions.denied, 1);
    let decisions = bench.decisions();
    assert_eq!(decisions.len(), 1);
    assert_eq!(decisions[0].action, "create-tcp-socket");

    let refusing = std::sync::Arc::new(Refusing);
    let report = bench.sandbox.describe(&bench.plugin, refusing).await;
    assert!(
        matches!(report.outcome, Err(CallError::Recorder(_))),
        "{:?}",
        report.outcome
    );
}

struct Refusing;

impl Recorder for Refusing {
    fn record(&self, _: &Decision) -> Result<(), RecordError> {
        Err(RecordError("the disk is full".to_owned()))
    }
}

#[tokio::test]
async fn a_flood_in_describe_ends_earlier_than_in_a_call() {
    let flood = r#"{"op":"repeat","times":1000000,"do":{"op":"env"}}"#;
    let bench = with(&describing(flood)).await;
    let report = bench.describe().await;
    assert_limit(&report, LimitKind::Decisions);
    assert!(
        report.outcome.unwrap_err().to_string().contains("1024"),
        "it says how many"
    );
    assert_eq!(bench.decisions().len(), 1024);
}

const SOCKETS: &str = r#"
    (import "wasi:sockets/network@0.2.0" (instance $network
        (type $code' (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
            "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit"
            "address-not-bindable" "address-in-use" "remote-unreachable" "connection-refused" "connection-reset"
            "connection-aborted" "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
            "permanent-resolver-failure"))
        (export "error-code" (type $code (eq $code')))
        (type $family' (enum "ipv4" "ipv6"))
        (export "ip-address-family" (type $family (eq $family')))))
    (alias export $network "error-code" (type $code))
    (alias export $network "ip-address-family" (type $family))
    (import "wasi:sockets/tcp@0.2.0" (instance $tcp (export "tcp-socket" (type (sub resource)))))
    (alias export $tcp "tcp-socket" (type $socket))
    (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $create
        (alias outer 1 $code (type $code'))
        (export "error-code" (type $code (eq $code')))
        (alias outer 1 $family (type $family'))
        (export "ip-address-family" (type $family (eq $family')))
        (alias outer 1 $socket (type $socket'))
        (export "tcp-socket" (type $socket (eq $socket')))
        (export "create-tcp-socket" (func (param "address-family" $family) (result (result (own $socket) (error $code)))))))
"#;

const LOWERED: &str = r#"
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (alias export $create "create-tcp-socket" (func $create-tcp))
    (core func $lowered (canon lower (func $create-tcp) (memory (core memory $memory "memory"))))
    (core instance $i (instantiate $m (with "host" (instance
        (export "tcp" (func $lowered))
        (export "memory" (memory $memory "memory"))))))
"#;
