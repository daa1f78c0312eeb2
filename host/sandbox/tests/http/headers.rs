//! Which headers a guest sets, which are the host's, and which come back.

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use wasmtime_wasi_http::{Error, RequestOptions, WasiHttpHooks};

use crate::server::{Server, answer, ok};
use crate::world::{granted, public, request, streamed};

const GRANT: &str = "http GET,POST http://api.example.org/**";
const URL: &str = "http://api.example.org/";

#[tokio::test]
async fn a_header_of_the_hosts_is_denied() {
    for name in [
        "host",
        "transfer-encoding",
        "connection",
        "te",
        "upgrade",
        "expect",
        "keep-alive",
        "trailer",
        "forwarded",
        "proxy-authorization",
        "proxy-connection",
        "x-forwarded-for",
        "x-forwarded-host",
        "http2-settings",
    ] {
        let server = Server::answering(ok("hello")).await;
        let mut call = granted(&[GRANT]).over(&public(&server));
        let sent = call
            .send(
                request("GET", URL, &[(name, "api.example.org")], b""),
                RequestOptions::default(),
            )
            .await;
        assert!(matches!(sent, Err(Error::HttpRequestDenied)), "{name}");
        assert_eq!(call.denials(), ["http-header-denied"], "{name}");
        assert_eq!(server.bytes().await, 0, "{name}");

        let name = http::HeaderName::from_static(name);
        assert!(
            call.hooks.is_forbidden_header(&name),
            "a guest cannot put {name} into fields"
        );
        assert_eq!(call.denials(), ["http-header-denied"], "{name}");
    }
    for name in [
        "accept",
        "user-agent",
        "x-request-id",
        "authorization",
        "cookie",
        "range",
        "if-none-match",
    ] {
        let server = Server::answering(ok("hello")).await;
        let mut call = granted(&[GRANT]).over(&public(&server));
        let sent = call
            .send(
                request("GET", URL, &[(name, "v")], b""),
                RequestOptions::default(),
            )
            .await;
        assert_eq!(sent.unwrap().status, 200, "{name}");
        assert!(
            server.received(0).await.contains(&format!("{name}: v\r\n")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_declared_length_frames_the_body() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&[GRANT]).over(&public(&server));
    let headers = [("content-length", "4")];
    call.send(
        request("POST", URL, &headers, b"body"),
        RequestOptions::default(),
    )
    .await
    .unwrap();
    let received = server.received(0).await;
    assert_eq!(
        received.matches("content-length: 4\r\n").count(),
        1,
        "{received}"
    );
    assert!(!received.contains("transfer-encoding"), "{received}");
}

#[tokio::test]
async fn a_length_that_the_body_does_not_have_sends_no_whole_request() {
    for (declared, frames) in [
        ("10", vec!["short"]),
        ("3", vec!["too long"]),
        ("3", vec!["abc", "d"]),
    ] {
        let server = Server::answering(ok("hello")).await;
        let mut call = granted(&[GRANT]).over(&public(&server));
        let frames = stream::iter(frames).map_frames();
        let length: usize = declared.parse().unwrap();
        let sent = call
            .send(
                streamed("POST", URL, &[("content-length", declared)], frames),
                RequestOptions::default(),
            )
            .await;
        // Not a byte more than what was declared, so that nothing can be taken for a second request.
        let received = server.received(0).await;
        let body = received.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        match sent {
            Err(Error::HttpRequestBodySize(_)) => {
                assert!(body.len() <= length, "{declared}: {body}")
            }
            // What was over came after the whole of what was declared, and was never asked for.
            Ok(_) => assert_eq!(body, "abc"),
            Err(error) => panic!("{declared}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn a_length_without_a_body_is_not_sent() {
    let server = Server::answering(ok("hello")).await;
    for method in ["GET", "POST"] {
        let mut call = granted(&[GRANT]).over(&public(&server));
        let headers = [("content-length", "5")];
        let sent = call
            .send(
                request(method, URL, &headers, b""),
                RequestOptions::default(),
            )
            .await;
        assert!(
            matches!(sent, Err(Error::HttpRequestBodySize(Some(0)))),
            "{sent:?}"
        );
    }
    assert_eq!(server.bytes().await, 0);
    let mut call = granted(&[GRANT]).over(&public(&server));
    let headers = [("content-length", "0")];
    call.send(
        request("POST", URL, &headers, b""),
        RequestOptions::default(),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_bad_length_is_denied() {
    for length in ["-1", "+4", "4, 4", "0x4", "", "99999999999999999999999"] {
        let server = Server::answering(ok("hello")).await;
        let mut call = granted(&[GRANT]).over(&public(&server));
        let sent = call
            .send(
                request("POST", URL, &[("content-length", length)], b"body"),
                RequestOptions::default(),
            )
            .await;
        assert!(matches!(sent, Err(Error::HttpRequestDenied)), "{length}");
        assert_eq!(
            (call.denials().len(), server.bytes().await),
            (1, 0),
            "{length}"
        );
    }
}

#[tokio::test]
async fn trailers_are_refused() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&[GRANT]).over(&public(&server));
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x-late", http::HeaderValue::from_static("v"));
    let frames = stream::iter([
        Ok(Frame::data("body".into())),
        Ok(Frame::trailers(trailers)),
    ]);
    let sent = call
        .send(
            streamed("POST", URL, &[], frames),
            RequestOptions::default(),
        )
        .await;
    assert!(matches!(sent, Err(Error::HttpRequestDenied)), "{sent:?}");
    assert_eq!(call.denials(), ["http-header-denied"]);
    assert!(!server.received(0).await.contains("x-late"));
}

#[tokio::test]
async fn headers_are_at_most_64_kib() {
    let server = Server::answering(ok("hello")).await;
    for (size, fits) in [(60 * 1024, true), (64 * 1024, false)] {
        let mut call = granted(&[GRANT]).over(&public(&server));
        let large = "x".repeat(size);
        let sent = call
            .send(
                request("GET", URL, &[("x-large", &large)], b""),
                RequestOptions::default(),
            )
            .await;
        assert_eq!(sent.is_ok(), fits, "{size}");
        assert_eq!(call.denials().len(), usize::from(!fits), "{size}");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn the_hosts_headers_are_there_once() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&[GRANT]).over(&public(&server));
    let asked = [("accept-encoding", "gzip, br, zstd")];
    call.send(request("GET", URL, &asked, b""), RequestOptions::default())
        .await
        .unwrap();
    let received = server.received(0).await;
    for line in [
        "host: api.example.org\r\n",
        "accept-encoding: identity\r\n",
        "connection: close\r\n",
    ] {
        assert_eq!(received.matches(line).count(), 1, "{received}");
    }
    assert_eq!(received.matches("accept-encoding").count(), 1, "{received}");
}

#[tokio::test]
async fn a_post_without_a_body_says_so() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&[GRANT]).over(&public(&server));
    call.send(request("POST", URL, &[], b""), RequestOptions::default())
        .await
        .unwrap();
    assert!(server.received(0).await.contains("content-length: 0\r\n"));
}

#[tokio::test]
async fn headers_of_the_connection_do_not_come_back() {
    let headers = [
        ("connection", "close, x-hop"),
        ("keep-alive", "timeout=5"),
        ("upgrade", "h2c"),
        ("proxy-authenticate", "Basic"),
        ("x-hop", "1"),
        ("x-end", "2"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ];
    let server = Server::answering(answer("200 OK", &headers, b"hello")).await;
    let mut call = granted(&[GRANT]).over(&public(&server));
    let got = call.get(URL).await.unwrap();
    let mut names: Vec<_> = got.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "set-cookie", "x-end"]);
    assert_eq!(got.headers.get_all("set-cookie").iter().count(), 2);
    assert!(
        call.denials().is_empty(),
        "the server's headers are not the guest's tries"
    );
}

trait Frames {
    fn map_frames(
        self,
    ) -> impl futures_util::Stream<Item = Result<Frame<bytes::Bytes>, Error>> + Send + 'static;
}

impl Frames for stream::Iter<std::vec::IntoIter<&'static str>> {
    fn map_frames(
        self,
    ) -> impl futures_util::Stream<Item = Result<Frame<bytes::Bytes>, Error>> + Send + 'static {
        use futures_util::StreamExt;
        self.map(|text| Ok(Frame::data(bytes::Bytes::from_static(text.as_bytes()))))
    }
}

#[tokio::test]
async fn a_declared_length_may_come_in_pieces() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&[GRANT]).over(&public(&server));
    let (send, pieces) = tokio::sync::mpsc::channel::<Bytes>(1);
    tokio::spawn(async move {
        for size in [3, 4096, 4096, 1808] {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            send.send(Bytes::from(vec![b'x'; size])).await.unwrap();
        }
    });
    let frames = stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((Ok(Frame::data(piece)), pieces))
    });
    let headers = [("content-length", "10003")];
    call.send(
        streamed("POST", URL, &headers, frames),
        RequestOptions::default(),
    )
    .await
    .unwrap();
    let received = server.received(0).await;
    let (_, body) = received.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.len(), 10003);
}
