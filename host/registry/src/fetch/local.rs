//! Files and folders of this machine.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use remit_package::{Digest, read_file};
use remit_policy::display_safe;

use super::{Fetched, Kind, Offered, Resolved, kind_of, target};
use crate::archive::pack;
use crate::error::RegistryError;
use crate::http::{check_digest, create};
use crate::limits::{MAX_CONTENT_BYTES, MAX_SIGNATURE_BYTES};
use crate::source::Source;

/// Copies a file, or packs a folder.
pub(super) fn fetch(
    path: &Path,
    folder: &Path,
    expect: Option<Digest>,
) -> Result<Fetched, RegistryError> {
    let (kind, bytes) = content(path)?;
    let digest = Digest::of(&bytes);
    check_digest(digest, expect, &shown(path))?;
    let signatures = beside(path)?;
    let file = target(folder);
    let fail = |error| RegistryError::io(&file, error);
    create(&file)
        .and_then(|mut made| made.write_all(&bytes))
        .map_err(fail)?;
    Ok(Fetched {
        kind,
        digest,
        size: bytes.len() as u64,
        resolved: Source::Path(path.to_path_buf()),
        signatures,
        is_public: false,
        file,
    })
}

pub(super) fn resolve(path: &Path) -> Result<Resolved, RegistryError> {
    let (_, bytes) = content(path)?;
    Ok(Resolved {
        source: Source::Path(path.to_path_buf()),
        digest: Some(Digest::of(&bytes)),
        size: Some(bytes.len() as u64),
    })
}

/// The bytes of a file, or of a folder's archive.
pub(crate) fn content(path: &Path) -> Result<(Kind, Vec<u8>), RegistryError> {
    if path.is_dir() {
        return Ok((Kind::SkillFolder, pack(path)?.bytes));
    }
    let bytes = read_file(path, MAX_CONTENT_BYTES)?;
    Ok((kind_of(&bytes, &shown(path))?, bytes))
}

impl Offered {
    /// The signatures beside a file or folder: `X.minisig` with `X.pub`, and `X.sigstore.json`, where there are any.
    ///
    /// # Errors
    /// If one is there and cannot be read, or is larger than a signature is.
    pub fn beside(path: &Path) -> Result<Vec<Offered>, RegistryError> {
        beside(path)
    }

    /// A signature from a file. Beside `X.minisig` its key is looked for in `X.pub`.
    ///
    /// # Errors
    /// If it cannot be read, or is larger than a signature is.
    pub fn read(path: &Path) -> Result<Offered, RegistryError> {
        let signature = read_file(path, MAX_SIGNATURE_BYTES)?;
        let key = path.with_extension("pub");
        let is_minisign = path.extension().is_some_and(|it| it == "minisig");
        let key = if is_minisign && key.try_exists().unwrap_or(false) {
            Some(read_file(&key, MAX_SIGNATURE_BYTES)?)
        } else {
            None
        };
        Ok(Offered {
            signature,
            key: key.map(|key| String::from_utf8_lossy(&key).into_owned()),
        })
    }
}

fn beside(path: &Path) -> Result<Vec<Offered>, RegistryError> {
    let read = |ending: &str| -> Result<Option<Vec<u8>>, RegistryError> {
        let path = with_ending(path, ending);
        if !path.try_exists().unwrap_or(false) {
            return Ok(None);
        }
        Ok(Some(read_file(&path, MAX_SIGNATURE_BYTES)?))
    };
    let key = read(".pub")?.map(|key| String::from_utf8_lossy(&key).into_owned());
    let minisign = read(".minisig")?.map(|signature| Offered { signature, key });
    let sigstore = read(".sigstore.json")?.map(|signature| Offered {
        signature,
        key: None,
    });
    Ok(minisign.into_iter().chain(sigstore).collect())
}

/// `mail.wasm` and `.minisig` make `mail.wasm.minisig`; a folder's own slash at the end is dropped.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let whole: PathBuf = path.components().collect();
    let mut name = OsString::from(whole);
    name.push(ending);
    PathBuf::from(name)
}

pub(crate) fn shown(path: &Path) -> String {
    display_safe(&path.to_string_lossy(), 300)
}
