//! The folder of a run: its outputs, each path once, and run.json.

use std::collections::{BTreeMap, HashSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use remit_package::{Digest, RunDir};
use remit_policy::{display_safe, is_display_safe};
use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};

use super::flows::Flows;
use super::ready::Ready;
use crate::error::RunError;
use crate::report::{OutputFile, Provenance, RunReport};

/// The document about the run, in its folder.
pub(crate) const RUN_FILE: &str = "run.json";

/// Below it an agent's calls are kept.
pub(crate) const CALLS: &str = "calls";

/// So many files that plugins wrote are listed in run.json.
const MAX_LISTED: usize = 10_000;

pub(crate) struct Folder {
    dir: RunDir,
    made: Mutex<Made>,
    /// By plugin: the last step that called it.
    callers: Mutex<BTreeMap<String, String>>,
}

/// The files that templates made.
#[derive(Default)]
struct Made {
    files: BTreeMap<String, OutputFile>,
    /// Their paths as a disk knows them that does not tell small letters from large.
    taken: HashSet<String>,
}

impl Folder {
    /// Makes `ID` in `runs`, which is `runs/` of the current folder if not given; or uses the one that the caller chose.
    pub(crate) fn create(
        id: &str,
        out: Option<&Path>,
        runs: Option<&Path>,
    ) -> Result<Self, RunError> {
        let path = match out {
            Some(out) => {
                if std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
                    return Err(RunError::OutNotEmpty {
                        path: out.display().to_string(),
                    });
                }
                out.to_owned()
            }
            None => runs.unwrap_or(Path::new("runs")).join(id),
        };
        let dir = RunDir::create(&path)?;
        Ok(Self {
            dir,
            made: Mutex::default(),
            callers: Mutex::default(),
        })
    }

    /// Where run.json lies.
    pub(crate) fn account(&self) -> PathBuf {
        self.path().join(RUN_FILE)
    }

    pub(crate) fn dir(&self) -> &RunDir {
        &self.dir
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes run.json, whole.
    pub(crate) fn save(&self, report: &RunReport) -> Result<(), RunError> {
        let mut bytes =
            serde_json::to_vec_pretty(report).map_err(|e| RunError::Internal(e.to_string()))?;
        bytes.push(b'\n');
        Ok(self.dir.write(RUN_FILE, &bytes)?)
    }

    /// The same without waiting for the disk: for what is written again at the end.
    pub(crate) fn save_soon(&self, report: &RunReport) -> Result<(), RunError> {
        const TEMPORARY: &str = ".run.json.new";
        let mut bytes =
            serde_json::to_vec_pretty(report).map_err(|e| RunError::Internal(e.to_string()))?;
        bytes.push(b'\n');
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let dir = self.dir.dir();
        let write = || {
            // One that was left behind, or put there by a plugin.
            let _ = unlinkat(dir, TEMPORARY, AtFlags::empty());
            let file = openat(dir, TEMPORARY, flags, mode)?;
            std::fs::File::from(file).write_all(&bytes)?;
            renameat(dir, TEMPORARY, dir, RUN_FILE)?;
            Ok(())
        };
        write().map_err(|e: std::io::Error| RunError::io(format!("{{run}}/{RUN_FILE}"), e))
    }

    /// Takes the path of an output, which nothing else may have. It is written by [`put`](Self::put), after it has been
    /// recorded.
    pub(crate) fn claim(
        &self,
        step: &str,
        path: &str,
        bytes: &[u8],
        provenance: Provenance,
    ) -> Result<OutputFile, RunError> {
        let refuse = |reason: &str| RunError::OutputPath {
            path: display_safe(path, 200),
            reason: reason.to_owned(),
        };
        let folded = path.to_lowercase();
        if folded == RUN_FILE || folded.split('/').next() == Some(CALLS) {
            return Err(refuse("Remit keeps its own account of the run there"));
        }
        remit_package::check_output_path(path).map_err(|error| refuse(error.message()))?;
        if path.split('/').any(|part| part.starts_with('.')) {
            return Err(refuse(
                "a name in it begins with a dot, and would be hidden",
            ));
        }
        if !is_display_safe(path) {
            return Err(refuse("it holds characters that a person does not see"));
        }
        let collision = |by: String| RunError::OutputCollision {
            path: display_safe(path, 200),
            by,
        };
        // Taken before it is written, so that two items at once cannot both have it.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !made.taken.insert(folded) {
            let by = made.files.get(path).map(|other| other.step.clone());
            let by = by.unwrap_or_else(|| "of a name that differs only in case".to_owned());
            return Err(collision(format!("step {by}")));
        }
        if self.dir.dir().symlink_metadata(path).is_ok() {
            return Err(collision("a plugin".to_owned()));
        }
        let file = OutputFile {
            path: path.to_owned(),
            bytes: bytes.len() as u64,
            digest: Digest::of(bytes).to_string(),
            step: step.to_owned(),
            provenance,
        };
        made.files.insert(path.to_owned(), file.clone());
        Ok(file)
    }

    /// Writes an output, whole, where it has been claimed.
    pub(crate) fn put(&self, file: &OutputFile, bytes: &[u8]) -> Result<(), RunError> {
        self.dir.write(&file.path, bytes).map_err(|error| {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.files.remove(&file.path);
            RunError::OutputPath {
                path: display_safe(&file.path, 200),
                reason: error.message().to_owned(),
            }
        })
    }

    /// The files that templates made, or an agent handed in, so far.
    pub(crate) fn made(&self) -> Vec<OutputFile> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.files.values().cloned().collect()
    }

    /// Notes who called a plugin last.
    pub(crate) fn note_call(&self, plugin: &str, step: &str) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        callers.insert(plugin.to_owned(), step.to_owned());
    }

    /// All outputs: those of templates, and what plugins wrote into the run's folder. With them comes what kept others
    /// from being listed.
    pub(crate) fn outputs(
        &self,
        ready: &Ready,
        flows: &Flows,
    ) -> (Vec<OutputFile>, Result<(), RunError>) {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = made.files.clone();
        let callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut result = Ok(());
        for callee in ready.callees() {
            let Some(step) = callers.get(&callee.alias) else {
                continue;
            };
            for (folder, _) in callee.folders().filter(|(_, writes)| *writes) {
                if let Ok(below) = folder.strip_prefix(self.path()) {
                    let below = below.to_string_lossy().into_owned();
                    result = result.and(self.list(below, step, flows, &mut all));
                }
            }
        }
        (all.into_values().collect(), result)
    }

    fn list(
        &self,
        below: String,
        step: &str,
        flows: &Flows,
        all: &mut BTreeMap<String, OutputFile>,
    ) -> Result<(), RunError> {
        let mut waiting = vec![below];
        while let Some(folder) = waiting.pop() {
            let shown = if folder.is_empty() {
                "."
            } else {
                folder.as_str()
            };
            let fail = |e| RunError::io(format!("{{run}}/{}", display_safe(&folder, 200)), e);
            for entry in self.dir.dir().read_dir(shown).map_err(fail)? {
                let entry = entry.map_err(fail)?;
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                let kind = entry.file_type().map_err(fail)?;
                if kind.is_dir() && path != CALLS {
                    waiting.push(path);
                } else if kind.is_file() && path != RUN_FILE {
                    self.found(path, step, flows, all)?;
                }
            }
        }
        Ok(())
    }

    /// A file where a plugin may write: one of its own, or one of a template's that it may have changed.
    fn found(
        &self,
        path: String,
        step: &str,
        flows: &Flows,
        all: &mut BTreeMap<String, OutputFile>,
    ) -> Result<(), RunError> {
        if !all.contains_key(&path) && all.len() >= MAX_LISTED {
            return Ok(());
        }
        let (bytes, digest) = self.dir.digest(&path)?;
        let digest = digest.to_string();
        let known = all.get(&path);
        if known.is_some_and(|file| file.digest == digest) {
            return Ok(());
        }
        let file = OutputFile {
            bytes,
            digest,
            step: step.to_owned(),
            provenance: flows.find(&self.path().join(&path)),
            path,
        };
        all.insert(file.path.clone(), file);
        Ok(())
    }
}
