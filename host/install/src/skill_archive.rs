//! Skills that come as an archive: unpacked beside where they will lie, and put there by one rename.

use std::fs::File;
use std::path::{Path, PathBuf};

use remit_package::{
    Digest, LOCK_FILE, Lock, LockedSkill, SKILL_FILE, Skill, SkillDir, SkillDoc, Store, looks_like,
    read_file,
};
use remit_policy::display_safe;
use remit_registry::{Fetched, Kind, Source, unpack};
use remit_run::Approval;
use rustix::fs::{CWD, RenameFlags, renameat_with, syncfs};
use tempfile::TempDir;

use crate::candidate::{Signed, check_claims, check_signatures, resolved};
use crate::doubts::{Doubt, Origin};
use crate::error::InstallError;
use crate::installer::{Installer, shown};
use crate::plan::{Plan, SkillChange, Target};
use crate::skill_folder::Pins;

/// How a folder that is being unpacked is named: hidden, so that nothing takes it for a skill.
const UNPACKING: &str = ".remit-installing-";
/// Bytes of a SKILL.md: what remit-package reads.
const MAX_DOC: u64 = 1 << 20;
/// What the version of a skill is that says none.
const NO_VERSION: &str = "0.0.0";

/// A skill, unpacked beside where it will lie. Gone when it is dropped, with what was put into the store for its card.
pub(crate) struct Unpacked {
    /// Holds the folder below, and nothing else.
    beside: TempDir,
    folder: PathBuf,
    store: Store,
    /// Components that were not in the store before.
    early: Vec<Digest>,
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        for digest in &self.early {
            // What stays is freed by `gc`.
            let _ = self.store.remove(digest);
        }
    }
}

/// Where a skill goes.
pub struct Destination<'a> {
    /// The folder that skills lie in, for a skill that names itself.
    pub skills: &'a Path,
    /// The very folder, if the person said one.
    pub folder: Option<&'a Path>,
}

