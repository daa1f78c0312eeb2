//! A process that is killed while it writes leaves nothing half written, and no lock behind.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use remit_package::{Dirs, FileLock, Lock, RunDir, SkillDir, Store};

/// Where the child works; only the parent below sets it.
const HOME: &str = "REMIT_TEST_KILLED_HOME";

/// Not a test of its own: what the killed process does, over and over.
#[test]
fn child_writes_until_it_is_killed() {
    let Some(home) = std::env::var_os(HOME) else {
        return;
    };
    let home = Path::new(&home);
    let store = Store::open(&Dirs::under(home)).unwrap();
    let skill = SkillDir::open(home).unwrap();
    let run = RunDir::create(&home.join("runs").join(std::process::id().to_string())).unwrap();
    for n in 0u32.. {
        let content = content(n);
        store.put(&content).unwrap();
        Lock::default().write(&skill).unwrap();
        run.write("out/report.md", &content).unwrap();
    }
}

/// Large enough to be cut in the middle, and its length tells whether it was.
fn content(n: u32) -> Vec<u8> {
    let mut content = n.to_le_bytes().to_vec();
    content.resize(200_000 + n as usize % 7, 7);
    content.extend(b"end");
    content
}

#[test]
fn nothing_is_half_written_wherever_a_writer_is_killed() {
    let root = tempfile::tempdir().unwrap();
    let home = root.path();
    let store = Store::open(&Dirs::under(home)).unwrap();
    let skill = SkillDir::open(home).unwrap();
    for round in 0..15 {
        let before = store.list().unwrap().len();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_writes_until_it_is_killed"])
            .env(HOME, home)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // At another moment in each round, and not before it has begun.
        let started = Instant::now();
        while round > 0 && store.list().unwrap().len() == before {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "it writes nothing"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(1_700 * round));
        child.kill().unwrap();
        child.wait().unwrap();

        assert_eq!(store.verify().unwrap(), []);
        let lock = Lock::read(&skill).unwrap();
        assert!(lock.is_none_or(|lock| lock == Lock::default()));
        let report = home
            .join("runs")
            .join(child.id().to_string())
            .join("out/report.md");
        if let Ok(report) = std::fs::read(report) {
            assert!(report.ends_with(b"end"), "{} bytes", report.len());
        }
        let free = FileLock::try_take(&store.root().join("lock")).unwrap();
        assert!(free.is_some(), "the lock went with the process");
    }
    assert!(store.list().unwrap().len() > 5);
}

#[test]
fn a_second_process_waits_for_the_first() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(&Dirs::under(root.path())).unwrap();
    let held = FileLock::wait(&store.root().join("lock")).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_writes_until_it_is_killed"])
        .env(HOME, root.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(store.list().unwrap(), [], "it waits");
    drop(held);
    let started = Instant::now();
    while store.list().unwrap().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
