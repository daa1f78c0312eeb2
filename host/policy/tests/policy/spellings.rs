//! Hostile spellings: each is refused, whatever is granted, and its honest twin passes.

use remit_policy::*;

use super::support::*;

/// Everything that could be meant by any of the spellings is granted.
fn generous() -> Authority {
    authority(&[
        "http GET,POST http://127.0.0.1/**",
        "http GET,POST http://127.0.0.1:8080/**",
        "http GET,POST https://127.0.0.1/**",
        "http GET,POST http://[::1]/**",
        "http GET,POST https://allowed.example/**",
        "http GET,POST https://*.allowed.example/**",
        "http GET,POST http://allowed.example:8080/**",
        "http GET,POST https://xn--bcher-kva.example/**",
        "http GET,POST https://localhost/**",
    ])
}

fn verdict(scheme: &str, host: &str, target: &str) -> &'static str {
    code(generous().http(&HttpAsk {
        method: "GET",
        scheme,
        authority: host,
        path_and_query: target,
    }))
}

#[test]
fn honest_spellings_pass() {
    for (scheme, host) in [
        ("http", "127.0.0.1"),
        ("http", "127.0.0.1:8080"),
        ("http", "[::1]"),
        ("https", "allowed.example"),
        ("https", "a.b.allowed.example"),
        ("http", "allowed.example:8080"),
        ("https", "xn--bcher-kva.example"),
        ("https", "localhost"),
    ] {
        assert_eq!(verdict(scheme, host, "/x"), "allowed", "{host}");
    }
}

#[test]
fn loopback_in_any_other_spelling_is_noncanonical() {
    for host in [
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7F000001",
        "0x7f.0.0.1",
        "0x7f.1",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0177.0.0.01",
        "127.0.0.01",
        "127.000.000.001",
        "127.0.0.1.",
        "127.0.0.1..",
        "127.0.0.0x1",
        "１２７.０.０.１",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "127．0．0．1",
        "127｡0｡0｡1",
        "𝟏𝟐𝟕.0.0.1",
        "%31%32%37.0.0.1",
        "127.0.0.256",
        "127.0.0.0.1",
        "0x",
        "00",
        "0",
        "[::1",
        "::1",
        "[::1]x",
        "[0::1]",
        "[::01]",
        "[0:0:0:0:0:0:0:1]",
        "[::0:1]",
        "[::1%lo]",
        "[::1%25lo]",
        "[fe80::1%eth0]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::7f00:1]",
        "[::FFFF:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::1]]",
        "[[::1]]",
        "[v1.x]",
        "[127.0.0.1]",
        "[]",
        "[::1 ]",
    ] {
        assert_eq!(
            verdict("http", host, "/"),
            "http-url-noncanonical",
            "{host}"
        );
    }
}

#[test]
fn hosts_that_hold_more_than_a_host_are_noncanonical() {
    for host in [
        "allowed.example@evil.example",
        "user@allowed.example",
        "user:pass@allowed.example",
        ":@allowed.example",
        "@allowed.example",
        "evil.example\\@allowed.example",
        "evil.example\\.allowed.example",
        "allowed.example\\",
        "evil.example#.allowed.example",
        "allowed.example#",
        "evil.example?.allowed.example",
        "allowed.example?",
        "evil.example/.allowed.example",
        "allowed.example/",
        "allowed\t.example",
        "allowed.example\t",
        "\tallowed.example",
        "allowed\n.example",
        "allowed\r\n.example",
        "allowed.example\r\nHost: evil",
        "allowed\0.example",
        " allowed.example",
        "allowed.example ",
        "allowed .example",
        "allowed.example,evil.example",
        "allowed.example;evil",
        "allowed%2eexample",
        "%61llowed.example",
        "allowed.example%00",
        "allowed.example%23",
        "allowed.example.",
        ".allowed.example",
        "a..allowed.example",
        "ALLOWED.example",
        "Allowed.Example",
        "allowed.exampLe",
        "",
        ".",
        "..",
        "-",
        "*",
        "*.allowed.example",
        "-a.allowed.example",
        "a-.allowed.example",
        "\"allowed.example\"",
        "<allowed.example>",
        "allowed.example|",
        "allowed^.example",
        "allowed`.example",
        "{allowed}.example",
        "a:b:c",
        "allowed.example:",
        "al\u{ad}lowed.example",
        "al\u{200b}lowed.example",
        "al\u{200d}lowed.example",
        "\u{feff}allowed.example",
        "\u{202e}allowed.example",
        "аllowed.example",
        "ａllowed.example",
        "ⓐllowed.example",
        "allowed。example",
        "allowed．example",
        "allowed｡example",
        "bücher.example",
        "BÜCHER.example",
        "ßx.allowed.example",
        "xn--a.allowed.example",
        "xn--.allowed.example",
        "xn--bcher.example.xn--",
        "XN--bcher-kva.example",
    ] {
        assert_eq!(
            verdict("https", host, "/"),
            "http-url-noncanonical",
            "{host:?}"
        );
    }
}

