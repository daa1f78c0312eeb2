//! The store: components by digest, and what is known about each.
//!
//! `components/HEX.wasm` holds the bytes, `known/HEX.json` what was found out about them, `signatures/HEX.json` the
//! signatures that came with them, `lock` is held while something is added or removed. Reading takes no lock: a name appears with its whole content, and content is
//! verified against its name.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::codes::Code;
use crate::component::{Component, read_component};
use crate::description::Description;
use crate::digest::Digest;
use crate::dirs::{Dirs, private_folder};
use crate::error::PackageError;
use crate::evidence::Evidence;
use crate::file::{FileLock, read_file, remove_leftovers, shown, write_file};
use crate::inspect::{Inspection, MAX_COMPONENT_BYTES, inspect};

/// Bytes of a `known` record: the inspection and a description of at most 1 MiB.
const MAX_KNOWN_BYTES: u64 = 8 << 20;
/// Goes up when the rules of inspection or the form of the record change, so that old records are made again.
const KNOWN_FORM: u32 = 1;

/// Signatures that are kept of one component: of a few publishers, and of some versions that were the same bytes.
const MAX_SIGNATURES: usize = 32;
/// Bytes of a signature's text and of its key's: minisign's have 500.
const MAX_SIGNATURE_BYTES: usize = 64 << 10;
const MAX_SIGNATURES_BYTES: u64 = 16 << 20;

/// Components by digest under the data folder. A file is there whole or not at all, whatever is killed when.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// What was found out about a component once: true as long as its digest is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// What its bytes say.
    pub inspection: Inspection,
    /// What it answered to `describe`, if it is a plugin and was asked.
    pub description: Option<Description>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signatures {
    digest: Digest,
    signatures: Vec<Evidence>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    form: u32,
    digest: Digest,
    known: Known,
}

impl Store {
    /// Opens the store under `dirs.data`, making it if it is missing.
    pub fn open(dirs: &Dirs) -> Result<Store, PackageError> {
        let store = Store {
            root: dirs.data.join("store"),
        };
        private_folder(&store.root.join("components"))?;
        private_folder(&store.root.join("known"))?;
        private_folder(&store.root.join("signatures"))?;
        Ok(store)
    }

