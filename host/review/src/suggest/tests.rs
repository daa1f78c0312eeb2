//! What is suggested from logs that are made for it, and that what was allowed stays so.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::synthetic::{Made, World, ask, authority, one_call};

const API: &str = "[inputs.repo]\ntype = \"string\"\n\n[plugins.api]\ncomponent = \"api.wasm\" # the API\noperations = [\"get\", \"put\"]\n\n# All of one repository.\n[[plugins.api.http]]\norigin = \"https://api.example.org\"\nmethods = [\"GET\", \"POST\"] # both\npaths = [\n  \"/repos/{inputs.repo}/**\", # everything\n  \"/users/*\",\n]\nmax_requests = 90\n\n[plugins.api.limits]\nmemory = \"1GiB\"\ntime = \"60s\"\n\n[[steps]]\nid = \"one\"\ncall = \"api.get\"\n";

fn suggested(world: &World, folder: &Path) -> Suggestion {
    suggest(&world.sources, folder, &Options::default()).unwrap()
}

fn paths(suggestion: &Suggestion) -> Vec<String> {
    let manifest = Manifest::parse("skill.toml", &suggestion.after).unwrap();
    let Grant::Http(http) = &manifest.plugins["api"].grants.as_slice()[0] else {
        panic!()
    };
    http.paths.iter().map(ToString::to_string).collect()
}

#[test]
fn all_that_was_not_needed_goes_and_all_else_stays_as_it_is_written() {
    let world = World::new();
    let folder = world.skill("one", API);
    let run = world.run("one", &[("repo", "ada/engine")]);
    run.request(
        "api",
        "GET",
        "https://api.example.org/repos/ada/engine/issues?page=2",
    )
    .unwrap();
    run.request(
        "api",
        "GET",
        "https://api.example.org/repos/ada/engine/issues/17",
    )
    .unwrap();
    run.called("api", "get", &[]);
    run.ends("done");
    let suggestion = suggested(&world, &folder);
    assert_eq!(
        suggestion.after,
        "[inputs.repo]\ntype = \"string\"\n\n[plugins.api]\ncomponent = \"api.wasm\" # the API\noperations = [\"get\"]\n\n# All of one repository.\n[[plugins.api.http]]\norigin = \"https://api.example.org\"\nmethods = [\"GET\"] # both\npaths = [\n  \"/repos/{inputs.repo}/issues\",\n  \"/repos/{inputs.repo}/issues/*\", # everything\n]\nmax_requests = 5\n\n[plugins.api.limits]\nmemory = \"16MiB\"\ntime = \"5s\"\n\n[[steps]]\nid = \"one\"\ncall = \"api.get\"\n"
    );
    let what: Vec<&str> = suggestion
        .changes
        .iter()
        .map(|change| change.what.as_str())
        .collect();
    for what_of in [
        "operations",
        "methods",
        "paths",
        "max_requests",
        "limits.memory",
        "limits.time",
    ] {
        assert!(what.contains(&what_of), "{what_of} of {what:?}");
    }
    let methods = suggestion
        .changes
        .iter()
        .find(|change| change.what == "methods")
        .unwrap();
    assert_eq!(
        (methods.line, methods.records.as_slice()),
        (Some(9), &[1, 2][..])
    );
    assert!(
        methods.because.contains("2 GET in the 1 run"),
        "{}",
        methods.because
    );
    assert!(suggestion.based_on.few);
    assert!(
        suggestion
            .patch
            .starts_with("--- a/skill.toml\n+++ b/skill.toml\n@@"),
        "{}",
        suggestion.patch
    );
}

#[test]
fn what_is_as_narrow_as_can_be_stays_to_the_letter() {
    let world = World::new();
    let text = "[plugins.api]\ncomponent = \"a\"\noperations = ['get']\n[[plugins.api.http]]\norigin='https://api.example.org'\nmethods=['GET']\npaths = [ '/a' ]\n";
    let folder = world.skill("one", text);
    let run = world.run("one", &[]);
    run.request("api", "GET", "https://api.example.org/a")
        .unwrap();
    run.called("api", "get", &[]);
    run.ends("done");
    let suggestion = suggested(&world, &folder);
    assert_eq!(
        (suggestion.patch.as_str(), suggestion.changes.len()),
        ("", 0)
    );
    assert_eq!(suggestion.after, text);
}

