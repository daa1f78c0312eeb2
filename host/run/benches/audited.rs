//! A call as a skill makes it (checked input, sandbox, checked output, records in the real audit log) against
//! wasmtime alone and against the same sandbox without an audit log; and what one append to the log costs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../../sandbox/benches/floor/mod.rs"]
mod floor;

use criterion::{Criterion, criterion_group, criterion_main};
use floor::{Ours, Raw, compare, print_ratio, runtime};
use remit_package::{Digest, Dirs};
use remit_run::audit::{AuditLog, CallAudit, CallEntry, Entry};
use remit_run::{
    Agent, AgentSession, CallOptions, Host, HostOptions, PreparedPlugin, SessionOptions,
};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The echo of the sandbox's benches, which also describes itself, so that the whole way of a call can be measured.
fn echo() -> Vec<u8> {
    let texts = [
        ("echo", 256),
        ("0.1.0", 264),
        ("returns its input", 272),
        (r#"{"type":"object"}"#, 300),
        ("{}", 320),
    ];
    // A description: name, version, summary, one operation at 104, no needs; then the operation.
    let text = |n: usize| [texts[n].1, texts[n].0.len() as u32];
    let none = [0, 0];
    let words = [
        text(0),
        text(1),
        text(2),
        [104, 1],
        none,
        text(0),
        text(2),
        text(3),
        text(4),
        none,
    ];
    let bytes: Vec<u8> = words
        .as_flattened()
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let hex: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let mut data = format!("(data (i32.const 64) \"{hex}\")");
    for (text, at) in texts {
        data.push_str(&format!("(data (i32.const {at}) {text:?})"));
    }
    let wat = include_str!("../../sandbox/tests/calls/plugin.wat")
        .replace("IMPORTS", "")
        .replace("HEAD", &format!(r#"(memory (export "memory") 1) {data}"#))
        .replace("INSTANCE", "(core instance $i (instantiate $m))")
        .replace(
            "BODY",
            r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
                (call $answer (local.get 2) (local.get 3)))"#,
        );
    wat::parse_str(wat).unwrap()
}

struct Audited {
    _home: tempfile::TempDir,
    plugin: PreparedPlugin,
    input: Value,
}

impl Audited {
    async fn new(component: &[u8]) -> Audited {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("echo.wasm");
        std::fs::write(&file, component).unwrap();
        let dirs = Dirs::under(&home.path().join("remit"));
        let host = Host::open(HostOptions {
            dirs: Some(dirs),
            ..HostOptions::default()
        })
        .unwrap();
        let plugin = host.prepare(&file, CallOptions::new()).await.unwrap();
        let input = serde_json::json!({"text": "x".repeat(1010)});
        Audited {
            _home: home,
            plugin,
            input,
        }
    }

    async fn call(&self) -> Value {
        self.plugin.call("echo", &self.input).await.unwrap().output
    }
}

/// The sandbox with the real log: the call's decisions and its own record, before its result is looked at.
struct Logged {
    _folder: tempfile::TempDir,
    ours: Ours,
    log: Arc<AuditLog>,
}

impl Logged {
    async fn new(component: &[u8]) -> Logged {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(AuditLog::open(folder.path().join("audit")).unwrap());
        Logged {
            _folder: folder,
            ours: Ours::new(64, component).await,
            log,
        }
    }

    async fn call(&self, input: &str) -> String {
        let audit = CallAudit::new(self.log.clone(), "0123456789abcdef-1".to_owned());
        let input_digest = Digest::of(input.as_bytes()).to_string();
        let output = self.ours.call(input).await;
        let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let entry = CallEntry {
            run: None,
            step: None,
            item: None,
            call: "0123456789abcdef-1",
            plugin: "echo",
            operation: "echo",
            plugin_digest: digest,
            grants_digest: digest,
            input_digest,
            outcome: "ok",
            input_bytes: input.len() as u64,
            output_bytes: output.len() as u64,
            output_digest: Some(Digest::of(output.as_bytes()).to_string()),
            microseconds: 7,
            memory_peak: 65536,
            allowed: 0,
            denied: 0,
            http_requests: 0,
            bytes_out: 0,
            bytes_in: 0,
            file_bytes: 0,
            provenance: None,
        };
        audit.finish(Entry::Call(entry)).unwrap();
        output
    }
}

fn audited_call(criterion: &mut Criterion) {
    let runtime = runtime();
    let component = echo();
    let raw = Raw::new(64, &component);
    let unaudited = runtime.block_on(Ours::new(64, &component));
    let logged = runtime.block_on(Logged::new(&component));
    let audited = runtime.block_on(Audited::new(&component));
    let input = audited.input.to_string();
    let mut group = criterion.benchmark_group("audited call, 1 KiB echo");
    group.bench_function("wasmtime alone", |b| {
        b.to_async(&runtime).iter(|| raw.call(&input))
    });
    group.bench_function("sandbox, decisions in memory", |b| {
        b.to_async(&runtime).iter(|| unaudited.call(&input))
    });
    group.bench_function("sandbox and audit log", |b| {
        b.to_async(&runtime).iter(|| logged.call(&input))
    });
    group.bench_function("checked and audited", |b| {
        b.to_async(&runtime).iter(|| audited.call())
    });
    group.finish();
    let (floor, call) = compare(
        || drop(runtime.block_on(raw.call(&input))),
        || drop(runtime.block_on(logged.call(&input))),
    );
    print_ratio(
        "call with the real audit log against wasmtime alone",
        floor,
        call,
        "aim: at most 2.5",
    );
    let (floor, call) = compare(
        || drop(runtime.block_on(unaudited.call(&input))),
        || drop(runtime.block_on(logged.call(&input))),
    );
    print_ratio(
        "call with the real audit log against one without",
        floor,
        call,
        "no aim",
    );
    let (floor, call) = compare(
        || drop(runtime.block_on(raw.call(&input))),
        || drop(runtime.block_on(audited.call())),
    );
    print_ratio(
        "the same with JSON read, written and checked",
        floor,
        call,
        "no aim",
    );
}

/// The same component in a skill that an agent has opened.
struct Agents {
    _home: tempfile::TempDir,
    session: AgentSession,
    input: Value,
}

impl Agents {
    async fn new(component: &[u8]) -> Agents {
        let home = tempfile::tempdir().unwrap();
        let skill = home.path().join("bench");
        std::fs::create_dir(&skill).unwrap();
        std::fs::write(skill.join("echo.wasm"), component).unwrap();
        let head = "---\nname: bench\ndescription: Echoes.\n---\n";
        std::fs::write(skill.join("SKILL.md"), head).unwrap();
        let manifest = "version = \"0.1.0\"\n[plugins.echo]\ncomponent = \"echo.wasm\"\noperations = [\"echo\"]\n\
            [[steps]]\nid = \"one\"\ncall = \"echo.echo\"\nwith = { text = \"other\" }\n";
        std::fs::write(skill.join("skill.toml"), manifest).unwrap();
        let dirs = Dirs::under(&home.path().join("remit"));
        let host = Arc::new(
            Host::open(HostOptions {
                dirs: Some(dirs),
                ..HostOptions::default()
            })
            .unwrap(),
        );
        let open = Arc::new(host.open_skill(&skill).await.unwrap());
        let agent = Agent {
            client: "bench".to_owned(),
            version: "1".to_owned(),
            session: "1".to_owned(),
            transport: "stdio",
            protocol: "2025-11-25".to_owned(),
        };
        let options = SessionOptions {
            inputs: Default::default(),
            runs: Some(home.path().join("runs")),
            agent,
        };
        Agents {
            session: host.begin(open, options).await.unwrap(),
            _home: home,
            input: serde_json::json!({"text": "x".repeat(1010)}),
        }
    }

    async fn call(&self) -> Value {
        let call = self.session.call("echo", "echo", &self.input, None, None);
        call.await.result.unwrap()
    }
}

/// What a session adds to a call: whose step it is, and `calls/N.json`.
fn agents_call(_: &mut Criterion) {
    let runtime = runtime();
    let component = echo();
    let audited = runtime.block_on(Audited::new(&component));
    let agents = runtime.block_on(Agents::new(&component));
    let (floor, call) = compare(
        || drop(runtime.block_on(audited.call())),
        || drop(runtime.block_on(agents.call())),
    );
    print_ratio(
        "an agent's call in a session against one without",
        floor,
        call,
        "no aim",
    );
}

fn append(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let log = AuditLog::open(folder.path().join("audit")).unwrap();
    let entry = || Entry::Refused {
        run: Some("weekly-report-20261122T130000Z-a1b2c3"),
        step: Some("messages"),
        what: "mail.read".to_owned(),
        code: "effect-not-granted",
        reason: "x".repeat(300),
    };
    let line = "x".repeat(600);
    let path = folder.path().join("plain");
    let mut plain = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    let mut group = criterion.benchmark_group("audit append");
    group.bench_function("a plain write of 600 bytes", |b| {
        b.iter(|| std::io::Write::write_all(&mut plain, line.as_bytes()).unwrap());
    });
    group.bench_function("one record", |b| b.iter(|| log.append(&[entry()]).unwrap()));
    group.bench_function("eight records together", |b| {
        b.iter(|| {
            log.append(&std::array::from_fn::<_, 8, _>(|_| entry()))
                .unwrap()
        });
    });
    group.finish();
    let (floor, ours) = compare(
        || std::io::Write::write_all(&mut plain, line.as_bytes()).unwrap(),
        || {
            log.append(&[entry()]).unwrap();
        },
    );
    print_ratio("audit append against a plain write", floor, ours, "no aim");
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
    targets = audited_call, agents_call, append
}
criterion_main!(benches);
