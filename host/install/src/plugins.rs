//! Plugins that a person installs under their own name.

use remit_package::{Lock, LockedPlugin, looks_like};
use remit_registry::Source;
use remit_run::audit::Entry;
use remit_run::{Host, RunError};

use crate::candidate::{Candidate, resolved};
use crate::differences::between;
use crate::error::InstallError;
use crate::installer::{Installer, own_lock_file};
use crate::plan::{Plan, PluginChange, Target};

impl Installer<'_> {
    /// What installing a plugin under its own name would change. `candidate` is what its source gave.
    pub(crate) fn plan_plugin(&self, candidate: Candidate) -> Result<Plan, InstallError> {
        let lock = self.own_lock()?;
        let name = candidate.description.name.clone();
        check_name(&lock, &name, "plugin")?;
        let mut plan = Plan {
            plugins: Vec::new(),
            skill: None,
            unchanged: Vec::new(),
            target: Target::Own,
            after: lock.clone(),
            relock: false,
        };
        let before = lock.plugins.get(&name);
        if let Some(before) = before {
            // Under the same name for the same thing, what is pinned is what must come.
            if before.source == candidate.source {
                not_moved(before, &candidate, &name)?;
            }
        }
        self.add(&mut plan, name, before, candidate)?;
        Ok(plan)
    }

    /// Puts a plugin into a plan, unless it is there already.
    pub(crate) fn add(
        &self,
        plan: &mut Plan,
        name: String,
        before: Option<&LockedPlugin>,
        candidate: Candidate,
    ) -> Result<(), InstallError> {
        let after = candidate.locked();
        plan.relock |= before != Some(&after);
        plan.after.plugins.insert(name.clone(), after.clone());
        let stored = self.host.store().get(&after.digest).is_ok();
        if stored && before == Some(&after) {
            plan.unchanged.push(name);
            return Ok(());
        }
        let pinned = before == Some(&after);
        let mut doubts = candidate.origin().doubts(&self.publishers)?;
        if pinned {
            // Another skill may pin another version.
            doubts.retain(|doubt| !doubt.is_older());
        }
        plan.plugins.push(PluginChange {
            source: after.source.clone(),
            version: after.version.clone(),
            was: before.map(|before| before.version.clone()),
            digest: after.digest.to_string(),
            signer: after.signer.clone(),
            differences: before.map_or_else(Vec::new, |before| between(before, &after)),
            doubts,
            card: candidate.card.clone(),
            pinned,
            name,
            candidate,
        });
        Ok(())
    }

    /// Writes what a plan says. What comes first is harmless alone: bytes in the store that nothing refers to. The
    /// lockfile comes last, by one rename.
    ///
    /// # Errors
    /// If something cannot be written. Then the lockfile is as it was.
    pub fn apply(&self, plan: Plan) -> Result<(), InstallError> {
        self.record(&plan)?;
        for plugin in &plan.plugins {
            self.keep(&plugin.candidate)?;
            let origin = plugin.candidate.origin();
            if !plugin.pinned || !origin.is_older_than_known(&self.publishers)? {
                origin.accept(&self.publishers)?;
            }
        }
        if let Some(skill) = plan.skill {
            return self.apply_skill(skill, &plan.after);
        }
        if plan.relock {
            match &plan.target {
                Target::Own => plan.after.write_file(&own_lock_file(self.host))?,
                Target::Skill(folder) => {
                    let folder = remit_package::SkillDir::open(folder)?;
                    plan.after.write(&folder)?;
                }
            }
        }
        if let Target::Skill(folder) = &plan.target {
            self.skills.remember(folder)?;
        }
        Ok(())
    }

    /// Writes into the audit log what is about to be done.
    fn record(&self, plan: &Plan) -> Result<(), InstallError> {
        let plugins = plan.plugins.iter().map(|plugin| Entry::Installed {
            what: "plugin",
            name: &plugin.name,
            version: &plugin.version,
            was: plugin.was.as_deref(),
            digest: plugin.digest.clone(),
            source: &plugin.source,
            signer: plugin.signer.as_deref(),
        });
        let skill = plan.skill.iter().map(|skill| Entry::Installed {
            what: "skill",
            name: &skill.name,
            version: &skill.version,
            was: skill.was.as_deref(),
            digest: skill.locked.digest.to_string(),
            source: &skill.source,
            signer: skill.signer.as_deref(),
        });
        record(self.host, &plugins.chain(skill).collect::<Vec<_>>())
    }

    /// Puts a component into the store, with what is known of it and who signed it.
    pub(crate) fn keep(&self, candidate: &Candidate) -> Result<(), InstallError> {
        let store = self.host.store();
        let digest = store.put(&candidate.component.bytes)?;
        // Before the signatures and the lockfile: what is said of a digest is said of these bytes.
        candidate
            .component
            .digest
            .verify(&candidate.component.bytes, "what is kept")?;
        store.keep_known(
            &digest,
            &remit_package::Known {
                inspection: candidate.component.inspection.clone(),
                description: Some(candidate.description.clone()),
            },
        )?;
        if !candidate.signed.evidence.is_empty() {
            store.keep_signatures(&digest, &candidate.signed.evidence)?;
        }
        Ok(())
    }
}

/// Records, on the disk before what they are about is done.
pub(crate) fn record(host: &Host, entries: &[Entry<'_>]) -> Result<(), InstallError> {
    if entries.is_empty() {
        return Ok(());
    }
    host.audit().append(entries).map_err(RunError::from)?;
    host.audit().sync().map_err(RunError::from)?;
    Ok(())
}

/// A stranger's name must not be taken for that of something installed.
pub(crate) fn check_name(lock: &Lock, name: &str, kind: &'static str) -> Result<(), InstallError> {
    let alike = |other: &&String| *other != name && looks_like(other, name);
    match lock.plugins.keys().find(alike) {
        Some(other) => Err(InstallError::Collision {
            kind,
            name: name.to_owned(),
            other: other.clone(),
        }),
        None => Ok(()),
    }
}

/// Fails unless a source still gives what is pinned for it.
pub(crate) fn not_moved(
    before: &LockedPlugin,
    candidate: &Candidate,
    name: &str,
) -> Result<(), InstallError> {
    if before.digest != candidate.component.digest {
        return Err(InstallError::Moved {
            source_text: before.source.clone(),
            found: format!(
                "{} {}",
                candidate.description.version, candidate.component.digest
            ),
            pinned: format!("{} {}", before.version, before.digest),
            hint: format!("`remit update {name}` shows what is different, and asks"),
        });
    }
    if before.description != candidate.description {
        return Err(InstallError::Pinned {
            name: name.to_owned(),
            lock: "remit.lock".to_owned(),
            reason: "it describes itself otherwise than when it was pinned".to_owned(),
        });
    }
    Ok(())
}

/// The tag or address of a pinned plugin, asked again: fails if it leads elsewhere.
pub(crate) async fn check_tag(
    installer: &Installer<'_>,
    name: &str,
    locked: &LockedPlugin,
    skill: &str,
) -> Result<(), InstallError> {
    let source: Source = locked.source.parse()?;
    let Some(pinned) = &locked.resolved else {
        return Ok(());
    };
    let found = installer.fetcher.resolve(&source).await?;
    match resolved(&found.source) {
        Some(found) if found != *pinned => Err(InstallError::Moved {
            source_text: locked.source.clone(),
            found,
            pinned: format!("{} {}", locked.version, pinned),
            hint: format!(
                "`remit update {skill}` shows what is different in {name}, and asks; --frozen installs what is pinned"
            ),
        }),
        _ => Ok(()),
    }
}
