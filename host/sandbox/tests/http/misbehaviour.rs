//! Servers that break the protocol, and what the guest hears of it.

use std::time::Duration;

use wasmtime_wasi_http::Error;

use crate::server::{Server, chunked, ok};
use crate::world::{Got, granted, public};

const GRANT: &str = "http GET http://api.example.org/** max-response=1MiB";
const URL: &str = "http://api.example.org/";

async fn answered(bytes: impl Into<Vec<u8>>) -> Result<Got, Error> {
    let server = Server::answering(bytes).await;
    granted(&[GRANT])
        .within(Duration::from_secs(5))
        .over(&public(&server))
        .get(URL)
        .await
}

/// The error of the exchange, or of the body.
async fn failed(bytes: impl Into<Vec<u8>>) -> Error {
    match answered(bytes).await {
        Ok(got) => got
            .error
            .unwrap_or_else(|| panic!("no error: {}", got.status)),
        Err(error) => error,
    }
}

#[tokio::test]
async fn garbage_is_a_protocol_error() {
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01"[..],
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: \0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: ten\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello",
    ] {
        let error = failed(garbage).await;
        let protocol = matches!(
            error,
            Error::HttpProtocolError | Error::ConnectionTerminated | Error::HttpResponseIncomplete
        );
        assert!(protocol, "{}: {error:?}", String::from_utf8_lossy(garbage));
    }
}

#[tokio::test]
async fn an_early_close_is_an_incomplete_response() {
    for bytes in [
        &b""[..],
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffff\r\nhello",
    ] {
        let error = failed(bytes).await;
        let early = matches!(
            error,
            Error::HttpResponseIncomplete | Error::ConnectionTerminated
        );
        assert!(early, "{}: {error:?}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn headers_without_end_are_cut() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(300));
    assert!(matches!(
        failed(many).await,
        Error::HttpResponseHeaderSectionSize(_)
    ));
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(70 * 1024));
    assert!(matches!(
        failed(long).await,
        Error::HttpResponseHeaderSectionSize(_)
    ));

    let endless = Server::start(None, |mut conn| async move {
        conn.request().await;
        conn.send(b"HTTP/1.1 200 OK\r\nx: ").await;
        while conn.send(&[b'y'; 1024]).await {}
    })
    .await;
    let sent = granted(&[GRANT]).over(&public(&endless)).get(URL).await;
    assert!(
        matches!(sent, Err(Error::HttpResponseHeaderSectionSize(_))),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    for head in [
        "",
        "transfer-encoding: chunked\r\n",
        "content-length: 1048576\r\n",
    ] {
        let server = Server::start(None, move |mut conn| async move {
            conn.request().await;
            conn.send(format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes())
                .await;
            let chunk = match head.starts_with("transfer") {
                true => [b"1000\r\n", &[b'x'; 4096][..], b"\r\n"].concat(),
                false => vec![b'x'; 4096],
            };
            while conn.send(&chunk).await {}
        })
        .await;
        let got = granted(&[GRANT])
            .over(&public(&server))
            .get(URL)
            .await
            .unwrap();
        match head.starts_with("content-length") {
            // What comes after the declared end belongs to nobody.
            true => assert!(got.error.is_none() && got.body.len() == 1 << 20),
            false => assert!(
                matches!(got.error, Some(Error::HttpResponseBodySize(_))),
                "{:?}",
                got.error
            ),
        }
        assert!(got.body.len() <= 1 << 20, "{}", got.body.len());
    }
}

#[tokio::test]
async fn interim_responses_are_skipped() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n";
    let got = answered([interim.as_bytes(), &ok("hello")].concat())
        .await
        .unwrap();
    assert_eq!((got.status, got.text().as_str()), (200, "hello"));
    assert!(got.headers.get("link").is_none());
}

#[tokio::test]
async fn interim_responses_without_end_end_at_the_deadline() {
    let server = Server::start(None, |mut conn| async move {
        conn.request().await;
        while conn.send(b"HTTP/1.1 100 Continue\r\n\r\n").await {}
    })
    .await;
    let mut call = granted(&[GRANT])
        .within(Duration::from_millis(300))
        .over(&public(&server));
    let sent = call.get(URL).await;
    assert!(matches!(sent, Err(Error::HttpResponseTimeout)), "{sent:?}");
}

#[tokio::test]
async fn a_protocol_switch_is_refused() {
    let error = failed(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    )
    .await;
    assert!(matches!(error, Error::HttpUpgradeFailed), "{error:?}");
}

#[tokio::test]
async fn another_transfer_coding_is_refused() {
    for codings in [
        &["gzip, chunked"][..],
        &["chunked, chunked"],
        &["chunked", "chunked"],
        &["gzip", "chunked"],
        &["identity"],
        &["xchunked"],
        &["chunked;q=1"],
        &[""],
    ] {
        let lines: String = codings
            .iter()
            .map(|coding| format!("transfer-encoding: {coding}\r\n"))
            .collect();
        let error = failed(format!("HTTP/1.1 200 OK\r\n{lines}\r\n0\r\n\r\n")).await;
        assert!(
            matches!(error, Error::HttpResponseTransferCoding(_)),
            "{codings:?}: {error:?}"
        );
    }
    for coding in ["chunked", "Chunked", " chunked "] {
        let bytes =
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
        assert_eq!(answered(bytes).await.unwrap().text(), "hi", "{coding}");
    }
}

#[tokio::test]
async fn what_is_chunked_has_no_other_length() {
    let bytes = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\ntransfer-encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n0\r\n\r\n";
    let got = answered(bytes).await.unwrap();
    assert_eq!((got.text().as_str(), got.error.is_none()), ("hello", true));
    assert!(!got.headers.contains_key("content-length"));
}

#[tokio::test]
async fn a_status_that_has_no_body_has_none() {
    for status in ["204 No Content", "304 Not Modified"] {
        let bytes = format!("HTTP/1.1 {status}\r\ncontent-length: 5\r\n\r\nhello");
        let got = answered(bytes).await.unwrap();
        assert!(got.body.is_empty() && got.error.is_none(), "{status}");
    }
}

#[tokio::test]
async fn trailers_of_a_response_are_dropped() {
    let mut bytes = chunked(&[("trailer", "x-late")], &[b"hello"]);
    bytes.truncate(bytes.len() - 2);
    bytes.extend_from_slice(b"x-late: 1\r\n\r\n");
    let got = answered(bytes).await.unwrap();
    assert_eq!((got.text().as_str(), got.error.is_none()), ("hello", true));
}

#[tokio::test]
async fn bytes_after_the_response_are_not_a_response() {
    let got = answered([ok("hello"), ok("smuggled")].concat())
        .await
        .unwrap();
    assert_eq!((got.text().as_str(), got.error.is_none()), ("hello", true));
}

#[tokio::test]
async fn a_refused_connection_is_an_error_and_not_a_denial() {
    let server = Server::answering(ok("hello")).await;
    let network = public(&server);
    network.name("api.example.org", &["1.1.1.1"]);
    let mut call = granted(&[GRANT]).over(&network);
    assert!(matches!(call.get(URL).await, Err(Error::ConnectionRefused)));
    assert!(call.denials().is_empty());
}
