//! What a call may add: hostile case 80.

use super::guest::*;
use remit_policy::{DenialCode, Grant, Layer};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use tempfile::tempdir;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, HostDescriptor, OpenFlags};
use wasmtime_wasi::p2::{StreamError, StreamResult};

fn limited(folder: &Path, options: &str) -> Guest {
    let grant = format!("files write ./data /data {options}");
    Guest::new(&[&grant], &[("/data", folder)])
}

fn used(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().metadata().unwrap().blocks() * 512)
        .sum()
}

#[tokio::test]
async fn the_last_byte_fits_and_the_next_is_denied() {
    let folder = tempdir().unwrap();
    let mut guest = limited(folder.path(), "max-bytes=100B");
    let file = guest.open("a", OpenFlags::CREATE, WRITE).await.unwrap();
    assert_eq!(guest.write_at(file, 100, 0).await.unwrap(), 100);
    assert_eq!(
        guest.write_at(file, 100, 0).await.unwrap(),
        100,
        "nothing is added"
    );
    assert_eq!(
        guest.write_at(file, 1, 100).await.unwrap_err(),
        ErrorCode::InsufficientSpace
    );
    let denial = guest.recorder.take().pop().unwrap().result.unwrap_err();
    assert_eq!(denial.code, DenialCode::FileQuota);
    assert_eq!(denial.asked, "/data/a");
    let narrowest = Grant::parse(Layer::Grant, "files write ./data /data max-bytes=101B").unwrap();
    assert_eq!(denial.narrowest, Some(narrowest));
    assert_eq!(guest.meter.file_bytes.load(Ordering::Relaxed), 100);
    assert_eq!(guest.meter.file_entries.load(Ordering::Relaxed), 1);
    assert_eq!(fs::metadata(folder.path().join("a")).unwrap().len(), 100);
}

#[tokio::test]
async fn a_sparse_file_counts_as_long_as_it_is() {
    let folder = tempdir().unwrap();
    let mut guest = limited(folder.path(), "max-bytes=1MiB");
    let file = guest.open("a", OpenFlags::CREATE, WRITE).await.unwrap();
    let far = 1 << 40;
    assert_eq!(
        guest.write_at(file, 1, far).await.unwrap_err(),
        ErrorCode::InsufficientSpace
    );
    let sized = guest.view().set_size(fd(file), far).await;
    assert_eq!(code(sized).unwrap_err(), ErrorCode::InsufficientSpace);
    for offset in [u64::MAX, u64::MAX - 1, i64::MAX as u64] {
        assert!(guest.write_at(file, 1, offset).await.is_err());
    }
    let mut stream = guest.stream(file, Some(far)).unwrap();
    stream.write(vec![1].into()).unwrap();
    denied(stream.write_ready().await);
    assert_eq!(guest.denials(), [DenialCode::FileQuota; 6]);
    assert_eq!(fs::metadata(folder.path().join("a")).unwrap().len(), 0);
    code(guest.view().set_size(fd(file), 1 << 20).await).unwrap();
    assert_eq!(
        guest.write_at(file, 1, 1 << 20).await.unwrap_err(),
        ErrorCode::InsufficientSpace
    );
}

fn denied<T: std::fmt::Debug>(result: StreamResult<T>) {
    let Err(StreamError::LastOperationFailed(error)) = result else {
        panic!("{result:?}");
    };
    let code: ErrorCode = error.downcast().unwrap();
    assert_eq!(code, ErrorCode::InsufficientSpace);
}

