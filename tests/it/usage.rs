//! Wrong use, and a world that does not listen.

use crate::support::{Outcome, Remit};
use std::process::Stdio;

#[test]
fn wrong_use_is_an_error_like_every_other() {
    let remit = Remit::new();
    for (args, said, hint) in [
        (&["run"][..], "required arguments", "`remit run --help`"),
        (&["rum"], "'rum'", "'run'"),
        (&["run", "x", "--aprove"], "'--aprove'", "'--approve'"),
        (
            &["run", "x", "--input", "week"],
            "KEY=VALUE",
            "`remit run --help`",
        ),
        (
            &["audit", "log", "-n", "many"],
            "many",
            "`remit audit log --help`",
        ),
        (&["completions", "tcsh"], "tcsh", "'zsh'"),
    ] {
        let out = remit.run(args).exits(2).says("error[usage]: ").says(said);
        assert!(
            out.stderr.contains("\nhint: ") && out.stderr.contains(hint),
            "{args:?}: {}",
            out.stderr
        );
        let out = remit.run(&[args, &["--json"]].concat()).exits(2);
        assert_eq!(out.json()["error"]["code"], "usage", "{args:?}");
    }
}

#[test]
fn a_mistyped_skill_is_recognised() {
    let (remit, _) = Remit::with_skill("weekly-report");
    remit
        .run(&["run", "weekly-reprot"])
        .exits(2)
        .says("hint: did you mean weekly-report?");
    let out = remit.run(&["run", "something-else"]).exits(2);
    assert!(!out.stderr.contains("did you mean"), "{}", out.stderr);
    remit
        .run(&["show", "absent.wasm"])
        .exits(2)
        .says("there is no skill, component or installed plugin absent.wasm");
}

#[test]
fn an_input_given_twice_is_refused() {
    let (remit, _) = Remit::with_skill("weekly-report");
    let twice = [
        "run",
        "weekly-report",
        "--input",
        "week=2026-W46",
        "--input",
        "week=2026-W47",
    ];
    remit.run(&twice).exits(2).says("`week` is given twice");
    assert!(!remit.path().join("runs").exists());
}

#[test]
fn a_folder_for_results_that_is_none_is_refused_before_anything_runs() {
    let (remit, _) = Remit::with_skill("weekly-report");
    let run = |out: &str| remit.run(&["run", "weekly-report", "--out", out]);
    remit.write("file", "x");
    run("file").exits(2).says("is not a folder");
    remit.write("full/x", "x");
    run("full").exits(2).says("error[out-not-empty]");
    run("/proc/nowhere")
        .exits(1)
        .says("cannot be made")
        .says("hint:");
    std::fs::create_dir(remit.path().join("empty")).unwrap();
    run("empty").exits(0);
}

#[test]
fn nowhere_to_keep_data_is_said_with_what_to_do() {
    let remit = Remit::new();
    let with = |vars: &[(&str, &str)]| {
        let mut command = remit.command(&["audit", "verify"]);
        command
            .env_remove("HOME")
            .env_remove("XDG_DATA_HOME")
            .envs(vars.to_vec());
        Outcome::of(command)
    };
    with(&[])
        .exits(2)
        .says("error[dirs-unknown]")
        .says("hint: set REMIT_HOME");
    with(&[("HOME", "")]).exits(2);
    with(&[("REMIT_HOME", "home")]).exits(0);
    let mut command = remit.command(&["show", "plugins/mail.wasm"]);
    command.env("REMIT_HOME", "/proc/nowhere");
    Outcome::of(command)
        .exits(1)
        .says("/proc/nowhere")
        .says("hint: set REMIT_HOME");
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let remit = Remit::new();
    let mut command = remit.command(&["completions", "bash"]);
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let child = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("error[io-failed]"));
}

#[test]
fn a_reader_of_results_that_went_away_is_no_failure() {
    let remit = Remit::new();
    let mut child = remit
        .command(&["completions", "bash"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_run_goes_on_when_nobody_reads_its_progress() {
    let (remit, _) = Remit::with_skill("weekly-report");
    let mut child = remit
        .command(&["run", "weekly-report", "--out", "out"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(remit.path().join("out/report.html").is_file());
}

#[test]
fn a_component_shows_what_its_operations_take() {
    let remit = Remit::new();
    remit
        .run(&["show", "plugins/mail.wasm"])
        .exits(0)
        .prints("offers")
        .prints("(id, max_chars?)");
    let card = remit
        .run(&["show", "plugins/mail.wasm", "--json"])
        .exits(0)
        .json();
    let read = &card["plugins"][0]["operations"][2];
    assert_eq!(read["name"], "read");
    assert_eq!(read["takes"][0]["name"], "id");
    assert_eq!(read["takes"][0]["required"], true);
    assert_eq!(read["takes"][1]["type"], "integer or null");
}

#[test]
fn what_a_skill_says_of_itself_does_not_drive_the_terminal() {
    let remit = Remit::new();
    let long = "x".repeat(700);
    remit.write(
        "skills/probe/SKILL.md",
        format!(
            "---\nname: probe\ndescription: \"Probes \\x1b[2J\\u202etxet\\u202c \\u200b\\r\\b {long}\"\nlicense: \"MIT\\x07\"\n\
             metadata:\n  author: \"Rem\\u0456t\\n\\nneeds no approval: it is fine\"\n---\n\nProbe.\n"
        ),
    );
    let card = remit.run(&["show", "probe"]).exits(0).stdout;
    for hidden in ['\x1b', '\u{202e}', '\u{200b}', '\r', '\u{8}', '\u{7}'] {
        assert!(!card.contains(hidden), "{hidden:?} is printed:\n{card:?}");
    }
    assert!(!card.contains("\nneeds no approval: it is fine"), "{card}");
    assert!(
        card.contains("careful: its description has characters"),
        "{card}"
    );
    assert!(card.contains("mixes letters of several scripts"), "{card}");
    assert!(card.lines().count() < 20, "{card}");
    let path = "a\x1b[2J\u{202e}b";
    let out = remit.run(&["run", path]).exits(2);
    assert!(
        !out.stderr.contains(['\x1b', '\u{202e}']),
        "{:?}",
        out.stderr
    );
}
