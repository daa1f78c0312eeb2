//! Whether a policy covers all of a grant.

use remit_policy::*;

use super::support::*;

fn grant(text: &str) -> Grant {
    Grant::parse(Layer::Grant, text).unwrap_or_else(|e| panic!("{e}"))
}

fn excess(allow: &[&str], granted: &str) -> Vec<Excess> {
    policy(allow).excess(&grant(granted))
}

#[test]
fn a_grant_is_within_a_policy_that_covers_all_of_it() {
    for (granted, allow, expected) in [
        // Methods and paths, also of several rules together.
        (
            "http GET https://a.example/v1/**",
            &["http * https://*"][..],
            true,
        ),
        (
            "http GET https://a.example/v1/**",
            &["http GET https://a.example/v1/**"],
            true,
        ),
        (
            "http GET,POST https://a.example/",
            &["http GET https://a.example/"],
            false,
        ),
        (
            "http GET,POST https://a.example/",
            &["http GET https://a.example/", "http POST https://*/**"],
            true,
        ),
        (
            "http GET,POST https://a.example/a /b",
            &[
                "http GET,POST https://a.example/a",
                "http GET https://a.example/b",
            ],
            false,
        ),
        (
            "http GET https://a.example/v1/**",
            &["http GET https://a.example/v1/*"],
            false,
        ),
        (
            "http GET https://a.example/v1/x",
            &["http GET https://a.example/v1/*"],
            true,
        ),
        (
            "http GET https://a.example/repos/{inputs.r}",
            &["http GET https://a.example/repos/**"],
            true,
        ),
        (
            "http GET https://a.example/repos/{inputs.r}",
            &["http GET https://a.example/repos/*"],
            false,
        ),
        // Hosts, schemes, ports.
        (
            "http GET https://*.a.example",
            &["http GET https://*.a.example"],
            true,
        ),
        (
            "http GET https://*.a.example",
            &["http GET https://*.example"],
            true,
        ),
        (
            "http GET https://*.a.example",
            &["http GET https://*.b.a.example"],
            false,
        ),
        (
            "http GET https://*.a.example",
            &[
                "http GET https://x.a.example",
                "http GET https://y.a.example",
            ],
            false,
        ),
        (
            "http GET https://b.a.example",
            &["http GET https://*.a.example"],
            true,
        ),
        (
            "http GET https://a.example",
            &["http GET https://*.a.example"],
            false,
        ),
        (
            "http GET http://a.example",
            &["http GET https://a.example"],
            false,
        ),
        (
            "http GET http://a.example",
            &["http GET *://a.example"],
            true,
        ),
        (
            "http GET https://a.example:8443",
            &["http GET https://a.example"],
            false,
        ),
        (
            "http GET https://a.example:8443",
            &["http GET https://a.example:*"],
            true,
        ),
        // Addresses: `*` of a policy is public.
        (
            "http GET http://127.0.0.1:81",
            &["http GET http://*:*"],
            false,
        ),
        (
            "http GET http://127.0.0.1:81",
            &["http GET http://127.0.0.1:81"],
            true,
        ),
        (
            "http GET http://127.0.0.1:81",
            &["http GET http://*:* addresses=127.0.0.0/8"],
            true,
        ),
        ("http GET http://8.8.8.8", &["http GET http://*"], true),
        (
            "http GET https://a.example addresses=10.1.0.0/16",
            &["http GET https://a.example"],
            false,
        ),
        (
            "http GET https://a.example addresses=10.1.0.0/16",
            &["http GET https://a.example addresses=10.0.0.0/8"],
            true,
        ),
        (
            "http GET https://a.example addresses=10.0.0.0/8",
            &["http GET https://a.example addresses=10.1.0.0/16"],
            false,
        ),
        // Files: by one rule, whole.
        ("files read ./data /data", &["files read . /data"], true),
        (
            "files read ./data /data",
            &["files read ./data/x /data"],
            false,
        ),
        ("files write ./data /data", &["files read * *"], false),
        ("files read ./data /data", &["files read * /other"], false),
        (
            "files read ~/mail/{inputs.box} /m",
            &["files read ~/mail *"],
            true,
        ),
        ("files read ~/mailbox /m", &["files read ~/mail *"], false),
        ("files read /srv/x /m", &["files read ~ *"], false),
        // Configuration and secrets.
        ("config k=v", &["config k=*"], true),
        ("config k=v", &["config k=w"], false),
        ("config k=v", &["config *=*"], true),
        ("config k={inputs.x}", &["config k=v"], false),
        ("config k={inputs.x}", &["config k=*"], true),
        (
            "secret t header authorization \"Bearer {secret}\" for https://a.example",
            &["secret t header * * for https://*.example"],
            true,
        ),
        (
            "secret t header authorization \"Bearer {secret}\" for https://*.a.example",
            &["secret * header * * for https://a.example"],
            false,
        ),
        (
            "secret t header authorization \"Bearer {secret}\" for https://*.a.example",
            &["secret t header * * for https://b.a.example"],
            false,
        ),
        (
            "secret t header authorization \"Bearer {secret}\" for https://b.a.example",
            &["secret t header * * for https://*.a.example"],
            true,
        ),
        // Another capability's rules say nothing.
        ("config k=v", &["http * *://*:*"], false),
        ("http GET https://a.example", &[], false),
    ] {
        assert_eq!(
            policy(allow).covers(&grant(granted)),
            expected,
            "{granted} in {allow:?}"
        );
    }
}

