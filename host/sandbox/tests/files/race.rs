//! Entries that are swapped while the guest opens them: hostile case 73.

use super::guest::*;
use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::tempdir;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, HostDescriptor, OpenFlags};

/// How many times each way of opening is tried.
const OPENS: usize = 12_000;

struct Swapper(Arc<AtomicBool>, Option<std::thread::JoinHandle<u64>>);

impl Swapper {
    /// Swaps pairs of entries, in one step each, until it is dropped.
    fn start(pairs: Vec<(std::path::PathBuf, std::path::PathBuf)>) -> Swapper {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut swaps = 0;
            while !stopped.load(Ordering::Relaxed) {
                for (a, b) in &pairs {
                    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).unwrap();
                    swaps += 1;
                }
            }
            swaps
        });
        Swapper(stop, Some(thread))
    }

    fn end(mut self) -> u64 {
        self.0.store(true, Ordering::Relaxed);
        self.1.take().unwrap().join().unwrap()
    }
}

#[tokio::test]
async fn no_swap_leads_out() {
    let both = tempdir().unwrap();
    let (inside, outside) = (both.path().join("inside"), both.path().join("outside"));
    fs::create_dir_all(inside.join("dir/deep")).unwrap();
    fs::create_dir_all(outside.join("deep")).unwrap();
    for folder in [inside.join("dir"), inside.join("dir/deep")] {
        fs::write(folder.join("file"), "inside").unwrap();
    }
    for folder in [outside.clone(), outside.join("deep")] {
        fs::write(folder.join("file"), "secret").unwrap();
    }
    symlink(&outside, inside.join("link")).unwrap();
    symlink("../outside", inside.join("up")).unwrap();
    fs::write(inside.join("plain"), "inside").unwrap();
    symlink("../outside/file", inside.join("plain-link")).unwrap();
    mknodat(CWD, inside.join("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    fs::write(inside.join("pipe-file"), "inside").unwrap();
    let secret = tree(&outside);
    let swapper = Swapper::start(vec![
        (inside.join("dir"), inside.join("link")),
        (inside.join("plain"), inside.join("plain-link")),
        (inside.join("pipe"), inside.join("pipe-file")),
        (inside.join("dir"), inside.join("up")),
    ]);
    let started = Instant::now();
    let mut inside_reads = 0;
    let mut refused = 0;
    // A call of its own for each thousand, since a call may cause only so many decisions.
    for _ in 0..OPENS / 1000 {
        let mut guest = Guest::writing(&inside);
        for _ in 0..1000 {
            for path in ["dir/file", "dir/deep/../file", "plain", "pipe-file"] {
                match guest.read(path).await {
                    Ok(text) => {
                        assert_eq!(text, "inside", "{path}");
                        inside_reads += 1;
                    }
                    Err(ErrorCode::NotPermitted) => refused += 1,
                    Err(ErrorCode::NoEntry | ErrorCode::WouldBlock | ErrorCode::Busy) => {}
                    Err(other) => panic!("{path}: {other:?}"),
                }
            }
            let root = guest.root;
            for (path, open) in [
                ("dir/file", OpenFlags::empty()),
                ("plain", OpenFlags::empty()),
                ("dir/new", OpenFlags::CREATE),
            ] {
                if let Ok(file) = guest.open(path, open, WRITE).await {
                    let _ = guest.write_at(file, 0, 0).await;
                    guest.close(file);
                }
            }
            let _ = guest
                .view()
                .unlink_file_at(fd(root), "dir/new".to_owned())
                .await;
            let _ = guest
                .view()
                .create_directory_at(fd(root), "dir/made".to_owned())
                .await;
            let _ = guest
                .view()
                .remove_directory_at(fd(root), "dir/made".to_owned())
                .await;
        }
    }
    let swaps = swapper.end();
    assert_eq!(tree(&outside), secret, "nothing outside was touched");
    assert!(
        inside_reads > 100 && refused > 100,
        "{inside_reads} {refused}: both sides were met"
    );
    assert!(swaps > 1000, "{swaps}");
    assert!(
        started.elapsed() < Duration::from_secs(300),
        "nothing blocked"
    );
}
