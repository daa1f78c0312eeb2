//! Budgets, caps and deadlines.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use wasmtime_wasi_http::{Error, RequestOptions};

use crate::server::{Server, chunked, ok};
use crate::world::{granted, public, request, streamed};

const GRANT: &str = "http GET,POST http://api.example.org/**";
const URL: &str = "http://api.example.org/";

#[tokio::test]
async fn a_call_has_a_budget_of_requests() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&[GRANT]).requests(3).over(&public(&server));
    for at in 0..5 {
        assert_eq!(call.get(URL).await.is_ok(), at < 3, "{at}");
    }
    assert_eq!(
        call.denials(),
        ["http-request-budget", "http-request-budget"]
    );
    assert_eq!(server.connections(), 3);
    assert_eq!(call.usage.http_requests.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_grant_has_a_budget_of_requests() {
    let server = Server::answering(ok("hello")).await;
    let grants = [
        "http GET http://api.example.org/a/** max-requests=2",
        "http GET http://api.example.org/b/**",
    ];
    let mut call = granted(&grants).over(&public(&server));
    for at in 0..4 {
        assert_eq!(
            call.get("http://api.example.org/a/x").await.is_ok(),
            at < 2,
            "{at}"
        );
        assert!(call.get("http://api.example.org/b/x").await.is_ok(), "{at}");
    }
    let decisions = call.recorder.take();
    let over = decisions
        .iter()
        .find_map(|d| d.result.as_ref().err())
        .unwrap();
    assert_eq!(over.code(), "http-request-budget");
    assert_eq!(
        over.narrowest.as_ref().unwrap().to_string(),
        "http GET http://api.example.org/a/x max-requests=1"
    );
    assert_eq!(server.connections(), 6);
}

#[tokio::test]
async fn a_second_grant_for_the_same_request_adds_its_budget() {
    let server = Server::answering(ok("hello")).await;
    let grants = [
        "http GET http://api.example.org/** max-requests=1",
        "http GET http://api.example.org/a max-requests=2",
    ];
    let mut call = granted(&grants).over(&public(&server));
    for at in 0..4 {
        assert_eq!(
            call.get("http://api.example.org/a").await.is_ok(),
            at < 3,
            "{at}"
        );
    }
}

#[tokio::test]
async fn a_denied_request_costs_nothing_of_the_budget() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&[GRANT]).requests(1).over(&public(&server));
    assert!(call.get("http://evil.example/").await.is_err());
    assert!(call.get(URL).await.is_ok());
}

#[tokio::test]
async fn a_response_is_cut_at_its_grants_limit() {
    let grant = format!("{GRANT} max-response=1KiB");
    let large = "x".repeat(1025);
    let closed = [b"HTTP/1.1 200 OK\r\n\r\n", large.as_bytes()].concat();
    for (name, response) in [
        ("declared", ok(&large)),
        ("chunked", chunked(&[], &[large.as_bytes()])),
        ("chunks", chunked(&[], &[&[b'x'; 600], &[b'x'; 600]])),
        ("until it closes", closed),
    ] {
        let server = Server::answering(response).await;
        let mut call = granted(&[&grant]).over(&public(&server));
        let error = match call.get(URL).await {
            Ok(got) => {
                assert!(got.body.len() <= 1024, "{name}: {}", got.body.len());
                got.error
            }
            Err(error) => Some(error),
        };
        assert!(
            matches!(error, Some(Error::HttpResponseBodySize(Some(1024)))),
            "{name}: {error:?}"
        );
        assert_eq!(call.denials(), ["http-response-too-large"], "{name}");
    }
    let server = Server::answering(ok(&large[1..])).await;
    let got = granted(&[&grant])
        .over(&public(&server))
        .get(URL)
        .await
        .unwrap();
    assert_eq!((got.body.len(), got.error.is_none()), (1024, true));
}

