//! How deep a tree is, for moving it.

use super::beneath::open_beneath;
use super::stop::Stop;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, statat};
use rustix::io::Errno;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// The most entries that are looked at before the answer is that it is too much.
const MAX_ENTRIES: usize = 100_000;

/// How many folders deep the folder `name` in `parent` goes: 0 where it holds no folder. Not more than `most` + 1,
/// which bounds the descriptors that this holds.
pub(super) fn height(parent: impl AsFd, name: &str, most: usize) -> Result<usize, Stop> {
    let mut entries = MAX_ENTRIES;
    let mut open: Vec<Dir> = vec![folder(parent, name)?];
    let mut deepest = 0;
    while let Some(dir) = open.last_mut() {
        let Some(entry) = dir.read() else {
            open.pop();
            continue;
        };
        let entry = entry?;
        entries = entries
            .checked_sub(1)
            .ok_or(Stop::Code(ErrorCode::Unsupported))?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => {
                let found = statat(dir.fd()?, name, AtFlags::SYMLINK_NOFOLLOW)?;
                FileType::from_raw_mode(found.st_mode)
            }
            known => known,
        };
        if !kind.is_dir() {
            continue;
        }
        deepest = deepest.max(open.len());
        if deepest > most {
            return Ok(deepest);
        }
        let name = name.to_str().map_err(|_| Errno::ILSEQ)?;
        let below = match open.last_mut() {
            Some(dir) => folder(dir.fd()?, name)?,
            None => break,
        };
        open.push(below);
    }
    Ok(deepest)
}

fn folder(parent: impl AsFd, name: &str) -> Result<Dir, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let folder: OwnedFd = open_beneath(parent, name, flags, Mode::empty())?;
    Dir::new(folder)
}
