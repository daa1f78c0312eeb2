//! Which requests are sent: each denial has its twin, which differs by the grant alone and is sent.

use std::sync::{Arc, Mutex};

use remit_sandbox::MemoryRecorder;
use wasmtime_wasi_http::{Error, RequestOptions};

use crate::server::{Server, answer, ok};
use crate::world::{Broken, granted, public, request};

/// Sends `method url` under `grant`: the codes of the denials and how many bytes reached the server.
async fn tried(grant: &str, method: &str, url: &str) -> (Vec<&'static str>, usize) {
    let server = Server::answering(ok("hello")).await;
    let network = public(&server);
    let mut call = granted(&[grant]).over(&network);
    let got = call
        .send(request(method, url, &[], b""), RequestOptions::default())
        .await;
    let denials = call.denials();
    match denials.is_empty() {
        true => assert_eq!(
            got.expect("an allowed request is answered").status,
            200,
            "{url}"
        ),
        false => assert!(matches!(got, Err(Error::HttpRequestDenied)), "{got:?}"),
    }
    (denials, server.bytes().await)
}

async fn denied(grant: &str, method: &str, url: &str, code: &str) {
    let (denials, bytes) = tried(grant, method, url).await;
    assert_eq!(denials, [code], "{method} {url} under {grant}");
    assert_eq!(bytes, 0, "{method} {url} under {grant}");
}

async fn allowed(grant: &str, method: &str, url: &str) {
    let (denials, bytes) = tried(grant, method, url).await;
    assert!(
        denials.is_empty(),
        "{method} {url} under {grant}: {denials:?}"
    );
    assert!(bytes > 0);
}

#[tokio::test]
async fn undeclared_host_is_denied() {
    let url = "http://api.example.org/v1";
    denied(
        "http GET http://www.example.org/**",
        "GET",
        url,
        "http-host-denied",
    )
    .await;
    allowed("http GET http://api.example.org/**", "GET", url).await;
}

#[tokio::test]
async fn undeclared_method_is_denied() {
    let url = "http://api.example.org/v1";
    denied(
        "http GET http://api.example.org/**",
        "POST",
        url,
        "http-method-denied",
    )
    .await;
    allowed("http GET,POST http://api.example.org/**", "POST", url).await;
}

#[tokio::test]
async fn connect_and_trace_are_denied_whatever_is_granted() {
    for method in ["TRACE", "CONNECT", "get", "GETT"] {
        let grant = "http GET,POST,PUT,DELETE http://api.example.org/**";
        let server = Server::answering(ok("")).await;
        let mut call = granted(&[grant]).over(&public(&server));
        let sent = call
            .send(
                request(method, "http://api.example.org/v1", &[], b""),
                RequestOptions::default(),
            )
            .await;
        assert!(matches!(sent, Err(Error::HttpRequestDenied)), "{method}");
        assert_eq!(
            (call.denials().len(), server.bytes().await),
            (1, 0),
            "{method}"
        );
    }
}

#[tokio::test]
async fn undeclared_path_is_denied() {
    let grant = "http GET http://api.example.org/v1/**";
    denied(
        grant,
        "GET",
        "http://api.example.org/v1x",
        "http-path-denied",
    )
    .await;
    denied(
        grant,
        "GET",
        "http://api.example.org/V1/a",
        "http-path-denied",
    )
    .await;
    allowed(grant, "GET", "http://api.example.org/v1/a?page=2").await;
}

#[tokio::test]
async fn a_path_that_could_be_read_in_two_ways_is_denied() {
    let grant = "http GET http://api.example.org/v1/**";
    for path in [
        "/v1/../admin",
        "/v1/%2e%2e/admin",
        "/v1/..;/admin",
        "/v1/%2fadmin",
        "/v1//admin",
        "/v1/./a",
        "/v1/%5cadmin",
    ] {
        let (denials, bytes) = tried(grant, "GET", &format!("http://api.example.org{path}")).await;
        assert_eq!((denials.len(), bytes), (1, 0), "{path}");
    }
    allowed(grant, "GET", "http://api.example.org/v1/%C3%A9").await;
}

#[tokio::test]
async fn another_scheme_or_port_is_denied() {
    let grant = "http GET https://api.example.org/**";
    denied(
        grant,
        "GET",
        "http://api.example.org/",
        "http-scheme-denied",
    )
    .await;
    let grant = "http GET http://api.example.org/**";
    denied(
        grant,
        "GET",
        "http://api.example.org:8080/",
        "http-port-denied",
    )
    .await;
    allowed(grant, "GET", "http://api.example.org/").await;
}

