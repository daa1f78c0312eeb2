//! Compiling in a process of its own, against compiling in this one. `REMIT_COMPONENT` names one more component, such
//! as the 20 MB of a plugin in Python.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark, not a library"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use remit_sandbox::{CompilerProcess, Sandbox, SandboxConfig};
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn prepare(compiler: Option<&CompilerProcess>, component: &[u8]) -> Duration {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = SandboxConfig::default().with_cache(folder.path().join("compiled"));
    config.compiler = compiler.cloned();
    let sandbox = Sandbox::new(config).expect("a sandbox");
    let digest = *remit_package::Digest::of(component).as_bytes();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let start = Instant::now();
    let prepared = runtime.block_on(sandbox.prepare(component, &digest));
    let time = start.elapsed();
    prepared.expect("it compiles");
    time
}

fn compile(c: &mut Criterion) {
    let compiler = CompilerProcess::new(env!("CARGO_BIN_EXE_remit"), ["compile-for-parent"]);
    let small = wat::parse_str(
        r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func (export "f") (canon lift (core func $i "f"))))"#,
    )
    .expect("a component");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let read = |path: PathBuf| std::fs::read(&path).expect("the component is built");
    let mut components = vec![
        ("the smallest component".to_owned(), small, 41),
        ("mail".to_owned(), read(root.join("plugins/mail.wasm")), 11),
    ];
    if let Some(path) = std::env::var_os("REMIT_COMPONENT").map(PathBuf::from) {
        components.push((path.display().to_string(), read(path), 3));
    }
    for (name, component, rounds) in &components {
        // In turn, so that a machine that gets slower does so for both.
        let mut pairs: Vec<(Duration, Duration)> = (0..*rounds)
            .map(|_| {
                (
                    prepare(None, component),
                    prepare(Some(&compiler), component),
                )
            })
            .collect();
        pairs.sort();
        let here = pairs[pairs.len() / 2].0;
        pairs.sort_by_key(|(_, there)| *there);
        let there = pairs[pairs.len() / 2].1;
        println!(
            "compile {name}, {} KiB: here {here:.2?}, in a child {there:.2?}, ratio {:.2}, {:.2?} more",
            component.len() >> 10,
            there.as_secs_f64() / here.as_secs_f64(),
            there.saturating_sub(here)
        );
    }
    c.bench_function("compile the smallest component in a child", |b| {
        b.iter(|| prepare(Some(&compiler), &components[0].1));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = compile
}
criterion_main!(benches);
