//! Single files: read with a cap, written whole, locked between processes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use cap_tempfile::TempFile;
use rustix::fs::{FileType, OFlags};

use crate::codes::Code;
use crate::error::PackageError;

/// So that opening a pipe does not wait for its other end, nor a terminal become ours.
pub(crate) const QUIET: i32 = OFlags::NONBLOCK
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC)
    .bits()
    .cast_signed();

/// Reads a regular file of at most `max` bytes, without blocking on a pipe or a device.
pub fn read_file(path: &Path, max: u64) -> Result<Vec<u8>, PackageError> {
    let name = shown(path);
    let fail = |error| PackageError::io(&name, error);
    // Before opening, since opening a device can already do something; after, since that is what is read.
    check_kind(&name, std::fs::metadata(path).map_err(fail)?.mode())?;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(QUIET)
        .open(path)
        .map_err(fail)?;
    check_kind(&name, file.metadata().map_err(fail)?.mode())?;
    read_capped(&name, file, max)
}

/// Fails unless a file of this mode is a regular file.
pub(crate) fn check_kind(name: &str, mode: u32) -> Result<(), PackageError> {
    let found = match FileType::from_raw_mode(mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => "a folder",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::BlockDevice | FileType::CharacterDevice => "a device",
        FileType::Symlink | FileType::Unknown => "not a regular file",
    };
    Err(PackageError::new(
        Code::FileKind,
        format!("{name} is {found}, where a file was expected"),
    ))
}

/// Reads to the end, but never more than `max` bytes: a file may grow while it is read.
pub(crate) fn read_capped(name: &str, file: impl Read, max: u64) -> Result<Vec<u8>, PackageError> {
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| PackageError::io(name, error))?;
    if bytes.len() as u64 > max {
        return Err(PackageError::new(
            Code::FileTooLarge,
            format!("{name} is larger than {max} bytes"),
        ));
    }
    Ok(bytes)
}

/// Writes a file whole or not at all: to a temporary name in the same folder (0600), synced, renamed, and the
/// folder synced.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), PackageError> {
    let fail = |error| PackageError::io(shown(path), error);
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(fail(io::ErrorKind::InvalidInput.into()));
    };
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let dir = Dir::open_ambient_dir(parent, ambient_authority()).map_err(fail)?;
    write_whole(&dir, name.as_ref(), bytes, Some(0o600)).map_err(fail)
}

/// The same in an open folder, with the mode given or the process's own.
pub(crate) fn write_whole(
    dir: &Dir,
    name: &Path,
    bytes: &[u8],
    mode: Option<u32>,
) -> io::Result<()> {
    let mut file = TempFile::new(dir)?;
    if let Some(mode) = mode {
        let mode = cap_std::fs::Permissions::from_std(PermissionsExt::from_mode(mode));
        file.as_file().set_permissions(mode)?;
    }
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.replace(name)?;
    // The name is durable only once its folder is.
    dir.open(".")?.sync_all()
}

/// Removes what a killed [`write_file`] may have left in a folder: it had given its temporary file a name, a UUID, and
/// not yet its own. Only what begins with `head`, and only while nobody else writes there. Says how many there were.
pub fn remove_leftovers(folder: &Path, head: &[u8]) -> Result<usize, PackageError> {
    let fail = |error| PackageError::io(shown(folder), error);
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(fail)?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry.map_err(fail)?;
        let temporary = entry.file_name().to_str().is_some_and(is_temporary_name);
        if temporary
            && entry.file_type().map_err(fail)?.is_file()
            && begins_with(&entry.path(), head).map_err(fail)?
        {
            std::fs::remove_file(entry.path()).map_err(fail)?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn begins_with(file: &Path, head: &[u8]) -> io::Result<bool> {
    let mut start = Vec::new();
    let most = head.len() as u64;
    File::open(file)?.take(most).read_to_end(&mut start)?;
    Ok(start == head)
}

/// A version 4 UUID, as cap-tempfile names its files.
fn is_temporary_name(name: &str) -> bool {
    name.len() == 36
        && name.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// An exclusive lock between processes, held until it is dropped. The kernel drops it with the process, so a
/// killed one leaves nothing to clean up.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Waits for the lock on `path`, a file made for that purpose (0600).
    pub fn wait(path: &Path) -> Result<FileLock, PackageError> {
        let fail = |error| PackageError::io(shown(path), error);
        let file = open_lock(path).map_err(fail)?;
        file.lock().map_err(fail)?;
        Ok(FileLock { _file: file })
    }

    /// Takes the lock if it is free.
    pub fn try_take(path: &Path) -> Result<Option<FileLock>, PackageError> {
        let fail = |error| PackageError::io(shown(path), error);
        let file = open_lock(path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(FileLock { _file: file })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(fail(error)),
        }
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .custom_flags(QUIET)
        .open(path)
}

/// A path as it may be shown.
pub(crate) fn shown(path: &Path) -> String {
    remit_policy::display_safe(&path.to_string_lossy(), 300)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_file_is_read_up_to_its_cap_and_not_past_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read_file(&path, 5).unwrap(), b"12345");
        assert_eq!(read_file(&path, 4).unwrap_err().code(), "file-too-large");
    }

    #[test]
    fn pipes_folders_and_devices_are_refused_without_blocking() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        for path in [&pipe, dir.path(), Path::new("/dev/zero")] {
            assert_eq!(read_file(path, 9).unwrap_err().code(), "file-kind");
        }
        let missing = dir.path().join("missing");
        assert_eq!(read_file(&missing, 9).unwrap_err().code(), "file-missing");
    }

    #[test]
    fn a_file_is_replaced_whole_and_private_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        for content in [b"one".as_slice(), b"two"] {
            write_file(&path, content).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), content);
        }
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_writer_named_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let left = dir.path().join("0e4c1d8e-9a4b-4c1d-8e9a-4b4c1d8e9a4b");
        let kept = ["a", "0e4c1d8e-9a4b-1c1d-8e9a-4b4c1d8e9a4b", "remit.lock"];
        for name in kept {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        std::fs::write(&left, "x").unwrap();
        assert_eq!(remove_leftovers(dir.path(), b"y").unwrap(), 0);
        assert_eq!(remove_leftovers(dir.path(), b"x").unwrap(), 1);
        assert!(!left.exists());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), kept.len());
        assert_eq!(remove_leftovers(&dir.path().join("none"), b"").unwrap(), 0);
    }

    #[test]
    fn a_second_holder_waits_until_the_first_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = FileLock::wait(&path).unwrap();
        assert!(FileLock::try_take(&path).unwrap().is_none());
        let (sent, got) = std::sync::mpsc::channel();
        let waiter = std::thread::spawn({
            let path = path.clone();
            move || {
                let lock = FileLock::wait(&path).unwrap();
                sent.send(()).unwrap();
                drop(lock);
            }
        });
        assert!(got.recv_timeout(Duration::from_millis(50)).is_err());
        drop(first);
        got.recv_timeout(Duration::from_secs(10)).unwrap();
        waiter.join().unwrap();
        assert!(FileLock::try_take(&path).unwrap().is_some());
    }
}
