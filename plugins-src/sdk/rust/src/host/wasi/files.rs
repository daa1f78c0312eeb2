//! Files over wasi:filesystem.

use std::cell::OnceCell;

use crate::bindings::wasi::filesystem::preopens;
use crate::bindings::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};
use crate::files::{Entry, ErrorKind, Kind, Metadata};

thread_local! {
    static MOUNTS: OnceCell<Vec<(Descriptor, String)>> = const { OnceCell::new() };
}

pub struct OpenFile(Descriptor);

impl OpenFile {
    pub fn metadata(&self) -> Result<Metadata, ErrorKind> {
        Ok(self.0.stat().map(about)?)
    }

    pub fn read_at(&self, offset: u64, length: usize) -> Result<Vec<u8>, ErrorKind> {
        let (bytes, _) = self.0.read(length as u64, offset)?;
        Ok(bytes)
    }
}

impl From<ErrorCode> for ErrorKind {
    fn from(code: ErrorCode) -> ErrorKind {
        match code {
            ErrorCode::NoEntry => ErrorKind::NotFound,
            ErrorCode::Access | ErrorCode::NotPermitted | ErrorCode::ReadOnly => ErrorKind::Denied,
            ErrorCode::Exist => ErrorKind::Exists,
            ErrorCode::IsDirectory => ErrorKind::IsFolder,
            ErrorCode::NotDirectory => ErrorKind::NotFolder,
            ErrorCode::Quota | ErrorCode::InsufficientSpace => ErrorKind::Quota,
            other => ErrorKind::Other(other.name().to_string()),
        }
    }
}

/// Does something below the mount that holds `path`; the innermost, where several do.
fn within<T>(
    path: &str,
    act: impl FnOnce(&Descriptor, &str) -> Result<T, ErrorKind>,
) -> Result<T, ErrorKind> {
    MOUNTS.with(|mounts| {
        let mounts = mounts.get_or_init(preopens::get_directories);
        let below = |mount: &str| {
            let rest = path.strip_prefix(mount.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_matches('/'))
        };
        let best = mounts
            .iter()
            .filter_map(|(descriptor, mount)| Some((descriptor, below(mount)?)))
            .min_by_key(|(_, rest)| rest.len());
        match best {
            Some((descriptor, "")) => act(descriptor, "."),
            Some((descriptor, rest)) => act(descriptor, rest),
            None => Err(ErrorKind::NotMounted),
        }
    })
}

pub fn open(path: &str) -> Result<OpenFile, ErrorKind> {
    within(path, |mount, rest| {
        let flags = DescriptorFlags::READ;
        let file = mount.open_at(PathFlags::SYMLINK_FOLLOW, rest, OpenFlags::empty(), flags)?;
        Ok(OpenFile(file))
    })
}

pub fn metadata(path: &str) -> Result<Metadata, ErrorKind> {
    within(path, |mount, rest| {
        Ok(about(mount.stat_at(PathFlags::SYMLINK_FOLLOW, rest)?))
    })
}

pub fn read_dir(path: &str) -> Result<Vec<Entry>, ErrorKind> {
    within(path, |mount, rest| {
        let flags = DescriptorFlags::READ;
        let folder = mount.open_at(PathFlags::SYMLINK_FOLLOW, rest, OpenFlags::DIRECTORY, flags)?;
        let stream = folder.read_directory()?;
        let mut entries = Vec::new();
        while let Some(entry) = stream.read_directory_entry()? {
            entries.push(Entry {
                name: entry.name,
                kind: kind(entry.type_),
            });
        }
        Ok(entries)
    })
}

pub fn write(path: &str, bytes: &[u8], new: bool) -> Result<(), ErrorKind> {
    within(path, |mount, rest| {
        let create = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
        if new {
            let file = mount.open_at(PathFlags::empty(), rest, create, DescriptorFlags::WRITE)?;
            let written = write_all(&file, bytes);
            if written.is_err() {
                // Half a file would look like a whole one. The first error is the one to tell.
                let _ = mount.unlink_file_at(rest);
            }
            return written;
        }
        let beside = beside(rest);
        // Left over from a call that was stopped.
        let _ = mount.unlink_file_at(&beside);
        let file = mount.open_at(PathFlags::empty(), &beside, create, DescriptorFlags::WRITE)?;
        let done =
            write_all(&file, bytes).and_then(|()| Ok(mount.rename_at(&beside, mount, rest)?));
        if done.is_err() {
            let _ = mount.unlink_file_at(&beside);
        }
        done
    })
}

/// A hidden name in the same folder.
fn beside(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/.{name}.new"),
        None => format!(".{path}.new"),
    }
}

fn write_all(file: &Descriptor, bytes: &[u8]) -> Result<(), ErrorKind> {
    const CHUNK: usize = 256 * 1024;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let chunk = rest.get(..CHUNK).unwrap_or(rest);
        let written = file.write(chunk, at as u64)?;
        if written == 0 {
            return Err(ErrorKind::Other("nothing was written".to_string()));
        }
        at += written as usize;
    }
    Ok(())
}

pub fn create_dir_all(path: &str) -> Result<(), ErrorKind> {
    within(path, |mount, rest| {
        let mut so_far = String::new();
        for part in rest.split('/').filter(|part| *part != ".") {
            if !so_far.is_empty() {
                so_far.push('/');
            }
            so_far.push_str(part);
            match mount.create_directory_at(&so_far) {
                Ok(()) | Err(ErrorCode::Exist) => {}
                Err(code) => return Err(code.into()),
            }
        }
        Ok(())
    })
}

fn about(stat: DescriptorStat) -> Metadata {
    Metadata {
        kind: kind(stat.type_),
        size: stat.size,
        modified: stat.data_modification_timestamp.map(|time| time.seconds),
    }
}

fn kind(kind: DescriptorType) -> Kind {
    match kind {
        DescriptorType::RegularFile => Kind::File,
        DescriptorType::Directory => Kind::Folder,
        _ => Kind::Other,
    }
}
