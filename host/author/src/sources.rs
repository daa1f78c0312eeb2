//! The files that a project is built from, to see when one changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::AuthorError;
use crate::project::Project;

/// What tools make, and what changes without meaning anything.
const NOT_SOURCES: &[&str] = &[
    "build",
    "dist",
    "node_modules",
    "target",
    "vendor",
    "zig-out",
    "__pycache__",
];

/// More files than any plugin has; a project's folder may be a home folder by mistake.
const MOST: usize = 20_000;

/// When each source file was changed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources(BTreeMap<PathBuf, (SystemTime, u64)>);

impl Sources {
    /// Of the project as it is now. Hidden files and what tools make are left out.
    ///
    /// # Errors
    /// If the project's folder cannot be read.
    pub fn of(project: &Project) -> Result<Sources, AuthorError> {
        let mut found = BTreeMap::new();
        let entries = std::fs::read_dir(&project.root);
        entries.map_err(|error| AuthorError::io(&project.root, error))?;
        walk(&project.root, &mut found);
        Ok(Sources(found))
    }

    /// A file that is new, gone or different in `now`; the first by name.
    pub fn changed<'a>(&'a self, now: &'a Sources) -> Option<&'a Path> {
        let differs = |a: &'a Sources, b: &'a Sources| {
            a.0.iter()
                .find(|(path, stamp)| b.0.get(*path) != Some(stamp))
                .map(|(path, _)| path.as_path())
        };
        differs(now, self).or_else(|| differs(self, now))
    }
}

/// A file that goes away while it is looked at is not there.
fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, (SystemTime, u64)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || NOT_SOURCES.contains(&&*name) || found.len() >= MOST {
            continue;
        }
        // Links are not followed: a loop of them would have no end.
        match entry.metadata() {
            Ok(it) if it.is_dir() => walk(&entry.path(), found),
            Ok(it) if it.is_file() => {
                let changed = it.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                found.insert(entry.path(), (changed, it.len()));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_counts_and_what_tools_make_does_not() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("go.mod", "module x/y\n");
        write("src/a.go", "one");
        let project = Project::open(root.path()).unwrap();
        let before = Sources::of(&project).unwrap();
        write("build/y.wasm", "binary");
        write(".git/index", "x");
        assert_eq!(before.changed(&Sources::of(&project).unwrap()), None);
        write("src/a.go", "two lines");
        let after = Sources::of(&project).unwrap();
        assert!(before.changed(&after).unwrap().ends_with("src/a.go"));
        std::fs::remove_file(root.path().join("src/a.go")).unwrap();
        assert!(after.changed(&Sources::of(&project).unwrap()).is_some());
    }
}
