//! `remit audit report`, `suggest` and `why`, over sample skills that were really run.

use crate::support::{Outcome, Remit, World, edit, evil};
use serde_json::Value;
use std::process::Command;

fn skill<'a>(report: &'a Value, name: &str) -> &'a Value {
    let skills = report["skills"].as_array().unwrap();
    skills
        .iter()
        .find(|skill| skill["name"] == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

fn states(skill: &Value) -> Vec<&str> {
    let plugins = skill["plugins"].as_array().unwrap();
    plugins
        .iter()
        .flat_map(|plugin| plugin["grants"].as_array().unwrap())
        .map(|grant| grant["state"].as_str().unwrap())
        .collect()
}

impl Remit {
    fn report(&self) -> Value {
        self.run(&["audit", "report", "--json"]).exits(0).json()
    }

    fn why(&self, record: u64) -> Value {
        self.run(&["audit", "why", &record.to_string(), "--json"])
            .exits(0)
            .json()
    }
}

#[test]
fn a_skill_that_ran_is_told_from_one_that_did_not() {
    let (remit, skill_folder) = Remit::with_skill("weekly-report");
    crate::support::copy_folder(
        &crate::support::root().join("skills/inbox-triage"),
        &remit.path().join("skills/inbox-triage"),
    );
    let before = remit.report();
    assert!(
        states(skill(&before, "weekly-report"))
            .iter()
            .all(|state| *state == "not-run-yet")
    );
    assert_eq!(before["summary"]["runs"], 0);
    assert!(
        remit.audit().is_empty(),
        "a report runs no plugin and records nothing"
    );

    remit
        .run(&["run", skill_folder.to_str().unwrap(), "--out", "one"])
        .exits(0);
    let report = remit.report();
    let weekly = skill(&report, "weekly-report");
    assert!(
        states(weekly).iter().all(|state| *state == "used"),
        "{:?}",
        states(weekly)
    );
    assert!(
        states(skill(&report, "inbox-triage"))
            .iter()
            .all(|state| *state == "not-run-yet")
    );
    assert_eq!(
        (&weekly["runs"]["total"], &weekly["runs"]["done_as_now"]),
        (&1.into(), &1.into())
    );
    assert_eq!(report["log"]["records"], remit.audit().len());
    // Every use of a mount that is recorded is counted.
    let mail = &weekly["plugins"][0]["grants"][1];
    assert_eq!(
        (&mail["grant"], &mail["line"]),
        (&"files read ./data/mail /work/mail".into(), &38.into())
    );
    let recorded = remit.audit();
    let calls: Vec<&Value> = recorded
        .iter()
        .filter(|record| record["kind"] == "call" && record["plugin"] == "mail")
        .collect();
    let of_mail = recorded.iter().filter(|record| {
        record["kind"] == "decision"
            && record["capability"] == "files"
            && calls.iter().any(|call| call["call"] == record["call"])
    });
    assert_eq!(mail["uses"], of_mail.count());
    assert_eq!(weekly["plugins"][0]["calls"], calls.len());
}

#[test]
fn the_report_fits_the_terminal() {
    let (remit, skill) = Remit::with_skill("weekly-report");
    remit
        .run(&["run", skill.to_str().unwrap(), "--out", "one"])
        .exits(0);
    for (columns, most) in [("40", 40), ("80", 80), ("200", 96)] {
        let mut command = remit.command(&["audit", "report"]);
        command.env("COLUMNS", columns);
        let out = Outcome::of(command)
            .exits(0)
            .prints("weekly-report")
            .prints("dangerous")
            .prints("used");
        for line in out.stdout.lines() {
            assert!(line.chars().count() <= most, "{columns}: {line:?}");
        }
    }
}

#[test]
fn what_was_granted_in_vain_is_found_and_taken_back_and_the_skill_still_runs() {
    let world = World::of("daily-brief");
    let manifest = world.skill.join("skill.toml");
    let tight = std::fs::read_to_string(&manifest).unwrap();
    edit(
        &manifest,
        "methods = [\"GET\"]",
        "methods = [\"GET\", \"POST\"]",
    );
    edit(
        &manifest,
        "  \"/repos/{inputs.repo}/pulls\",\n",
        "  \"/repos/{inputs.repo}/pulls\",\n  \"/user/**\",\n",
    );
    edit(
        &manifest,
        "operations = [\"list_issues\", \"list_pull_requests\"]",
        "operations = [\"list_issues\", \"list_pull_requests\", \"get_issue\"]",
    );
    edit(&manifest, "max_requests = 20", "max_requests = 90");
    let wide = std::fs::read_to_string(&manifest).unwrap();
    world.run(&["--out", "one"]).exits(0);
    let path = world.skill.to_str().unwrap();
    let relative = "skills/daily-brief";

    let out = world.remit.run(&["audit", "suggest", relative]).exits(0);
    out.stderr
        .contains("that is little")
        .then_some(())
        .expect("it says how little that is based on");
    for evidence in ["get_issue", "1 run recorded", "skill.toml:", "(record "] {
        assert!(out.stderr.contains(evidence), "{evidence}:\n{}", out.stderr);
    }
    // git and patch both take what is printed.
    let patch = world.remit.write("tight.patch", &out.stdout);
    for program in [
        &["git", "apply", "--check"][..],
        &["patch", "-p1", "--dry-run", "-i"],
    ] {
        let status = Command::new(program[0])
            .args(&program[1..])
            .arg(&patch)
            .current_dir(world.remit.path())
            .output()
            .unwrap_or_else(|e| panic!("{}: {e}: run scripts/setup", program[0]));
        assert!(
            status.status.success(),
            "{program:?}: {}{}",
            String::from_utf8_lossy(&status.stdout),
            String::from_utf8_lossy(&status.stderr)
        );
    }
    world
        .remit
        .run(&["audit", "suggest", relative, "--patch", "other.patch"])
        .exits(0);
    assert_eq!(
        std::fs::read_to_string(world.remit.path().join("other.patch")).unwrap(),
        out.stdout
    );
    assert_eq!(
        std::fs::read_to_string(&manifest).unwrap(),
        wide,
        "nothing is changed unasked"
    );

    world
        .remit
        .run(&["audit", "suggest", path, "--apply"])
        .exits(0)
        .says("is narrower now");
    let after = std::fs::read_to_string(&manifest).unwrap();
    // But for the budget, which has room above what was seen, it is what the sample was.
    let budget = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with("max_requests"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(budget(&after), budget(&tight));
    assert!(!after.contains("max_requests = 90"));
    world.run(&["--out", "two"]).exits(0);
    // Its last line names the run.
    let read = |out: &str| {
        let text = std::fs::read_to_string(world.remit.path().join(out).join("brief.md")).unwrap();
        text.split("\n---\n").next().map(str::to_owned)
    };
    assert_eq!(read("one"), read("two"));
    world
        .remit
        .run(&["audit", "suggest", relative])
        .exits(0)
        .says("nothing could be narrower");
}

#[test]
fn suggesting_needs_a_run_and_an_unknown_skill_is_said_to_be() {
    let (remit, skill) = Remit::with_skill("inbox-triage");
    let skill = skill.to_str().unwrap();
    remit
        .run(&["audit", "suggest", skill])
        .exits(2)
        .says("error[runs-missing]")
        .says("hint: run it first");
    remit
        .run(&["audit", "suggest", "inbox-triag"])
        .exits(2)
        .says("did you mean inbox-triage?");
    remit
        .run(&["audit", "report", "nowhere"])
        .exits(1)
        .says("error[review-io]");
    remit
        .run(&["audit", "report", "plugins"])
        .exits(2)
        .says("error[skills-missing]");
    remit
        .run(&["audit", "report", "--since", "yesterday"])
        .exits(2)
        .says("error[since-invalid]")
        .says("2026-11-01");
}

#[test]
fn a_denial_is_explained_and_what_it_says_to_add_opens_it() {
    let world = World::of("daily-brief");
    let manifest = world.skill.join("skill.toml");
    edit(&manifest, "  \"/repos/{inputs.repo}/pulls\",\n", "");
    world.run(&["--out", "one"]).exits(3);
    let denied = world
        .remit
        .audit()
        .into_iter()
        .find(|record| record["allowed"] == false && record["capability"] == "http")
        .unwrap();
    let number = denied["seq"].as_u64().unwrap();
    let why = world.remit.why(number);
    assert_eq!(
        (&why["code"], &why["layer"], &why["skill_changed"]),
        (&"http-path-denied".into(), &"grant".into(), &false.into())
    );
    assert_eq!(why["belongs_to"]["step"], "pulls");
    assert_eq!(why["belongs_to"]["operation"], "list_pull_requests");
    let place = why["rule"]["place"].as_str().unwrap();
    let line = 1 + std::fs::read_to_string(&manifest)
        .unwrap()
        .lines()
        .position(|line| line == "[[plugins.tracker.http]]")
        .unwrap();
    assert!(
        place.ends_with(&format!("skills/daily-brief/skill.toml:{line}")),
        "{place}"
    );
    world
        .remit
        .run(&["audit", "why", &number.to_string()])
        .exits(0)
        .prints("denied")
        .prints("http-path-denied")
        .prints("[[plugins.tracker.http]]")
        .prints("to open exactly this:")
        .prints("compact: http GET http://");

    // What it says, word for word, at the end of the plugin's grants.
    let add = why["opens"]["text"].as_str().unwrap();
    edit(
        &manifest,
        "[[steps]]\nid = \"events\"",
        &format!("{add}\n\n[[steps]]\nid = \"events\""),
    );
    world.run(&["--out", "two"]).exits(0);
    assert_eq!(world.remit.why(number)["skill_changed"], true);

    // Other kinds of records.
    let records = world.remit.audit();
    let of_kind = |kind: &str| {
        records
            .iter()
            .find(|record| record["kind"] == kind)
            .unwrap()["seq"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(world.remit.why(of_kind("call"))["allowed"], true);
    world
        .remit
        .run(&["audit", "why", &of_kind("run-started").to_string()])
        .exits(2)
        .says("error[record-undecided]");
    world
        .remit
        .run(&["audit", "why", "999999"])
        .exits(2)
        .says("error[record-missing]")
        .says("ends with record");
    world.remit.run(&["audit", "why", "x"]).exits(2);
}

#[test]
fn an_authors_own_call_belongs_to_no_skill_and_is_explained_all_the_same() {
    let remit = Remit::new();
    let evil = evil();
    let input =
        r#"{"op":"http","method":"GET","scheme":"https","authority":"example.com","path":"/"}"#;
    remit.run(&["call", evil.to_str().unwrap(), "do", "--input", input]);
    let denied = remit
        .audit()
        .into_iter()
        .find(|r| r["code"] == "http-host-denied")
        .unwrap();
    assert_eq!(denied["narrowest"], "http GET https://example.com/");
    let why = remit.why(denied["seq"].as_u64().unwrap());
    assert!(why["belongs_to"]["run"].is_null(), "{why}");
    assert_eq!(
        why["opens"]["text"],
        "--allow 'http GET https://example.com/'"
    );
}

#[test]
fn a_run_records_its_grants_with_their_lines_and_none_if_they_do_not_fit() {
    let world = World::of("daily-brief");
    let started = |out: &str| {
        world.run(&["--out", out]).exits(0);
        let mut records = world.remit.audit().into_iter().rev();
        let last = records.find(|r| r["kind"] == "run-started").unwrap();
        let mut plugins = last["plugins"].as_array().unwrap().iter();
        let tracker = plugins.find(|p| p["plugin"] == "tracker").unwrap().clone();
        (last, tracker)
    };
    let (record, tracker) = started("one");
    let folder = world.skill.canonicalize().unwrap();
    assert_eq!(record["folder"], folder.to_str().unwrap());
    let http = &tracker["grants"][1];
    assert_eq!(http["line"], 90);
    assert!(
        http["grant"]
            .as_str()
            .unwrap()
            .contains("/repos/brackwater/harbour-view/pulls")
    );
    assert!(
        http["written"]
            .as_str()
            .unwrap()
            .contains("/repos/{inputs.repo}/pulls")
    );
    // Calls are of the run that their ids begin with.
    let prefix = record["calls"].as_str().unwrap();
    let calls = world
        .remit
        .audit()
        .into_iter()
        .filter(|r| r["kind"] == "call");
    assert!(calls.count() > 3 && prefix.len() == 16);

    // More grants than a record holds: they are left out, the run goes on, and its use of them is counted all the same.
    let values: Vec<String> = (0..30)
        .map(|n| format!("k{n} = \"{}\"", "x".repeat(4000)))
        .collect();
    let manifest = world.skill.join("skill.toml");
    let config = "config = { folder = \"/work/mail\" }";
    edit(
        &manifest,
        config,
        &config.replace(" }", &format!(", {} }}", values.join(", "))),
    );
    let (_, tracker) = started("two");
    assert!(tracker["grants"].is_null(), "{tracker}");
    let report = world.remit.report();
    let of_mail = &skill(&report, "daily-brief")["plugins"][1]["grants"];
    let files = of_mail
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["capability"] == "files")
        .unwrap();
    assert_eq!(files["state"], "used");
    assert!(files["uses"].as_u64().unwrap() > 100, "{files}");
}

#[test]
fn policy_refuses_with_its_file_and_line() {
    let remit = Remit::new();
    // A skill that grants more is not begun at all; a call of an author's own is judged request by request.
    remit.write(
        "config/remit/policy.toml",
        "allow = [\n  \"files read * *\",\n  \"config *=*\",\n  \"http GET http://127.0.0.1:9/issues\",\n]\n",
    );
    let input = r#"{"op": "http", "method": "GET", "scheme": "http", "authority": "127.0.0.1:9", "path": "/pulls"}"#;
    let evil = evil();
    let evil = evil.to_str().unwrap();
    remit.run(&[
        "call",
        evil,
        "do",
        "--input",
        input,
        "--allow",
        "http GET http://127.0.0.1:9/**",
    ]);
    let denied = remit
        .audit()
        .into_iter()
        .find(|record| record["layer"] == "policy" && record["allowed"] == false)
        .unwrap();
    let why = remit.why(denied["seq"].as_u64().unwrap());
    assert!(
        why["rule"]["place"]
            .as_str()
            .unwrap()
            .ends_with("policy.toml:4"),
        "{why}"
    );
    let opens = &why["opens"];
    assert_eq!(opens["compact"], "http GET http://127.0.0.1:9/pulls");
    assert!(
        opens["what"]
            .as_str()
            .unwrap()
            .contains("only the operator"),
        "{why}"
    );
}