#[test]
fn without_a_run_that_ended_well_nothing_is_suggested() {
    let world = World::new();
    let folder = world.skill("one", API);
    let none = || suggest(&world.sources, &folder, &Options::default()).unwrap_err();
    assert_eq!(none().code(), "runs-missing");
    let run = world.run("one", &[("repo", "a")]);
    run.called("api", "get", &[]);
    run.ends("failed");
    assert_eq!(none().code(), "runs-missing");
    world.run("one", &[("repo", "a")]).ends("done");
    let since = Options {
        since: Some("2999-01-01".parse().unwrap()),
        ..Options::default()
    };
    assert_eq!(
        suggest(&world.sources, &folder, &since).unwrap_err().code(),
        "runs-missing"
    );
    assert!(suggest(&world.sources, &folder, &Options::default()).is_ok());
}

#[test]
fn a_failed_run_counts_for_what_it_used() {
    let world = World::new();
    let folder = world.skill("one", API);
    let run = world.run("one", &[("repo", "a")]);
    run.request("api", "POST", "https://api.example.org/users/ada")
        .unwrap();
    run.called("api", "get", &[]);
    run.ends("failed");
    let run = world.run("one", &[("repo", "b")]);
    run.request("api", "GET", "https://api.example.org/repos/b/x")
        .unwrap();
    run.called("api", "get", &[]);
    run.ends("done");
    let suggestion = suggested(&world, &folder);
    assert_eq!(paths(&suggestion), ["/repos/{inputs.repo}/x", "/users/ada"]);
    assert!(
        suggestion
            .changes
            .iter()
            .all(|change| change.what != "methods")
    );
}

#[test]
fn a_grant_that_no_run_has_had_stays_and_one_that_none_used_goes() {
    let world = World::new();
    let grants = |more: &str| {
        format!(
            "[plugins.api]\ncomponent = \"a\"\ngrants = [\n  \"http GET https://a.example/**\", # used\n  \"http GET https://b.example/**\",{more}\n]\n"
        )
    };
    let folder = world.skill("one", &grants(""));
    let run = world.run("one", &[]);
    run.request("api", "GET", "https://a.example/x").unwrap();
    run.called("api", "get", &[]);
    run.ends("done");
    world.skill("one", &grants("\n  \"http GET https://c.example/**\","));
    let suggestion = suggested(&world, &folder);
    assert_eq!(
        suggestion.after,
        "[plugins.api]\ncomponent = \"a\"\ngrants = [\n  \"http GET https://a.example/x\", # used\n  \"http GET https://c.example/**\",\n]\n"
    );
    assert_eq!(suggestion.kept.len(), 1);
    assert_eq!(
        (suggestion.based_on.done, suggestion.based_on.done_as_now),
        (1, 0)
    );
}

#[test]
fn mounts_are_for_reading_where_nothing_was_changed() {
    const FILES: &str = "[plugins.f]\ncomponent = \"f\"\n\n[[plugins.f.files]]\npath = \"{run}/x\" # here\nmount = \"/x\"\naccess = \"write\" # why\nmax_bytes = \"1GiB\"\n";
    let rule = "files write {run}/x /x max-bytes=1GiB";
    let of = |actions: &[&str]| {
        let world = World::new();
        let folder = world.skill("one", FILES);
        let made: Vec<_> = actions
            .iter()
            .map(|action| Made::Allowed("files", action, "/x/a", rule))
            .collect();
        one_call(&world, "one", "f", "go", &made);
        suggested(&world, &folder).after
    };
    assert_eq!(
        of(&["look", "open-read"]),
        FILES
            .replace("\"write\"", "\"read\"")
            .replace("max_bytes = \"1GiB\"\n", "")
    );
    for changing in [
        "open-write",
        "remove",
        "rename",
        "set-times",
        "create-folder",
        "of-tomorrow",
    ] {
        assert_eq!(
            of(&["open-read", changing]),
            FILES.replace("1GiB", "64KiB"),
            "{changing}"
        );
    }
    assert_eq!(of(&[]), "[plugins.f]\ncomponent = \"f\"\n");
}

