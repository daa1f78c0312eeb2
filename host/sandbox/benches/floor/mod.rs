//! What all benchmarks of this crate measure against: wasmtime with the same settings, and nothing around it.
#![allow(dead_code)]

use remit_policy::{Authority, Grants, Limits, OperatorPolicy};
use remit_sandbox::{Call, MemoryRecorder, NoSecrets, Plugin, Sandbox, SandboxConfig};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::component::{Component, HasData, InstancePre, Linker, ResourceTable, TypedFunc};
use wasmtime::{Engine, Store};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtx, WasiClocksCtxView};
use wasmtime_wasi::p2::bindings::{clocks, io};

/// A plugin of one page that returns its input.
pub fn echo() -> Vec<u8> {
    plugin(
        "",
        r#"(memory (export "memory") 1)"#,
        "",
        "(core instance $i (instantiate $m))",
    )
}

/// The same, but it sleeps for three seconds first.
pub fn sleeper() -> Vec<u8> {
    plugin(
        r#"
        (import "wasi:io/poll@0.2.0" (instance $poll
            (export "pollable" (type $pollable (sub resource)))
            (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
        (alias export $poll "pollable" (type $pollable))
        (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
            (alias outer 1 $pollable (type $pollable'))
            (export "pollable" (type $pollable (eq $pollable')))
            (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
        (alias export $poll "[method]pollable.block" (func $block))
        (alias export $clock "subscribe-duration" (func $subscribe))
        (core func $block (canon lower (func $block)))
        (core func $subscribe (canon lower (func $subscribe)))"#,
        r#"
        (import "host" "block" (func $block (param i32)))
        (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
        (memory (export "memory") 1)"#,
        "(call $block (call $subscribe (i64.const 3000000000)))",
        r#"(core instance $i (instantiate $m (with "host" (instance
            (export "block" (func $block))
            (export "subscribe" (func $subscribe))))))"#,
    )
}

fn plugin(imports: &str, head: &str, first: &str, instance: &str) -> Vec<u8> {
    let text = include_str!("../../tests/calls/plugin.wat")
        .replace("IMPORTS", imports)
        .replace("HEAD", head)
        .replace("INSTANCE", instance)
        .replace(
            "BODY",
            &format!(
                r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
                    {first} (call $answer (local.get 2) (local.get 3)))"#
            ),
        );
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The Rust guest of the hostile tests: an ordinary component in size and imports.
pub fn evil() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/evil.wasm");
    std::fs::read(path).unwrap()
}

pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// 1 KiB of input, which an echo returns.
pub fn input() -> String {
    format!("\"{}\"", "x".repeat(1022))
}

/// wasmtime alone: a store, an instance, the call. Clocks and polls are there for [`sleeper`].
pub struct Raw {
    engine: Engine,
    pre: InstancePre<Data>,
    index: wasmtime::component::ComponentExportIndex,
}

#[derive(Default)]
struct Data {
    table: ResourceTable,
    clocks: Option<WasiClocksCtx>,
}

struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

impl Raw {
    pub fn new(places: usize, component: &[u8]) -> Raw {
        let engine = Engine::new(&remit_sandbox::benchmark_config(places)).unwrap();
        let component = Component::new(&engine, component).unwrap();
        let mut linker = Linker::new(&engine);
        io::poll::add_to_linker::<Data, Io>(&mut linker, |data| &mut data.table).unwrap();
        clocks::monotonic_clock::add_to_linker::<Data, WasiClocks>(&mut linker, |data| {
            WasiClocksCtxView {
                ctx: data.clocks.get_or_insert_default(),
                table: &mut data.table,
            }
        })
        .unwrap();
        let pre = linker.instantiate_pre(&component).unwrap();
        let (_, interface) = component
            .get_export(None, "remit:connector/connector@0.1.0")
            .unwrap();
        let (_, index) = component.get_export(Some(&interface), "invoke").unwrap();
        Raw { engine, pre, index }
    }

    pub async fn call(&self, input: &str) -> String {
        let mut store = Store::new(&self.engine, Data::default());
        store.set_epoch_deadline(1 << 40);
        let instance = self.pre.instantiate_async(&mut store).await.unwrap();
        type Answer = (Result<String, Fault>,);
        let invoke: TypedFunc<(&str, &str), Answer> =
            instance.get_typed_func(&mut store, self.index).unwrap();
        let (output,) = invoke.call_async(&mut store, ("do", input)).await.unwrap();
        output.unwrap()
    }
}

#[derive(
    Debug, wasmtime::component::ComponentType, wasmtime::component::Lift, wasmtime::component::Lower,
)]
#[component(variant)]
enum Fault {
    #[component(name = "invalid-input")]
    InvalidInput(String),
    #[component(name = "denied")]
    Denied(String),
    #[component(name = "not-found")]
    NotFound(String),
    #[component(name = "conflict")]
    Conflict(String),
    #[component(name = "unavailable")]
    Unavailable(String),
    #[component(name = "internal")]
    Internal(String),
}

/// The same through Remit: with limits, a deadline, policy and a recorder in memory.
pub struct Ours {
    pub sandbox: Sandbox,
    pub plugin: Plugin,
    authority: Arc<Authority>,
    pub recorder: Arc<MemoryRecorder>,
    secrets: Arc<NoSecrets>,
}

impl Ours {
    pub async fn new(places: usize, component: &[u8]) -> Ours {
        let sandbox = Sandbox::new(SandboxConfig::default().with_concurrency(places)).unwrap();
        let plugin = sandbox
            .prepare(component, &digest(component))
            .await
            .unwrap();
        Ours {
            sandbox,
            plugin,
            authority: Arc::new(Authority::new(
                Grants::default(),
                None,
                &OperatorPolicy::default(),
                Limits::default(),
            )),
            recorder: Arc::default(),
            secrets: Arc::new(NoSecrets),
        }
    }

    pub async fn call(&self, input: &str) -> String {
        let call = Call {
            operation: "do".into(),
            input: input.into(),
            authority: self.authority.clone(),
            mounts: Vec::new(),
            secrets: self.secrets.clone(),
            recorder: self.recorder.clone(),
            cancel: None,
        };
        self.sandbox.call(&self.plugin, call).await.outcome.unwrap()
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The time of one `a` and of one `b`, in short batches that take turns, so that both see the same machine; of each
/// the fastest tenth's slowest, so that what else the machine does is left out.
pub fn compare(mut a: impl FnMut(), mut b: impl FnMut()) -> (Duration, Duration) {
    const BATCH: u32 = 50;
    const BATCHES: usize = 400;
    let batch = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        for _ in 0..BATCH {
            work();
        }
        start.elapsed() / BATCH
    };
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..BATCHES {
        times.0.push(batch(&mut a));
        times.1.push(batch(&mut b));
    }
    times.0.sort();
    times.1.sort();
    (times.0[BATCHES / 10], times.1[BATCHES / 10])
}

pub fn print_ratio(what: &str, floor: Duration, ours: Duration, aim: &str) {
    println!(
        "{what}: {ours:.1?} against {floor:.1?}, ratio {:.2} ({aim})",
        ours.as_secs_f64() / floor.as_secs_f64()
    );
}
