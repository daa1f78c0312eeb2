//! Changing what is granted for writing, and not what is granted for reading: hostile case 75.

use super::guest::*;
use remit_policy::{DenialCode, Grant, Layer};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::tempdir;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    ErrorCode, HostDescriptor, NewTimestamp, OpenFlags, PathFlags,
};

fn sample(folder: &Path) {
    fs::create_dir_all(folder.join("sub/empty")).unwrap();
    fs::write(folder.join("a"), "aaa").unwrap();
    fs::write(folder.join("sub/b"), "bbb").unwrap();
}

/// Every change there is, on the sample. The results in order.
async fn every_change(guest: &mut Guest) -> Vec<(&'static str, Result<(), ErrorCode>)> {
    let root = guest.root;
    let own = |text: &str| text.to_owned();
    let time = NewTimestamp::Timestamp(Datetime {
        seconds: 1_000_000,
        nanoseconds: 0,
    });
    let unchanged = NewTimestamp::NoChange;
    let mut results = Vec::new();
    for (name, path, open, flags) in [
        ("write", "a", none(), WRITE),
        ("truncate", "a", OpenFlags::TRUNCATE, READ),
        ("create", "new", OpenFlags::CREATE, READ),
        (
            "create exclusively",
            "newer",
            OpenFlags::CREATE | OpenFlags::EXCLUSIVE,
            WRITE,
        ),
    ] {
        let opened = guest.open(path, open, flags).await;
        results.push((name, opened.map(|file| guest.close(file))));
    }
    let held = guest.open("a", none(), READ).await.unwrap();
    let mut view = guest.view();
    let sized = view.set_size(fd(held), 1).await;
    results.push(("set-size of a file that is open for reading", code(sized)));
    let written = view.write(fd(held), vec![1], 0).await;
    results.push(("write to the same", code(written).map(|_| ())));
    results.push((
        "stream to the same",
        code(view.write_via_stream(fd(held), 0)).map(|_| ()),
    ));
    results.push((
        "append to the same",
        code(view.append_via_stream(fd(held))).map(|_| ()),
    ));
    results.push((
        "set-times of the same",
        code(view.set_times(fd(held), unchanged, time).await),
    ));
    results.push((
        "set-times of the folder",
        code(view.set_times(fd(root), time, time).await),
    ));
    let timed = view
        .set_times_at(fd(root), FOLLOW, own("sub/b"), time, time)
        .await;
    results.push(("set-times", code(timed)));
    results.push((
        "mkdir",
        code(view.create_directory_at(fd(root), own("made")).await),
    ));
    results.push((
        "symlink",
        code(view.symlink_at(fd(root), own("sub/b"), own("s")).await),
    ));
    let none = PathFlags::empty();
    let linked = view
        .link_at(fd(root), none, own("sub/b"), fd(root), own("l"))
        .await;
    results.push(("link", code(linked)));
    let moved = view
        .rename_at(fd(root), own("sub/b"), fd(root), own("moved"))
        .await;
    results.push(("rename", code(moved)));
    results.push((
        "unlink",
        code(view.unlink_file_at(fd(root), own("moved")).await),
    ));
    results.push((
        "rmdir",
        code(view.remove_directory_at(fd(root), own("sub/empty")).await),
    ));
    results
}

#[tokio::test]
async fn a_grant_to_read_changes_nothing() {
    let folder = tempdir().unwrap();
    sample(folder.path());
    let before = tree(folder.path());
    let mut guest = Guest::reading(folder.path());
    let results = every_change(&mut guest).await;
    for (name, result) in &results {
        assert_eq!(*result, Err(ErrorCode::ReadOnly), "{name}");
    }
    let mut count = 0;
    for decision in guest.recorder.take() {
        let Err(denial) = decision.result else {
            continue;
        };
        count += 1;
        assert_eq!(denial.code, DenialCode::FileReadOnly, "{}", decision.action);
        let narrowest = Grant::parse(Layer::Grant, "files write ./data /data").unwrap();
        assert_eq!(denial.narrowest, Some(narrowest));
    }
    assert_eq!(count, results.len(), "one record for each");
    assert_eq!(tree(folder.path()), before);
}

#[tokio::test]
async fn a_grant_to_write_changes_all_of_it() {
    let folder = tempdir().unwrap();
    sample(folder.path());
    let mut guest = Guest::writing(folder.path());
    for (name, result) in every_change(&mut guest).await {
        if name.ends_with("same") && !name.starts_with("set-times") || name.ends_with("reading") {
            assert_eq!(
                result,
                Err(ErrorCode::BadDescriptor),
                "{name}: not open for writing"
            );
        } else {
            assert_eq!(result, Ok(()), "{name}");
        }
    }
    assert!(guest.denials().is_empty());
    assert_eq!(fs::read_to_string(folder.path().join("l")).unwrap(), "bbb");
    assert_eq!(
        fs::read_link(folder.path().join("s")).unwrap(),
        Path::new("sub/b")
    );
    assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"");
}

