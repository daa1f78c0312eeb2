//! What a report says of skills and logs that are made for it.

use remit_run::audit::Entry;

use super::*;
use crate::synthetic::{Made, World, one_call};

const MAIL: &str = "version = \"0.1.0\"\n[plugins.mail]\ncomponent = \"mail.wasm\"\noperations = [\"search\", \"send\"]\nconfig = { folder = \"/m\" }\n\n# The mail.\n[[plugins.mail.files]]\npath = \"data\"\nmount = \"/m\"\n\n[[plugins.mail.http]]\norigin = \"https://api.example.org\"\npaths = [\"/v1/**\"]\n";
const HTTP: &str = "http GET,HEAD https://api.example.org/v1/**";
const FILES: &str = "files read ./data /m";

fn of(world: &World) -> Report {
    report(&world.sources, &world.skills(), None).unwrap()
}

fn grant<'a>(report: &'a Report, capability: &str) -> &'a GrantReport {
    let mut grants = report.skills[0].plugins[0].grants.iter();
    grants.find(|grant| grant.capability == capability).unwrap()
}

#[test]
fn a_grant_is_used_unused_or_not_run_yet() {
    let world = World::new();
    world.skill("mail", MAIL);
    let none = of(&world);
    for capability in ["http", "files", "config"] {
        assert_eq!(
            grant(&none, capability).state,
            State::NotRunYet,
            "{capability}"
        );
    }
    assert_eq!(
        (
            none.summary.not_run_yet,
            none.summary.unused,
            none.summary.runs
        ),
        (3, 0, 0)
    );

    one_call(
        &world,
        "mail",
        "mail",
        "search",
        &[
            Made::Allowed("files", "look", "/m", FILES),
            Made::Allowed("files", "open-read", "/m/a.eml", FILES),
            Made::Allowed("files", "open-read", "/m/a.eml", FILES),
        ],
    );
    let report = of(&world);
    let files = grant(&report, "files");
    assert_eq!((files.state, files.uses, files.runs), (State::Used, 3, 1));
    assert_eq!(files.actions["open-read"], 2);
    assert_eq!((files.line, files.excerpt.len()), (Some(8), 3));
    assert!(
        files.place.ends_with("mail/skill.toml:8"),
        "{}",
        files.place
    );
    assert_eq!(files.samples[1].count, 2);
    assert_eq!(
        (
            files.first.as_ref().unwrap().record,
            files.last.as_ref().unwrap().record
        ),
        (1, 3)
    );
    assert_eq!(grant(&report, "http").state, State::Unused);
    assert_eq!(grant(&report, "config").state, State::Unused);
    let operations = &report.skills[0].plugins[0].operations;
    assert_eq!(
        (operations[0].state, operations[1].state),
        (State::Used, State::Unused)
    );
    assert_eq!((report.summary.used, report.summary.unused), (1, 2));
}

#[test]
fn all_settings_at_once_use_each_of_them() {
    let world = World::new();
    world.skill("mail", MAIL);
    one_call(
        &world,
        "mail",
        "mail",
        "search",
        &[Made::Allowed("config", "get-all", "*", "")],
    );
    assert_eq!(grant(&of(&world), "config").state, State::Used);
}

#[test]
fn a_run_that_did_not_end_well_makes_nothing_unused() {
    let world = World::new();
    world.skill("mail", MAIL);
    for state in ["failed", "denied", "cancelled", "made-up"] {
        world.run("mail", &[]).ends(state);
    }
    world.run("mail", &[]);
    let report = of(&world);
    let runs = &report.skills[0].runs;
    assert_eq!((runs.total, runs.done, runs.ended.len()), (5, 0, 4));
    assert_eq!(runs.ended["unknown"], 1);
    assert_eq!(grant(&report, "http").state, State::NotRunYet);
}

#[test]
fn a_grant_that_is_new_since_the_runs_has_not_run_yet() {
    let world = World::new();
    let before = MAIL.replace(
        "[[plugins.mail.http]]\norigin = \"https://api.example.org\"\npaths = [\"/v1/**\"]\n",
        "",
    );
    world.skill("mail", &before);
    one_call(
        &world,
        "mail",
        "mail",
        "search",
        &[Made::Allowed("files", "look", "/m", FILES)],
    );
    world.skill("mail", MAIL);
    let report = of(&world);
    assert_eq!(grant(&report, "http").state, State::NotRunYet);
    assert_eq!(
        grant(&report, "config").state,
        State::Unused,
        "the run before had it too"
    );
    assert_eq!(grant(&report, "files").state, State::Used);
    let runs = &report.skills[0].runs;
    assert_eq!((runs.done, runs.done_as_now), (1, 0));
}

