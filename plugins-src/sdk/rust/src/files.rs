//! Files in the folders that the skill mounts: as in `std::fs`, by guest paths such as `/mail/inbox.mbox`.
//!
//! Nothing outside a mounted folder can be named. Reads take a limit, since a call has little memory.

use std::fmt;

use crate::{Fault, host};

/// What went wrong with which path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// With which path.
    pub path: String,
}

/// What went wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No folder is mounted there.
    NotMounted,
    /// There is nothing of that name.
    NotFound,
    /// The host refused.
    Denied,
    /// There is something of that name already.
    Exists,
    /// It is a folder where a file was wanted.
    IsFolder,
    /// It is no folder where one was wanted.
    NotFolder,
    /// It is larger than the limit, in bytes.
    TooLarge(u64),
    /// The grant's bytes or entries are used up.
    Quota,
    /// It is not UTF-8.
    NotText,
    /// Anything else, by WASI's name.
    Other(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.kind {
            ErrorKind::NotMounted => write!(f, "no folder is mounted at `{path}`"),
            ErrorKind::NotFound => write!(f, "there is no `{path}`"),
            ErrorKind::Denied => write!(f, "`{path}` is not allowed"),
            ErrorKind::Exists => write!(f, "`{path}` exists already"),
            ErrorKind::IsFolder => write!(f, "`{path}` is a folder"),
            ErrorKind::NotFolder => write!(f, "`{path}` is not a folder"),
            ErrorKind::TooLarge(limit) => write!(f, "`{path}` is larger than {limit} bytes"),
            ErrorKind::Quota => {
                write!(f, "`{path}` does not fit into what the grant allows to add")
            }
            ErrorKind::NotText => write!(f, "`{path}` is not UTF-8 text"),
            ErrorKind::Other(code) => write!(f, "`{path}`: {code}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        let text = error.to_string();
        match error.kind {
            ErrorKind::NotMounted | ErrorKind::Denied | ErrorKind::Quota => Fault::Denied(text),
            ErrorKind::NotFound => Fault::NotFound(text),
            ErrorKind::Exists => Fault::Conflict(text),
            ErrorKind::IsFolder | ErrorKind::NotFolder | ErrorKind::TooLarge(_) => {
                Fault::InvalidInput(text)
            }
            ErrorKind::NotText => Fault::InvalidInput(text),
            ErrorKind::Other(_) => Fault::Unavailable(text),
        }
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, a device, a pipe.
    Other,
}

/// About a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last changed, in seconds since 1970.
    pub modified: Option<u64>,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// What it is; links are not followed.
    pub kind: Kind,
}

/// A file open for reading, at any place in it.
pub struct File {
    inner: host::OpenFile,
    path: String,
    at: u64,
}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// Where it is not there, not allowed or not a file.
    pub fn open(path: &str) -> Result<File, Error> {
        let inner = host::open(path).map_err(|kind| Error {
            kind,
            path: path.to_string(),
        })?;
        Ok(File {
            inner,
            path: path.to_string(),
            at: 0,
        })
    }

    /// About this file.
    ///
    /// # Errors
    /// Where the host cannot say.
    pub fn metadata(&self) -> Result<Metadata, Error> {
        self.inner.metadata().map_err(|kind| self.error(kind))
    }

    /// Reads at most `length` bytes at `offset`; none at the end.
    ///
    /// # Errors
    /// Where reading fails.
    pub fn read_at(&self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        self.inner
            .read_at(offset, length)
            .map_err(|kind| self.error(kind))
    }

    /// Reads all that is left, which is at most `limit` bytes.
    ///
    /// # Errors
    /// Where reading fails, or there is more.
    pub fn read_all(&self, limit: u64) -> Result<Vec<u8>, Error> {
        const CHUNK: usize = 256 * 1024;
        let mut bytes = Vec::new();
        loop {
            let some = self.read_at(bytes.len() as u64, CHUNK)?;
            if some.is_empty() {
                return Ok(bytes);
            }
            if bytes.len() as u64 + some.len() as u64 > limit {
                return Err(self.error(ErrorKind::TooLarge(limit)));
            }
            bytes.extend_from_slice(&some);
        }
    }

    fn error(&self, kind: ErrorKind) -> Error {
        Error {
            kind,
            path: self.path.clone(),
        }
    }
}