#[tokio::test]
async fn a_response_that_says_it_is_too_large_is_not_begun() {
    let server = Server::answering(ok(&"x".repeat(1025))).await;
    let grant = format!("{GRANT} max-response=1KiB");
    let mut call = granted(&[&grant]).over(&public(&server));
    let begun = call
        .begin(request("GET", URL, &[], b""), RequestOptions::default())
        .await;
    assert!(matches!(
        begun.err(),
        Some(Error::HttpResponseBodySize(Some(1024)))
    ));
    assert_eq!(call.denials(), ["http-response-too-large"]);
}

#[tokio::test]
async fn a_head_may_name_any_length() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n").await;
    let mut call =
        granted(&["http HEAD http://api.example.org/** max-response=1KiB"]).over(&public(&server));
    let got = call
        .send(request("HEAD", URL, &[], b""), RequestOptions::default())
        .await
        .unwrap();
    assert_eq!(got.headers["content-length"], "99999999999");
    assert!(got.body.is_empty() && got.error.is_none());
}

#[tokio::test]
async fn a_request_is_at_most_64_mib() {
    let server = Server::start(None, |mut conn| async move { conn.drain().await }).await;
    let mut call = granted(&[GRANT]).over(&public(&server));
    let piece = Bytes::from(vec![b'x'; 1 << 20]);
    let frames = stream::repeat_with(move || Ok(Frame::data(piece.clone())));
    let sent = call
        .send(
            streamed("POST", URL, &[], frames),
            RequestOptions::default(),
        )
        .await;
    assert!(
        matches!(sent, Err(Error::HttpRequestBodySize(Some(_)))),
        "{sent:?}"
    );
    assert!(call.usage.bytes_out.load(Ordering::Relaxed) <= (64 << 20) + 1024);
}

#[tokio::test]
async fn bytes_are_counted() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&[GRANT]).over(&public(&server));
    call.send(
        request("POST", URL, &[], b"12345678"),
        RequestOptions::default(),
    )
    .await
    .unwrap();
    assert_eq!(call.usage.bytes_in.load(Ordering::Relaxed), 5);
    let out = call.usage.bytes_out.load(Ordering::Relaxed);
    assert_eq!(
        out,
        server.bytes().await as u64,
        "{}",
        server.received(0).await
    );
}

/// How long a call lasts whose server behaves like this and whose time is 300 ms, and what it ends with.
async fn timed<R>(
    script: impl Fn(crate::server::Conn) -> R + Send + Sync + 'static,
    options: RequestOptions,
) -> (Duration, Error)
where
    R: Future<Output = ()> + Send + 'static,
{
    let server = Server::start(None, script).await;
    let mut call = granted(&[GRANT])
        .within(Duration::from_millis(300))
        .over(&public(&server));
    let start = Instant::now();
    let error = match call.send(request("GET", URL, &[], b""), options).await {
        Ok(got) => got.error.expect("the body ends with an error"),
        Err(error) => error,
    };
    (start.elapsed(), error)
}

fn near(took: Duration, expected: u64) {
    let expected = Duration::from_millis(expected);
    assert!(
        took >= expected && took < expected + Duration::from_millis(600),
        "{took:?}, not {expected:?}"
    );
}

#[tokio::test]
async fn a_silent_server_ends_at_the_deadline() {
    let silent = |mut conn: crate::server::Conn| async move { conn.drain().await };
    let (took, error) = timed(silent, RequestOptions::default()).await;
    near(took, 300);
    assert!(matches!(error, Error::HttpResponseTimeout), "{error:?}");
}

#[tokio::test]
async fn the_guests_first_byte_timeout_is_kept() {
    let silent = |mut conn: crate::server::Conn| async move { conn.drain().await };
    let options = RequestOptions {
        first_byte_timeout: Some(Duration::from_millis(50)),
        ..RequestOptions::default()
    };
    let (took, error) = timed(silent, options).await;
    near(took, 50);
    assert!(matches!(error, Error::HttpResponseTimeout), "{error:?}");
}

#[tokio::test]
async fn the_guests_timeouts_never_outlast_the_call() {
    let centuries = Some(Duration::from_nanos(u64::MAX));
    let options = RequestOptions {
        connect_timeout: centuries,
        first_byte_timeout: centuries,
        between_bytes_timeout: centuries,
    };
    let dribbling = |mut conn: crate::server::Conn| async move {
        conn.request().await;
        conn.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            .await;
        conn.dribble(&[b'x'; 10_000], Duration::from_millis(5))
            .await;
    };
    let (took, error) = timed(dribbling, options).await;
    near(took, 300);
    assert!(matches!(error, Error::HttpResponseTimeout), "{error:?}");
}

