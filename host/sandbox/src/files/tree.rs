//! What a folder holds, for moving it.

use super::beneath::open_beneath;
use super::look::climbs_from;
use super::stop::Stop;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, readlinkat, statat};
use rustix::io::Errno;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// The most entries that are looked at before the answer is that it is too much: about a second.
const MAX_ENTRIES: usize = 1_000_000;

/// What matters of a folder that is moved.
#[derive(Default)]
pub(super) struct Tree {
    /// How many folders deep it goes: 0 where it holds no folder. Not more than the most that was asked for, and one.
    pub(super) height: usize,
    /// Whether a link in it points to something above it, which would be something else in another place.
    pub(super) leads_up: bool,
}

/// Looks at the folder `name` in `parent`, down to `most` folders, which bounds the descriptors that this holds.
pub(super) fn tree(parent: impl AsFd, name: &str, most: usize) -> Result<Tree, Stop> {
    let mut entries = MAX_ENTRIES;
    let mut open: Vec<Dir> = vec![folder(parent, name)?];
    let mut tree = Tree::default();
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
        if kind.is_symlink() {
            let target = readlinkat(dir.fd()?, name, Vec::new())?;
            let target = target.to_string_lossy();
            // One that begins at the root means the same wherever it lies.
            let moves = !target.starts_with('/');
            tree.leads_up |= moves && climbs_from(open.len().saturating_sub(1), &target);
            continue;
        }
        if !kind.is_dir() {
            continue;
        }
        tree.height = tree.height.max(open.len());
        if tree.height > most {
            return Ok(tree);
        }
        let name = name.to_str().map_err(|_| Errno::ILSEQ)?;
        let below = match open.last_mut() {
            Some(dir) => folder(dir.fd()?, name)?,
            None => break,
        };
        open.push(below);
    }
    Ok(tree)
}

fn folder(parent: impl AsFd, name: &str) -> Result<Dir, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let folder: OwnedFd = open_beneath(parent, name, flags, Mode::empty())?;
    Dir::new(folder)
}
