//! Secret keys, in minisign's form: encrypted with a password, or not.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use remit_policy::display_safe;
use zeroize::Zeroizing;

use crate::ed25519::{Seed, random};
use crate::error::SignError;
use crate::kdf::{self, Work};
use crate::public_key::PublicKey;

const ALGORITHM: [u8; 2] = *b"Ed";
/// scrypt.
const ENCRYPTED: [u8; 2] = *b"Sc";
const PLAIN: [u8; 2] = [0, 0];
/// BLAKE2b, of 32 bytes.
const CHECKSUM: [u8; 2] = *b"B2";
/// Bytes that are hidden under the password: the key's number, seed, public key, checksum.
const HIDDEN: usize = 8 + 32 + 32 + 32;
/// Bytes before: three algorithms, the salt, two limits.
const CLEAR: usize = 2 + 2 + 2 + 32 + 8 + 8;
/// A `.key` file: a comment of at most 1 KiB and the key.
const MAX_TEXT: usize = 2048;

/// A password. It is wiped when it is dropped, and never printed.
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// The bytes as they are; a line's end must be cut off before.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Password {
        Password(Zeroizing::new(bytes.into()))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Password) -> bool {
        self.0 == other.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A secret key, open: it can sign. It is wiped when it is dropped, and never printed.
pub struct SecretKey {
    id: [u8; 8],
    pub(crate) seed: Seed,
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public().id())
    }
}

impl SecretKey {
    /// A new key.
    pub fn generate() -> Result<SecretKey, SignError> {
        let mut id = [0; 8];
        random(&mut id)?;
        Ok(SecretKey {
            id,
            seed: Seed::generate()?,
        })
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey {
            id: self.id,
            key: self.seed.public(),
        }
    }

    /// The text of a `.key` file: encrypted with the password, as `minisign -G` makes it, or without one not, as
    /// `minisign -G -W` does.
    pub fn file_text(&self, password: Option<&Password>) -> Result<Zeroizing<String>, SignError> {
        let mut salt = [0; 32];
        random(&mut salt)?;
        self.text(password, salt, kdf::DEFAULT)
    }

    fn text(
        &self,
        password: Option<&Password>,
        salt: [u8; 32],
        work: Work,
    ) -> Result<Zeroizing<String>, SignError> {
        let public = self.seed.public();
        let mut hidden = Zeroizing::new(Vec::with_capacity(HIDDEN));
        hidden.extend_from_slice(&self.id);
        hidden.extend_from_slice(self.seed.bytes());
        hidden.extend_from_slice(&public);
        let sum = checksum(&hidden);
        hidden.extend_from_slice(&sum);
        let mut bytes = Zeroizing::new(ALGORITHM.to_vec());
        let (kind, salt, work) = match password {
            Some(password) => {
                hide(&mut hidden, password, &salt, work)?;
                (ENCRYPTED, salt, work)
            }
            None => (
                PLAIN,
                [0; 32],
                Work {
                    operations: 0,
                    memory: 0,
                },
            ),
        };
        bytes.extend_from_slice(&kind);
        bytes.extend_from_slice(&CHECKSUM);
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(&work.operations.to_le_bytes());
        bytes.extend_from_slice(&work.memory.to_le_bytes());
        bytes.extend_from_slice(&hidden);
        let encrypted = if password.is_some() { "encrypted " } else { "" };
        Ok(Zeroizing::new(format!(
            "untrusted comment: minisign {encrypted}secret key\n{}\n",
            STANDARD.encode(&*bytes)
        )))
    }
}

/// Over the algorithm, the number and the pair, so that a wrong password shows.
fn checksum(pair: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::new()
        .chain_update(ALGORITHM)
        .chain_update(pair)
        .finalize()
        .into()
}

/// Hides what is shown, and shows what is hidden.
fn hide(bytes: &mut [u8], password: &Password, salt: &[u8], work: Work) -> Result<(), SignError> {
    let stream = kdf::derive(&password.0, salt, work, bytes.len())
        .ok_or_else(|| malformed("it asks for more work than minisign ever does"))?;
    for (byte, with) in bytes.iter_mut().zip(stream.iter()) {
        *byte ^= with;
    }
    Ok(())
}

