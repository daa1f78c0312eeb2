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

#[test]
fn a_runs_and_a_plugins_records_are_found_with_their_decisions() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    for out in ["one", "two"] {
        remit
            .run(&["run", skill.to_str().unwrap(), "--out", out])
            .exits(0);
    }
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(remit.path().join("two/run.json")).unwrap()).unwrap();
    let run = report["run"].as_str().unwrap();
    let log = |args: &[&str]| {
        let out = remit.run(&[&["audit", "log", "--json", "-n", "0"], args].concat());
        let lines = out.exits(0).stdout;
        lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .collect::<Vec<_>>()
    };
    let kinds = |records: &[serde_json::Value], kind: &str| {
        records.iter().filter(|it| it["kind"] == kind).count()
    };
    let all = log(&[]);
    let of_run = log(&["--run", run]);
    assert_eq!(kinds(&of_run, "run-started"), 1);
    for kind in ["call", "decision", "output"] {
        let (some, every) = (kinds(&of_run, kind), kinds(&all, kind));
        assert!(some > 0 && some * 2 == every, "{some} of {every} {kind}");
    }
    let of = |plugin: &str| log(&["--plugin", plugin]);
    let mail = of("mail");
    let decisions: usize = [&mail, &of("drive"), &of("table")]
        .map(|records| kinds(records, "decision"))
        .iter()
        .sum();
    assert_eq!(decisions, kinds(&all, "decision"));
    assert_eq!(
        log(&["--run", run, "--plugin", "mail"]).len() * 2,
        mail.len()
    );

    remit
        .run(&["audit", "log", "--plugin", "drive"])
        .prints("allowed drive.search files");
    let none = remit
        .run(&["audit", "log", "--run", "no-such-run"])
        .exits(0);
    assert_eq!(none.stdout, "");
    assert!(none.stderr.contains("no record is as asked for"));
}

#[test]
fn a_denial_is_found_with_the_plugin_that_was_denied() {
    let remit = Remit::new();
    remit.run(&["call", "plugins/mail.wasm", "search"]).exits(3);
    remit
        .run(&["audit", "log", "--denied", "--plugin", "mail"])
        .exits(0)
        .prints("denied mail.search files");
    let other = remit.run(&["audit", "log", "--denied", "--plugin", "drive"]);
    assert_eq!(other.exits(0).stdout, "");
}

#[test]
fn a_checkpoint_shows_that_the_end_was_cut_off_or_all_replaced() {
    let (remit, log, lines) = logged();
    let checkpoint = remit.run(&["audit", "verify", "--json"]).exits(0).json()["checkpoint"]
        .as_str()
        .unwrap()
        .to_owned();
    let against = |checkpoint: &str| remit.run(&["audit", "verify", "--checkpoint", checkpoint]);
    against(&checkpoint).exits(0).prints("from the checkpoint");
    write(&log, &lines[..lines.len() - 1]);
    remit.run(&["audit", "verify"]).exits(0);
    against(&checkpoint)
        .exits(4)
        .says("error[audit-checkpoint]");
    write(&log, &lines);
    // A digit too many.
    against(&format!("{checkpoint}0")).exits(2);
    let (count, _) = checkpoint.split_once(':').unwrap();
    against(&format!("{count}:{}", "0".repeat(64))).exits(4);
}

#[test]
fn an_absent_log_is_not_called_whole() {
    let remit = Remit::new();
    remit
        .run(&["audit", "verify"])
        .exits(0)
        .prints("there are no records yet");
    remit
        .run(&["audit", "verify", "nowhere"])
        .exits(2)
        .says("there is no audit log in nowhere");
    remit.write("file", "x");
    remit.run(&["audit", "verify", "file"]).exits(2);
}

/// A log of a run, and a checkpoint of it that the host signed.
fn checkpointed() -> (Remit, PathBuf, Vec<String>) {
    let (remit, log, lines) = logged();
    remit
        .run(&["audit", "checkpoint", "--out", "kept"])
        .exits(0)
        .says("key remit-audit/");
    (remit, log, lines)
}

