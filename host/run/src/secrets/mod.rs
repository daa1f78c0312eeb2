//! Where secrets are kept, and in which order they are looked for.
//!
//! 1. The environment, `REMIT_SECRET_NAME`: for CI and containers, and for one run.
//! 2. The system's keyring (the Secret Service of a Linux desktop), where there is one.
//! 3. An encrypted file, `secrets.age` in the configuration folder, for whose key see [`age_file`].
//! 4. A plain file of mode 0600, `secrets/NAME` in the configuration folder: the older way, still read.
//!
//! The first that has the name is the one. A keyring that does not answer is passed over, and is the answer only where
//! no later place has the name; one that has it and is locked is not, and nor is a file that cannot be trusted: an older
//! value would be used in silence. What [`SecretStore::set`] keeps is in one of 2 and 3 only.

mod age_file;
mod error;
#[cfg(target_os = "linux")]
mod keyring;
#[cfg(not(target_os = "linux"))]
#[path = "no_keyring.rs"]
mod keyring;

use std::collections::BTreeMap;
use std::path::PathBuf;

use remit_package::Dirs;
use remit_sandbox::secrets::check_name;
use remit_sandbox::{EnvAndFileSecrets, SecretError, SecretValue, Secrets};
use serde::Serialize;
use zeroize::Zeroizing;

use age_file::AgeFile;
pub use error::SecretStoreError;
use keyring::Keyring;

/// A place where a secret is kept, in the order in which they are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SecretPlace {
    /// A variable of this process.
    Environment,
    /// The system's keyring.
    Keyring,
    /// The encrypted file.
    File,
    /// A plain file of mode 0600.
    PlainFile,
}

/// A name and where it is kept. Never a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptSecret {
    /// Its name.
    pub name: String,
    /// Where, the place that is used first.
    pub places: Vec<SecretPlace>,
}

/// All names that are found.
#[derive(Debug)]
pub struct SecretList {
    /// By name.
    pub secrets: Vec<KeptSecret>,
    /// Places that could not be looked at, or not wholly.
    pub failed: Vec<SecretStoreError>,
}

/// Where a secret was removed.
#[derive(Debug, Default)]
pub struct SecretRemoval {
    /// The places that had it.
    pub places: Vec<SecretPlace>,
    /// The keyring, if it does not answer: it may have it still.
    pub failed: Option<SecretStoreError>,
}

/// The secrets of a person, in all places.
#[derive(Clone, Debug)]
pub struct SecretStore {
    plain: EnvAndFileSecrets,
    plain_folder: PathBuf,
    file: AgeFile,
    keyring: Keyring,
}

impl SecretStore {
    /// The stores of this configuration folder, and the keyring of this person, which is one whatever the folder.
    /// `REMIT_IDENTITY` in the environment names the file of the encrypted file's key.
    pub fn open(dirs: &Dirs) -> SecretStore {
        let plain_folder = dirs.config.join("secrets");
        let identity = std::env::var_os("REMIT_IDENTITY").filter(|path| !path.is_empty());
        SecretStore {
            plain: EnvAndFileSecrets::new(Some(plain_folder.clone())),
            plain_folder,
            file: AgeFile::of(dirs, identity.map(PathBuf::from)),
            keyring: Keyring,
        }
    }

    /// Whether it can name a secret.
    ///
    /// # Errors
    /// If it holds other characters than letters, digits, `-` and `_`, or more than 64.
    pub fn check_name(name: &str) -> Result<(), SecretStoreError> {
        Ok(check_name(name)?)
    }

    /// The environment's variable of a secret: `github-token` is `REMIT_SECRET_GITHUB_TOKEN`.
    pub fn variable(name: &str) -> String {
        EnvAndFileSecrets::variable(name)
    }

    /// Keeps a value under a name, in place of any before it: in the keyring where there is one, else in the encrypted
    /// file, or where it is told to. Says where.
    ///
    /// # Errors
    /// If the name or the value is none of a secret, or the place cannot take it; then nothing is changed.
    pub fn set(
        &self,
        name: &str,
        value: Zeroizing<Vec<u8>>,
        place: Option<SecretPlace>,
    ) -> Result<SecretPlace, SecretStoreError> {
        check_name(name)?;
        SecretValue::new(name, value.to_vec())?;
        match place {
            None | Some(SecretPlace::Keyring) => {
                let in_file = self.file.has(name)?;
                if self.keyring.set(name, &value)? {
                    if in_file {
                        self.file.remove(name)?;
                    }
                    return Ok(SecretPlace::Keyring);
                }
                if place.is_some() {
                    return Err(SecretStoreError::NoKeyring);
                }
                self.file.set(name, &value)?;
            }
            Some(SecretPlace::File) => {
                let in_keyring = match self.keyring.has(name) {
                    // One that does not answer is passed over when the secret is used, too.
                    Err(SecretStoreError::Keyring(_)) => false,
                    found => found?,
                };
                self.file.set(name, &value)?;
                if in_keyring {
                    self.keyring.remove(name)?;
                }
            }
            Some(SecretPlace::Environment | SecretPlace::PlainFile) => {
                return Err(SecretStoreError::Place);
            }
        }
        Ok(SecretPlace::File)
    }

