//! Unpacking what a stranger packed: beneath one folder, plain files and folders only, counted.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, OpenOptions};
use flate2::bufread::GzDecoder;
use remit_package::{MANIFEST_FILE, SKILL_FILE};
use remit_policy::display_safe;
use tar::{Archive, Entry, EntryType};

use super::names::{Names, Used, is_hidden, plain};
use super::{ANY_RATIO, MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED, RUNS};
use crate::error::RegistryError;

/// Bytes of one pax header: those that are let through hold a time or two.
const MAX_PAX: u64 = 64 << 10;
/// What pax headers may say, since it changes nothing here: times, owners, comments.
const HARMLESS: [&str; 8] = [
    "atime", "ctime", "mtime", "comment", "gid", "gname", "uid", "uname",
];

/// What came out of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// The skill's folder: the one that was given, or the only one in the archive.
    pub root: PathBuf,
    /// How many files were written.
    pub files: usize,
    /// Their bytes together.
    pub bytes: u64,
}

/// Unpacks a skill's tar.gz into `into`, an empty folder of the caller's. Hidden names and `runs/` are checked and left
/// out. After an error, what was written so far is still in `into` and nowhere else.
///
/// # Errors
/// `archive-unsafe` for anything but plain files and folders with plain names, each once; `archive-too-large`;
/// `archive-invalid` for what is damaged, cut short, or goes on after its end.
pub fn unpack(archive: &Path, into: &Path) -> Result<Unpacked, RegistryError> {
    let what = crate::fetch::shown(archive);
    let fail = |error| RegistryError::io(archive, error);
    let file = File::open(archive).map_err(fail)?;
    let packed = file.metadata().map_err(fail)?.len();
    let dir = Dir::open_ambient_dir(into, ambient_authority())
        .map_err(|error| RegistryError::io(into, error))?;
    let most = MAX_UNPACKED.min(ANY_RATIO.max(packed.saturating_mul(MAX_RATIO)));
    // The tar's own blocks come on top of the files': as much as so many entries can have.
    let gzip = GzDecoder::new(BufReader::new(file));
    let mut tar = Archive::new(gzip.take(most + MAX_ENTRIES as u64 * 2048));
    let mut unpacking = Unpacking {
        what: &what,
        dir: &dir,
        into,
        names: Names::default(),
        made: BTreeSet::new(),
        most,
        entries: 0,
        files: 0,
        bytes: 0,
    };
    let invalid = |error: io::Error| invalid(&what, &error);
    for entry in tar.entries().map_err(invalid)?.raw(true) {
        unpacking.entry(entry.map_err(invalid)?)?;
    }
    let (files, bytes) = (unpacking.files, unpacking.bytes);
    end_of(tar.into_inner(), &what)?;
    Ok(Unpacked {
        root: root_of(&dir, into, &what)?,
        files,
        bytes,
    })
}

/// Results of runs that were packed with a skill are not the skill's.
fn drop_runs(skill: &Dir) -> io::Result<()> {
    if skill.is_dir(RUNS) {
        skill.remove_dir_all(RUNS)?;
    }
    Ok(())
}

struct Unpacking<'a> {
    what: &'a str,
    dir: &'a Dir,
    into: &'a Path,
    names: Names,
    /// Folders that are there already.
    made: BTreeSet<String>,
    most: u64,
    entries: usize,
    files: usize,
    bytes: u64,
}

