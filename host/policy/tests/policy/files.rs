//! Mounts, names and access.

use remit_policy::*;

use super::support::*;

fn judge(authority: &Authority, mount: &str, path: &str, access: Access) -> &'static str {
    let (mount, _) = authority.mount(mount).unwrap();
    match authority.file_access(mount, path, access) {
        Ok(_) => "allowed",
        Err(denial) => denial.code(),
    }
}

#[test]
fn a_granted_folder_is_read_and_only_a_writable_one_written() {
    let authority = authority(&["files read ./data /data", "files write {run}/out /out"]);
    assert_eq!(
        judge(&authority, "/data", "a/b.txt", Access::Read),
        "allowed"
    );
    assert_eq!(
        judge(&authority, "/data", "a/b.txt", Access::Write),
        "file-read-only"
    );
    assert_eq!(
        judge(&authority, "/out", "a/b.txt", Access::Read),
        "allowed"
    );
    assert_eq!(
        judge(&authority, "/out", "a/b.txt", Access::Write),
        "allowed"
    );
    assert!(authority.mount("/dat").is_none());
    assert!(authority.mount("/database").is_none());
    assert!(Authority::none().mounts().is_empty());
}

#[test]
fn paths_out_of_the_mount_and_odd_names_are_denied() {
    let authority = authority(&["files write ./data /data"]);
    for path in [
        "..",
        "../x",
        "a/../../x",
        "/etc/passwd",
        "/proc/self/environ",
    ] {
        assert_eq!(
            judge(&authority, "/data", path, Access::Read),
            "file-outside-grant",
            "{path}"
        );
    }
    for path in ["a\0", "a\nb", "\\\\unc\\x", "\u{1b}[2J"] {
        assert_eq!(
            judge(&authority, "/data", path, Access::Write),
            "file-name",
            "{path:?}"
        );
    }
    assert_eq!(
        judge(&authority, "/data", &"n".repeat(256), Access::Write),
        "file-name"
    );
    for path in ["", ".", "a/../b", &"n".repeat(255)] {
        assert_eq!(
            judge(&authority, "/data", path, Access::Write),
            "allowed",
            "{path}"
        );
    }
}

#[test]
fn the_narrowest_grant_of_a_denied_write_allows_it() {
    let first = authority(&["files read ./data /data"]);
    let (mount, _) = first.mount("/data").unwrap();
    let denial = first.file_access(mount, "x", Access::Write).unwrap_err();
    assert_eq!(
        denial.rule.map(|rule| rule.text.to_string()).as_deref(),
        Some("files read ./data /data")
    );
    assert_eq!(denial.asked, "write /data/x");
    let text = denial.narrowest.unwrap().to_string();
    assert_eq!(text, "files write ./data /data");
    let second = authority(&["files read ./data /data", &text]);
    assert_eq!(second.mounts().len(), 1);
    assert_eq!(judge(&second, "/data", "x", Access::Write), "allowed");
}

#[test]
fn needs_and_policy_narrow_mounts_and_access() {
    let granted = ["files write ./data /data", "files write ./base /database"];
    for (needed, allowed, expected) in [
        (
            None,
            None,
            &[("/data", Access::Write), ("/database", Access::Write)][..],
        ),
        (Some("files read * /data"), None, &[("/data", Access::Read)]),
        (
            Some("files write * /"),
            Some("files read . *"),
            &[("/data", Access::Read), ("/database", Access::Read)],
        ),
        (
            None,
            Some("files write ./data /data"),
            &[("/data", Access::Write)],
        ),
        (None, Some("files write ./dat *"), &[]),
        (None, Some("files write ~/data *"), &[]),
        // A line within the mount cannot be held against links, so the mount is refused whole.
        (Some("files read * /data/inner"), None, &[]),
    ] {
        let needed = needed.map(|text| [text]);
        let allowed = allowed.map(|text| [text]);
        let authority = layered(
            &granted,
            needed.as_ref().map(|texts| &texts[..]),
            allowed.as_ref().map(|texts| &texts[..]),
        );
        let mounts: Vec<(&str, Access)> = authority
            .mounts()
            .into_iter()
            .map(|(id, grant)| (grant.mount.as_str(), authority.mount_access(id).unwrap()))
            .collect();
        assert_eq!(mounts, expected, "{needed:?} {allowed:?}");
        for (id, grant) in authority.mounts() {
            let write = authority.file_access(id, "x", Access::Write);
            if let Err(denial) = &write {
                assert_eq!(denial.narrowest, None, "{}", grant.mount);
            }
            assert_eq!(
                write.is_ok(),
                authority.mount_access(id) == Some(Access::Write)
            );
        }
    }
}

#[test]
fn mounts_contain_by_whole_names() {
    for (root, inside, outside) in [
        (
            "/data",
            &["/data", "/data/x", "/data/x/y"][..],
            &["/database", "/dat", "/", "data", "/x/data"][..],
        ),
        ("/", &["/", "/x"], &["x", ""]),
    ] {
        let root = GuestPath::new(root).unwrap();
        for path in inside {
            assert!(root.contains(path), "{path}");
        }
        for path in outside {
            assert!(!root.contains(path), "{path}");
        }
    }
}

#[test]
fn quotas_are_the_grants_own_or_the_calls_and_nothing_where_nothing_is_written() {
    let authority = authority(&[
        "files read ./a /a",
        "files write ./b /b",
        "files write ./c /c max-bytes=1KiB max-entries=0",
    ]);
    let quota = |mount: &str| {
        let quota = authority.file_quota(authority.mount(mount).unwrap().0);
        (quota.bytes, quota.entries)
    };
    assert_eq!(quota("/a"), (ByteSize::bytes(0), 0));
    assert_eq!(quota("/b"), (ByteSize::mib(64), 10_000));
    assert_eq!(quota("/c"), (ByteSize::kib(1), 0));
    assert!(Grant::parse(Layer::Grant, "files write ./c /c max-bytes=17GiB").is_err());
}
