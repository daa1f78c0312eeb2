//! What a call goes on under may end while it runs: then its next use of the host is denied, and so is the call.

use crate::builder::*;
use remit_policy::{Denial, DenialCode};
use remit_sandbox::{
    Call, CallError, CallReport, Decision, MemoryRecorder, Mount, NullRecorder, RecordError,
    Recorder,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Ends what the call goes on under after so many looks.
struct Until {
    looks: u64,
    looked: AtomicU64,
    kept: MemoryRecorder,
}

impl Recorder for Until {
    fn record(&self, decision: &Decision) -> Result<(), RecordError> {
        self.kept.record(decision)
    }

    fn standing(&self) -> Result<(), Denial> {
        match self.looked.fetch_add(1, Ordering::Relaxed) < self.looks {
            true => Ok(()),
            false => Err(Denial::new(
                DenialCode::ApprovalWithdrawn,
                "the approval",
                "it was withdrawn",
            )),
        }
    }
}

/// The call of `op` with a folder and a value granted, under something that ends after so many looks.
async fn call(
    op: &str,
    looks: u64,
    folder: &std::path::Path,
) -> (CallReport<String>, Vec<Decision>) {
    let bench = evil().await;
    let recorder = Arc::new(Until {
        looks,
        looked: AtomicU64::new(0),
        kept: MemoryRecorder::default(),
    });
    let call = Call {
        authority: granted(
            &[
                "files write ./d /d",
                "config k=v",
                "http GET http://127.0.0.1:9",
            ],
            limits(),
        ),
        mounts: vec![Mount {
            guest: "/d".to_owned(),
            host: folder.to_owned(),
        }],
        recorder: recorder.clone(),
        ..bench.request(op, limits())
    };
    let report = bench.sandbox.call(&bench.plugin, call).await;
    let decisions = recorder.kept.take();
    (report, decisions)
}

const OPS: [&str; 8] = [
    r#"{"op": "config", "key": "k"}"#,
    r#"{"op": "config_all"}"#,
    r#"{"op": "fs_read", "path": "f", "via": "read"}"#,
    r#"{"op": "fs_read", "path": "f", "via": "stream"}"#,
    r#"{"op": "fs_stat", "path": "f"}"#,
    r#"{"op": "fs_readdir"}"#,
    r#"{"op": "fs_write", "path": "f", "bytes": "x", "via": "append"}"#,
    r#"{"op": "http", "method": "GET", "scheme": "http", "authority": "127.0.0.1:9", "path": "/"}"#,
];

#[tokio::test]
async fn each_use_of_the_host_is_denied_once_that_has_ended_and_allowed_before() {
    for op in OPS {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f"), "text").unwrap();
        let many = format!(r#"{{"op": "repeat", "times": 20, "do": {op}}}"#);

        let (report, decisions) = call(&many, u64::MAX, folder.path()).await;
        assert!(report.outcome.is_ok(), "{op}: {:?}", report.outcome);
        assert!(!decisions.iter().any(is_withdrawal), "{op}");

        let before = std::fs::read(folder.path().join("f")).unwrap();
        let (report, decisions) = call(&many, 0, folder.path()).await;
        let Err(CallError::Withdrawn(denial)) = &report.outcome else {
            panic!("{op}: {:?}", report.outcome);
        };
        assert_eq!(denial.code, DenialCode::ApprovalWithdrawn);
        assert_eq!(
            (decisions.len(), report.decisions.denied),
            (1, 1),
            "{op}: {decisions:?}"
        );
        assert!(is_withdrawal(&decisions[0]));
        assert_eq!(
            std::fs::read(folder.path().join("f")).unwrap(),
            before,
            "{op}"
        );

        // In the middle: what was allowed before stays recorded, and the denial is the last of all.
        let (report, decisions) = call(&many, 9, folder.path()).await;
        assert!(
            matches!(report.outcome, Err(CallError::Withdrawn(_))),
            "{op}: {:?}",
            report.outcome
        );
        let (last, earlier) = decisions.split_last().unwrap();
        assert!(
            is_withdrawal(last) && !earlier.iter().any(is_withdrawal),
            "{op}: {decisions:?}"
        );
    }
}

fn is_withdrawal(decision: &Decision) -> bool {
    matches!(&decision.result, Err(denial) if denial.code == DenialCode::ApprovalWithdrawn)
}

#[tokio::test]
async fn what_is_open_is_of_no_use_after_it() {
    // Each uses what it has open twenty times, with one decision, which opened it.
    for op in [
        r#"{"op": "fs_read", "fd": "a", "via": "read", "offset": 0}"#,
        r#"{"op": "fs_read", "fd": "a", "via": "stream", "offset": 0}"#,
        r#"{"op": "fs_write", "fd": "a", "bytes": "xx", "via": "write", "offset": 0}"#,
        r#"{"op": "fs_write", "fd": "a", "bytes": "xx", "via": "append"}"#,
        r#"{"op": "fs_stat_fd", "fd": "a"}"#,
        r#"{"op": "fs_set_size", "fd": "a", "size": 9}"#,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "text").unwrap();
        let steps = format!(
            r#"{{"op": "seq", "steps": [{{"op": "fs_open", "path": "f", "flags": ["read", "write"], "as": "a"}}, {}]}}"#,
            vec![op; 20].join(", ")
        );
        let (report, _) = call(&steps, u64::MAX, folder.path()).await;
        let text = report.outcome.unwrap();
        assert!(!text.contains("\"ok\":false"), "{op}: {text}");

        std::fs::write(&path, "text").unwrap();
        // Opening takes some looks, whatever it is; far fewer than what follows.
        let (report, decisions) = call(&steps, 12, folder.path()).await;
        assert!(
            matches!(report.outcome, Err(CallError::Withdrawn(_))),
            "{op}: {:?}",
            report.outcome
        );
        assert!(
            decisions.last().is_some_and(is_withdrawal),
            "{op}: {decisions:?}"
        );
        assert!(path.metadata().unwrap().len() < 4 + 2 * 12, "{op}");
    }
}

#[tokio::test]
async fn a_long_read_and_a_long_write_end_in_their_middle() {
    const LONG: usize = 2 << 20;
    for op in [
        r#"{"op": "fs_read", "path": "f", "via": "stream", "max": 2097152}"#,
        r#"{"op": "fs_write", "path": "f", "via": "stream", "offset": 0, "bytes": {"repeat": "x", "times": 2097152}}"#,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, vec![b'a'; LONG]).unwrap();
        let (report, _) = call(op, u64::MAX, folder.path()).await;
        let text = report.outcome.unwrap();
        assert!(
            text.contains("\"bytes\":2097152"),
            "{op}: {}",
            &text[..text.len().min(200)]
        );

        std::fs::write(&path, vec![b'a'; LONG]).unwrap();
        let (report, decisions) = call(op, 20, folder.path()).await;
        assert!(
            matches!(report.outcome, Err(CallError::Withdrawn(_))),
            "{op}"
        );
        assert!(decisions.last().is_some_and(is_withdrawal), "{op}");
        let changed = std::fs::read(&path)
            .unwrap()
            .iter()
            .filter(|byte| **byte == b'x')
            .count();
        assert!(changed < LONG / 2, "{op}: {changed}");
    }
}

#[tokio::test]
async fn a_guest_that_asks_nothing_more_keeps_its_answer_and_most_recorders_never_end_anything() {
    let folder = tempfile::tempdir().unwrap();
    let (report, _) = call(r#"{"op": "echo", "value": 1}"#, 0, folder.path()).await;
    assert!(report.outcome.is_ok());
    assert_eq!(NullRecorder.standing(), Ok(()));
    assert_eq!(MemoryRecorder::default().standing(), Ok(()));
}
