//! Moving the old records of the log away: the chain goes on, from a checkpoint that the host signed.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use remit_package::FileLock;
use remit_sign::NoteKey;
use serde::Serialize;

use super::checkpoint::Base;
use super::error::AuditError;
use super::files;
use super::verify::before_file;
use super::writer::AuditLog;

/// What was moved away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// How many records there were until then, all archives together.
    pub records: u64,
    /// The files that were moved, as they now lie in the archive.
    pub files: Vec<PathBuf>,
    /// The checkpoint that the log goes on from, in the archive too.
    pub checkpoint: PathBuf,
}

/// Closes the file that is written to, and moves all records until then into the folder `into`, with a checkpoint signed
/// by `key`. Others may go on writing meanwhile. Killed at any moment, the records are in the log, or in the archive and
/// accounted for in the log; archiving again finishes.
///
/// # Errors
/// If the log does not hang together, or the archive cannot be written: then nothing was moved.
pub fn archive(log: &AuditLog, into: &Path, key: &NoteKey) -> Result<Archived, AuditError> {
    let folder = log.folder();
    files::make_folder(into)?;
    refuse_own(folder, into)?;
    let lock = folder.join("archive.lock");
    let _lock = FileLock::wait(&lock)
        .map_err(|error| AuditError::io(&lock, std::io::Error::other(error.to_string())))?;
    remove_archived(folder)?;
    let next = log.close_file()?;
    let base = before_file(folder, next, key)?;
    let mut moved = Vec::new();
    for number in files::numbers(folder)? {
        if number < next {
            let to = files::path(into, number);
            copy(&files::path(folder, number), &to)?;
            moved.push(to);
        }
    }
    // What the archive itself begins with, if it is not the first.
    for number in files::note_numbers(folder)? {
        copy(
            &files::note_path(folder, number),
            &files::note_path(into, number),
        )?;
    }
    let checkpoint = files::note_path(into, next);
    let note = base.sign(key);
    write(&checkpoint, &note)?;
    // From here on the log begins with its next file.
    write(&files::note_path(folder, next), &note)?;
    remove_archived(folder)?;
    Ok(Archived {
        records: base.tree.size(),
        files: moved,
        checkpoint,
    })
}

/// An archive in the log's own folder would be removed with what it is an archive of.
fn refuse_own(folder: &Path, into: &Path) -> Result<(), AuditError> {
    let real = |path: &Path| path.canonicalize().map_err(|e| AuditError::io(path, e));
    if real(into)?.starts_with(real(folder)?) {
        let own = "an archive lies outside of the log's own folder";
        return Err(AuditError::io(into, std::io::Error::other(own)));
    }
    Ok(())
}

/// Removes what lies before the log's last note: it is in an archive.
fn remove_archived(folder: &Path) -> Result<(), AuditError> {
    let notes = files::note_numbers(folder)?;
    let Some(begin) = notes.last().copied() else {
        return Ok(());
    };
    // A note that cannot be read accounts for nothing.
    Base::read(folder, begin, None)?;
    let old = |number: &u32| *number < begin;
    // The notes first, then the files in order: a file without what accounts for its beginning is seen to be left over.
    for number in notes.into_iter().filter(old) {
        remove(&files::note_path(folder, number))?;
    }
    for number in files::numbers(folder)?.into_iter().filter(old) {
        remove(&files::path(folder, number))?;
    }
    sync(folder)
}

fn remove(path: &Path) -> Result<(), AuditError> {
    std::fs::remove_file(path).map_err(|e| AuditError::io(path, e))
}

fn write(path: &Path, text: &str) -> Result<(), AuditError> {
    remit_package::write_file(path, text.as_bytes())
        .map_err(|error| AuditError::io(path, std::io::Error::other(error.to_string())))
}

/// Copies a file whole or not at all. One that is there already stays if it is the same, as a process that was killed
/// left it, and else is not written over.
fn copy(from: &Path, to: &Path) -> Result<(), AuditError> {
    if to.symlink_metadata().is_ok() {
        let same = same(from, to)?;
        let other = "another file of this name is there already: name another folder";
        return match same {
            true => Ok(()),
            false => Err(AuditError::io(to, std::io::Error::other(other))),
        };
    }
    let part = to.with_extension("part");
    let fail = |e| AuditError::io(&part, e);
    let mut source = files::open_to_read(from)?;
    let _ = std::fs::remove_file(&part);
    let mut target = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)
        .map_err(fail)?;
    let copied = std::io::copy(&mut source, &mut target).and_then(|_| target.sync_all());
    let copied = copied.and_then(|()| std::fs::rename(&part, to));
    if let Err(error) = copied {
        let _ = std::fs::remove_file(&part);
        return Err(fail(error));
    }
    sync(to.parent().unwrap_or(Path::new(".")))
}

fn same(a: &Path, b: &Path) -> Result<bool, AuditError> {
    let digest = |path: &Path| {
        let mut reader = remit_package::DigestReader::new(files::open_to_read(path)?);
        std::io::copy(&mut reader, &mut std::io::sink()).map_err(|e| AuditError::io(path, e))?;
        Ok::<_, AuditError>(reader.finish())
    };
    Ok(digest(a)? == digest(b)?)
}

fn sync(folder: &Path) -> Result<(), AuditError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| AuditError::io(folder, e))
}
