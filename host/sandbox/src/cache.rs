//! Compiled code, kept on disk.
//!
//! Compiled code is machine code that the host will run, so a file of it is loaded only if this very user wrote it
//! with this cache's key. A file is named after the component's digest and the engine's compatibility hash, and ends
//! with a keyed MAC (BLAKE3) over its name and content. It is opened once: the opened file is judged (regular, ours,
//! writable by no one else), its bytes are checked against the MAC, and that same file is mapped. Whatever does not
//! fit is not loaded: the component is compiled again and the file replaced by rename.
//!
//! Out of scope is who may already act as this user: the user's own processes can change a file while it is mapped,
//! as they can change the memory of this one.

use crate::SandboxError;
use blake3::{Hash, Hasher};
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, fstat, linkat, mkdir, open, openat, renameat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

mod verify;

pub use verify::CompiledCode;

const KEY_FILE: &str = "key";
const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = blake3::OUT_LEN;

/// The largest file that is looked at; code is some three to five times its component.
const MAX_FILE: u64 = 1 << 30;

/// The largest code that is kept.
pub(crate) const MAX_CODE: u64 = MAX_FILE - MAC_BYTES as u64;

/// Separates this use of the key from any other.
const PURPOSE: &[u8] = b"remit compiled code, format 1\0";

pub(crate) struct Cache {
    folder: OwnedFd,
    path: PathBuf,
    key: [u8; KEY_BYTES],
    compatibility: String,
}

impl Cache {
    /// Opens the folder, making it (0700) and its key (0600) where they are missing.
    ///
    /// # Errors
    /// If the folder is another user's, or others may write it: they could put files in the place of ours.
    pub(crate) fn open(path: &Path, engine: &Engine) -> Result<Cache, SandboxError> {
        let failed = |reason: String| SandboxError::Cache {
            path: path.to_owned(),
            reason,
        };
        let folder = open_folder(path).map_err(|error| failed(error.to_string()))?;
        let found = fstat(&folder).map_err(|error| failed(error.to_string()))?;
        if found.st_uid != geteuid().as_raw() {
            return Err(failed("it belongs to another user".to_owned()));
        }
        if Mode::from_raw_mode(found.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
            return Err(failed("others may write it".to_owned()));
        }
        let key = read_or_make_key(&folder).map_err(|error| failed(error.to_string()))?;
        Ok(Cache {
            folder,
            path: path.to_owned(),
            key,
            compatibility: compatibility(engine),
        })
    }

    /// The compiled code of the component with this digest, if there is a file that can be trusted.
    pub(crate) fn load(&self, engine: &Engine, digest: &[u8; 32]) -> Option<Component> {
        let name = self.name(digest);
        match self.try_load(engine, &name) {
            Ok(component) => component,
            Err(error) => {
                tracing::warn!(file = %self.path.join(&name).display(), %error, "compiled code is not loaded");
                None
            }
        }
    }

    fn try_load(&self, engine: &Engine, name: &str) -> io::Result<Option<Component>> {
        match self.trusted(name)? {
            Some(file) => map(engine, &file).map(Some),
            None => Ok(None),
        }
    }

    /// The file of that name, opened, if this user wrote it with this cache's key.
    fn trusted(&self, name: &str) -> io::Result<Option<File>> {
        // NONBLOCK: opening a FIFO that someone left there must not wait for its other end.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let length = check_owned(&file, Mode::WGRP | Mode::WOTH)?;
        let Some(content) = length
            .checked_sub(MAC_BYTES as u64)
            .filter(|_| length <= MAX_FILE)
        else {
            return Err(io::Error::other("its size is wrong"));
        };
        let mut hasher = self.hasher(name);
        hasher.update_reader((&file).take(content))?;
        let mut mac = [0; MAC_BYTES];
        (&file).read_exact(&mut mac)?;
        // Compared in constant time.
        if hasher.finalize() != Hash::from_bytes(mac) {
            return Err(io::Error::other("its MAC is wrong"));
        }
        Ok(Some(file))
    }

    /// Keeps compiled code for later, as `Component::serialize` gives it. Failing to is no error of the call: it costs
    /// the next process a compilation.
    pub(crate) fn store(&self, digest: &[u8; 32], code: &[u8]) {
        let name = self.name(digest);
        if let Err(error) = self.write(&name, code) {
            tracing::warn!(file = %self.path.join(&name).display(), %error, "compiled code is not kept");
        }
    }

    fn write(&self, name: &str, code: &[u8]) -> io::Result<()> {
        let mac = self.hasher(name).update(code).finalize();
        let temporary = write_temporary(&self.folder, &[code, mac.as_bytes()], false)?;
        renameat(&self.folder, &temporary, &self.folder, name).inspect_err(|_| {
            let _ = unlinkat(&self.folder, &temporary, AtFlags::empty());
        })?;
        Ok(())
    }

