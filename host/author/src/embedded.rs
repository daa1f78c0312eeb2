//! The files that are part of the program: the templates (`templates/`), the helper libraries (`sdk/`) and the WIT
//! package (`wit/`). build.rs packs them.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::error::AuthorError;

static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/embedded.tar.gz"));

/// A file, by its path below the folder that was asked for.
pub(crate) struct Embedded {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// All files below an embedded folder, such as `sdk/go`.
///
/// # Errors
/// None that is not a bug in how they were packed.
pub(crate) fn below(folder: &str) -> Result<Vec<Embedded>, AuthorError> {
    read(folder).map_err(|error| AuthorError::io(Path::new("files of Remit's own"), error))
}

fn read(folder: &str) -> std::io::Result<Vec<Embedded>> {
    let prefix = format!("{folder}/");
    let mut files = Vec::new();
    for entry in tar::Archive::new(GzDecoder::new(ARCHIVE)).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        if let Some(below) = path.strip_prefix(&prefix) {
            let path = below.to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.push(Embedded { path, bytes });
        }
    }
    Ok(files)
}

/// Writes the package `remit:connector`, with the WASI interfaces that it names, into a folder.
pub(crate) fn write_wit(folder: &Path) -> Result<(), AuthorError> {
    write_all(&below("wit")?, folder)
}

/// Writes files into a folder.
pub(crate) fn write_all(files: &[Embedded], folder: &Path) -> Result<(), AuthorError> {
    for file in files {
        write(&folder.join(&file.path), &file.bytes)?;
    }
    Ok(())
}

/// Writes a file, with the folders in which it lies.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), AuthorError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| AuthorError::io(folder, error))?;
    }
    std::fs::write(path, bytes).map_err(|error| AuthorError::io(path, error))
}
