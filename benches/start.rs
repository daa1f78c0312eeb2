//! From process start to a result: `remit call` with compiled code at hand, and the first answer of `remit serve`, against
//! `remit --version`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark, not a library"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use std::io::{BufRead, BufReader, Write};
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

/// Starts `remit serve` for the sample skills, and waits for its answer to `initialize`.
fn serve(home: &std::path::Path) -> Duration {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_remit"))
        .arg("serve")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("REMIT_HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("remit starts");
    let mut stdin = child.stdin.take().expect("its stdin");
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;
    writeln!(stdin, "{initialize}").expect("it reads");
    let mut answer = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("its stdout"));
    stdout.read_line(&mut answer).expect("it answers");
    let took = start.elapsed();
    assert!(answer.contains("serverInfo"), "{answer}");
    drop(stdin);
    child.wait().expect("it ends");
    took
}

/// The median of so many.
fn median(mut once: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..100).map(|_| once()).collect();
    all.sort();
    all[all.len() / 2]
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
    let mut floors = Vec::new();
    let answer = median(|| {
        floors.push(remit(home.path(), &nothing));
        serve(home.path())
    });
    floors.sort();
    let floor = floors[floors.len() / 2];
    println!(
        "start: remit --version {floor:.2?}, the first answer of remit serve {answer:.2?}, ratio {:.2} (aim: at most 3)",
        answer.as_secs_f64() / floor.as_secs_f64()
    );
}

criterion_group!(benches, start);
criterion_main!(benches);
