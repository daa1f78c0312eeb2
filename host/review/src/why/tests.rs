//! Who decided, by records that are made for it.

use remit_run::audit::Entry;

use super::*;
use crate::synthetic::{Made, World};

const API: &str = "[inputs.repo]\ntype = \"string\"\n\n[plugins.api]\ncomponent = \"api.wasm\"\noperations = [\"get\"]\n\n[[plugins.api.http]]\norigin = \"https://api.example.org\"\npaths = [\"/repos/{inputs.repo}\"]\n";

fn ask(world: &World, seq: u64) -> Why {
    why(&world.sources, seq, &world.skills()).unwrap()
}

/// A run with an allowed and a denied request; the numbers of both and of the call.
fn run(world: &World) -> (u64, u64, u64) {
    let run = world.run("one", &[("repo", "ada/engine")]);
    let bound = "http GET,HEAD https://api.example.org/repos/ada/engine";
    let allowed = run.decide(&Made::Allowed(
        "http",
        "GET",
        "https://api.example.org/repos/ada/engine",
        bound,
    ));
    run.request("api", "GET", "https://api.example.org/users")
        .unwrap_err();
    let call = run.called("api", "get", &[]);
    run.ends("done");
    (allowed, allowed + 1, call)
}

#[test]
fn a_grant_that_let_it_through_is_named_with_its_line() {
    let world = World::new();
    world.skill("one", API);
    let (allowed, _, call) = run(&world);
    let why = ask(&world, allowed);
    assert!(why.allowed && why.opens.is_none());
    let rule = why.rule.unwrap();
    assert_eq!(
        rule.written.as_deref(),
        Some("http GET,HEAD https://api.example.org/repos/{inputs.repo}")
    );
    assert_eq!((rule.line_then, rule.excerpt.len()), (Some(8), 3));
    assert!(rule.place.unwrap().ends_with("one/skill.toml:8"));
    assert_eq!(why.skill_changed, Some(false));
    let to = why.belongs_to;
    assert_eq!(
        (
            to.skill.as_deref(),
            to.plugin.as_deref(),
            to.operation.as_deref()
        ),
        (Some("one"), Some("api"), Some("get"))
    );
    assert_eq!(
        (to.call, to.step.as_deref(), to.run.is_some()),
        (Some(call), Some("one"), true)
    );
}

#[test]
fn a_denial_by_the_grants_says_what_would_open_just_that() {
    let world = World::new();
    world.skill("one", API);
    let (_, denied, _) = run(&world);
    let why = ask(&world, denied);
    assert!(!why.allowed);
    assert_eq!(
        (why.code.as_deref(), why.layer.as_deref()),
        (Some("http-path-denied"), Some("grant"))
    );
    assert!(why.means.is_some());
    let opens = why.opens.unwrap();
    assert_eq!(
        opens.compact.as_deref(),
        Some("http GET https://api.example.org/users")
    );
    assert_eq!(
        opens.text,
        "[[plugins.api.http]]\norigin = \"https://api.example.org\"\nmethods = [\"GET\"]\npaths = [\"/users\"]"
    );
}

#[test]
fn a_skill_that_was_changed_or_is_gone_says_so() {
    let world = World::new();
    world.skill("one", API);
    let (allowed, ..) = run(&world);
    world.skill(
        "one",
        &API.replace("[inputs.repo]", "# A line more.\n[inputs.repo]"),
    );
    let moved = ask(&world, allowed);
    assert_eq!(moved.skill_changed, Some(true));
    let rule = moved.rule.unwrap();
    assert_eq!(rule.line_then, Some(8));
    assert!(rule.place.unwrap().ends_with(":9"));
    world.skill("one", &API.replace("/repos/{inputs.repo}", "/x"));
    let other = ask(&world, allowed);
    assert!(other.rule.unwrap().place.is_none());
    assert!(
        other.notes[0].contains("does not hold that grant any more"),
        "{:?}",
        other.notes
    );
    std::fs::remove_dir_all(world.skills()).unwrap();
    let gone = ask(&world, allowed);
    assert!(
        gone.notes[0].contains("not where it was"),
        "{:?}",
        gone.notes
    );
    assert_eq!(
        (gone.skill_changed, gone.rule.unwrap().line_then),
        (None, Some(8))
    );
}

