//! The cache of compiled code: what is trusted, and what is compiled again.

use crate::builder::*;
use remit_sandbox::{Sandbox, SandboxConfig};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

struct Cached {
    _folder: tempfile::TempDir,
    path: PathBuf,
    component: Vec<u8>,
}

impl Cached {
    fn new() -> Cached {
        let folder = tempfile::tempdir().unwrap();
        Cached {
            path: folder.path().join("cache/compiled"),
            _folder: folder,
            component: binary(&plugin(ECHO)),
        }
    }

    fn sandbox(&self) -> Sandbox {
        Sandbox::new(SandboxConfig::default().with_cache(&self.path)).unwrap()
    }

    /// A process's first prepare and a call.
    async fn works(&self) {
        let sandbox = self.sandbox();
        let plugin = sandbox
            .prepare(&self.component, &digest(&self.component))
            .await
            .unwrap();
        let bench = Bench {
            sandbox,
            plugin,
            recorder: Default::default(),
        };
        assert_eq!(bench.run("{}").await.outcome.unwrap(), "{}");
    }

    fn code(&self) -> PathBuf {
        let mut found: Vec<_> = fs::read_dir(&self.path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "cwasm")
            })
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
}

/// Which file it is: a replaced one is another.
fn identity(path: &Path) -> (u64, SystemTime) {
    let found = fs::symlink_metadata(path).unwrap();
    (found.ino(), found.modified().unwrap())
}

#[tokio::test]
async fn code_is_compiled_once_and_loaded_after() {
    let cached = Cached::new();
    cached.works().await;
    let first = identity(&cached.code());
    cached.works().await;
    assert_eq!(identity(&cached.code()), first);
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&cached.path), 0o700);
    assert_eq!(mode(&cached.path.join("key")), 0o600);
    assert_eq!(mode(&cached.code()), 0o600);
    let names: Vec<_> = fs::read_dir(&cached.path)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "no temporary file is left: {names:?}");
}

/// What is done to the file, and that it is not loaded but replaced.
async fn is_replaced(change: impl Fn(&Path)) {
    let cached = Cached::new();
    cached.works().await;
    let path = cached.code();
    change(&path);
    let changed = fs::symlink_metadata(&path).ok().map(|_| identity(&path));
    cached.works().await;
    assert_ne!(Some(identity(&path)), changed);
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    let good = identity(&path);
    cached.works().await;
    assert_eq!(identity(&path), good);
}

#[tokio::test]
async fn any_changed_byte_is_found() {
    let flip = |at: fn(usize) -> usize| {
        move |path: &Path| {
            let mut bytes = fs::read(path).unwrap();
            let at = at(bytes.len());
            bytes[at] ^= 1;
            fs::write(path, bytes).unwrap();
        }
    };
    is_replaced(flip(|_| 0)).await;
    is_replaced(flip(|length| length / 2)).await;
    is_replaced(flip(|length| length - 33)).await;
    is_replaced(flip(|length| length - 1)).await;
}

#[tokio::test]
async fn a_shorter_or_longer_file_is_found() {
    is_replaced(|path| fs::write(path, b"").unwrap()).await;
    is_replaced(|path| fs::write(path, b"short").unwrap()).await;
    is_replaced(|path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    })
    .await;
    is_replaced(|path| {
        let mut bytes = fs::read(path).unwrap();
        bytes.push(0);
        fs::write(path, bytes).unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_no_plain_file_is_replaced() {
    is_replaced(|path| fs::remove_file(path).unwrap()).await;
    is_replaced(|path| {
        let elsewhere = path.with_extension("elsewhere");
        fs::rename(path, &elsewhere).unwrap();
        symlink(elsewhere, path).unwrap();
    })
    .await;
    is_replaced(|path| {
        fs::remove_file(path).unwrap();
        let fifo = std::process::Command::new("mkfifo")
            .arg(path)
            .status()
            .unwrap();
        assert!(fifo.success());
    })
    .await;
}

#[tokio::test]
async fn a_file_that_others_may_write_is_not_trusted() {
    is_replaced(|path| fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap()).await;
}

#[tokio::test]
async fn good_code_of_another_component_is_not_taken() {
    let cached = Cached::new();
    cached.works().await;
    let path = cached.code();
    let name = path.file_name().unwrap().to_str().unwrap();
    let other = plugin(&format!("{ECHO} (func (export \"other\"))"));
    let other = binary(&other);
    let sandbox = cached.sandbox();
    sandbox.prepare(&other, &digest(&other)).await.unwrap();
    let theirs = fs::read_dir(&cached.path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|found| found.extension().is_some_and(|e| e == "cwasm") && *found != path)
        .unwrap();
    fs::rename(theirs, &path).unwrap();
    let planted = identity(&path);
    cached.works().await;
    assert_ne!(identity(&path), planted, "{name} was the other one's");
}

#[tokio::test]
async fn another_key_makes_all_code_worthless() {
    is_replaced(|path| fs::write(path.with_file_name("key"), [7; 32]).unwrap()).await;
    is_replaced(|path| fs::write(path.with_file_name("key"), b"short").unwrap()).await;
    is_replaced(|path| {
        let key = path.with_file_name("key");
        fs::set_permissions(key, Permissions::from_mode(0o644)).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_others_may_write_is_refused() {
    let cached = Cached::new();
    fs::create_dir_all(&cached.path).unwrap();
    fs::set_permissions(&cached.path, Permissions::from_mode(0o777)).unwrap();
    let error = Sandbox::new(SandboxConfig::default().with_cache(&cached.path))
        .err()
        .unwrap();
    assert_eq!(error.code(), "cache-unsafe");
    fs::set_permissions(&cached.path, Permissions::from_mode(0o700)).unwrap();
    cached.works().await;
}

#[tokio::test]
async fn a_link_in_place_of_the_folder_is_refused() {
    let cached = Cached::new();
    let real = cached.path.with_file_name("real");
    fs::create_dir_all(&real).unwrap();
    symlink(&real, &cached.path).unwrap();
    let error = Sandbox::new(SandboxConfig::default().with_cache(&cached.path))
        .err()
        .unwrap();
    assert_eq!(error.code(), "cache-unsafe");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sandboxes_that_start_at_once_share_a_cache() {
    let cached = std::sync::Arc::new(Cached::new());
    let started: Vec<_> = (0..8)
        .map(|_| {
            let cached = cached.clone();
            tokio::spawn(async move { cached.works().await })
        })
        .collect();
    for one in started {
        one.await.unwrap();
    }
    let good = identity(&cached.code());
    cached.works().await;
    assert_eq!(identity(&cached.code()), good, "all agreed on one key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prepares_of_one_digest_share_the_work() {
    let sandbox = Sandbox::new(SandboxConfig::default()).unwrap();
    let component = binary(&plugin(ECHO));
    let digest = digest(&component);
    let prepared =
        futures_util::future::join_all((0..8).map(|_| sandbox.prepare(&component, &digest))).await;
    let first = prepared[0].as_ref().unwrap();
    for one in &prepared {
        assert!(one.as_ref().unwrap().is_same(first));
    }
}
