//! `remit approve --agents`: what a person sees before, what is kept, listed and reported, and how it ends.

use crate::approvals::{file, start};
use crate::support::{Remit, describing};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn operation(name: &str, effect: &str) -> Value {
    json!({
        "name": name, "summary": format!("Does {name}"), "input_schema": {"type": "object"},
        "output_schema": {}, "effect": effect, "idempotent": true,
    })
}

/// A skill around the evil guest that says it writes and destroys; its steps only read. The second write is not listed.
fn skill(remit: &Remit, name: &str, step: &str) {
    let operations = [
        operation("do", "read"),
        operation("note", "write"),
        operation("send", "destructive"),
        operation("erase", "destructive"),
    ];
    let lying = describing(
        remit,
        &json!({"name": "evil", "version": "0.1.0", "summary": "Probes", "operations": operations}),
    );
    remit.write("plugins/evil.wasm", std::fs::read(lying).unwrap());
    remit.write(
        &format!("skills/{name}/SKILL.md"),
        format!("---\nname: {name}\ndescription: Probes. Use in tests.\n---\n\nProbe.\n"),
    );
    remit.write(&format!("skills/{name}/data/log"), "");
    remit.write(
        &format!("skills/{name}/skill.toml"),
        format!(
            "version = \"0.1.0\"\n[plugins.evil]\ncomponent = \"../../plugins/evil.wasm\"\n\
             operations = [\"do\", \"note\", \"send\"]\neffect = \"destructive\"\n\
             grants = [\"files write ./data /data max-bytes=1MiB\"]\n\n[plugins.evil.limits]\ntime = \"60s\"\n\n\
             [[steps]]\nid = \"s\"\ncall = \"evil.do\"\nwith = {step}\n"
        ),
    );
}

const ECHO: &str = "{ op = \"echo\", value = 1 }";

fn kept(remit: &Remit) -> Value {
    let listed = remit.run(&["approvals", "--json"]).exits(0).json();
    assert_eq!(listed["odd"], json!([]));
    listed["approvals"][0].clone()
}

