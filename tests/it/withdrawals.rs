//! A withdrawal takes effect at the next use of the host, also of what is running in another process.

use crate::approvals::{ECHO, file, skill, start};
use crate::support::Remit;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Child;
use std::time::{Duration, Instant};

/// Writes a byte so many times, with a pause of 2 ms between.
fn writes(times: u32) -> String {
    format!(
        "{{ op = \"repeat\", times = {times}, do = {{ op = \"seq\", steps = [\
         {{ op = \"fs_write\", path = \"log\", via = \"append\", bytes = \"x\" }}, \
         {{ op = \"sleep\", ms = 2 }}] }} }}"
    )
}

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

fn end(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), text)
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
