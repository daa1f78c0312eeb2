//! Names in an archive: which are allowed, and which are two spellings of one.

use std::collections::BTreeMap;

use remit_policy::display_safe;
use unicode_normalization::UnicodeNormalization;

use super::MAX_DEPTH;

/// Bytes of one name, as file systems have it.
const MAX_NAME: usize = 255;

/// What a name was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Used {
    File,
    Folder,
}

/// All names so far, by what a file system that ignores case and the composition of letters makes of them.
#[derive(Default)]
pub(super) struct Names {
    seen: BTreeMap<String, (String, Used)>,
}

impl Names {
    /// Takes a path with the folders that lead to it. The same folder may come twice; nothing else may.
    ///
    /// # Errors
    /// Why the path is refused, safe to print.
    pub(super) fn take(&mut self, path: &str, used: Used) -> Result<(), String> {
        for (at, _) in path.match_indices('/') {
            let parent = path.get(..at).unwrap_or_default();
            self.take_one(parent, Used::Folder)?;
        }
        self.take_one(path, used)
    }

    fn take_one(&mut self, path: &str, used: Used) -> Result<(), String> {
        let Some((other, before)) = self.seen.get(&folded(path)) else {
            self.seen.insert(folded(path), (path.to_owned(), used));
            return Ok(());
        };
        if other != path {
            return Err(format!(
                "`{}` and `{}` are one name on some systems",
                display_safe(other, 100),
                display_safe(path, 100)
            ));
        }
        if (*before, used) == (Used::Folder, Used::Folder) {
            return Ok(());
        }
        Err(format!("`{}` is there twice", display_safe(path, 100)))
    }

    /// How many there are, folders counted.
    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }
}

fn folded(path: &str) -> String {
    let lower: String = path.nfkc().flat_map(char::to_lowercase).collect();
    lower.nfkc().collect()
}

/// A path of an archive in its plain form: names joined by `/`, none of them special. A `/` at the end is dropped, and
/// `./` at the beginning, which `tar` writes.
///
/// # Errors
/// Why it is refused, safe to print.
pub(super) fn plain(path: &[u8]) -> Result<&str, String> {
    let Ok(text) = std::str::from_utf8(path) else {
        return Err("a name is not UTF-8".to_owned());
    };
    let shown = || display_safe(text, 100);
    if text.starts_with('/') {
        return Err(format!("`{}` is absolute", shown()));
    }
    let inner = text.strip_suffix('/').unwrap_or(text);
    let inner = inner.strip_prefix("./").unwrap_or(inner);
    if inner.is_empty() || inner == "." {
        return Ok("");
    }
    if inner.split('/').count() > MAX_DEPTH {
        return Err(format!("`{}` lies more than {MAX_DEPTH} deep", shown()));
    }
    for name in inner.split('/') {
        if name == ".." {
            return Err(format!("`{}` climbs out with `..`", shown()));
        }
        if name.is_empty() || name == "." {
            return Err(format!("`{}` has an empty name in it", shown()));
        }
        if name.len() > MAX_NAME {
            return Err(format!("`{}` has a name of more than 255 bytes", shown()));
        }
        // A backslash or a colon leads elsewhere on some systems.
        if name.contains(['\\', ':']) || !remit_policy::is_display_safe(name) {
            return Err(format!(
                "`{}` holds a character that hides or leads elsewhere",
                shown()
            ));
        }
    }
    Ok(inner)
}

/// Hidden names are no part of a skill.
pub(super) fn is_hidden(path: &str) -> bool {
    path.split('/').any(|name| name.starts_with('.'))
}