#[test]
fn a_person_sees_each_write_by_its_name_before_and_where_it_is_listed_and_reported() {
    let remit = Remit::new();
    skill(&remit, "probe", ECHO);
    // Nobody is there to say yes; what would be said yes to is shown all the same.
    let out = remit
        .run(&["approve", "probe", "--agents"])
        .exits(3)
        .says("agents would do without asking each time")
        .says("! evil.note [write]")
        .says("! evil.send [destructive]")
        .says("`remit approve --yes --agents probe`");
    for other in ["evil.do", "evil.erase"] {
        assert!(!out.stderr.contains(other), "{other}: {}", out.stderr);
    }
    remit.run(&["run", "probe"]).exits(3).says("not-approved");

    remit.run(&["approve", "probe", "--yes"]).exits(0);
    assert!(kept(&remit).get("agents").is_none());
    let quiet = remit.run(&["audit", "report", "--json"]).exits(0).json();
    assert!(quiet["skills"][0].get("agents").is_none());
    assert_eq!(quiet["summary"]["dangerous"], 0);
    // Approved already is not allowed to agents: that is another question.
    remit
        .run(&["approve", "probe", "--agents"])
        .exits(3)
        .says("that agents write without asking in probe is not approved")
        .says("! evil.send");
    let out = remit
        .run(&["approve", "probe", "--agents", "--yes", "--json"])
        .exits(0)
        .json();
    assert_eq!(out["approval"]["state"], "approved");
    assert!(out["approval"]["agents"]["who"].is_string(), "{out}");

    assert!(kept(&remit)["agents"]["time"].is_string());
    remit
        .run(&["approvals"])
        .exits(0)
        .prints("agents do what is marked ! without asking")
        .prints("! send [destructive]");
    remit
        .run(&["show", "probe"])
        .exits(0)
        .prints("agents write without asking")
        .prints("! evil.note [write]");
    remit
        .run(&["audit", "report"])
        .exits(0)
        .prints("agents write without asking: evil.note (write), evil.send");
    let report = remit.run(&["audit", "report", "--json"]).exits(0).json();
    assert_eq!(
        report["skills"][0]["agents"]["operations"],
        json!(["evil.note (write)", "evil.send (destructive)"])
    );
    assert_eq!(report["summary"]["dangerous"], 1);
    remit
        .run(&["audit", "report", "--html", "report.html"])
        .exits(0);
    let page = std::fs::read_to_string(remit.path().join("report.html")).unwrap();
    assert!(page.contains("Agents write without asking: <code>evil.note (write)</code>"));
    remit
        .run(&["audit", "log", "-n", "0"])
        .exits(0)
        .prints("approved probe, and that agents do its writes without asking");

    // Of another state of the skill it says nothing.
    let manifest = remit.path().join("skills/probe/skill.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("max-bytes=1MiB", "max-bytes=2MiB")).unwrap();
    let changed = remit.run(&["audit", "report", "--json"]).exits(0).json();
    assert!(changed["skills"][0].get("agents").is_none());
}

#[test]
fn it_ends_with_an_approval_without_it_and_with_the_approval() {
    let remit = Remit::new();
    skill(&remit, "probe", ECHO);
    remit
        .run(&["approve", "probe", "--agents", "--yes"])
        .exits(0)
        .prints("and agents write without asking");
    remit
        .run(&["approve", "probe", "--agents", "--yes"])
        .exits(0)
        .prints("approved already");
    // Asking again needs nobody's yes.
    remit
        .run(&["approve", "probe"])
        .exits(0)
        .prints("still approved; agents ask about each write again");
    assert!(kept(&remit).get("agents").is_none());
    assert_eq!(remit.audit().last().unwrap()["agents"], false);
    remit.run(&["run", "probe", "--out", "one"]).exits(0);

    remit
        .run(&["approve", "probe", "--agents", "--yes"])
        .exits(0);
    remit.run(&["revoke", "probe", "--yes"]).exits(0);
    remit.run(&["run", "probe"]).exits(3).says("not-approved");
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    assert!(kept(&remit).get("agents").is_none());
}

#[test]
fn a_skill_without_writes_has_nothing_to_allow() {
    let remit = Remit::new();
    skill(&remit, "probe", ECHO);
    let manifest = remit.path().join("skills/probe/skill.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let listed = "operations = [\"do\", \"note\", \"send\"]";
    std::fs::write(&manifest, text.replace(listed, "operations = [\"do\"]")).unwrap();
    for more in [&["--yes"][..], &[]] {
        let mut args = vec!["approve", "probe", "--agents"];
        args.extend(more);
        remit
            .run(&args)
            .exits(2)
            .says("error[no-writes]: probe has no operation that writes, so there is nothing to allow agents")
            .says("hint: `remit approve probe`");
    }
    assert!(!remit.audit().iter().any(|it| it["kind"] == "approved"));
    let (reading, folder) = Remit::with_skill("weekly-report");
    reading
        .run(&["approve", folder.to_str().unwrap(), "--agents", "--yes"])
        .exits(2)
        .says("no-writes");
    // The twin that needs no approval at all.
    reading
        .run(&["approve", folder.to_str().unwrap()])
        .exits(0)
        .prints("needs no approval");
}

#[test]
fn a_run_goes_on_under_another_word_and_ends_with_a_withdrawal_after_it() {
    let remit = Remit::new();
    let writes = "{ op = \"repeat\", times = 20000, do = { op = \"seq\", steps = [\
         { op = \"fs_write\", path = \"log\", via = \"append\", bytes = \"x\" }, { op = \"sleep\", ms = 2 }] } }";
    skill(&remit, "probe", writes);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    let log = remit.path().join("skills/probe/data/log");
    let written = || log.metadata().map_or(0, |facts| facts.len());
    let until = |more: u64| {
        let (begun, from) = (Instant::now(), written());
        while written() < from + more {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the run stands still"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let mut child = start(&remit, &["run", "probe", "--out", "run"]);
    until(5);
    for word in [
        &["approve", "probe", "--agents", "--yes"][..],
        &["approve", "probe"],
    ] {
        remit.run(word).exits(0);
        until(40);
        assert!(child.try_wait().unwrap().is_none(), "the run was ended");
    }
    remit.run(&["revoke", "probe", "--yes"]).exits(0);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("error[approval-withdrawn]"), "{stderr}");
    assert!(
        !remit
            .data()
            .join("approvals")
            .read_dir()
            .unwrap()
            .any(|_| true)
    );
}

#[test]
fn a_file_that_says_it_otherwise_approves_nothing() {
    let remit = Remit::new();
    skill(&remit, "probe", ECHO);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    let file = file(&remit);
    let whole = std::fs::read_to_string(&file).unwrap();
    for wrong in ["true", "\"yes\"", "{\"who\": \"eve\"}"] {
        std::fs::write(
            &file,
            whole.replacen('{', &format!("{{\"agents\": {wrong},"), 1),
        )
        .unwrap();
        remit.run(&["run", "probe"]).exits(3).says("not-approved");
        remit.run(&["approvals"]).exits(0).prints("it is damaged");
    }
    std::fs::write(&file, &whole).unwrap();
    remit.run(&["run", "probe", "--out", "ok"]).exits(0);
}
