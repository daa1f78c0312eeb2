//! The sha256 digest by which components, skills and records are named.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::codes::Code;
use crate::error::PackageError;
use crate::hex;

const PREFIX: &str = "sha256:";

/// A sha256 digest. Its text is `sha256:` and 64 lower-case hex digits; no other spelling is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hex digits without `sha256:`, as a file name.
    pub fn hex(&self) -> String {
        String::from_utf8_lossy(&hex::encode(&self.0)).into_owned()
    }

    /// The first 12 hex digits, for a person to compare at a glance; never to decide by.
    pub fn short(&self) -> String {
        self.hex().chars().take(12).collect()
    }

    /// Fails with `digest-mismatch` if these bytes have another digest. `what` names them in the message.
    pub fn verify(&self, bytes: &[u8], what: &str) -> Result<(), PackageError> {
        let found = Digest::of(bytes);
        if found == *self {
            return Ok(());
        }
        Err(PackageError::new(
            Code::DigestMismatch,
            format!("{what} has the digest {found}, not {self}"),
        ))
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        f.write_str(std::str::from_utf8(&hex::encode(&self.0)).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Digest, PackageError> {
        parse(text).ok_or_else(|| {
            let shown = remit_policy::display_safe(text, 80);
            PackageError::new(Code::DigestInvalid, format!("`{shown}` is not a digest"))
                .hinted("a digest is `sha256:` and 64 lower-case hex digits")
        })
    }
}

/// Lower case only: upper case would be a second spelling of the same digest.
fn parse(text: &str) -> Option<Digest> {
    let digits = text.strip_prefix(PREFIX)?;
    hex::decode(digits.as_bytes()).map(Digest)
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Digests what is read through it, so that bytes are digested while they stream.
pub struct DigestReader<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> DigestReader<R> {
    /// Starts with nothing read.
    pub fn new(inner: R) -> DigestReader<R> {
        DigestReader {
            inner,
            hasher: Sha256::new(),
        }
    }

    /// The digest of all that was read.
    pub fn finish(self) -> Digest {
        Digest(self.hasher.finalize().into())
    }
}

impl<R: Read> Read for DigestReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        let digest = Digest::of(b"abc");
        assert_eq!(
            digest.to_string(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        assert_eq!(digest.short(), "ba7816bf8f01");
    }

    #[test]
    fn other_spellings_are_refused() {
        let good = Digest::of(b"abc").to_string();
        for bad in [
            "",
            "sha256:",
            good.trim_start_matches("sha256:"),
            &good.to_uppercase(),
            &good.replace("ba78", "BA78"),
            &good[..good.len() - 1],
            &format!("{good}0"),
            &good.replace("sha256", "sha512"),
            &good.replace("ba78", "+a78"),
        ] {
            assert_eq!(bad.parse::<Digest>().unwrap_err().code(), "digest-invalid");
        }
    }

    #[test]
    fn streaming_gives_the_same_digest() {
        let bytes = vec![7; 100_000];
        let mut reader = DigestReader::new(bytes.as_slice());
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(reader.finish(), Digest::of(&bytes));
    }

    #[test]
    fn other_bytes_are_a_mismatch_and_the_same_bytes_are_not() {
        let digest = Digest::of(b"abc");
        assert!(digest.verify(b"abc", "x.wasm").is_ok());
        let error = digest.verify(b"abd", "x.wasm").unwrap_err();
        assert_eq!(error.code(), "digest-mismatch");
        assert_eq!(error.class(), remit_policy::ErrorClass::Integrity);
    }
}
