//! An approval that a run goes on under, and whether it still holds.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicBool, Ordering};

use remit_policy::{Denial, DenialCode, display_safe};
use rustix::fs::{AtFlags, StatxFlags, statx};

/// The approval's file, held open. Whoever withdraws an approval cuts its file to nothing and removes its name, and one
/// look at the open file sees either: no name is looked up, and nothing is read. So the next host call of any process
/// that runs under it is denied.
#[derive(Debug)]
pub(crate) struct Standing {
    file: File,
    bytes: u64,
    what: String,
    /// What was withdrawn once stays so for this run, whatever is approved later.
    withdrawn: AtomicBool,
}

impl Standing {
    /// Of the file that was read and found to approve the skill.
    pub(super) fn of(file: File, skill: &str) -> std::io::Result<Self> {
        Ok(Self {
            bytes: file.metadata()?.size(),
            file,
            what: format!("the approval of {}", display_safe(skill, 80)),
            withdrawn: AtomicBool::new(false),
        })
    }

    /// Whether the approval still holds.
    ///
    /// # Errors
    /// `approval-withdrawn`.
    pub(crate) fn holds(&self) -> Result<(), Denial> {
        if !self.withdrawn.load(Ordering::Relaxed) && self.is_there() {
            return Ok(());
        }
        self.withdrawn.store(true, Ordering::Relaxed);
        let reason = format!("{} was withdrawn", self.what);
        Err(Denial::new(
            DenialCode::ApprovalWithdrawn,
            &self.what,
            reason,
        ))
    }

    fn is_there(&self) -> bool {
        let wanted = StatxFlags::SIZE | StatxFlags::NLINK;
        // What cannot be looked at cannot be relied on.
        statx(&self.file, c"", AtFlags::EMPTY_PATH, wanted)
            .is_ok_and(|found| found.stx_nlink > 0 && found.stx_size == self.bytes)
    }
}
