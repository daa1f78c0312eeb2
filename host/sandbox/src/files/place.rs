//! A path that a guest asks for, in a folder that it holds open.

use super::beneath::{join, level};
use super::shared::{MAX_DEPTH, Mounted, Shared};
use super::stop::Stop;
use remit_policy::{Access, Denial, DenialCode, RuleId};
use rustix::fd::AsFd;
use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::sync::Arc;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// Where an operation acts. Owned, since it is carried to a thread that may block.
pub(super) struct Place {
    pub(super) shared: Arc<Shared>,
    pub(super) mounted: Arc<Mounted>,
    /// The folder that the path starts from.
    pub(super) dir: Arc<File>,
    /// The path as asked, relative to `dir`.
    pub(super) path: String,
    /// The same, relative to the mount.
    pub(super) full: String,
}

/// What may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    /// Itself not followed.
    Link,
}

impl Place {
    pub(super) fn new(
        shared: Arc<Shared>,
        mounted: Arc<Mounted>,
        dir: Arc<File>,
        base: &str,
        path: String,
    ) -> Place {
        let full = join(base, &path);
        Place {
            shared,
            mounted,
            dir,
            path,
            full,
        }
    }

    pub(super) fn shown(&self) -> String {
        self.mounted.shown(&self.full)
    }

    /// Asks the policy. A denial is recorded at once; what is allowed is recorded by the operation, when it knows that
    /// nothing else speaks against it.
    pub(super) fn judge(&self, action: &str, access: Access) -> Result<RuleId, Stop> {
        self.judge_path(action, &self.full, access)
    }

    /// The same for another path of the mount.
    pub(super) fn judge_path(
        &self,
        action: &str,
        path: &str,
        access: Access,
    ) -> Result<RuleId, Stop> {
        let judged = self
            .shared
            .authority
            .file_access(self.mounted.id, path, access);
        let denial = match judged {
            Ok(allowed) => return Ok(allowed.rule),
            Err(denial) => denial,
        };
        let long = denial.code == DenialCode::FileName
            && (path.len() > 4096 || path.split('/').any(|name| name.len() > 255));
        Err(match self.shared.refuse(action, denial) {
            Stop::Code(_) if long => Stop::Code(ErrorCode::NameTooLong),
            stop => stop,
        })
    }

    /// Refuses, with a record.
    pub(super) fn refuse(&self, action: &str, code: DenialCode, reason: &str) -> Stop {
        let denial = Denial::new(code, &self.shown(), reason);
        self.shared.refuse(action, denial)
    }

    /// What an error of the kernel's means here: a path that leads out is a denial, all else the guest's affair. The
    /// decision to try was right then, and is recorded.
    pub(super) fn failed(&self, action: &str, rule: &RuleId, errno: Errno) -> Stop {
        if errno == Errno::XDEV {
            return self.leads_out(action);
        }
        match self.shared.allow(action, &self.shown(), rule) {
            Ok(()) => errno.into(),
            Err(stop) => stop,
        }
    }

    pub(super) fn leads_out(&self, action: &str) -> Stop {
        self.refuse(
            action,
            DenialCode::FileOutsideGrant,
            "it leads out of the folder, or into another file system",
        )
    }

    /// Whether what was found may be used.
    pub(super) fn fit(&self, action: &str, found: &Stat, written: bool) -> Result<Kind, Stop> {
        if self
            .mounted
            .device
            .is_some_and(|device| device != found.st_dev)
        {
            return Err(self.leads_out(action));
        }
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory => Ok(Kind::Folder),
            FileType::Symlink => Ok(Kind::Link),
            FileType::RegularFile if written && found.st_nlink > 1 => Err(self.refuse(
                action,
                DenialCode::FileOutsideGrant,
                "it has a second name, which may lie outside the folder",
            )),
            FileType::RegularFile => Ok(Kind::File),
            _ => Err(self.refuse(
                action,
                DenialCode::FileKind,
                "it is neither a plain file nor a folder",
            )),
        }
    }

    /// Takes the quota for one entry that is to be made in `parent`, and `bytes`.
    pub(super) fn take_entry(
        &self,
        action: &str,
        parent: impl AsFd,
        bytes: u64,
    ) -> Result<(), Stop> {
        self.level(action, parent, 0)?;
        let shown = self.shown();
        self.shared.take(&self.mounted, action, &shown, bytes, 1)
    }

    /// How deep in the mount an entry of `parent` lies. Refuses what would lie too deep with `below` folders in it.
    pub(super) fn level(
        &self,
        action: &str,
        parent: impl AsFd,
        below: usize,
    ) -> Result<usize, Stop> {
        let root = &self.mounted.dir.dir;
        let level = level(parent, root, MAX_DEPTH)?.map(|level| level.saturating_add(1));
        match level.filter(|level| level.saturating_add(below) <= MAX_DEPTH) {
            Some(level) => Ok(level),
            None => {
                let reason = format!("it would lie more than {MAX_DEPTH} folders deep");
                Err(self.refuse(action, DenialCode::FileQuota, &reason))
            }
        }
    }
}
