//! Listing a folder, a piece at a time: a folder of a million files takes no more memory than one of a hundred.

use super::beneath::reopen_dir;
use super::look::type_of;
use super::shared::Slot;
use super::stop::Stop;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, RawDir, statat};
use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;
use wasmtime_wasi::p2::bindings::filesystem::types::DirectoryEntry;

/// What the kernel is asked for at once: 32 KiB, as the C libraries do; some 800 names.
const BUFFER: usize = 32 * 1024;

/// A folder that is being listed.
pub(super) struct Listing {
    dir: Arc<OwnedFd>,
    pending: VecDeque<DirectoryEntry>,
    ended: bool,
    _slot: Arc<Slot>,
}

impl Listing {
    pub(super) fn new(folder: &File, slot: Arc<Slot>) -> Result<Listing, Stop> {
        let dir = Arc::new(reopen_dir(folder)?);
        let pending = read_some(&dir)?;
        Ok(Listing {
            ended: pending.is_empty(),
            dir,
            pending,
            _slot: slot,
        })
    }

    /// The next entry that is already here.
    pub(super) fn next(&mut self) -> Option<DirectoryEntry> {
        self.pending.pop_front()
    }

    /// Where to read more, unless there is no more.
    pub(super) fn more(&self) -> Option<Arc<OwnedFd>> {
        (!self.ended).then(|| self.dir.clone())
    }

    pub(super) fn add(&mut self, entries: VecDeque<DirectoryEntry>) {
        self.ended = entries.is_empty();
        self.pending.extend(entries);
    }
}

/// Reads on until there is at least one entry, or no more. Names that a guest could not ask for are left out: those
/// that are no Unicode, and those that the policy's file rules refuse.
pub(super) fn read_some(dir: &OwnedFd) -> Result<VecDeque<DirectoryEntry>, Stop> {
    let mut buffer: Vec<u8> = Vec::with_capacity(BUFFER);
    let mut entries = VecDeque::new();
    let mut raw = RawDir::new(dir, buffer.spare_capacity_mut());
    while let Some(entry) = raw.next() {
        let entry = entry?;
        let name = entry.file_name();
        if let Ok(text) = name.to_str()
            && !matches!(text, "." | "..")
            && !text.chars().any(|c| c.is_control() || c == '\\')
        {
            let kind = match entry.file_type() {
                // Some file systems do not tell.
                FileType::Unknown => statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |s| FileType::from_raw_mode(s.st_mode)),
                known => known,
            };
            entries.push_back(DirectoryEntry {
                type_: type_of(kind),
                name: text.to_owned(),
            });
        }
        if raw.is_buffer_empty() && !entries.is_empty() {
            break;
        }
    }
    Ok(entries)
}
