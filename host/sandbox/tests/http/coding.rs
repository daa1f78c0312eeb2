//! Compressed responses: undone, capped after decompression, refused where they cannot be read.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use wasmtime_wasi_http::Error;

use crate::server::{Server, answer};
use crate::world::{Got, granted, public};

const URL: &str = "http://api.example.org/";

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

async fn answered(coding: &str, body: &[u8]) -> Result<Got, Error> {
    let server = Server::answering(answer("200 OK", &[("content-encoding", coding)], body)).await;
    let mut call =
        granted(&["http GET http://api.example.org/** max-response=1MiB"]).over(&public(&server));
    call.get(URL).await
}

#[tokio::test]
async fn a_coding_that_was_not_asked_for_is_undone() {
    let plain: Vec<u8> = (0..100_000_u32).flat_map(|n| n.to_le_bytes()).collect();
    for (coding, body) in [
        ("gzip", gzip(&plain)),
        ("GZIP", gzip(&plain)),
        ("x-gzip", gzip(&plain)),
        ("deflate", zlib(&plain)),
        ("deflate", deflate(&plain)),
        ("identity", plain.clone()),
    ] {
        let got = answered(coding, &body).await.unwrap();
        assert!(got.error.is_none(), "{coding}: {:?}", got.error);
        assert!(got.body == plain, "{coding}: {} bytes", got.body.len());
        let described = got.headers.contains_key("content-length");
        assert_eq!(described, coding == "identity", "{coding}");
    }
}

#[tokio::test]
async fn members_one_after_the_other_are_one_body() {
    let got = answered("gzip", &[gzip(b"hello "), gzip(b"again")].concat())
        .await
        .unwrap();
    assert_eq!(got.text(), "hello again");
}

#[tokio::test]
async fn an_empty_body_may_have_any_coding() {
    for coding in ["gzip", "deflate"] {
        let got = answered(coding, b"").await.unwrap();
        assert!(
            got.body.is_empty() && got.error.is_none(),
            "{coding}: {:?}",
            got.error
        );
    }
}

#[tokio::test]
async fn a_bomb_is_cut_at_the_limit() {
    let zeros = vec![0; 64 << 20];
    for (coding, body) in [
        ("gzip", gzip(&zeros)),
        ("deflate", zlib(&zeros)),
        ("deflate", deflate(&zeros)),
    ] {
        assert!(body.len() < 1 << 20);
        let got = answered(coding, &body).await.unwrap();
        assert!(
            matches!(got.error, Some(Error::HttpResponseBodySize(_))),
            "{coding}: {:?}",
            got.error
        );
        assert!(got.body.len() <= 1 << 20, "{coding}: {}", got.body.len());
    }
}

#[tokio::test]
async fn members_that_hold_nothing_are_counted_as_they_come() {
    let empty = gzip(b"").repeat(4096);
    let server = Server::start(None, move |mut conn| {
        let empty = empty.clone();
        async move {
            conn.request().await;
            conn.send(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n")
                .await;
            while conn.send(&empty).await {}
        }
    })
    .await;
    let mut call =
        granted(&["http GET http://api.example.org/** max-response=1MiB"]).over(&public(&server));
    let got = call.get(URL).await.unwrap();
    assert!(
        matches!(
            got.error,
            Some(Error::HttpResponseBodySize(Some(0x10_0000)))
        ),
        "{:?}",
        got.error
    );
    assert!(got.body.is_empty());
}

#[tokio::test]
async fn codings_on_two_lines_are_refused() {
    let twice = [("content-encoding", "gzip"), ("content-encoding", "gzip")];
    let body = gzip(&gzip(b"hello"));
    let server = Server::answering(answer("200 OK", &twice, &body)).await;
    let mut call = granted(&["http GET http://api.example.org/**"]).over(&public(&server));
    let got = call.get(URL).await;
    assert!(
        matches!(got, Err(Error::HttpResponseContentCoding(_))),
        "{got:?}"
    );
}

#[tokio::test]
async fn another_coding_is_refused() {
    for coding in [
        "br",
        "zstd",
        "compress",
        "gzip, gzip",
        "gzip,deflate",
        "aes128gcm",
        "x",
    ] {
        let got = answered(coding, b"hello").await;
        assert!(
            matches!(got, Err(Error::HttpResponseContentCoding(_))),
            "{coding}: {got:?}"
        );
    }
}

#[tokio::test]
async fn a_broken_stream_is_an_error() {
    let whole = gzip(b"hello hello hello");
    let mut spoiled = whole.clone();
    let last = spoiled.len() - 6;
    spoiled[last] ^= 1;
    for (name, body) in [
        ("cut", whole[..whole.len() - 3].to_vec()),
        ("checksum", spoiled),
        ("followed", [&whole[..], b"garbage"].concat()),
        ("not at all", b"hello".to_vec()),
    ] {
        let got = answered("gzip", &body).await.unwrap();
        assert!(
            matches!(got.error, Some(Error::HttpResponseContentCoding(_))),
            "{name}: {:?}",
            got.error
        );
    }
}