impl Unpacking<'_> {
    fn entry<R: Read>(&mut self, mut entry: Entry<'_, R>) -> Result<(), RegistryError> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES || self.names.len() > MAX_ENTRIES {
            return Err(self.too_large(format!("more than {MAX_ENTRIES} files and folders")));
        }
        let kind = entry.header().entry_type();
        match kind {
            EntryType::Regular | EntryType::Directory => {}
            EntryType::XHeader | EntryType::XGlobalHeader => return self.pax(&mut entry),
            other => return Err(self.refused(name_of(other))),
        }
        // Old forms mark a folder by a slash at the end of a file's name.
        let raw = path_of(&entry);
        if kind == EntryType::Regular && raw.ends_with(b"/") {
            return Err(self.refused("a file has a folder's name"));
        }
        let path = plain(&raw).map_err(|why| self.refused(why))?.to_owned();
        let size = entry
            .header()
            .size()
            .map_err(|error| invalid(self.what, &error))?;
        if path.is_empty() {
            return match kind {
                EntryType::Directory if size == 0 => Ok(()),
                _ => Err(self.refused("a file has no name")),
            };
        }
        if kind == EntryType::Directory {
            if size > 0 {
                return Err(self.refused("a folder has content"));
            }
            self.take(&path, Used::Folder)?;
            return match is_hidden(&path) {
                true => Ok(()),
                false => self.folder(&path),
            };
        }
        self.take(&path, Used::File)?;
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.most {
            return Err(self.too_large(format!("more than {} bytes", self.most)));
        }
        if is_hidden(&path) {
            return Ok(());
        }
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.folder(parent)?;
        }
        self.file(&path, &mut entry, size)
    }

    fn take(&mut self, path: &str, used: Used) -> Result<(), RegistryError> {
        let taken = self.names.take(path, used);
        taken.map_err(|why| self.refused(why))
    }

    fn folder(&mut self, path: &str) -> Result<(), RegistryError> {
        if !self.made.insert(path.to_owned()) {
            return Ok(());
        }
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        (self.dir.create_dir_with(path, &builder))
            .map_err(|error| RegistryError::io(&self.into.join(path), error))
    }

    fn file(
        &mut self,
        path: &str,
        content: &mut impl Read,
        size: u64,
    ) -> Result<(), RegistryError> {
        let fail = |error| RegistryError::io(&self.into.join(path), error);
        // New, so that nothing that is there is written through.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = self.dir.open_with(path, &options).map_err(fail)?;
        let mut space = [0_u8; 16 * 1024];
        let mut written = 0_u64;
        loop {
            let count = content
                .read(&mut space)
                .map_err(|error| invalid(self.what, &error))?;
            if count == 0 {
                break;
            }
            let piece = space.get(..count).unwrap_or_default();
            io::Write::write_all(&mut file, piece).map_err(fail)?;
            written += count as u64;
        }
        if written != size {
            let error = io::Error::other("a file in it is cut short");
            return Err(invalid(self.what, &error));
        }
        self.files += 1;
        Ok(())
    }

    /// A pax header that says nothing that matters is passed over; one that would rename, resize or link is refused.
    fn pax<R: Read>(&self, entry: &mut Entry<'_, R>) -> Result<(), RegistryError> {
        let mut text = Vec::new();
        entry
            .take(MAX_PAX + 1)
            .read_to_end(&mut text)
            .map_err(|error| invalid(self.what, &error))?;
        if text.len() as u64 > MAX_PAX {
            return Err(self.too_large(format!("a pax header of more than {MAX_PAX} bytes")));
        }
        let mut rest = text.as_slice();
        while !rest.is_empty() {
            let Some((key, after)) = pax_record(rest) else {
                return Err(self.refused("a pax header that cannot be read"));
            };
            if !HARMLESS.contains(&key) {
                let key = display_safe(key, 40);
                return Err(self.refused(format!("a pax header sets `{key}`")));
            }
            rest = after;
        }
        Ok(())
    }

    fn refused(&self, why: impl Into<String>) -> RegistryError {
        RegistryError::ArchiveUnsafe {
            what: self.what.to_owned(),
            why: why.into(),
        }
    }

    fn too_large(&self, why: String) -> RegistryError {
        RegistryError::ArchiveTooLarge {
            what: self.what.to_owned(),
            why,
        }
    }
}

