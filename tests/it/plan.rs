//! `remit run --plan`, `--help` and completions: what tells and does nothing.

use crate::support::Remit;

#[test]
fn a_plan_names_calls_and_grants_and_runs_nothing() {
    let (remit, skill) = Remit::with_skill("service-review");
    let skill = skill.to_str().unwrap();
    remit
        .run(&["run", skill, "--plan"])
        .exits(0)
        .prints("metrics.query_range")
        .prints("http GET,POST http://127.0.0.1:9090")
        .prints("needs approval")
        .prints("Nothing was run.");
    assert!(!remit.path().join("runs").exists());
    let plan = remit
        .run(&["run", skill, "--plan", "--json"])
        .exits(0)
        .json();
    assert_eq!(plan["needs_approval"], true);
    assert!(remit.audit().iter().all(|record| record["kind"] != "call"));
}

#[test]
fn each_command_teaches_itself() {
    let remit = Remit::new();
    for command in [
        "run",
        "check",
        "show",
        "call",
        "approve",
        "audit",
        "completions",
    ] {
        remit.run(&[command, "--help"]).exits(0).prints("Usage:");
    }
    remit.run(&["--help"]).exits(0).prints("Exit status:");
    remit.run::<&str>(&[]).exits(2);
    remit.run(&["rum"]).exits(2).says("run");
}

#[test]
fn completions_are_for_the_shell_that_is_asked_for() {
    let remit = Remit::new();
    for (shell, mark) in [
        ("bash", "_remit"),
        ("zsh", "#compdef remit"),
        ("fish", "complete -c remit"),
    ] {
        remit.run(&["completions", shell]).exits(0).prints(mark);
    }
}

#[test]
fn colour_is_for_terminals() {
    let (remit, _) = Remit::with_skill("weekly-report");
    let plain = remit.run(&["show", "weekly-report"]).exits(0);
    assert!(!plain.stdout.contains('\x1b'));
    let mut forced = remit.command(&["show", "weekly-report"]);
    forced.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
    assert!(!crate::support::Outcome::of(forced).stdout.contains('\x1b'));
}
