//! Which headers a guest may set.

use super::support::*;

#[test]
fn headers_that_belong_to_the_host_are_denied_in_any_case() {
    let authority = authority(&["http GET https://a.example/**"]);
    for name in [
        "host",
        "Host",
        ":authority",
        ":path",
        "Content-Length",
        "transfer-encoding",
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Upgrade",
        "HTTP2-Settings",
        "Expect",
        "Proxy-Authorization",
        "proxy-connection",
        "Forwarded",
        "X-Forwarded-For",
        "x-forwarded-host",
        "X-Forwarded-Anything",
        "Via",
        "X-HTTP-Method-Override",
        "X-Original-URL",
        "X-Rewrite-URL",
        "x_forwarded_for",
        "content_length",
        "X-Real-IP",
        "X-Forwarded",
        "x.forwarded.for",
        "X~Forwarded!For",
        "transfer.encoding",
        "content*length",
        "Proxy",
        "x-original-uri",
        "X-Original-Method",
        "client_ip",
    ] {
        let denial = authority.header(name, b"x").unwrap_err();
        assert_eq!(denial.code(), "http-header-denied", "{name}");
    }
    for name in [
        "accept",
        "Authorization",
        "content-type",
        "if-none-match",
        "x-api-key",
        "user-agent",
        "cookie",
        "range",
        "hostname",
        "x-host-id",
        "proxies",
        "x_request_id",
        "x.request.id",
        "teapot",
    ] {
        assert_eq!(authority.header(name, b"plain value"), Ok(()), "{name}");
    }
}

#[test]
fn malformed_headers_are_denied() {
    let authority = authority(&[]);
    for name in ["", " ", "a b", "a:", "a\r\nb", "a\0", "é", "a,b", "(a)"] {
        assert!(authority.header(name, b"x").is_err(), "{name:?}");
    }
    for value in [
        &b"a\r\nhost: evil"[..],
        b"a\nb",
        b"a\rb",
        b"a\0b",
        b"\x1b[31m",
        b"\x7f",
    ] {
        assert!(authority.header("x-a", value).is_err(), "{value:?}");
    }
    for value in [&b""[..], b"a b\tc", "é".as_bytes()] {
        assert_eq!(authority.header("x-a", value), Ok(()));
    }
}

#[test]
fn a_header_that_a_secret_sets_is_the_hosts() {
    let with = authority(&["secret t header x-api-key {secret} for https://a.example"]);
    for name in [
        "x-api-key",
        "X-Api-Key",
        "x_api_key",
        "x.api.key",
        "X-API_KEY",
    ] {
        assert!(with.header(name, b"mine").is_err(), "{name}");
    }
    assert_eq!(with.header("authorization", b"x"), Ok(()));
    assert_eq!(authority(&[]).header("x-api-key", b"mine"), Ok(()));
}

#[test]
fn a_part_of_a_response_cannot_be_asked_for_where_a_secret_could_be_in_it() {
    let with = authority(&["secret t header x-api-key {secret} for https://a.example"]);
    let without = authority(&[]);
    for name in [
        "range",
        "Range",
        "if-range",
        "Request-Range",
        "request_range",
        "x-ms-range",
        "A-IM",
    ] {
        let denial = with.header(name, b"bytes=0-3").unwrap_err();
        assert_eq!(denial.code(), "http-header-denied", "{name}");
        assert_eq!(without.header(name, b"bytes=0-3"), Ok(()), "{name}");
    }
    assert_eq!(with.header("accept-ranges", b"bytes"), Ok(()));
}
