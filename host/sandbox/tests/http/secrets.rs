//! Secrets go where they are granted, and do not come back.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use wasmtime_wasi_http::{Error, RequestOptions};

use crate::server::{Server, answer, chunked, ok};
use crate::tls::Authority;
use crate::world::{granted, public, request};

const CANARY: &str = "ghp_Canary+4711/Zz?~x";
const URL: &str = "https://api.example.org/v1";
const GRANTS: [&str; 2] = [
    "http GET,POST https://api.example.org/**",
    "secret token header authorization \"Bearer {secret}\" for https://api.example.org",
];

fn hex(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02x}")).collect()
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| match b.is_ascii_alphanumeric() {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect()
}

/// Every spelling that the issue names.
fn spellings() -> Vec<String> {
    let mut all = vec![
        CANARY.to_owned(),
        hex(CANARY),
        hex(CANARY).to_uppercase(),
        percent(CANARY),
        percent(CANARY).replace("%2B", "%2b"),
    ];
    for before in ["", "u", "u:", "user:"] {
        let text = format!("{before}{CANARY}");
        all.extend([
            STANDARD.encode(&text),
            STANDARD_NO_PAD.encode(&text),
            URL_SAFE.encode(&text),
            URL_SAFE_NO_PAD.encode(&text),
        ]);
    }
    all
}

/// Whether a text holds ten characters of any spelling in a row: not the first and last few, which in base64 belong
/// to what stands around the secret.
fn leaks(text: &str) -> Option<String> {
    spellings().into_iter().find(|spelling| {
        let inner = &spelling.as_bytes()[6..spelling.len() - 4];
        inner
            .windows(10)
            .any(|piece| text.as_bytes().windows(10).any(|window| window == piece))
    })
}

/// An https server of the granted origin that answers with this.
async fn https(bytes: Vec<u8>) -> (Server, std::sync::Arc<crate::world::TestNetwork>) {
    let authority = Authority::new();
    let server = Server::start(
        Some(authority.acceptor("api.example.org", &[])),
        move |mut conn| {
            let bytes = bytes.clone();
            async move {
                conn.request().await;
                conn.send(&bytes).await;
            }
        },
    )
    .await;
    let network = public(&server);
    authority.trusted_by(&network);
    (server, network)
}

#[tokio::test]
async fn a_granted_secret_is_set_by_the_host() {
    let (server, network) = https(ok("hello")).await;
    let mut call = granted(&GRANTS).secret("token", CANARY).over(&network);
    assert_eq!(call.get(URL).await.unwrap().text(), "hello");
    let line = format!("authorization: Bearer {CANARY}\r\n");
    assert_eq!(server.received(0).await.matches(&line).count(), 1);

    let decisions = call.recorder.take();
    let used: Vec<_> = decisions
        .iter()
        .filter(|d| d.capability == "secret")
        .collect();
    assert_eq!(
        (used.len(), used[0].asked.as_str()),
        (1, "token for https://api.example.org/v1")
    );
    assert!(leaks(&format!("{decisions:?}")).is_none());
}

#[tokio::test]
async fn without_the_grant_no_secret_is_set() {
    let (server, network) = https(ok("hello")).await;
    let mut call = granted(&GRANTS[..1]).secret("token", CANARY).over(&network);
    call.get(URL).await.unwrap();
    assert!(!server.received(0).await.contains("authorization"));
}

#[tokio::test]
async fn another_origin_never_gets_it() {
    let (server, network) = https(ok("hello")).await;
    network.route(&format!("{}:8443", crate::world::PUBLIC), &server);
    let all = [
        GRANTS[0],
        GRANTS[1],
        "http GET https://api.example.org:8443/**",
    ];
    let mut call = granted(&all).secret("token", CANARY).over(&network);
    call.get("https://api.example.org:8443/v1").await.unwrap();
    assert!(!server.received(0).await.contains("authorization"));
    call.get(URL).await.unwrap();
    assert!(server.received(1).await.contains("authorization"));
}

