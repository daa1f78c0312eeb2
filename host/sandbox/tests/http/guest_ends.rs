//! What a guest is left with: secrets masked, bodies cut, calls ended in time and on record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use remit_sandbox::{CallError, LimitKind};
use serde_json::json;

use crate::evil::{CANARY, GRANT, evil, get, run, with, within};
use crate::server::{Conn, Server, answer, ok};
use crate::world::{Broken, public};

#[tokio::test]
async fn a_secret_is_nowhere_in_the_guest() {
    let server = Server::start(None, |mut conn: Conn| async move {
        conn.request().await;
        let headers = [("x-echo", CANARY), ("location", CANARY)];
        conn.send(&answer(
            "302 Found",
            &headers,
            format!("you sent {CANARY}").as_bytes(),
        ))
        .await;
    })
    .await;
    let origin = format!("http://{}", server.addr);
    let grants = [
        format!("http GET {origin}/**"),
        format!("secret token header authorization \"Bearer {{secret}}\" for {origin}"),
    ];
    let grants: Vec<_> = grants.iter().map(String::as_str).collect();
    let masked: String = CANARY
        .bytes()
        .map(|b| format!("{:02x}", b ^ 0x5a))
        .collect();
    let ask = with(get("/"), json!({"authority": server.addr.to_string()}));
    let steps = json!({"op": "seq", "steps": [
        {"op": "config", "key": "token"}, {"op": "config_all"}, {"op": "env"}, ask,
        {"op": "search_memory", "hex_xor_5a": masked},
    ]});
    let done = evil(&public(&server), &grants, steps).await;
    let value = done.value();
    assert_eq!(value["results"][3]["status"], 302, "{value}");
    assert_eq!(
        value["results"][3]["body"],
        format!("you sent {}", "*".repeat(CANARY.len()))
    );
    assert_eq!(value["results"][4]["found"], 0, "{value}");
    assert!(server.received(0).await.contains(CANARY));
    let all = format!("{value} {:?} {:?}", done.report, done.decisions);
    assert!(!all.contains(CANARY));
}

#[tokio::test]
async fn a_body_over_the_limit_ends_with_its_code() {
    let server = Server::answering([b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 5000][..]].concat()).await;
    let grant = format!("{GRANT} max-response=1KiB");
    let done = evil(&public(&server), &[&grant], get("/v1/a")).await;
    let value = done.value();
    assert_eq!(value["body_error"], "http-response-body-size", "{value}");
    assert!(value["body_bytes"].as_u64().unwrap() <= 1024);
    assert_eq!(done.denials(), ["http-response-too-large"]);
}

#[tokio::test]
async fn a_call_ends_in_time_whatever_the_server_does() {
    let silent = Server::start(None, |mut conn: Conn| async move { conn.drain().await }).await;
    let slow = Server::start(None, |mut conn: Conn| async move {
        conn.request().await;
        conn.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            .await;
        conn.dribble(&[b'x'; 100_000], Duration::from_millis(5))
            .await;
    })
    .await;
    for server in [&silent, &slow] {
        let start = Instant::now();
        let centuries = json!({"connect_ns": u64::MAX, "first_byte_ns": u64::MAX, "between_bytes_ns": u64::MAX});
        let ask = with(get("/v1/a"), json!({"timeouts": centuries}));
        let time = Duration::from_millis(500);
        let done = within(&public(server), &[GRANT], ask, time).await;
        // Compiling, the first time, is not within the call.
        assert!(
            done.report.usage.time < Duration::from_millis(1000),
            "{:?}",
            done.report.usage.time
        );
        assert!(start.elapsed() >= time);
        let ended = matches!(
            done.report.outcome,
            Err(CallError::Limit {
                which: LimitKind::Time,
                ..
            })
        );
        assert!(
            ended || done.report.outcome.is_ok(),
            "{:?}",
            done.report.outcome
        );
        for _ in 0..100 {
            if server.open() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(server.open(), 0, "the connection outlives its call");
    }
}

#[tokio::test]
async fn a_guest_that_leaves_its_request_behind_leaves_no_connection() {
    let server = Server::start(None, |mut conn: Conn| async move { conn.drain().await }).await;
    let ask = with(get("/v1/a"), json!({"forget_response": true}));
    let done = evil(&public(&server), &[GRANT], ask).await;
    assert!(done.report.outcome.is_ok(), "{:?}", done.report.outcome);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.open(), 0);
}

#[tokio::test]
async fn a_call_that_cannot_be_recorded_has_no_result() {
    let server = Server::answering(ok("hello")).await;
    for (after, reached) in [(0, 0), (1, 1)] {
        let before = server.connections();
        let broken = Arc::new(Broken {
            after,
            kept: std::sync::Mutex::default(),
        });
        let report = run(
            &public(&server),
            &[GRANT],
            get("/v1/a"),
            Duration::from_secs(10),
            broken,
        )
        .await;
        assert!(
            matches!(report.outcome, Err(CallError::Recorder(_))),
            "{:?}",
            report.outcome
        );
        assert_eq!(server.connections() - before, reached);
    }
}

#[tokio::test]
async fn a_flood_of_denied_requests_ends_the_call() {
    let server = Server::answering(ok("hello")).await;
    let ask = with(get("/v1/a"), json!({"authority": "evil.example"}));
    let flood = json!({"op": "repeat", "times": 1_000_000, "do": ask});
    let done = within(&public(&server), &[GRANT], flood, Duration::from_secs(60)).await;
    assert!(
        matches!(
            done.report.outcome,
            Err(CallError::Limit {
                which: LimitKind::Decisions,
                ..
            })
        ),
        "{:?}",
        done.report.outcome
    );
    assert_eq!(server.connections(), 0);
}
