//! The folders of skills whose plugins were installed: so that `gc` knows what they need, and `list` who uses what.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use remit_package::{Lock, SkillDir, read_file, write_file};
use serde::{Deserialize, Serialize};

use crate::error::InstallError;

const FILE: &str = "skills.json";
const FORM: u32 = 1;
/// Bytes: thousands of paths.
const MAX_FILE: u64 = 4 << 20;

/// The record of skill folders, in the data folder.
#[derive(Clone, Debug)]
pub(crate) struct Skills {
    file: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    form: u32,
    folders: BTreeSet<PathBuf>,
}

impl Skills {
    pub(crate) fn open(data: &Path) -> Skills {
        Skills {
            file: data.join(FILE),
        }
    }

    /// The folders, sorted. One that cannot be read is an error: `gc` would free what skills need.
    pub(crate) fn folders(&self) -> Result<BTreeSet<PathBuf>, InstallError> {
        let bytes = match read_file(&self.file, MAX_FILE) {
            Ok(bytes) => bytes,
            Err(error) if error.code() == "file-missing" => return Ok(BTreeSet::new()),
            Err(error) => return Err(error.into()),
        };
        let damaged = |reason: String| InstallError::Damaged {
            what: crate::installer::shown(&self.file),
            reason,
            hint: "remove it, and run `remit install` on each of your skills again".to_owned(),
        };
        let record: Record =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if record.form != FORM {
            return Err(damaged(format!("it has the form {}", record.form)));
        }
        Ok(record.folders)
    }

    /// Remembers a folder.
    pub(crate) fn remember(&self, folder: &Path) -> Result<(), InstallError> {
        let mut folders = self.folders()?;
        if folders.insert(folder.to_owned()) {
            self.write(folders)?;
        }
        Ok(())
    }

    /// Forgets folders.
    pub(crate) fn forget(&self, gone: &BTreeSet<PathBuf>) -> Result<(), InstallError> {
        let mut folders = self.folders()?;
        let before = folders.len();
        folders.retain(|folder| !gone.contains(folder));
        if folders.len() != before {
            self.write(folders)?;
        }
        Ok(())
    }

    fn write(&self, folders: BTreeSet<PathBuf>) -> Result<(), InstallError> {
        let record = Record {
            form: FORM,
            folders,
        };
        let bytes = serde_json::to_vec_pretty(&record)
            .map_err(|error| InstallError::io(crate::installer::shown(&self.file), error.into()))?;
        Ok(write_file(&self.file, &bytes)?)
    }
}

/// The lockfile of a skill's folder; none if the folder or the file is not there.
pub(crate) fn lock_of(folder: &Path) -> Result<Option<Lock>, InstallError> {
    if !folder.is_dir() {
        return Ok(None);
    }
    Ok(Lock::read(&SkillDir::open(folder)?)?)
}
