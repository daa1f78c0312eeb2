//! Approvals, kept as a file each under `approvals/` in the data folder, named by the hash of what was approved.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use remit_package::{Digest, Dirs, FileLock, write_file};
use remit_policy::display_safe;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::authority::SkillAuthority;
use super::standing::Standing;
use crate::error::RunError;

/// Far more than the largest skill makes.
const MAX_FILE: u64 = 4 << 20;
/// So many files are looked through.
const MAX_FILES: usize = 10_000;

/// A person's approval.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) who: String,
    /// RFC 3339, UTC.
    pub(crate) time: String,
    pub(crate) authority: SkillAuthority,
    /// Whether agents may do what it writes without a person's yes each time, and who said so. It is no part of the
    /// authority: what the skill may do is the same. Where it is left out, they may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agents: Option<AgentsAllowed>,
}

/// That agents may do the writes of a skill without asking each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentsAllowed {
    /// Who allowed it, as the approving program said.
    pub who: String,
    /// When: RFC 3339, UTC.
    pub time: String,
}

impl AgentsAllowed {
    /// The same, safe to print.
    pub(super) fn shown(&self) -> Self {
        Self {
            who: display_safe(&self.who, 80),
            time: display_safe(&self.time, 40),
        }
    }
}

impl Kept {
    /// Whether it is the same yes of the same person to the same thing, whatever agents may.
    pub(super) fn is_same_yes(&self, other: &Self) -> bool {
        self.who == other.who && self.time == other.time && self.authority == other.authority
    }
}

/// The folder of approvals.
#[derive(Debug, Clone)]
pub(crate) struct Approvals {
    folder: PathBuf,
    lock: PathBuf,
}

/// What lies in the folder.
pub(super) enum Found {
    Kept(Box<Kept>),
    /// Another file, or one that is no approval: its name and why. It is never trusted.
    Odd(String, String),
}

