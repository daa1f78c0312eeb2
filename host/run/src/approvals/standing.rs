//! An approval that a run goes on under, and whether it still holds.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use remit_policy::{Denial, DenialCode, display_safe};
use rustix::fs::{AtFlags, SeekFrom, StatxFlags, seek, statx};

/// The approval's file, held open. Whoever withdraws an approval cuts its file to nothing, and one look at the length of
/// the open file sees that: no name is looked up, and nothing is read. So the next host call of any process that runs
/// under it is denied.
#[derive(Debug)]
pub(crate) struct Standing {
    file: File,
    bytes: u64,
    what: String,
    /// What was withdrawn once stays so for this run, whatever is approved later.
    withdrawn: AtomicBool,
    looks: AtomicU32,
}

/// Who removes the file by hand cuts nothing off, and only its number of names tells. To ask for that takes more than
/// twice as long as to ask for the length, so only so many looks do.
const NAMES_TOO: u32 = 16;

impl Standing {
    /// Of the file that was read and found to approve the skill.
    pub(super) fn of(file: File, skill: &str) -> std::io::Result<Self> {
        Ok(Self {
            bytes: file.metadata()?.size(),
            file,
            what: format!("the approval of {}", display_safe(skill, 80)),
            withdrawn: AtomicBool::new(false),
            looks: AtomicU32::new(0),
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
        let look = self.looks.fetch_add(1, Ordering::Relaxed);
        // What cannot be looked at cannot be relied on.
        if !look.is_multiple_of(NAMES_TOO) {
            return seek(&self.file, SeekFrom::End(0)).is_ok_and(|length| length == self.bytes);
        }
        let wanted = StatxFlags::SIZE | StatxFlags::NLINK;
        statx(&self.file, c"", AtFlags::EMPTY_PATH, wanted)
            .is_ok_and(|found| found.stx_nlink > 0 && found.stx_size == self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(path: &std::path::Path) -> Standing {
        std::fs::write(path, "approved").unwrap();
        Standing::of(File::open(path).unwrap(), "demo").unwrap()
    }

    #[test]
    fn a_file_that_is_cut_ends_it_at_the_next_look_and_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for looks in 0..2 * NAMES_TOO {
            let held = standing(&path);
            for _ in 0..looks {
                assert_eq!(held.holds(), Ok(()));
            }
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(0)
                .unwrap();
            let denial = held.holds().unwrap_err();
            assert_eq!(denial.code, DenialCode::ApprovalWithdrawn);
            assert!(denial.reason.contains("demo"), "{}", denial.reason);
            // Written again in its place: the run stays ended.
            std::fs::write(&path, "approved").unwrap();
            assert!(held.holds().is_err());
        }
    }

    #[test]
    fn a_file_that_is_removed_or_replaced_ends_it_within_a_few_looks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let held = standing(&path);
        std::fs::remove_file(&path).unwrap();
        assert!((0..=NAMES_TOO).any(|_| held.holds().is_err()));
        let held = standing(&path);
        std::fs::write(folder.path().join("b"), "approved").unwrap();
        std::fs::rename(folder.path().join("b"), &path).unwrap();
        assert!((0..=NAMES_TOO).any(|_| held.holds().is_err()));
        let held = standing(&path);
        assert!((0..=3 * NAMES_TOO).all(|_| held.holds().is_ok()));
    }
}
