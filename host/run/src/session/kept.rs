//! The exact calls of a session: `calls/N.json` in its folder, and how much a session keeps.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use remit_package::RunDir;
use rustix::fs::{AtFlags, Mode, OFlags, openat, unlinkat};
use serde_json::json;

use super::error::SessionError;
use crate::error::RunError;
use crate::report::ErrorRecord;
use crate::steps::CALLS;

/// Calls and outputs of one session, in bytes.
pub(super) const QUOTA: u64 = 256 << 20;
/// A file takes this much at least, so that there are not too many.
const LEAST: u64 = 1024;

/// What a session has kept.
pub(super) struct Kept {
    folder: OwnedFd,
    bytes: AtomicU64,
    last: AtomicU64,
}

impl Kept {
    /// Makes the folder for the calls. It is held open: a plugin that may write into the run's folder can move it, and
    /// lead nothing elsewhere.
    pub(super) fn create(dir: &RunDir) -> Result<Self, RunError> {
        dir.make_folder(CALLS)?;
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = openat(dir.dir(), CALLS, flags, Mode::empty())
            .map_err(|e| RunError::io(format!("{{run}}/{CALLS}"), e.into()))?;
        Ok(Self {
            folder,
            bytes: AtomicU64::new(0),
            last: AtomicU64::new(0),
        })
    }

    /// The number of the next call, from 1.
    pub(super) fn number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn refuse_if_full(&self) -> Result<(), RunError> {
        match self.bytes.load(Ordering::Relaxed) < QUOTA {
            true => Ok(()),
            false => Err(SessionError::Full { quota: QUOTA }.into()),
        }
    }

    /// Takes so many bytes of the quota. Where there are not so many, the session is full from then on.
    pub(super) fn take(&self, bytes: u64) -> Result<(), RunError> {
        let more = |taken: u64| Some(taken.saturating_add(bytes).min(QUOTA));
        let before = self
            .bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .unwrap_or(QUOTA);
        match before.saturating_add(bytes) <= QUOTA {
            true => Ok(()),
            false => Err(SessionError::Full { quota: QUOTA }.into()),
        }
    }

    fn write(&self, number: u64, text: &str) -> Result<(), RunError> {
        let name = format!("{number}.json");
        let failed = |e: std::io::Error| RunError::io(format!("{{run}}/{CALLS}/{number}.json"), e);
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = match openat(&self.folder, &name, flags, mode) {
            // A plugin that may write here put something in its place.
            Err(rustix::io::Errno::EXIST) => unlinkat(&self.folder, &name, AtFlags::empty())
                .and_then(|()| openat(&self.folder, &name, flags, mode)),
            made => made,
        };
        let mut file = File::from(file.map_err(|e| failed(e.into()))?);
        file.write_all(text.as_bytes()).map_err(failed)
    }
}

/// What is kept of a call that goes on. One that is given up is kept too.
pub(super) struct Note<'a> {
    kept: &'a Kept,
    pub(super) number: u64,
    /// The document's beginning; nothing once it is written.
    text: String,
}

/// How a call ended.
pub(super) struct End<'a> {
    pub(super) step: Option<&'a str>,
    pub(super) audit: Option<u64>,
    /// What the plugin returned, exactly.
    pub(super) output: Option<&'a str>,
    pub(super) error: Option<&'a ErrorRecord>,
}

impl<'a> Note<'a> {
    pub(super) fn new(kept: &'a Kept, plugin: &str, operation: &str, arguments: &str) -> Self {
        let number = kept.number();
        let (plugin, operation) = (json!(plugin), json!(operation));
        let started = crate::time::now();
        let text = format!(
            "{{\"n\":{number},\"plugin\":{plugin},\"operation\":{operation},\"arguments\":{arguments},\"started\":\"{started}\""
        );
        Self { kept, number, text }
    }

    /// Writes it down.
    ///
    /// # Errors
    /// If it cannot be written. What does not fit the quota is left out, which the document says.
    pub(super) fn end(mut self, end: End<'_>) -> Result<(), RunError> {
        self.write(&end)
    }

    fn write(&mut self, end: &End<'_>) -> Result<(), RunError> {
        use std::fmt::Write as _;
        let mut text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return Ok(());
        }
        let mut facts = String::new();
        if let Some(step) = end.step {
            let _ = write!(facts, ",\"step\":{}", json!(step));
        }
        let outcome = end.error.map_or("ok", |error| error.code.as_str());
        let _ = write!(facts, ",\"outcome\":{}", json!(outcome));
        if let Some(audit) = end.audit {
            let _ = write!(facts, ",\"audit\":{audit}");
        }
        text.push_str(&facts);
        match (end.output, end.error) {
            (Some(output), _) => {
                let _ = write!(text, ",\"result\":{output}");
            }
            (None, Some(error)) => {
                let _ = write!(text, ",\"error\":{}", json!(error));
            }
            (None, None) => {}
        }
        text.push_str("}\n");
        if self.kept.take((text.len() as u64).max(LEAST)).is_err() {
            // The last file of a session that is full from now on.
            let bytes = text.len();
            text = format!("{{\"n\":{}{facts},\"left_out\":{bytes}}}\n", self.number);
        }
        self.kept.write(self.number, &text)
    }
}

impl Drop for Note<'_> {
    fn drop(&mut self) {
        let given_up = crate::steps::record(&RunError::Cancelled);
        let end = End {
            step: None,
            audit: None,
            output: None,
            error: Some(&given_up),
        };
        if let Err(error) = self.write(&end) {
            tracing::error!("a call that was given up could not be kept: {error}");
        }
    }
}