#[tokio::test]
async fn a_guest_cannot_set_the_header_itself() {
    let (server, network) = https(ok("hello")).await;
    let mut call = granted(&GRANTS).secret("token", CANARY).over(&network);
    for name in ["authorization", "Authorization"] {
        let sent = call
            .send(
                request("GET", URL, &[(name, "Bearer mine")], b""),
                RequestOptions::default(),
            )
            .await;
        assert!(matches!(sent, Err(Error::HttpRequestDenied)), "{name}");
    }
    assert_eq!(call.denials(), ["http-header-denied", "http-header-denied"]);
    assert_eq!(server.bytes().await, 0);
}

#[tokio::test]
async fn a_part_of_a_response_cannot_be_asked_for() {
    let (server, network) = https(ok("hello")).await;
    let range = [("range", "bytes=0-3")];
    let mut call = granted(&GRANTS).secret("token", CANARY).over(&network);
    let sent = call
        .send(request("GET", URL, &range, b""), RequestOptions::default())
        .await;
    assert!(matches!(sent, Err(Error::HttpRequestDenied)), "{sent:?}");
    assert_eq!(call.denials(), ["http-header-denied"]);
    assert_eq!(server.bytes().await, 0);

    let mut call = granted(&GRANTS[..1]).over(&network);
    call.send(request("GET", URL, &range, b""), RequestOptions::default())
        .await
        .unwrap();
    assert!(server.received(0).await.contains("range: bytes=0-3\r\n"));
}

#[tokio::test]
async fn a_secret_is_not_sent_in_clear_text() {
    let grants = [
        "http GET http://api.example.org/**",
        "secret token header authorization \"Bearer {secret}\" for http://api.example.org",
    ];
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&grants)
        .secret("token", CANARY)
        .over(&public(&server));
    let sent = call.get("http://api.example.org/").await;
    assert!(matches!(sent, Err(Error::HttpRequestDenied)), "{sent:?}");
    assert_eq!(call.denials(), ["secret-unavailable"]);
    assert_eq!(server.bytes().await, 0);
}

#[tokio::test]
async fn a_secret_may_go_to_this_machine_in_clear_text() {
    let server = Server::answering(ok("hello")).await;
    let origin = format!("http://{}", server.addr);
    let grants = [
        format!("http GET {origin}/**"),
        format!("secret token header x-key {{secret}} for {origin}"),
    ];
    let grants: Vec<_> = grants.iter().map(String::as_str).collect();
    let mut call = granted(&grants)
        .secret("token", CANARY)
        .over(&public(&server));
    call.get(&format!("{origin}/")).await.unwrap();
    assert!(
        server
            .received(0)
            .await
            .contains(&format!("x-key: {CANARY}\r\n"))
    );
}

#[tokio::test]
async fn a_request_that_lacks_its_secret_is_not_sent() {
    for (name, value) in [
        ("other", CANARY),
        ("token", "short"),
        ("token", "x"),
        ("token", ""),
        ("token", "with a space at its end "),
        ("token", "two lines\r\nhost: evil.example"),
        ("token", "schlüsselwort"),
    ] {
        let (server, network) = https(ok("hello")).await;
        let mut call = granted(&GRANTS).secret(name, value).over(&network);
        let sent = call.get(URL).await;
        assert!(matches!(sent, Err(Error::HttpRequestDenied)), "{sent:?}");
        let decisions = call.recorder.take();
        let denial = decisions
            .iter()
            .find_map(|d| d.result.as_ref().err())
            .unwrap();
        assert!(
            denial.reason.contains("the secret `token`"),
            "{}",
            denial.reason
        );
        assert!(!denial.reason.contains("short\""), "{}", denial.reason);
        assert_eq!(server.bytes().await, 0);
    }
}