    /// Removes a name from each place where it is kept, and says which. The environment is not ours to change.
    ///
    /// # Errors
    /// If it is kept nowhere, or a place that has it cannot be changed.
    pub fn remove(&self, name: &str) -> Result<SecretRemoval, SecretStoreError> {
        check_name(name)?;
        let mut done = SecretRemoval::default();
        match self.keyring.remove(name) {
            Ok(true) => done.places.push(SecretPlace::Keyring),
            Ok(false) => {}
            Err(error @ SecretStoreError::Keyring(_)) => done.failed = Some(error),
            Err(error) => return Err(error),
        }
        if self.file.remove(name)? {
            done.places.push(SecretPlace::File);
        }
        match std::fs::remove_file(self.plain_folder.join(name)) {
            Ok(()) => done.places.push(SecretPlace::PlainFile),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => {
                let file = self.plain_folder.join(name);
                return Err(SecretError::Unreadable { file, source }.into());
            }
        }
        match (done.places.is_empty(), done.failed) {
            (true, Some(error)) => Err(error),
            (true, None) => Err(SecretError::Missing {
                name: name.to_owned(),
            }
            .into()),
            (false, failed) => Ok(SecretRemoval { failed, ..done }),
        }
    }

    /// The names, by name, and where each is kept. No value is read from the keyring.
    pub fn list(&self) -> SecretList {
        let mut found: BTreeMap<String, Vec<SecretPlace>> = BTreeMap::new();
        let mut failed = Vec::new();
        let places = [
            (SecretPlace::Environment, Ok(in_environment())),
            (SecretPlace::Keyring, self.keyring.names(&mut failed)),
            (SecretPlace::File, self.file.names()),
            (SecretPlace::PlainFile, self.in_plain_files()),
        ];
        for (place, names) in places {
            match names {
                Ok(names) => {
                    for name in names {
                        found.entry(name).or_default().push(place);
                    }
                }
                Err(error) => failed.push(error),
            }
        }
        merge_environment(&mut found);
        let secrets = found
            .into_iter()
            .map(|(name, places)| KeptSecret { name, places })
            .collect();
        SecretList { secrets, failed }
    }

    fn in_plain_files(&self) -> Result<Vec<String>, SecretStoreError> {
        let unreadable = |source| SecretError::Unreadable {
            file: self.plain_folder.clone(),
            source,
        };
        let entries = match std::fs::read_dir(&self.plain_folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error).into()),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name();
            // What cannot name a secret is not one.
            if let Some(name) = name.to_str().filter(|name| check_name(name).is_ok()) {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }
}

/// The names that the environment's variables stand for, as most secrets are named: lower case, with `-`.
fn in_environment() -> Vec<String> {
    let prefix = EnvAndFileSecrets::variable("");
    std::env::vars_os()
        .filter_map(|(variable, _)| {
            let name = variable.to_str()?.strip_prefix(&prefix)?;
            let name = name.to_ascii_lowercase().replace('_', "-");
            check_name(&name).is_ok().then_some(name)
        })
        .collect()
}

/// `a_b` and `a-b` have one variable, which is listed as `a-b`: where another of its names is kept, it is that one's.
fn merge_environment(found: &mut BTreeMap<String, Vec<SecretPlace>>) {
    let only_there: Vec<String> = found
        .iter()
        .filter(|(_, places)| **places == [SecretPlace::Environment])
        .map(|(name, _)| name.clone())
        .collect();
    for name in only_there {
        let variable = EnvAndFileSecrets::variable(&name);
        let mut others = 0;
        for (other, places) in found.iter_mut() {
            if *other != name && EnvAndFileSecrets::variable(other) == variable {
                places.insert(0, SecretPlace::Environment);
                others += 1;
            }
        }
        if others > 0 {
            found.remove(&name);
        }
    }
}

impl Secrets for SecretStore {
    fn get(&self, name: &str) -> Result<SecretValue, SecretError> {
        if let Some(value) = self.plain.from_env(name)? {
            return Ok(value);
        }
        let silent = match self.keyring.get(name) {
            Ok(Some(value)) => return SecretValue::new(name, value),
            Ok(None) => None,
            Err(error @ SecretStoreError::Keyring(_)) => Some(error),
            Err(error) => return Err(error.of(name)),
        };
        if let Some(value) = self.file.get(name).map_err(|error| error.of(name))? {
            return SecretValue::new(name, value);
        }
        match (self.plain.from_file(name)?, silent) {
            (Some(value), _) => Ok(value),
            (None, Some(error)) => Err(error.of(name)),
            (None, None) => Err(SecretError::Missing {
                name: name.to_owned(),
            }),
        }
    }
}