#[test]
fn a_grant_that_another_one_may_have_stood_in_for_stays() {
    let world = World::new();
    let text = "[plugins.api]\ncomponent = \"a\"\ngrants = [\"http GET https://a.example/** max-requests=1\", \"http GET https://a.example/x\"]\n";
    let folder = world.skill("one", text);
    let run = world.run("one", &[]);
    run.request("api", "GET", "https://a.example/x").unwrap();
    run.request("api", "GET", "https://a.example/x").unwrap();
    run.called("api", "get", &[]);
    run.ends("done");
    let suggestion = suggested(&world, &folder);
    assert_eq!(
        (suggestion.after.as_str(), suggestion.kept.len()),
        (text, 2)
    );
}

#[test]
fn a_secret_that_went_with_no_request_goes_and_one_that_did_stays() {
    const AUTH: &str = "[plugins.api]\ncomponent = \"a\"\n[[plugins.api.http]]\norigin = \"https://a.example\"\nmethods = [\"GET\"]\npaths = [\"/x\"]\nauth = { secret = \"t\", header = \"authorization\", format = \"{secret}\" }\n";
    let secret = "secret t header authorization {secret} for https://a.example";
    for (used, after) in [
        (true, AUTH.to_owned()),
        (
            false,
            AUTH.lines()
                .take(6)
                .map(|line| format!("{line}\n"))
                .collect(),
        ),
    ] {
        let world = World::new();
        let folder = world.skill("one", AUTH);
        let rule = Manifest::parse("skill.toml", AUTH).unwrap().plugins["api"]
            .grants
            .as_slice()[1]
            .to_string();
        assert!(rule.starts_with(&secret[..8]), "{rule}");
        let run = world.run("one", &[]);
        run.request("api", "GET", "https://a.example/x").unwrap();
        if used {
            run.decide(&Made::Allowed(
                "secret",
                "apply",
                "t for https://a.example/x",
                &rule,
            ));
        }
        run.called("api", "get", &[]);
        run.ends("done");
        assert_eq!(suggested(&world, &folder).after, after);
    }
}

#[test]
fn addresses_that_nothing_answered_from_go() {
    let world = World::new();
    let text = "[plugins.api]\ncomponent = \"a\"\ngrants = [\"http GET https://a.example/x addresses=10.0.0.0/8,192.168.0.0/16\"]\n";
    let folder = world.skill("one", text);
    let run = world.run("one", &[]);
    run.request("api", "GET", "https://a.example/x").unwrap();
    let rule = "http GET https://a.example/x addresses=10.0.0.0/8,192.168.0.0/16";
    run.decide(&Made::Allowed(
        "http",
        "response",
        "https://a.example/x",
        rule,
    ));
    run.called("api", "get", &[]);
    run.ends("done");
    assert_eq!(
        suggested(&world, &folder).after,
        text.replace(",192.168.0.0/16", "")
    );
}

#[test]
fn an_operation_that_a_step_calls_stays_though_no_run_came_to_it() {
    let world = World::new();
    let folder = world.skill("one", "[plugins.f]\ncomponent = \"f\"\noperations = [\"a\", \"b\", \"c\"]\n[[steps]]\nid = \"s\"\nwhen = \"{{ false }}\"\ncall = \"f.b\"\n");
    one_call(&world, "one", "f", "a", &[]);
    let suggestion = suggested(&world, &folder);
    assert!(
        suggestion.after.contains("operations = [\"a\", \"b\"]"),
        "{}",
        suggestion.after
    );
    assert_eq!(suggestion.kept[0].what, "the operation b");
}

