//! Hostile spellings of paths and queries: each is refused, whatever is granted, and its honest twin passes.

use super::spellings::verdict;

#[test]
fn paths_that_could_be_read_in_two_ways_are_denied() {
    for path in [
        "/v1/../admin",
        "/..",
        "/.",
        "/v1/.",
        "/v1/./x",
        "/../../etc/passwd",
        "/v1/..?q",
        "/%2e%2e/admin",
        "/%2E%2E/admin",
        "/.%2e/admin",
        "/%2e./admin",
        "/v1/%2e",
        "/v1/..;/admin",
        "/v1/;x/admin",
        "/v1;x=1/admin",
        "/v1/..%3b/admin",
        "/v1/..%2fadmin",
        "/v1/..%2Fadmin",
        "/v1%2f..%2fadmin",
        "/v1\\..\\admin",
        "/v1/..\\admin",
        "/\\evil.example",
        "/v1%5cadmin",
        "/v1%5Cadmin",
        "//",
        "//evil.example/",
        "/v1//admin",
        "/v1/x//",
        "/%00",
        "/v1%00.html",
        "/%0d%0aHost:%20evil",
        "/%0D%0A",
        "/%09",
        "/%7f",
        "/%25",
        "/%252e%252e/admin",
        "/%2525",
        "/%",
        "/%2",
        "/%zz",
        "/%2x",
        "/a%",
        "/%u002e",
        "/%c0%af",
        "/%c0%ae%c0%ae/",
        "/%e0%80%af",
        "/%ff",
        "/%ed%a0%80",
        "/%ef%bc%8e%ef%bc%8e/",
        "/%ef%bc%8f",
        "/v1/%ef%bc%bcx",
        // ONE DOT LEADER, TWO DOT LEADER, their vertical form, SMALL FULL STOP.
        "/%e2%80%a4%e2%80%a4/admin",
        "/.%E2%80%A4/admin",
        "/%e2%80%a5/admin",
        "/%ef%b8%b0/admin",
        "/%ef%b9%92%ef%b9%92/admin",
        // FRACTION SLASH, DIVISION SLASH, CARE OF, ACCOUNT OF, SET MINUS, SMALL REVERSE SOLIDUS.
        "/v1%e2%81%84admin",
        "/v1%e2%88%95admin",
        "/%e2%84%85",
        "/%e2%84%80",
        "/v1%e2%88%96admin",
        "/v1%ef%b9%a8admin",
        // GREEK QUESTION MARK, SMALL SEMICOLON, SMALL PERCENT SIGN.
        "/v1/..%cd%be/admin",
        "/v1%ef%b9%94x",
        "/%ef%b9%aa2e",
        // Windows leaves out spaces at the end of a name.
        "/v1/..%20/admin",
        "/v1/.%20",
        "/v1/%20../admin",
        "/v1/..%20%20?q",
    ] {
        assert_eq!(
            verdict("https", "allowed.example", path),
            "http-path-denied",
            "{path}"
        );
    }
}

#[test]
fn targets_that_are_no_canonical_path_and_query_are_noncanonical() {
    for target in [
        "",
        "*",
        "?q",
        "x",
        "https://allowed.example/",
        "allowed.example:443",
        " /",
        "/ ",
        "/a b",
        "/a\tb",
        "/a\rb",
        "/a\nb",
        "/a\r\nHost: evil",
        "/a\0b",
        "/é",
        "/\u{202e}",
        "/a#b",
        "/#",
        "/a?b#c",
        "/a?b\\c",
        "/a?b c",
        "/a?b\nc",
        "/a?é",
        "/a\"b",
        "/<a>",
        "/a`b",
        "/{a}",
        "/a?\"b\"",
        "/a?<b>",
        "/a?it's",
        "/\u{7f}",
        "/\u{1b}[31m",
    ] {
        assert_eq!(
            verdict("https", "allowed.example", target),
            "http-url-noncanonical",
            "{target:?}"
        );
    }
}

#[test]
fn honest_targets_pass() {
    for target in [
        "/",
        "/?",
        "/?q=1&r=%20%2e%2f%25%00",
        "/a",
        "/a/",
        "/a.b/..c/d..",
        "/...",
        "/a%20b",
        "/caf%C3%A9",
        "/caf%c3%a9",
        "/a:b@c!d$e&f'g(h)i*j+k,l=m~n_o-p",
        "/a%3Fb%23c",
        // An ellipsis, spaces within a name and around it, a dot at its end.
        "/wait%E2%80%A6",
        "/a%20.%20b",
        "/%20a%20",
        "/%20",
        "/a.%20b.",
        "/?a//b/../c;d",
        "/?[x]={y}".replace(['{', '}'], "").as_str(),
        "/a|b",
        "/a[b]",
    ] {
        assert_eq!(
            verdict("https", "allowed.example", target),
            "allowed",
            "{target}"
        );
    }
}

#[test]
fn targets_have_their_length() {
    let target = |n: usize| format!("/{}", "a".repeat(n - 1));
    assert_eq!(
        verdict("https", "allowed.example", &target(8192)),
        "allowed"
    );
    assert_eq!(
        verdict("https", "allowed.example", &target(8193)),
        "http-url-noncanonical"
    );
}

#[test]
fn paths_have_their_depth() {
    let path = |names: usize| "/a".repeat(names);
    assert_eq!(verdict("https", "allowed.example", &path(256)), "allowed");
    assert_eq!(
        verdict("https", "allowed.example", &path(257)),
        "http-path-denied"
    );
    // A query has none.
    let query = format!("/?{}", path(1000));
    assert_eq!(verdict("https", "allowed.example", &query), "allowed");
}
