//! Secrets that the host uses in a guest's stead.
//!
//! A guest never holds a secret: the host puts it into a header after the request is decided, and takes it out of
//! whatever the server sends back. The value is read at its first use in a call and forgotten with the call.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};
use zeroize::Zeroizing;

/// The least length of a secret, in bytes. A shorter one would be found, and masked, all over an innocent response,
/// and could be guessed from which parts of it were masked.
pub const MIN_SECRET: usize = 8;

/// The greatest length of a secret, in bytes: what servers take in one header field.
pub const MAX_SECRET: usize = 8 * 1024;

/// A secret's bytes: never printed, zeroed when dropped.
///
/// Printable ASCII with no space at either end, [`MIN_SECRET`] to [`MAX_SECRET`] bytes.
pub struct SecretValue(Zeroizing<Vec<u8>>);

impl SecretValue {
    /// Takes a value over.
    ///
    /// # Errors
    /// [`SecretError::TooShort`], [`SecretError::TooLong`], [`SecretError::NotText`]: `name` is for the message.
    pub fn new(name: &str, value: Vec<u8>) -> Result<SecretValue, SecretError> {
        let value = Zeroizing::new(value);
        let name = || name.to_owned();
        match value.len() {
            len if len < MIN_SECRET => Err(SecretError::TooShort { name: name() }),
            len if len > MAX_SECRET => Err(SecretError::TooLong { name: name() }),
            // A server drops the spaces around a header's value: what it then sends back is another text, which would
            // not be found.
            _ if value.trim_ascii().len() < value.len()
                || value.iter().any(|b| !matches!(b, b' '..=b'~')) =>
            {
                Err(SecretError::NotText { name: name() })
            }
            _ => Ok(SecretValue(value)),
        }
    }

    /// The bytes, for the one place that writes them to a server.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

/// Where secrets come from. It is asked on a thread that may wait.
pub trait Secrets: Send + Sync {
    /// The value of the secret `name`.
    ///
    /// # Errors
    /// Says what a person must do; never holds any part of a value.
    fn get(&self, name: &str) -> Result<SecretValue, SecretError>;
}

/// A source that has none: for calls that are granted none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl Secrets for NoSecrets {
    fn get(&self, name: &str) -> Result<SecretValue, SecretError> {
        Err(SecretError::Missing {
            name: name.to_owned(),
        })
    }
}

/// Whether it can name a secret: 1 to 64 letters, digits, `-` and `_`.
///
/// # Errors
/// [`SecretError::Name`].
pub fn check_name(name: &str) -> Result<(), SecretError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err(SecretError::Name {
            name: remit_policy::display_safe(name, 64),
        });
    }
    Ok(())
}

/// The environment's `REMIT_SECRET_NAME`, else the file `NAME` in a folder, which only its owner may read.
#[derive(Debug, Clone)]
pub struct EnvAndFileSecrets {
    folder: Option<PathBuf>,
}

impl EnvAndFileSecrets {
    /// `folder` is the `secrets` folder below Remit's configuration; it need not exist. None: the environment only.
    pub fn new(folder: Option<PathBuf>) -> EnvAndFileSecrets {
        EnvAndFileSecrets { folder }
    }

    /// The environment variable of a secret: `github-token` is `REMIT_SECRET_GITHUB_TOKEN`.
    pub fn variable(name: &str) -> String {
        format!(
            "REMIT_SECRET_{}",
            name.to_ascii_uppercase().replace('-', "_")
        )
    }

    /// What the environment has, if anything.
    ///
    /// # Errors
    /// If the name or the value is none of a secret.
    pub fn from_env(&self, name: &str) -> Result<Option<SecretValue>, SecretError> {
        check_name(name)?;
        std::env::var_os(Self::variable(name))
            .map(|value| SecretValue::new(name, value.into_encoded_bytes()))
            .transpose()
    }

    /// What the file holds, if there is one.
    ///
    /// # Errors
    /// If the name or the value is none of a secret, or the file is not private.
    pub fn from_file(&self, name: &str) -> Result<Option<SecretValue>, SecretError> {
        check_name(name)?;
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        // A final line feed of two bytes, and one byte that is too much.
        match read_private(folder, name, MAX_SECRET + 3)? {
            Some(value) => SecretValue::new(name, without_line_feed(value)).map(Some),
            None => Ok(None),
        }
    }
}

impl Secrets for EnvAndFileSecrets {
    fn get(&self, name: &str) -> Result<SecretValue, SecretError> {
        if let Some(value) = self.from_env(name)? {
            return Ok(value);
        }
        match self.from_file(name)? {
            Some(value) => Ok(value),
            None => NoSecrets.get(name),
        }
    }
}

/// An editor's final newline is not meant; what else is in the file is.
fn without_line_feed(mut value: Vec<u8>) -> Vec<u8> {
    if value.last() == Some(&b'\n') {
        value.pop();
        if value.last() == Some(&b'\r') {
            value.pop();
        }
    }
    value
}

/// The first `most` bytes of a file that nobody else can read or could have put there; none if it is not there.
///
/// # Errors
/// [`SecretError::Unsafe`], [`SecretError::Unreadable`].
pub fn read_private(
    folder: &Path,
    name: &str,
    most: usize,
) -> Result<Option<Vec<u8>>, SecretError> {
    let file = || folder.join(name);
    match read_owned(folder, name, most) {
        Ok(value) => Ok(Some(value)),
        Err(Unread::Absent) => Ok(None),
        Err(Unread::Unsafe(why)) => Err(SecretError::Unsafe { file: file(), why }),
        Err(Unread::Io(source)) => Err(SecretError::Unreadable {
            file: file(),
            source,
        }),
    }
}

