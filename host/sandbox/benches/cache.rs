//! Loading compiled code from the cache, its MAC checked, against compiling it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod floor;

use criterion::{Criterion, criterion_group, criterion_main};
use floor::{digest, echo, evil, print_ratio, runtime};
use remit_sandbox::{Sandbox, SandboxConfig};
use std::time::{Duration, Instant};

/// The median of some prepares, each in a sandbox of its own, as in a process of its own.
fn median(rounds: usize, config: impl Fn() -> SandboxConfig, component: &[u8]) -> Duration {
    let runtime = runtime();
    let digest = digest(component);
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let sandbox = Sandbox::new(config()).unwrap();
            runtime.block_on(async {
                let start = Instant::now();
                sandbox.prepare(component, &digest).await.unwrap();
                start.elapsed()
            })
        })
        .collect();
    times.sort();
    times[rounds / 2]
}

fn load_and_compile(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let cached = || SandboxConfig::default().with_cache(folder.path().join("compiled"));
    for (name, component) in [("echo", echo()), ("evil, a Rust guest", evil())] {
        let compiled = median(5, SandboxConfig::default, &component);
        median(1, cached, &component);
        let loaded = median(31, cached, &component);
        print_ratio(
            &format!("load of {name}, {} KiB", component.len() >> 10),
            compiled,
            loaded,
            "against compiling",
        );
    }
    let runtime = runtime();
    let component = evil();
    let digest = digest(&component);
    criterion.bench_function(
        "start a sandbox and load a plugin from the cache",
        |bencher| {
            bencher.iter(|| {
                let sandbox = Sandbox::new(cached()).unwrap();
                runtime
                    .block_on(sandbox.prepare(&component, &digest))
                    .unwrap()
            });
        },
    );
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = load_and_compile
}
criterion_main!(benches);