    /// The store's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Keeps a component. Does nothing if it is there already with the right bytes; puts wrong ones right.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, PackageError> {
        if bytes.len() as u64 > MAX_COMPONENT_BYTES {
            let message = format!("a component has at most {} MiB", MAX_COMPONENT_BYTES >> 20);
            return Err(PackageError::new(Code::ComponentTooLarge, message));
        }
        let digest = Digest::of(bytes);
        let _lock = self.lock()?;
        if self.get(&digest).is_err() {
            write_file(&self.component_file(&digest), bytes)?;
        }
        Ok(digest)
    }

    /// The bytes of a component, verified against the digest.
    pub fn get(&self, digest: &Digest) -> Result<Arc<[u8]>, PackageError> {
        let path = self.component_file(digest);
        let bytes = read_file(&path, MAX_COMPONENT_BYTES).map_err(|error| match error.kind() {
            Code::FileMissing => PackageError::new(
                Code::StoreMissing,
                format!("the store has no component {digest}"),
            ),
            _ => error,
        })?;
        digest.verify(&bytes, &shown(&path))?;
        Ok(bytes.into())
    }

    /// The component, verified and inspected (or known from before).
    pub fn component(&self, digest: &Digest) -> Result<Component, PackageError> {
        let bytes = self.get(digest)?;
        self.with_known(&digest.to_string(), *digest, bytes)
    }

    /// Reads a component from a file, without inspecting it again if its digest is known.
    pub fn open_component(&self, path: &Path) -> Result<Component, PackageError> {
        let bytes = read_component(path)?;
        self.with_known(&shown(path), Digest::of(&bytes), bytes.into())
    }

    fn with_known(
        &self,
        name: &str,
        digest: Digest,
        bytes: Arc<[u8]>,
    ) -> Result<Component, PackageError> {
        let inspection = match self.known(&digest) {
            Some(known) => known.inspection,
            None => inspect(&bytes).map_err(|error| error.about(name))?,
        };
        Ok(Component {
            bytes,
            digest,
            inspection,
        })
    }

    /// All digests in the store, sorted. What is not named as the store names things is passed over.
    pub fn list(&self) -> Result<Vec<Digest>, PackageError> {
        self.names("components", ".wasm")
    }

    fn names(&self, folder: &str, ending: &str) -> Result<Vec<Digest>, PackageError> {
        let folder = self.root.join(folder);
        let fail = |error: io::Error| PackageError::io(shown(&folder), error);
        let mut digests = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            let hex = name.to_str().and_then(|name| name.strip_suffix(ending));
            if let Some(Ok(digest)) = hex.map(|hex| format!("sha256:{hex}").parse()) {
                digests.push(digest);
            }
        }
        digests.sort_unstable();
        Ok(digests)
    }

    /// Removes a component, what is known of it and its signatures; whether it was there.
    pub fn remove(&self, digest: &Digest) -> Result<bool, PackageError> {
        let _lock = self.lock()?;
        remove_file(&self.signatures_file(digest))?;
        remove_file(&self.known_file(digest))?;
        remove_file(&self.component_file(digest))
    }

    /// Removes what killed processes left half-written.
    pub fn remove_leftovers(&self) -> Result<usize, PackageError> {
        let _lock = self.lock()?;
        let mut removed = 0;
        for folder in ["components", "known", "signatures"] {
            removed += remove_leftovers(&self.root.join(folder), b"")?;
        }
        Ok(removed)
    }

    /// Bytes of a component's file, as the folder says; 0 if it is not there.
    pub fn size(&self, digest: &Digest) -> u64 {
        std::fs::metadata(self.component_file(digest)).map_or(0, |data| data.len())
    }

    /// The digests of which something is known, in the store or not, sorted.
    pub fn list_known(&self) -> Result<Vec<Digest>, PackageError> {
        self.names("known", ".json")
    }

    /// Verifies every component; the digests whose bytes are wrong or cannot be read.
    pub fn verify(&self) -> Result<Vec<Digest>, PackageError> {
        let mut digests = self.list()?;
        digests.retain(|digest| self.get(digest).is_err());
        Ok(digests)
    }

    /// What is known of a component. A record that is damaged, or that a Remit with other rules wrote, is not
    /// known: it is found out again.
    pub fn known(&self, digest: &Digest) -> Option<Known> {
        let bytes = read_file(&self.known_file(digest), MAX_KNOWN_BYTES).ok()?;
        let record: Record = serde_json::from_slice(&bytes).ok()?;
        let sound = record.form == KNOWN_FORM
            && record.digest == *digest
            && (record.known.description.as_ref())
                .is_none_or(|description| description.check().is_ok());
        sound.then_some(record.known)
    }

    /// Keeps what was found out. The description is checked first.
    pub fn keep_known(&self, digest: &Digest, known: &Known) -> Result<(), PackageError> {
        if let Some(description) = &known.description {
            description.check()?;
        }
        let record = Record {
            form: KNOWN_FORM,
            digest: *digest,
            known: known.clone(),
        };
        let path = self.known_file(digest);
        let bytes = serde_json::to_vec(&record)
            .map_err(|error| PackageError::io(shown(&path), error.into()))?;
        let _lock = self.lock()?;
        write_file(&path, &bytes)
    }

    /// Keeps signatures of a component, beside those that are kept already.
    ///
    /// # Errors
    /// `signatures-many` if there are too many or they are too large.
    pub fn keep_signatures(&self, digest: &Digest, new: &[Evidence]) -> Result<(), PackageError> {
        let _lock = self.lock()?;
        let mut signatures = self.signatures(digest)?;
        let before = signatures.len();
        for evidence in new {
            if !signatures.contains(evidence) {
                signatures.push(evidence.clone());
            }
        }
        if signatures.len() == before {
            return Ok(());
        }
        let large = |e: &Evidence| {
            let key = e.key.as_ref().map_or(0, String::len);
            e.signature.len() + e.name.len() + e.version.len() + key > MAX_SIGNATURE_BYTES
        };
        if signatures.len() > MAX_SIGNATURES || signatures.iter().any(large) {
            let message = format!(
                "at most {MAX_SIGNATURES} signatures of {} KiB are kept of a component",
                MAX_SIGNATURE_BYTES >> 10
            );
            return Err(PackageError::new(Code::SignaturesMany, message));
        }
        let path = self.signatures_file(digest);
        let kept = Signatures {
            digest: *digest,
            signatures,
        };
        let bytes = serde_json::to_vec(&kept)
            .map_err(|error| PackageError::io(shown(&path), error.into()))?;
        write_file(&path, &bytes)
    }

    /// The signatures that were kept of a component; none is an empty list.
    ///
    /// # Errors
    /// `signatures-damaged` if the record cannot be read: it is not taken for none, since one of a signer who was
    /// revoked could be hidden so.
    pub fn signatures(&self, digest: &Digest) -> Result<Vec<Evidence>, PackageError> {
        let path = self.signatures_file(digest);
        let damaged = |why: &str| {
            let message = format!("{}: {why}", shown(&path));
            PackageError::new(Code::SignaturesDamaged, message)
                .hinted("delete that file, and install the plugin again so that its signatures are kept anew")
        };
        let bytes = match read_file(&path, MAX_SIGNATURES_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == Code::FileMissing && path.symlink_metadata().is_err() => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(damaged(error.message())),
        };
        let kept: Signatures = serde_json::from_slice(&bytes)
            .map_err(|_| damaged("it is not what the store writes"))?;
        if kept.digest != *digest {
            return Err(damaged("it is of another component"));
        }
        Ok(kept.signatures)
    }

    fn signatures_file(&self, digest: &Digest) -> PathBuf {
        let name = format!("{}.json", digest.hex());
        self.root.join("signatures").join(name)
    }

    fn lock(&self) -> Result<FileLock, PackageError> {
        FileLock::wait(&self.root.join("lock"))
    }

    fn component_file(&self, digest: &Digest) -> PathBuf {
        let name = format!("{}.wasm", digest.hex());
        self.root.join("components").join(name)
    }

    fn known_file(&self, digest: &Digest) -> PathBuf {
        self.root
            .join("known")
            .join(format!("{}.json", digest.hex()))
    }
}

