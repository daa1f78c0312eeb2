//! Names of files and folders.

use crate::{GrantError, is_display_safe};

/// NAME_MAX of Linux and of every common file system.
const MAX_NAME: usize = 255;
/// PATH_MAX of Linux.
const MAX_PATH: usize = 4096;
/// Deep enough for any tree that a person made; a deeper one is made to exhaust who walks it.
const MAX_DEPTH: usize = 128;

/// What is wrong with a path that a guest asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameFault {
    /// The name cannot be used.
    Name(&'static str),
    /// It leads out of the mount.
    Outside(&'static str),
}

/// Judges a path relative to a mount, by its names alone.
pub(crate) fn check_guest_path(path: &str) -> Result<(), NameFault> {
    if path.len() > MAX_PATH {
        return Err(NameFault::Name("it is longer than 4096 bytes"));
    }
    if path.starts_with('/') {
        return Err(NameFault::Outside("it is absolute"));
    }
    let mut depth = 0usize;
    for name in path.split('/') {
        match name {
            // `a//b` and `a/./b` are what the kernel takes for `a/b`.
            "" | "." => {}
            ".." => {
                depth = depth
                    .checked_sub(1)
                    .ok_or(NameFault::Outside("its `..` lead out of the mount"))?;
            }
            name => {
                check_name(name).map_err(NameFault::Name)?;
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(NameFault::Name("it is more than 128 folders deep"));
                }
            }
        }
    }
    Ok(())
}

/// Judges one name.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.len() > MAX_NAME {
        return Err("a name is longer than 255 bytes");
    }
    if name.chars().any(char::is_control) {
        return Err("a name holds control characters");
    }
    // A separator elsewhere: what is copied from here must not change its meaning there.
    if name.contains('\\') {
        return Err("a name holds a backslash");
    }
    Ok(())
}

/// Judges one name of a path that is granted: what a person approves must also be what it looks like.
pub(super) fn check_grant_name(text: &str, name: &str) -> Result<(), GrantError> {
    let fault = if name.is_empty() {
        Some("it has an empty name; no `//`, and no `/` at the end")
    } else if matches!(name, "." | "..") {
        Some("it holds `.` or `..` as a name")
    } else if name.contains(['{', '}', '*']) {
        Some("a name holds `{`, `}` or `*`; folders have no wildcards")
    } else if !is_display_safe(name) {
        Some("it holds characters that cannot be seen")
    } else {
        check_name(name).err()
    };
    match fault {
        Some(fault) => Err(GrantError::syntax(text, fault)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_within_the_mount_pass() {
        for path in [
            "",
            ".",
            "a",
            "a/b.txt",
            "a/../b",
            "a/",
            "./a",
            "..a",
            "a..",
            "ünï/日本",
            "cur/1:2,S",
        ] {
            assert_eq!(check_guest_path(path), Ok(()), "{path:?}");
        }
        assert_eq!(check_guest_path(&"n".repeat(255)), Ok(()));
        assert_eq!(check_guest_path(&vec!["d"; 128].join("/")), Ok(()));
    }

    #[test]
    fn paths_that_lead_out_do_not() {
        for path in [
            "..",
            "../x",
            "a/../..",
            "a/../../b",
            "./..",
            "/",
            "/etc/passwd",
            "//x",
            "a//../..",
        ] {
            assert!(
                matches!(check_guest_path(path), Err(NameFault::Outside(_))),
                "{path:?}"
            );
        }
    }

    #[test]
    fn names_that_no_file_should_have_do_not() {
        for path in [
            "a\0b",
            "a\nb",
            "\u{7f}",
            "\u{85}",
            "\\\\unc\\share",
            "a\\..\\b",
            "\x1b[31m",
        ] {
            assert!(
                matches!(check_guest_path(path), Err(NameFault::Name(_))),
                "{path:?}"
            );
        }
        assert!(check_guest_path(&"n".repeat(256)).is_err());
        assert!(check_guest_path(&"é".repeat(128)).is_err());
        assert!(check_guest_path(&vec!["d"; 129].join("/")).is_err());
        assert!(check_guest_path(&"d/".repeat(3000)).is_err());
    }
}
