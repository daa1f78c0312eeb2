//! Signed notes (c2sp.org/signed-note): a text with signatures under it, each by a key that has a name.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remit_package::{Code, FileLock, read_file, write_file};
use remit_policy::display_safe;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::ed25519::{Seed, holds, is_weak};
use crate::error::SignError;
use crate::secret_key::check_owner_only;

/// The type of a signature: Ed25519.
const ED25519: u8 = 1;
/// Before each signature: an em dash and a space.
const DASH: &str = "\u{2014} ";
/// Bytes of a note. A checkpoint is some 300.
const MAX_NOTE: usize = 64 * 1024;
/// Signatures of one note: more are those of witnesses.
const MAX_SIGNATURES: usize = 100;
/// A key's file: a name and 32 bytes.
const MAX_KEY_FILE: u64 = 1024;
const PRIVATE: &str = "PRIVATE+KEY+";

/// A text that was signed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NoteSignature {
    name: String,
    hash: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    /// Reads a note. Nothing of it is verified yet.
    pub fn parse(bytes: &[u8]) -> Result<Note, SignError> {
        let refuse = |reason: &str| SignError::Note(reason.to_owned());
        if bytes.len() > MAX_NOTE {
            return Err(refuse("it is too long"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| refuse("it is not text"))?;
        if text.chars().any(|c| c != '\n' && c.is_control()) {
            return Err(refuse("it holds control characters"));
        }
        // The last blank line is what divides.
        let at = text
            .rfind("\n\n")
            .ok_or_else(|| refuse("there is no blank line before its signatures"))?;
        let (body, signatures) = text.split_at(at + 1);
        let signatures = signatures
            .strip_prefix('\n')
            .and_then(|text| text.strip_suffix('\n'))
            .ok_or_else(|| refuse("its signatures do not end in a line feed"))?;
        let signatures = signatures
            .split('\n')
            .map(|line| signature(line).ok_or_else(|| refuse("a line of its signatures is none")))
            .collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(refuse("it has too many signatures"));
        }
        Ok(Note {
            text: body.to_owned(),
            signatures,
        })
    }

    /// The text, whoever signed it: for what nothing is decided by.
    pub fn unverified(&self) -> &str {
        &self.text
    }

    /// The text, once the key's own signature holds. Those of other keys are passed over.
    ///
    /// # Errors
    /// `note-invalid` if the key signed nothing here, or something else.
    pub fn verify(&self, key: &NoteVerifier) -> Result<&str, SignError> {
        let mut by_key = self
            .signatures
            .iter()
            .filter(|s| s.name == key.name && s.hash == key.hash)
            .peekable();
        if by_key.peek().is_none() {
            let names: Vec<String> = self
                .signatures
                .iter()
                .map(|s| format!("{}+{}", display_safe(&s.name, 80), hash_text(s.hash)))
                .take(4)
                .collect();
            return Err(SignError::Note(format!(
                "it is signed by {}, not by {}+{}",
                names.join(", "),
                key.name,
                hash_text(key.hash)
            )));
        }
        if by_key.all(|s| holds(&key.key, self.text.as_bytes(), &s.signature)) {
            Ok(&self.text)
        } else {
            Err(SignError::Note(format!(
                "the signature of {} does not hold",
                key.name
            )))
        }
    }
}

fn signature(line: &str) -> Option<NoteSignature> {
    let (name, base64) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = STANDARD.decode(base64).ok()?;
    let (hash, signature) = bytes.split_first_chunk::<4>()?;
    (is_name(name) && !signature.is_empty()).then(|| NoteSignature {
        name: name.to_owned(),
        hash: *hash,
        signature: signature.to_vec(),
    })
}

/// Of a key: no space and no plus.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

fn key_hash(name: &str, key: &[u8; 32]) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key)
        .finalize();
    hash.first_chunk().copied().unwrap_or_default()
}

fn hash_text(hash: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(hash))
}

/// A key that verifies notes. Its text is `NAME+HASH+BASE64`, which c2sp.org calls a vkey.
#[derive(Clone, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    hash: [u8; 4],
    key: [u8; 32],
}

impl NoteVerifier {
    fn new(name: &str, key: [u8; 32]) -> NoteVerifier {
        NoteVerifier {
            name: name.to_owned(),
            hash: key_hash(name, &key),
            key,
        }
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(&self.key);
        let (name, hash) = (&self.name, hash_text(self.hash));
        write!(f, "{name}+{hash}+{}", STANDARD.encode(bytes))
    }
}

impl fmt::Debug for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteVerifier({self})")
    }
}

impl FromStr for NoteVerifier {
    type Err = SignError;

