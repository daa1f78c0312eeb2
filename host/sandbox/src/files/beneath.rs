//! Resolving a path without leaving a folder. The kernel does it in one step, so there is no moment between a check
//! and the act in which a name could come to mean something else.

use super::stop::Stop;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2};
use rustix::io::Errno;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// Below the folder, links included; through no link of /proc; into no other mounted file system.
const RESOLVE: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

/// The kernel gives up with EAGAIN where a path has `..` and anything on the machine was renamed meanwhile.
const TRIES: u32 = 128;

/// Opens `path` below `dir`. A path or link that leads out of `dir` is `EXDEV`.
///
/// `O_NONBLOCK` is always set, so that opening a FIFO does not wait for its other end, `O_NOCTTY` likewise.
pub(super) fn open_beneath(
    dir: impl AsFd,
    path: &str,
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    let flags = if flags.contains(OFlags::PATH) {
        flags | OFlags::CLOEXEC
    } else {
        flags | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY
    };
    for _ in 0..TRIES {
        match openat2(dir.as_fd(), path, flags, mode, RESOLVE) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            result => return result,
        }
    }
    Err(Errno::AGAIN)
}

/// What lies at `path` below `dir`, without opening it: a FIFO's other end and a device's driver do not notice.
pub(super) fn look_beneath(
    dir: impl AsFd,
    path: &str,
    follow: bool,
) -> Result<(OwnedFd, Stat), Errno> {
    let mut flags = OFlags::PATH;
    flags.set(OFlags::NOFOLLOW, !follow);
    let found = open_beneath(dir, path, flags, Mode::empty())?;
    let stat = fstat(&found)?;
    Ok((found, stat))
}

/// The folder that holds the last name of `path`.
pub(super) fn parent_beneath(dir: impl AsFd, parent: &str) -> Result<OwnedFd, Errno> {
    let parent = if parent.is_empty() { "." } else { parent };
    open_beneath(dir, parent, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())
}

/// A second descriptor of an open folder, with a position of its own.
pub(super) fn reopen_dir(dir: impl AsFd) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(dir, ".", flags, Mode::empty())
}

/// How many folders lie from the mount `root` down to `folder`: 0 is the mount itself. None: more than `most`, or it
/// lies elsewhere by now. Found by climbing, since a path does not tell how deep the links in it lead.
pub(super) fn level(
    folder: impl AsFd,
    root: impl AsFd,
    most: usize,
) -> Result<Option<usize>, Errno> {
    let identity = |found: Stat| (found.st_dev, found.st_ino);
    let root = identity(fstat(root)?);
    let mut found = identity(fstat(&folder)?);
    let mut above: Option<OwnedFd> = None;
    for level in 0..=most {
        if found == root {
            return Ok(Some(level));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let here = above.as_ref().map_or(folder.as_fd(), AsFd::as_fd);
        let up = openat(here, "..", flags, Mode::empty())?;
        found = identity(fstat(&up)?);
        above = Some(up);
    }
    Ok(None)
}

/// A path in two parts: what leads to the folder, and the name in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// Empty: the folder that the path starts from.
    pub(super) parent: &'a str,
    /// Neither empty nor `.` nor `..`.
    pub(super) name: &'a str,
    /// Whether a `/` follows, which only a folder may have.
    pub(super) folder: bool,
}

/// Splits a path for an operation on the entry itself: making, removing or renaming it.
pub(super) fn split(path: &str) -> Result<Split<'_>, Stop> {
    if path.is_empty() {
        return Err(Stop::Code(ErrorCode::NoEntry));
    }
    let trimmed = path.trim_end_matches('/');
    let (parent, name) = trimmed.rsplit_once('/').unwrap_or(("", trimmed));
    match name {
        "" | "." | ".." => Err(Stop::Code(ErrorCode::Invalid)),
        name => Ok(Split {
            parent,
            name,
            folder: trimmed.len() < path.len(),
        }),
    }
}

/// How many folders deep a path leads, as far as its text tells.
pub(super) fn depth(path: &str) -> usize {
    let names = path.split('/').filter(|name| !matches!(*name, "" | "."));
    names.fold(0, |depth, name| match name {
        ".." => depth.saturating_sub(1),
        _ => depth.saturating_add(1),
    })
}

/// `path` as seen from the mount, when asked for in its folder `base`.
pub(super) fn join(base: &str, path: &str) -> String {
    if base.is_empty() || path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{base}/{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(path: &str) -> Option<(&str, &str, bool)> {
        let split = split(path).ok()?;
        Some((split.parent, split.name, split.folder))
    }

    #[test]
    fn a_path_splits_into_folder_and_name() {
        assert_eq!(parts("a"), Some(("", "a", false)));
        assert_eq!(parts("a/"), Some(("", "a", true)));
        assert_eq!(parts("a/b//"), Some(("a", "b", true)));
        assert_eq!(parts("../a"), Some(("..", "a", false)));
        for none in ["", "/", ".", "..", "a/..", "a/.", "a/../"] {
            assert_eq!(parts(none), None, "{none}");
        }
    }

    #[test]
    fn depth_counts_names() {
        for (path, expected) in [("", 0), (".", 0), ("a", 1), ("a//b/./c", 3), ("a/../b", 1)] {
            assert_eq!(depth(path), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_name_never_climbs(path in "[a/.]{0,12}") {
            if let Ok(split) = split(&path) {
                prop_assert!(!matches!(split.name, "" | "." | ".."));
                prop_assert!(!split.name.contains('/'));
                prop_assert!(path.starts_with(split.parent));
            }
        }
    }
}