enum Unread {
    Absent,
    Unsafe(&'static str),
    Io(io::Error),
}

impl From<rustix::io::Errno> for Unread {
    fn from(errno: rustix::io::Errno) -> Unread {
        match errno {
            rustix::io::Errno::NOENT => Unread::Absent,
            rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR => {
                Unread::Unsafe("it is a symbolic link")
            }
            other => Unread::Io(other.into()),
        }
    }
}

/// Reads a file that nobody else can read or could have put there; judged on what was opened, not on its name.
fn read_owned(folder: &Path, name: &str, most: usize) -> Result<Vec<u8>, Unread> {
    let me = rustix::process::geteuid().as_raw();
    let common = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, common | OFlags::DIRECTORY, Mode::empty())?;
    let about = rustix::fs::fstat(&folder)?;
    if about.st_uid != me || about.st_mode & 0o022 != 0 {
        return Err(Unread::Unsafe("others may write in its folder"));
    }
    // Without NONBLOCK the opening of a FIFO would wait for a writer.
    let file = rustix::fs::openat(&folder, name, common | OFlags::NONBLOCK, Mode::empty())?;
    let about = rustix::fs::fstat(&file)?;
    if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile {
        return Err(Unread::Unsafe("it is not a regular file"));
    }
    if about.st_uid != me {
        return Err(Unread::Unsafe("it belongs to another user"));
    }
    if about.st_mode & 0o077 != 0 {
        return Err(Unread::Unsafe("others may read it"));
    }
    // Room for all of it, so that no copy is left behind when it grows.
    let mut value = Vec::with_capacity(most);
    std::fs::File::from(file)
        .take(u64::try_from(most).unwrap_or(u64::MAX))
        .read_to_end(&mut value)
        .map_err(Unread::Io)?;
    Ok(value)
}

/// Why a secret cannot be used. No variant holds any part of a value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It is kept nowhere.
    #[error("the secret `{name}` is not set")]
    Missing {
        /// The secret's name.
        name: String,
    },
    /// Where it may be kept cannot be read.
    #[error("the secret `{name}` cannot be read: {what}")]
    Store {
        /// The secret's name.
        name: String,
        /// The stable code of the store's error.
        code: &'static str,
        /// What is wrong, safe to show.
        what: String,
        /// The one thing to do next.
        hint: Option<String>,
    },
    /// The name cannot be that of a file or a variable.
    #[error("`{name}` cannot name a secret")]
    Name {
        /// The name, made printable.
        name: String,
    },
    /// Shorter than [`MIN_SECRET`].
    #[error(
        "the secret `{name}` is shorter than {MIN_SECRET} bytes and could not be kept out of responses"
    )]
    TooShort {
        /// The secret's name.
        name: String,
    },
    /// Longer than [`MAX_SECRET`].
    #[error("the secret `{name}` is longer than {MAX_SECRET} bytes")]
    TooLong {
        /// The secret's name.
        name: String,
    },
    /// Holds bytes that a header field cannot, or spaces that it does not keep.
    #[error("the secret `{name}` is not one line of printable ASCII with no space at either end")]
    NotText {
        /// The secret's name.
        name: String,
    },
    /// Others than its owner could read or replace the file.
    #[error("the secret file {} is not private: {why}", file.display())]
    Unsafe {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file is there and cannot be read.
    #[error("the secret file {} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl SecretError {
    /// All codes with their meaning, for docs/errors.md.
    pub const CODES: &[(&str, &str)] = &[
        (
            "secret-missing",
            "a secret is not set: it is in none of the places where secrets are kept",
        ),
        (
            "secret-name",
            "a secret's name holds other characters than letters, digits, - and _",
        ),
        (
            "secret-too-short",
            "a secret is too short to be found and masked in a response",
        ),
        (
            "secret-too-long",
            "a secret is longer than a header field may be",
        ),
        (
            "secret-not-text",
            "a secret is not one line of printable ASCII with no space at either end",
        ),
        (
            "secret-file-unsafe",
            "a secret's file could be read or replaced by others",
        ),
        (
            "secret-file-unreadable",
            "a secret's file is there and cannot be read",
        ),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SecretError::Missing { .. } => "secret-missing",
            SecretError::Store { code, .. } => code,
            SecretError::Name { .. } => "secret-name",
            SecretError::TooShort { .. } => "secret-too-short",
            SecretError::TooLong { .. } => "secret-too-long",
            SecretError::NotText { .. } => "secret-not-text",
            SecretError::Unsafe { .. } => "secret-file-unsafe",
            SecretError::Unreadable { .. } => "secret-file-unreadable",
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            SecretError::Missing { name } => Some(format!(
                "keep it with `remit secret set {name}`, or set {}",
                EnvAndFileSecrets::variable(name)
            )),
            SecretError::Store { hint, .. } => hint.clone(),
            SecretError::Unsafe { file, .. } => Some(format!(
                "chmod 600 {}, in a folder of your own",
                file.display()
            )),
            SecretError::TooShort { .. } => Some("use a longer credential".to_owned()),
            _ => None,
        }
    }

    /// Whose fault it is.
    pub fn class(&self) -> remit_policy::ErrorClass {
        remit_policy::ErrorClass::Usage
    }
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
