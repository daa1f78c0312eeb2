//! Looking at metadata. A guest learns no path of the host and no inode number.

use super::beneath::{depth, look_beneath};
use super::place::{Kind, Place};
use super::stop::Stop;
use remit_policy::{Access, DenialCode, RuleId};
use rustix::fd::OwnedFd;
use rustix::fs::{FileType, Stat, readlinkat};
use std::hash::{BuildHasher, RandomState};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue,
};

impl Place {
    pub(super) fn stat(&self, follow: bool) -> Result<DescriptorStat, Stop> {
        self.look("look", follow).map(|(_, found)| shown(&found))
    }

    pub(super) fn hash(&self, follow: bool) -> Result<MetadataHashValue, Stop> {
        let (_, found) = self.look("look", follow)?;
        Ok(hash(&self.shared.key, &found))
    }

    /// The target of a link, unless that names a place outside of the mount.
    pub(super) fn read_link(&self) -> Result<String, Stop> {
        let (link, found) = self.look("read-link", false)?;
        if self.fit("read-link", &found, false)? != Kind::Link {
            return Err(Stop::Code(ErrorCode::Invalid));
        }
        // An empty path: the link itself, as found.
        let target = readlinkat(&link, "", Vec::new())?
            .into_string()
            .map_err(|_| Stop::Code(ErrorCode::IllegalByteSequence))?;
        if climbs(&self.full, &target) {
            let reason = "the link leads out of the folder";
            return Err(self.refuse("read-link", DenialCode::FileOutsideGrant, reason));
        }
        Ok(target)
    }

    fn look(&self, action: &str, follow: bool) -> Result<(OwnedFd, Stat), Stop> {
        let rule = self.judge(action, Access::Read)?;
        match look_beneath(&self.dir, &self.path, follow) {
            Ok(found) => {
                self.looked(&rule)?;
                Ok(found)
            }
            Err(rustix::io::Errno::XDEV) => Err(self.leads_out(action)),
            Err(errno) => {
                self.looked(&rule)?;
                Err(errno.into())
            }
        }
    }

    fn looked(&self, rule: &RuleId) -> Result<(), Stop> {
        let folder = self.full.trim_end_matches('/');
        let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.shared.allow_look(&self.mounted.shown(folder), rule)
    }
}

/// Whether a link at `path` (relative to the mount) points above the mount, as far as the texts tell.
fn climbs(path: &str, target: &str) -> bool {
    climbs_from(depth(path).saturating_sub(1), target)
}

/// Whether a link that lies `at` folders deep points higher than that many folders, as far as the text tells.
pub(super) fn climbs_from(mut at: usize, target: &str) -> bool {
    if target.starts_with('/') {
        return true;
    }
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => match at.checked_sub(1) {
                Some(up) => at = up,
                None => return true,
            },
            _ => at = at.saturating_add(1),
        }
    }
    false
}

/// What a guest sees of a file's metadata. Times are cut to the millisecond, as the guest's clock is.
// The widths of these fields differ by architecture.
#[allow(clippy::unnecessary_cast)]
pub(super) fn shown(found: &Stat) -> DescriptorStat {
    let time = |seconds: i64, nanoseconds: u64| {
        Some(Datetime {
            seconds: u64::try_from(seconds).ok()?,
            nanoseconds: u32::try_from(nanoseconds / 1_000_000 * 1_000_000).ok()?,
        })
    };
    DescriptorStat {
        type_: type_of(FileType::from_raw_mode(found.st_mode)),
        link_count: found.st_nlink as u64,
        size: u64::try_from(found.st_size).unwrap_or(0),
        data_access_timestamp: time(found.st_atime, found.st_atime_nsec as u64),
        data_modification_timestamp: time(found.st_mtime, found.st_mtime_nsec as u64),
        status_change_timestamp: time(found.st_ctime, found.st_ctime_nsec as u64),
    }
}

pub(super) fn type_of(kind: FileType) -> DescriptorType {
    match kind {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::Fifo => DescriptorType::Fifo,
        FileType::Socket => DescriptorType::Socket,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::Unknown => DescriptorType::Unknown,
    }
}

/// Stands for a file's identity within one call.
pub(super) fn hash(key: &RandomState, found: &Stat) -> MetadataHashValue {
    MetadataHashValue {
        lower: key.hash_one((0_u8, found.st_dev, found.st_ino)),
        upper: key.hash_one((1_u8, found.st_dev, found.st_ino)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_may_show_what_lies_inside_only() {
        assert!(!climbs("a/link", "../b"));
        assert!(!climbs("a/link", "b/../../c"));
        assert!(climbs("a/link", "../../b"));
        assert!(climbs("link", "../b"));
        assert!(climbs("link", "/etc/passwd"));
        assert!(climbs("a/../link", "../b"));
    }
}
