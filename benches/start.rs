//! From process start to a result: `remit call` with compiled code at hand, against `remit --version`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark, not a library"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn remit(home: &std::path::Path, args: &[&str]) -> Duration {
    let start = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_remit"))
        .args(args)
        .env("REMIT_HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("remit starts");
    assert!(status.success(), "{args:?} ends with {status}");
    start.elapsed()
}

fn start(c: &mut Criterion) {
    let home = tempfile::tempdir().expect("a folder");
    let evil = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/evil.wasm");
    let call = ["call", evil, "do", "--input", r#"{"op":"echo","value":1}"#];
    let nothing = ["--version"];
    // Compiles, and describes, once.
    remit(home.path(), &call);

    let mut group = c.benchmark_group("start");
    group.bench_function("version", |b| b.iter(|| remit(home.path(), &nothing)));
    group.bench_function("call", |b| b.iter(|| remit(home.path(), &call)));
    group.finish();

    // In turn, so that a machine that gets slower does so for both.
    let mut pairs: Vec<(Duration, Duration)> = (0..100)
        .map(|_| (remit(home.path(), &nothing), remit(home.path(), &call)))
        .collect();
    pairs.sort();
    let floor = pairs[pairs.len() / 2].0;
    pairs.sort_by_key(|(_, call)| *call);
    let cost = pairs[pairs.len() / 2].1;
    println!(
        "start: remit --version {floor:.2?}, remit call {cost:.2?}, ratio {:.2} (aim: at most 4)",
        cost.as_secs_f64() / floor.as_secs_f64()
    );
}

criterion_group!(benches, start);
criterion_main!(benches);