impl Approvals {
    pub(crate) fn open(dirs: &Dirs) -> Result<Self, RunError> {
        let approvals = Self::at(dirs);
        let folder = &approvals.folder;
        // Whoever may write here could say yes in a person's place.
        let private = Permissions::from_mode(0o700);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::set_permissions(folder, private))
            .map_err(|e| RunError::io(folder.display().to_string(), e))?;
        Ok(approvals)
    }

    /// The same, to read only what is there.
    pub(super) fn at(dirs: &Dirs) -> Self {
        Self {
            folder: dirs.data.join("approvals"),
            // Beside the folder: what lies in it is approvals.
            lock: dirs.data.join("approvals.lock"),
        }
    }

    /// Held while approvals are kept or withdrawn: two processes at once do one after the other.
    pub(super) fn lock(&self) -> Result<FileLock, RunError> {
        Ok(FileLock::wait(&self.lock)?)
    }

    fn file(&self, authority: &Digest) -> PathBuf {
        self.folder.join(format!("{}.json", authority.hex()))
    }

    /// The approval of exactly this, and the hold on it. A file that does not hold what its name says is no approval.
    pub(crate) fn find(&self, authority: &SkillAuthority) -> Option<(Kept, Standing)> {
        let path = self.file(&authority.hash());
        let (kept, file) = read(&path).ok()?;
        if kept.authority != *authority {
            return None;
        }
        let standing = Standing::of(file, path, &kept).ok()?;
        Some((kept, standing))
    }

    /// The latest approval of a skill of the same name, to show what is different.
    pub(crate) fn latest(&self, skill: &str) -> Option<Kept> {
        let found = self.list().ok()?.into_iter();
        let kept = found.filter_map(|found| match found {
            Found::Kept(kept) => Some(*kept),
            Found::Odd(..) => None,
        });
        kept.filter(|kept| kept.authority.skill == skill)
            .max_by(|a, b| a.time.cmp(&b.time))
    }

    /// All that lies in the folder, in the order of the names.
    pub(super) fn list(&self) -> Result<Vec<Found>, RunError> {
        let failed = |e| RunError::io(self.folder.display().to_string(), e);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            if paths.len() == MAX_FILES {
                let error = format!("there are more than {MAX_FILES} files");
                return Err(failed(std::io::Error::other(error)));
            }
            paths.push(entry.map_err(failed)?.path());
        }
        paths.sort();
        Ok(paths.iter().map(|path| look(path)).collect())
    }

    /// The digests that kept approvals are about. A file that should hold one and does not is an error, since what it is
    /// about would look unused.
    pub(crate) fn components(&self) -> Result<Vec<Digest>, RunError> {
        let mut digests = Vec::new();
        for found in self.list()? {
            match found {
                Found::Kept(kept) => {
                    digests.extend(kept.authority.plugins.values().map(|plugin| plugin.digest));
                }
                Found::Odd(name, why) if name.ends_with(".json") => {
                    let path = self.folder.join(name).display().to_string();
                    return Err(RunError::io(path, std::io::Error::other(why)));
                }
                Found::Odd(..) => {}
            }
        }
        Ok(digests)
    }

    pub(super) fn keep(&self, kept: &Kept) -> Result<(), RunError> {
        let bytes =
            serde_json::to_vec_pretty(kept).map_err(|e| RunError::Internal(e.to_string()))?;
        Ok(write_file(&self.file(&kept.authority.hash()), &bytes)?)
    }

    /// Keeps the same yes with another word about agents. The old file is marked after the new one has its name, so a run
    /// that holds the old one looks for the new one and goes on, whereas a withdrawal ends it.
    pub(super) fn replace(&self, kept: &Kept) -> Result<(), RunError> {
        let path = self.file(&kept.authority.hash());
        let failed = |e| RunError::io(path.display().to_string(), e);
        let old = to_cut(&path).map_err(failed)?;
        self.keep(kept)?;
        old.set_len(REPLACED).map_err(failed)
    }

    /// Removes what withdrawals that were not finished have left: files that were cut to nothing, and approve nothing.
    pub(super) fn sweep(&self) -> Result<(), RunError> {
        let failed = |e| RunError::io(self.folder.display().to_string(), e);
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let empty = |facts: std::fs::Metadata| facts.is_file() && facts.len() == 0;
            if named(&path).is_some() && path.symlink_metadata().is_ok_and(empty) {
                std::fs::remove_file(&path).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Ends an approval: its file is cut to nothing, which every process that holds it sees whatever other names it has,
    /// and then removed. A file that is gone already is no error.
    pub(super) fn withdraw(&self, authority: &Digest) -> Result<(), RunError> {
        let path = self.file(authority);
        let failed = |e| RunError::io(path.display().to_string(), e);
        let found = match path.symlink_metadata() {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            found => found.map_err(failed)?,
        };
        // A link leads to somebody else's file: only the link goes.
        if found.is_file() {
            let file = to_cut(&path).map_err(failed)?;
            file.set_len(0)
                .and_then(|()| file.sync_all())
                .map_err(failed)?;
        }
        std::fs::remove_file(&path)
            .and_then(|()| File::open(&self.folder)?.sync_all())
            .map_err(failed)
    }
}

/// The length of a file in whose place there is another with the same yes: no approval is so short.
pub(super) const REPLACED: u64 = 1;

/// Opens an approval's file to cut it, also where it can only be read.
fn to_cut(path: &Path) -> std::io::Result<File> {
    if path.symlink_metadata()?.mode() & 0o200 == 0 {
        std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    let mut how = OpenOptions::new();
    how.write(true).custom_flags(FLAGS.bits().cast_signed());
    how.open(path)
}

/// No link is followed, and no pipe waited for.
const FLAGS: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY);

/// What a file approves by its name.
fn named(path: &Path) -> Option<Digest> {
    let hex = path.file_name()?.to_str()?.strip_suffix(".json")?;
    format!("sha256:{hex}").parse().ok()
}

fn look(path: &Path) -> Found {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let odd = |why: String| Found::Odd(display_safe(&name, 120), why);
    let Some(named) = named(path) else {
        return odd("its name is no approval's".to_owned());
    };
    match read(path) {
        Err(why) => odd(why),
        Ok((kept, _)) if kept.authority.hash() != named => {
            odd("it approves something else than its name says".to_owned())
        }
        Ok((kept, _)) => Found::Kept(Box::new(kept)),
    }
}

/// What a file approves, with the very file that was read; or why it is no approval.
pub(super) fn read(path: &Path) -> Result<(Kept, File), String> {
    let failed = |e: std::io::Error| match e.raw_os_error() {
        Some(raw) if raw == rustix::io::Errno::LOOP.raw_os_error() => "it is a link".to_owned(),
        _ => format!("it cannot be read: {e}"),
    };
    let mut how = OpenOptions::new();
    how.read(true).custom_flags(FLAGS.bits().cast_signed());
    let mut file = how.open(path).map_err(failed)?;
    let facts = file.metadata().map_err(failed)?;
    if !facts.is_file() {
        return Err("it is no file".to_owned());
    }
    let ours = path.parent().and_then(|folder| folder.metadata().ok());
    if ours.is_none_or(|ours| ours.uid() != facts.uid()) {
        return Err("it belongs to another user".to_owned());
    }
    if facts.mode() & 0o022 != 0 {
        return Err("others may write it".to_owned());
    }
    if facts.len() > MAX_FILE {
        return Err("it is too large".to_owned());
    }
    let mut bytes = Vec::new();
    std::io::Read::by_ref(&mut file)
        .take(MAX_FILE)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.is_empty() {
        return Err("it is empty: its withdrawal was not finished".to_owned());
    }
    let kept = serde_json::from_slice(&bytes)
        .map_err(|e| format!("it is damaged: {}", display_safe(&e.to_string(), 120)))?;
    Ok((kept, file))
}