#[test]
fn denials_are_added_up_and_what_a_runtime_tries_stands_apart() {
    let world = World::new();
    world.skill("mail", MAIL);
    let asked = [
        "GET https://evil.example/a?q=1",
        "GET https://evil.example/a?q=2",
    ];
    let denied = |asked| Made::Denied("http", "GET", asked, "http-host-denied", Some("grant"));
    let environment = Made::Denied(
        "environment",
        "get",
        "environment",
        "capability-not-granted",
        None,
    );
    one_call(
        &world,
        "mail",
        "mail",
        "search",
        &[denied(asked[0]), denied(asked[1]), environment],
    );
    let report = of(&world);
    let denials = &report.skills[0].plugins[0].denied;
    assert_eq!(denials.len(), 2);
    assert_eq!(
        (denials[0].count, denials[0].asked.as_str()),
        (2, "GET https://evil.example/a")
    );
    assert_eq!((denials[0].first.record, denials[0].last.record), (1, 2));
    assert!(!denials[0].by_runtime && denials[1].by_runtime);
    assert_eq!(report.summary.denied, 2);
}

#[test]
fn a_refusal_counts_for_its_skill_and_others_do_not() {
    let world = World::new();
    world.skill("mail", MAIL);
    let refused = |what: &str| Entry::Refused {
        run: None,
        step: None,
        what: what.to_owned(),
        code: "not-approved",
        reason: "r".to_owned(),
    };
    world.append(refused("the skill mail"));
    world.append(refused("the skill other"));
    world.append(refused("mail.search"));
    let report = of(&world);
    assert_eq!(report.skills[0].refused.len(), 1);
    assert_eq!(report.summary.denied, 1);
}

#[test]
fn only_runs_from_a_day_on_count_each_with_all_that_is_its_own() {
    let world = World::new();
    world.skill("mail", MAIL);
    one_call(
        &world,
        "mail",
        "mail",
        "search",
        &[Made::Allowed("files", "look", "/m", FILES)],
    );
    let counted = |since: &str| {
        let since = since.parse().unwrap();
        let report = report(&world.sources, &world.skills(), Some(&since)).unwrap();
        (report.summary.runs, report.summary.used, report.log.records)
    };
    assert_eq!(counted("2020-01-01"), (1, 1, 4));
    assert_eq!(counted("2999-01-01"), (0, 0, 4));
}

#[test]
fn calls_that_never_ended_count_for_the_one_plugin_that_has_the_rule() {
    let world = World::new();
    world.skill("mail", MAIL);
    let run = world.run("mail", &[]);
    run.decide(&Made::Allowed(
        "http",
        "GET",
        "https://api.example.org/v1/a",
        HTTP,
    ));
    drop(run);
    let report = of(&world);
    assert_eq!(grant(&report, "http").uses, 1);
    assert_eq!(report.skills[0].plugins[0].calls, 0);
}

#[test]
fn what_a_hostile_plugin_is_denied_does_not_grow_the_report() {
    let world = World::new();
    world.skill("mail", MAIL);
    let run = world.run("mail", &[]);
    let asked: Vec<String> = (0..6_000)
        .map(|n| format!("GET https://evil.example/{n}"))
        .collect();
    for asked in &asked {
        run.decide(&Made::Denied(
            "http",
            "GET",
            asked,
            "http-host-denied",
            Some("grant"),
        ));
    }
    run.called("mail", "search", &[]);
    run.ends("done");
    let report = of(&world);
    let denials = &report.skills[0].plugins[0].denied;
    assert!(denials.len() <= 301, "{}", denials.len());
    assert_eq!(
        denials.iter().map(|denial| denial.count).sum::<u64>(),
        6_000
    );
    assert_eq!(denials[0].asked, "other things");
}

#[test]
fn many_calls_that_never_end_are_bounded() {
    let world = World::new();
    world.skill("mail", MAIL);
    let run = world.run("mail", &[]);
    for _ in 0..1_500 {
        run.decide(&Made::Allowed(
            "http",
            "GET",
            "https://api.example.org/v1/a",
            HTTP,
        ));
        run.skip_call();
    }
    drop(run);
    assert_eq!(grant(&of(&world), "http").uses, 1_500);
}

