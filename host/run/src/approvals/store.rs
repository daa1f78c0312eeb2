//! Approvals, kept as a file each under `approvals/` in the data folder, named by the hash of what was approved.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use remit_package::{Digest, Dirs, read_file, write_file};
use serde::{Deserialize, Serialize};

use super::authority::SkillAuthority;
use crate::error::RunError;

/// Far more than the largest skill makes.
const MAX_FILE: u64 = 4 << 20;
/// So many files are looked through for what was approved last.
const MAX_FILES: usize = 10_000;

/// A person's approval.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) who: String,
    /// RFC 3339, UTC.
    pub(crate) time: String,
    pub(crate) authority: SkillAuthority,
}

/// The folder of approvals.
#[derive(Debug, Clone)]
pub(crate) struct Approvals {
    folder: PathBuf,
}

impl Approvals {
    pub(crate) fn open(dirs: &Dirs) -> Result<Self, RunError> {
        let folder = dirs.data.join("approvals");
        // Whoever may write here could say yes in a person's place.
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::set_permissions(&folder, private))
            .map_err(|e| RunError::io(folder.display().to_string(), e))?;
        Ok(Self { folder })
    }

    fn file(&self, authority: &SkillAuthority) -> PathBuf {
        self.folder.join(format!("{}.json", authority.hash().hex()))
    }

    /// The approval of exactly this. A file that does not hold what its name says is no approval.
    pub(crate) fn find(&self, authority: &SkillAuthority) -> Option<Kept> {
        let kept = read(&self.file(authority))?;
        (kept.authority == *authority).then_some(kept)
    }

    /// The latest approval of a skill of the same name, to show what is different.
    pub(crate) fn latest(&self, skill: &str) -> Option<Kept> {
        let entries = std::fs::read_dir(&self.folder).ok()?;
        entries
            .take(MAX_FILES)
            .filter_map(|entry| read(&entry.ok()?.path()))
            .filter(|kept| kept.authority.skill == skill)
            .max_by(|a, b| a.time.cmp(&b.time))
    }

    /// The digests that kept approvals are about. A file that cannot be read is an error, since what it is about would
    /// look unused.
    pub(crate) fn components(&self) -> Result<Vec<Digest>, RunError> {
        let fail = |error| RunError::io(self.folder.display().to_string(), error);
        let mut digests = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path.extension().is_none_or(|it| it != "json") {
                continue;
            }
            let bytes = read_file(&path, MAX_FILE)?;
            let kept: Kept = serde_json::from_slice(&bytes)
                .map_err(|error| RunError::io(path.display().to_string(), error.into()))?;
            digests.extend(kept.authority.plugins.values().map(|plugin| plugin.digest));
        }
        Ok(digests)
    }

    pub(crate) fn keep(&self, kept: &Kept) -> Result<(), RunError> {
        let bytes =
            serde_json::to_vec_pretty(kept).map_err(|e| RunError::Internal(e.to_string()))?;
        Ok(write_file(&self.file(&kept.authority), &bytes)?)
    }
}

fn read(path: &std::path::Path) -> Option<Kept> {
    serde_json::from_slice(&read_file(path, MAX_FILE).ok()?).ok()
}