#[test]
fn a_capability_that_is_open_is_not_bound_and_the_others_are() {
    let policy = OperatorPolicy {
        open: vec![Capability::Config, Capability::Files],
        ..policy(&["http GET https://a.example"])
    };
    assert_eq!(policy.check(), Ok(()));
    assert!(policy.covers(&grant("config k=v")) && policy.covers(&grant("files write /srv /m")));
    assert!(!policy.covers(&grant("http GET https://b.example")));
    // What covers says before is what holds when it is asked.
    let grants = grants(&[
        "config k=v",
        "files write ./d /d",
        "http GET https://b.example",
    ]);
    let authority = Authority::new(grants, None, &policy, Limits::default());
    assert_eq!(
        (authority.config("k"), authority.mounts().len()),
        (Some("v"), 1)
    );
    assert_eq!(
        code(ask(&authority, "GET", "https://b.example/")),
        "http-host-denied"
    );
}

#[test]
fn what_goes_beyond_is_said_with_its_line_and_an_example() {
    let allow = [
        "config *=*",
        "http GET https://a.example/repos/**",
        "files read ~/mail *",
    ];
    for (granted, key, example) in [
        (
            "http GET,POST https://a.example/repos/{inputs.r}/issues",
            PolicyKey::Allow(Some(1)),
            Some("POST https://a.example/repos/x/issues"),
        ),
        (
            "http GET https://a.example/**",
            PolicyKey::Allow(Some(1)),
            Some("GET https://a.example/x"),
        ),
        (
            "http GET https://*.b.example",
            PolicyKey::Allow(None),
            Some("GET https://x.b.example/x"),
        ),
        (
            "files write ~/mail /m",
            PolicyKey::Allow(Some(2)),
            Some("write ~/mail"),
        ),
        (
            "files read ~/x /m",
            PolicyKey::Allow(None),
            Some("read ~/x"),
        ),
        (
            "secret t header a {secret} for https://a.example",
            PolicyKey::Allow(None),
            None,
        ),
    ] {
        let found = excess(&allow, granted);
        assert_eq!(found.len(), 1, "{granted}");
        assert_eq!(
            (found[0].key, found[0].kind),
            (key, ExcessKind::Forbidden),
            "{granted}"
        );
        assert_eq!(found[0].example.as_deref(), example, "{granted}");
        assert!(
            found[0].reason.contains("the operator's policy"),
            "{}",
            found[0].reason
        );
    }
}

