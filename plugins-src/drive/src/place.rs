//! Paths as callers write them, and the guest paths they mean.

use remit_plugin::files::{Entry, Kind};
use remit_plugin::{Fault, config};

/// The guest path of the folder that holds all documents.
pub fn root() -> Result<String, Fault> {
    let folder = config::get("folder")?.unwrap_or_else(|| "/drive".to_string());
    Ok(folder.trim_end_matches('/').to_string())
}

/// A path below the drive: `notes/plan.md`, with or without a slash before it; empty is the drive itself.
///
/// # Errors
/// `invalid-input` for a path that leads out of the drive or that no document has.
pub fn relative(path: &str) -> Result<String, Fault> {
    let refused = |why: &str| Err(Fault::invalid_input(format!("the path `{path}` {why}")));
    let trimmed = path.strip_prefix("./").unwrap_or(path).trim_matches('/');
    if trimmed.is_empty() || trimmed == "." {
        return Ok(String::new());
    }
    for part in trimmed.split('/') {
        match part {
            ".." => return refused("leads out of the drive"),
            "" | "." => return refused("has an empty part"),
            _ if part.chars().any(char::is_control) => return refused("has a control character"),
            _ if part.len() > 255 => return refused("has a name of more than 255 bytes"),
            _ => {}
        }
    }
    Ok(trimmed.to_string())
}

/// The guest path of a relative one.
pub fn full(root: &str, relative: &str) -> String {
    match relative {
        "" => root.to_string(),
        _ => format!("{root}/{relative}"),
    }
}

/// Whether a program keeps the file for itself: hidden files, and the locks that office programs leave.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name.starts_with("~$")
}

/// What a document is, by its name: its extension in lower case; `file` without one.
pub fn type_of(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && (1..=10).contains(&extension.len()) => {
            extension.to_ascii_lowercase()
        }
        _ => "file".to_string(),
    }
}

/// The last part of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The entries that are anybody's business, folders before files.
pub fn visible(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.retain(|it| it.kind != Kind::Other && !is_hidden(&it.name));
    entries.sort_by_key(|it| it.kind != Kind::Folder);
    entries
}

/// Deeper folders are left out.
const MAX_DEPTH: usize = 32;

/// Every visible entry below a folder, folder by folder, until `act` says to stop.
///
/// # Errors
/// Where the folder itself cannot be read; one below it is left out and logged.
pub fn walk(
    root: &str,
    start: &str,
    act: &mut dyn FnMut(&str, &Entry) -> bool,
) -> Result<(), Fault> {
    let entries = remit_plugin::files::read_dir(&full(root, start))?;
    descend(root, start, entries, 0, act);
    Ok(())
}

fn descend(
    root: &str,
    folder: &str,
    entries: Vec<Entry>,
    depth: usize,
    act: &mut dyn FnMut(&str, &Entry) -> bool,
) -> bool {
    for entry in visible(entries) {
        let path = match folder {
            "" => entry.name.clone(),
            _ => format!("{folder}/{}", entry.name),
        };
        if !act(&path, &entry) {
            return false;
        }
        if entry.kind != Kind::Folder {
            continue;
        }
        if depth >= MAX_DEPTH {
            remit_plugin::log::warn(&format!("left out `{path}`: too deep"));
            continue;
        }
        match remit_plugin::files::read_dir(&full(root, &path)) {
            Ok(inner) => {
                if !descend(root, &path, inner, depth + 1, act) {
                    return false;
                }
            }
            Err(error) => remit_plugin::log::warn(&format!("left out: {error}")),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_the_drive() {
        for (path, expected) in [
            ("", ""),
            ("/", ""),
            (".", ""),
            ("/notes/a.md", "notes/a.md"),
            ("./a", "a"),
            ("a/", "a"),
        ] {
            assert_eq!(relative(path).unwrap(), expected, "{path}");
        }
        for path in ["..", "a/../b", "a//b", "a/./b", "a\0", "a\nb"] {
            assert!(relative(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_type_is_the_extension() {
        for (name, expected) in [
            ("a.MD", "md"),
            ("a.tar.gz", "gz"),
            ("README", "file"),
            (".profile", "file"),
        ] {
            assert_eq!(type_of(name), expected);
        }
    }
}
