//! A skill's folder as an archive: the same folder gives the same bytes, whoever packs it, when and where.

use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder, write::GzEncoder};
use remit_package::{Digest, SkillDir};
use remit_policy::display_safe;
use tar::{EntryType, Header};

use super::names::{Names, Used, is_hidden, plain};
use super::{MAX_ENTRIES, MAX_UNPACKED, RUNS};
use crate::error::RegistryError;
use crate::limits::MAX_CONTENT_BYTES;

/// A packed skill.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The archive.
    pub bytes: Vec<u8>,
    /// Its sha256.
    pub digest: Digest,
    /// The files in it, sorted.
    pub files: Vec<String>,
}

/// Packs a folder under its name: its files in the order of their paths, without times, owners and modes. Hidden names
/// and `runs/` are left out.
///
/// # Errors
/// `archive-unsafe` for a link, a device or a name that [`unpack`](super::unpack) would refuse; `archive-too-large`.
pub fn pack(folder: &Path) -> Result<Packed, RegistryError> {
    let skill = SkillDir::open(folder)?;
    let what = crate::fetch::shown(folder);
    // A skill has the name of its folder, which so goes with it.
    let top = skill.path().file_name().and_then(|name| name.to_str());
    let Some(top) = top.filter(|name| !is_hidden(name)) else {
        return Err(refused(&what, "its folder has no name that can be packed"));
    };
    let mut walk = Walk {
        what,
        top,
        skill: &skill,
        files: Vec::new(),
        entries: 0,
    };
    walk.enter(skill.dir(), "")?;
    let Walk {
        what, mut files, ..
    } = walk;
    files.sort_unstable();
    let mut names = Names::default();
    for file in &files {
        names
            .take(file, Used::File)
            .map_err(|why| refused(&what, why))?;
    }
    let bytes = write(&skill, &what, top, &files)?;
    if bytes.len() as u64 > MAX_CONTENT_BYTES {
        return Err(RegistryError::ArchiveTooLarge {
            what,
            why: format!("its archive has more than {MAX_CONTENT_BYTES} bytes"),
        });
    }
    Ok(Packed {
        digest: Digest::of(&bytes),
        bytes,
        files,
    })
}

struct Walk<'a> {
    what: String,
    /// The folder's name, under which all of it lies.
    top: &'a str,
    skill: &'a SkillDir,
    files: Vec<String>,
    entries: usize,
}

impl Walk<'_> {
    /// Depth is bounded by [`plain`].
    fn enter(&mut self, dir: &cap_std::fs::Dir, path: &str) -> Result<(), RegistryError> {
        let fail = |error| RegistryError::io(&self.skill.path().join(path), error);
        for entry in dir.entries().map_err(fail)? {
            let entry = entry.map_err(fail)?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(RegistryError::ArchiveTooLarge {
                    what: self.what.clone(),
                    why: format!("more than {MAX_ENTRIES} files and folders"),
                });
            }
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(refused(&self.what, "a name is not UTF-8"));
            };
            let inner = match path {
                "" => name.to_owned(),
                path => format!("{path}/{name}"),
            };
            if is_hidden(name) || inner == RUNS {
                continue;
            }
            let packed = format!("{}/{inner}", self.top);
            plain(packed.as_bytes()).map_err(|why| refused(&self.what, why))?;
            let kind = entry.file_type().map_err(fail)?;
            if kind.is_dir() {
                self.enter(&entry.open_dir().map_err(fail)?, &inner)?;
            } else if kind.is_file() {
                self.files.push(inner);
            } else {
                let kind = if kind.is_symlink() {
                    "a link"
                } else {
                    "no plain file"
                };
                let shown = display_safe(&inner, 100);
                return Err(refused(&self.what, format!("`{shown}` is {kind}")));
            }
        }
        Ok(())
    }
}

fn write(
    skill: &SkillDir,
    what: &str,
    top: &str,
    files: &[String],
) -> Result<Vec<u8>, RegistryError> {
    let fail = |error| RegistryError::Io {
        what: what.to_owned(),
        source: error,
    };
    // 255: no system that it was made on.
    let gzip = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    let mut left = MAX_UNPACKED;
    for file in files {
        let bytes = skill.read(file, left).map_err(|error| match error.kind() {
            remit_package::Code::FileTooLarge => RegistryError::ArchiveTooLarge {
                what: what.to_owned(),
                why: format!("more than {MAX_UNPACKED} bytes"),
            },
            _ => error.into(),
        })?;
        left -= bytes.len() as u64;
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        header.set_path(format!("{top}/{file}")).map_err(|_| {
            let shown = display_safe(file, 100);
            refused(
                what,
                format!("the path `{shown}` is too long for an archive"),
            )
        })?;
        header.set_cksum();
        archive.append(&header, bytes.as_slice()).map_err(fail)?;
    }
    let gzip: GzEncoder<Vec<u8>> = archive.into_inner().map_err(fail)?;
    let mut bytes = gzip.finish().map_err(fail)?;
    bytes.flush().map_err(fail)?;
    Ok(bytes)
}

fn refused(what: &str, why: impl Into<String>) -> RegistryError {
    RegistryError::ArchiveUnsafe {
        what: what.to_owned(),
        why: why.into(),
    }
}
