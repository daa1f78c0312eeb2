//! The digest of a skill: of the files that decide what it does.

use cap_std::fs::Dir;
use remit_policy::{Grant, HostPath};
use sha2::{Digest as _, Sha256};

use crate::codes::Code;
use crate::digest::Digest;
use crate::error::PackageError;
use crate::folder::SkillDir;
use crate::lock::LOCK_FILE;
use crate::manifest::{MANIFEST_FILE, Manifest, StepKind};
use crate::place::Place;
use crate::skill_doc::SKILL_FILE;

/// Templates and texts: the samples have a dozen files of some 50 KiB together.
const MAX_FILES: usize = 2_000;
const MAX_BYTES: u64 = 32 << 20;
/// Deeper than anyone nests, shallow enough to walk on a stack.
const MAX_DEPTH: usize = 32;

/// Digests each file's path, size and digest, in the order of the paths. A link counts by where it points to.
///
/// Left out: what a `files` grant mounts from the skill, since that is data; hidden names; `runs/`; remit.lock,
/// which is written after the digest. What the procedure names is never left out.
pub(crate) fn digest_of(folder: &SkillDir, manifest: &Manifest) -> Result<Digest, PackageError> {
    let mut walk = Walk {
        folder,
        data: data_folders(manifest),
        files: Vec::new(),
        bytes: 0,
    };
    walk.enter(folder.dir(), "", 0)?;
    for named in named_files(manifest) {
        // One that is missing is found by `remit check`, with its step.
        if !walk.files.iter().any(|(path, _)| path == named) && folder.exists(named) {
            walk.file(named)?;
        }
    }
    walk.files.sort();
    let mut hasher = Sha256::new();
    for (path, line) in walk.files {
        hasher.update(path.as_bytes());
        hasher.update(line.as_bytes());
    }
    Ok(Digest::from(<[u8; 32]>::from(hasher.finalize())))
}

fn named_files(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let templates = manifest.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Template { template, .. } => Some(template.as_str()),
        _ => None,
    });
    templates.chain([SKILL_FILE, MANIFEST_FILE])
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
    /// Path, and the rest of its line.
    files: Vec<(String, String)>,
    bytes: u64,
}

impl Walk<'_> {
    fn enter(&mut self, dir: &Dir, path: &str, depth: usize) -> Result<(), PackageError> {
        if depth > MAX_DEPTH {
            return Err(too_large(format!(
                "its folders are nested more than {MAX_DEPTH} deep"
            )));
        }
        let fail = |error| PackageError::io(remit_policy::display_safe(path, 300), error);
        for entry in dir.entries().map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let Ok(name) = entry.file_name().into_string() else {
                let message = format!("a name in `{path}` is not UTF-8");
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
                let target = Digest::of(target.as_os_str().as_encoded_bytes());
                self.keep(inner, format!("\0link\0{target}\n"))?;
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

    fn file(&mut self, path: &str) -> Result<(), PackageError> {
        let bytes = self
            .folder
            .read(path, MAX_BYTES - self.bytes)
            .map_err(|error| match error.kind() {
                Code::FileTooLarge => too_large(format!("it holds more than {MAX_BYTES} bytes")),
                _ => error,
            })?;
        self.bytes += bytes.len() as u64;
        self.keep(
            path.to_owned(),
            format!("\0{}\0{}\n", bytes.len(), Digest::of(&bytes)),
        )
    }

    fn keep(&mut self, path: String, line: String) -> Result<(), PackageError> {
        if self.files.len() == MAX_FILES {
            return Err(too_large(format!("it holds more than {MAX_FILES} files")));
        }
        self.files.push((path, line));
        Ok(())
    }
}

fn too_large(message: String) -> PackageError {
    PackageError::new(Code::SkillTooLarge, message)
        .at(Place::file("."))
        .hinted("keep data in folders that a `files` grant mounts: those are not counted")
}
