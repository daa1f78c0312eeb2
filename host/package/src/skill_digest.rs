//! The digest of a skill: of the files that decide what it does.

use std::collections::BTreeMap;

use cap_std::fs::Dir;
use remit_policy::{Grant, HostPath, display_safe};
use sha2::{Digest as _, Sha256};

use crate::codes::Code;
use crate::digest::Digest;
use crate::error::PackageError;
use crate::folder::SkillDir;
use crate::lock::LOCK_FILE;
use crate::manifest::{MANIFEST_FILE, Manifest, OutputSchema, StepKind};
use crate::place::Place;
use crate::skill_doc::SKILL_FILE;

/// Templates and texts: the samples have a dozen files of some 50 KiB together.
const MAX_FILES: usize = 2_000;
const MAX_BYTES: u64 = 32 << 20;
/// Folders count too, or a skill of empty ones would be walked for minutes.
const MAX_ENTRIES: usize = 20_000;
/// Deeper than anyone nests, shallow enough to walk on a stack.
const MAX_DEPTH: usize = 32;

/// A skill's digest, and what it covers.
#[derive(Debug)]
pub(crate) struct Covered {
    /// Over all of it.
    pub digest: Digest,
    /// Each file, by its path in the skill's folder.
    files: BTreeMap<String, CoveredFile>,
}

/// A file that a skill's digest covers, as it was when the skill was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoveredFile {
    /// Of its content.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// Whether the name is that of a link, with the content of the file that it leads to.
    pub link: bool,
}

impl Covered {
    /// The digest of a file's content, if the skill's digest covers it. `rel` may hold `.` and `..`.
    pub fn file(&self, rel: &str) -> Option<&Digest> {
        let found = self.files.get(rel).or_else(|| self.files.get(&plain(rel)));
        found.map(|file| &file.digest)
    }

    /// The file of exactly this path.
    pub fn exactly(&self, rel: &str) -> Option<&CoveredFile> {
        self.files.get(rel)
    }

    /// Fails unless these bytes are what the digest covers under that name.
    pub fn check(&self, rel: &str, bytes: &[u8]) -> Result<(), PackageError> {
        let digest = self.file(rel).ok_or_else(|| not_covered(rel))?;
        if Digest::of(bytes) == *digest {
            return Ok(());
        }
        let shown = display_safe(rel, 300);
        let message = format!("{shown} was changed since the skill was opened");
        Err(PackageError::new(Code::DigestMismatch, message))
    }

    /// All of them, in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &CoveredFile)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }
}

pub(crate) fn not_covered(rel: &str) -> PackageError {
    let shown = display_safe(rel, 300);
    let message = format!("{shown} is not among the files that the skill's digest covers");
    PackageError::new(Code::FileNotCovered, message).hinted(
        "keep it outside of `runs/`, of hidden folders, and of folders that a `files` grant mounts",
    )
}

/// The path without `.` and `..`, by names alone: whose content is compared after it was read, so that a link cannot
/// make another file of it.
fn plain(rel: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in rel.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/")
}

/// Digests each file's path, size and digest, in the order of the paths. A link counts by where it points to, and by
/// the content of the file that is there.
///
/// Left out: what a `files` grant mounts from the skill, since that is data; hidden names; `runs/`; remit.lock,
/// which is written after the digest. What the procedure names is never left out.
pub(crate) fn digest_of(folder: &SkillDir, manifest: &Manifest) -> Result<Covered, PackageError> {
    let mut walk = Walk {
        folder,
        data: data_folders(manifest),
        lines: BTreeMap::new(),
        files: BTreeMap::new(),
        bytes: 0,
        entries: 0,
    };
    walk.enter(folder.dir(), "", 0)?;
    for named in named_files(manifest) {
        // One that is missing is found by `remit check`, with its step.
        if !walk.lines.contains_key(named) && folder.exists(named) {
            walk.file(named)?;
        }
    }
    let mut hasher = Sha256::new();
    for (path, line) in walk.lines {
        hasher.update(path.as_bytes());
        hasher.update(line.as_bytes());
    }
    Ok(Covered {
        digest: Digest::from(<[u8; 32]>::from(hasher.finalize())),
        files: walk.files,
    })
}

fn named_files(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let templates = manifest.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Template { template, .. } => Some(template.as_str()),
        _ => None,
    });
    let schemas = manifest.steps.iter().filter_map(|step| match &step.schema {
        Some(OutputSchema::File(file)) => Some(file.as_str()),
        _ => None,
    });
    templates.chain(schemas).chain([SKILL_FILE, MANIFEST_FILE])
}