impl std::io::Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self
            .read_at(self.at, buffer.len())
            .map_err(std::io::Error::other)?;
        let count = bytes.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(&bytes) {
            *to = *from;
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl std::io::Seek for File {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        let moved = match to {
            std::io::SeekFrom::Start(at) => Some(at),
            std::io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
            std::io::SeekFrom::End(by) => {
                let size = self.metadata().map_err(std::io::Error::other)?.size;
                size.checked_add_signed(by)
            }
        };
        self.at = moved.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// Where it is not there, not allowed, not a file, or larger.
pub fn read(path: &str, limit: u64) -> Result<Vec<u8>, Error> {
    File::open(path)?.read_all(limit)
}

/// Reads a whole UTF-8 file of at most `limit` bytes.
///
/// # Errors
/// As [`read`], and where it is not UTF-8.
pub fn read_to_string(path: &str, limit: u64) -> Result<String, Error> {
    String::from_utf8(read(path, limit)?).map_err(|_| Error {
        kind: ErrorKind::NotText,
        path: path.to_string(),
    })
}

/// The entries of a folder, by name.
///
/// # Errors
/// Where it is not there, not allowed or not a folder.
pub fn read_dir(path: &str) -> Result<Vec<Entry>, Error> {
    let mut entries = host::read_dir(path).map_err(|kind| Error {
        kind,
        path: path.to_string(),
    })?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// About a file or folder.
///
/// # Errors
/// Where it is not there or not allowed.
pub fn metadata(path: &str) -> Result<Metadata, Error> {
    host::metadata(path).map_err(|kind| Error {
        kind,
        path: path.to_string(),
    })
}

/// Writes a whole file, new or in place of another. Readers see the old one or the new one, never a half.
///
/// # Errors
/// Where it is not allowed, does not fit, or its folder is not there.
pub fn write(path: &str, bytes: &[u8]) -> Result<(), Error> {
    host::write(path, bytes, false).map_err(|kind| Error {
        kind,
        path: path.to_string(),
    })
}

/// Writes a new file.
///
/// # Errors
/// As [`write()`], and where there is something of that name.
pub fn write_new(path: &str, bytes: &[u8]) -> Result<(), Error> {
    host::write(path, bytes, true).map_err(|kind| Error {
        kind,
        path: path.to_string(),
    })
}

/// Makes a folder and those above it, where they are not there yet.
///
/// # Errors
/// Where it is not allowed, or a file is in the way.
pub fn create_dir_all(path: &str) -> Result<(), Error> {
    host::create_dir_all(path).map_err(|kind| Error {
        kind,
        path: path.to_string(),
    })
}

/// Walks a folder and all below it, by path; links are not followed. A folder that cannot be read is left out
/// and logged, so that one of them does not hide the rest.
pub fn walk(root: &str) -> Result<Walk, Error> {
    let mut walk = Walk { open: Vec::new() };
    walk.push(root)?;
    Ok(walk)
}

/// See [`walk`]: pairs of full path and kind.
pub struct Walk {
    open: Vec<(String, std::vec::IntoIter<Entry>)>,
}

/// Deeper folders than this are left out: a person's are not, and each level costs memory.
const MAX_DEPTH: usize = 64;

impl Walk {
    fn push(&mut self, path: &str) -> Result<(), Error> {
        let entries = read_dir(path)?;
        self.open
            .push((path.trim_end_matches('/').to_string(), entries.into_iter()));
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = (String, Kind);

    fn next(&mut self) -> Option<(String, Kind)> {
        loop {
            let (folder, entries) = self.open.last_mut()?;
            let Some(entry) = entries.next() else {
                self.open.pop();
                continue;
            };
            let path = format!("{folder}/{}", entry.name);
            if entry.kind == Kind::Folder {
                if self.open.len() >= MAX_DEPTH {
                    crate::log::warn(&format!("left out `{path}`: too deep"));
                } else if let Err(error) = self.push(&path) {
                    crate::log::warn(&format!("left out: {error}"));
                }
            }
            return Some((path, entry.kind));
        }
    }
}
