//! Public keys, in minisign's form.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ed25519::is_weak;
use crate::error::SignError;

/// Before the key's number: Ed25519.
const ALGORITHM: &[u8] = b"Ed";
/// Bytes: the algorithm, the number, the key.
const LENGTH: usize = 2 + 8 + 32;
/// A `.pub` file: a comment of at most 1 KiB and the key.
pub(crate) const MAX_TEXT: usize = 2048;

/// A public key. Its text is one line of base64, as `minisign -P` takes it; a `.pub` file has a comment before that.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey {
    pub(crate) id: [u8; 8],
    pub(crate) key: [u8; 32],
}

impl PublicKey {
    /// The number by which a signature names the key, as minisign prints it. Whoever makes a key chooses it: it
    /// tells keys apart, and proves nothing.
    pub fn id(&self) -> String {
        id_text(self.id)
    }

    /// The text of a `.pub` file.
    pub fn file_text(&self) -> String {
        format!(
            "untrusted comment: minisign public key {}\n{self}\n",
            self.id()
        )
    }
}

/// As minisign has it: the bytes are a number, the least first.
pub(crate) fn id_text(id: [u8; 8]) -> String {
    format!("{:016X}", u64::from_le_bytes(id))
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = ALGORITHM.to_vec();
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(&self.key);
        f.write_str(&STANDARD.encode(bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = SignError;

    /// The line alone, or the text of a `.pub` file.
    fn from_str(text: &str) -> Result<PublicKey, SignError> {
        let refuse = |reason: &str| SignError::KeyMalformed {
            what: "public",
            reason: reason.to_owned(),
        };
        if text.len() > MAX_TEXT {
            return Err(refuse("it is too long"));
        }
        let lines: Vec<&str> = text.lines().collect();
        let line = match lines.as_slice() {
            [line] => line,
            [comment, line] if comment.starts_with("untrusted comment:") => line,
            _ => return Err(refuse("it is neither one line nor a comment and a line")),
        };
        let bytes = STANDARD
            .decode(line)
            .map_err(|_| refuse("it is not base64"))?;
        if bytes.len() != LENGTH {
            return Err(refuse("it does not have the length of a key"));
        }
        let rest = bytes
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| refuse("it is not of Ed25519"))?;
        let parts = rest
            .split_first_chunk()
            .and_then(|(id, key)| Some((*id, key.try_into().ok()?)));
        let (id, key) = parts.ok_or_else(|| refuse("it does not have the length of a key"))?;
        if is_weak(&key) {
            return Err(SignError::KeyWeak);
        }
        Ok(PublicKey { id, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;

    #[test]
    fn a_key_is_read_from_its_line_and_from_its_file() {
        let key = SecretKey::generate().unwrap().public();
        assert_eq!(key.to_string().parse::<PublicKey>().unwrap(), key);
        assert_eq!(key.file_text().parse::<PublicKey>().unwrap(), key);
        let windows = key.file_text().replace('\n', "\r\n");
        assert_eq!(windows.parse::<PublicKey>().unwrap(), key);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = SecretKey::generate().unwrap().public();
        let line = key.to_string();
        let long = format!("untrusted comment: {}\n{line}\n", "x".repeat(3000));
        for bad in [
            "",
            "x",
            "\n",
            &line[..52],
            &line.replacen("RW", "RV", 1),
            &format!("{line}AAAA"),
            &format!("{line} "),
            &format!("comment\n{line}"),
            &format!("{}more\n", key.file_text()),
            &format!("{line}\n{line}\n"),
            &long,
        ] {
            let error = bad.parse::<PublicKey>().unwrap_err();
            assert_eq!(error.code(), "key-malformed", "{bad:?}");
        }
        let mut weak = key;
        weak.key = [0; 32];
        let error = weak.to_string().parse::<PublicKey>().unwrap_err();
        assert_eq!(error.code(), "key-weak");
    }
}