/// The folders of the skill that plugins are given, as paths from its root; up to the first placeholder.
fn data_folders(manifest: &Manifest) -> Vec<String> {
    let grants = manifest.plugins.values().flat_map(|plugin| &plugin.grants);
    grants
        .filter_map(|grant| match grant {
            Grant::Files(files) => match &files.path {
                HostPath::Skill(path) => {
                    let known = path.split('{').next().unwrap_or_default();
                    let whole = if known.len() < path.len() {
                        known.rsplit_once('/').map_or("", |(folder, _)| folder)
                    } else {
                        known
                    };
                    Some(
                        whole
                            .trim_start_matches("./")
                            .trim_end_matches('/')
                            .to_owned(),
                    )
                }
                _ => None,
            },
            _ => None,
        })
        .collect()
}

struct Walk<'a> {
    folder: &'a SkillDir,
    data: Vec<String>,
    /// By path: the rest of its line.
    lines: BTreeMap<String, String>,
    /// By path: what it holds.
    files: BTreeMap<String, CoveredFile>,
    bytes: u64,
    entries: usize,
}

impl Walk<'_> {
    fn enter(&mut self, dir: &Dir, path: &str, depth: usize) -> Result<(), PackageError> {
        if depth > MAX_DEPTH {
            return Err(too_large(format!(
                "its folders are nested more than {MAX_DEPTH} deep"
            )));
        }
        let fail = |error| PackageError::io(display_safe(path, 300), error);
        for entry in dir.entries().map_err(fail)? {
            let entry = entry.map_err(fail)?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(too_large(format!(
                    "it holds more than {MAX_ENTRIES} files and folders"
                )));
            }
            let Ok(name) = entry.file_name().into_string() else {
                let path = display_safe(path, 300);
                let message = format!("a name in `./{path}` is not UTF-8");
                return Err(PackageError::new(Code::FileKind, message));
            };
            let inner = match path {
                "" => name.clone(),
                path => format!("{path}/{name}"),
            };
            if self.left_out(&name, &inner) {
                continue;
            }
            let kind = entry.file_type().map_err(fail)?;
            if kind.is_dir() {
                let dir = entry.open_dir().map_err(fail)?;
                self.enter(&dir, &inner, depth + 1)?;
            } else if kind.is_symlink() {
                let target = dir.read_link_contents(&name).map_err(fail)?;
                self.link(inner, target.as_os_str().as_encoded_bytes())?;
            } else {
                self.file(&inner)?;
            }
        }
        Ok(())
    }

    fn left_out(&self, name: &str, path: &str) -> bool {
        name.starts_with('.')
            || path == "runs"
            || path == LOCK_FILE
            || self.data.iter().any(|data| data == path || data.is_empty())
    }

    /// What is behind a link may lie in a folder that is left out, and still be what is read by the link's name.
    fn link(&mut self, path: String, target: &[u8]) -> Result<(), PackageError> {
        let mut line = format!("\0link\0{}", Digest::of(target));
        let leads_to_file = self.folder.dir().metadata(&path).is_ok_and(|m| m.is_file());
        if leads_to_file {
            line.push_str(&self.content(&path, true)?);
        }
        line.push('\n');
        self.keep(path, line)
    }

    fn file(&mut self, path: &str) -> Result<(), PackageError> {
        let mut line = self.content(path, false)?;
        line.push('\n');
        self.keep(path.to_owned(), line)
    }

    /// Size and digest of a file.
    fn content(&mut self, path: &str, link: bool) -> Result<String, PackageError> {
        let bytes = self
            .folder
            .read(path, MAX_BYTES - self.bytes)
            .map_err(|error| match error.kind() {
                Code::FileTooLarge => too_large(format!("it holds more than {MAX_BYTES} bytes")),
                _ => error,
            })?;
        let size = bytes.len() as u64;
        self.bytes += size;
        let digest = Digest::of(&bytes);
        let file = CoveredFile { digest, size, link };
        self.files.insert(path.to_owned(), file);
        Ok(format!("\0{size}\0{digest}"))
    }

    fn keep(&mut self, path: String, line: String) -> Result<(), PackageError> {
        if self.lines.len() == MAX_FILES {
            return Err(too_large(format!("it holds more than {MAX_FILES} files")));
        }
        self.lines.insert(path, line);
        Ok(())
    }
}

fn too_large(message: String) -> PackageError {
    PackageError::new(Code::SkillTooLarge, message)
        .at(Place::file("."))
        .hinted("keep data in folders that a `files` grant mounts: those are not counted")
}
