//! The audit log: whole, readable, and telling when it was changed.

use crate::support::Remit;
use std::path::{Path, PathBuf};

fn logs(remit: &Remit) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![remit.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "jsonl") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "there is no log");
    found
}

/// A log with a run in it, and its only file.
fn logged() -> (Remit, PathBuf, Vec<String>) {
    let (remit, skill) = Remit::with_skill("weekly-report");
    remit
        .run(&["run", skill.to_str().unwrap(), "--out", "out"])
        .exits(0);
    remit.run(&["audit", "verify"]).exits(0);
    let log = logs(&remit).pop().unwrap();
    let lines: Vec<String> = std::fs::read_to_string(&log)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert!(lines.len() > 20, "{} records", lines.len());
    (remit, log, lines)
}

#[track_caller]
fn is_bad_at(remit: &Remit, index: usize, what: &str) {
    let out = remit.run(&["audit", "verify"]);
    assert_eq!(out.status, 4, "{what}: {}{}", out.stdout, out.stderr);
    assert!(
        out.stderr.contains(&format!("record {index}")),
        "{what}: record {index} is not named:\n{}",
        out.stderr
    );
}

fn write(log: &Path, lines: &[String]) {
    std::fs::write(log, lines.join("\n") + "\n").unwrap();
}

#[test]
fn a_changed_byte_shows_wherever_it_is() {
    let (remit, log, lines) = logged();
    let whole = std::fs::read(&log).unwrap();
    // Spread over the file, with each kind of place: digits, quotes, line feeds.
    let step = (whole.len() / 60).max(1);
    for at in (0..whole.len()).step_by(step) {
        let mut bytes = whole.clone();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        std::fs::write(&log, &bytes).unwrap();
        let index = whole[..at].iter().filter(|b| **b == b'\n').count();
        is_bad_at(&remit, index, &format!("byte {at}"));
    }
    write(&log, &lines);
    remit.run(&["audit", "verify"]).exits(0);
}

#[test]
fn a_dropped_a_swapped_a_doubled_and_an_added_record_show() {
    let (remit, log, lines) = logged();
    for index in [0, 1, lines.len() / 2, lines.len() - 2] {
        let mut dropped = lines.clone();
        dropped.remove(index);
        write(&log, &dropped);
        is_bad_at(&remit, index, "dropped");

        let mut swapped = lines.clone();
        swapped.swap(index, index + 1);
        write(&log, &swapped);
        is_bad_at(&remit, index, "swapped");

        let mut doubled = lines.clone();
        doubled.insert(index, lines[index].clone());
        write(&log, &doubled);
        is_bad_at(&remit, index + 1, "doubled");
    }
    let mut added = lines.clone();
    added.push(r#"{"seq":9,"kind":"approved","who":"nobody"}"#.to_owned());
    write(&log, &added);
    is_bad_at(&remit, lines.len(), "added");
}

#[test]
fn each_call_and_decision_of_a_run_is_recorded() {
    let (remit, _, _) = logged();
    let records = remit.audit();
    let calls: Vec<_> = records.iter().filter(|r| r["kind"] == "call").collect();
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(remit.path().join("out/run.json")).unwrap()).unwrap();
    let made: u64 = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|s| s["calls"].as_u64())
        .sum();
    assert_eq!(calls.len() as u64, made);
    for call in calls {
        for field in ["plugin_digest", "grants_digest", "input_digest"] {
            assert!(
                call[field].as_str().unwrap().starts_with("sha256:"),
                "{field}: {call}"
            );
        }
    }
    let opened = records
        .iter()
        .filter(|r| r["kind"] == "decision" && r["capability"] == "files")
        .count();
    assert!(opened > 50, "{opened} opened files are recorded");
}

#[test]
fn a_log_that_cannot_be_written_stops_the_run() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    remit
        .run(&["run", skill.to_str().unwrap(), "--out", "one"])
        .exits(0);
    let folder = logs(&remit).pop().unwrap().parent().unwrap().to_path_buf();
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let out = remit.run(&["run", skill.to_str().unwrap(), "--out", "two"]);
    assert_ne!(out.status, 0);
    assert!(!remit.path().join("two/report.md").exists());
}

#[test]
fn the_log_is_readable_and_filtered() {
    let remit = Remit::new();
    let evil = crate::support::evil();
    let evil = evil.to_str().unwrap();
    remit.run(&[
        "call",
        evil,
        "do",
        "--input",
        r#"{"op":"http","method":"GET","scheme":"https","authority":"example.com","path":"/"}"#,
    ]);
    remit
        .run(&["audit", "log"])
        .exits(0)
        .prints("denied")
        .prints("https://example.com/")
        .prints("http-host-denied");
    let denied = remit.run(&["audit", "log", "--denied", "--json"]).exits(0);
    assert_eq!(denied.stdout.lines().count(), 1, "{}", denied.stdout);
}
