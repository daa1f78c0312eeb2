//! What a plugin costs by the language that it is written in, as a Markdown table: size, time to compile, time to load
//! compiled code, time of a call in a warm host, memory. The operation is the same in all languages, `word_count` of
//! the project that `remit new` makes.
//!
//! `REMIT_LANGUAGES=FOLDER cargo bench -p remit-run --bench languages` takes FOLDER/LANGUAGE.wasm; without the variable
//! what is built in plugins/ and plugins-src/*/build is measured, as far as it goes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use remit_package::Dirs;
use remit_run::{CallOptions, Host, HostOptions, PreparedPlugin};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Calls that are made before any is measured: pages are touched, branches learnt.
const WARM_UP: usize = 20;

/// Calls that are measured, unless they take longer than [`AT_MOST`] together.
const CALLS: usize = 500;
const AT_MOST: Duration = Duration::from_secs(5);

/// Loads that are measured, each in a host of its own, as in a process of its own.
const LOADS: usize = 5;

const TEXT: &str = "To be, or not to be, that is the question: whether 'tis nobler in the mind to suffer the slings \
                    and arrows of outrageous fortune, or to take arms against a sea of troubles.";

/// The row that others are compared with.
const FLOOR: &str = "rust";

struct Row {
    name: String,
    size: u64,
    compile: Duration,
    load: Duration,
    call: Option<Called>,
}

struct Called {
    first: Duration,
    median: Duration,
    /// Of the median, what is spent in the sandbox: the rest is checking, JSON and the audit log.
    sandbox: Duration,
    memory: u64,
}

/// The cheap operations that are known, by the plugins' own names.
fn cheap() -> [(&'static str, Value); 2] {
    [
        ("word_count", json!({ "text": TEXT })),
        ("detect_language", json!({ "text": TEXT })),
    ]
}

fn open(dirs: &Path) -> Host {
    let dirs = Some(Dirs::under(dirs));
    Host::open(HostOptions {
        dirs,
        ..HostOptions::default()
    })
    .unwrap()
}

async fn prepared(dirs: &Path, component: &Path) -> (PreparedPlugin, Duration) {
    let host = open(dirs);
    let start = Instant::now();
    let plugin = host.prepare(component, CallOptions::new()).await;
    let plugin = plugin.unwrap_or_else(|error| panic!("{}: {error}", component.display()));
    (plugin, start.elapsed())
}

async fn measured(name: String, component: &Path) -> Row {
    eprintln!("measuring {name}: {}", component.display());
    let home = tempfile::tempdir().unwrap();
    let (plugin, compile) = prepared(home.path(), component).await;
    drop(plugin);
    let mut loads = Vec::new();
    for _ in 0..LOADS {
        loads.push(prepared(home.path(), component).await.1);
    }
    let (plugin, _) = prepared(home.path(), component).await;
    Row {
        name,
        size: std::fs::metadata(component).unwrap().len(),
        compile,
        load: median(&mut loads),
        call: called(&plugin).await,
    }
}

async fn called(plugin: &PreparedPlugin) -> Option<Called> {
    for (operation, input) in cheap() {
        let start = Instant::now();
        if plugin.call(operation, &input).await.is_err() {
            continue;
        }
        let first = start.elapsed();
        for _ in 0..WARM_UP {
            plugin.call(operation, &input).await.unwrap();
        }
        let (mut whole, mut inside, mut memory) = (Vec::new(), Vec::new(), 0);
        let begun = Instant::now();
        while whole.len() < CALLS && (whole.len() < 10 || begun.elapsed() < AT_MOST) {
            let start = Instant::now();
            let result = plugin.call(operation, &input).await.unwrap();
            whole.push(start.elapsed());
            inside.push(result.time);
            memory = result.memory_peak;
        }
        return Some(Called {
            first,
            median: median(&mut whole),
            sandbox: median(&mut inside),
            memory,
        });
    }
    None
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Each component with the name of its row.
fn components() -> Vec<(String, PathBuf)> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let folders = match std::env::var_os("REMIT_LANGUAGES") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => {
            let sources = std::fs::read_dir(root.join("plugins-src")).unwrap();
            let built = sources.map(|entry| entry.unwrap().path().join("build"));
            std::iter::once(root.join("plugins")).chain(built).collect()
        }
    };
    let mut found: Vec<(String, PathBuf)> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "wasm"))
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                path,
            )
        })
        .collect();
    found.sort();
    assert!(
        !found.is_empty(),
        "no component in {folders:?}: build some with `remit new word-count --lang LANGUAGE` and `remit build`"
    );
    found
}

fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s >= 1.0 => format!("{s:.1} s"),
        s if s >= 1e-3 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.0} µs", s * 1e6),
    }
}

fn bytes(bytes: u64) -> String {
    match bytes as f64 / 1024.0 {
        kib if kib >= 1024.0 => format!("{:.1} MiB", kib / 1024.0),
        kib => format!("{kib:.0} KiB"),
    }
}

/// How often the floor's value goes into this one.
fn ratio(ours: f64, floor: Option<f64>) -> String {
    floor.map_or(String::new(), |floor| format!(" ({:.1}×)", ours / floor))
}

fn print(rows: &[Row]) {
    let floor = rows.iter().find(|row| row.name == FLOOR);
    let floor_call = floor.and_then(|row| row.call.as_ref());
    println!(
        "| language | size | compile | load | first call | call, warm | of it in the sandbox | memory |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for row in rows {
        let compared = |of: fn(&Row) -> f64| ratio(of(row), floor.map(of));
        print!(
            "| {} | {}{} | {}{} | {}{} |",
            row.name,
            bytes(row.size),
            compared(|row| row.size as f64),
            time(row.compile),
            compared(|row| row.compile.as_secs_f64()),
            time(row.load),
            compared(|row| row.load.as_secs_f64()),
        );
        match &row.call {
            Some(call) => println!(
                " {} | {}{} | {} | {}{} |",
                time(call.first),
                time(call.median),
                ratio(
                    call.median.as_secs_f64(),
                    floor_call.map(|it| it.median.as_secs_f64())
                ),
                time(call.sandbox),
                bytes(call.memory),
                ratio(call.memory as f64, floor_call.map(|it| it.memory as f64)),
            ),
            None => println!(" – | – | – | – |"),
        }
    }
}

fn main() {
    // cargo passes `--bench`, and filters by name: `cargo bench --bench languages -- rust python`.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let rows: Vec<Row> = components()
        .into_iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.contains(name))
        .map(|(name, path)| runtime.block_on(measured(name, &path)))
        .collect();
    print(&rows);
}
