//! How a call ends other than by a limit: faults, traps, nonsense, exit, cancellation, a recorder that fails.

use crate::builder::*;
use remit_policy::FaultKind;
use remit_sandbox::{Call, CallError, Cancel, Decision, RecordError, Recorder};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_fault_is_handed_on_with_its_kind() {
    let bench = evil().await;
    let report = bench
        .run(r#"{"op":"fault","kind":"not-found","message":"no such mail"}"#)
        .await;
    match report.outcome {
        Err(CallError::Fault(fault)) => {
            assert_eq!(fault.kind, FaultKind::NotFound);
            assert_eq!(fault.message, "no such mail");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_long_fault_is_cut_at_4_kib_between_characters() {
    let bench = evil().await;
    let input = r#"{"op":"fault","kind":"internal","message":{"repeat":"€","times":100000}}"#;
    let report = bench.run(input).await;
    match report.outcome {
        Err(CallError::Fault(fault)) => assert_eq!(fault.message, "€".repeat(4096 / 3)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_trap_is_a_crash_of_the_plugin() {
    let bench = evil().await;
    for input in [
        r#"{"op":"trap","kind":"unreachable"}"#,
        r#"{"op":"panic","message":"x"}"#,
        r#"{"op":"poll_none"}"#,
    ] {
        let error = bench.run(input).await.outcome.unwrap_err();
        assert_eq!(error.code(), "plugin-crashed", "{error:?}");
        bench.still_works().await;
    }
    for (trap, word) in [
        (
            "(drop (i32.div_u (i32.const 1) (local.get 1)))",
            "divide by zero",
        ),
        ("(drop (i32.load (i32.const -8)))", "out of bounds"),
        ("(call $boom)", "in boom"),
    ] {
        let component = plugin(&format!(
            r#"(func $boom unreachable)
            (func (export "invoke") (param i32 i32 i32 i32) (result i32)
                (local.set 1 (i32.const 0)) {trap} (i32.const 0))"#
        ));
        let error = text(&component).await.run("{}").await.outcome.unwrap_err();
        assert_eq!(error.code(), "plugin-crashed");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn an_exit_is_typed_whatever_its_status() {
    let bench = evil().await;
    for (input, expected) in [
        (r#"{"op":"exit","success":true}"#, 0),
        (r#"{"op":"exit","success":false}"#, 1),
    ] {
        match bench.run(input).await.outcome {
            Err(CallError::Exit { status }) => assert_eq!(status, expected),
            other => panic!("{other:?}"),
        }
        bench.still_works().await;
    }
}

#[tokio::test]
async fn output_that_is_no_utf8_is_refused() {
    let bench = evil().await;
    let report = bench.run(r#"{"op":"invalid_utf8"}"#).await;
    let error = report.outcome.unwrap_err();
    assert_eq!(error.code(), "plugin-output", "{error:?}");
    bench.still_works().await;
}

#[tokio::test]
async fn output_that_lies_beyond_the_memory_is_refused() {
    let component = plugin(
        r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
            (call $answer (i32.const 0x7fffff00) (i32.const 1000)))"#,
    );
    let bench = text(&component).await;
    let error = bench.run("{}").await.outcome.unwrap_err();
    assert_eq!(error.code(), "plugin-output", "{error:?}");
}

#[tokio::test]
async fn text_that_is_no_json_is_handed_on_as_it_is() {
    let bench = evil().await;
    let report = bench.run(r#"{"op":"raw_output","text":"nonsense"}"#).await;
    assert_eq!(report.outcome.unwrap(), "nonsense");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_ends_within_a_tenth_of_a_second() {
    let bench = evil().await;
    for input in [r#"{"op":"loop"}"#, r#"{"op":"sleep","years":10}"#] {
        let mut waits = Vec::new();
        // A busy machine may keep us waiting for our own turn; what counts is what the host does at its best.
        while waits.len() < 20 && !waits.iter().any(|wait| *wait < Duration::from_millis(100)) {
            let cancel = Cancel::new();
            let (report, cancelled) =
                tokio::join!(bench.cancelled_by(input, cancel.clone()), async {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    cancel.cancel();
                    Instant::now()
                });
            waits.push(cancelled.elapsed());
            assert!(
                matches!(report.outcome, Err(CallError::Cancelled)),
                "{:?}",
                report.outcome
            );
        }
        assert!(waits.len() < 20, "{input}: {waits:?}");
        bench.still_works().await;
    }
}

/// Also where the guest, its canceller and the timers share one thread.
#[tokio::test]
async fn a_computing_guest_leaves_its_thread_to_others_now_and_then() {
    let bench = std::sync::Arc::new(evil().await);
    let cancel = Cancel::new();
    let call = tokio::spawn({
        let (bench, cancel) = (bench.clone(), cancel.clone());
        async move { bench.cancelled_by(r#"{"op":"loop"}"#, cancel).await }
    });
    let start = Instant::now();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(
        start.elapsed() < Duration::from_millis(100),
        "{:?}",
        start.elapsed()
    );
    cancel.cancel();
    let report = call.await.unwrap();
    assert!(matches!(report.outcome, Err(CallError::Cancelled)));
    assert!(
        start.elapsed() < Duration::from_millis(150),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_call_with_a_cancel_that_is_not_used_goes_on() {
    let bench = evil().await;
    let report = bench
        .cancelled_by(r#"{"op":"sleep","ms":20}"#, Cancel::new())
        .await;
    assert!(report.outcome.is_ok());
    let used = Cancel::new();
    used.cancel();
    let report = bench.cancelled_by(r#"{"op":"echo"}"#, used).await;
    assert!(matches!(report.outcome, Err(CallError::Cancelled)));
}

#[tokio::test]
async fn a_dropped_call_leaves_nothing_behind() {
    let bench = evil().await;
    bench.still_works().await;
    let before = threads_and_files();
    for input in [r#"{"op":"loop"}"#, r#"{"op":"sleep","years":10}"#] {
        // More often than there are places: what a dropped call held must be free again.
        for _ in 0..100 {
            let _ = tokio::time::timeout(Duration::from_millis(2), bench.run(input)).await;
        }
        bench.still_works().await;
    }
    let (threads, files) = threads_and_files();
    assert!(
        threads <= before.0 && files <= before.1,
        "{before:?} {threads} {files}"
    );
}

/// Records up to a number of decisions, then fails.
struct Failing(std::sync::atomic::AtomicI32);

impl Recorder for Failing {
    fn record(&self, _: &Decision) -> Result<(), RecordError> {
        match self.0.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) {
            1.. => Ok(()),
            _ => Err(RecordError("the disk is full".into())),
        }
    }
}

#[tokio::test]
async fn without_a_record_there_is_no_result() {
    let bench = evil().await;
    let input = r#"{"op":"seq","steps":[{"op":"stdin","len":1},{"op":"stdin","len":1}]}"#;
    let report = bench.recorded_by(input, Arc::new(Failing(1.into()))).await;
    match report.outcome {
        Err(CallError::Recorder(reason)) => assert_eq!(reason, "the disk is full"),
        other => panic!("{other:?}"),
    }
    bench.still_works().await;
    let report = bench.recorded_by(input, Arc::new(Failing(2.into()))).await;
    assert!(report.outcome.is_ok());
}

#[tokio::test]
async fn calls_beyond_the_places_wait_for_their_turn() {
    let sandbox = remit_sandbox::Sandbox::new(config().with_concurrency(2)).unwrap();
    let plugin = sandbox.prepare(&EVIL, &digest(&EVIL)).await.unwrap();
    let bench = Bench {
        sandbox,
        plugin,
        recorder: Arc::default(),
    };
    let start = Instant::now();
    let calls = (0..6).map(|_| bench.run(r#"{"op":"sleep","ms":50}"#));
    for report in futures_util::future::join_all(calls).await {
        assert!(report.outcome.is_ok());
        assert!(
            report.usage.time < Duration::from_millis(120),
            "waiting is not the call's time"
        );
    }
    assert!(start.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn who_waits_for_a_turn_can_be_cancelled() {
    let sandbox = remit_sandbox::Sandbox::new(config().with_concurrency(1)).unwrap();
    let plugin = sandbox.prepare(&EVIL, &digest(&EVIL)).await.unwrap();
    let bench = Bench {
        sandbox,
        plugin,
        recorder: Arc::default(),
    };
    let cancel = Cancel::new();
    cancel.cancel();
    let waiting = Call {
        cancel: Some(cancel),
        ..bench.request(r#"{"op":"echo"}"#, limits())
    };
    let (slept, cancelled) = tokio::join!(
        bench.run(r#"{"op":"sleep","ms":100}"#),
        bench.sandbox.call(&bench.plugin, waiting)
    );
    assert!(slept.outcome.is_ok());
    assert!(matches!(cancelled.outcome, Err(CallError::Cancelled)));
}

#[tokio::test]
async fn nobody_waits_for_a_turn_for_ever() {
    let patience = Duration::from_millis(100);
    let config = config().with_concurrency(1).with_patience(patience);
    let sandbox = remit_sandbox::Sandbox::new(config).unwrap();
    let plugin = sandbox.prepare(&EVIL, &digest(&EVIL)).await.unwrap();
    let bench = Bench {
        sandbox,
        plugin,
        recorder: Arc::default(),
    };
    let (slept, waited) = tokio::join!(
        bench.run(r#"{"op":"sleep","ms":1000}"#),
        bench.run(r#"{"op":"echo"}"#)
    );
    assert!(slept.outcome.is_ok());
    let error = waited.outcome.unwrap_err();
    assert_eq!(error.code(), "busy", "{error:?}");
    bench.still_works().await;
}
