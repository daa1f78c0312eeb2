//! How long a report of a log of 1,000,000 records takes, beside reading its lines and doing nothing with them.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must fail where it is"
)]

use std::time::{Duration, Instant};

use remit_package::Dirs;
use remit_review::Sources;
use remit_run::audit::{self, AuditLog, CallEntry, DecisionEntry, Entry, GrantEntry, PluginEntry};

/// Calls, each with nineteen decisions before its own record.
const CALLS: usize = 50_000;
const SKILL: &str = "[plugins.mail]\ncomponent = \"mail.wasm\"\noperations = [\"read\"]\ngrants = [\"files read ./data /mail\"]\n";

fn main() {
    let home = tempfile::tempdir().unwrap();
    let dirs = Dirs::under(home.path());
    dirs.create().unwrap();
    let folder = home.path().join("skills/one");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("SKILL.md"),
        "---\nname: one\ndescription: d\n---\n",
    )
    .unwrap();
    std::fs::write(folder.join("skill.toml"), SKILL).unwrap();
    write(&AuditLog::open(audit::folder(&dirs)).unwrap());

    let (lines, count) = fastest(|| {
        audit::read_lines(audit::folder(&dirs))
            .unwrap()
            .map(|line| line.unwrap().len())
            .sum::<usize>()
    });
    let sources = Sources { dirs: dirs.clone() };
    let skills = home.path().join("skills");
    let (report, records) = fastest(|| {
        usize::try_from(
            remit_review::report(&sources, &skills, None)
                .unwrap()
                .log
                .records,
        )
        .unwrap()
    });
    println!("{records} records, {} MiB", count >> 20);
    println!(
        "reading the lines {lines:?}, the report {report:?}: {:.1} times as long",
        report.as_secs_f64() / lines.as_secs_f64()
    );
    println!("most memory: {}", peak());
}

fn fastest(mut work: impl FnMut() -> usize) -> (Duration, usize) {
    let mut best = (Duration::MAX, 0);
    for _ in 0..3 {
        let begun = Instant::now();
        let made = work();
        best = best.min((begun.elapsed(), made));
    }
    best
}

/// As the kernel counts it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("unknown").trim().to_owned()
}

fn write(log: &AuditLog) {
    let rule = "files read ./data /mail";
    log.append(&[Entry::RunStarted {
        run: "one-1",
        skill: "one",
        skill_digest: "sha256:0".to_owned(),
        approval: "kept",
        agent: None,
        session: None,
        folder: String::new(),
        calls: "0000000000000000",
        inputs_digest: "sha256:0".to_owned(),
        plugins: vec![PluginEntry {
            plugin: "mail",
            digest: "sha256:0".to_owned(),
            grants_digest: "sha256:0",
            grants: Some(vec![GrantEntry {
                line: Some(4),
                grant: rule.to_owned(),
                written: None,
            }]),
        }],
    }])
    .unwrap();
    for number in 0..CALLS {
        let call = format!("0000000000000000-{number}");
        let asked: Vec<String> = (0..19)
            .map(|n| format!("/mail/{number}/message-{n}.eml"))
            .collect();
        let mut entries: Vec<Entry<'_>> = asked
            .iter()
            .map(|asked| {
                Entry::Decision(DecisionEntry {
                    call: &call,
                    capability: "files",
                    action: "open-read",
                    asked,
                    allowed: true,
                    code: None,
                    layer: Some("grant"),
                    rule: Some(rule),
                    narrowest: None,
                    address: None,
                    status: None,
                    bytes_out: None,
                    bytes_in: None,
                    count: None,
                    note: None,
                })
            })
            .collect();
        entries.push(Entry::Call(CallEntry {
            run: Some("one-1"),
            step: Some("read"),
            item: Some(number),
            call: &call,
            plugin: "mail",
            operation: "read",
            plugin_digest: "sha256:0",
            grants_digest: "sha256:0",
            input_digest: "sha256:0".to_owned(),
            outcome: "ok",
            input_bytes: 20,
            output_bytes: 900,
            output_digest: None,
            microseconds: 900,
            memory_peak: 3 << 20,
            allowed: 19,
            denied: 0,
            http_requests: 0,
            bytes_out: 0,
            bytes_in: 0,
            file_bytes: 0,
            provenance: None,
        }));
        log.append(&entries).unwrap();
    }
}