#[tokio::test]
async fn set_times_sets_them() {
    let folder = tempdir().unwrap();
    sample(folder.path());
    symlink("a", folder.path().join("link")).unwrap();
    let mut guest = Guest::writing(folder.path());
    let root = guest.root;
    let time = |seconds| {
        NewTimestamp::Timestamp(Datetime {
            seconds,
            nanoseconds: 5_999_999,
        })
    };
    for (path, follow, seconds) in [
        ("link", FOLLOW, 11),
        ("link", PathFlags::empty(), 22),
        ("sub", FOLLOW, 33),
    ] {
        let mut view = guest.view();
        let at = time(seconds);
        code(
            view.set_times_at(fd(root), follow, path.to_owned(), at, at)
                .await,
        )
        .unwrap();
        let found = code(view.stat_at(fd(root), follow, path.to_owned()).await).unwrap();
        let shown = found.data_modification_timestamp.unwrap();
        assert_eq!(
            (shown.seconds, shown.nanoseconds),
            (seconds, 5_000_000),
            "{path}"
        );
    }
    let root_of = |nanoseconds| {
        NewTimestamp::Timestamp(Datetime {
            seconds: 1,
            nanoseconds,
        })
    };
    for nanoseconds in [1_000_000_000, u32::MAX] {
        let mut view = guest.view();
        let odd = root_of(nanoseconds);
        let set = view
            .set_times_at(fd(root), FOLLOW, "a".to_owned(), odd, odd)
            .await;
        assert_eq!(code(set).unwrap_err(), ErrorCode::Invalid);
    }
}

#[tokio::test]
async fn a_link_may_only_point_downwards() {
    let folder = tempdir().unwrap();
    sample(folder.path());
    let before = tree(folder.path());
    let mut guest = Guest::writing(folder.path());
    let root = guest.root;
    for target in [
        "/etc/passwd",
        "../a",
        "..",
        "sub/../../x",
        "sub/..",
        "a\0",
        "\\\\unc",
    ] {
        let made = guest
            .view()
            .symlink_at(fd(root), target.to_owned(), "sub/l".to_owned())
            .await;
        code(made).unwrap_err();
        assert_eq!(guest.denials().len(), 1, "{target}");
    }
    assert_eq!(tree(folder.path()), before);
    let made = guest
        .view()
        .symlink_at(fd(root), "b".to_owned(), "sub/l".to_owned())
        .await;
    code(made).unwrap();
    assert_eq!(guest.read("sub/l").await.unwrap(), "bbb");
}

#[tokio::test]
async fn a_link_that_points_upwards_stays_where_it_is() {
    let folder = tempdir().unwrap();
    sample(folder.path());
    symlink("../a", folder.path().join("sub/up")).unwrap();
    symlink("b", folder.path().join("sub/down")).unwrap();
    let mut guest = Guest::writing(folder.path());
    let root = guest.root;
    let own = |text: &str| text.to_owned();
    let moved = guest
        .view()
        .rename_at(fd(root), own("sub/up"), fd(root), own("up"))
        .await;
    assert_eq!(code(moved).unwrap_err(), ErrorCode::NotPermitted);
    assert_eq!(guest.denials(), [DenialCode::FileOutsideGrant]);
    let moved = guest
        .view()
        .rename_at(fd(root), own("sub/down"), fd(root), own("down"))
        .await;
    code(moved).unwrap();
}

#[tokio::test]
async fn a_folder_that_holds_a_link_to_above_it_stays_where_it_is() {
    let folder = tempdir().unwrap();
    fs::create_dir_all(folder.path().join("deep/in/below")).unwrap();
    fs::create_dir_all(folder.path().join("other")).unwrap();
    symlink("../../../x", folder.path().join("deep/in/below/up")).unwrap();
    let mut guest = Guest::writing(folder.path());
    let root = guest.root;
    let own = |text: &str| text.to_owned();
    for (from, to) in [("deep/in/below", "below"), ("deep/in", "other/in")] {
        let moved = guest
            .view()
            .rename_at(fd(root), own(from), fd(root), own(to))
            .await;
        assert_eq!(code(moved).unwrap_err(), ErrorCode::NotPermitted, "{from}");
        assert_eq!(guest.denials(), [DenialCode::FileOutsideGrant]);
    }
    // Where it points stays what it was.
    for (from, to) in [("deep/in", "deep/inside"), ("deep", "deeper")] {
        let moved = guest
            .view()
            .rename_at(fd(root), own(from), fd(root), own(to))
            .await;
        code(moved).unwrap();
    }
    // The link's own folder goes with it.
    fs::remove_file(folder.path().join("deeper/inside/below/up")).unwrap();
    symlink("../x", folder.path().join("deeper/inside/below/up")).unwrap();
    let moved = guest
        .view()
        .rename_at(fd(root), own("deeper/inside"), fd(root), own("inside"))
        .await;
    code(moved).unwrap();
    assert!(guest.denials().is_empty());
}

