//! A guest that tries, from one end to the other: hostile cases 70 to 80.

use super::guest::{authority, mount, tree};
use remit_policy::DenialCode;
use remit_sandbox::{
    Call, CallError, CallReport, Cancel, MemoryRecorder, NoSecrets, Plugin, Sandbox, SandboxConfig,
};
use serde_json::{Value, json};
use sha2::Digest;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use tempfile::{TempDir, tempdir};

struct Evil {
    sandbox: Sandbox,
    plugin: Plugin,
    recorder: Arc<MemoryRecorder>,
}

impl Evil {
    async fn new() -> Evil {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/evil.wasm");
        let bytes = fs::read(path).expect("tests/guests/evil.wasm is built by `just plugins`");
        // Compiled once for all tests of this binary.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("files-compiled");
        let sandbox = Sandbox::new(SandboxConfig::default().with_cache(cache)).unwrap();
        let digest = sha2::Sha256::digest(&bytes).into();
        let plugin = sandbox.prepare(&bytes, &digest).await.unwrap();
        Evil {
            sandbox,
            plugin,
            recorder: Arc::default(),
        }
    }

    fn call(&self, grant: &str, folder: &Path, input: &Value) -> Call {
        Call {
            operation: "do".to_owned(),
            input: input.to_string(),
            authority: authority(&[grant]),
            mounts: vec![mount("/data", folder)],
            secrets: Arc::new(NoSecrets),
            recorder: self.recorder.clone(),
            cancel: None,
        }
    }

    async fn report(&self, grant: &str, folder: &Path, input: &Value) -> CallReport<String> {
        let call = self.call(grant, folder, input);
        self.sandbox.call(&self.plugin, call).await
    }

    async fn run(&self, grant: &str, folder: &Path, input: Value) -> Value {
        let report = self.report(grant, folder, &input).await;
        let output = report
            .outcome
            .unwrap_or_else(|error| panic!("{input}: {error}"));
        serde_json::from_str(&output).unwrap()
    }

    fn denials(&self) -> Vec<DenialCode> {
        let decisions = self.recorder.take().into_iter();
        decisions
            .filter_map(|d| d.result.err())
            .map(|d| d.code)
            .collect()
    }
}

const READ: &str = "files read ./data /data";
const WRITE: &str = "files write ./data /data";

/// `inside/` to be mounted, `outside/secret` beside it.
fn folders() -> (TempDir, std::path::PathBuf) {
    let both = tempdir().unwrap();
    let inside = both.path().join("inside");
    fs::create_dir_all(inside.join("sub")).unwrap();
    fs::create_dir(both.path().join("outside")).unwrap();
    fs::write(both.path().join("outside/secret"), "secret").unwrap();
    fs::write(inside.join("file"), "inside").unwrap();
    (both, inside)
}

#[tokio::test]
async fn a_guest_reads_what_is_granted_and_nothing_beside_it() {
    let (both, inside) = folders();
    symlink("../outside/secret", inside.join("link")).unwrap();
    let evil = Evil::new().await;
    let read = evil
        .run(READ, &inside, json!({"op": "fs_read", "path": "file"}))
        .await;
    assert_eq!(
        (&read["ok"], &read["text"]),
        (&json!(true), &json!("inside"))
    );
    let streamed = json!({"op": "fs_read", "path": "file", "via": "stream"});
    assert_eq!(evil.run(READ, &inside, streamed).await["text"], "inside");
    assert!(evil.denials().is_empty());
    let before = tree(both.path());
    for path in [
        "../outside/secret",
        "/etc/passwd",
        "/proc/self/environ",
        "\\\\unc\\x",
        "a\0b",
        "link",
    ] {
        let input = json!({"op": "fs_read", "path": path});
        let report = evil.report(READ, &inside, &input).await;
        assert_eq!(report.decisions.denied, 1, "{path}");
        let output: Value = serde_json::from_str(&report.outcome.unwrap()).unwrap();
        assert_eq!(output["ok"], false, "{path}: {output}");
        assert!(!output.to_string().contains("secret\""), "{path}: {output}");
        assert_eq!(evil.denials().len(), 1, "{path}");
    }
    assert_eq!(tree(both.path()), before);
}

