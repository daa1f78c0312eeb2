//! The sources of a project in Python: which they are, and what they import.

use std::path::{Path, PathBuf};

use crate::error::AuthorError;

/// Folders of a project that are no source of it.
const NOT_SOURCE: &[&str] = &["__pycache__", "node_modules", "build", "dist"];

/// Whether the text imports a module of `remit_plugin`, in any of the ways to write it. It may say yes where a comment
/// says so; never no where the code does.
pub(super) fn imports(text: &str, module: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    text.match_indices("remit_plugin").any(|(at, found)| {
        let rest = text.get(at + found.len()..).unwrap_or_default();
        if let Some(rest) = rest.strip_prefix('.') {
            return rest.strip_prefix(module).is_some_and(ends);
        }
        let Some(names) = rest.trim_start().strip_prefix("import") else {
            return false;
        };
        let names = names.trim_start();
        let listed = match names.strip_prefix('(') {
            Some(listed) => listed.split(')').next().unwrap_or_default().to_owned(),
            // A backslash goes on with the line.
            None => {
                let names = names.replace("\\\n", " ");
                names.lines().next().unwrap_or_default().to_owned()
            }
        };
        listed
            .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*'))
            .any(|name| name == module || name == "*")
    })
}

/// Whether any source file below a folder is what is looked for.
pub(super) fn any_source(
    folder: &Path,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<bool, AuthorError> {
    for entry in entries(folder)? {
        let is_source = entry.extension().is_some_and(|it| it == "py");
        let found = if entry.is_dir() {
            any_source(&entry, wanted)?
        } else if is_source {
            let bytes = std::fs::read(&entry).map_err(|error| AuthorError::io(&entry, error))?;
            wanted(&String::from_utf8_lossy(&bytes))
        } else {
            false
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a folder holds, in one order on every machine, without what is hidden or generated.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, AuthorError> {
    let io = |error| AuthorError::io(folder, error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && !NOT_SOURCE.contains(&name.as_ref()) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Copies a folder of sources.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), AuthorError> {
    std::fs::create_dir_all(to).map_err(|error| AuthorError::io(to, error))?;
    for path in entries(from)? {
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(|error| AuthorError::io(&path, error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_found_however_it_is_written() {
        for text in [
            "import remit_plugin.http",
            "from remit_plugin import http",
            "from remit_plugin import Plugin, http as web",
            "from remit_plugin import (\n    Field,\n    http,\n)",
            "from remit_plugin import Field, \\\n    http",
            "from remit_plugin.http import get",
            "from remit_plugin import *",
        ] {
            assert!(imports(text, "http"), "{text}");
        }
        for text in [
            "from remit_plugin import Plugin\nhttp = 1",
            "from remit_plugin import (\n    Field,\n)\nhttp = 1",
            "import remit_plugin",
            "from remit_plugin.https import get",
            "import http.client",
        ] {
            assert!(!imports(text, "http"), "{text}");
        }
    }

    #[test]
    fn hidden_and_generated_files_are_not_copied() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        for file in ["a.py", "data/words.txt", "__pycache__/a.pyc", ".env"] {
            let path = from.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        copy(&from, &to).unwrap();
        assert!(to.join("a.py").is_file() && to.join("data/words.txt").is_file());
        assert!(!to.join("__pycache__").exists() && !to.join(".env").exists());
    }
}
