//! What is neither a plain file nor a folder, and files that have a second name.

use super::guest::*;
use remit_policy::DenialCode;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::tempdir;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorType, ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
}

#[tokio::test]
async fn a_fifo_is_refused_at_once() {
    let folder = tempdir().unwrap();
    fifo(&folder.path().join("pipe"));
    std::os::unix::fs::symlink("pipe", folder.path().join("link")).unwrap();
    let mut guest = Guest::writing(folder.path());
    let started = Instant::now();
    for path in ["pipe", "link"] {
        for (open, flags) in [
            (none(), READ),
            (none(), WRITE),
            (none(), READ | WRITE),
            (OpenFlags::CREATE | OpenFlags::TRUNCATE, WRITE),
        ] {
            let refused = guest.open(path, open, flags).await.unwrap_err();
            assert_eq!(refused, ErrorCode::NotPermitted);
            assert_eq!(guest.denials(), [DenialCode::FileKind]);
        }
    }
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn the_other_end_of_a_fifo_does_not_notice() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("pipe");
    fifo(&path);
    let writer = std::thread::spawn({
        let path = path.clone();
        move || fs::OpenOptions::new().write(true).open(path).map(drop)
    });
    let mut guest = Guest::reading(folder.path());
    for _ in 0..100 {
        guest.open("pipe", none(), READ).await.unwrap_err();
    }
    assert!(!writer.is_finished(), "the writer still waits for a reader");
    drop(fs::File::open(&path).unwrap());
    writer.join().unwrap().unwrap();
}

#[tokio::test]
async fn sockets_and_devices_are_refused() {
    let folder = tempdir().unwrap();
    let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
    let mut names = vec![("socket", DescriptorType::Socket)];
    // Only root may make one; /dev/null's numbers.
    let null = folder.path().join("null");
    if mknodat(
        CWD,
        &null,
        FileType::CharacterDevice,
        Mode::RWXU,
        makedev(1, 3),
    )
    .is_ok()
    {
        names.push(("null", DescriptorType::CharacterDevice));
    }
    let mut guest = Guest::writing(folder.path());
    for (name, kind) in names {
        for flags in [READ, WRITE] {
            let refused = guest.open(name, none(), flags).await.unwrap_err();
            assert_eq!(refused, ErrorCode::NotPermitted, "{name}");
            assert_eq!(guest.denials(), [DenialCode::FileKind], "{name}");
        }
        let root = guest.root;
        let found = guest
            .view()
            .stat_at(fd(root), FOLLOW, name.to_owned())
            .await;
        assert_eq!(code(found).unwrap().type_, kind, "a look is no open");
        guest.denials();
    }
}

#[tokio::test]
async fn a_file_with_a_second_name_is_read_but_not_written() {
    let both = tempdir().unwrap();
    let (inside, outside) = (both.path().join("inside"), both.path().join("outside"));
    fs::create_dir(&inside).unwrap();
    fs::write(&outside, "precious").unwrap();
    fs::hard_link(&outside, inside.join("linked")).unwrap();
    fs::write(inside.join("own"), "own").unwrap();
    let before = tree(both.path());
    let mut guest = Guest::writing(&inside);
    assert_eq!(guest.read("linked").await.unwrap(), "precious");
    for (open, flags) in [
        (none(), WRITE),
        (OpenFlags::TRUNCATE, WRITE),
        (OpenFlags::TRUNCATE, READ),
    ] {
        let refused = guest.open("linked", open, flags).await.unwrap_err();
        assert_eq!(refused, ErrorCode::NotPermitted);
        assert_eq!(guest.denials(), [DenialCode::FileOutsideGrant]);
    }
    let root = guest.root;
    let now = wasmtime_wasi::p2::bindings::filesystem::types::NewTimestamp::Now;
    let timed = guest
        .view()
        .set_times_at(fd(root), FOLLOW, "linked".to_owned(), now, now)
        .await;
    assert_eq!(code(timed).unwrap_err(), ErrorCode::NotPermitted);
    let held = guest.open("linked", none(), READ).await.unwrap();
    let timed = guest.view().set_times(fd(held), now, now).await;
    assert_eq!(code(timed).unwrap_err(), ErrorCode::NotPermitted);
    let linked = guest
        .view()
        .link_at(
            fd(root),
            PathFlags::empty(),
            "linked".to_owned(),
            fd(root),
            "again".to_owned(),
        )
        .await;
    assert_eq!(code(linked).unwrap_err(), ErrorCode::NotPermitted);
    assert_eq!(tree(both.path()), before);
    guest.write("own", b"changed").await.unwrap();
    assert_eq!(fs::read_to_string(inside.join("own")).unwrap(), "changed");
}