impl Installer<'_> {
    /// Fetches what a person named, and says what installing it would change: a plugin goes under its own name, a skill
    /// to `destination`.
    ///
    /// # Errors
    /// If it cannot be fetched, is not what it should be, or does not verify.
    pub async fn plan_install(
        &self,
        source: &Source,
        destination: &Destination<'_>,
    ) -> Result<Plan, InstallError> {
        let named = as_named(source)?;
        let incoming = self.incoming()?;
        let fetched = self.fetcher.fetch(source, incoming.path(), None).await?;
        if fetched.kind == Kind::Component {
            let candidate = self.inspected(fetched, &named, None).await?;
            return self.plan_plugin(candidate);
        }
        self.plan_archive(&fetched, &named, destination).await
    }

    /// What the source of an installed skill would change; none for a skill that was not installed from one, or that is
    /// as its source has it.
    pub(crate) async fn plan_newer_archive(
        &self,
        folder: &Path,
    ) -> Result<Option<Plan>, InstallError> {
        let dir = SkillDir::open(folder)?;
        let Some(locked) = Lock::read(&dir)?.and_then(|lock| lock.skill) else {
            return Ok(None);
        };
        let source: Source = locked.source.parse()?;
        let incoming = self.incoming()?;
        let fetched = self.fetcher.fetch(&source, incoming.path(), None).await?;
        if fetched.digest == locked.digest {
            return Ok(None);
        }
        let destination = Destination {
            skills: folder,
            folder: Some(dir.path()),
        };
        let plan = self.plan_archive(&fetched, &locked.source, &destination);
        Ok(Some(plan.await?))
    }

    async fn plan_archive(
        &self,
        fetched: &Fetched,
        named: &str,
        destination: &Destination<'_>,
    ) -> Result<Plan, InstallError> {
        let content = read_file(&fetched.file, remit_registry::MAX_CONTENT_BYTES)?;
        fetched.digest.verify(&content, "what was fetched")?;
        let (mut unpacked, target) = self.unpack(fetched, destination)?;
        let skill = Skill::open(&unpacked.folder)?;
        let version = skill.manifest.version.clone();
        let version = version.unwrap_or_else(|| NO_VERSION.to_owned());
        let there = self.there(&target, named, &skill.name)?;
        let before = there
            .as_ref()
            .and_then(|(_, locked)| locked.signer.as_deref());
        let what = format!("{} {version}", skill.name);
        let claims = check_claims(&what, &fetched.signatures, &content)?;
        self.check_policy(&what, &claims)?;
        let named_as = (skill.name.as_str(), version.as_str());
        let signed = check_signatures(&what, &claims, &content, named_as, before)?;
        if let Some((_, locked)) = &there
            && locked.digest != fetched.digest
            && locked.source == named
            && destination.folder != Some(target.as_path())
        {
            return Err(InstallError::Moved {
                source_text: named.to_owned(),
                found: format!("{version} {}", fetched.digest),
                pinned: format!("{} {}", locked.version, locked.digest),
                hint: format!(
                    "`remit update {}` shows what is different, and asks",
                    shown(&target)
                ),
            });
        }
        let origin_name = format!("skill {}", skill.name);
        let origin = Origin {
            name: &origin_name,
            source: named,
            version: &version,
            signer: signed.signer.as_ref(),
        };
        let mut doubts = origin.doubts(&self.publishers)?;
        if there.as_ref().is_some_and(|(modified, _)| *modified) {
            doubts.push(Doubt::SkillModified);
        }
        // What comes from a public place leads to public places only.
        let public = self.fetcher.only_public();
        let fetcher = if fetched.is_public {
            &public
        } else {
            &self.fetcher
        };
        let plan = self.plan_references(&unpacked.folder, Pins::Packed, fetcher);
        let mut plan = plan.await?;
        let locked = locked_skill(fetched, named, &version, &signed, &skill);
        plan.after.skill = Some(locked.clone());
        plan.relock = true;
        plan.target = Target::Skill(target.clone());
        // For its card: bytes in the store that nothing refers to change nothing, and `gc` takes them.
        for plugin in &plan.plugins {
            let digest = plugin.candidate.component.digest;
            if self.host.store().get(&digest).is_err() {
                unpacked.early.push(digest);
            }
            self.keep(&plugin.candidate)?;
        }
        plan.after.write(&skill.folder)?;
        let open = self.host.open_skill(&unpacked.folder).await?;
        let changes = match self.host.approval(&open)? {
            Approval::Needed { changes, .. } => changes,
            _ => Vec::new(),
        };
        let mut card = self.host.card(&open)?;
        card.path = display_safe(named, 400);
        plan.skill = Some(SkillChange {
            name: skill.name.clone(),
            source: display_safe(named, 400),
            was: there.map(|(_, locked)| locked.version),
            signer: locked.signer.clone(),
            version,
            folder: target,
            card,
            changes,
            doubts,
            locked,
            unpacked,
        });
        Ok(plan)
    }

    /// Unpacks an archive beside where it will lie, and says where that is.
    fn unpack(
        &self,
        fetched: &Fetched,
        destination: &Destination<'_>,
    ) -> Result<(Unpacked, PathBuf), InstallError> {
        let parent = match destination.folder {
            Some(folder) => parent_of(folder)?,
            None => destination.skills.to_path_buf(),
        };
        let fail = |error| InstallError::io(shown(&parent), error);
        std::fs::create_dir_all(&parent).map_err(fail)?;
        let parent = parent.canonicalize().map_err(fail)?;
        remove_unpacking(&parent)?;
        let beside = tempfile::Builder::new()
            .prefix(UNPACKING)
            .tempdir_in(&parent)
            .map_err(fail)?;
        let into = beside.path().join("unpacked");
        std::fs::create_dir(&into).map_err(fail)?;
        let root = unpack(&fetched.file, &into)?.root;
        let text = read_file(&root.join(SKILL_FILE), MAX_DOC)?;
        let name = SkillDoc::name_in(&String::from_utf8_lossy(&text))?;
        let target = match destination.folder {
            Some(folder) => parent.join(folder.file_name().unwrap_or_default()),
            None => parent.join(&name),
        };
        if target.file_name().is_none_or(|last| last != name.as_str()) {
            return Err(InstallError::Mistake {
                what: format!("the skill is named {name}, and its folder must be too"),
                hint: format!("name a folder that ends in /{name}"),
            });
        }
        collide(&parent, &name)?;
        // A level of its own, so that no name of the archive meets one of ours.
        let folder = beside.path().join(&name);
        std::fs::rename(&root, &folder).map_err(fail)?;
        let unpacked = Unpacked {
            beside,
            folder,
            store: self.host.store().clone(),
            early: Vec::new(),
        };
        Ok((unpacked, target))
    }

    /// What lies where a skill will go: whether its files were changed, and where it came from. None if nothing does.
    fn there(
        &self,
        target: &Path,
        named: &str,
        name: &str,
    ) -> Result<Option<(bool, LockedSkill)>, InstallError> {
        if target.symlink_metadata().is_err() {
            return Ok(None);
        }
        let occupied = || InstallError::Occupied {
            path: shown(target),
            source_text: display_safe(named, 200),
        };
        let skill = Skill::open(target).map_err(|_| occupied())?;
        let lock = Lock::read(&skill.folder)?.unwrap_or_default();
        let locked = lock
            .skill
            .filter(|_| skill.name == name)
            .ok_or_else(occupied)?;
        Ok(Some((skill.digest != locked.files, locked)))
    }

    /// Puts an unpacked skill where it will lie: by one rename, or by one exchange with what is there.
    pub(crate) fn apply_skill(&self, skill: SkillChange, after: &Lock) -> Result<(), InstallError> {
        let SkillChange {
            name,
            version,
            folder: target,
            locked,
            mut unpacked,
            ..
        } = skill;
        let fail = |error: std::io::Error| InstallError::io(shown(&target), error);
        let opened = SkillDir::open(&unpacked.folder)?;
        after.write(&opened)?;
        let replaces = target.symlink_metadata().is_ok();
        if replaces {
            keep_own(&target, &unpacked.folder)?;
        }
        let beside = File::open(unpacked.beside.path()).map_err(fail)?;
        syncfs(&beside).map_err(|error| fail(error.into()))?;
        // Remembered before, accepted before: alone, neither changes what runs.
        self.skills.remember(&target)?;
        let signer = locked.signer.as_deref().map(str::parse).transpose();
        let signer = signer.map_err(|error| InstallError::signature(name.clone(), error))?;
        Origin {
            name: &format!("skill {name}"),
            source: &locked.source,
            version: &version,
            signer: signer.as_ref(),
        }
        .accept(&self.publishers)?;
        let how = match replaces {
            true => RenameFlags::EXCHANGE,
            false => RenameFlags::NOREPLACE,
        };
        renameat_with(CWD, &unpacked.folder, CWD, &target, how)
            .map_err(|error| fail(error.into()))?;
        unpacked.early.clear();
        let parent = File::open(parent_of(&target)?).map_err(fail)?;
        parent.sync_all().map_err(fail)?;
        // What was there before is now what is dropped.
        drop(unpacked);
        Ok(())
    }
}

