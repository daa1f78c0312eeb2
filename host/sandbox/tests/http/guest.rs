//! What a guest asks through wasi:http in its own words, and what reaches the server.

use serde_json::json;

use crate::evil::{GRANT, evil, get, with};
use crate::server::{Server, answer, ok};
use crate::world::public;

#[tokio::test]
async fn a_granted_request_is_answered() {
    let server = Server::answering(answer("201 Created", &[("x-a", "1")], b"hello")).await;
    let done = evil(&public(&server), &[GRANT], get("/v1/a")).await;
    let value = done.value();
    assert_eq!(
        (&value["ok"], &value["status"], &value["body"]),
        (&json!(true), &json!(201), &json!("hello"))
    );
    assert!(done.denials().is_empty());
    assert_eq!(done.report.usage.http_requests, 1);
    assert_eq!(done.report.usage.bytes_in, 5);
    assert_eq!(done.report.usage.bytes_out, server.bytes().await as u64);
}

#[tokio::test]
async fn a_body_is_sent_as_it_was_written() {
    let server = Server::answering(ok("thanks")).await;
    let ask = with(
        get("/v1/a"),
        json!({"method": "POST", "body": "one", "body_bytes": 10000}),
    );
    let done = evil(&public(&server), &[GRANT], ask.clone()).await;
    assert_eq!(done.value()["status"], 200);
    assert!(
        server
            .received(0)
            .await
            .contains("transfer-encoding: chunked\r\n")
    );

    let headers = json!([["content-length", "10003"]]);
    let done = evil(
        &public(&server),
        &[GRANT],
        with(ask, json!({"headers": headers})),
    )
    .await;
    assert_eq!(done.value()["status"], 200);
    let received = server.received(1).await;
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("content-length: 10003") && !head.contains("transfer-encoding"),
        "{head}"
    );
    assert_eq!(body.len(), 10003);
}

#[tokio::test]
async fn what_is_not_granted_is_denied_and_recorded_once() {
    let server = Server::answering(ok("hello")).await;
    for (code, more) in [
        ("http-host-denied", json!({"authority": "www.example.org"})),
        ("http-method-denied", json!({"method": "DELETE"})),
        ("http-method-denied", json!({"method": "TRACE"})),
        ("http-path-denied", json!({"path": "/v2/a"})),
        ("http-scheme-denied", json!({"scheme": "https"})),
        (
            "http-port-denied",
            json!({"authority": "api.example.org:8080"}),
        ),
    ] {
        let network = public(&server);
        let done = evil(&network, &[GRANT], with(get("/v1/a"), more.clone())).await;
        let value = done.value();
        assert_eq!(
            (&value["ok"], &value["error"]),
            (&json!(false), &json!("http-request-denied")),
            "{more}"
        );
        assert_eq!(done.denials(), [code], "{more}");
        assert_eq!((network.lookups(), server.connections()), (0, 0), "{more}");
    }
}

#[tokio::test]
async fn a_hostile_spelling_is_refused_on_record_and_sends_nothing() {
    let server = Server::answering(ok("hello")).await;
    let url = |authority: &str| json!({"authority": authority});
    let path = |path: &str| json!({"path": path});
    for more in [
        url("api.example.org@evil.example"),
        url("evil.example\\@api.example.org"),
        url("evil.example#@api.example.org"),
        url("api.example\t.org"),
        url("api.example.org\r\nx: y"),
        url("api.example.org."),
        url("API.example.org"),
        url("api.example.org:"),
        url("api.example.org:0"),
        url("api.example.org:080"),
        url("api%2eexample.org"),
        url("api。example。org"),
        url("ａpi.example.org"),
        url(""),
        path("/v1/../admin"),
        path("/v1/%2e%2e/admin"),
        path("/v1/..;/admin"),
        path("/v1\\..\\admin"),
        path("/v1//admin"),
        path("/v1/a#b"),
        path("/v1/a b"),
        path("/v1/a\r\nx: y"),
        path("/v1/a\u{0}"),
        path("/v1/é"),
        path("http://evil.example/v1/a"),
        path("v1/a"),
        path("*"),
        json!({"method": "GET /v1/a HTTP/1.1\r\nhost: evil.example\r\n\r\nGET"}),
        json!({"method": "G\u{0}T"}),
        json!({"method": "get"}),
        json!({"scheme": "ftp"}),
        json!({"scheme": "HTTP"}),
        json!({"scheme": "h ttp"}),
    ] {
        let network = public(&server);
        let done = evil(&network, &[GRANT], with(get("/v1/a"), more.clone())).await;
        assert_eq!(done.value()["ok"], false, "{more}: {}", done.value());
        assert_eq!(done.denials().len(), 1, "{more}: {:?}", done.denials());
        assert_eq!((network.lookups(), server.connections()), (0, 0), "{more}");
    }
}