#[tokio::test]
async fn streams_are_counted_and_close_when_the_quota_ends() {
    let folder = tempdir().unwrap();
    let mut guest = limited(folder.path(), "max-bytes=100KiB");
    let file = guest.open("a", OpenFlags::CREATE, WRITE).await.unwrap();
    for offset in [Some(0), None] {
        let mut stream = guest.stream(file, offset).unwrap();
        for _ in 0..5 {
            let permit = stream.write_ready().await.unwrap();
            assert!(permit >= 10 << 10);
            stream.write(vec![1; 10 << 10].into()).unwrap();
        }
        stream.flush().unwrap();
        stream.write_ready().await.unwrap();
    }
    assert_eq!(
        fs::metadata(folder.path().join("a")).unwrap().len(),
        100 << 10
    );
    let mut stream = guest.stream(file, None).unwrap();
    denied(stream.blocking_write_and_flush(vec![1; 10].into()).await);
    assert!(matches!(stream.check_write(), Err(StreamError::Closed)));
    assert!(matches!(
        stream.write(vec![1].into()),
        Err(StreamError::Closed)
    ));
    let mut stream = guest.stream(file, Some(50)).unwrap();
    stream
        .blocking_write_and_flush(vec![2; 10].into())
        .await
        .unwrap();
    let mut stream = guest.stream(file, None).unwrap();
    stream.write_zeroes(10).unwrap();
    stream.ready().await;
    denied(stream.flush());
    assert_eq!(guest.denials(), [DenialCode::FileQuota; 2]);
    assert_eq!(
        fs::metadata(folder.path().join("a")).unwrap().len(),
        100 << 10
    );
}

#[tokio::test]
async fn many_streams_at_once_do_not_add_more() {
    let folder = tempdir().unwrap();
    let mut guest = limited(folder.path(), "max-bytes=256KiB");
    let file = guest.open("a", OpenFlags::CREATE, WRITE).await.unwrap();
    let mut streams: Vec<_> = (0..50).map(|_| guest.stream(file, None).unwrap()).collect();
    for _ in 0..4 {
        for stream in &mut streams {
            if stream.write_ready().await.is_ok() {
                let _ = stream.write(vec![1; 16 << 10].into());
            }
        }
    }
    for mut stream in streams {
        stream.ready().await;
    }
    assert_eq!(
        fs::metadata(folder.path().join("a")).unwrap().len(),
        256 << 10
    );
}

/// What a stream holds lies in the host's memory, which the guest's limit does not count.
#[tokio::test]
async fn streams_are_limited_in_number_and_in_what_each_holds() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("a"), vec![1; 64 << 10]).unwrap();
    let mut guest = limited(folder.path(), "max-bytes=1MiB");
    let (read, write) = (
        guest.open("a", none(), READ).await.unwrap(),
        guest.open("a", none(), WRITE).await.unwrap(),
    );
    let mut held = Vec::new();
    let refused = loop {
        let written = guest.stream(write, Some(0)).map(|stream| held.push(stream));
        let read = code(guest.view().read_via_stream(fd(read), 0)).map(drop);
        if let Err(refused) = written.and(read) {
            break refused;
        }
        assert!(held.len() < 1000, "no end of streams");
    };
    assert_eq!((held.len(), refused), (64, ErrorCode::InsufficientMemory));
    assert_eq!(guest.denials(), [DenialCode::FileQuota; 2]);
    let mut stream = held.pop().unwrap();
    let permit = stream.check_write().unwrap();
    assert_eq!(permit, 64 << 10);
    let more = stream.write(vec![1; permit + 1].into());
    assert!(matches!(more, Err(StreamError::Trap(_))), "{more:?}");
    stream.write(vec![1; permit].into()).unwrap();
    assert_eq!(stream.check_write().unwrap(), 0);
    let again = stream.write(vec![1].into());
    assert!(matches!(again, Err(StreamError::Trap(_))), "{again:?}");
    stream.ready().await;
    stream.write(vec![2; 10].into()).unwrap();
    stream.write_ready().await.unwrap();
    drop(stream);
    guest.stream(write, None).unwrap();
    let length = fs::metadata(folder.path().join("a")).unwrap().len();
    assert_eq!(length, (64 << 10) + 10);
}

/// Each write is counted in the moment in which it is done, whatever the others do.
#[tokio::test]
async fn writes_and_cuts_at_once_do_not_add_more() {
    let folder = tempdir().unwrap();
    let mut guest = limited(folder.path(), "max-bytes=1MiB");
    let file = guest.open("a", OpenFlags::CREATE, WRITE).await.unwrap();
    let mut streams: Vec<_> = (0..100)
        .map(|_| guest.stream(file, Some(0)).unwrap())
        .collect();
    let mut added = 0;
    for round in 0..10 {
        for stream in &mut streams {
            if stream.check_write().is_ok_and(|permit| permit > 0) {
                stream.write(vec![1; 64 << 10].into()).unwrap();
            }
        }
        let sized = guest.view().set_size(fd(file), 0).await;
        code(sized).unwrap();
        for stream in &mut streams {
            stream.ready().await;
        }
        let length = fs::metadata(folder.path().join("a")).unwrap().len();
        added += length;
        assert!(added <= 1 << 20, "round {round}: {added}");
    }
}