#[test]
fn line_ends_of_windows_stay() {
    let world = World::new();
    let folder = world.skill("one", &API.replace('\n', "\r\n"));
    let run = world.run("one", &[("repo", "a")]);
    run.request("api", "GET", "https://api.example.org/users/ada")
        .unwrap();
    run.called("api", "get", &[]);
    run.ends("done");
    let after = suggested(&world, &folder).after;
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    assert!(after.contains("\"/users/ada\""));
}

#[test]
fn limits_that_are_not_written_are_suggested_only_where_asked_for() {
    let world = World::new();
    let folder = world.skill(
        "one",
        "[plugins.f]\ncomponent = \"f\"\noperations = [\"a\"]\n",
    );
    one_call(&world, "one", "f", "a", &[]);
    assert_eq!(suggested(&world, &folder).patch, "");
    let options = Options {
        limits: true,
        ..Options::default()
    };
    let suggestion = suggest(&world.sources, &folder, &options).unwrap();
    let limits = Manifest::parse("skill.toml", &suggestion.after)
        .unwrap()
        .plugins["f"]
        .limits;
    assert_eq!(limits.memory.unwrap().to_string(), "16MiB");
    assert!(limits.time.is_some() && limits.output.is_some());
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(texts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn each_recorded_request_is_allowed_by_what_is_suggested(
        grants in prop::collection::vec((
            one_of(&["GET", "GET,POST", "GET,HEAD"]),
            one_of(&["https://a.example", "https://b.example", "https://*.c.example"]),
            one_of(&["/**", "/v1/*/x", "/v1/**", "/repos/{inputs.repo}/*", "/{inputs.repo}/** /a", "/a /b/*"]),
            one_of(&["", " max-requests=3", " max-requests=50"]),
        ), 1..4),
        runs in prop::collection::vec((
            one_of(&["ada", "ada/engine", "v1"]),
            prop::collection::vec((
                one_of(&["GET", "POST", "HEAD"]),
                one_of(&["https://a.example", "https://b.example", "https://x.c.example"]),
                one_of(&["/", "/a", "/b/c", "/v1/2/x", "/v1/y/x", "/repos/ada/z", "/repos/ada/engine/12345678", "/ada/engine/q/r", "/v1/a/b/c"]),
            ), 0..8),
        ), 1..4),
    ) {
        let world = World::new();
        let grants: Vec<String> = grants.iter()
            .map(|(methods, origin, paths, budget)| format!("http {methods} {origin}{paths}{budget}"))
            .collect();
        let text = format!("[inputs.repo]\ntype = \"string\"\n[plugins.api]\ncomponent = \"a\"\ngrants = {grants:?}\n");
        // What contradicts itself is no skill.
        prop_assume!(Manifest::parse("skill.toml", &text).is_ok());
        let folder = world.skill("one", &text);
        let mut allowed = Vec::new();
        for (repo, requests) in &runs {
            let run = world.run("one", &[("repo", repo)]);
            for (method, origin, path) in requests {
                let url = format!("{origin}{path}");
                if run.request("api", method, &url).is_ok() {
                    allowed.push(((*repo).to_owned(), *method, url));
                }
            }
            run.called("api", "get", &[]);
            run.ends("done");
        }
        let suggestion = suggested(&world, &folder);
        let manifest = Manifest::parse("skill.toml", &suggestion.after).unwrap();
        for (repo, method, url) in &allowed {
            let inputs = [("repo".to_owned(), repo.clone())].into();
            let bound = manifest.plugins["api"].grants.bind(&inputs).unwrap();
            let judged = authority(bound).http(&ask(method, url));
            prop_assert!(judged.is_ok(), "{} {}: {:?}\n{}", method, url, judged, suggestion.after);
        }
        // A second look finds no more than what the first did to the paths it left.
        let before = Manifest::parse("skill.toml", &text).unwrap();
        prop_assert!(manifest.plugins["api"].grants.len() <= before.plugins["api"].grants.len());
    }
}
