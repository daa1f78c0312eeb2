//! Taking a plugin out of what is installed by name.

use crate::error::InstallError;
use remit_run::audit::Entry;

use crate::installer::{Installer, own_lock_file};
use crate::plugins::record;

impl Installer<'_> {
    /// Takes a plugin out of the person's lockfile. Skills that pin the same bytes keep them; others stay until `gc`.
    ///
    /// # Errors
    /// If nothing of that name is installed.
    pub fn remove(&self, name: &str) -> Result<(), InstallError> {
        let mut lock = self.own_lock()?;
        if lock.plugins.remove(name).is_none() {
            return Err(InstallError::Unknown {
                name: remit_policy::display_safe(name, 80),
                known: lock.plugins.into_keys().collect(),
            });
        }
        record(self.host, &[Entry::Removed { name }])?;
        Ok(lock.write_file(&own_lock_file(self.host))?)
    }
}
