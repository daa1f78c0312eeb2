//! Secrets in one file that is encrypted with age (age-encryption.org/v1), X25519.
//!
//! Its key is an age identity as `age-keygen` makes it, in a file of mode 0600 beside it, made with the first secret;
//! `REMIT_IDENTITY` names another place: a mounted key, a removable disk. With the key beside it, what the encryption
//! adds is that a copy, a backup or a search of the secrets' file alone shows nothing; who can read both files can read
//! the secrets, as with any key that no person types.
//!
//! Decrypted, it is text, a secret a line: `NAME VALUE`. So `age -d -i secrets.key secrets.age` shows it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use remit_package::{Dirs, FileLock, write_file};
use remit_sandbox::secrets::{check_name, read_private};
use zeroize::Zeroizing;

use super::error::SecretStoreError;

/// The most secrets: of the greatest length, they make 2 MiB.
const MAX_SECRETS: usize = 256;

/// The largest file that is read, in bytes.
const MAX_FILE: usize = 4 << 20;

/// The largest file of a key that is read, in bytes: it has three lines.
const MAX_IDENTITY: usize = 4096;

const FILE: &str = "secrets.age";
const IDENTITY: &str = "secrets.key";
const LOCK: &str = "secrets.lock";

/// The encrypted file and its key.
#[derive(Clone, Debug)]
pub(super) struct AgeFile {
    folder: PathBuf,
    identity: PathBuf,
}

/// Its content. Each value is zeroed when dropped.
type Content = BTreeMap<String, Zeroizing<Vec<u8>>>;

impl AgeFile {
    pub(super) fn of(dirs: &Dirs, identity: Option<PathBuf>) -> AgeFile {
        AgeFile {
            folder: dirs.config.clone(),
            identity: identity.unwrap_or_else(|| dirs.config.join(IDENTITY)),
        }
    }

    pub(super) fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        let found = self.read()?.and_then(|mut content| content.remove(name));
        Ok(found.map(|value| value.to_vec()))
    }

    pub(super) fn names(&self) -> Result<Vec<String>, SecretStoreError> {
        let content = self.read()?.unwrap_or_default();
        Ok(content.into_keys().collect())
    }

    pub(super) fn has(&self, name: &str) -> Result<bool, SecretStoreError> {
        Ok(self
            .read()?
            .is_some_and(|content| content.contains_key(name)))
    }

    pub(super) fn set(&self, name: &str, value: &[u8]) -> Result<(), SecretStoreError> {
        let _lock = self.lock()?;
        let mut content = self.read()?.unwrap_or_default();
        content.insert(name.to_owned(), Zeroizing::new(value.to_vec()));
        if content.len() > MAX_SECRETS {
            return Err(SecretStoreError::Full { file: self.file() });
        }
        self.write(&content)
    }

    /// Whether it was there.
    pub(super) fn remove(&self, name: &str) -> Result<bool, SecretStoreError> {
        // Without a file there is nothing to lock for.
        if !self.file().try_exists().unwrap_or(true) {
            return Ok(false);
        }
        let _lock = self.lock()?;
        let mut content = self.read()?.unwrap_or_default();
        if content.remove(name).is_none() {
            return Ok(false);
        }
        self.write(&content)?;
        Ok(true)
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Who changes the file reads it first: one at a time.
    fn lock(&self) -> Result<FileLock, SecretStoreError> {
        Ok(FileLock::wait(&self.folder.join(LOCK))?)
    }

    fn read(&self) -> Result<Option<Content>, SecretStoreError> {
        let Some(encrypted) = read_private(&self.folder, FILE, MAX_FILE)? else {
            return Ok(None);
        };
        let damaged = |why| SecretStoreError::Damaged {
            file: self.file(),
            why,
        };
        let Some(identity) = self.identity()? else {
            return Err(self.bad_identity("is missing"));
        };
        let text = age::decrypt(&identity, &encrypted).map(Zeroizing::new);
        let text = text.map_err(|error| match error {
            age::DecryptError::NoMatchingKeys => {
                self.bad_identity("is not the one that they are encrypted for")
            }
            age::DecryptError::UnknownFormat => damaged("it is not a file of age's"),
            _ => damaged("it was changed or cut off"),
        })?;
        parse(&text)
            .map(Some)
            .ok_or_else(|| damaged("what is encrypted in it are no secrets"))
    }

    fn write(&self, content: &Content) -> Result<(), SecretStoreError> {
        let identity = match self.identity()? {
            Some(identity) => identity,
            None => self.make_identity()?,
        };
        let room = content
            .iter()
            .map(|(name, value)| name.len() + value.len() + 2);
        let mut text = Zeroizing::new(Vec::with_capacity(room.sum()));
        for (name, value) in content {
            text.extend_from_slice(name.as_bytes());
            text.push(b' ');
            text.extend_from_slice(value);
            text.push(b'\n');
        }
        let encrypted = age::encrypt(&identity.to_public(), &text)
            .map_err(|_| self.bad_identity("cannot be encrypted for"))?;
        Ok(write_file(&self.file(), &encrypted)?)
    }

    fn bad_identity(&self, why: &'static str) -> SecretStoreError {
        SecretStoreError::Identity {
            file: self.identity.clone(),
            why,
        }
    }

    /// The key, if its file is there.
    fn identity(&self) -> Result<Option<Identity>, SecretStoreError> {
        let (Some(folder), Some(name)) = (self.identity.parent(), self.identity.file_name()) else {
            return Err(self.bad_identity("is no file"));
        };
        let Some(name) = name.to_str() else {
            return Err(self.bad_identity("has a name that is not text"));
        };
        let folder = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        };
        let Some(text) = read_private(folder, name, MAX_IDENTITY)? else {
            return Ok(None);
        };
        let text = Zeroizing::new(text);
        let key = std::str::from_utf8(&text).ok().and_then(|text| {
            text.lines()
                .map(str::trim)
                .find(|line| !line.is_empty() && !line.starts_with('#'))?
                .parse()
                .ok()
        });
        key.map(Some)
            .ok_or_else(|| self.bad_identity("holds no X25519 identity of age's"))
    }

    /// A new key, for the first secret.
    fn make_identity(&self) -> Result<Identity, SecretStoreError> {
        let identity = Identity::generate();
        let key = identity.to_string();
        let text = Zeroizing::new(format!(
            "# The key of Remit's secrets, secrets.age. Whoever has both files has the secrets.\n\
             # public key: {}\n{}\n",
            identity.to_public(),
            key.expose_secret()
        ));
        write_file(&self.identity, text.as_bytes())?;
        Ok(identity)
    }
}

fn parse(text: &[u8]) -> Option<Content> {
    let mut content = Content::new();
    for line in text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let space = line.iter().position(|byte| *byte == b' ')?;
        let (name, value) = line.split_at_checked(space)?;
        let name = std::str::from_utf8(name).ok()?;
        check_name(name).ok()?;
        let value = Zeroizing::new(value.get(1..)?.to_vec());
        content.insert(name.to_owned(), value);
    }
    Some(content)
}

#[cfg(test)]
#[path = "age_tests.rs"]
mod tests;
