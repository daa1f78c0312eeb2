//! What newer versions would change.

use std::path::Path;

use remit_registry::Source;

use crate::error::InstallError;
use crate::installer::Installer;
use crate::plan::{Plan, Target};
use crate::skill_folder::Pins;

impl Installer<'_> {
    /// The names of the plugins that a person installed.
    pub fn own_names(&self) -> Result<Vec<String>, InstallError> {
        Ok(self.own_lock()?.plugins.into_keys().collect())
    }

    /// The folders of skills whose plugins were installed here, and that are still there.
    pub fn skill_folders(&self) -> Result<Vec<std::path::PathBuf>, InstallError> {
        let mut folders: Vec<_> = self.skills.folders()?.into_iter().collect();
        folders.retain(|folder| folder.is_dir());
        Ok(folders)
    }

    /// What asking the sources of plugins again would change.
    ///
    /// # Errors
    /// If one of them is not installed, or a source cannot be fetched.
    pub async fn plan_update(&self, names: &[String]) -> Result<Plan, InstallError> {
        let lock = self.own_lock()?;
        let mut plan = Plan {
            plugins: Vec::new(),
            skill: None,
            unchanged: Vec::new(),
            target: Target::Own,
            after: lock.clone(),
            relock: false,
        };
        for name in names {
            let Some(locked) = lock.plugins.get(name) else {
                return Err(InstallError::Unknown {
                    name: remit_policy::display_safe(name, 80),
                    known: lock.plugins.into_keys().collect(),
                });
            };
            let source: Source = locked.source.parse()?;
            let candidate = self
                .candidate(
                    &self.fetcher,
                    &source,
                    &locked.source,
                    locked.signer.as_deref(),
                    None,
                )
                .await?;
            if candidate.description.name != *name {
                return Err(InstallError::Mistake {
                    what: format!(
                        "{} gives a plugin named {}, where {name} is installed from it",
                        remit_policy::display_safe(&locked.source, 200),
                        candidate.description.name
                    ),
                    hint: "install it under its new name, and remove the old one".to_owned(),
                });
            }
            self.add(&mut plan, name.clone(), Some(locked), candidate)?;
        }
        Ok(plan)
    }

    /// What asking the sources of a skill's references again would change; and the skill's own source, if it was
    /// installed from one.
    ///
    /// # Errors
    /// If the skill cannot be read, or a source not be fetched.
    pub async fn plan_skill_update(&self, folder: &Path) -> Result<Plan, InstallError> {
        match self.plan_newer_archive(folder).await? {
            Some(plan) => Ok(plan),
            None => {
                self.plan_references(folder, Pins::Renewed, &self.fetcher)
                    .await
            }
        }
    }
}