#[test]
fn needs_and_policy_refuse_with_the_line_that_they_would_need() {
    let world = World::new();
    world.skill("one", API);
    let run = world.run("one", &[("repo", "a")]);
    let url = "GET https://api.example.org/x*y?q=1";
    let need = run.decide(&Made::Denied(
        "http",
        "GET",
        url,
        "http-path-denied",
        Some("need"),
    ));
    let policy = run.decide(&Made::Denied(
        "http",
        "GET",
        url,
        "http-path-denied",
        Some("policy"),
    ));
    let nobody = run.decide(&Made::Denied(
        "http",
        "GET",
        url,
        "http-url-noncanonical",
        None,
    ));
    run.called("api", "get", &[]);
    run.ends("denied");
    let opens = ask(&world, need).opens.unwrap();
    assert!(
        opens.what.contains("need of the plugin api"),
        "{}",
        opens.what
    );
    assert_eq!(opens.text, "http GET https://api.example.org/x{*}y");
    let opens = ask(&world, policy).opens.unwrap();
    assert!(
        opens.what.contains("policy.toml")
            && opens
                .text
                .contains("\"http GET https://api.example.org/x{*}y\"")
    );
    let none = ask(&world, nobody);
    assert!(
        none.opens.is_none() && none.decided.contains("Remit itself"),
        "{}",
        none.decided
    );
}

#[test]
fn calls_and_refusals_are_explained() {
    let world = World::new();
    world.skill("one", API);
    let (_, denied, call) = run(&world);
    let why = ask(&world, call);
    assert!(why.allowed);
    assert_eq!(why.rule.unwrap().excerpt[0].number, 6);
    let refused = |code: &'static str, what: &str| {
        let run = world.run("one", &[("repo", "a")]);
        let seq = world.append(Entry::Refused {
            run: Some(&run.id),
            step: Some("two"),
            what: what.to_owned(),
            code,
            reason: "because".to_owned(),
        });
        run.ends("denied");
        ask(&world, seq)
    };
    let listed = refused("operation-not-listed", "api.put");
    assert_eq!(
        listed.opens.unwrap().text,
        "[plugins.api]\noperations = [\"get\", \"put\"]"
    );
    assert_eq!(
        (
            listed.belongs_to.step.as_deref(),
            listed.belongs_to.plugin.as_deref()
        ),
        (Some("two"), Some("api"))
    );
    let effect = refused("effect-not-granted", "api.get");
    assert_eq!(
        effect.opens.unwrap().text,
        "[plugins.api]\neffect = \"destructive\""
    );
    assert_eq!(
        refused("not-approved", "the skill one").opens.unwrap().text,
        "remit approve one"
    );
    assert!(refused("call-input", "api.get").opens.is_none());
    assert!(denied > 0);
}

#[test]
fn what_is_no_decision_or_no_record_is_an_error() {
    let world = World::new();
    let none = why(&world.sources, 0, &world.skills()).unwrap_err();
    assert_eq!(
        (none.code(), none.to_string().contains("is empty")),
        ("record-missing", true)
    );
    world.skill("one", API);
    run(&world);
    assert_eq!(
        why(&world.sources, 0, &world.skills()).unwrap_err().code(),
        "record-undecided"
    );
    let last = why(&world.sources, 99, &world.skills()).unwrap_err();
    assert!(last.to_string().contains("ends with record 4"), "{last}");
}

#[test]
fn a_call_that_never_ended_belongs_to_its_run_all_the_same() {
    let world = World::new();
    world.skill("one", API);
    let run = world.run("one", &[("repo", "a")]);
    let id = run.id.clone();
    let seq = run.decide(&Made::Allowed(
        "http",
        "GET",
        "https://api.example.org/repos/a",
        "http GET,HEAD https://api.example.org/repos/a",
    ));
    drop(run);
    let why = ask(&world, seq);
    assert_eq!(why.belongs_to.run, Some(id));
    assert!(
        why.notes.iter().any(|note| note.contains("ended in it")),
        "{:?}",
        why.notes
    );
}

#[test]
fn a_call_of_an_agent_names_its_client_and_session() {
    let world = World::new();
    world.skill("one", API);
    let (_, denied, call) = run(&world);
    assert_eq!(ask(&world, call).belongs_to.agent, None);
    assert_eq!(ask(&world, denied).belongs_to.session, None);
    world.comes(Some(("codex 0.169", "s-1")));
    let (_, denied, call) = run(&world);
    for record in [denied, call] {
        let to = ask(&world, record).belongs_to;
        assert_eq!(
            (to.agent.as_deref(), to.session.as_deref()),
            (Some("codex 0.169"), Some("s-1"))
        );
    }
}
