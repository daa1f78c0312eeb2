//! What a call goes on under ends in the middle of an exchange: no more of a body is sent, and none handed on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use remit_policy::{Denial, DenialCode};
use remit_sandbox::{CallError, CallReport, Decision, MemoryRecorder, RecordError, Recorder};
use serde_json::{Value, json};

use crate::evil::{GRANT, get, run, with};
use crate::server::{Conn, Server, ok};
use crate::world::public;

/// Ends what the call goes on under so many looks after it was first recorded that something was done.
struct After {
    action: &'static str,
    looks: u64,
    left: AtomicU64,
    begun: std::sync::atomic::AtomicBool,
    kept: MemoryRecorder,
}

impl Recorder for After {
    fn record(&self, decision: &Decision) -> Result<(), RecordError> {
        if decision.action == self.action {
            self.left.store(self.looks, Ordering::SeqCst);
            self.begun.store(true, Ordering::SeqCst);
        }
        self.kept.record(decision)
    }

    fn standing(&self) -> Result<(), Denial> {
        let ends = |left: u64| left.checked_sub(1);
        match self.begun.load(Ordering::SeqCst) {
            true if self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, ends)
                .is_err() =>
            {
                Err(Denial::new(
                    DenialCode::ApprovalWithdrawn,
                    "the approval",
                    "it was withdrawn",
                ))
            }
            _ => Ok(()),
        }
    }
}

async fn ask(
    server: &Server,
    ask: Value,
    action: &'static str,
    looks: u64,
) -> (CallReport<String>, Vec<Decision>) {
    let recorder = Arc::new(After {
        action,
        looks,
        left: AtomicU64::new(0),
        begun: false.into(),
        kept: MemoryRecorder::default(),
    });
    let time = Duration::from_secs(20);
    let report = run(&public(server), &[GRANT], ask, time, recorder.clone()).await;
    let decisions = recorder.kept.take();
    (report, decisions)
}

fn assert_withdrawn(report: &CallReport<String>, decisions: &[Decision]) {
    assert!(
        matches!(report.outcome, Err(CallError::Withdrawn(_))),
        "{:?}",
        report.outcome
    );
    let last = decisions.last().unwrap().result.as_ref().unwrap_err();
    assert_eq!(last.code, DenialCode::ApprovalWithdrawn);
}

#[tokio::test]
async fn no_more_of_a_response_is_handed_on() {
    let pieces = |mut conn: Conn| async move {
        conn.request().await;
        conn.send(b"HTTP/1.1 200 OK\r\ncontent-length: 40000\r\n\r\n")
            .await;
        for _ in 0..40 {
            conn.send(&[b'x'; 1000]).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let server = Server::start(None, pieces).await;
    let (report, _) = ask(&server, get("/v1/a"), "response", u64::MAX).await;
    let value: Value = serde_json::from_str(&report.outcome.unwrap()).unwrap();
    assert_eq!(value["body_bytes"], 40_000, "{value}");
    for looks in [0, 3] {
        let server = Server::start(None, pieces).await;
        let (report, decisions) = ask(&server, get("/v1/a"), "response", looks).await;
        assert_withdrawn(&report, &decisions);
    }
}

#[tokio::test]
async fn no_more_of_a_request_is_sent() {
    let swallow = |mut conn: Conn| async move {
        conn.request().await;
        conn.send(&ok("done")).await;
    };
    let post = with(
        get("/v1/a"),
        json!({"method": "POST", "body_bytes": 40_000, "body_chunk": 1000, "body_pause_ms": 2}),
    );
    let server = Server::start(None, swallow).await;
    let (report, _) = ask(&server, post.clone(), "POST", u64::MAX).await;
    let value: Value = serde_json::from_str(&report.outcome.unwrap()).unwrap();
    assert_eq!(value["status"], 200, "{value}");
    let whole = server.bytes().await;
    assert!(whole > 40_000);

    let server = Server::start(None, swallow).await;
    let (report, decisions) = ask(&server, post, "POST", 4).await;
    assert_withdrawn(&report, &decisions);
    let sent = server.bytes().await;
    assert!(sent < 20_000, "{sent} bytes of {whole} were sent");
}