const TWO: [&str; 3] = [
    "files write ./data /data",
    "files write ./other /other max-bytes=10B",
    "files read ./notes /notes",
];

#[tokio::test]
async fn between_mounts_files_move_and_nothing_is_linked() {
    let (data, other, notes) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    sample(data.path());
    fs::write(data.path().join("long"), "more than ten bytes").unwrap();
    fs::write(notes.path().join("note"), "note").unwrap();
    let mounts = [
        ("/data", data.path()),
        ("/other", other.path()),
        ("/notes", notes.path()),
    ];
    let mut guest = Guest::new(&TWO, &mounts);
    let folders: Vec<u32> = guest.preopens().into_iter().map(|(fd, _)| fd).collect();
    let [from, to, notes] = folders[..] else {
        panic!()
    };
    let own = |text: &str| text.to_owned();
    let mut view = guest.view();
    let none = PathFlags::empty();
    let linked = view
        .link_at(fd(from), none, own("a"), fd(to), own("a"))
        .await;
    assert_eq!(code(linked).unwrap_err(), ErrorCode::NotPermitted);
    let long = view
        .rename_at(fd(from), own("long"), fd(to), own("long"))
        .await;
    assert_eq!(code(long).unwrap_err(), ErrorCode::InsufficientSpace);
    let tree = view
        .rename_at(fd(from), own("sub"), fd(to), own("sub"))
        .await;
    assert_eq!(code(tree).unwrap_err(), ErrorCode::CrossDevice);
    for (a, b) in [(notes, to), (to, notes)] {
        let moved = view.rename_at(fd(a), own("note"), fd(b), own("note")).await;
        assert_eq!(code(moved).unwrap_err(), ErrorCode::ReadOnly);
    }
    assert_eq!(
        guest.denials(),
        [
            DenialCode::FileOutsideGrant,
            DenialCode::FileQuota,
            DenialCode::FileReadOnly,
            DenialCode::FileReadOnly
        ]
    );
    let moved = guest
        .view()
        .rename_at(fd(from), own("a"), fd(to), own("a"))
        .await;
    code(moved).unwrap();
    assert_eq!(fs::read_to_string(other.path().join("a")).unwrap(), "aaa");
}

#[tokio::test]
async fn a_held_folder_is_recorded_where_it_was_moved_to() {
    let folder = tempdir().unwrap();
    sample(folder.path());
    let mut guest = Guest::writing(folder.path());
    let root = guest.root;
    let sub = guest.open("sub", OpenFlags::DIRECTORY, READ).await.unwrap();
    let own = |text: &str| text.to_owned();
    code(
        guest
            .view()
            .rename_at(fd(root), own("sub"), fd(root), own("moved"))
            .await,
    )
    .unwrap();
    guest.recorder.take();
    guest.open_in(sub, "b", none(), READ).await.unwrap();
    assert_eq!(guest.recorder.take()[0].asked, "/data/moved/b");
}

#[tokio::test]
async fn the_mount_itself_is_neither_moved_nor_removed() {
    let folder = tempdir().unwrap();
    let mut guest = Guest::writing(folder.path());
    let root = guest.root;
    for path in [".", "./", "sub/.."] {
        let own = || path.to_owned();
        let removed = guest.view().remove_directory_at(fd(root), own()).await;
        assert_eq!(code(removed).unwrap_err(), ErrorCode::Invalid);
        let moved = guest
            .view()
            .rename_at(fd(root), own(), fd(root), "x".to_owned())
            .await;
        assert_eq!(code(moved).unwrap_err(), ErrorCode::Invalid);
    }
    assert!(folder.path().exists());
}

#[tokio::test]
async fn exclusive_creation_does_not_take_what_is_there() {
    let folder = tempdir().unwrap();
    sample(folder.path());
    symlink("nothing", folder.path().join("link")).unwrap();
    let mut guest = Guest::writing(folder.path());
    let open = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
    for path in ["a", "link", "sub"] {
        let refused = guest.open(path, open, WRITE).await.unwrap_err();
        let expected = matches!(refused, ErrorCode::Exist | ErrorCode::IsDirectory);
        assert!(expected, "{path}: {refused:?}");
    }
    guest.open("new", open, WRITE).await.unwrap();
}
