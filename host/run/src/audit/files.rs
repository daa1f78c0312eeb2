//! The files of the log, in order.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::error::AuditError;

/// A file that is this long gets no more records; the next one goes on.
pub(super) const FULL: u64 = 64 * 1024 * 1024;

/// The name of the nth file, from 1.
pub(super) fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}.jsonl"))
}

/// The numbers of the files that there are, in order.
pub(super) fn numbers(folder: &Path) -> Result<Vec<u32>, AuditError> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| AuditError::io(folder, e))? {
        let entry = entry.map_err(|e| AuditError::io(folder, e))?;
        let name = entry.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".jsonl")) else {
            continue;
        };
        if stem.len() == 6
            && let Ok(number) = stem.parse()
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The log's folder, for its owner only.
pub(super) fn make_folder(folder: &Path) -> Result<(), AuditError> {
    std::fs::create_dir_all(folder).map_err(|e| AuditError::io(folder, e))?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(|e| AuditError::io(folder, e))
}

/// Opens a file of the log for reading and appending; it is made, for its owner only, if it is not there.
pub(super) fn open_to_append(path: &Path) -> Result<File, AuditError> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
        .open(path)
        .map_err(|e| AuditError::io(path, e))
}
