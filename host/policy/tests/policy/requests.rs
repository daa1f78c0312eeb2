//! Which requests a grant covers, and what a denial says would cover them.

use remit_policy::*;

use super::support::*;

fn table(granted: &[&str], cases: &[(&str, &str, &str)]) {
    let authority = authority(granted);
    for (method, url, expected) in cases {
        assert_eq!(
            code(ask(&authority, method, url)),
            *expected,
            "{method} {url}"
        );
    }
}

#[test]
fn undeclared_host_is_denied() {
    table(
        &["http GET https://api.example.org/**"],
        &[
            ("GET", "https://api.example.org/x", "allowed"),
            ("GET", "https://example.org/x", "http-host-denied"),
            (
                "GET",
                "https://api.example.org.evil.example/x",
                "http-host-denied",
            ),
            ("GET", "https://v2.api.example.org/x", "http-host-denied"),
            ("GET", "https://127.0.0.1/x", "http-host-denied"),
        ],
    );
    assert_eq!(
        code(ask(&Authority::none(), "GET", "https://api.example.org/x")),
        "http-host-denied"
    );
}

#[test]
fn a_wildcard_of_labels_never_covers_the_apex() {
    table(
        &["http GET https://*.example.org/**"],
        &[
            ("GET", "https://a.example.org/", "allowed"),
            ("GET", "https://a.b.example.org/", "allowed"),
            ("GET", "https://example.org/", "http-host-denied"),
            ("GET", "https://aexample.org/", "http-host-denied"),
            (
                "GET",
                "https://a.example.org.evil.example/",
                "http-host-denied",
            ),
            ("GET", "https://org/", "http-host-denied"),
        ],
    );
}

#[test]
fn https_never_covers_http() {
    table(
        &[
            "http GET https://a.example/**",
            "http GET http://b.example/**",
        ],
        &[
            ("GET", "https://a.example/", "allowed"),
            ("GET", "http://a.example/", "http-scheme-denied"),
            ("GET", "http://b.example/", "allowed"),
            ("GET", "https://b.example/", "http-scheme-denied"),
        ],
    );
}

#[test]
fn a_port_is_exact() {
    table(
        &[
            "http GET https://a.example/**",
            "http GET http://b.example:8080/**",
        ],
        &[
            ("GET", "https://a.example:8443/", "http-port-denied"),
            ("GET", "https://a.example:80/", "http-port-denied"),
            ("GET", "http://b.example:8080/", "allowed"),
            ("GET", "http://b.example/", "http-port-denied"),
            ("GET", "http://b.example:8081/", "http-port-denied"),
        ],
    );
}

#[test]
fn a_method_is_exact() {
    table(
        &[
            "http GET https://a.example/r /w",
            "http POST https://a.example/w",
        ],
        &[
            ("GET", "https://a.example/r", "allowed"),
            ("GET", "https://a.example/w", "allowed"),
            ("POST", "https://a.example/w", "allowed"),
            ("POST", "https://a.example/r", "http-method-denied"),
            ("DELETE", "https://a.example/w", "http-method-denied"),
            ("HEAD", "https://a.example/r", "http-method-denied"),
        ],
    );
}

#[test]
fn paths_are_covered_by_whole_names_and_case() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            "/v1",
            &["/v1", "/v1?q"],
            &["/v1/", "/v1x", "/v1/x", "/V1", "/", "/v"],
        ),
        ("/v1/", &["/v1/"], &["/v1", "/v1/x"]),
        ("/", &["/", "/?q"], &["/x"]),
        (
            "/v1/*",
            &["/v1/x", "/v1/*"],
            &["/v1", "/v1/", "/v1/x/y", "/v1x/y"],
        ),
        (
            "/v1/**",
            &["/v1", "/v1/", "/v1/x", "/v1/x/y/"],
            &["/v1x", "/v2", "/"],
        ),
        ("/**", &["/", "/x", "/x/y/z/"], &[]),
        ("/*/b", &["/a/b"], &["/b", "/a/c", "/a/a/b", "/a/b/"]),
        (
            "/**/b",
            &["/b", "/a/b", "/a/a/b", "/b/b"],
            &["/a", "/bb", "/b/", "/a/b/c"],
        ),
        (
            "/a/**/b/**/c",
            &["/a/b/c", "/a/x/b/y/c", "/a/b/b/c/c"],
            &["/a/c", "/a/b", "/a/b/c/d"],
        ),
        ("/a/**/*", &["/a/x", "/a/x/y"], &["/a", "/a/"]),
        ("/{*}", &["/*"], &["/x", "/**"]),
        ("/a%20b", &["/a%20b"], &["/a+b", "/a%20B"]),
    ];
    for (pattern, allowed, denied) in cases {
        let authority = authority(&[&format!("http GET https://a.example{pattern}")]);
        let verdict =
            |path: &str| code(ask(&authority, "GET", &format!("https://a.example{path}")));
        for path in *allowed {
            assert_eq!(verdict(path), "allowed", "{path} under {pattern}");
        }
        for path in *denied {
            assert_eq!(verdict(path), "http-path-denied", "{path} under {pattern}");
        }
    }
}

#[test]
fn patterns_made_to_exhaust_the_matcher_are_quick() {
    let pattern = "/**/a".repeat(32);
    let authority = authority(&[&format!("http GET https://a.example{pattern}")]);
    let path = "/a".repeat(200) + "/b";
    let started = std::time::Instant::now();
    let url = format!("https://a.example{path}");
    assert_eq!(code(ask(&authority, "GET", &url)), "http-path-denied");
    assert!(started.elapsed().as_millis() < 500);
    let longer = format!("http GET https://a.example{}", "/a".repeat(65));
    assert!(Grant::parse(Layer::Grant, &longer).is_err());
}