#[tokio::test]
async fn every_spelling_of_an_address_but_one_is_denied() {
    let server = Server::answering(ok("hello")).await;
    let port = server.addr.port();
    let grant = format!("http GET http://127.0.0.1:{port}/**");
    for host in [
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
    ] {
        let mut call = granted(&[&grant]).over(&public(&server));
        let sent = call.get(&format!("http://{host}:{port}/")).await;
        assert!(
            matches!(sent, Err(Error::HttpRequestDenied)),
            "{host}: {sent:?}"
        );
        assert_eq!(
            (call.denials().len(), server.bytes().await),
            (1, 0),
            "{host}"
        );
    }
    let mut call = granted(&[&grant]).over(&public(&server));
    assert_eq!(
        call.get(&format!("http://127.0.0.1:{port}/"))
            .await
            .unwrap()
            .text(),
        "hello"
    );
}

#[tokio::test]
async fn a_name_with_something_before_an_at_is_denied() {
    let grant = "http GET http://api.example.org/**";
    let server = Server::answering(ok("hello")).await;
    for url in [
        "http://api.example.org@evil.example/",
        "http://user:pass@api.example.org/",
        "http://evil.example@api.example.org/",
    ] {
        let mut call = granted(&[grant]).over(&public(&server));
        assert!(
            matches!(call.get(url).await, Err(Error::HttpRequestDenied)),
            "{url}"
        );
        assert_eq!(
            (call.denials().len(), server.bytes().await),
            (1, 0),
            "{url}"
        );
    }
}

#[tokio::test]
async fn what_is_judged_is_what_is_sent() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&["http POST http://api.example.org/v1/*"]).over(&public(&server));
    let headers = [("x-mine", "1"), ("content-type", "text/plain")];
    let url = "http://api.example.org/v1/items?q=%41&q=b+c";
    call.send(
        request("POST", url, &headers, b"body"),
        RequestOptions::default(),
    )
    .await
    .unwrap();
    let received = server.received(0).await;
    assert!(
        received.starts_with("POST /v1/items?q=%41&q=b+c HTTP/1.1\r\n"),
        "{received}"
    );
    assert_eq!(
        received.matches("host: api.example.org\r\n").count(),
        1,
        "{received}"
    );
    assert!(
        received.contains("x-mine: 1\r\n") && received.ends_with("\r\n\r\nbody"),
        "{received}"
    );
}

#[tokio::test]
async fn a_redirect_is_data_and_leads_nowhere() {
    let elsewhere = Server::answering(ok("secrets of the cloud")).await;
    for location in [
        format!("http://{}/", elsewhere.addr),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        for status in [
            "301 Moved",
            "302 Found",
            "307 Temporary Redirect",
            "308 Permanent Redirect",
        ] {
            let server = Server::answering(answer(status, &[("location", &location)], b"")).await;
            let network = public(&server);
            let mut call = granted(&["http GET http://api.example.org/**"]).over(&network);
            let got = call.get("http://api.example.org/").await.unwrap();
            assert_eq!(got.status.to_string(), status[..3]);
            assert_eq!(got.headers["location"], location.as_str());
            assert_eq!((network.dialled().len(), elsewhere.connections()), (1, 0));
        }
    }
}

#[tokio::test]
async fn a_decision_is_recorded_before_anything_is_done() {
    let server = Server::answering(ok("hello")).await;
    let network = public(&server);
    for (after, reached) in [(0, 0), (1, 1), (2, 1)] {
        let before = server.connections();
        let broken = Arc::new(Broken {
            after,
            kept: Mutex::default(),
        });
        let unused = Arc::new(MemoryRecorder::default());
        let setup = granted(&["http GET http://api.example.org/**"]);
        let mut call = setup.recorded(&network, broken.clone(), unused);
        let got = call.get("http://api.example.org/").await;
        assert_eq!(got.is_ok(), after == 2, "{after}: {got:?}");
        assert_eq!(server.connections() - before, reached, "{after}");
        assert_eq!(network.lookups() - before, reached, "{after}");
    }
}

#[tokio::test]
async fn a_record_says_who_was_asked_for_what_and_what_came() {
    let server = Server::answering(answer("404 Not Found", &[], b"")).await;
    let mut call = granted(&["http GET http://api.example.org/v1/**"]).over(&public(&server));
    call.get("http://api.example.org/v1/a").await.unwrap();
    let decisions = call.recorder.take();
    let said: Vec<_> = decisions
        .iter()
        .map(|d| (d.capability, d.action.as_str(), d.asked.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("http", "GET", "http://api.example.org/v1/a"),
            ("http", "response", "http://api.example.org/v1/a")
        ]
    );
    let rule = decisions[0].result.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(&*rule.text, "http GET http://api.example.org/v1/**");
    assert_eq!(decisions[1].detail.status, Some(404));
    assert_eq!(
        decisions[1].detail.address.as_deref(),
        Some("93.184.216.34:80")
    );
}

#[tokio::test]
async fn proxy_variables_are_not_asked() {
    let proxy = Server::answering(ok("from the proxy")).await;
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "decisions::what_is_judged_is_what_is_sent"]);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        again.env(name, format!("http://{}", proxy.addr));
    }
    let status = tokio::task::spawn_blocking(move || again.output().unwrap().status)
        .await
        .unwrap();
    assert!(status.success());
    assert_eq!(proxy.connections(), 0);
}
