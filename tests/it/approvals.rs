//! Approvals are listed as they were given, and withdrawn: also of what is running.

use crate::support::{Remit, evil};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const GRANTS: &str =
    "grants = [\"files write ./data /data max-bytes=1MiB\", \"config colour=blue\"]";

/// A skill around the evil guest, which needs approval: it writes in its own folder. Its steps are calls with these ops.
fn skill(remit: &Remit, name: &str, ops: &[&str]) {
    std::fs::copy(evil(), remit.path().join("plugins/evil.wasm")).unwrap();
    remit.write(
        &format!("skills/{name}/SKILL.md"),
        format!("---\nname: {name}\ndescription: Probes. Use in tests.\n---\n\nProbe.\n"),
    );
    remit.write(&format!("skills/{name}/data/log"), "");
    let steps: String = ops
        .iter()
        .enumerate()
        .map(|(n, op)| format!("\n[[steps]]\nid = \"s{n}\"\ncall = \"evil.do\"\nwith = {op}\n"))
        .collect();
    remit.write(
        &format!("skills/{name}/skill.toml"),
        format!(
            "version = \"0.1.0\"\n[plugins.evil]\ncomponent = \"../../plugins/evil.wasm\"\n\
             operations = [\"do\"]\n{GRANTS}\n\n[plugins.evil.limits]\ntime = \"60s\"\n{steps}"
        ),
    );
}

/// Writes a byte so many times, with a pause of 2 ms between.
fn writes(times: u32) -> String {
    format!(
        "{{ op = \"repeat\", times = {times}, do = {{ op = \"seq\", steps = [\
         {{ op = \"fs_write\", path = \"log\", via = \"append\", bytes = \"x\" }}, \
         {{ op = \"sleep\", ms = 2 }}] }} }}"
    )
}

const ECHO: &str = "{ op = \"echo\", value = 1 }";

fn written(remit: &Remit, name: &str) -> u64 {
    let path = remit.path().join("skills").join(name).join("data/log");
    path.metadata().map_or(0, |facts| facts.len())
}

/// Waits until something is so; nothing here takes a minute.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn start(remit: &Remit, args: &[&str]) -> Child {
    let mut command = remit.command(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn end(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), text)
}

fn folder(remit: &Remit) -> PathBuf {
    remit.data().join("approvals")
}

/// The one file of an approval.
fn file(remit: &Remit) -> PathBuf {
    let entries = std::fs::read_dir(folder(remit)).unwrap();
    let paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths[0].clone()
}

