//! A test's world in place of the sandbox.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::files::{Entry, ErrorKind, Kind, Metadata};
use crate::http::{self, Request, Response};
use crate::log::Level;
use crate::testing;

pub struct OpenFile(fs::File);

impl OpenFile {
    pub fn metadata(&self) -> Result<Metadata, ErrorKind> {
        Ok(about(&self.0.metadata()?))
    }

    pub fn read_at(&self, offset: u64, length: usize) -> Result<Vec<u8>, ErrorKind> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl From<io::Error> for ErrorKind {
    fn from(error: io::Error) -> ErrorKind {
        match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            io::ErrorKind::AlreadyExists => ErrorKind::Exists,
            io::ErrorKind::IsADirectory => ErrorKind::IsFolder,
            io::ErrorKind::NotADirectory => ErrorKind::NotFolder,
            _ => ErrorKind::Other(error.to_string()),
        }
    }
}

fn real(path: &str) -> Result<PathBuf, ErrorKind> {
    if path.split('/').any(|part| part == "..") {
        return Err(ErrorKind::Denied);
    }
    testing::real_path(path).ok_or(ErrorKind::NotMounted)
}

pub fn config(key: &str) -> Result<Option<String>, String> {
    Ok(testing::config(key))
}

pub fn log(level: Level, message: &str) {
    testing::log(level, message);
}

pub fn now() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

pub fn open(path: &str) -> Result<OpenFile, ErrorKind> {
    let file = fs::File::open(real(path)?)?;
    if file.metadata()?.is_dir() {
        return Err(ErrorKind::IsFolder);
    }
    Ok(OpenFile(file))
}

pub fn metadata(path: &str) -> Result<Metadata, ErrorKind> {
    Ok(about(&fs::metadata(real(path)?)?))
}

pub fn read_dir(path: &str) -> Result<Vec<Entry>, ErrorKind> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(real(path)?)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        entries.push(Entry {
            name,
            kind: kind(entry.file_type()?),
        });
    }
    Ok(entries)
}

pub fn write(path: &str, bytes: &[u8], new: bool) -> Result<(), ErrorKind> {
    let path = real(path)?;
    if new {
        let mut file = fs::File::create_new(path)?;
        return Ok(io::Write::write_all(&mut file, bytes)?);
    }
    Ok(fs::write(path, bytes)?)
}

pub fn create_dir_all(path: &str) -> Result<(), ErrorKind> {
    Ok(fs::create_dir_all(real(path)?)?)
}

pub fn send(request: Request) -> Result<Response, (http::ErrorKind, String)> {
    if request.parts().is_none() {
        return Err((
            http::ErrorKind::Invalid,
            "the URL has no scheme or no host".to_string(),
        ));
    }
    testing::answer(&request).ok_or_else(|| {
        (
            http::ErrorKind::Denied,
            "this world has no http".to_string(),
        )
    })
}

fn about(metadata: &fs::Metadata) -> Metadata {
    let modified = metadata.modified().ok();
    let modified = modified.and_then(|it| it.duration_since(SystemTime::UNIX_EPOCH).ok());
    Metadata {
        kind: kind(metadata.file_type()),
        size: metadata.len(),
        modified: modified.map(|it| it.as_secs()),
    }
}

fn kind(kind: fs::FileType) -> Kind {
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else {
        Kind::Other
    }
}