/// The key of the first record `LENGTH KEY=VALUE\n`, and what follows it.
fn pax_record(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let space = bytes.iter().position(|b| *b == b' ')?;
    let length: usize = std::str::from_utf8(bytes.get(..space)?)
        .ok()?
        .parse()
        .ok()?;
    let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|b| *b == b'=')?;
    let key = std::str::from_utf8(record.get(..equals)?).ok()?;
    Some((key, bytes.get(length..)?))
}

/// The path as the header has it: in ustar's two parts where they are, and nowhere else.
fn path_of<R: Read>(entry: &Entry<'_, R>) -> Vec<u8> {
    let until_nul = |field: &[u8]| -> Vec<u8> {
        let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
        field.get(..end).unwrap_or_default().to_vec()
    };
    let header = entry.header();
    match header.as_ustar() {
        Some(ustar) => {
            let (name, prefix) = (until_nul(&ustar.name), until_nul(&ustar.prefix));
            if prefix.is_empty() {
                return name;
            }
            [prefix.as_slice(), b"/", name.as_slice()].concat()
        }
        None => until_nul(&header.as_old().name),
    }
}

fn name_of(kind: EntryType) -> String {
    match kind {
        EntryType::Link => "a hard link".to_owned(),
        EntryType::Symlink => "a symbolic link".to_owned(),
        EntryType::Char | EntryType::Block => "a device".to_owned(),
        EntryType::Fifo => "a pipe".to_owned(),
        EntryType::GNULongName | EntryType::GNULongLink => {
            "a name of more than 100 bytes in GNU's own form".to_owned()
        }
        EntryType::GNUSparse => "a sparse file".to_owned(),
        other => format!("an entry of the unknown kind {}", other.as_byte()),
    }
}

/// After the last entry come zeros to the end of the only gzip member, and nothing after that.
fn end_of(mut rest: io::Take<GzDecoder<BufReader<File>>>, what: &str) -> Result<(), RegistryError> {
    let mut space = [0_u8; 16 * 1024];
    loop {
        let count = rest
            .read(&mut space)
            .map_err(|error| invalid(what, &error))?;
        if count == 0 {
            break;
        }
        if space.iter().take(count).any(|byte| *byte != 0) {
            let error = io::Error::other("something follows after its end");
            return Err(invalid(what, &error));
        }
    }
    if rest.limit() == 0 {
        return Err(RegistryError::ArchiveTooLarge {
            what: what.to_owned(),
            why: "it is mostly padding".to_owned(),
        });
    }
    let mut file = rest.into_inner().into_inner();
    match file.read(&mut space) {
        Ok(0) => Ok(()),
        Ok(_) => {
            let error = io::Error::other("something follows after its end");
            Err(invalid(what, &error))
        }
        Err(error) => Err(invalid(what, &error)),
    }
}

fn invalid(what: &str, error: &io::Error) -> RegistryError {
    RegistryError::ArchiveInvalid {
        what: what.to_owned(),
        why: display_safe(&error.to_string(), 200),
    }
}

/// Where the skill is: `tar` usually packs a folder with its name.
fn root_of(dir: &Dir, into: &Path, what: &str) -> Result<PathBuf, RegistryError> {
    let is_skill = |dir: &Dir| dir.is_file(SKILL_FILE) || dir.is_file(MANIFEST_FILE);
    let fail = |error| RegistryError::io(into, error);
    if is_skill(dir) {
        drop_runs(dir).map_err(fail)?;
        return Ok(into.to_path_buf());
    }
    let mut entries = dir.entries().map_err(fail)?;
    if let (Some(only), None) = (entries.next(), entries.next()) {
        let only = only.map_err(fail)?;
        if only.file_type().map_err(fail)?.is_dir() {
            let inner = only.open_dir().map_err(fail)?;
            if is_skill(&inner) {
                drop_runs(&inner).map_err(fail)?;
                return Ok(into.join(only.file_name()));
            }
        }
    }
    Err(RegistryError::ArchiveInvalid {
        what: what.to_owned(),
        why: format!("it holds no skill, which is a folder with {SKILL_FILE}"),
    })
}
