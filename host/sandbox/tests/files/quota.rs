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
    denied(stream.write(vec![1].into()));
    assert_eq!(guest.denials(), [DenialCode::FileQuota; 6]);
    assert_eq!(fs::metadata(folder.path().join("a")).unwrap().len(), 0);
    code(guest.view().set_size(fd(file), 1 << 20).await).unwrap();
    assert_eq!(
        guest.write_at(file, 1, 1 << 20).await.unwrap_err(),
        ErrorCode::InsufficientSpace
    );
}

fn denied(result: StreamResult<()>) {
    let Err(StreamError::LastOperationFailed(error)) = result else {
        panic!("{result:?}");
    };
    let error: std::io::Error = error.downcast().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
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
    denied(stream.write_zeroes(10));
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
