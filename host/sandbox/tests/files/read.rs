//! Reading what is granted.

use super::guest::*;
use remit_policy::DenialCode;
use remit_sandbox::{Decision, RecordError, Recorder};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tempfile::tempdir;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorType, ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};

#[tokio::test]
async fn a_file_is_read_and_its_open_is_recorded_once() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/a.txt"), "hello").unwrap();
    let mut guest = Guest::reading(folder.path());
    assert_eq!(guest.read("sub/a.txt").await.unwrap(), "hello");
    let decisions = guest.recorder.take();
    assert_eq!(decisions.len(), 1, "{decisions:?}");
    assert_eq!(decisions[0].capability, "files");
    assert_eq!(decisions[0].action, "open-read");
    assert_eq!(decisions[0].asked, "/data/sub/a.txt");
    let rule = decisions[0].result.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(&*rule.text, "files read ./data /data");
    assert_eq!(guest.meter.files_opened.load(Ordering::Relaxed), 1);
    assert_eq!(guest.meter.file_bytes_read.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn a_path_below_a_held_folder_is_recorded_from_the_mount() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/a.txt"), "hello").unwrap();
    let mut guest = Guest::reading(folder.path());
    let sub = guest
        .open("./sub/", OpenFlags::DIRECTORY, READ)
        .await
        .unwrap();
    guest.recorder.take();
    guest.open_in(sub, "a.txt", none(), READ).await.unwrap();
    assert_eq!(guest.recorder.take()[0].asked, "/data/sub/a.txt");
}

#[tokio::test]
async fn nothing_granted_is_no_folder_and_each_try_is_recorded() {
    let mut guest = Guest::new(&[], &[]);
    assert!(guest.preopens().is_empty());
    assert!(guest.preopens().is_empty());
    assert_eq!(guest.denials(), [DenialCode::CapabilityNotGranted; 2]);
}

#[tokio::test]
async fn a_granted_folder_without_a_mount_is_not_there() {
    let folder = tempdir().unwrap();
    let grants = ["files read ./data /data", "files read ./mail /mail"];
    let mut guest = Guest::new(&grants, &[("/mail", folder.path())]);
    let names: Vec<String> = guest.preopens().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["/mail"]);
}

#[tokio::test]
async fn what_is_not_there_is_no_entry_and_recorded() {
    let folder = tempdir().unwrap();
    let mut guest = Guest::reading(folder.path());
    assert_eq!(guest.read("none").await.unwrap_err(), ErrorCode::NoEntry);
    assert_eq!(guest.recorder.take().len(), 1);
    assert_eq!(guest.read("").await.unwrap_err(), ErrorCode::NoEntry);
}

#[tokio::test]
async fn looks_are_recorded_once_for_each_folder() {
    let folder = tempdir().unwrap();
    for name in ["a", "b", "c"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    let mut guest = Guest::reading(folder.path());
    for name in ["a", "b", "c", "none"] {
        let root = guest.root;
        let found = guest
            .view()
            .stat_at(fd(root), FOLLOW, name.to_owned())
            .await;
        assert_eq!(found.is_ok(), name != "none");
    }
    let decisions = guest.recorder.take();
    assert_eq!(decisions.len(), 1);
    assert_eq!(
        (&*decisions[0].action, &*decisions[0].asked),
        ("look", "/data")
    );
}

#[tokio::test]
async fn a_huge_folder_is_listed_in_pieces() {
    let folder = tempdir().unwrap();
    for index in 0..5000 {
        fs::write(folder.path().join(format!("message-{index}")), "").unwrap();
    }
    fs::create_dir(folder.path().join("sub")).unwrap();
    std::os::unix::fs::symlink("sub", folder.path().join("link")).unwrap();
    fs::write(folder.path().join("line\nbreak"), "").unwrap();
    let mut guest = Guest::reading(folder.path());
    for _ in 0..2 {
        let root = guest.root;
        let entries = guest.list(root).await.unwrap();
        assert_eq!(entries.len(), 5002);
        let kind = |name: &str| entries.iter().find(|e| e.name == name).unwrap().type_;
        assert_eq!(kind("sub"), DescriptorType::Directory);
        assert_eq!(kind("link"), DescriptorType::SymbolicLink);
        assert_eq!(kind("message-4999"), DescriptorType::RegularFile);
    }
}

#[tokio::test]
async fn an_empty_folder_lists_nothing() {
    let folder = tempdir().unwrap();
    let mut guest = Guest::reading(folder.path());
    let root = guest.root;
    assert!(guest.list(root).await.unwrap().is_empty());
}

#[tokio::test]
async fn open_files_are_limited_and_closing_frees_places() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("a"), "a").unwrap();
    let mut guest = Guest::reading(folder.path());
    let mut held = Vec::new();
    let ended = loop {
        match guest.open("a", none(), READ).await {
            Ok(file) => held.push(file),
            Err(code) => break code,
        }
    };
    assert_eq!(ended, ErrorCode::InsufficientMemory);
    assert_eq!(held.len(), 127, "128 with the mount itself");
    assert_eq!(guest.denials(), [DenialCode::FileQuota]);
    for file in held {
        guest.close(file);
    }
    assert_eq!(guest.read("a").await.unwrap(), "a");
}

#[tokio::test]
async fn a_stream_holds_its_place_after_its_descriptor_is_dropped() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("a"), "a").unwrap();
    let mut guest = Guest::reading(folder.path());
    let mut streams = Vec::new();
    for _ in 0..127 {
        let file = guest.open("a", none(), READ).await.unwrap();
        streams.push(code(guest.view().read_via_stream(fd(file), 0)).unwrap());
        guest.close(file);
    }
    let refused = guest.open("a", none(), READ).await.unwrap_err();
    assert_eq!(refused, ErrorCode::InsufficientMemory);
    guest.table.delete(streams.pop().unwrap()).unwrap();
    guest.open("a", none(), READ).await.unwrap();
}

#[tokio::test]
async fn identity_tells_files_apart_and_no_inode() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("a"), "a").unwrap();
    fs::write(folder.path().join("b"), "b").unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut guest = Guest::reading(folder.path());
        let root = guest.root;
        for name in ["a", "a", "b"] {
            let view = &mut guest.view();
            let hash = view.metadata_hash_at(fd(root), PathFlags::empty(), name.to_owned());
            seen.push(code(hash.await).unwrap().lower);
        }
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
    assert_ne!(seen[0], seen[3], "another call, another key");
}

struct Broken;

impl Recorder for Broken {
    fn record(&self, _: &Decision) -> Result<(), RecordError> {
        Err(RecordError("the disk is full".to_owned()))
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_done() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("a"), "a").unwrap();
    let grants = ["files write ./data /data"];
    let mut guest = Guest::recorded(&grants, &[("/data", folder.path())], Arc::new(Broken));
    let root = guest.root;
    let all = OpenFlags::CREATE | OpenFlags::TRUNCATE;
    let before = tree(folder.path());
    for path in ["a", "new"] {
        let view = &mut guest.view();
        let opened = view
            .open_at(fd(root), FOLLOW, path.to_owned(), all, WRITE)
            .await;
        assert!(
            opened.unwrap_err().downcast().is_err(),
            "a trap, not a code"
        );
    }
    let removed = guest.view().unlink_file_at(fd(root), "a".to_owned()).await;
    assert!(removed.unwrap_err().downcast().is_err());
    assert_eq!(tree(folder.path()), before);
}