#[test]
fn what_all_needs_cost_a_decision_is_bounded() {
    // Each alone is a need like any other; together they would hold the host for seconds at each request.
    let greedy = format!("http GET https://a.example/**{}/b", "/a".repeat(62));
    let many = |count: usize| Needs::parse(std::iter::repeat_n((greedy.as_str(), ""), count));
    assert!(many(15).is_ok());
    assert_eq!(many(16).unwrap_err().code(), "grant-syntax");
    let honest = "http GET https://a.example/api/v1/query /api/v1/series /api/v1/labels";
    assert!(Needs::parse(std::iter::repeat_n((honest, ""), 100)).is_ok());
}

#[test]
fn what_is_allowed_holds_the_bytes_to_send() {
    let authority =
        authority(&["http POST http://[::1]:8080/a/** max-requests=3 max-response=1KiB"]);
    let url = "http://[::1]:8080/a/b%20c?q=%2F";
    let allowed = ask(&authority, "POST", url).unwrap();
    assert_eq!(allowed.url.as_str(), url);
    assert_eq!(allowed.url.host(), "[::1]");
    assert_eq!(allowed.url.authority(), "[::1]:8080");
    assert_eq!(allowed.url.port(), 8080);
    assert_eq!(allowed.url.path(), "/a/b%20c");
    assert_eq!(allowed.url.path_and_query(), "/a/b%20c?q=%2F");
    assert_eq!(allowed.url.address(), Some("::1".parse().unwrap()));
    assert_eq!(
        (allowed.max_requests, allowed.max_response),
        (Some(3), Some(ByteSize::kib(1)))
    );
    assert_eq!(allowed.rule.layer, Layer::Grant);
    assert_eq!(
        &*allowed.rule.text,
        "http POST http://[::1]:8080/a/** max-requests=3 max-response=1KiB"
    );
}

#[test]
fn all_grants_that_cover_a_request_are_known_for_their_budgets() {
    let authority = authority(&[
        "config k=v",
        "http GET https://a.example/** max-requests=1",
        "http POST https://a.example/**",
        "http GET https://a.example/x max-requests=2",
    ]);
    let allowed = ask(&authority, "GET", "https://a.example/x").unwrap();
    let mut all = allowed.others.clone();
    all.push(allowed.grant);
    all.sort_unstable();
    assert_eq!(all, [1, 3]);
    assert!(authority.http_grant(1).is_some());
    assert!(authority.http_grant(0).is_none());
    let over = authority.over_budget(&allowed, false);
    assert_eq!(over.code(), "http-request-budget");
    assert_eq!(
        over.narrowest.unwrap().to_string(),
        "http GET https://a.example/x max-requests=1"
    );
}

#[test]
fn a_denial_names_the_nearest_rule_and_the_narrowest_grant() {
    let granted = [
        "http GET https://a.example/v1/**",
        "http GET http://b.example:81/x",
    ];
    for (method, url, nearest, narrowest) in [
        (
            "GET",
            "https://c.example/x?q=1",
            None,
            "http GET https://c.example/x",
        ),
        (
            "GET",
            "http://a.example/v1/x",
            Some(0),
            "http GET http://a.example/v1/x",
        ),
        (
            "GET",
            "https://a.example:8443/",
            Some(0),
            "http GET https://a.example:8443/",
        ),
        (
            "GET",
            "https://a.example/v2/",
            Some(0),
            "http GET https://a.example/v2/",
        ),
        (
            "PUT",
            "https://a.example/v1/x",
            Some(0),
            "http PUT https://a.example/v1/x",
        ),
        (
            "GET",
            "http://b.example:81/*/**",
            Some(1),
            "http GET http://b.example:81/{*}/{*}{*}",
        ),
        ("GET", "http://[::1]:81/", None, "http GET http://[::1]:81/"),
    ] {
        let denial = ask(&authority(&granted), method, url).unwrap_err();
        assert_eq!(denial.layer, Some(Layer::Grant));
        assert_eq!(denial.rule.map(|rule| rule.index), nearest, "{url}");
        let text = denial.narrowest.unwrap().to_string();
        assert_eq!(text, narrowest);
        let with: Vec<&str> = granted.iter().copied().chain([text.as_str()]).collect();
        assert_eq!(code(ask(&authority(&with), method, url)), "allowed");
    }
}

#[test]
fn a_grant_that_could_not_be_written_is_not_offered() {
    for (path, offered) in [
        ("/a".repeat(64), true),
        ("/a".repeat(65), false),
        (format!("/{}", "x".repeat(8191)), true),
        (format!("/{}", "*".repeat(4000)), true),
        (format!("/{}", "*".repeat(8191)), false),
    ] {
        let url = format!("https://a.example{path}");
        let denial = ask(&Authority::none(), "GET", &url).unwrap_err();
        assert_eq!(denial.narrowest.is_some(), offered, "{:.20}", path);
        if let Some(grant) = denial.narrowest {
            let again = authority(&[&grant.to_string()]);
            assert_eq!(code(ask(&again, "GET", &url)), "allowed");
        }
    }
}

#[test]
fn a_hint_survives_a_shell() {
    let denial = ask(&Authority::none(), "GET", "https://a.example/it's").unwrap_err();
    assert_eq!(
        denial.hint().unwrap(),
        r"to allow exactly this: --allow 'http GET https://a.example/it'\''s'"
    );
}