fn malformed(reason: &str) -> SignError {
    SignError::KeyMalformed {
        what: "secret",
        reason: reason.to_owned(),
    }
}

/// Fails if others may read or change a file with a secret key.
pub(crate) fn check_owner_only(path: &Path) -> Result<(), SignError> {
    let mode = std::fs::metadata(path).map(|m| m.permissions().mode() & 0o777);
    match mode {
        Ok(mode) if mode & 0o077 != 0 => Err(SignError::KeyExposed {
            file: display_safe(&path.to_string_lossy(), 300),
            mode,
        }),
        _ => Ok(()),
    }
}

/// A secret key as it is kept, still closed.
pub struct SecretKeyFile {
    kind: [u8; 2],
    salt: [u8; 32],
    work: Work,
    hidden: Zeroizing<Vec<u8>>,
}

impl SecretKeyFile {
    /// Reads a file that none but its owner may read.
    ///
    /// # Errors
    /// `key-exposed` if others may read it.
    pub fn read(path: &Path) -> Result<SecretKeyFile, SignError> {
        let bytes = Zeroizing::new(remit_package::read_file(path, MAX_TEXT as u64)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed("it is not text"))?;
        let key = text.parse()?;
        check_owner_only(path)?;
        Ok(key)
    }

    /// Whether a password is needed.
    pub fn is_encrypted(&self) -> bool {
        self.kind == ENCRYPTED
    }

    /// Opens it.
    ///
    /// # Errors
    /// `key-password-missing` and `key-password`. A key that is not encrypted takes no notice of a password.
    pub fn open(self, password: Option<&Password>) -> Result<SecretKey, SignError> {
        let encrypted = self.is_encrypted();
        let mut hidden = self.hidden;
        if encrypted {
            let password = password.ok_or(SignError::PasswordMissing)?;
            hide(&mut hidden, password, &self.salt, self.work)?;
        }
        let (pair, found) = hidden
            .split_at_checked(HIDDEN - 32)
            .ok_or_else(|| malformed("it is too short"))?;
        // minisign writes no checksum into a plain key; that its halves belong together is seen below.
        let is_unchecked = !encrypted && found.iter().all(|byte| *byte == 0);
        if !is_unchecked && found != checksum(pair) {
            return Err(if encrypted {
                SignError::Password
            } else {
                malformed("it is damaged")
            });
        }
        let damaged = || malformed("its halves do not belong together");
        let (id, pair) = pair.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (seed, public) = pair.split_first_chunk::<32>().ok_or_else(damaged)?;
        let seed = Seed::of(seed).ok_or_else(damaged)?;
        // Signing with another public half than the seed's gives the seed away.
        if seed.public() != public {
            return Err(damaged());
        }
        Ok(SecretKey { id: *id, seed })
    }
}

impl FromStr for SecretKeyFile {
    type Err = SignError;

