//! Approvals are listed as they were given, and withdrawn for good.

use crate::support::{Remit, evil};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

const GRANTS: &str =
    "grants = [\"files write ./data /data max-bytes=1MiB\", \"config colour=blue\"]";

/// A skill around the evil guest, which needs approval: it writes in its own folder. Its steps are calls with these ops.
pub(crate) fn skill(remit: &Remit, name: &str, ops: &[&str]) {
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

pub(crate) const ECHO: &str = "{ op = \"echo\", value = 1 }";

pub(crate) fn start(remit: &Remit, args: &[&str]) -> Child {
    let mut command = remit.command(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn folder(remit: &Remit) -> PathBuf {
    remit.data().join("approvals")
}

/// The one file of an approval.
pub(crate) fn file(remit: &Remit) -> PathBuf {
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