#[tokio::test]
async fn every_other_spelling_of_an_address_is_refused() {
    let server = Server::answering(ok("hello")).await;
    let port = server.addr.port();
    let grant = format!("http GET http://127.0.0.1:{port}/**");
    for host in [
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "127。0。0。1",
        "１２７.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "[::ffff:7f00:1]",
        "localhost",
        "0",
        "0.0.0.0",
        "[::]",
        "[::1%25lo]",
    ] {
        let authority = format!("{host}:{port}");
        let done = evil(
            &public(&server),
            &[&grant],
            with(get("/"), json!({"authority": authority})),
        )
        .await;
        assert_eq!(done.value()["ok"], false, "{host}");
        assert_eq!(
            (done.denials().len(), server.connections()),
            (1, 0),
            "{host}"
        );
    }
    let authority = format!("127.0.0.1:{port}");
    let done = evil(
        &public(&server),
        &[&grant],
        with(get("/"), json!({"authority": authority})),
    )
    .await;
    assert_eq!(done.value()["status"], 200);
}

#[tokio::test]
async fn the_hosts_headers_cannot_be_set() {
    let server = Server::answering(ok("hello")).await;
    for name in [
        "host",
        "Host",
        "transfer-encoding",
        "connection",
        "te",
        "upgrade",
        "expect",
        "x-forwarded-for",
        "forwarded",
        "proxy-authorization",
    ] {
        let ask = with(get("/v1/a"), json!({"headers": [[name, "evil.example"]]}));
        let done = evil(&public(&server), &[GRANT], ask).await;
        let value = done.value();
        assert_eq!(
            (&value["error"], &value["stage"]),
            (&json!("forbidden"), &json!("headers")),
            "{name}"
        );
        assert_eq!(done.denials(), ["http-header-denied"], "{name}");
    }
    for (name, value) in [
        ("x-a", "1\r\nhost: evil.example"),
        ("x-a", "1\u{0}"),
        ("x a", "1"),
        (":authority", "evil.example"),
        ("x-a\r\nhost", "1"),
        ("", "1"),
    ] {
        let ask = with(get("/v1/a"), json!({"headers": [[name, value]]}));
        let done = evil(&public(&server), &[GRANT], ask).await;
        assert_eq!(done.value()["ok"], false, "{name:?}: {value:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn trailers_do_not_reach_the_server() {
    let server = Server::answering(ok("hello")).await;
    let ask = with(
        get("/v1/a"),
        json!({"method": "POST", "body": "x", "trailers": [["x-late", "1"]]}),
    );
    let done = evil(&public(&server), &[GRANT], ask).await;
    assert_eq!(done.value()["ok"], false, "{}", done.value());
    assert_eq!(done.denials(), ["http-header-denied"]);
    assert!(!server.received(0).await.contains("x-late"));
}

#[tokio::test]
async fn an_address_that_is_not_public_is_denied() {
    let server = Server::answering(ok("hello")).await;
    let network = public(&server);
    for answers in [
        &["127.0.0.1"][..],
        &["169.254.169.254"],
        &["93.184.216.34", "10.0.0.1"],
        &["::ffff:127.0.0.1"],
    ] {
        network.name("api.example.org", answers);
        let done = evil(&network, &[GRANT], get("/v1/a")).await;
        assert_eq!(done.value()["error"], "http-request-denied", "{answers:?}");
        assert_eq!(done.denials(), ["http-address-denied"], "{answers:?}");
        assert!(network.dialled().is_empty(), "{answers:?}");
    }
}