    fn from_str(text: &str) -> Result<SecretKeyFile, SignError> {
        if text.len() > MAX_TEXT {
            return Err(malformed("it is too long"));
        }
        let mut lines = text.lines();
        let (Some(comment), Some(line), None) = (lines.next(), lines.next(), lines.next()) else {
            return Err(malformed("it is not a comment and a line"));
        };
        if !comment.starts_with("untrusted comment:") {
            return Err(malformed("it does not begin with a comment"));
        }
        let bytes = STANDARD
            .decode(line)
            .map(Zeroizing::new)
            .map_err(|_| malformed("it is not base64"))?;
        let Some((clear, hidden)) = bytes
            .split_at_checked(CLEAR)
            .filter(|(_, hidden)| hidden.len() == HIDDEN)
        else {
            return Err(malformed("it does not have the length of a key"));
        };
        let rest = clear
            .strip_prefix(&ALGORITHM)
            .ok_or_else(|| malformed("it is not of Ed25519"))?;
        let form = || malformed("it is of no form that minisign has");
        let (kind, rest) = rest.split_first_chunk::<2>().ok_or_else(form)?;
        if ![ENCRYPTED, PLAIN].contains(kind) {
            return Err(form());
        }
        let rest = rest.strip_prefix(&CHECKSUM).ok_or_else(form)?;
        let (salt, rest) = rest.split_first_chunk::<32>().ok_or_else(form)?;
        let (operations, rest) = rest.split_first_chunk::<8>().ok_or_else(form)?;
        let memory = rest.first_chunk::<8>().ok_or_else(form)?;
        Ok(SecretKeyFile {
            kind: *kind,
            salt: *salt,
            work: Work {
                operations: u64::from_le_bytes(*operations),
                memory: u64::from_le_bytes(*memory),
            },
            hidden: Zeroizing::new(hidden.to_vec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHT: Work = Work {
        operations: 32_768,
        memory: 1 << 20,
    };

    fn bytes_of(text: &str) -> Vec<u8> {
        STANDARD.decode(text.lines().nth(1).unwrap()).unwrap()
    }

    fn open(text: &str, password: Option<&Password>) -> Result<SecretKey, SignError> {
        text.parse::<SecretKeyFile>()?.open(password)
    }

    #[test]
    fn a_key_comes_back_from_its_text_with_its_password_only() {
        let key = SecretKey::generate().unwrap();
        let password = Password::new("correct horse");
        let text = key.text(Some(&password), [7; 32], LIGHT).unwrap();
        assert!(text.parse::<SecretKeyFile>().unwrap().is_encrypted());
        assert_eq!(open(&text, Some(&password)).unwrap().public(), key.public());
        let code = |password: Option<&str>| {
            let password = password.map(Password::new);
            open(&text, password.as_ref()).unwrap_err().code()
        };
        assert_eq!(code(None), "key-password-missing");
        assert_eq!(code(Some("wrong")), "key-password");
        assert_eq!(code(Some("")), "key-password");
    }

    #[test]
    fn a_key_without_a_password_is_plain_and_says_so() {
        let key = SecretKey::generate().unwrap();
        let text = key.file_text(None).unwrap();
        assert!(!text.parse::<SecretKeyFile>().unwrap().is_encrypted());
        assert_eq!(open(&text, None).unwrap().public(), key.public());
        assert!(!format!("{key:?}{:?}", Password::new("horse")).contains("horse"));
    }

    #[test]
    fn a_damaged_key_signs_nothing() {
        let key = SecretKey::generate().unwrap();
        let text = key.file_text(None).unwrap();
        let (comment, line) = text.trim_end().split_once('\n').unwrap();
        let bytes = STANDARD.decode(line).unwrap();
        for at in 0..bytes.len() {
            // The salt and the limits of a plain key stand for nothing.
            if (6..CLEAR).contains(&at) {
                continue;
            }
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            let text = format!("{comment}\n{}\n", STANDARD.encode(bytes));
            assert_eq!(
                open(&text, None).unwrap_err().code(),
                "key-malformed",
                "{at}"
            );
        }
        // A public half of another key, with a checksum that fits.
        let mut pair = bytes[CLEAR..CLEAR + 72].to_vec();
        pair[50] ^= 1;
        let sum = checksum(&pair);
        let bytes = [&bytes[..CLEAR], &pair, &sum].concat();
        let text = format!("{comment}\n{}\n", STANDARD.encode(bytes));
        assert_eq!(open(&text, None).unwrap_err().code(), "key-malformed");
        // As minisign writes it, without a checksum: the halves tell.
        let unchecked = |pair: &[u8]| {
            let bytes = [&bytes_of(&text)[..CLEAR], pair, &[0; 32]].concat();
            open(&format!("{comment}\n{}\n", STANDARD.encode(bytes)), None)
        };
        pair[50] ^= 1;
        assert_eq!(unchecked(&pair).unwrap().public(), key.public());
        for at in [20, 60] {
            let mut pair = pair.clone();
            pair[at] ^= 1;
            assert_eq!(unchecked(&pair).unwrap_err().code(), "key-malformed");
        }
        for bad in ["", "x\ny\n", comment, line, &format!("{}\n{line}", &*text)] {
            assert!(open(bad, None).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let text = SecretKey::generate().unwrap().file_text(None).unwrap();
        remit_package::write_file(&path, text.as_bytes()).unwrap();
        assert!(SecretKeyFile::read(&path).is_ok());
        for mode in [0o640, 0o604, 0o620] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = SecretKeyFile::read(&path).err().unwrap();
            assert_eq!(error.code(), "key-exposed", "{mode:o}");
        }
    }
}
