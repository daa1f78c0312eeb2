//! Limits: each ends the call as its own kind, within its bound, and a benign call works right after.

use crate::builder::*;
use remit_policy::{ByteSize, Limits};
use remit_sandbox::{CallError, LimitKind};
use std::time::{Duration, Instant};

fn seconds(seconds: f64) -> Limits {
    Limits {
        time: Duration::from_secs_f64(seconds),
        ..Limits::default()
    }
}

fn memory(mib: u64) -> Limits {
    Limits {
        memory: ByteSize::mib(mib),
        ..limits()
    }
}

#[tokio::test]
async fn a_loop_ends_at_its_deadline() {
    let bench = evil().await;
    let start = Instant::now();
    let report = bench.within(r#"{"op":"loop"}"#, seconds(0.5)).await;
    let took = start.elapsed();
    assert_limit(&report, LimitKind::Time);
    assert!(
        took >= Duration::from_millis(500) && took < Duration::from_millis(700),
        "{took:?}"
    );
    assert_eq!(report.outcome.unwrap_err().code(), "limit-time");
    bench.still_works().await;
}

#[tokio::test]
async fn a_guest_that_computes_within_its_time_is_left_alone() {
    let bench = evil().await;
    let report = bench
        .within(r#"{"op":"spin","ms":300}"#, seconds(2.0))
        .await;
    assert!(report.outcome.is_ok(), "{:?}", report.outcome);
    assert!(report.usage.time >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_sleep_of_ten_years_ends_at_its_deadline() {
    let bench = evil().await;
    for input in [
        r#"{"op":"sleep","years":10}"#,
        r#"{"op":"sleep_until"}"#,
        r#"{"op":"poll_many","count":100,"ms":100000000}"#,
    ] {
        let start = Instant::now();
        let report = bench.within(input, seconds(0.3)).await;
        assert_limit(&report, LimitKind::Time);
        assert!(start.elapsed() < Duration::from_millis(500));
        bench.still_works().await;
    }
}

#[tokio::test]
async fn a_short_sleep_is_slept() {
    let bench = evil().await;
    let slept = bench.value(r#"{"op":"sleep","ms":30}"#).await["slept_ns"].as_u64();
    assert!(slept.unwrap() >= 30_000_000);
}

/// The ticker sleeps when there was no call for a while; a call that waits and then loops must still be interrupted.
#[tokio::test]
async fn a_loop_after_a_long_wait_ends_at_its_deadline() {
    let bench = evil().await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let start = Instant::now();
    let input = r#"{"op":"seq","steps":[{"op":"sleep","ms":1500},{"op":"loop"}]}"#;
    let report = bench.within(input, seconds(2.0)).await;
    assert_limit(&report, LimitKind::Time);
    assert!(start.elapsed() < Duration::from_millis(2200));
}

#[tokio::test]
async fn a_loop_in_describe_ends_too() {
    let bench = with(&describing(r#"{"op": "loop"}"#)).await;
    let start = Instant::now();
    let report = bench.describe().await;
    assert_limit(&report, LimitKind::Time);
    assert!(start.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn endless_recursion_ends_as_the_limit_of_the_stack() {
    let deep = |depth: i32| {
        plugin(&format!(
            r#"(func $deeper (param i32) (result i32)
                (if (result i32) (i32.eq (local.get 0) (i32.const {depth}))
                    (then (i32.const 0))
                    (else (i32.add (i32.const 1) (call $deeper (i32.add (local.get 0) (i32.const 1)))))))
            (func (export "invoke") (param i32 i32 i32 i32) (result i32)
                (drop (call $deeper (i32.const 0)))
                (call $answer (local.get 2) (local.get 3)))"#
        ))
    };
    let report = text(&deep(-1)).await.run("{}").await;
    assert_limit(&report, LimitKind::Stack);
    assert_eq!(
        text(&deep(5000)).await.run("{}").await.outcome.unwrap(),
        "{}"
    );
}

/// A Rust guest keeps part of its stack in its memory, and mostly runs out of that first.
#[tokio::test]
async fn endless_recursion_of_a_rust_guest_ends() {
    let bench = evil().await;
    let error = bench.run(r#"{"op":"recurse"}"#).await.outcome.unwrap_err();
    assert!(
        ["limit-stack", "plugin-crashed"].contains(&error.code()),
        "{error:?}"
    );
    bench.still_works().await;
    let report = bench.run(r#"{"op":"recurse","depth":1000}"#).await;
    assert!(report.outcome.is_ok());
}

#[tokio::test]
async fn one_memory_grows_to_the_limit_and_not_over_it() {
    let bench = evil().await;
    let report = bench
        .within(r#"{"op":"grow","touch":true}"#, memory(32))
        .await;
    let peak = report.usage.memory_peak;
    assert!(peak <= 32 << 20 && peak > 30 << 20, "{peak}");
    // The guest saw its −1 and went on.
    let value: serde_json::Value = serde_json::from_str(&report.outcome.unwrap()).unwrap();
    assert_eq!(value["refused"], 1, "{value}");
    bench.still_works().await;
}

#[tokio::test]
async fn an_allocator_that_gives_up_ends_as_the_limit_of_memory() {
    let bench = evil().await;
    let report = bench.within(r#"{"op":"alloc","mib":64}"#, memory(32)).await;
    match &report.outcome {
        Err(CallError::Limit {
            which: LimitKind::Memory,
            limit,
        }) => assert_eq!(limit, "32MiB"),
        // A guest that notices and goes on may.
        Ok(output) => assert!(output.contains("\"allocated\":0"), "{output}"),
        other => panic!("{other:?}"),
    }
    bench.still_works().await;
    let report = bench.within(r#"{"op":"alloc","mib":16}"#, memory(32)).await;
    assert!(report.outcome.is_ok());
}

/// A plugin with `count` memories more, in one module, each of `pages` at the start and growing for ever.
fn memories(count: usize, pages: usize) -> String {
    let defined: String = (0..count)
        .map(|i| format!("(memory $m{i} {pages})"))
        .collect();
    let grown: String = (0..count)
        .map(|i| format!("(block $end{i} (loop $l{i} (br_if $end{i} (i32.eq (memory.grow $m{i} (i32.const 16)) (i32.const -1))) (br $l{i})))"))
        .collect();
    plugin(&format!(
        r#"{defined} (func (export "invoke") (param i32 i32 i32 i32) (result i32)
            {grown} (call $answer (local.get 2) (local.get 3)))"#
    ))
}

#[tokio::test]
async fn ninety_memories_share_one_limit() {
    let bench = text(&memories(90, 1)).await;
    let report = bench.within("{}", memory(64)).await;
    assert!(report.outcome.is_ok(), "{:?}", report.outcome);
    assert!(
        report.usage.memory_peak <= 64 << 20,
        "{}",
        report.usage.memory_peak
    );
}

#[tokio::test]
async fn memories_that_start_over_the_limit_end_as_the_limit_of_memory() {
    let text_form = memories(20, 64);
    let bench = text(&text_form).await;
    let report = bench.within("{}", memory(64)).await;
    assert_limit(&report, LimitKind::Memory);
    let report = bench.within("{}", memory(128)).await;
    assert!(report.outcome.is_ok(), "{:?}", report.outcome);
}

#[tokio::test]
async fn tables_count_against_the_limit_of_memory() {
    let grow: String = (0..50)
        .map(|i| format!("(drop (table.grow $t{i} (ref.null func) (i32.const 90000)))"))
        .collect();
    let tables: String = (0..50)
        .map(|i| format!("(table $t{i} 0 funcref)"))
        .collect();
    let component = plugin(&format!(
        r#"{tables} (func (export "invoke") (param i32 i32 i32 i32) (result i32)
            {grow} (call $answer (local.get 2) (local.get 3)))"#
    ));
    let bench = text(&component).await;
    let report = bench.within("{}", memory(8)).await;
    assert!(report.outcome.is_ok());
    let few = report.usage.memory_peak;
    assert!(few <= 8 << 20, "{few}");
    let report = bench.within("{}", memory(64)).await;
    assert!(
        report.usage.memory_peak > 30 << 20,
        "{}",
        report.usage.memory_peak
    );
}

#[tokio::test]
async fn an_output_over_its_limit_is_refused() {
    let bench = evil().await;
    let report = bench.run(r#"{"op":"huge_output","bytes":5000000}"#).await;
    assert_limit(&report, LimitKind::Output);
    assert_eq!(report.outcome.unwrap_err().code(), "limit-output");
    bench.still_works().await;
    let report = bench.run(r#"{"op":"huge_output","bytes":4000000}"#).await;
    assert!(report.outcome.unwrap().len() >= 4_000_000);
}

/// The string lies in the guest's memory already: what is tested is that the host does not copy it first.
#[tokio::test]
async fn an_output_of_a_gibibyte_is_not_copied_by_the_host() {
    let component = plugin(
        r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
            (drop (memory.grow (i32.const 16384)))
            (call $answer (i32.const 0) (i32.const 0x40000000)))"#,
    );
    let bench = text(&component).await;
    let before = resident();
    let report = bench.within("{}", memory(1100)).await;
    assert_limit(&report, LimitKind::Output);
    assert!(resident() < before + (16 << 10));
}

#[tokio::test]
async fn a_list_whose_entries_share_one_buffer_is_charged_for_each() {
    let bench = evil().await;
    let input = r#"{"op":"alias_list","count":1000,"bytes":1000000}"#;
    let before = resident();
    let report = bench.within(input, memory(64)).await;
    assert_limit(&report, LimitKind::HostFuel);
    assert!(resident() < before + (64 << 10));
    bench.still_works().await;
    let report = bench
        .run(r#"{"op":"alias_list","count":10,"bytes":100}"#)
        .await;
    assert!(report.outcome.is_ok(), "{:?}", report.outcome);
}

#[tokio::test]
async fn leaked_handles_end_as_the_limit_of_handles() {
    let bench = evil().await;
    for kind in ["pollable", "fields", "request", "stream"] {
        let leak = |count| format!(r#"{{"op":"leak_handles","kind":"{kind}","count":{count}}}"#);
        let report = bench.run(&leak(1_000_000)).await;
        assert_limit(&report, LimitKind::Handles);
        let report = bench.run(&leak(100)).await;
        assert!(report.outcome.is_ok(), "{kind}: {:?}", report.outcome);
    }
}

#[tokio::test]
async fn too_many_random_bytes_at_once_end_as_their_limit() {
    let bench = evil().await;
    let report = bench.run(r#"{"op":"random","len":2000000}"#).await;
    assert_limit(&report, LimitKind::Random);
    assert_eq!(
        bench.value(r#"{"op":"random","len":1000}"#).await["bytes"],
        1000
    );
}

#[tokio::test]
async fn a_flood_of_decisions_ends_as_their_limit() {
    let bench = evil().await;
    let input = r#"{"op":"repeat","times":1000000,"do":{"op":"stdin","len":1}}"#;
    let report = bench.run(input).await;
    assert_limit(&report, LimitKind::Decisions);
    assert_eq!(report.decisions.denied, 65_536);
    assert_eq!(bench.decisions().len(), 65_536);
    bench.still_works().await;
}
