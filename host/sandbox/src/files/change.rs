//! Making, moving and removing entries. All of it needs write access.

use super::beneath::{Split, look_beneath, parent_beneath, split};
use super::place::{Kind, Place};
use super::shared::MAX_DEPTH;
use super::stop::Stop;
use super::tree::tree;
use remit_policy::{Access, DenialCode, RuleId};
use rustix::fd::OwnedFd;
use rustix::fs::{
    AtFlags, FileType, Mode, Timestamps, fstat, linkat, mkdirat, readlinkat, renameat, statat,
    symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;
use std::sync::Arc;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

const LEADS_UP: &str = "a link that points upwards would point elsewhere";

impl Place {
    pub(super) fn create_folder(&self) -> Result<(), Stop> {
        let action = "create-folder";
        let rule = self.judge(action, Access::Write)?;
        let (parent, name) = self.parent(action, &rule)?;
        // An attempt that must fail takes nothing.
        if statat(&parent, name.name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            return Err(self.failed(action, &rule, Errno::EXIST));
        }
        self.take_entry(action, &parent, 0)?;
        self.shared.allow(action, &self.shown(), &rule)?;
        Ok(mkdirat(&parent, name.name, Mode::from_raw_mode(0o777))?)
    }

    pub(super) fn remove_folder(&self) -> Result<(), Stop> {
        let action = "remove-folder";
        let rule = self.judge(action, Access::Write)?;
        let (parent, name) = self.parent(action, &rule)?;
        self.shared.allow(action, &self.shown(), &rule)?;
        Ok(unlinkat(&parent, name.name, AtFlags::REMOVEDIR)?)
    }

    pub(super) fn remove_file(&self) -> Result<(), Stop> {
        let action = "remove";
        let rule = self.judge(action, Access::Write)?;
        let (parent, name) = self.parent(action, &rule)?;
        if name.folder {
            return Err(self.failed(action, &rule, Errno::NOTDIR));
        }
        self.shared.allow(action, &self.shown(), &rule)?;
        Ok(unlinkat(&parent, name.name, AtFlags::empty())?)
    }

    /// Makes a symbolic link that may only point downwards from its own folder. One with `..` could be inside when it
    /// is made, and lead out after its folder was moved; people and programs on the host follow links.
    pub(super) fn create_link(&self, target: &str) -> Result<(), Stop> {
        let action = "symlink";
        let rule = self.judge(action, Access::Write)?;
        if leads_up(target) {
            let reason = "a link may only point downwards from its own folder";
            return Err(self.refuse(action, DenialCode::FileOutsideGrant, reason));
        }
        // The names in it, by the same rules as any other.
        self.judge_path(action, target, Access::Write)?;
        let (parent, name) = self.parent(action, &rule)?;
        if name.folder || target.is_empty() {
            return Err(self.failed(action, &rule, Errno::NOENT));
        }
        self.take_entry(action, &parent, target.len() as u64)?;
        self.shared.allow(action, &self.shown(), &rule)?;
        Ok(symlinkat(target, &parent, name.name)?)
    }

    /// Gives a file of this mount a second name in it. A link gets none, so whether to follow it is no question.
    pub(super) fn create_name(&self, new: &Place) -> Result<(), Stop> {
        let action = "link";
        self.judge(action, Access::Write)?;
        let rule = new.judge(action, Access::Write)?;
        if !Arc::ptr_eq(&self.mounted, &new.mounted) {
            let reason = "a file keeps to the folder that it was granted in";
            return Err(new.refuse(action, DenialCode::FileOutsideGrant, reason));
        }
        let (old_parent, old_name) = self.parent(action, &rule)?;
        let (parent, name) = new.parent(action, &rule)?;
        let (_, found) = look_beneath(&old_parent, old_name.name, false)
            .map_err(|errno| self.failed(action, &rule, errno))?;
        if self.fit(action, &found, true)? != Kind::File || name.folder || old_name.folder {
            return Err(self.failed(action, &rule, Errno::PERM));
        }
        new.take_entry(action, &parent, 0)?;
        self.shared.allow(action, &self.shown_to(new), &rule)?;
        let none = AtFlags::empty();
        Ok(linkat(
            &old_parent,
            old_name.name,
            &parent,
            name.name,
            none,
        )?)
    }

    /// Moves an entry; to another mount only a file, since what a folder holds would have to be counted.
    pub(super) fn rename(&self, new: &Place) -> Result<(), Stop> {
        let action = "rename";
        self.judge(action, Access::Write)?;
        let rule = new.judge(action, Access::Write)?;
        let (old_parent, old_name) = self.parent(action, &rule)?;
        let (parent, name) = new.parent(action, &rule)?;
        let found = statat(&old_parent, old_name.name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| self.failed(action, &rule, errno))?;
        let kind = FileType::from_raw_mode(found.st_mode);
        if (name.folder || old_name.folder) && !kind.is_dir() {
            return Err(self.failed(action, &rule, Errno::NOTDIR));
        }
        if kind.is_symlink() {
            let target = readlinkat(&old_parent, old_name.name, Vec::new())?;
            if target.to_str().map_or(true, leads_up) {
                return Err(self.refuse(action, DenialCode::FileOutsideGrant, LEADS_UP));
            }
        }
        let crosses = !Arc::ptr_eq(&self.mounted, &new.mounted);
        let below = match kind.is_dir() && !crosses && !same(&old_parent, &parent)? {
            true => {
                let tree = tree(&old_parent, old_name.name, MAX_DEPTH)?;
                if tree.leads_up {
                    return Err(self.refuse(action, DenialCode::FileOutsideGrant, LEADS_UP));
                }
                tree.height
            }
            false => 0,
        };
        new.level(action, &parent, below)?;
        if crosses {
            self.fit(action, &found, true)?;
            if !kind.is_file() {
                self.shared.allow(action, &self.shown_to(new), &rule)?;
                return Err(Stop::Code(ErrorCode::CrossDevice));
            }
            let size = u64::try_from(found.st_size).unwrap_or(u64::MAX);
            new.take_entry(action, &parent, size)?;
        }
        self.shared.allow(action, &self.shown_to(new), &rule)?;
        Ok(renameat(&old_parent, old_name.name, &parent, name.name)?)
    }

    pub(super) fn set_times(&self, follow: bool, times: &Timestamps) -> Result<(), Stop> {
        let action = "set-times";
        let rule = self.judge(action, Access::Write)?;
        let (file, found) = look_beneath(&self.dir, &self.path, follow)
            .map_err(|errno| self.failed(action, &rule, errno))?;
        self.fit(action, &found, true)?;
        self.shared.allow(action, &self.shown(), &rule)?;
        // The very thing that was looked at, by no name.
        let itself = AtFlags::EMPTY_PATH | AtFlags::SYMLINK_NOFOLLOW;
        Ok(utimensat(&file, "", times, itself)?)
    }

    /// The folder of the last name, held open, and that name.
    fn parent(&self, action: &str, rule: &RuleId) -> Result<(OwnedFd, Split<'_>), Stop> {
        let name = split(&self.path)?;
        let parent = parent_beneath(&self.dir, name.parent)
            .map_err(|errno| self.failed(action, rule, errno))?;
        let found = fstat(&parent)?;
        self.fit(action, &found, false)?;
        Ok((parent, name))
    }

    fn shown_to(&self, new: &Place) -> String {
        format!("{} to {}", self.shown(), new.shown())
    }
}

fn same(a: &OwnedFd, b: &OwnedFd) -> Result<bool, Errno> {
    let (a, b) = (fstat(a)?, fstat(b)?);
    Ok((a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

/// Whether a link's target is absolute or has a `..` anywhere.
fn leads_up(target: &str) -> bool {
    target.starts_with('/') || target.split('/').any(|name| name == "..")
}
