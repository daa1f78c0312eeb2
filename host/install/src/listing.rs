//! What is installed.

use std::path::PathBuf;

use remit_package::{Component, LOCK_FILE, LockedPlugin};
use remit_run::Host;
use serde::Serialize;

use crate::error::InstallError;
use crate::installer::own_lock_file;
use crate::skills::{Skills, lock_of};

/// An installed plugin.
#[derive(Clone, Debug, Serialize)]
pub struct Installed {
    /// Its name; in a skill the one that the skill gives it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it came from.
    pub source: String,
    /// Who signed it; none if nobody did.
    pub signer: Option<String>,
    /// `sha256:…`
    pub digest: String,
    /// The folders of the skills that pin these bytes.
    pub skills: Vec<PathBuf>,
    /// Whether a person installed it under its name; else only skills pin it.
    pub by_name: bool,
    /// Whether its bytes are here.
    pub here: bool,
}

/// All plugins that are installed: by name, and those that only skills pin.
///
/// # Errors
/// If a lockfile cannot be read.
pub fn list(host: &Host) -> Result<Vec<Installed>, InstallError> {
    let own = remit_package::Lock::read_file(&own_lock_file(host))?.unwrap_or_default();
    let mut found: Vec<Installed> = (own.plugins.iter())
        .map(|(name, locked)| of(host, name, locked, true))
        .collect();
    for folder in Skills::open(&host.dirs().data).folders()? {
        let Some(lock) = lock_of(&folder)? else {
            continue;
        };
        for (name, locked) in &lock.plugins {
            let digest = locked.digest.to_string();
            match found.iter_mut().find(|it| it.digest == digest) {
                Some(it) => it.skills.push(folder.clone()),
                None if !is_reference(locked) => {}
                None => {
                    let mut it = of(host, name, locked, false);
                    it.skills.push(folder.clone());
                    found.push(it);
                }
            }
        }
    }
    Ok(found)
}

/// A skill pins plugins by path too, which nobody installed.
pub(crate) fn is_reference(locked: &LockedPlugin) -> bool {
    locked.source.contains("://")
}

fn of(host: &Host, name: &str, locked: &LockedPlugin, by_name: bool) -> Installed {
    Installed {
        name: name.to_owned(),
        version: locked.version.clone(),
        source: locked.source.clone(),
        signer: locked.signer.clone(),
        digest: locked.digest.to_string(),
        skills: Vec::new(),
        by_name,
        here: host.store().size(&locked.digest) > 0,
    }
}

/// The component that a person installed under a name, as it is pinned, and where it came from; none if there is no such name.
///
/// # Errors
/// `not-installed` if its bytes are not here; an integrity error if they, or what it says, are not what is pinned.
pub async fn installed(
    host: &Host,
    name: &str,
) -> Result<Option<(Component, String)>, InstallError> {
    let lock = remit_package::Lock::read_file(&own_lock_file(host))?.unwrap_or_default();
    let Some(locked) = lock.plugins.get(name) else {
        return Ok(None);
    };
    let component = host.store().component(&locked.digest)?;
    if host.describe(&component).await? != locked.description {
        return Err(InstallError::Pinned {
            name: name.to_owned(),
            lock: LOCK_FILE.to_owned(),
            reason: "it describes itself otherwise than when it was installed".to_owned(),
        });
    }
    Ok(Some((component, locked.source.clone())))
}
