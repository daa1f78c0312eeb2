//! One installation at a time, with a private folder for what comes from outside.

use std::path::{Path, PathBuf};

use remit_package::{FileLock, LOCK_FILE, Lock, remove_leftovers};
use remit_registry::Fetcher;
use remit_run::Host;
use remit_sign::Publishers;
use tempfile::TempDir;

use crate::error::InstallError;
use crate::skill_archive::remove_unpacking;
use crate::skills::Skills;

/// The folder for what comes from outside, under the data folder. What is in it at the start is what a killed process
/// left there.
const INCOMING: &str = "incoming";
/// Where remit-sign keeps what it knows of publishers.
const PUBLISHERS: &str = "publishers";
/// Held while something is installed, updated or removed.
const INSTALL_LOCK: &str = "install.lock";

/// Holds the installation lock: a second one waits until this is dropped.
pub struct Installer<'a> {
    pub(crate) host: &'a Host,
    pub(crate) fetcher: Fetcher,
    pub(crate) skills: Skills,
    pub(crate) publishers: Publishers,
    _lock: FileLock,
}

impl<'a> Installer<'a> {
    /// Takes the lock, telling `on_wait` if another holds it, and removes what killed processes left.
    ///
    /// # Errors
    /// If the data folder cannot be used.
    pub fn begin(
        host: &'a Host,
        fetcher: Fetcher,
        on_wait: impl FnOnce(),
    ) -> Result<Installer<'a>, InstallError> {
        let data = &host.dirs().data;
        let path = data.join(INSTALL_LOCK);
        let lock = match FileLock::try_take(&path)? {
            Some(lock) => lock,
            None => {
                on_wait();
                FileLock::wait(&path)?
            }
        };
        let incoming = data.join(INCOMING);
        match std::fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(InstallError::io(shown(&incoming), error));
            }
            _ => {}
        }
        remove_leftovers(data, b"")?;
        remove_leftovers(&data.join(PUBLISHERS), b"")?;
        host.store().remove_leftovers()?;
        let skills = Skills::open(data);
        for folder in skills.folders()? {
            if let Some(parent) = folder.parent().filter(|parent| parent.is_dir()) {
                remove_unpacking(parent)?;
            }
        }
        Ok(Installer {
            skills,
            publishers: Publishers::open(host.dirs())
                .map_err(|error| InstallError::signature("publishers", error))?,
            host,
            fetcher,
            _lock: lock,
        })
    }

    /// A new private folder, gone when it is dropped.
    pub(crate) fn incoming(&self) -> Result<TempDir, InstallError> {
        let folder = self.host.dirs().data.join(INCOMING);
        let fail = |error| InstallError::io(shown(&folder), error);
        std::fs::create_dir_all(&folder).map_err(fail)?;
        // 0700, as tempfile makes folders.
        TempDir::new_in(&folder).map_err(fail)
    }

    /// The person's own lockfile.
    pub(crate) fn own_lock(&self) -> Result<Lock, InstallError> {
        Ok(Lock::read_file(&own_lock_file(self.host))?.unwrap_or_default())
    }
}

/// Where the person's own lockfile lies.
pub(crate) fn own_lock_file(host: &Host) -> PathBuf {
    host.dirs().data.join(LOCK_FILE)
}

/// A path as it may be shown.
pub(crate) fn shown(path: &Path) -> String {
    remit_policy::display_safe(&path.to_string_lossy(), 300)
}