#[tokio::test]
async fn what_is_removed_is_not_given_back() {
    let folder = tempdir().unwrap();
    let mut guest = limited(folder.path(), "max-bytes=100B");
    guest.write("a", &[1; 60]).await.unwrap();
    let refused = guest.write("a", &[1; 60]).await.unwrap_err();
    assert_eq!(refused, ErrorCode::InsufficientSpace);
    guest.write("a", &[1; 40]).await.unwrap();
}

#[tokio::test]
async fn the_holes_of_an_old_file_are_filled_on_account() {
    let folder = tempdir().unwrap();
    let old = fs::File::create(folder.path().join("sparse")).unwrap();
    old.set_len(1 << 30).unwrap();
    let mut guest = limited(folder.path(), "max-bytes=1MiB");
    let file = guest.open("sparse", none(), WRITE).await.unwrap();
    let mut written = 0;
    while guest.write_at(file, 64 << 10, written).await.is_ok() {
        written += 64 << 10;
    }
    assert_eq!(written, 1 << 20);
    assert!(used(folder.path()) <= (1 << 20) + 4096);
}

#[tokio::test]
async fn entries_of_every_kind_are_counted() {
    let folder = tempdir().unwrap();
    let mut guest = limited(folder.path(), "max-entries=4");
    let root = guest.root;
    let own = |text: &str| text.to_owned();
    guest.write("file", b"x").await.unwrap();
    guest.write("file", b"y").await.unwrap();
    let mut view = guest.view();
    code(view.create_directory_at(fd(root), own("dir")).await).unwrap();
    code(view.symlink_at(fd(root), own("file"), own("soft")).await).unwrap();
    let none = wasmtime_wasi::p2::bindings::filesystem::types::PathFlags::empty();
    code(
        view.link_at(fd(root), none, own("file"), fd(root), own("hard"))
            .await,
    )
    .unwrap();
    let full = ErrorCode::InsufficientSpace;
    let more = view.create_directory_at(fd(root), own("dir2")).await;
    assert_eq!(code(more).unwrap_err(), full);
    let more = view.symlink_at(fd(root), own("file"), own("soft2")).await;
    assert_eq!(code(more).unwrap_err(), full);
    code(view.unlink_file_at(fd(root), own("hard")).await).unwrap();
    let more = view
        .link_at(fd(root), none, own("file"), fd(root), own("hard2"))
        .await;
    assert_eq!(code(more).unwrap_err(), full);
    assert_eq!(guest.write("file2", b"x").await.unwrap_err(), full);
    assert_eq!(guest.denials(), [DenialCode::FileQuota; 4]);
    guest.write("file", b"z").await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[tokio::test]
async fn a_million_files_end_at_the_quota() {
    let folder = tempdir().unwrap();
    let mut guest = limited(folder.path(), "max-entries=500");
    let mut made = 0;
    for index in 0..600 {
        made += u32::from(guest.write(&format!("{index}"), b"").await.is_ok());
    }
    assert_eq!(made, 500);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 500);
}

#[tokio::test]
async fn a_tree_ends_at_its_depth_by_path_and_by_step() {
    let folder = tempdir().unwrap();
    let mut guest = Guest::writing(folder.path());
    let mut dir = guest.root;
    let mut depth = 0;
    let refused = loop {
        let made = guest
            .view()
            .create_directory_at(fd(dir), "d".to_owned())
            .await;
        if let Err(refused) = code(made) {
            break refused;
        }
        depth += 1;
        dir = guest
            .open_in(dir, "d", OpenFlags::DIRECTORY, READ)
            .await
            .unwrap();
    };
    assert_eq!((depth, refused), (64, ErrorCode::InsufficientSpace));
    assert_eq!(guest.denials(), [DenialCode::FileQuota]);
}