#[tokio::test]
async fn an_echo_in_the_body_is_masked_at_every_border() {
    for spelling in spellings() {
        let text = format!("{{\"you sent\": \"{spelling}\", \"ok\": true}}");
        for size in [1, 2, 3, 7, 16, text.len()] {
            let chunks: Vec<_> = text.as_bytes().chunks(size).collect();
            let (_server, network) = https(chunked(&[], &chunks)).await;
            let got = granted(&GRANTS)
                .secret("token", CANARY)
                .over(&network)
                .get(URL)
                .await
                .unwrap();
            assert!(got.error.is_none());
            assert_eq!(leaks(&got.text()), None, "{size}: {}", got.text());
            assert!(got.text().ends_with("\", \"ok\": true}"), "{}", got.text());
            assert_eq!(got.body.len(), text.len());
        }
    }
}

#[tokio::test]
async fn an_echo_in_a_header_is_masked() {
    for spelling in spellings() {
        let location = format!("https://elsewhere.example/?t={spelling}");
        let headers = [("location", location.as_str()), ("x-plain", "1")];
        let (_server, network) = https(answer("302 Found", &headers, b"")).await;
        let got = granted(&GRANTS)
            .secret("token", CANARY)
            .over(&network)
            .get(URL)
            .await
            .unwrap();
        assert_eq!(leaks(&format!("{:?}", got.headers)), None);
        assert_eq!(got.headers["x-plain"], "1");
    }
    let named = format!("x-{}", hex(CANARY));
    let (_server, network) = https(answer("200 OK", &[(&named, "1")], b"")).await;
    let got = granted(&GRANTS)
        .secret("token", CANARY)
        .over(&network)
        .get(URL)
        .await
        .unwrap();
    assert_eq!(leaks(&format!("{:?}", got.headers)), None);
}

#[tokio::test]
async fn an_echo_in_a_reason_or_an_error_does_not_arrive() {
    for bytes in [
        format!("HTTP/1.1 500 {CANARY}\r\ncontent-length: 0\r\n\r\n"),
        format!("HTTP/1.1 {CANARY}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{CANARY}: \0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{CANARY}\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: {CANARY}\r\ncontent-length: 0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {CANARY}\r\n\r\n"),
    ] {
        let (_server, network) = https(bytes.into_bytes()).await;
        let mut call = granted(&GRANTS).secret("token", CANARY).over(&network);
        let got = match call
            .begin(request("GET", URL, &[], b""), RequestOptions::default())
            .await
        {
            Ok((response, driver)) => {
                assert!(leaks(&format!("{response:?} {:?}", response.extensions())).is_none());
                let driver = tokio::spawn(driver);
                let got = crate::world::read(response).await;
                format!("{got:?} {:?}", driver.await)
            }
            Err(error) => format!("{error} {error:?}"),
        };
        assert_eq!(leaks(&got), None, "{got}");
        assert_eq!(leaks(&format!("{:?}", call.recorder.take())), None);
    }
}

#[tokio::test]
async fn an_echo_under_gzip_is_masked() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(format!("you sent {CANARY}, thanks").as_bytes())
        .unwrap();
    let body = encoder.finish().unwrap();
    let (_server, network) = https(answer("200 OK", &[("content-encoding", "gzip")], &body)).await;
    let got = granted(&GRANTS)
        .secret("token", CANARY)
        .over(&network)
        .get(URL)
        .await
        .unwrap();
    assert_eq!(
        got.text(),
        format!("you sent {}, thanks", "*".repeat(CANARY.len()))
    );
}

#[tokio::test]
async fn a_server_that_never_got_it_cannot_pass_it_on_either() {
    let (_server, network) = https(ok(CANARY)).await;
    let other = Server::answering(ok(&format!("I heard of {CANARY}"))).await;
    network.name("other.example.org", &["1.1.1.1"]);
    network.route("1.1.1.1:80", &other);
    let all = [GRANTS[0], GRANTS[1], "http GET http://other.example.org/**"];
    let mut call = granted(&all).secret("token", CANARY).over(&network);
    let got = call.get("http://other.example.org/").await.unwrap();
    assert_eq!(
        got.text(),
        format!("I heard of {}", "*".repeat(CANARY.len()))
    );
}