#[tokio::test]
async fn a_server_that_always_has_a_byte_more_ends_at_the_deadline() {
    let small = b"1\r\nx\r\n".repeat(4096);
    let flooding = move |mut conn: crate::server::Conn| {
        let small = small.clone();
        async move {
            conn.request().await;
            conn.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                .await;
            while conn.send(&small).await {}
        }
    };
    let (took, error) = timed(flooding, RequestOptions::default()).await;
    near(took, 300);
    assert!(matches!(error, Error::HttpResponseTimeout), "{error:?}");
}

#[tokio::test]
async fn the_guests_timeout_between_bytes_is_kept() {
    let stalling = |mut conn: crate::server::Conn| async move {
        conn.request().await;
        conn.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello")
            .await;
        conn.drain().await;
    };
    let options = RequestOptions {
        between_bytes_timeout: Some(Duration::from_millis(50)),
        ..RequestOptions::default()
    };
    let (took, error) = timed(stalling, options).await;
    near(took, 50);
    assert!(matches!(error, Error::ConnectionReadTimeout), "{error:?}");
}

#[tokio::test]
async fn a_server_that_does_not_read_ends_at_the_deadline() {
    let server = Server::start(None, |conn| async move {
        let _conn = conn;
        std::future::pending::<()>().await;
    })
    .await;
    // Before the deadline is set, which counts from there.
    let start = Instant::now();
    let mut call = granted(&[GRANT])
        .within(Duration::from_millis(300))
        .over(&public(&server));
    let piece = Bytes::from(vec![b'x'; 1 << 20]);
    let frames = stream::repeat_with(move || Ok(Frame::data(piece.clone())));
    let sent = call
        .send(
            streamed("POST", URL, &[], frames),
            RequestOptions::default(),
        )
        .await;
    near(start.elapsed(), 300);
    assert!(matches!(sent, Err(Error::HttpResponseTimeout)), "{sent:?}");
}

#[tokio::test]
async fn a_dropped_exchange_closes_its_connection() {
    let server = Server::start(None, |mut conn| async move {
        conn.request().await;
        conn.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello")
            .await;
        conn.drain().await;
    })
    .await;
    let network = public(&server);
    let mut call = granted(&[GRANT]).over(&network);
    let begun = call
        .begin(request("GET", URL, &[], b""), RequestOptions::default())
        .await
        .unwrap();
    assert_eq!(server.open(), 1);
    drop(begun);
    closed(&server).await;

    // Nor does one that is dropped before its head has come.
    let silent = Server::start(None, |mut conn| async move { conn.drain().await }).await;
    let mut call = granted(&[GRANT]).over(&public(&silent));
    let pending = call.get(URL);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), pending)
            .await
            .is_err()
    );
    closed(&silent).await;
}

async fn closed(server: &Server) {
    for _ in 0..100 {
        if server.open() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} connections are still open", server.open());
}

#[tokio::test]
async fn a_call_has_sixteen_connections_at_once() {
    let server = Server::start(None, |mut conn| async move {
        conn.request().await;
        conn.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
            .await;
        conn.drain().await;
    })
    .await;
    let network = public(&server);
    let mut call = granted(&[GRANT]).over(&network);
    let options = RequestOptions {
        connect_timeout: Some(Duration::from_millis(50)),
        ..RequestOptions::default()
    };
    let mut open = Vec::new();
    for _ in 0..16 {
        let begun = call.begin(request("GET", URL, &[], b""), options);
        open.push(begun.await.unwrap());
    }
    let more = call.begin(request("GET", URL, &[], b""), options).await;
    assert!(matches!(more, Err(Error::ConnectionLimitReached)));
    assert_eq!(server.connections(), 16);
    open.pop();
    assert!(
        call.begin(request("GET", URL, &[], b""), options)
            .await
            .is_ok()
    );
}
