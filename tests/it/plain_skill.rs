//! Skills that use a plain component: limits, effects, approvals.

use crate::support::{Remit, plain};
use std::time::{Duration, Instant};

/// A skill of one call.
fn skill(remit: &Remit, call: &str, with: &str, plugin: &str) {
    std::fs::copy(plain(), remit.path().join("plugins/plain.wasm")).unwrap();
    remit.write(
        "skills/probe/SKILL.md",
        "---\nname: probe\ndescription: Probes. Use in tests.\n---\n\nProbe.\n",
    );
    remit.write(
        "skills/probe/skill.toml",
        format!(
            "version = \"0.1.0\"\n[plugins.plain]\ncomponent = \"../../plugins/plain.wasm\"\n\
             operations = [\"{call}\"]\n{plugin}\n\n[[steps]]\nid = \"one\"\ncall = \"plain.{call}\"\n\
             with = {with}\n"
        ),
    );
}

#[test]
fn loops_and_sleeps_end_at_the_deadline() {
    for (function, with) in [("spin", "{}"), ("sleep", "{ milliseconds = 3600000 }")] {
        let remit = Remit::new();
        let limits = format!("effects = {{ {function} = \"read\" }}\nlimits = {{ time = \"1s\" }}");
        skill(&remit, function, with, &limits);
        let started = Instant::now();
        remit.run(&["run", "probe"]).exits(1).says("limit-time");
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    let remit = Remit::new();
    let limits = "effects = { sleep = \"read\" }\nlimits = { time = \"10s\" }";
    skill(&remit, "sleep", "{ milliseconds = 10 }", limits);
    remit.run(&["run", "probe"]).exits(0);
}

#[test]
fn an_unknown_effect_must_be_granted_and_approved_until_the_skill_says_what_it_is() {
    let remit = Remit::new();
    let with = "{ name = \"Ann\" }";
    // Nothing said: more than `read`, which is what a skill grants that says nothing.
    skill(&remit, "greet", with, "");
    remit
        .run(&["check", "probe"])
        .exits(2)
        .prints("effect-not-granted")
        .prints("[plugins.plain.effects]");
    remit.run(&["run", "probe"]).exits(3);
    // Granted: a person is asked.
    skill(&remit, "greet", with, "effect = \"destructive\"");
    remit
        .run(&["run", "probe"])
        .exits(3)
        .says("not-approved")
        .says("unknown, treated as destructive");
    remit.run(&["run", "probe", "--approve"]).exits(0);
    // Approved as unknown is not approved as anything else that needs it.
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    remit.run(&["run", "probe"]).exits(0);
    let write = "effect = \"write\"\neffects = { greet = \"write\" }";
    skill(&remit, "greet", with, write);
    remit
        .run(&["run", "probe"])
        .exits(3)
        .says("write, as the skill says");
    // Said to be a read: nobody need be asked.
    skill(&remit, "greet", with, "effects = { greet = \"read\" }");
    remit.run(&["run", "probe"]).exits(0);
    remit
        .run(&["show", "skills/probe"])
        .exits(0)
        .prints("read, as the skill says");
}

#[test]
fn an_effect_is_said_only_of_operations_of_which_nobody_says_it() {
    let remit = Remit::new();
    skill(
        &remit,
        "greet",
        "{ name = \"Ann\" }",
        "effects = { greet = \"read\", gret = \"read\" }",
    );
    remit
        .run(&["check", "probe"])
        .exits(2)
        .prints("operation-unknown")
        .prints("`gret`");
    skill(
        &remit,
        "greet",
        "{ name = \"Ann\" }",
        "effects = { greet = \"harmless\" }",
    );
    remit
        .run(&["check", "probe"])
        .exits(2)
        .says("`read`, `write` or `destructive`");
    // A connector's own word stands.
    remit.write(
        "skills/probe/skill.toml",
        "version = \"0.1.0\"\n[plugins.metrics]\ncomponent = \"../../plugins/metrics.wasm\"\n\
         operations = [\"query\"]\neffects = { query = \"write\" }\n\
         [[steps]]\nid = \"one\"\ncall = \"metrics.query\"\nwith = { query = \"up\" }\n",
    );
    remit
        .run(&["check", "probe"])
        .exits(2)
        .prints("effect-said");
}

#[test]
fn a_skill_is_checked_by_the_types_and_told_what_is_left_out() {
    let remit = Remit::new();
    skill(
        &remit,
        "greet",
        "{ nam = \"Ann\" }",
        "effects = { greet = \"read\" }",
    );
    remit
        .run(&["check", "probe"])
        .exits(2)
        .prints("with-invalid")
        .prints("function-left-out");
}