#[test]
fn names_that_look_alike_or_contain_an_allowed_one_are_other_hosts() {
    for host in [
        "allowed.example.evil.example",
        "evilallowed.example",
        "allowed-example",
        "allowed.examples",
        "llowed.example",
        "xn--llowed-2nf.example",
        "a1lowed.example",
        "allowed.example-evil.example",
        "example",
        "allowed",
    ] {
        assert_eq!(verdict("https", host, "/"), "http-host-denied", "{host}");
    }
    assert_eq!(
        verdict("https", "aallowed.example", "/"),
        "http-host-denied"
    );
    assert_eq!(verdict("https", "a.allowed.example", "/"), "allowed");
}

#[test]
fn hosts_and_labels_have_their_length() {
    let label = |n: usize| "a".repeat(n);
    let host = |n: usize| format!("{}.allowed.example", label(n));
    assert_eq!(verdict("https", &host(63), "/"), "allowed");
    assert_eq!(verdict("https", &host(64), "/"), "http-url-noncanonical");
    let long = format!("{}allowed.example", "a.".repeat(119));
    assert_eq!((long.len(), verdict("https", &long, "/")), (253, "allowed"));
    let longer = format!("a{long}");
    assert_eq!(verdict("https", &longer, "/"), "http-url-noncanonical");
}

#[test]
fn ports_have_one_spelling() {
    for port in [
        ":",
        ":0",
        ":00",
        ":08080",
        ":8080 ",
        ": 8080",
        ":+8080",
        ":-1",
        ":65536",
        ":99999999999999999999",
        ":0x1f90",
        ":8080a",
        ":８０８０",
        ":8080:8080",
        ":8080/",
        ":8080\\",
        ":443",
        ":0443",
        ":*",
    ] {
        let host = format!("allowed.example{port}");
        assert_eq!(
            verdict("https", &host, "/"),
            "http-url-noncanonical",
            "{host}"
        );
    }
    assert_eq!(
        verdict("http", "allowed.example:80", "/"),
        "http-url-noncanonical"
    );
    assert_eq!(verdict("http", "allowed.example:8080", "/"), "allowed");
    assert_eq!(
        verdict("http", "allowed.example:443", "/"),
        "http-port-denied"
    );
}

#[test]
fn schemes_have_one_spelling() {
    for (scheme, expected) in [
        ("https", "allowed"),
        ("HTTPS", "http-url-noncanonical"),
        ("Http", "http-url-noncanonical"),
        ("ftp", "http-scheme-denied"),
        ("file", "http-scheme-denied"),
        ("ws", "http-scheme-denied"),
        ("wss", "http-scheme-denied"),
        ("", "http-scheme-denied"),
        ("https:", "http-scheme-denied"),
        ("https ", "http-scheme-denied"),
        ("h\tttps", "http-scheme-denied"),
        ("javascript", "http-scheme-denied"),
        ("http+unix", "http-scheme-denied"),
    ] {
        assert_eq!(
            verdict(scheme, "allowed.example", "/"),
            expected,
            "{scheme:?}"
        );
    }
}

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

#[test]
fn methods_that_are_never_granted_are_denied() {
    for method in [
        "CONNECT",
        "TRACE",
        "TRACK",
        "COPY",
        "MOVE",
        "get",
        "Get",
        "",
        " GET",
        "GET ",
        "GET\r\nX: y",
        "GET / HTTP/1.1",
        "G\0ET",
        "*",
        "GET,POST",
        "ＧＥＴ",
    ] {
        assert_eq!(
            code(ask(&generous(), method, "https://allowed.example/")),
            "http-method-denied",
            "{method:?}"
        );
    }
    assert_eq!(
        code(ask(&generous(), "GET", "https://allowed.example/")),
        "allowed"
    );
}

#[test]
fn a_refusal_shows_what_was_asked_safely_and_briefly() {
    let target = format!("/\u{1b}]8;;evil\u{7}{}", "x".repeat(100_000));
    let denial = generous()
        .http(&HttpAsk {
            method: "GET",
            scheme: "https",
            authority: "allowed.example",
            path_and_query: &target,
        })
        .unwrap_err();
    assert!(is_display_safe(&denial.asked));
    assert!(denial.asked.chars().count() <= 300);
    assert!(denial.narrowest.is_none(), "no grant allows it");
    assert_eq!(denial.class().exit_status(), 3);
}