#[tokio::test]
async fn a_guest_changes_nothing_under_a_grant_to_read() {
    let (both, inside) = folders();
    let before = tree(both.path());
    let evil = Evil::new().await;
    let changes = [
        json!({"op": "fs_write", "path": "file", "bytes": "x"}),
        json!({"op": "fs_open", "path": "file", "open": ["truncate"], "flags": ["read"]}),
        json!({"op": "fs_open", "path": "new", "open": ["create"], "flags": ["write"]}),
        json!({"op": "fs_set_size", "path": "file", "size": 0}),
        json!({"op": "fs_mkdir", "path": "made"}),
        json!({"op": "fs_rmdir", "path": "sub"}),
        json!({"op": "fs_unlink", "path": "file"}),
        json!({"op": "fs_rename", "path": "file", "to": "moved"}),
        json!({"op": "fs_link", "path": "file", "to": "linked"}),
        json!({"op": "fs_symlink", "target": "file", "path": "soft"}),
        json!({"op": "fs_set_times", "path": "file", "seconds": 1}),
        json!({"op": "fs_set_times_fd", "path": "file", "seconds": 1}),
    ];
    for change in &changes {
        let output = evil.run(READ, &inside, change.clone()).await;
        assert_eq!(output["ok"], false, "{change}: {output}");
        assert_eq!(evil.denials(), [DenialCode::FileReadOnly], "{change}");
    }
    assert_eq!(tree(both.path()), before);
    for change in &changes {
        let (_both, inside) = folders();
        let output = evil.run(WRITE, &inside, change.clone()).await;
        assert_eq!(output["ok"], true, "{change}: {output}");
        assert!(evil.denials().is_empty(), "{change}");
    }
}

#[tokio::test]
async fn a_guest_fills_its_quota_and_no_more() {
    let evil = Evil::new().await;
    let grant = "files write ./data /data max-bytes=1MiB max-entries=200";
    for input in [
        json!({"op": "fs_fill", "path": "big", "chunk": 65536, "max": 1_u64 << 40}),
        json!({"op": "fs_set_size", "path": "file", "size": 1_u64 << 40}),
        json!({"op": "fs_write", "path": "file", "bytes": "x", "offset": 1_u64 << 40}),
        json!({"op": "fs_write", "path": "file", "bytes": "x", "offset": 1_u64 << 40, "via": "stream"}),
        json!({"op": "fs_many_files", "prefix": "f", "count": 1_000_000, "bytes": 1}),
        json!({"op": "fs_deep", "depth": 10_000, "name": "d"}),
    ] {
        let (both, inside) = folders();
        let report = evil.report(grant, &inside, &input).await;
        let denials = evil.denials();
        assert!(!denials.is_empty(), "{input}: {:?}", report.outcome);
        assert!(
            denials.iter().all(|code| *code == DenialCode::FileQuota),
            "{input}: {denials:?}"
        );
        assert!(report.usage.file_bytes <= 1 << 20, "{input}");
        assert!(report.usage.file_entries <= 200, "{input}");
        let sizes: u64 = files(both.path()).iter().map(|(size, _)| size).sum();
        assert!(sizes <= (1 << 20) + 100, "{input}: {sizes}");
        assert!(files(both.path()).len() <= 210, "{input}");
        if let Err(error) = report.outcome {
            assert!(matches!(error, CallError::Limit { .. }), "{input}: {error}");
        }
    }
    let (_both, inside) = folders();
    let fits = json!({"op": "fs_fill", "path": "big", "chunk": 65536, "max": 1 << 20});
    assert_eq!(evil.run(grant, &inside, fits).await["written"], 1 << 20);
    assert!(evil.denials().is_empty());
}

/// The size of each file below a folder, and its name.
fn files(folder: &Path) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            let size = if meta.is_file() { meta.len() } else { 0 };
            found.push((size, entry.file_name().to_string_lossy().into_owned()));
            if meta.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found
}

#[tokio::test]
async fn a_guest_finds_no_folder_where_none_is_granted() {
    let evil = Evil::new().await;
    let (_both, inside) = folders();
    let mut call = evil.call(READ, &inside, &json!({"op": "fs_preopens"}));
    call.mounts.clear();
    call.authority = authority(&[]);
    let report = evil.sandbox.call(&evil.plugin, call).await;
    assert_eq!(report.decisions.denied, 1);
    assert_eq!(evil.denials(), [DenialCode::CapabilityNotGranted]);
    let granted = evil.run(READ, &inside, json!({"op": "fs_preopens"})).await;
    assert!(
        granted["preopens"].to_string().contains("/data"),
        "{granted}"
    );
}

#[tokio::test]
async fn after_a_cancelled_call_nothing_is_left_open() {
    let evil = Evil::new().await;
    let (_both, inside) = folders();
    let race = json!({"op": "fs_race", "path": "file", "count": 1_000_000});
    evil.run(
        READ,
        &inside,
        json!({"op": "fs_race", "path": "file", "count": 10}),
    )
    .await;
    evil.recorder.take();
    let targets = || {
        let entries = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let links = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
        links.filter(|target| target.starts_with(&inside)).count()
    };
    for _ in 0..5 {
        let cancel = Cancel::new();
        let mut call = evil.call(READ, &inside, &race);
        call.cancel = Some(cancel.clone());
        let (report, ()) = tokio::join!(evil.sandbox.call(&evil.plugin, call), async {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            cancel.cancel();
        });
        assert!(matches!(report.outcome, Err(CallError::Cancelled)));
    }
    // A step that had begun may still end on its thread.
    for _ in 0..100 {
        if targets() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{} descriptors are left", targets());
}
