//! An approval that a run goes on under, and whether it still holds.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};

use remit_policy::{Denial, DenialCode, display_safe};
use rustix::fs::{AtFlags, SeekFrom, StatxFlags, seek, statx};

use super::store::{self, Kept, REPLACED};

/// The approval's file, held open. Whoever withdraws an approval cuts its file to nothing, and one look at the length of
/// the open file sees that: no name is looked up, and nothing is read. So the next host call of any process that runs
/// under it is denied.
///
/// Whoever says something else about agents puts another file in its place, and marks the old one by its length: then
/// the name is looked up once, and the same yes found there goes on to hold.
#[derive(Debug)]
pub(crate) struct Standing {
    held: RwLock<Held>,
    path: PathBuf,
    kept: Kept,
    what: String,
    /// What was withdrawn once stays so for this run, whatever is approved later.
    withdrawn: AtomicBool,
    looks: AtomicU32,
}

#[derive(Debug)]
struct Held {
    file: File,
    bytes: u64,
}

impl Held {
    fn of(file: File) -> std::io::Result<Self> {
        let bytes = file.metadata()?.size();
        Ok(Self { file, bytes })
    }
}

/// What one look at the file tells.
enum Look {
    There,
    Replaced,
    Gone,
}

/// Who removes the file by hand cuts nothing off, and only its number of names tells. To ask for that takes more than
/// twice as long as to ask for the length, so only so many looks do.
const NAMES_TOO: u32 = 16;

impl Standing {
    /// Of the file that was read at `path` and found to approve the skill.
    pub(super) fn of(file: File, path: PathBuf, kept: &Kept) -> std::io::Result<Self> {
        Ok(Self {
            held: RwLock::new(Held::of(file)?),
            path,
            kept: kept.clone(),
            what: format!(
                "the approval of {}",
                display_safe(&kept.authority.skill, 80)
            ),
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
        match self.look() {
            Look::There => true,
            Look::Replaced => self.go_on(),
            Look::Gone => false,
        }
    }

    fn look(&self) -> Look {
        let look = self.looks.fetch_add(1, Ordering::Relaxed);
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        // What cannot be looked at cannot be relied on.
        let found = if look.is_multiple_of(NAMES_TOO) {
            let wanted = StatxFlags::SIZE | StatxFlags::NLINK;
            statx(&held.file, c"", AtFlags::EMPTY_PATH, wanted)
                .map(|found| (found.stx_size, found.stx_nlink > 0))
        } else {
            seek(&held.file, SeekFrom::End(0)).map(|length| (length, true))
        };
        match found {
            Ok((length, true)) if length == held.bytes => Look::There,
            // Another has its name, and the mark is yet to come; or whoever was to make it was killed.
            Ok((length, false)) if length == held.bytes => Look::Replaced,
            Ok((REPLACED, _)) => Look::Replaced,
            _ => Look::Gone,
        }
    }

    /// Holds the file that is in the place of the one that was held, if it is the same yes to the same thing.
    fn go_on(&self) -> bool {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let found = store::read(&self.path).ok();
        let same = found.filter(|(kept, _)| kept.is_same_yes(&self.kept));
        let Some(found) = same.and_then(|(_, file)| Held::of(file).ok()) else {
            return false;
        };
        *held = found;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::approvals::{AgentsAllowed, SkillAuthority};

    fn kept(who: &str) -> Kept {
        Kept {
            who: who.to_owned(),
            time: "2026-11-30T01:00:00.000Z".to_owned(),
            authority: SkillAuthority {
                skill: "demo".to_owned(),
                plugins: Default::default(),
            },
            agents: None,
        }
    }

    fn write(path: &Path, kept: &Kept) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(path, serde_json::to_vec(kept).unwrap()).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn standing(path: &Path) -> Standing {
        write(path, &kept("ada"));
        Standing::of(File::open(path).unwrap(), path.to_owned(), &kept("ada")).unwrap()
    }

    fn cut(path: &Path, to: u64) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(to).unwrap();
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
            cut(&path, 0);
            let denial = held.holds().unwrap_err();
            assert_eq!(denial.code, DenialCode::ApprovalWithdrawn);
            assert!(denial.reason.contains("demo"), "{}", denial.reason);
            // Written again in its place: the run stays ended.
            write(&path, &kept("ada"));
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
        write(&folder.path().join("b"), &kept("eve"));
        std::fs::rename(folder.path().join("b"), &path).unwrap();
        assert!((0..=NAMES_TOO).any(|_| held.holds().is_err()));
        let held = standing(&path);
        assert!((0..=3 * NAMES_TOO).all(|_| held.holds().is_ok()));
    }

    #[test]
    fn another_word_about_agents_does_not_end_it_and_a_withdrawal_after_it_does() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("a"), folder.path().join("old"));
        for looks in 0..2 * NAMES_TOO {
            let held = standing(&path);
            for _ in 0..looks {
                assert_eq!(held.holds(), Ok(()));
            }
            std::fs::rename(&path, &old).unwrap();
            let agents = Some(AgentsAllowed {
                who: "bob".to_owned(),
                time: "2026-11-30T02:00:00.000Z".to_owned(),
            });
            write(
                &path,
                &Kept {
                    agents,
                    ..kept("ada")
                },
            );
            // Between its new name and its mark, and where the mark never came.
            match looks % 2 {
                0 => cut(&old, REPLACED),
                _ => std::fs::remove_file(&old).unwrap(),
            }
            assert!((0..=3 * NAMES_TOO).all(|_| held.holds().is_ok()));
            cut(&path, 0);
            assert!(held.holds().is_err());
        }
    }

    #[test]
    fn what_lies_in_the_place_of_a_replaced_file_must_be_the_same_yes() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("a"), folder.path().join("old"));
        let later = Kept {
            time: "2026-11-30T03:00:00.000Z".to_owned(),
            ..kept("ada")
        };
        // Withdrawn and approved again meanwhile, or by somebody else; nothing at all.
        for other in [Some(later), Some(kept("eve")), None] {
            let held = standing(&path);
            std::fs::rename(&path, &old).unwrap();
            if let Some(other) = &other {
                write(&path, other);
            }
            cut(&old, REPLACED);
            assert!(held.holds().is_err(), "{other:?}");
        }
    }
}
