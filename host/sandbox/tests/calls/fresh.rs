//! A fresh sandbox for every call.

use crate::builder::*;

#[tokio::test]
async fn nothing_is_left_of_an_earlier_call() {
    let bench = evil().await;
    for _ in 0..5 {
        assert_eq!(bench.value(r#"{"op":"counter"}"#).await["count"], 1);
    }
    let twice = bench
        .value(r#"{"op":"seq","steps":[{"op":"counter"},{"op":"counter"}]}"#)
        .await;
    assert_eq!(
        twice["results"][1]["count"], 2,
        "within a call it counts: {twice}"
    );
}

/// Slots of the pool are used again: what a call wrote into its memory must not be there for the next one.
#[tokio::test]
async fn memory_of_an_earlier_call_is_zero() {
    let write = plugin(
        r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
            (drop (memory.grow (i32.const 40)))
            (memory.fill (i32.const 2048) (i32.const 0x5a) (i32.const 2600000))
            (call $answer (local.get 2) (local.get 3)))"#,
    );
    let read = plugin(
        r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
            (local $at i32) (local $sum i32)
            (drop (memory.grow (i32.const 40)))
            (local.set $at (i32.const 2048))
            (loop $next
                (local.set $sum (i32.or (local.get $sum) (i32.load8_u (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $at) (i32.const 2600000))))
            (i32.store8 (i32.const 900) (i32.add (i32.const 48) (i32.ne (local.get $sum) (i32.const 0))))
            (call $answer (i32.const 900) (i32.const 1)))"#,
    );
    let sandbox = remit_sandbox::Sandbox::new(config().with_concurrency(1)).unwrap();
    let mut bench = text(&write).await;
    bench.sandbox = sandbox.clone();
    let prepare = async |component: &str| {
        let component = binary(component);
        sandbox
            .prepare(&component, &digest(&component))
            .await
            .unwrap()
    };
    let (writer, reader) = (prepare(&write).await, prepare(&read).await);
    for _ in 0..3 {
        bench.plugin = writer.clone();
        assert_eq!(bench.run("{}").await.outcome.unwrap(), "{}");
        bench.plugin = reader.clone();
        assert_eq!(bench.run("{}").await.outcome.unwrap(), "0");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_leave_memory_files_and_threads_as_they_were() {
    let bench = std::sync::Arc::new(evil().await);
    let round = async |count: usize| {
        for _ in 0..count {
            let report = bench.run(r#"{"op":"grow","pages":100,"touch":true}"#).await;
            assert!(report.outcome.is_ok());
            let _ = bench.run(r#"{"op":"trap","kind":"unreachable"}"#).await;
            bench.decisions();
        }
    };
    round(50).await;
    let (files, memory) = (threads_and_files(), resident());
    round(500).await;
    assert_eq!(threads_and_files(), files);
    assert!(
        resident() < memory + (8 << 10),
        "{memory} KiB before, {} after",
        resident()
    );
}

#[tokio::test]
async fn a_sandbox_that_is_dropped_takes_its_thread_with_it() {
    let before = threads_and_files().0;
    for _ in 0..3 {
        let bench = text(&plugin(ECHO)).await;
        assert_eq!(bench.run("{}").await.outcome.unwrap(), "{}");
    }
    let gone = async {
        // Blocking threads of tokio stay for a while; the ticker's does not.
        while std::fs::read_dir("/proc/self/task").unwrap().any(|task| {
            let name = task.unwrap().path().join("comm");
            std::fs::read_to_string(name).is_ok_and(|name| name.starts_with("remit-epoch"))
        }) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    // Other tests have tickers of their own unless each test is a process, as with nextest.
    if std::env::var_os("NEXTEST").is_some() {
        tokio::time::timeout(std::time::Duration::from_secs(1), gone)
            .await
            .unwrap();
    }
    let _ = before;
}
