//! Writing a package into a folder, or over an earlier export of the same.

use std::collections::BTreeSet;
use std::path::Path;

use remit_package::{RunDir, read_file};
use remit_policy::display_safe;
use serde::{Deserialize, Serialize};

use super::{ExportError, Package, text_path};

/// Says of a folder that it is an export, of what, and which files are of it.
const MARK: &str = ".remit-export.json";
/// A package has some hundred files.
const MAX_MARK: u64 = 4 << 20;

#[derive(Serialize, Deserialize)]
struct Mark {
    agent: String,
    name: String,
    files: BTreeSet<String>,
}

/// Writes the files, each whole or not at all, and removes those of an earlier export that are no more. What else a
/// person keeps in such a folder stays, but in a file's own place.
pub(super) fn write(package: &Package, folder: &Path) -> Result<String, ExportError> {
    let before = earlier(package, folder)?;
    let out = match before {
        Some(_) => RunDir::open(folder)?,
        None => RunDir::create(folder)?,
    };
    let path = text_path(out.path())?;
    let files: BTreeSet<String> = package.files.keys().cloned().collect();
    let before = before.map(|mark| mark.files).unwrap_or_default();
    // First, and with the files of both, so that an export that is killed can be made again.
    mark(package, &out, files.union(&before).cloned().collect())?;
    for (path, bytes) in &package.files {
        out.write(path, bytes)?;
    }
    for gone in before.difference(&files) {
        out.remove(gone)?;
    }
    mark(package, &out, files)?;
    Ok(path)
}

/// What an earlier export of the same left, or that the folder is new or empty.
fn earlier(package: &Package, folder: &Path) -> Result<Option<Mark>, ExportError> {
    // What is no folder, or cannot be looked into, says so when it is written to.
    let entries = std::fs::read_dir(folder).ok();
    let entries = entries.and_then(|mut entries| entries.next());
    if entries.is_none() {
        return Ok(None);
    }
    let read = read_file(&folder.join(MARK), MAX_MARK).ok();
    let mark = read.and_then(|bytes| serde_json::from_slice::<Mark>(&bytes).ok());
    mark.filter(|mark| mark.agent == package.target.id() && mark.name == package.name)
        .map(Some)
        .ok_or_else(|| ExportError::OutNotEmpty {
            path: display_safe(&folder.to_string_lossy(), 300),
            name: package.name.clone(),
            agent: package.target.id(),
        })
}

fn mark(package: &Package, out: &RunDir, files: BTreeSet<String>) -> Result<(), ExportError> {
    let mark = Mark {
        agent: package.target.id().to_owned(),
        name: package.name.clone(),
        files,
    };
    let text = serde_json::to_string_pretty(&mark).unwrap_or_default();
    out.write(MARK, text.as_bytes())?;
    Ok(())
}