#[test]
fn a_folder_that_is_no_skill_stands_in_the_report_and_an_empty_one_is_an_error() {
    let world = World::new();
    std::fs::create_dir_all(world.skills()).unwrap();
    let empty = report(&world.sources, &world.skills(), None).unwrap_err();
    assert_eq!(empty.code(), "skills-missing");
    let missing = report(&world.sources, &world.skills().join("x"), None).unwrap_err();
    assert_eq!(missing.code(), "review-io");
    world.skill("mail", MAIL);
    world.skill("broken", "nonsense = 1\n");
    let report = of(&world);
    assert_eq!((report.skills.len(), report.unreadable.len()), (1, 1));
    assert_eq!(report.unreadable[0].code, "manifest-unknown-key");
}

/// The plugins of a skill, as grants in the compact form.
fn dangerous(plugins: &[(&str, &[&str])]) -> Option<Danger> {
    let world = World::new();
    let mut text = String::new();
    for (alias, grants) in plugins {
        text.push_str(&format!(
            "[plugins.{alias}]\ncomponent = \"{alias}.wasm\"\ngrants = {grants:?}\n"
        ));
    }
    world.skill("one", &text);
    of(&world).skills[0].danger.clone()
}

#[test]
fn private_and_untrusted_and_out_together_are_dangerous_and_two_of_them_are_not() {
    const MAILBOX: &str = "files read ./data/mail /mail";
    const DOCUMENTS: &str = "files read ./data/docs /docs";
    const API: &str = "http GET https://api.example.org/a";
    const LOCAL: &str = "http POST http://127.0.0.1:8080/**";
    const INNER: &str = "http GET https://api.example.org/a addresses=10.0.0.0/8";
    const SECRET: &str =
        "secret t header authorization \"Bearer {secret}\" for https://api.example.org";
    for (grants, is) in [
        // Mail is private, and written by strangers.
        (&[MAILBOX, API][..], true),
        (&[MAILBOX], false),
        (&[MAILBOX, LOCAL], false),
        (&[DOCUMENTS, LOCAL], false),
        // What a server outside answers is written by others, and it is asked.
        (&[DOCUMENTS, API], true),
        (&[API], false),
        (&[API, SECRET], true),
        (&[LOCAL], false),
        // A server within: private, and not out of reach; nothing untrusted.
        (&[INNER], false),
        (&[INNER, MAILBOX], true),
        (&["files read {run}/mail /mail", API], false),
        (&[MAILBOX, "files write ~/out /out"], true),
        (&[MAILBOX, "files write ./out /out"], false),
        (&[MAILBOX, "files read ~/out /out"], false),
    ] {
        assert_eq!(dangerous(&[("p", grants)]).is_some(), is, "{grants:?}");
    }
    // Over all plugins of the skill, and a plugin's own name tells of a channel.
    assert!(dangerous(&[("a", &[MAILBOX]), ("b", &[API])]).is_some());
    assert!(dangerous(&[("inbox", &["files read ./x /x", "files write ~/y /y"])]).is_some());
    assert!(dangerous(&[("plain", &["files read ./x /x", "files write ~/y /y"])]).is_none());
}

#[test]
fn the_lines_that_make_it_dangerous_are_named_with_how_data_leaves() {
    let danger = dangerous(&[
        ("mail", &["files read ./data /mail"]),
        (
            "api",
            &[
                "http GET,POST https://api.example.org/a",
                "http GET https://b.example.org/*",
                "http GET https://c.example.org/a",
            ],
        ),
    ])
    .unwrap();
    assert_eq!(danger.private[0].line, Some(3));
    let ways: Vec<&str> = danger.out.iter().map(|leg| leg.why.as_str()).collect();
    assert_eq!(
        ways,
        [
            "sends data in the body of POST",
            "sends data in the path, which holds a wildcard, and in the query",
            "sends data in the query",
        ]
    );
}