fn locked_skill(
    fetched: &Fetched,
    named: &str,
    version: &str,
    signed: &Signed,
    skill: &Skill,
) -> LockedSkill {
    LockedSkill {
        source: named.to_owned(),
        resolved: resolved(&fetched.resolved),
        version: version.to_owned(),
        digest: fetched.digest,
        files: skill.digest,
        signer: signed.signer.map(|signer| signer.to_string()),
    }
}

/// The text of a source in a lockfile: a path is a whole one, since it is read in other folders.
pub(crate) fn as_named(source: &Source) -> Result<String, InstallError> {
    let Source::Path(path) = source else {
        return Ok(source.to_string());
    };
    let whole = path
        .canonicalize()
        .map_err(|error| InstallError::io(shown(path), error))?;
    match whole
        .to_str()
        .filter(|text| remit_policy::is_display_safe(text))
    {
        Some(text) => Ok(text.to_owned()),
        None => Err(InstallError::Mistake {
            what: format!("{} has characters that cannot be seen", shown(&whole)),
            hint: "move it to a folder with a plain name".to_owned(),
        }),
    }
}

fn parent_of(folder: &Path) -> Result<PathBuf, InstallError> {
    let whole =
        std::path::absolute(folder).map_err(|error| InstallError::io(shown(folder), error))?;
    match whole.parent() {
        Some(parent) => Ok(parent.to_path_buf()),
        None => Err(InstallError::Mistake {
            what: format!("{} cannot be a skill's folder", shown(folder)),
            hint: "name a folder below another".to_owned(),
        }),
    }
}

/// Removes what killed installations left beside skills.
pub(crate) fn remove_unpacking(parent: &Path) -> Result<(), InstallError> {
    let fail = |error| InstallError::io(shown(parent), error);
    for entry in std::fs::read_dir(parent).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(UNPACKING));
        if ours && entry.file_type().map_err(fail)?.is_dir() {
            std::fs::remove_dir_all(entry.path()).map_err(fail)?;
        }
    }
    Ok(())
}

/// A skill must not look like another that lies beside it.
fn collide(parent: &Path, name: &str) -> Result<(), InstallError> {
    let fail = |error| InstallError::io(shown(parent), error);
    for entry in std::fs::read_dir(parent).map_err(fail)? {
        let other = entry.map_err(fail)?.file_name();
        if let Some(other) = other.to_str()
            && other != name
            && looks_like(other, name)
        {
            return Err(InstallError::Collision {
                kind: "skill",
                name: name.to_owned(),
                other: display_safe(other, 80),
            });
        }
    }
    Ok(())
}

/// What a person has in a skill's folder that is no part of the skill goes into the new one: runs, hidden files, data.
/// The files are linked, not moved: until the exchange, the old folder is whole.
fn keep_own(old: &Path, new: &Path) -> Result<(), InstallError> {
    let skill = Skill::open(old)?;
    keep_below(&skill, old, new, "")
}

fn keep_below(skill: &Skill, old: &Path, new: &Path, rel: &str) -> Result<(), InstallError> {
    let folder = old.join(rel);
    let fail = |error| InstallError::io(shown(&folder), error);
    for entry in std::fs::read_dir(&folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let kind = entry.file_type().map_err(fail)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let inner = match rel {
            "" => name,
            rel => format!("{rel}/{name}"),
        };
        let to = new.join(&inner);
        if kind.is_dir() {
            if to.symlink_metadata().is_err() {
                std::fs::create_dir(&to).map_err(fail)?;
            }
            if to.is_dir() {
                keep_below(skill, old, new, &inner)?;
            }
        } else if inner != LOCK_FILE && !skill.covers(&inner) && to.symlink_metadata().is_err() {
            std::fs::hard_link(entry.path(), &to).map_err(fail)?;
        }
    }
    Ok(())
}

/// Whether an installed skill's folder is as it was installed.
pub(crate) fn is_as_installed(folder: &Path, files: &Digest) -> Result<bool, InstallError> {
    Ok(Skill::open(folder)?.digest == *files)
}