#[test]
fn a_signed_checkpoint_shows_a_cut_and_a_replaced_log_and_no_forgery_is_taken_for_one() {
    let (remit, log, lines) = checkpointed();
    let against = |file: &str| remit.run(&["audit", "verify", "--checkpoint", file]);
    against("kept").exits(0).prints(&format!(
        "go on from the signed checkpoint at {}",
        lines.len()
    ));
    // Cut.
    write(&log, &lines[..lines.len() - 2]);
    remit.run(&["audit", "verify"]).exits(0);
    against("kept")
        .exits(4)
        .says("error[audit-checkpoint]")
        .says("records only");
    // Replaced by another run's, which hangs together as well.
    let (_other, _, others) = logged();
    write(&log, &others);
    remit.run(&["audit", "verify"]).exits(0);
    against("kept").exits(4).says("error[audit-checkpoint]");
    write(&log, &lines);
    against("kept").exits(0);
    // Forged: a number, the origin, and a signature of somebody else.
    let kept = std::fs::read_to_string(remit.path().join("kept")).unwrap();
    let count = format!("\n{}\n", lines.len());
    for (name, forged) in [
        ("fewer", kept.replacen(&count, "\n1\n", 1)),
        ("origin", kept.replacen("remit-audit/", "remit-audit/0", 1)),
        (
            "cut",
            kept.lines().take(3).map(|l| format!("{l}\n")).collect(),
        ),
        ("empty", String::new()),
    ] {
        remit.write(name, forged);
        against(name)
            .exits(4)
            .says("error[note-invalid]")
            .says("hint:");
    }
    let other = Remit::new();
    let theirs = other
        .run(&["audit", "checkpoint", "--json"])
        .exits(0)
        .json();
    remit.write("theirs", theirs["checkpoint"].as_str().unwrap());
    against("theirs").exits(4).says("error[note-invalid]");
    against("nowhere")
        .exits(2)
        .says("neither RECORDS:HASH nor a file");
}

#[test]
fn a_checkpoint_verifies_on_another_machine_with_the_hosts_key() {
    let (remit, log, _) = checkpointed();
    let made = remit
        .run(&["audit", "checkpoint", "--json"])
        .exits(0)
        .json();
    let key = made["key"].as_str().unwrap();
    let auditor = Remit::new();
    std::fs::copy(remit.path().join("kept"), auditor.path().join("kept")).unwrap();
    let copy = log.parent().unwrap().to_str().unwrap();
    let verify = |more: &[&str]| {
        auditor.run(&[&["audit", "verify", copy, "--checkpoint", "kept"], more].concat())
    };
    verify(&["--key", key]).exits(0);
    verify(&[]).exits(2).says("--key");
    verify(&["--key", "nonsense"])
        .exits(2)
        .says("error[key-malformed]");
    let own = auditor
        .run(&["audit", "checkpoint", "--json"])
        .exits(0)
        .json();
    verify(&["--key", own["key"].as_str().unwrap()])
        .exits(4)
        .says("error[note-invalid]");
    verify(&[]).exits(4).says("error[note-invalid]");
}