    fn from_str(text: &str) -> Result<NoteVerifier, SignError> {
        let refuse = |reason: &str| SignError::KeyMalformed {
            what: "note",
            reason: reason.to_owned(),
        };
        let form = || refuse("it is not NAME+HASH+BASE64");
        // Base64 may hold a plus, a name may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(base64)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(form());
        };
        let bytes = STANDARD.decode(base64).map_err(|_| form())?;
        let Some((&ED25519, key)) = bytes.split_first() else {
            return Err(refuse("it is not of Ed25519"));
        };
        let key = key.try_into().map_err(|_| form())?;
        if !is_name(name) {
            return Err(form());
        }
        if is_weak(&key) {
            return Err(SignError::KeyWeak);
        }
        let key = NoteVerifier::new(name, key);
        if hash_text(key.hash) != hash {
            return Err(refuse("its hash is not that of its name and key"));
        }
        Ok(key)
    }
}

/// A key that signs notes.
pub struct NoteKey {
    verifier: NoteVerifier,
    seed: Seed,
}

impl NoteKey {
    /// A new key. Its name is `prefix` and what tells its public half from others', so that two hosts have two names.
    pub fn generate(prefix: &str) -> Result<NoteKey, SignError> {
        let seed = Seed::generate()?;
        let print = remit_package::Digest::of(&seed.public()).hex();
        let print: String = print.chars().take(16).collect();
        NoteKey::new(&format!("{prefix}{print}"), seed).ok_or_else(|| SignError::KeyMalformed {
            what: "note",
            reason: "its name is none".to_owned(),
        })
    }

    fn new(name: &str, seed: Seed) -> Option<NoteKey> {
        is_name(name).then(|| NoteKey {
            verifier: NoteVerifier::new(name, seed.public()),
            seed,
        })
    }

    /// Reads the key from a file; makes it, for its owner only, if there is none.
    ///
    /// # Errors
    /// `key-malformed` if the file holds something else: it is never replaced.
    pub fn open_or_make(path: &Path, prefix: &str) -> Result<NoteKey, SignError> {
        if let Some(key) = NoteKey::open(path)? {
            return Ok(key);
        }
        let _lock = FileLock::wait(&path.with_extension("lock"))?;
        // Another may have made it meanwhile.
        if let Some(key) = NoteKey::open(path)? {
            return Ok(key);
        }
        let key = NoteKey::generate(prefix)?;
        write_file(path, key.file_text().as_bytes())?;
        Ok(key)
    }

    /// Reads the key from a file; none if there is no file.
    pub fn open(path: &Path) -> Result<Option<NoteKey>, SignError> {
        let bytes = match read_file(path, MAX_KEY_FILE) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == Code::FileMissing && path.symlink_metadata().is_err() => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        check_owner_only(path)?;
        let key = std::str::from_utf8(&bytes).ok().and_then(parse_private);
        key.map(Some).ok_or_else(|| SignError::KeyMalformed {
            what: "host's",
            reason: format!(
                "{} does not hold one",
                display_safe(&path.to_string_lossy(), 300)
            ),
        })
    }

    /// `PRIVATE+KEY+NAME+HASH+BASE64`, as Go's `golang.org/x/mod/sumdb/note` has it.
    fn file_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(vec![ED25519]);
        bytes.extend_from_slice(self.seed.bytes());
        let NoteVerifier { name, hash, .. } = &self.verifier;
        let base64 = Zeroizing::new(STANDARD.encode(&*bytes));
        Zeroizing::new(format!(
            "{PRIVATE}{name}+{}+{}\n",
            hash_text(*hash),
            *base64
        ))
    }

    /// The key that verifies what this one signs.
    pub fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    /// Signs a text; gives the note. A text ends in a line feed, and one that does not is given one.
    pub fn sign(&self, text: &str) -> String {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let text = format!("{text}{end}");
        let mut bytes = self.verifier.hash.to_vec();
        bytes.extend_from_slice(self.seed.sign(text.as_bytes()).as_ref());
        let (name, base64) = (&self.verifier.name, STANDARD.encode(bytes));
        format!("{text}\n{DASH}{name} {base64}\n")
    }
}

