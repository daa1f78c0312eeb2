//! What nothing refers to any more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use remit_package::{ComponentRef, Digest, Skill};
use serde::Serialize;

use crate::error::InstallError;
use crate::installer::Installer;
use crate::skills::lock_of;

/// What `gc` frees.
#[derive(Debug, Serialize)]
pub struct Garbage {
    /// The components, each with its size in bytes.
    pub components: Vec<(Digest, u64)>,
    /// Components that are not in the store, and of which something is known.
    pub known: Vec<Digest>,
    /// Folders of skills that are gone.
    pub skills: Vec<PathBuf>,
}

impl Garbage {
    /// Bytes of all components together.
    pub fn bytes(&self) -> u64 {
        self.components.iter().map(|(_, size)| size).sum()
    }
}

impl Installer<'_> {
    /// What no lockfile, no skill and no approval refers to. `here` are folders of skills that may not be known yet.
    ///
    /// # Errors
    /// If something that may refer to components cannot be read: then nothing is taken for garbage.
    pub fn garbage(&self, here: &[PathBuf]) -> Result<Garbage, InstallError> {
        let mut used: BTreeSet<Digest> = BTreeSet::new();
        used.extend(self.own_lock()?.plugins.values().map(|it| it.digest));
        used.extend(self.host.approved_components()?);
        let mut gone = Vec::new();
        let folders = self.skills.folders()?;
        for folder in folders.iter().chain(here) {
            if folder.is_dir() {
                used.extend(referred(folder)?);
            } else {
                gone.push(folder.clone());
            }
        }
        let store = self.host.store();
        let components = store.list()?;
        let free = |digest: &Digest| !used.contains(digest);
        let known = store.list_known()?;
        Ok(Garbage {
            known: (known.into_iter())
                .filter(|digest| free(digest) && !components.contains(digest))
                .collect(),
            components: (components.into_iter())
                .filter(free)
                .map(|digest| (digest, store.size(&digest)))
                .collect(),
            skills: gone,
        })
    }

    /// Frees it.
    ///
    /// # Errors
    /// If something cannot be removed.
    pub fn free(&self, garbage: &Garbage) -> Result<(), InstallError> {
        let store = self.host.store();
        for (digest, _) in &garbage.components {
            store.remove(digest)?;
        }
        for digest in &garbage.known {
            store.remove(digest)?;
        }
        self.skills
            .forget(&garbage.skills.iter().cloned().collect())
    }
}

/// The digests that a skill's lockfile and skill.toml name.
fn referred(folder: &Path) -> Result<BTreeSet<Digest>, InstallError> {
    let mut digests = BTreeSet::new();
    if let Some(lock) = lock_of(folder)? {
        digests.extend(lock.plugins.values().map(|it| it.digest));
    }
    let skill = Skill::open(folder)?;
    for used in skill.manifest.plugins.values() {
        if let ComponentRef::Digest(digest) = used.component {
            digests.insert(digest);
        }
    }
    Ok(digests)
}
