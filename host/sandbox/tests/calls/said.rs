//! What a plugin says: about itself, and in its log.

use crate::builder::*;
use remit_policy::{ByteSize, Effect, Limits};
use remit_sandbox::{LogLevel, LogSource};

#[tokio::test]
async fn a_description_is_handed_on() {
    let bench = evil().await;
    let report = bench.describe().await;
    let description = report.outcome.unwrap();
    assert_eq!(description.name, "evil");
    let effects: Vec<_> = description
        .operations
        .iter()
        .map(|operation| operation.effect)
        .collect();
    assert_eq!(effects, [Effect::Read, Effect::Write, Effect::Destructive]);
    assert_eq!(report.decisions.denied, 0);
}

#[tokio::test]
async fn log_stdout_and_stderr_become_lines() {
    let bench = evil().await;
    let input = r#"{"op":"seq","steps":[
        {"op":"log","level":"error","message":"one\ntwo"},
        {"op":"stdout","bytes":"three\n"},
        {"op":"stderr","bytes":{"hex":"66ff0a"}},
        {"op":"stdout","bytes":"no end"}
    ]}"#;
    let report = bench.run(input).await;
    assert!(report.outcome.is_ok(), "{:?}", report.outcome);
    let seen: Vec<_> = report
        .log
        .iter()
        .map(|line| (line.level, line.source, line.text.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (LogLevel::Error, LogSource::Log, "one"),
            (LogLevel::Error, LogSource::Log, "two"),
            (LogLevel::Info, LogSource::Stdout, "three"),
            (LogLevel::Warn, LogSource::Stderr, "f\u{fffd}"),
            (LogLevel::Info, LogSource::Stdout, "no end"),
        ]
    );
}

#[tokio::test]
async fn a_flood_is_cut_counted_and_recorded_once() {
    let bench = evil().await;
    let small = Limits {
        log: ByteSize::kib(4),
        ..limits()
    };
    for op in ["stdout", "stderr"] {
        let input =
            format!(r#"{{"op":"{op}","bytes":{{"repeat":"line\n","times":500}},"times":200}}"#);
        let report = bench.within(&input, small).await;
        assert!(report.outcome.is_ok(), "{:?}", report.outcome);
        assert!(report.log.len() < 100);
        assert_eq!(report.log.len() as u64 + report.log_dropped, 100_000);
        let dropped: Vec<_> = bench
            .decisions()
            .into_iter()
            .filter(|decision| decision.capability == "log")
            .collect();
        assert_eq!(dropped.len(), 1);
        assert_eq!(dropped[0].detail.count, Some(report.log_dropped));
    }
}

#[tokio::test]
async fn the_log_of_a_call_that_fails_is_kept() {
    let bench = evil().await;
    let input = r#"{"op":"seq","steps":[
        {"op":"stdout","bytes":"last words\n"}, {"op":"trap","kind":"unreachable"}]}"#;
    let report = bench.run(input).await;
    assert!(report.outcome.is_err());
    assert_eq!(report.log[0].text, "last words");
}
