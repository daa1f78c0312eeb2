//! Guests that misbehave where no operation has begun yet, or is over already: at instantiation, in `cabi_realloc`, in
//! what they return, after they returned.

use crate::builder::*;
use remit_policy::{ByteSize, Limits};
use remit_sandbox::{CallError, LimitKind};
use std::time::{Duration, Instant};

fn short() -> Limits {
    Limits {
        time: Duration::from_millis(400),
        memory: ByteSize::mib(8),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_start_function_that_loops_ends_at_the_deadline() {
    let component = plugin(&format!("(func $s (loop (br 0))) (start $s) {ECHO}"));
    let bench = text(&component).await;
    let started = Instant::now();
    let report = bench.within("{}", short()).await;
    assert_limit(&report, LimitKind::Time);
    assert!(started.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn a_start_function_that_traps_is_a_crash() {
    let component = plugin(&format!("(func $s unreachable) (start $s) {ECHO}"));
    let error = text(&component).await.run("{}").await.outcome.unwrap_err();
    assert_eq!(error.code(), "plugin-crashed", "{error:?}");
    let component = plugin(&format!("(func $s) (start $s) {ECHO}"));
    assert!(text(&component).await.run("{}").await.outcome.is_ok());
}

#[tokio::test]
async fn a_start_function_that_recurses_runs_out_of_stack() {
    let component = plugin(&format!("(func $s (call $s)) (start $s) {ECHO}"));
    let report = text(&component).await.run("{}").await;
    assert_limit(&report, LimitKind::Stack);
}

#[tokio::test]
async fn a_start_function_grows_no_more_than_a_call() {
    let component = plugin(&format!(
        "(func $s (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))) (start $s) {ECHO}"
    ));
    let bench = text(&component).await;
    let report = bench.within("{}", short()).await;
    assert!(report.outcome.is_ok(), "{:?}", report.outcome);
    assert_eq!(report.usage.memory_peak, 8 << 20);
}

#[tokio::test]
async fn data_beyond_the_memory_is_a_crash() {
    let component = plugin(&format!(
        r#"(data (i32.const 0xffff0) "too far away") {ECHO}"#
    ));
    let error = text(&component).await.run("{}").await.outcome.unwrap_err();
    assert_eq!(error.code(), "plugin-crashed", "{error:?}");
}

#[tokio::test]
async fn a_table_over_the_limit_ends_as_the_limit_of_memory() {
    let tables = "(table 100000 funcref)".repeat(20);
    let bench = text(&plugin(&format!("{tables} {ECHO}"))).await;
    let report = bench.within("{}", short()).await;
    assert_limit(&report, LimitKind::Memory);
    assert!(bench.run("{}").await.outcome.is_ok());
}

/// The echo with another `cabi_realloc`.
fn allocating(body: &str) -> String {
    let component = plugin(ECHO);
    let from = component
        .find(r#"(func (export "realloc")"#)
        .expect("the template has one");
    let to = component.find("    ;; Zeros").unwrap();
    let realloc =
        format!(r#"(func $r (export "realloc") (param i32 i32 i32 i32) (result i32) {body})"#);
    format!("{}{realloc}{}", &component[..from], &component[to..])
}

#[tokio::test]
async fn an_allocator_that_lies_is_not_believed() {
    for (what, body) in [
        ("beyond the end", "(i32.const 0x7fff0000)"),
        ("at the last byte", "(i32.const 0xffff)"),
        ("a negative one", "(i32.const -1)"),
        ("not there at all", "unreachable"),
        (
            "itself again",
            "(call $r (local.get 0) (local.get 1) (local.get 2) (local.get 3))",
        ),
    ] {
        let bench = text(&allocating(body)).await;
        let error = bench.run(r#"{"op":"echo"}"#).await.outcome.unwrap_err();
        assert!(
            ["plugin-crashed", "plugin-output", "limit-stack"].contains(&error.code()),
            "{what}: {error:?}"
        );
    }
    let bench = text(&allocating("(loop (br 0)) unreachable")).await;
    assert_limit(&bench.within("{}", short()).await, LimitKind::Time);
    // It may give the same place each time: that is the guest's own affair.
    let bench = text(&allocating("(i32.const 2048)")).await;
    assert!(bench.run("{}").await.outcome.is_ok());
}

/// The echo with something to be done after it returned.
fn afterwards(body: &str) -> String {
    let component = plugin(&format!(
        r#"(func (export "after") (param i32) {body}) {ECHO}"#
    ));
    let lifted = r#"(canon lift (core func $i "invoke")"#;
    assert!(component.contains(lifted));
    component.replace(
        lifted,
        r#"(canon lift (core func $i "invoke") (post-return (core func $i "after"))"#,
    )
}

#[tokio::test]
async fn what_is_done_after_returning_belongs_to_the_call() {
    let bench = text(&afterwards("(loop (br 0))")).await;
    assert_limit(&bench.within("{}", short()).await, LimitKind::Time);
    let error = text(&afterwards("unreachable")).await.run("{}").await;
    let error = error.outcome.unwrap_err();
    assert_eq!(error.code(), "plugin-crashed", "{error:?}");
    assert_eq!(
        text(&afterwards("")).await.run("{}").await.outcome.unwrap(),
        "{}"
    );
}

/// A description whose parts are where `stores` put them.
fn described(stores: &str) -> String {
    let component = plugin(ECHO);
    let zeros = r#"(func (export "describe") (result i32) (i32.const 64))"#;
    assert!(component.contains(zeros));
    component.replace(
        zeros,
        &format!(r#"(func (export "describe") (result i32) {stores} (i32.const 64))"#),
    )
}

#[tokio::test]
async fn a_description_that_cannot_be_is_refused() {
    // The list of operations: where, and how many.
    let operations = |at: i64, count: i64| {
        described(&format!(
            "(i32.store (i32.const 88) (i32.const {at})) (i32.store (i32.const 92) (i32.const {count}))"
        ))
    };
    for (at, count) in [(0, 0x7fff_ffff), (0, 0x1000_0000), (0x7fff_0000, 1), (1, 1)] {
        let bench = text(&operations(at, count)).await;
        let error = bench.describe().await.outcome.unwrap_err();
        assert!(
            ["plugin-crashed", "plugin-output", "limit-output"].contains(&error.code()),
            "{count} at {at}: {error:?}"
        );
    }
    // As many as the memory holds, all of them empty: the host copies at most its limit.
    let many = described(
        "(drop (memory.grow (i32.const 900)))
        (i32.store (i32.const 88) (i32.const 4096)) (i32.store (i32.const 92) (i32.const 1400000))",
    );
    let before = resident();
    let report = text(&many).await.describe().await;
    assert!(matches!(
        report.outcome,
        Err(CallError::Limit {
            which: LimitKind::Output,
            ..
        })
    ));
    assert!(resident() < before + (64 << 10));
    let few = operations(4096, 3);
    let description = text(&few).await.describe().await.outcome.unwrap();
    assert_eq!(description.operations.len(), 3);
}
