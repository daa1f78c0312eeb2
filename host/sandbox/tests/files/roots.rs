//! Which folders may be mounted at all.

use super::guest::{authority, mount};
use remit_sandbox::files::{FilesCtx, Forbidden};
use remit_sandbox::{Journal, Meter, NullRecorder, SandboxError};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use tempfile::tempdir;

fn open(host: &Path, forbidden: &Forbidden) -> Result<(), &'static str> {
    FilesCtx::open(
        &[mount("/data", host)],
        forbidden,
        authority(&["files read ./data /data"]),
        Arc::new(Journal::new(Arc::new(NullRecorder))),
        Arc::new(Meter::default()),
    )
    .map(drop)
    .map_err(|error| match error {
        SandboxError::Mount { .. } => error.code(),
        other => panic!("{other}"),
    })
}

#[test]
fn a_folder_of_the_users_is_mounted() {
    let folder = tempdir().unwrap();
    let link = folder.path().join("link");
    fs::create_dir(folder.path().join("real")).unwrap();
    symlink("real", &link).unwrap();
    assert_eq!(open(folder.path(), &Forbidden::default()), Ok(()));
    assert_eq!(open(&link, &Forbidden::default()), Ok(()));
}

#[test]
fn what_is_missing_or_no_folder_is_not() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for host in [&file, &folder.path().join("missing"), Path::new("relative")] {
        assert_eq!(
            open(host, &Forbidden::default()),
            Err("mount-failed"),
            "{host:?}"
        );
    }
}

#[test]
fn the_systems_folders_are_refused_under_any_name() {
    let folder = tempdir().unwrap();
    for system in [
        "/",
        "/proc",
        "/proc/self",
        "/proc/self/root",
        "/sys",
        "/dev",
        "/dev/shm",
    ] {
        let link = folder.path().join("link");
        symlink(system, &link).unwrap();
        for host in [Path::new(system), &link] {
            assert_eq!(
                open(host, &Forbidden::default()),
                Err("mount-forbidden"),
                "{host:?}"
            );
        }
        fs::remove_file(&link).unwrap();
    }
}

#[test]
fn the_home_is_refused_and_what_holds_it_but_not_what_lies_in_it() {
    let users = tempdir().unwrap();
    let home = users.path().join("someone");
    fs::create_dir_all(home.join("mail")).unwrap();
    let forbidden = Forbidden::default().with_home(&home);
    assert_eq!(open(&home, &forbidden), Err("mount-forbidden"));
    assert_eq!(open(users.path(), &forbidden), Err("mount-forbidden"));
    assert_eq!(open(&home.join("mail"), &forbidden), Ok(()));
}

#[test]
fn remits_own_folders_are_refused_from_above_and_below() {
    let folder = tempdir().unwrap();
    let own = folder.path().join("share/remit");
    fs::create_dir_all(own.join("store")).unwrap();
    fs::create_dir_all(folder.path().join("share/remit-like")).unwrap();
    let forbidden = Forbidden::new([&own]).with_home(Path::new("/nonexistent"));
    for host in [
        folder.path(),
        &folder.path().join("share"),
        &own,
        &own.join("store"),
    ] {
        assert_eq!(open(host, &forbidden), Err("mount-forbidden"), "{host:?}");
    }
    assert_eq!(
        open(&folder.path().join("share/remit-like"), &forbidden),
        Ok(())
    );
}

#[test]
fn another_users_folder_is_refused() {
    let folder = tempdir().unwrap();
    let other = rustix::fs::Uid::from_raw(12_345);
    // Only root may give a folder away; others find that /usr is another user's.
    let host = match rustix::fs::chown(folder.path(), Some(other), None) {
        Ok(()) => folder.path(),
        Err(_) => Path::new("/usr"),
    };
    assert_eq!(open(host, &Forbidden::default()), Err("mount-forbidden"));
}

#[test]
fn a_mount_without_a_grant_or_twice_is_an_error() {
    let folder = tempdir().unwrap();
    let ask = |mounts: &[_]| {
        FilesCtx::open(
            mounts,
            &Forbidden::default(),
            authority(&["files read ./data /data"]),
            Arc::new(Journal::new(Arc::new(NullRecorder))),
            Arc::new(Meter::default()),
        )
        .map(drop)
        .map_err(|error| error.code())
    };
    assert_eq!(
        ask(&[mount("/other", folder.path())]),
        Err("mount-forbidden")
    );
    assert_eq!(
        ask(&[mount("/database", folder.path())]),
        Err("mount-forbidden")
    );
    let twice = [mount("/data", folder.path()), mount("/data", folder.path())];
    assert_eq!(ask(&twice), Err("call-invalid"));
    assert_eq!(ask(&twice[..1]), Ok(()));
}
