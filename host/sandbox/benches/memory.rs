//! What a live call holds, with a thousand of them alive: each waits in the host, in the middle of its guest.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod floor;

use criterion::{Criterion, criterion_group, criterion_main};
use floor::{Ours, Raw, runtime, sleeper};
use std::time::Duration;

const ALIVE: usize = 1000;

/// Long enough for all of them to be there when they are counted.
const AFTER: Duration = Duration::from_millis(1500);

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// KiB that each of a thousand calls holds while all of them are alive.
async fn held<F: Future>(call: impl Fn() -> F) -> f64 {
    let before = resident();
    let calls = futures_util::future::join_all((0..ALIVE).map(|_| Box::pin(call())));
    let count = async {
        tokio::time::sleep(AFTER).await;
        resident().saturating_sub(before)
    };
    let (_, held) = futures_util::future::join(calls, count).await;
    held as f64 / ALIVE as f64
}

fn live_calls(_: &mut Criterion) {
    let runtime = runtime();
    let component = sleeper();
    // Each in a pool of its own, so that neither finds pages that the other has touched.
    let floor = runtime.block_on(async {
        let raw = Raw::new(1024, &component);
        held(|| raw.call("{}")).await
    });
    let ours = runtime.block_on(async {
        let ours = Ours::new(1024, &component).await;
        held(|| ours.call("{}")).await
    });
    println!(
        "memory of a live call, {ALIVE} alive: {ours:.1} KiB against {floor:.1} KiB, ratio {:.2}",
        ours / floor
    );
}

criterion_group!(benches, live_calls);
criterion_main!(benches);
