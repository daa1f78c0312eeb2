//! Grant AND need AND policy.

use remit_policy::*;

use super::support::*;

#[test]
fn a_request_passes_only_if_each_layer_allows_it() {
    let granted = ["http GET,POST https://a.example/**"];
    let url = "https://a.example/v1/x";
    for (needed, allowed, expected, layer) in [
        (None, None, "allowed", None),
        (
            Some("http GET https://a.example/v1/**"),
            None,
            "allowed",
            None,
        ),
        (
            Some("http * https://*"),
            Some("http * https://*"),
            "allowed",
            None,
        ),
        (
            Some("http POST https://a.example/**"),
            None,
            "http-method-denied",
            Some(Layer::Need),
        ),
        (
            Some("http GET https://b.example/**"),
            None,
            "http-host-denied",
            Some(Layer::Need),
        ),
        (
            None,
            Some("http GET https://a.example/v2/**"),
            "http-path-denied",
            Some(Layer::Policy),
        ),
        (
            None,
            Some("http GET http://a.example/**"),
            "http-scheme-denied",
            Some(Layer::Policy),
        ),
        (
            None,
            Some("files read * *"),
            "http-host-denied",
            Some(Layer::Policy),
        ),
        (
            Some("config k=*"),
            None,
            "http-host-denied",
            Some(Layer::Need),
        ),
    ] {
        let needed = needed.map(|text| [text]);
        let allowed = allowed.map(|text| [text]);
        let authority = layered(
            &granted,
            needed.as_ref().map(|texts| &texts[..]),
            allowed.as_ref().map(|texts| &texts[..]),
        );
        let verdict = ask(&authority, "GET", url);
        if let Err(denial) = &verdict {
            assert_eq!(denial.layer, layer);
            assert_eq!(denial.narrowest, None, "no grant would help");
        }
        assert_eq!(code(verdict), expected, "{needed:?} {allowed:?}");
    }
}

#[test]
fn an_empty_policy_allows_nothing_and_an_absent_one_sets_no_ceiling() {
    let granted = [
        "http GET https://a.example/**",
        "config k=v",
        "files read ./d /d",
    ];
    let closed = layered(&granted, None, Some(&[]));
    assert_eq!(
        code(ask(&closed, "GET", "https://a.example/")),
        "http-host-denied"
    );
    assert_eq!(closed.config("k"), None);
    assert!(closed.mounts().is_empty());
    let open = layered(&granted, None, None);
    assert_eq!(code(ask(&open, "GET", "https://a.example/")), "allowed");
    assert_eq!(open.config("k"), Some("v"));
    assert_eq!(open.mounts().len(), 1);
}

#[test]
fn a_plugin_that_needs_nothing_gets_nothing_and_a_silent_one_what_is_granted() {
    let granted = ["http GET https://a.example/**"];
    let none = layered(&granted, Some(&[]), None);
    assert_eq!(
        code(ask(&none, "GET", "https://a.example/")),
        "http-host-denied"
    );
    let silent = layered(&granted, None, None);
    assert_eq!(code(ask(&silent, "GET", "https://a.example/")), "allowed");
}

#[test]
fn needs_never_grant() {
    let authority = layered(&[], Some(&["http * *://*:*"]), Some(&["http * *://*:*"]));
    let denial = ask(&authority, "GET", "https://a.example/").unwrap_err();
    assert_eq!(
        (denial.code(), denial.layer),
        ("http-host-denied", Some(Layer::Grant))
    );
    assert!(denial.narrowest.is_some());
}

#[test]
fn no_narrowest_grant_is_offered_where_a_need_or_policy_stands_in_the_way() {
    for (needed, allowed) in [
        (Some(&["http GET https://b.example/**"][..]), None),
        (None, Some(&["http GET https://b.example/**"][..])),
    ] {
        let authority = layered(&[], needed, allowed);
        let denial = ask(&authority, "GET", "https://a.example/").unwrap_err();
        assert_eq!(denial.layer, Some(Layer::Grant));
        assert_eq!(denial.narrowest, None);
        assert!(denial.reason.contains("nor does"), "{}", denial.reason);
        let denial = ask(&authority, "GET", "https://b.example/").unwrap_err();
        assert!(denial.narrowest.is_some());
    }
}