/// A link makes a deep folder look near.
#[tokio::test]
async fn a_tree_is_not_made_deeper_through_links() {
    let folder = tempdir().unwrap();
    let mut guest = Guest::writing(folder.path());
    let root = guest.root;
    let deep = vec!["d"; 60].join("/");
    fs::create_dir_all(folder.path().join(&deep)).unwrap();
    let mut view = guest.view();
    code(view.symlink_at(fd(root), deep, "near".to_owned()).await).unwrap();
    let near = guest
        .open("near", OpenFlags::DIRECTORY, READ)
        .await
        .unwrap();
    let fits = "e/f/g".split('/').scan(String::new(), |path, name| {
        path.push_str(if path.is_empty() { "" } else { "/" });
        path.push_str(name);
        Some(path.clone())
    });
    for path in fits {
        let made = guest.view().create_directory_at(fd(near), path).await;
        code(made).unwrap();
    }
    let own = |text: &str| text.to_owned();
    fs::write(folder.path().join("file"), "").unwrap();
    fs::create_dir_all(folder.path().join("two/three")).unwrap();
    guest.write("near/e/f/file", b"").await.unwrap();
    code(
        guest
            .view()
            .create_directory_at(fd(near), own("e/f/g/h"))
            .await,
    )
    .unwrap();
    guest.denials();
    let refused = ErrorCode::InsufficientSpace;
    let made = guest.write("near/e/f/g/h/file", b"").await.unwrap_err();
    assert_eq!(made, refused);
    let mut view = guest.view();
    let none = wasmtime_wasi::p2::bindings::filesystem::types::PathFlags::empty();
    let too_deep = || own("near/e/f/g/h/new");
    let made = view.create_directory_at(fd(root), too_deep()).await;
    assert_eq!(code(made).unwrap_err(), refused);
    let made = view.create_directory_at(fd(near), own("e/f/g/h/i")).await;
    assert_eq!(code(made).unwrap_err(), refused);
    let made = view.symlink_at(fd(root), own("x"), too_deep()).await;
    assert_eq!(code(made).unwrap_err(), refused);
    let made = view
        .link_at(fd(root), none, own("file"), fd(root), too_deep())
        .await;
    assert_eq!(code(made).unwrap_err(), refused);
    let moved = view
        .rename_at(fd(root), own("file"), fd(root), too_deep())
        .await;
    assert_eq!(code(moved).unwrap_err(), refused);
    let moved = view
        .rename_at(fd(root), own("two"), fd(near), own("e/f/g/two"))
        .await;
    assert_eq!(code(moved).unwrap_err(), refused);
    assert_eq!(guest.denials(), [DenialCode::FileQuota; 7]);
}

#[tokio::test]
async fn a_tree_is_not_made_deeper_by_moving() {
    let folder = tempdir().unwrap();
    let deep = vec!["d"; 40].join("/");
    fs::create_dir_all(folder.path().join("one").join(&deep)).unwrap();
    fs::create_dir_all(folder.path().join("two").join(&deep)).unwrap();
    let mut guest = Guest::writing(folder.path());
    let root = guest.root;
    let too_deep = format!("two/{deep}/one");
    let moved = guest
        .view()
        .rename_at(fd(root), "one".to_owned(), fd(root), too_deep)
        .await;
    assert_eq!(code(moved).unwrap_err(), ErrorCode::InsufficientSpace);
    assert_eq!(guest.denials(), [DenialCode::FileQuota]);
    let fits = "two/d/d/d/one".to_owned();
    code(
        guest
            .view()
            .rename_at(fd(root), "one".to_owned(), fd(root), fits)
            .await,
    )
    .unwrap();
}

#[tokio::test]
async fn mounts_have_quotas_of_their_own() {
    let (a, b) = (tempdir().unwrap(), tempdir().unwrap());
    let grants = [
        "files write ./a /a max-bytes=10B",
        "files write ./b /b max-bytes=20B",
    ];
    let mut guest = Guest::new(&grants, &[("/a", a.path()), ("/b", b.path())]);
    let folders = guest.preopens();
    for (folder, max) in [(folders[0].0, 10), (folders[1].0, 20)] {
        let file = guest
            .open_in(folder, "f", OpenFlags::CREATE, WRITE)
            .await
            .unwrap();
        assert!(guest.write_at(file, max + 1, 0).await.is_err());
        assert!(guest.write_at(file, max, 0).await.is_ok());
    }
}