    fn hasher(&self, name: &str) -> Hasher {
        let mut hasher = Hasher::new_keyed(&self.key);
        hasher.update(PURPOSE);
        hasher.update(name.as_bytes());
        hasher.update(&[0]);
        hasher
    }

    fn name(&self, digest: &[u8; 32]) -> String {
        format!(
            "{}-{}.cwasm",
            Hash::from_bytes(*digest).to_hex(),
            self.compatibility
        )
    }
}

fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match mkdir(path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    Ok(open(path, flags, Mode::empty())?)
}

/// Checks that an opened file is a regular one of this user, with none of the `forbidden` permissions. Returns its
/// length.
fn check_owned(file: &File, forbidden: Mode) -> io::Result<u64> {
    let found = fstat(file)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it is not a regular file"));
    }
    if found.st_uid != geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    if Mode::from_raw_mode(found.st_mode).intersects(forbidden) {
        return Err(io::Error::other("others may use it"));
    }
    u64::try_from(found.st_size).map_err(io::Error::other)
}

fn read_or_make_key(folder: &OwnedFd) -> io::Result<[u8; KEY_BYTES]> {
    match read_key(folder) {
        Ok(key) => return Ok(key),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::warn!(%error, "the key of the compiled code is replaced, and all of it compiled again");
            unlinkat(folder, KEY_FILE, AtFlags::empty())?;
        }
    }
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let temporary = write_temporary(folder, &[&key], true)?;
    // A link, unlike a rename, fails where another process was quicker: then its key is the one.
    let linked = linkat(folder, &temporary, folder, KEY_FILE, AtFlags::empty());
    unlinkat(folder, &temporary, AtFlags::empty())?;
    match linked {
        Ok(()) => Ok(key),
        Err(Errno::EXIST) => read_key(folder),
        Err(error) => Err(error.into()),
    }
}

fn read_key(folder: &OwnedFd) -> io::Result<[u8; KEY_BYTES]> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(folder, KEY_FILE, flags, Mode::empty())?);
    if check_owned(&file, Mode::RWXG | Mode::RWXO)? != KEY_BYTES as u64 {
        return Err(io::Error::other("its size is wrong"));
    }
    let mut key = [0; KEY_BYTES];
    (&file).read_exact(&mut key)?;
    Ok(key)
}

/// Writes a new file of mode 0600 under a random name, which it returns. Torn writes of code are found by the MAC, so
/// only the key is worth a `sync`.
fn write_temporary(folder: &OwnedFd, parts: &[&[u8]], sync: bool) -> io::Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let name = format!(".tmp-{:016x}", u64::from_le_bytes(random));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, &name, flags, Mode::RUSR | Mode::WUSR)?);
    let written = parts
        .iter()
        .try_for_each(|part| file.write_all(part))
        .and_then(|()| if sync { file.sync_all() } else { Ok(()) });
    match written {
        Ok(()) => Ok(name),
        Err(error) => {
            let _ = unlinkat(folder, &name, AtFlags::empty());
            Err(error)
        }
    }
}

/// Code that a child of ours has compiled, and that could not be kept.
#[allow(unsafe_code)]
pub(crate) fn from_child(engine: &Engine, code: &[u8]) -> Result<Component, wasmtime::Error> {
    // SAFETY: `deserialize` needs what `Component::serialize` or `Engine::precompile_component` made. The only caller
    // has these bytes from a pipe to a process that it started from this program (or the one that the embedder vouches
    // for), which writes nothing else into it.
    unsafe { Component::deserialize(engine, code) }
}

/// What the engine's settings and version hash to: code from another one is under another name.
fn compatibility(engine: &Engine) -> String {
    struct ToBlake3(Hasher);

    impl std::hash::Hasher for ToBlake3 {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            0
        }
    }

    let mut hasher = ToBlake3(Hasher::new());
    std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut hasher);
    hasher.0.finalize().to_hex().chars().take(16).collect()
}

/// Maps compiled code that was checked.
#[allow(unsafe_code)]
fn map(engine: &Engine, file: &File) -> io::Result<Component> {
    // This names the open file itself, whatever has become of its name in the folder.
    let folder = if cfg!(target_os = "linux") {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    let path = format!("{folder}/{}", file.as_raw_fd());
    // SAFETY: `deserialize_file` needs a file that `Component::serialize` made and that nobody changes while it is
    // mapped. The only caller has just found, over this same open file, a MAC with a key that only this user can read,
    // and that is computed for nothing but the result of `serialize`, or of the same compiler in a child of ours; and
    // that nobody else may write it. We ourselves never write to a file after its rename.
    unsafe { Component::deserialize_file(engine, path) }
        .map_err(|error| io::Error::other(format!("{error:#}")))
}