fn approvals(remit: &Remit, args: &[&str]) -> Value {
    let all: Vec<&str> = ["approvals", "--json"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    remit.run(&all).exits(0).json()
}

#[test]
fn what_was_approved_is_listed_exactly_the_newest_first() {
    let remit = Remit::new();
    remit
        .run(&["approvals"])
        .exits(0)
        .prints("nothing is approved here");
    skill(&remit, "probe", &[ECHO]);
    skill(&remit, "other", &[ECHO]);
    let mut command = remit.command(&["approve", "probe", "--yes"]);
    command.env("USER", "ada");
    assert!(command.output().unwrap().status.success());
    remit.run(&["approve", "other", "--yes"]).exits(0);

    let listed = approvals(&remit, &[]);
    let names = |listed: &Value| -> Vec<String> {
        let all = listed["approvals"].as_array().unwrap().iter();
        all.map(|it| it["skill"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&listed), ["other", "probe"]);
    let probe = approvals(&remit, &["probe"])["approvals"][0].clone();
    assert_eq!(probe["who"], "ada");
    assert!(probe["authority"].as_str().unwrap().starts_with("sha256:"));
    let evil = &probe["plugins"]["evil"];
    let digest = remit_package::Digest::of(&std::fs::read(crate::support::evil()).unwrap());
    assert_eq!(evil["digest"], digest.to_string());
    assert_eq!(
        (&evil["name"], &evil["version"]),
        (&"evil".into(), &"0.1.0".into())
    );
    assert_eq!(
        evil["grants"],
        serde_json::json!([
            "config colour=blue",
            "files write ./data /data max-bytes=1MiB"
        ])
    );
    assert_eq!(evil["operations"], serde_json::json!({"do": "read"}));
    assert_eq!(evil["limits"]["time"], "60s");
    assert_eq!(
        probe["covers"],
        serde_json::json!({"skill": "skills/probe", "now": true})
    );

    let text = remit.run(&["approvals", "skills/probe"]).exits(0).stdout;
    for part in [
        "approved by ada on ",
        "covers skills/probe as it is now",
        "files write ./data /data",
        "time 60s",
        "do\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("other"), "{text}");

    // Changed, gone, broken: said as it is, and the list still works.
    let manifest = remit.path().join("skills/probe/skill.toml");
    let whole = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, whole.replace("max-bytes=1MiB", "max-bytes=2MiB")).unwrap();
    assert_eq!(
        approvals(&remit, &["probe"])["approvals"][0]["covers"]["now"],
        false
    );
    remit
        .run(&["approvals", "probe"])
        .exits(0)
        .prints("no longer covers skills/probe");
    std::fs::write(&manifest, "version = 3").unwrap();
    remit.run(&["approvals"]).exits(0).prints("cannot be told");
    std::fs::remove_dir_all(remit.path().join("skills/probe")).unwrap();
    let gone = approvals(&remit, &["probe"]);
    assert_eq!(gone["approvals"][0]["covers"], Value::Null);
    assert_eq!(names(&gone), ["probe"]);
}

#[test]
fn a_file_that_is_no_approval_is_named_and_approves_nothing() {
    let remit = Remit::new();
    skill(&remit, "probe", &[ECHO]);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    remit.run(&["run", "probe", "--out", "ok"]).exits(0);
    let file = file(&remit);
    let whole = std::fs::read(&file).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let put = |bytes: &[u8]| {
        let _ = std::fs::remove_file(&file);
        std::fs::write(&file, bytes).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    let elsewhere = remit.write("elsewhere.json", &whole);
    let forged = String::from_utf8(whole.clone()).unwrap();
    let ways: [(&str, &dyn Fn()); 7] = [
        ("it is damaged", &|| put(&whole[..whole.len() / 2])),
        ("it is empty", &|| put(b"")),
        ("something else than its name says", &|| {
            put(forged.replace("1MiB", "9MiB").as_bytes())
        }),
        ("it is damaged", &|| {
            put(forged.replace("\"who\"", "\"whom\"").as_bytes())
        }),
        ("others may write it", &|| {
            put(&whole);
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o662)).unwrap();
        }),
        ("it is a link", &|| {
            std::fs::remove_file(&file).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        }),
        ("it is no file", &|| {
            std::fs::remove_file(&file).unwrap();
            std::fs::create_dir(&file).unwrap();
        }),
    ];
    for (n, (why, break_it)) in ways.iter().enumerate() {
        break_it();
        let listed = approvals(&remit, &[]);
        assert_eq!(listed["approvals"], serde_json::json!([]), "{why}");
        assert_eq!(listed["odd"][0]["file"], name.as_str(), "{why}");
        let said = listed["odd"][0]["why"].as_str().unwrap();
        assert!(said.contains(why), "{why}: {said}");
        remit
            .run(&["run", "probe", "--out", &format!("no{n}")])
            .exits(3)
            .says("not-approved");
    }
    std::fs::remove_dir(&file).unwrap();
    put(&whole);
    remit.write("data/remit/approvals/notes.txt", "x");
    remit.write("data/remit/approvals/.tmp\u{1b}[2J", "x");
    let text = remit.run(&["approvals"]).exits(0).stdout;
    assert!(
        text.contains("notes.txt among the approvals approves nothing"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "{text:?}");
    remit.run(&["run", "probe", "--out", "again"]).exits(0);
}

#[test]
fn a_withdrawn_approval_is_asked_for_again_and_the_withdrawal_is_in_the_log() {
    let remit = Remit::new();
    skill(&remit, "probe", &[ECHO]);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    remit.run(&["run", "probe", "--out", "one"]).exits(0);
    // Nobody is there to say yes.
    remit
        .run(&["revoke", "probe"])
        .exits(3)
        .says("hint: on a terminal you are asked; `--yes`");
    remit.run(&["run", "probe", "--out", "two"]).exits(0);
    let hash = approvals(&remit, &[])["approvals"][0]["authority"].clone();
    let out = remit
        .run(&["revoke", "skills/probe", "--yes", "--json"])
        .exits(0)
        .json();
    assert_eq!(out["revoked"][0]["authority"], hash);
    remit
        .run(&["run", "probe", "--out", "three"])
        .exits(3)
        .says("not-approved");
    let log = remit.audit();
    let record = log
        .iter()
        .find(|record| record["kind"] == "revoked")
        .unwrap();
    assert_eq!(
        (&record["skill"], &record["authority"]),
        (&"probe".into(), &hash)
    );
    assert!(
        record["who"].is_string()
            && record["approved_by"].is_string()
            && record["approved"].is_string()
    );
    assert!(
        remit
            .run(&["audit", "log", "-n", "0"])
            .stdout
            .contains("withdrew the approval of probe")
    );
    remit.run(&["audit", "verify"]).exits(0);
    // Again is no error, and a name that nobody knows is one.
    remit
        .run(&["revoke", "probe", "--yes"])
        .exits(0)
        .prints("no approval of probe is kept");
    remit
        .run(&["revoke", "prob", "--yes"])
        .exits(2)
        .says("nothing is approved under `prob`");
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    remit.run(&["run", "probe", "--out", "four"]).exits(0);
}

#[test]
fn one_approval_is_withdrawn_by_its_hash_and_all_at_once() {
    let remit = Remit::new();
    for name in ["probe", "other", "third"] {
        skill(&remit, name, &[ECHO]);
        remit.run(&["approve", name, "--yes"]).exits(0);
    }
    let listed = approvals(&remit, &["other"]);
    let hash = listed["approvals"][0]["authority"]
        .as_str()
        .unwrap()
        .to_owned();
    remit
        .run(&["revoke", &hash[..13], "--yes"])
        .exits(2)
        .says("nothing is approved under");
    remit
        .run(&["revoke", "sha256:0000000000000000", "--yes"])
        .exits(2);
    remit
        .run(&["revoke", &hash[.."sha256:".len() + 16], "--yes"])
        .exits(0);
    remit.run(&["run", "other"]).exits(3);
    remit.run(&["run", "probe", "--out", "a"]).exits(0);
    remit.run(&["revoke", "probe", "--all", "--yes"]).exits(2);
    remit
        .run(&["revoke", "--all", "--yes"])
        .exits(0)
        .prints("2 approvals are withdrawn");
    for name in ["probe", "other", "third"] {
        remit.run(&["run", name]).exits(3).says("not-approved");
    }
    remit
        .run(&["revoke", "--all", "--yes"])
        .exits(0)
        .prints("no approval of anything is kept");
}

#[test]
fn a_running_guest_is_denied_its_next_use_of_the_host() {
    let remit = Remit::new();
    skill(&remit, "probe", &[&writes(10_000), ECHO]);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    let child = start(&remit, &["run", "probe", "--out", "run"]);
    until("the guest begins", || written(&remit, "probe") >= 5);
    remit.run(&["revoke", "probe", "--yes"]).exits(0);
    let then = written(&remit, "probe");
    let (status, stderr) = end(child);
    assert_eq!(status, 3, "{stderr}");
    assert!(stderr.contains("error[approval-withdrawn]"), "{stderr}");
    // One write may have been judged before, and done after.
    let after = written(&remit, "probe");
    assert!(
        after <= then + 1 && after < 10_000,
        "{then} then, {after} at the end"
    );

    let log = remit.audit();
    let at = |kind: &str| {
        log.iter()
            .position(|record| record["kind"] == kind)
            .unwrap()
    };
    let denied = log
        .iter()
        .position(|record| record["code"] == "approval-withdrawn")
        .unwrap();
    assert!(
        at("revoked") < denied && denied < at("run-finished"),
        "{denied}"
    );
    assert_eq!(log[denied]["kind"], "decision");
    let later = log[denied + 1..].iter();
    assert!(
        !later.clone().any(|record| record["allowed"] == true),
        "an act after the denial"
    );
    let call = later
        .clone()
        .find(|record| record["kind"] == "call")
        .unwrap();
    assert_eq!(call["outcome"], "approval-withdrawn");
    let run: Value =
        serde_json::from_slice(&std::fs::read(remit.path().join("run/run.json")).unwrap()).unwrap();
    assert_eq!(
        (&run["state"], &run["steps"][1]["state"]),
        (&"denied".into(), &"waiting".into())
    );
    remit.run(&["audit", "verify"]).exits(0);
    remit.run(&["run", "probe"]).exits(3).says("not-approved");
}

#[test]
fn the_same_guest_goes_on_where_nothing_or_something_else_is_withdrawn() {
    let remit = Remit::new();
    skill(&remit, "probe", &[&writes(60), ECHO]);
    skill(&remit, "other", &[ECHO]);
    for name in ["probe", "other"] {
        remit.run(&["approve", name, "--yes"]).exits(0);
    }
    let child = start(&remit, &["run", "probe", "--out", "run"]);
    until("the guest begins", || written(&remit, "probe") >= 2);
    remit.run(&["revoke", "other", "--yes"]).exits(0);
    // Approved once more: what runs under it does not take that for a withdrawal.
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    let (status, stderr) = end(child);
    assert_eq!((status, written(&remit, "probe")), (0, 60), "{stderr}");
}

#[test]
fn a_run_that_was_approved_for_itself_is_not_ended_by_a_withdrawal() {
    let remit = Remit::new();
    skill(&remit, "probe", &[&writes(100), ECHO]);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    let child = start(&remit, &["run", "probe", "--approve", "--out", "run"]);
    until("the guest begins", || written(&remit, "probe") >= 2);
    remit.run(&["revoke", "probe", "--yes"]).exits(0);
    let (status, stderr) = end(child);
    assert_eq!((status, written(&remit, "probe")), (0, 100), "{stderr}");
    let run: Value =
        serde_json::from_slice(&std::fs::read(remit.path().join("run/run.json")).unwrap()).unwrap();
    assert_eq!(run["approval"], "this-run");
}

#[test]
fn a_guest_that_asks_for_nothing_is_ended_before_the_next_step() {
    let remit = Remit::new();
    let begin = writes(1);
    skill(
        &remit,
        "probe",
        &[&begin, "{ op = \"spin\", ms = 3000 }", ECHO],
    );
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    let child = start(&remit, &["run", "probe", "--out", "run"]);
    let state = || -> Value {
        let text = std::fs::read(remit.path().join("run/run.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    };
    until("the first step is done", || {
        state()["steps"][0]["state"] == "done"
    });
    remit.run(&["revoke", "probe", "--yes"]).exits(0);
    let (status, stderr) = end(child);
    assert_eq!(status, 3, "{stderr}");
    assert!(stderr.contains("error[approval-withdrawn]"), "{stderr}");
    assert_eq!(state()["state"], "denied");
    assert_ne!(state()["steps"][2]["state"], "done");
}

#[test]
fn whoever_removes_the_file_by_hand_withdraws_too() {
    let remit = Remit::new();
    skill(&remit, "probe", &[&writes(10_000)]);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    let child = start(&remit, &["run", "probe", "--out", "run"]);
    until("the guest begins", || written(&remit, "probe") >= 2);
    std::fs::remove_file(file(&remit)).unwrap();
    let (status, stderr) = end(child);
    assert!(
        status == 3 && stderr.contains("approval-withdrawn"),
        "{stderr}"
    );
}

#[test]
fn another_name_of_the_file_does_not_keep_the_approval() {
    let remit = Remit::new();
    skill(&remit, "probe", &[&writes(10_000)]);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    std::fs::hard_link(file(&remit), remit.path().join("kept.json")).unwrap();
    std::fs::set_permissions(file(&remit), std::fs::Permissions::from_mode(0o400)).unwrap();
    let child = start(&remit, &["run", "probe", "--out", "run"]);
    until("the guest begins", || written(&remit, "probe") >= 2);
    remit.run(&["revoke", "probe", "--yes"]).exits(0);
    let (status, stderr) = end(child);
    assert!(
        status == 3 && stderr.contains("approval-withdrawn"),
        "{stderr}"
    );
    assert_eq!(remit.path().join("kept.json").metadata().unwrap().len(), 0);
}

#[test]
fn a_withdrawal_that_is_killed_leaves_the_approval_or_none_and_is_finished_by_the_next() {
    let remit = Remit::new();
    skill(&remit, "probe", &[ECHO]);
    for round in 0..12 {
        remit.run(&["approve", "probe", "--yes"]).exits(0);
        let mut child = start(&remit, &["revoke", "probe", "--yes"]);
        std::thread::sleep(Duration::from_millis(round * 4));
        child.kill().unwrap();
        child.wait().unwrap();
        remit.run(&["audit", "verify"]).exits(0);
        let run = remit.run(&["run", "probe", "--out", &format!("run{round}")]);
        if run.status == 3 {
            let recorded =
                |kind: &str| remit.audit().iter().filter(|it| it["kind"] == kind).count();
            assert!(recorded("revoked") > 0, "withdrawn without a record");
        } else {
            assert_eq!(run.status, 0, "{}", run.stderr);
        }
        remit.run(&["revoke", "probe", "--yes"]).exits(0);
        remit.run(&["run", "probe"]).exits(3).says("not-approved");
        assert_eq!(std::fs::read_dir(folder(&remit)).unwrap().count(), 0);
    }
    // Between the cut and the removal.
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    std::fs::write(file(&remit), "").unwrap();
    remit.run(&["run", "probe"]).exits(3).says("not-approved");
    remit
        .run(&["approvals"])
        .exits(0)
        .prints("its withdrawal was not finished");
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    remit.run(&["run", "probe", "--out", "last"]).exits(0);
}

#[test]
fn without_a_log_nothing_is_withdrawn() {
    let remit = Remit::new();
    skill(&remit, "probe", &[ECHO]);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    let log = remit.data().join("audit/000001.jsonl");
    let whole = std::fs::read(&log).unwrap();
    std::fs::write(&log, [&whole[..], b"{\"not\":\"a record\"}\n"].concat()).unwrap();
    remit.run(&["revoke", "probe", "--yes"]).exits(4);
    assert!(file(&remit).metadata().unwrap().len() > 0);
    std::fs::write(&log, whole).unwrap();
    remit.run(&["revoke", "probe", "--yes"]).exits(0);
}
