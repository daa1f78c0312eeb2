//! The plugins that a skill's folder names by reference: fetched, and pinned in its remit.lock.

use std::path::Path;

use remit_package::{ComponentRef, LOCK_FILE, Lock, LockedPlugin, Skill, SkillDir};
use remit_policy::display_safe;
use remit_registry::{Fetcher, Source};

use crate::error::InstallError;
use crate::installer::{Installer, own_lock_file, shown};
use crate::origin::same_place;
use crate::plan::{Plan, Target};
use crate::plugins::{check_tag, not_moved};
use crate::skill_archive::as_named;

/// What is done about plugins that are pinned already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pins {
    /// They are installed as pinned; a tag that moved is an error.
    Kept,
    /// They are installed as pinned, and nothing is asked for that is not.
    Frozen,
    /// As whoever packed the skill pinned them, whatever their tags lead to now. A stranger's word: nothing was approved.
    Packed,
    /// What their tags lead to now is taken in their place.
    Renewed,
}

impl Installer<'_> {
    /// What fetching and pinning a skill's references would change. With `frozen`, the lockfile must cover all of them,
    /// and nothing else is asked for.
    ///
    /// # Errors
    /// If the skill cannot be read, a source not be fetched, or what is pinned is not what comes.
    pub async fn plan_skill_folder(
        &self,
        folder: &Path,
        frozen: bool,
    ) -> Result<Plan, InstallError> {
        let pins = if frozen { Pins::Frozen } else { Pins::Kept };
        self.plan_references(folder, pins, &self.fetcher).await
    }

    pub(crate) async fn plan_references(
        &self,
        folder: &Path,
        pins: Pins,
        fetcher: &Fetcher,
    ) -> Result<Plan, InstallError> {
        Lock::remove_leftovers(&SkillDir::open(folder)?)?;
        let skill = Skill::open(folder)?;
        let lock = Lock::read(&skill.folder)?.unwrap_or_default();
        let mut after = lock.clone();
        // A plugin that skill.toml no longer names pins nothing.
        if pins != Pins::Frozen {
            after
                .plugins
                .retain(|name, _| skill.manifest.plugins.contains_key(name));
        }
        let mut plan = Plan {
            plugins: Vec::new(),
            skill: None,
            unchanged: Vec::new(),
            target: Target::Skill(skill.folder.path().to_owned()),
            relock: after != lock,
            after,
        };
        for (name, used) in &skill.manifest.plugins {
            let ComponentRef::Reference(reference) = &used.component else {
                continue;
            };
            let locked = lock.plugins.get(name);
            let current = locked.filter(|locked| locked.source == *reference);
            match (current, pins) {
                (Some(locked), Pins::Kept | Pins::Frozen | Pins::Packed) => {
                    self.as_pinned(
                        &mut plan,
                        &shown(skill.folder.path()),
                        name,
                        locked,
                        pins,
                        fetcher,
                    )
                    .await?;
                }
                (None, Pins::Frozen) => {
                    return Err(InstallError::Frozen {
                        lock: LOCK_FILE.to_owned(),
                        what: format!("{name} ({})", display_safe(reference, 200)),
                    });
                }
                (_, Pins::Renewed) | (None, Pins::Kept | Pins::Packed) => {
                    let signer = locked.and_then(|locked| locked.signer.as_deref());
                    let source: Source = reference.parse()?;
                    let candidate = self
                        .candidate(fetcher, &source, reference, signer, None)
                        .await?;
                    self.add(&mut plan, name.clone(), locked, candidate)?;
                }
            }
        }
        Ok(plan)
    }

    /// What installing exactly what the person's own lockfile pins for a source would change.
    ///
    /// # Errors
    /// `lock-incomplete` if it pins nothing for it; else as for a skill's references.
    pub async fn plan_frozen(&self, source: &Source) -> Result<Plan, InstallError> {
        let named = as_named(source)?;
        let lock = self.own_lock()?;
        let Some((name, locked)) = lock.plugins.iter().find(|(_, it)| it.source == named) else {
            return Err(InstallError::Frozen {
                lock: shown(&own_lock_file(self.host)),
                what: display_safe(&named, 200),
            });
        };
        let mut plan = Plan {
            plugins: Vec::new(),
            skill: None,
            unchanged: Vec::new(),
            target: Target::Own,
            after: lock.clone(),
            relock: false,
        };
        self.as_pinned(&mut plan, name, name, locked, Pins::Frozen, &self.fetcher)
            .await?;
        Ok(plan)
    }

    /// Installs what is pinned, and nothing else. `update` is what `remit update` is told to renew it.
    async fn as_pinned(
        &self,
        plan: &mut Plan,
        update: &str,
        name: &str,
        locked: &LockedPlugin,
        pins: Pins,
        fetcher: &Fetcher,
    ) -> Result<(), InstallError> {
        if pins == Pins::Kept {
            check_tag(self, name, locked, update).await?;
        }
        let store = self.host.store();
        let stored = match store.component(&locked.digest) {
            Ok(component) => Some(component),
            // Bytes that are not what they should be are put right by fetching them.
            Err(error) if matches!(error.code(), "store-missing" | "digest-mismatch") => None,
            Err(error) => return Err(error.into()),
        };
        if let Some(component) = stored.filter(|_| pins != Pins::Packed) {
            let said = self.host.describe(&component).await?;
            if said != locked.description {
                return Err(pinned(
                    name,
                    "it describes itself otherwise than when it was pinned",
                ));
            }
            plan.unchanged.push(name.to_owned());
            return Ok(());
        }
        // A lockfile may be a stranger's: it leads to the place that skill.toml names, and nowhere else.
        let resolved = locked.resolved.as_deref();
        let from = resolved.filter(|resolved| same_place(resolved, &locked.source));
        let from: Source = from.unwrap_or(&locked.source).parse()?;
        let signer = locked.signer.as_deref();
        let candidate = self
            .candidate(fetcher, &from, &locked.source, signer, Some(locked.digest))
            .await;
        let mut candidate = candidate.map_err(|error| match error.code() {
            "digest-mismatch" => InstallError::Moved {
                source_text: display_safe(&locked.source, 300),
                found: "other bytes".to_owned(),
                pinned: format!("{} {}", locked.version, locked.digest),
                hint: format!("`remit update {update}` shows what is different, and asks"),
            },
            _ => error,
        })?;
        not_moved(locked, &candidate, name)?;
        let signer = candidate.signed.signer.map(|signer| signer.to_string());
        if signer != locked.signer {
            let whose = |signer: Option<&str>| {
                signer.map_or("nobody".to_owned(), |signer| display_safe(signer, 200))
            };
            let reason = format!(
                "it is signed by {}, and was by {}",
                whose(signer.as_deref()),
                whose(locked.signer.as_deref())
            );
            return Err(pinned(name, &reason));
        }
        // As it was written; a registry may give the same bytes under another digest of its own.
        candidate.resolved.clone_from(&locked.resolved);
        let before = Some(locked).filter(|_| pins != Pins::Packed);
        self.add(plan, name.to_owned(), before, candidate)
    }
}

fn pinned(name: &str, reason: &str) -> InstallError {
    InstallError::Pinned {
        name: name.to_owned(),
        lock: LOCK_FILE.to_owned(),
        reason: reason.to_owned(),
    }
}
