//! Leaving the folder: hostile cases 70 and 71, each beside what is allowed.

use super::guest::*;
use proptest::prelude::*;
use remit_policy::DenialCode;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};

/// `inside/` to be mounted, with a file and a folder; `outside/secret` beside it.
fn folders() -> (TempDir, PathBuf, PathBuf) {
    let both = tempdir().unwrap();
    let (inside, outside) = (both.path().join("inside"), both.path().join("outside"));
    fs::create_dir_all(inside.join("sub/deep")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(inside.join("file"), "inside").unwrap();
    fs::write(inside.join("sub/file"), "inside sub").unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    (both, inside, outside)
}

async fn all_ways(guest: &mut Guest, path: &str) -> Vec<ErrorCode> {
    let root = guest.root;
    let mut codes = Vec::new();
    for follow in [FOLLOW, PathFlags::empty()] {
        codes.extend(guest.open_how(root, follow, path, none(), READ).await.err());
        let found = guest
            .view()
            .stat_at(fd(root), follow, path.to_owned())
            .await;
        codes.extend(code(found).err());
        let hash = guest
            .view()
            .metadata_hash_at(fd(root), follow, path.to_owned())
            .await;
        codes.extend(code(hash).err());
    }
    let open = OpenFlags::CREATE | OpenFlags::TRUNCATE;
    codes.extend(guest.open(path, open, WRITE).await.err());
    let view = &mut guest.view();
    codes.extend(code(view.readlink_at(fd(root), path.to_owned()).await).err());
    codes.extend(code(view.create_directory_at(fd(root), path.to_owned()).await).err());
    codes.extend(code(view.unlink_file_at(fd(root), path.to_owned()).await).err());
    codes.extend(code(view.remove_directory_at(fd(root), path.to_owned()).await).err());
    let moved = view
        .rename_at(fd(root), "file".to_owned(), fd(root), path.to_owned())
        .await;
    codes.extend(code(moved).err());
    let moved = view
        .rename_at(fd(root), path.to_owned(), fd(root), "file".to_owned())
        .await;
    codes.extend(code(moved).err());
    let linked = view
        .link_at(
            fd(root),
            PathFlags::empty(),
            "file".to_owned(),
            fd(root),
            path.to_owned(),
        )
        .await;
    codes.extend(code(linked).err());
    let linked = view
        .link_at(
            fd(root),
            PathFlags::empty(),
            path.to_owned(),
            fd(root),
            "new".to_owned(),
        )
        .await;
    codes.extend(code(linked).err());
    codes.extend(
        code(
            view.symlink_at(fd(root), "file".to_owned(), path.to_owned())
                .await,
        )
        .err(),
    );
    codes
}

#[tokio::test]
async fn no_spelling_leads_out() {
    let (both, inside, outside) = folders();
    let before = tree(both.path());
    let absolute = outside.join("secret");
    let mut guest = Guest::writing(&inside);
    for path in [
        "..",
        "../outside/secret",
        "sub/../../outside/secret",
        "sub/deep/../../../outside/secret",
        "./.././outside/secret",
        "/",
        "/etc/passwd",
        "//etc/passwd",
        "/proc/self/environ",
        "/data/file",
        absolute.to_str().unwrap(),
        "\\\\unc\\share",
        "..\\outside",
        "file\0",
        "\0",
        "sub\0/../file",
        "line\nbreak",
        "\u{1b}[31m",
    ] {
        let codes = all_ways(&mut guest, path).await;
        assert_eq!(codes.len(), 16, "{path:?}: {codes:?}");
        let denials = guest.denials();
        assert_eq!(
            denials.len(),
            16,
            "{path:?}: each try is one record of a denial"
        );
        for denial in denials {
            let expected = matches!(denial, DenialCode::FileOutsideGrant | DenialCode::FileName);
            assert!(expected, "{path:?}: {denial}");
        }
    }
    assert_eq!(tree(both.path()), before);
}

#[tokio::test]
async fn dots_within_the_folder_are_allowed() {
    let (_both, inside, _) = folders();
    let mut guest = Guest::reading(&inside);
    for path in [
        "file",
        "./file",
        "sub/../file",
        "sub/deep/../../file",
        "sub//deep/.././../file",
    ] {
        assert_eq!(guest.read(path).await.unwrap(), "inside", "{path}");
    }
    assert!(guest.denials().is_empty());
}

#[tokio::test]
async fn a_held_folder_is_not_climbed_out_of() {
    let (_both, inside, _) = folders();
    let mut guest = Guest::reading(&inside);
    let sub = guest.open("sub", OpenFlags::DIRECTORY, READ).await.unwrap();
    guest.denials();
    for path in ["../file", "..", "../sub/file", "deep/../../file"] {
        let refused = guest.open_in(sub, path, none(), READ).await.unwrap_err();
        assert_eq!(refused, ErrorCode::NotPermitted, "{path}");
    }
    assert_eq!(guest.denials(), [DenialCode::FileOutsideGrant; 4]);
    guest
        .open_in(sub, "deep/../file", none(), READ)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_link_outward_is_denied_in_every_shape() {
    let (both, inside, outside) = folders();
    symlink(outside.join("secret"), inside.join("absolute")).unwrap();
    symlink("../outside/secret", inside.join("relative")).unwrap();
    symlink("relative", inside.join("chain")).unwrap();
    symlink(&outside, inside.join("folder")).unwrap();
    symlink("../outside", inside.join("up")).unwrap();
    symlink("/proc/self/root", inside.join("proc")).unwrap();
    symlink("/proc/self/cwd", inside.join("sub/cwd")).unwrap();
    let before = tree(both.path());
    let mut guest = Guest::writing(&inside);
    for path in [
        "absolute",
        "relative",
        "chain",
        "folder/secret",
        "folder/new",
        "folder",
        "up/secret",
        "up",
        "proc/etc/passwd",
        "sub/cwd",
    ] {
        for (open, flags) in [
            (none(), READ),
            (OpenFlags::DIRECTORY, READ),
            (OpenFlags::CREATE, WRITE),
            (OpenFlags::TRUNCATE, WRITE),
        ] {
            let refused = guest.open(path, open, flags).await.unwrap_err();
            assert_eq!(refused, ErrorCode::NotPermitted, "{path}");
            assert_eq!(guest.denials(), [DenialCode::FileOutsideGrant], "{path}");
        }
        let root = guest.root;
        let found = guest
            .view()
            .stat_at(fd(root), FOLLOW, path.to_owned())
            .await;
        assert_eq!(code(found).unwrap_err(), ErrorCode::NotPermitted);
        assert_eq!(guest.denials(), [DenialCode::FileOutsideGrant], "{path}");
    }
    let root = guest.root;
    for path in ["folder/new", "up/new"] {
        let made = guest
            .view()
            .create_directory_at(fd(root), path.to_owned())
            .await;
        assert_eq!(code(made).unwrap_err(), ErrorCode::NotPermitted);
    }
    assert_eq!(tree(both.path()), before);
}

#[tokio::test]
async fn a_link_within_is_followed() {
    let (_both, inside, _) = folders();
    symlink("sub/file", inside.join("link")).unwrap();
    symlink("../file", inside.join("sub/up")).unwrap();
    symlink("sub", inside.join("folder")).unwrap();
    let mut guest = Guest::reading(&inside);
    assert_eq!(guest.read("link").await.unwrap(), "inside sub");
    assert_eq!(guest.read("sub/up").await.unwrap(), "inside");
    assert_eq!(guest.read("folder/file").await.unwrap(), "inside sub");
    let root = guest.root;
    let unfollowed = guest
        .open_how(root, PathFlags::empty(), "link", none(), READ)
        .await;
    assert_eq!(unfollowed.unwrap_err(), ErrorCode::Loop);
    assert!(guest.denials().is_empty());
}

#[tokio::test]
async fn a_link_tells_no_path_of_the_host() {
    let (_both, inside, outside) = folders();
    symlink(outside.join("secret"), inside.join("absolute")).unwrap();
    symlink("../outside/secret", inside.join("relative")).unwrap();
    symlink("../file", inside.join("sub/up")).unwrap();
    let mut guest = Guest::reading(&inside);
    let root = guest.root;
    for path in ["absolute", "relative"] {
        let target = guest.view().readlink_at(fd(root), path.to_owned()).await;
        assert_eq!(code(target).unwrap_err(), ErrorCode::NotPermitted);
        assert_eq!(guest.denials(), [DenialCode::FileOutsideGrant]);
    }
    let target = guest
        .view()
        .readlink_at(fd(root), "sub/up".to_owned())
        .await;
    assert_eq!(code(target).unwrap(), "../file");
}

#[tokio::test]
async fn a_loop_of_links_is_an_error() {
    let (_both, inside, _) = folders();
    symlink("b", inside.join("a")).unwrap();
    symlink("a", inside.join("b")).unwrap();
    let mut guest = Guest::reading(&inside);
    assert_eq!(guest.read("a").await.unwrap_err(), ErrorCode::Loop);
}

#[tokio::test]
async fn nothing_is_created_through_a_link() {
    let (both, inside, _) = folders();
    symlink("missing", inside.join("dangling")).unwrap();
    let before = tree(both.path());
    let mut guest = Guest::writing(&inside);
    let refused = guest
        .open("dangling", OpenFlags::CREATE, WRITE)
        .await
        .unwrap_err();
    assert_eq!(refused, ErrorCode::Loop);
    assert_eq!(tree(both.path()), before);
}

async fn reads_only_inside(inside: &Path, path: &str) {
    let mut guest = Guest::reading(inside);
    if let Ok(text) = guest.read(path).await {
        assert!(text.starts_with("inside"), "{path:?} read {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_path_at_all_reads_the_secret(
        parts in prop::collection::vec(
            prop_oneof![
                Just(".."), Just("."), Just(""), Just("sub"), Just("deep"), Just("file"), Just("outside"),
                Just("secret"), Just("inside"), Just("out"), Just("up"), Just("back"),
            ],
            1..10,
        )
    ) {
        let (_both, inside, outside) = folders();
        symlink(&outside, inside.join("out")).unwrap();
        symlink("..", inside.join("sub/up")).unwrap();
        symlink("../..", inside.join("sub/deep/back")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(reads_only_inside(&inside, &parts.join("/")));
    }
}