#[test]
fn budgets_limits_and_effects_above_the_ceiling_are_found() {
    let policy: OperatorPolicy = toml::from_str(
        "max_effect = \"write\"\n[limits]\nrequests = 10\nresponse = \"1MiB\"\nfile_bytes = \"1KiB\"\nmemory = \"32MiB\"\ntime = \"5s\"",
    )
    .unwrap();
    for (granted, key) in [
        (
            "http GET https://a.example max-requests=11",
            Some("requests"),
        ),
        ("http GET https://a.example max-requests=10", None),
        (
            "http GET https://a.example max-response=2MiB",
            Some("response"),
        ),
        ("files write ./d /d max-bytes=2KiB", Some("file_bytes")),
        ("files write ./d /d max-bytes=1KiB", None),
        ("files write ./d /d", None),
    ] {
        let found = policy.excess(&grant(granted));
        let keys: Vec<PolicyKey> = found.iter().map(|it| it.key).collect();
        assert_eq!(
            keys,
            key.map(PolicyKey::Limit).into_iter().collect::<Vec<_>>(),
            "{granted}"
        );
        assert!(found.iter().all(|it| !it.kind.forbids()));
    }
    let limits: LimitsTable =
        toml::from_str("memory = \"64MiB\"\ntime = \"5s\"\nrequests = 11").unwrap();
    let names: Vec<_> = policy
        .limits_excess(&limits)
        .into_iter()
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(names, ["memory", "requests"]);
    assert_eq!(policy.limits_excess(&LimitsTable::default()), []);
    assert!(
        policy
            .effect_excess(Effect::Destructive)
            .unwrap()
            .kind
            .forbids()
    );
    assert_eq!(policy.effect_excess(Effect::Write), None);
}

#[test]
fn no_response_is_larger_than_the_ceiling() {
    let policy: OperatorPolicy = toml::from_str("[limits]\nresponse = \"1MiB\"").unwrap();
    let granted = grants(&[
        "http GET https://a.example max-response=2MiB",
        "http GET https://b.example max-response=1KiB",
    ]);
    let authority = Authority::new(granted, None, &policy, Limits::default());
    assert_eq!(
        authority.max_response(0, ByteSize::mib(32)),
        ByteSize::mib(1)
    );
    assert_eq!(
        authority.max_response(1, ByteSize::mib(32)),
        ByteSize::kib(1)
    );
    assert_eq!(
        authority.max_response(9, ByteSize::mib(32)),
        ByteSize::mib(1)
    );
    let free = super::support::authority(&["http GET https://a.example max-response=2MiB"]);
    assert_eq!(free.max_response(0, ByteSize::mib(32)), ByteSize::mib(2));
}

#[test]
fn a_policy_whose_keys_mean_nothing_is_refused() {
    for (text, key) in [
        ("open = [\"config\"]", Some(PolicyKey::Open(0))),
        (
            "allow = []\nopen = [\"config\", \"config\"]",
            Some(PolicyKey::Open(1)),
        ),
        (
            "allow = [\"config k=*\"]\nopen = [\"config\"]",
            Some(PolicyKey::Allow(Some(0))),
        ),
        (
            "[limits]\nmemory = \"4GiB\"",
            Some(PolicyKey::Limit("memory")),
        ),
        (
            "[limits]\nmemory = \"0B\"",
            Some(PolicyKey::Limit("memory")),
        ),
        (
            "[limits]\nfile_entries = 2000000",
            Some(PolicyKey::Limit("file_entries")),
        ),
        ("[limits]\nrequests = 0\nfile_bytes = \"0B\"", None),
        ("allow = [\"http * https://*\"]\nopen = [\"config\"]", None),
    ] {
        let policy: OperatorPolicy = toml::from_str(text).unwrap();
        assert_eq!(policy.check().err().map(|(key, _)| key), key, "{text}");
    }
}

#[test]
fn what_takes_too_long_to_decide_is_not_within_and_says_so() {
    let allow = |n: usize| format!("http * https://a.example/**/a{} /* /*/*/**", "/*".repeat(n));
    let text = "http GET,POST https://a.example/**/*";
    assert_eq!(excess(&[&allow(3)], text), []);
    let found = excess(&[&allow(40)], text);
    assert_eq!((found.len(), found[0].kind), (1, ExcessKind::Undecided));
    assert!(found[0].kind.forbids() && found[0].reason.contains("cannot be decided"));
    // The work is counted over all of a grant: a hundred such paths cost no more than one.
    let paths: Vec<String> = (0..100).map(|n| format!("/**/{n}")).collect();
    let many = format!("http GET,POST https://a.example{}", paths.join(" "));
    assert!(excess(&[&allow(40)], &many)[0].kind.forbids());
}