#[test]
fn archived_records_are_accounted_for_and_the_log_goes_on() {
    let (remit, log, lines) = checkpointed();
    let archived = remit
        .run(&["audit", "archive", "old", "--json"])
        .exits(0)
        .json();
    let records = lines.len() as u64 + 1;
    assert_eq!(archived["archived"]["records"], records);
    assert!(!log.exists());
    remit
        .run(&["audit", "verify"])
        .exits(0)
        .prints(&format!("the {records} before them are archived"));
    remit.run(&["run", "weekly-report"]).exits(0);
    let verified = remit.run(&["audit", "verify", "--json"]).exits(0).json();
    assert!(verified["verified"]["records"].as_u64().unwrap() > records);
    assert_eq!(verified["verified"]["archived"], records);
    let whole = [
        "audit",
        "verify",
        "--archive",
        "old",
        "--checkpoint",
        "kept",
    ];
    remit.run(&whole).exits(0);
    remit
        .run(&["audit", "verify", "--checkpoint", "kept"])
        .exits(4)
        .says("error[audit-archived]")
        .says("--archive");
    let name = remit.path().join("old/000001.jsonl");
    let text = std::fs::read_to_string(&name).unwrap();
    std::fs::write(&name, text.replacen("mail", "male", 1)).unwrap();
    remit.run(&whole).exits(4).says("error[audit-broken]");
    remit
        .run(&["audit", "verify", "--archive", "nowhere"])
        .exits(2)
        .says("there is no archive in nowhere");
    remit
        .run(&["audit", "archive", "old"])
        .exits(0)
        .prints("moved to old");
}

#[test]
fn the_log_is_exported_for_collectors_and_for_spreadsheets() {
    let (remit, _, lines) = logged();
    let otel = remit
        .run(&["audit", "export", "--format", "otel"])
        .exits(0)
        .stdout;
    let count: usize = otel
        .lines()
        .map(|line| {
            let request: serde_json::Value = serde_json::from_str(line).unwrap();
            let records = &request["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
            records.as_array().unwrap().len()
        })
        .sum();
    assert_eq!(count, lines.len());
    remit
        .run(&["audit", "export", "--format", "csv", "--out", "log.csv"])
        .exits(0)
        .prints(&format!("{} records", lines.len()));
    let csv = std::fs::read_to_string(remit.path().join("log.csv")).unwrap();
    assert_eq!(csv.matches("\r\n").count(), lines.len() + 1);
    assert!(csv.starts_with("seq,time,kind,"));
    // Read by another program, each line has the fields of the head.
    let script = "import csv, sys\nrows = list(csv.reader(open(sys.argv[1], newline='')))\n\
        assert {len(row) for row in rows} == {len(rows[0])}, rows\n\
        assert not [f for row in rows for f in row if f.lstrip()[:1] in tuple('=+-@')]";
    let python = std::process::Command::new("python3")
        .args(["-c", script, "log.csv"])
        .current_dir(remit.path())
        .output()
        .expect("python3 is missing: run scripts/setup");
    assert!(
        python.status.success(),
        "{}",
        String::from_utf8_lossy(&python.stderr)
    );
    remit.run(&["audit", "export", "--format", "xml"]).exits(2);
    remit
        .run(&[
            "audit",
            "export",
            "--format",
            "csv",
            "--out",
            "nowhere/log.csv",
        ])
        .exits(1)
        .says("error[io-failed]");
    remit
        .run(&["audit", "export", "nowhere", "--format", "csv"])
        .exits(2);
}

#[test]
fn an_archiving_that_is_killed_anywhere_loses_nothing() {
    use std::time::Duration;
    let (remit, _, lines) = logged();
    std::fs::create_dir(remit.path().join("old")).unwrap();
    // The host's key is made before anything is killed.
    remit
        .run(&["audit", "checkpoint", "--out", "kept"])
        .exits(0);
    let whole = [
        "audit",
        "verify",
        "--archive",
        "old",
        "--checkpoint",
        "kept",
        "--json",
    ];
    let mut records = lines.len() as u64;
    for milliseconds in 0..24 {
        let mut child = remit
            .command(&["audit", "archive", "old"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().unwrap();
        let verified = remit.run(&whole).exits(0).json();
        let found = verified["verified"]["records"].as_u64().unwrap();
        assert!(
            found >= records,
            "{found} of {records} after {milliseconds} ms"
        );
        records = found;
    }
    remit.run(&["audit", "archive", "old"]).exits(0);
    remit.run(&whole).exits(0);
    remit.run(&["run", "weekly-report"]).exits(0);
    remit.run(&whole).exits(0);
}