#[test]
fn the_operator_caps_limits_and_quotas() {
    let policy: OperatorPolicy = toml::from_str(
        "max_effect = \"write\"\n[limits]\nmemory = \"1MiB\"\nfile_bytes = \"1KiB\"\nfile_entries = 2",
    )
    .unwrap();
    assert_eq!(
        (policy.max_effect, policy.allow.is_none()),
        (Effect::Write, true)
    );
    let granted = grants(&["files write ./d /d max-bytes=1MiB"]);
    let authority = Authority::new(granted, None, &policy, Limits::default());
    assert_eq!(authority.limits().memory, ByteSize::mib(1));
    let (mount, _) = authority.mount("/d").unwrap();
    let quota = authority.file_quota(mount);
    assert_eq!((quota.bytes, quota.entries), (ByteSize::kib(1), 2));
}

#[test]
fn a_policy_file_is_read_strictly() {
    let read = |text: &str| toml::from_str::<OperatorPolicy>(text).map(|policy| policy.allow);
    assert_eq!(read("allow = []").unwrap(), Some(vec![]));
    assert_eq!(
        read("allow = [\"http * https://*\"]")
            .unwrap()
            .unwrap()
            .len(),
        1
    );
    for text in [
        "alow = []",
        "allow = [\"http GET {config.x}/\"]",
        "allow = \"*\"",
        "max_effect = \"Write\"",
        "[limits]\nfuel = 1",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn idle_grants_and_unmet_needs_are_found() {
    let granted = grants(&[
        "http GET https://a.example/v1/**",
        "http GET https://c.example/**",
        "files read ./mail /mail",
        "config k=v",
        "config unused=v",
        "secret t header authorization {secret} for https://a.example",
    ]);
    let needed = needs(&[
        "http GET,POST https://a.example/**/items",
        "http POST https://a.example/**",
        "files write * /mail",
        "files read * /other",
        "config k=*",
        "config k=other",
    ]);
    assert_eq!(needed.idle(&granted), [1, 4]);
    assert_eq!(needed.unmet(&granted), [1, 3, 5]);
}

#[test]
fn patterns_of_paths_meet_where_some_path_fits_both() {
    let http = |path: &str| {
        Grant::parse(Layer::Grant, &format!("http GET https://a.example{path}")).unwrap()
    };
    for (a, b, expected) in [
        ("/a", "/a", true),
        ("/a", "/b", false),
        ("/a/*", "/*/b", true),
        ("/a/**", "/**/z", true),
        ("/a/**/c", "/a/b", false),
        ("/a/**/c", "/**/b/*", true),
        ("/**", "/", true),
        ("/*", "/", false),
        ("/**", "/**", true),
        ("/a/**", "/a", true),
        ("/a/**", "/b/**", false),
        ("/*/*", "/**/x/**/y/**/z", false),
        ("/*/*/*", "/**/x/**/y/**/z", true),
        ("/a/", "/a/*", false),
        ("/a/", "/a/**", true),
        // An input stands for one or more names.
        ("/repos/{inputs.repo}/issues", "/repos/*/*/issues", true),
        ("/repos/{inputs.repo}/issues", "/repos/*/issues", true),
        ("/repos/{inputs.repo}/issues", "/repos/issues", false),
        ("/repos/{inputs.repo}/issues", "/repos/*/*/pulls", false),
    ] {
        assert_eq!(http(a).meets(&http(b)), expected, "{a} {b}");
        assert_eq!(http(b).meets(&http(a)), expected, "{b} {a}");
    }
}
