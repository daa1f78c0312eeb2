//! The files of the log, in order.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::error::AuditError;

/// A file that is this long gets no more records; the next one goes on.
pub(super) const FULL: u64 = 64 * 1024 * 1024;

/// The name of the nth file, from 1.
pub(super) fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}.jsonl"))
}

fn numbered(folder: &Path, ending: &str) -> Result<Vec<u32>, AuditError> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| AuditError::io(folder, e))? {
        let entry = entry.map_err(|e| AuditError::io(folder, e))?;
        let name = entry.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(ending)) else {
            continue;
        };
        if stem.len() == 6
            && stem.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(number) = stem.parse()
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The file that says what the log was before its nth file began: a signed checkpoint, written when the files before
/// it were archived.
pub(super) fn note_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}.note"))
}

/// The numbers of the files that there are, in order.
pub(super) fn numbers(folder: &Path) -> Result<Vec<u32>, AuditError> {
    numbered(folder, ".jsonl")
}

/// The numbers of the notes that there are, in order.
pub(super) fn note_numbers(folder: &Path) -> Result<Vec<u32>, AuditError> {
    numbered(folder, ".note")
}

/// The log's folder, for its owner only.
pub(super) fn make_folder(folder: &Path) -> Result<(), AuditError> {
    std::fs::create_dir_all(folder).map_err(|e| AuditError::io(folder, e))?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(|e| AuditError::io(folder, e))
}

/// Opens a file of the log for reading and appending; it is made, for its owner only, if it is not there.
pub(super) fn open_to_append(path: &Path) -> Result<File, AuditError> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    open(path, &mut options, OFlags::NOFOLLOW)
}

/// Opens a file of the log for reading and appending, if it is there.
pub(super) fn open_again(path: &Path) -> Result<File, AuditError> {
    open(
        path,
        OpenOptions::new().read(true).append(true),
        OFlags::NOFOLLOW,
    )
}

/// Opens a file of the log for reading.
pub(super) fn open_to_read(path: &Path) -> Result<File, AuditError> {
    open(path, OpenOptions::new().read(true), OFlags::empty())
}

/// A pipe or a device in place of the log would block, or take records and keep none.
fn open(path: &Path, options: &mut OpenOptions, flags: OFlags) -> Result<File, AuditError> {
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
    let fail = |e| AuditError::io(path, e);
    let file = options
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(fail)?;
    if !file.metadata().map_err(fail)?.is_file() {
        return Err(fail(std::io::Error::other("it is not a regular file")));
    }
    Ok(file)
}