/// Whether it was there.
fn remove_file(path: &Path) -> Result<bool, PackageError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(PackageError::io(shown(path), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::tests::mail;

    fn store() -> (tempfile::TempDir, Store) {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(&Dirs::under(root.path())).unwrap();
        (root, store)
    }

    #[test]
    fn what_is_put_is_got_by_its_digest_and_nothing_else_is() {
        let (_root, store) = store();
        let digest = store.put(b"one").unwrap();
        assert_eq!(store.put(b"one").unwrap(), digest);
        assert_eq!(store.get(&digest).unwrap().as_ref(), b"one");
        let other = Digest::of(b"two");
        assert_eq!(store.get(&other).unwrap_err().code(), "store-missing");
        assert_eq!(store.list().unwrap(), [digest]);
        assert!(store.remove(&digest).unwrap());
        assert!(!store.remove(&digest).unwrap());
        assert_eq!(store.list().unwrap(), []);
    }

    #[test]
    fn changed_bytes_are_a_mismatch_and_putting_them_again_mends_them() {
        let (_root, store) = store();
        let digest = store.put(b"one").unwrap();
        std::fs::write(store.component_file(&digest), b"won").unwrap();
        assert_eq!(store.get(&digest).unwrap_err().code(), "digest-mismatch");
        assert_eq!(store.verify().unwrap(), [digest]);
        store.put(b"one").unwrap();
        assert_eq!(store.verify().unwrap(), []);
    }

    #[test]
    fn what_is_known_is_kept_and_a_damaged_record_is_not_known() {
        let (_root, store) = store();
        let component = b"\0asm\x0d\0\x01\0";
        let digest = store.put(component).unwrap();
        assert_eq!(store.known(&digest), None);
        let known = Known {
            inspection: inspect(component).unwrap(),
            description: Some(mail()),
        };
        store.keep_known(&digest, &known).unwrap();
        assert_eq!(store.known(&digest), Some(known.clone()));
        assert_eq!(
            store.component(&digest).unwrap().inspection,
            known.inspection
        );
        let path = store.known_file(&digest);
        let text = std::fs::read_to_string(&path).unwrap();
        for changed in [
            text.replace("\"form\":1", "\"form\":0"),
            text.replace("\"name\":\"mail\"", "\"name\":\"Mail\""),
            text.replace("sha256:", "sha256:0"),
            text[..text.len() / 2].to_owned(),
        ] {
            std::fs::write(&path, changed).unwrap();
            assert_eq!(store.known(&digest), None);
        }
        let mut wrong = known;
        wrong.description = Some(Description {
            name: "Mail".into(),
            ..mail()
        });
        assert!(store.keep_known(&digest, &wrong).is_err());
    }

    fn evidence(version: &str) -> Evidence {
        Evidence {
            name: "mail".into(),
            version: version.into(),
            signature: "a signature".into(),
            key: Some("a key".into()),
        }
    }

    #[test]
    fn signatures_are_kept_beside_a_component_and_go_with_it() {
        let (_root, store) = store();
        let digest = store.put(b"one").unwrap();
        assert_eq!(store.signatures(&digest).unwrap(), []);
        let (one, two) = (evidence("1.0.0"), evidence("1.0.1"));
        store
            .keep_signatures(&digest, std::slice::from_ref(&one))
            .unwrap();
        store
            .keep_signatures(&digest, &[one.clone(), two.clone()])
            .unwrap();
        assert_eq!(store.signatures(&digest).unwrap(), [one, two]);
        assert_eq!(store.signatures(&Digest::of(b"two")).unwrap(), []);
        store.remove(&digest).unwrap();
        assert_eq!(store.signatures(&digest).unwrap(), []);
    }

    #[test]
    fn too_many_or_too_large_signatures_are_refused_and_the_kept_ones_stay() {
        let (_root, store) = store();
        let digest = store.put(b"one").unwrap();
        let many: Vec<_> = (0..32).map(|n| evidence(&n.to_string())).collect();
        store.keep_signatures(&digest, &many).unwrap();
        let mut large = evidence("1.0.0");
        large.signature = "x".repeat(MAX_SIGNATURE_BYTES);
        for more in [evidence("32"), large] {
            let error = store.keep_signatures(&digest, &[more]).unwrap_err();
            assert_eq!(error.code(), "signatures-many");
        }
        assert_eq!(store.signatures(&digest).unwrap(), many);
    }

    #[test]
    fn damaged_signatures_are_an_error_and_not_none() {
        let (_root, store) = store();
        let (one, two) = (store.put(b"one").unwrap(), store.put(b"two").unwrap());
        store.keep_signatures(&one, &[evidence("1.0.0")]).unwrap();
        let path = store.signatures_file(&one);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(store.signatures_file(&two), &text).unwrap();
        assert_eq!(
            store.signatures(&two).unwrap_err().code(),
            "signatures-damaged"
        );
        for damaged in [
            "",
            "{}",
            &text[..text.len() / 2],
            &text.replace("version", "wersion"),
        ] {
            std::fs::write(&path, damaged).unwrap();
            let error = store.signatures(&one).unwrap_err();
            assert_eq!(error.code(), "signatures-damaged", "{damaged}");
        }
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert_eq!(
            store.signatures(&one).unwrap_err().code(),
            "signatures-damaged"
        );
    }

    #[test]
    fn what_a_killed_process_left_behind_is_not_seen() {
        let (_root, store) = store();
        let digest = store.put(b"one").unwrap();
        let folder = store.root().join("components");
        std::fs::write(folder.join(".tmpAb12"), b"half").unwrap();
        std::fs::write(folder.join("short.wasm"), b"half").unwrap();
        let uuid = "0e4c1d8e-9a4b-4c1d-8e9a-4b4c1d8e9a4b";
        std::fs::write(store.root().join("known").join(uuid), b"half").unwrap();
        assert_eq!(store.list().unwrap(), [digest]);
        assert_eq!(store.verify().unwrap(), []);
        assert_eq!(store.remove_leftovers().unwrap(), 1);
        assert_eq!(store.list().unwrap(), [digest]);
    }

    #[test]
    fn many_at_once_put_the_same_and_other_bytes_without_harm() {
        let (_root, store) = store();
        std::thread::scope(|scope| {
            for n in 0..8u8 {
                let store = &store;
                scope.spawn(move || {
                    for m in 0..10u8 {
                        store.put(&[m]).unwrap();
                        store.put(&[n, m]).unwrap();
                    }
                });
            }
        });
        assert_eq!(store.list().unwrap().len(), 90);
        assert_eq!(store.verify().unwrap(), []);
    }
}