#[test]
fn calls_that_could_send_what_was_read_are_told() {
    let world = World::new();
    world.skill("one", "[plugins.mail]\ncomponent = \"m\"\ngrants = [\"files read ./mail /mail\"]\n[plugins.api]\ncomponent = \"a\"\ngrants = [\"http GET https://api.example.org/**\"]\n");
    let run = world.run("one", &[]);
    run.called("api", "get", &["mail"]);
    let last = run.called("api", "get", &["mail", "other"]);
    run.called("mail", "read", &["api"]);
    run.ends("done");
    let danger = of(&world).skills[0].danger.clone().unwrap();
    assert_eq!(
        danger.flows,
        [Flow {
            from: "mail".to_owned(),
            to: "api".to_owned(),
            calls: 2,
            first: last - 1,
            last
        },]
    );
}

#[test]
fn a_plugin_is_pinned_changed_unpinned_or_not_to_be_read_and_signed_only_as_pinned() {
    let world = World::new();
    let component = b"\0asm\x0d\0\x01\0";
    std::fs::create_dir_all(world.skills()).unwrap();
    std::fs::write(world.skills().join("p.wasm"), component).unwrap();
    let folder = world.skill(
        "one",
        "[plugins.p]\ncomponent = \"../p.wasm\"\n[plugins.q]\ncomponent = \"../q.wasm\"\n",
    );
    let standing = |lock: Option<&str>| {
        let path = folder.join("remit.lock");
        match lock {
            Some(lock) => std::fs::write(path, lock).unwrap(),
            None => assert!(!path.exists()),
        }
        let report = of(&world);
        let plugin = &report.skills[0].plugins[0];
        assert_eq!(report.skills[0].plugins[1].pin, PinState::Unreadable);
        (plugin.pin, plugin.signer.clone())
    };
    assert_eq!(standing(None), (PinState::Unpinned, None));
    let digest = remit_package::Digest::of(component);
    let lock = |digest: &str| {
        format!(
            "version = 2\n[plugins.p]\nsource = \"x\"\nversion = \"1.0.0\"\nsigner = \"minisign:K\"\ndigest = \"{digest}\"\n"
        )
    };
    let own = lock(&digest.to_string());
    assert_eq!(
        standing(Some(&own)),
        (PinState::Pinned, Some("minisign:K".to_owned()))
    );
    let other = lock("sha256:00");
    assert_eq!(standing(Some(&other)), (PinState::Changed, None));
}

#[test]
fn what_an_agents_client_did_is_counted_by_the_client() {
    let world = World::new();
    world.skill("mail", MAIL);
    let denied = Made::Denied(
        "http",
        "GET",
        "GET https://evil.example/",
        "http-host-denied",
        Some("grant"),
    );
    one_call(&world, "mail", "mail", "search", &[]);
    world.comes(Some(("codex 0.169", "s-1")));
    one_call(&world, "mail", "mail", "search", &[]);
    let run = world.run("mail", &[]);
    run.decide(&denied);
    let last = run.called("mail", "search", &[]);
    world.append(Entry::Refused {
        run: Some(&run.id),
        step: None,
        what: "the tool mail_send".to_owned(),
        code: "tool-unknown",
        reason: "there is none".to_owned(),
    });
    run.ends("incomplete");
    world.comes(Some(("other client", "s-2")));
    one_call(&world, "mail", "mail", "search", &[]);
    world.comes(None);
    let report = of(&world);
    let skill = &report.skills[0];
    assert_eq!(
        skill.clients.keys().collect::<Vec<_>>(),
        ["codex 0.169", "other client"]
    );
    let codex = &skill.clients["codex 0.169"];
    assert_eq!((codex.runs, codex.calls, codex.denied), (2, 2, 2));
    assert_eq!(codex.last.as_ref().map(|mark| mark.record), Some(last));
    let other = &skill.clients["other client"];
    assert_eq!((other.runs, other.calls, other.denied), (1, 1, 0));
    assert_eq!((skill.runs.total, skill.runs.done), (4, 3));
    assert_eq!(skill.runs.ended["incomplete"], 1);
}

/// A client names itself as it likes, also each time otherwise.
#[test]
fn clients_beyond_the_room_for_names_count_together() {
    let world = World::new();
    world.skill("mail", MAIL);
    for number in 0..320 {
        let name: &'static str = format!("client {number}").leak();
        world.comes(Some((name, name)));
        one_call(&world, "mail", "mail", "search", &[]);
    }
    let clients = &of(&world).skills[0].clients;
    assert!(clients.len() <= 301, "{}", clients.len());
    assert_eq!(
        clients.values().map(|client| client.calls).sum::<u64>(),
        320
    );
    assert!(clients["others"].calls >= 19);
}
