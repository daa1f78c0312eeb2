//! The folder of a run: its outputs, each path once, and run.json.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use remit_package::{Digest, RunDir};
use remit_policy::{Access, Grant, HostPath, display_safe};

use super::ready::Ready;
use crate::error::RunError;
use crate::report::{OutputFile, Provenance, RunReport};

/// The document about the run, in its folder.
const RUN_FILE: &str = "run.json";

/// So many files that plugins wrote are listed in run.json, and each is read for its digest up to this length.
const MAX_LISTED: usize = 10_000;
const MAX_DIGESTED: u64 = 256 << 20;

pub(super) struct Folder {
    dir: RunDir,
    made: Mutex<BTreeMap<String, OutputFile>>,
    /// What the files that each plugin wrote came from.
    written: Mutex<BTreeMap<String, (String, Provenance)>>,
}

impl Folder {
    /// Makes `runs/ID` in the current folder, or uses the one that the caller chose.
    pub(super) fn create(id: &str, out: Option<&Path>) -> Result<Self, RunError> {
        let path = match out {
            Some(out) => {
                if std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
                    return Err(RunError::OutNotEmpty {
                        path: out.display().to_string(),
                    });
                }
                out.to_owned()
            }
            None => PathBuf::from("runs").join(id),
        };
        let dir = RunDir::create(&path)?;
        Ok(Self {
            dir,
            made: Mutex::default(),
            written: Mutex::default(),
        })
    }

    pub(super) fn dir(&self) -> &RunDir {
        &self.dir
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes run.json, whole.
    pub(super) fn save(&self, report: &RunReport) -> Result<(), RunError> {
        let mut bytes =
            serde_json::to_vec_pretty(report).map_err(|e| RunError::Internal(e.to_string()))?;
        bytes.push(b'\n');
        Ok(self.dir.write(RUN_FILE, &bytes)?)
    }

    /// Writes one output, whole, at a path that nothing else has.
    pub(super) fn write(
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
        if path == RUN_FILE {
            return Err(refuse("Remit keeps its own account of the run there"));
        }
        let parts = || path.split('/');
        if parts().any(|part| part.is_empty() || part == "." || part == "..") {
            return Err(refuse(
                "it must be names joined by `/`, without `.` and `..`, below the run's folder",
            ));
        }
        if parts().any(|part| part.starts_with('.')) {
            return Err(refuse(
                "a name in it begins with a dot, and would be hidden",
            ));
        }
        let file = OutputFile {
            path: path.to_owned(),
            bytes: bytes.len() as u64,
            digest: Digest::of(bytes).to_string(),
            step: step.to_owned(),
            provenance,
        };
        // Taken before it is written, so that two items at once cannot both have it.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let collision = |by: String| RunError::OutputCollision {
            path: display_safe(path, 200),
            by,
        };
        if let Some(other) = made.get(path) {
            return Err(collision(format!("step {}", other.step)));
        }
        if self.dir.dir().symlink_metadata(path).is_ok() {
            return Err(collision("a plugin".to_owned()));
        }
        self.dir
            .write(path, bytes)
            .map_err(|error| refuse(error.message()))?;
        made.insert(path.to_owned(), file.clone());
        Ok(file)
    }

    /// Notes what a plugin knew when it was called: what it writes may hold that.
    pub(super) fn note_call(&self, plugin: &str, step: &str, provenance: &Provenance) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, joined) = written.entry(plugin.to_owned()).or_default();
        step.clone_into(last);
        joined.join(provenance);
        joined.plugins.insert(plugin.to_owned());
    }

    /// All outputs: those of templates, and what plugins wrote into the run's folder.
    pub(super) fn outputs(&self, ready: &Ready) -> Result<Vec<OutputFile>, RunError> {
        let mut all = self
            .made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        for callee in ready.callees() {
            let Some((step, provenance)) = written.get(&callee.alias) else {
                continue;
            };
            for grant in callee.authority.grants() {
                if let Grant::Files(files) = grant
                    && files.access == Access::Write
                    && let HostPath::Run(below) = &files.path
                {
                    self.list(below, step, provenance, &mut all)?;
                }
            }
        }
        Ok(all.into_values().collect())
    }

    fn list(
        &self,
        below: &str,
        step: &str,
        provenance: &Provenance,
        all: &mut BTreeMap<String, OutputFile>,
    ) -> Result<(), RunError> {
        let mut waiting = vec![below.to_owned()];
        while let Some(folder) = waiting.pop() {
            let shown = if folder.is_empty() {
                "."
            } else {
                folder.as_str()
            };
            let entries = self
                .dir
                .dir()
                .read_dir(shown)
                .map_err(|e| RunError::io(format!("{{run}}/{folder}"), e))?;
            for entry in entries.flatten() {
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                if kind.is_dir() {
                    waiting.push(path);
                } else if kind.is_file()
                    && path != RUN_FILE
                    && !all.contains_key(&path)
                    && all.len() < MAX_LISTED
                {
                    let bytes = self.dir.read(&path, MAX_DIGESTED)?;
                    let file = OutputFile {
                        path: path.clone(),
                        bytes: bytes.len() as u64,
                        digest: Digest::of(&bytes).to_string(),
                        step: step.to_owned(),
                        provenance: provenance.clone(),
                    };
                    all.insert(path, file);
                }
            }
        }
        Ok(())
    }
}