fn parse_private(text: &str) -> Option<NoteKey> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let mut parts = line.strip_prefix(PRIVATE)?.splitn(3, '+');
    let (name, hash, base64) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = Zeroizing::new(STANDARD.decode(base64).ok()?);
    let (&ED25519, seed) = bytes.split_first()? else {
        return None;
    };
    let key = NoteKey::new(name, Seed::of(seed)?)?;
    (hash_text(key.verifier.hash) == hash).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the documentation of Go's golang.org/x/mod/sumdb/note.
    const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn code(note: &str, key: &NoteVerifier) -> &'static str {
        Note::parse(note.as_bytes())
            .and_then(|note| note.verify(key).map(drop))
            .unwrap_err()
            .code()
    }

    #[test]
    fn a_note_of_another_program_verifies() {
        let key: NoteVerifier = GO_KEY.parse().unwrap();
        assert_eq!(key.to_string(), GO_KEY);
        let note = Note::parse(GO_NOTE.as_bytes()).unwrap();
        assert!(note.verify(&key).unwrap().starts_with("If you think"));
    }

    #[test]
    fn what_was_signed_verifies_with_its_key_only() {
        let key = NoteKey::generate("test-").unwrap();
        let note = key.sign("a\n\nb\n");
        let parsed = Note::parse(note.as_bytes()).unwrap();
        assert_eq!(parsed.verify(key.verifier()).unwrap(), "a\n\nb\n");
        let other = NoteKey::generate("test-").unwrap();
        assert_eq!(code(&note, other.verifier()), "note-invalid");
        // The same key under another name is another key.
        let renamed = NoteKey::new("other", Seed::of(key.seed.bytes()).unwrap()).unwrap();
        assert_eq!(code(&note, renamed.verifier()), "note-invalid");
        // Somebody else's bytes under this name and number.
        let mut forged = key.verifier().hash.to_vec();
        forged.extend_from_slice(other.seed.sign(b"a\n").as_ref());
        let name = key.verifier().name();
        let forged = format!("a\n\n{DASH}{name} {}\n", STANDARD.encode(forged));
        assert_eq!(code(&forged, key.verifier()), "note-invalid");
        // Others may sign too.
        let both = format!("{note}{DASH}witness {}\n", STANDARD.encode([7; 68]));
        let both = Note::parse(both.as_bytes()).unwrap();
        assert!(both.verify(key.verifier()).is_ok());
    }

    #[test]
    fn every_bit_of_a_note_counts() {
        let key: NoteVerifier = GO_KEY.parse().unwrap();
        for at in 0..GO_NOTE.len() {
            let mut bytes = GO_NOTE.as_bytes().to_vec();
            bytes[at] ^= 1;
            let verified = Note::parse(&bytes).and_then(|note| note.verify(&key).map(drop));
            assert!(verified.is_err(), "byte {at}");
        }
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let long = format!("{}\n\n{DASH}a AAAAAAA=\n", "x".repeat(MAX_NOTE));
        for bad in [
            "",
            "\n\n",
            "text\n",
            "text\n\n",
            "text\n\n\u{2014} name\n",
            "text\n\n- name AAAAAAA=\n",
            "text\n\n\u{2014} na+me AAAAAAA=\n",
            "text\n\n\u{2014} name AAAA\n",
            "text\n\n\u{2014} name AAAAAAA=",
            "text\n\n\u{2014} name AAAAAAA=\nmore\n",
            "te\rxt\n\n\u{2014} name AAAAAAA=\n",
            &long,
        ] {
            let error = Note::parse(bad.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "note-invalid", "{bad:?}");
        }
        for bad in [
            "",
            "a",
            "a+b",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        ] {
            let error = bad.parse::<NoteVerifier>().unwrap_err();
            assert_eq!(error.code(), "key-malformed", "{bad:?}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.key");
        assert!(NoteKey::open(&path).unwrap().is_none());
        let key = NoteKey::open_or_make(&path, "host-").unwrap();
        let again = NoteKey::open_or_make(&path, "host-").unwrap();
        assert_eq!(key.verifier(), again.verifier());
        assert!(key.verifier().name().starts_with("host-"));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        for mode in [0o640, 0o602] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = NoteKey::open(&path).err().unwrap();
            assert_eq!(error.code(), "key-exposed", "{mode:o}");
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        for damaged in [
            "",
            "x",
            &text[..text.len() - 4],
            &text.replace("host-", "hast-"),
        ] {
            std::fs::write(&path, damaged).unwrap();
            let error = NoteKey::open_or_make(&path, "host-").err().unwrap();
            assert_eq!(error.code(), "key-malformed", "{damaged:?}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);
        }
    }

    #[test]
    fn makers_at_once_make_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.key");
        let mut keys: Vec<String> = std::thread::scope(|scope| {
            let make = || {
                scope.spawn(|| {
                    NoteKey::open_or_make(&path, "h-")
                        .unwrap()
                        .verifier()
                        .to_string()
                })
            };
            let threads: Vec<_> = (0..8).map(|_| make()).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        keys.dedup();
        assert_eq!(keys.len(), 1);
    }
}
