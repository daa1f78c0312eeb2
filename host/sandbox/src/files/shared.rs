//! What all operations of one call share: who decides, where decisions go, what is counted.

use super::quota::{Exceeded, Quota, What};
use super::stop::{Stop, code_of};
use crate::{Decision, Journal, Meter};
use remit_policy::{
    Access, Authority, ByteSize, Denial, DenialCode, FilesGrant, Grant, Layer, MountId, RuleId,
    display_safe,
};
use std::collections::HashSet;
use std::fs::File;
use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime_wasi::filesystem::Dir;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// The most descriptors, streams over dropped ones and listings that a call may hold open at once. A process has 1024
/// by default (RLIMIT_NOFILE), and runs several calls at a time.
pub(super) const MAX_OPEN: u64 = 128;

/// The most streams that a call may hold at once: for each, up to 64 KiB of a file lie in the host's memory, which is
/// not the guest's and so not under its limit.
pub(super) const MAX_STREAMS: u64 = 128;

/// The most folders that a path may lead through where something is made: deeper trees break other programs' walks.
pub(super) const MAX_DEPTH: usize = 64;

/// How many folders' looks are remembered, so that looking at each file of a folder is one record.
const MAX_LOOKED: usize = 4096;

/// One mounted folder.
pub(super) struct Mounted {
    pub(super) id: MountId,
    /// Its path in the guest.
    pub(super) guest: String,
    pub(super) grant: FilesGrant,
    /// Whether all three layers let the guest write.
    pub(super) access: Access,
    pub(super) dir: Dir,
    pub(super) device: Option<u64>,
    pub(super) quota: Quota,
    /// Held while something is added to a file, so that what is counted is what is added: a guest may have several
    /// writes under way.
    pub(super) adding: Mutex<()>,
}

impl Mounted {
    /// A path of this mount as the guest writes it, made safe to show.
    pub(super) fn shown(&self, path: &str) -> String {
        let text = match path {
            "" | "." => self.guest.clone(),
            absolute if absolute.starts_with('/') => absolute.to_owned(),
            path if self.guest.ends_with('/') => format!("{}{path}", self.guest),
            path => format!("{}/{path}", self.guest),
        };
        display_safe(&text, 300)
    }

    fn rule(&self) -> RuleId {
        RuleId {
            layer: Layer::Grant,
            index: self.id.index(),
            text: Grant::Files(self.grant.clone()).to_string().into(),
        }
    }
}

/// See the module.
pub(super) struct Shared {
    pub(super) authority: Arc<Authority>,
    pub(super) meter: Arc<Meter>,
    journal: Arc<Journal>,
    /// Keys the hashes that stand for a file's identity, so that a guest learns no inode number.
    pub(super) key: RandomState,
    open: AtomicU64,
    streams: AtomicU64,
    over: AtomicBool,
    looked: Mutex<HashSet<String>>,
}

/// One place among those of its kind.
pub(super) struct Slot {
    shared: Arc<Shared>,
    kind: SlotKind,
}

#[derive(Clone, Copy)]
enum SlotKind {
    Open,
    Stream,
}

impl SlotKind {
    fn of(self, shared: &Shared) -> (&AtomicU64, u64, &'static str) {
        match self {
            SlotKind::Open => (&shared.open, MAX_OPEN, "files"),
            SlotKind::Stream => (&shared.streams, MAX_STREAMS, "streams of files"),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let (counter, ..) = self.kind.of(&self.shared);
        counter.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    pub(super) fn new(
        authority: Arc<Authority>,
        journal: Arc<Journal>,
        meter: Arc<Meter>,
    ) -> Shared {
        Shared {
            authority,
            meter,
            journal,
            key: RandomState::new(),
            open: AtomicU64::new(0),
            streams: AtomicU64::new(0),
            over: AtomicBool::new(false),
            looked: Mutex::new(HashSet::new()),
        }
    }

    /// To be called when the call ends: what still waits for a thread is not done, nor recorded, any more.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    pub(super) fn alive(&self) -> Result<(), Stop> {
        match self.over.load(Ordering::Acquire) {
            true => Err(Stop::Over),
            false => Ok(()),
        }
    }

    /// Whether something that is open may be used further: an approval may be withdrawn meanwhile.
    pub(super) fn standing(&self, action: &str) -> Result<(), Stop> {
        self.alive()?;
        Ok(self.journal.standing("files", action)?)
    }

    /// A place for one more descriptor or listing.
    pub(super) fn slot(self: &Arc<Shared>) -> Result<Arc<Slot>, Stop> {
        self.one_more(SlotKind::Open).map(Arc::new)
    }

    /// A place for one more stream.
    pub(super) fn stream_slot(self: &Arc<Shared>) -> Result<Slot, Stop> {
        self.one_more(SlotKind::Stream)
    }

    fn one_more(self: &Arc<Shared>, kind: SlotKind) -> Result<Slot, Stop> {
        let (counter, max, what) = kind.of(self);
        let taken = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| {
            (open < max).then_some(open + 1)
        });
        if taken.is_ok() {
            return Ok(Slot {
                shared: self.clone(),
                kind,
            });
        }
        let reason = format!("the call has {max} {what} open already");
        let denial = Denial::new(DenialCode::FileQuota, &format!("open {what}"), reason);
        self.deny("open", denial)?;
        Err(Stop::Code(ErrorCode::InsufficientMemory))
    }

    /// Records that something is allowed; only then it may be done.
    pub(super) fn allow(&self, action: &str, asked: &str, rule: &RuleId) -> Result<(), Stop> {
        self.alive()?;
        let decision = Decision::allowed("files", action, asked, Some(rule.clone()));
        Ok(self.journal.record(&decision)?)
    }

    /// The same for a mere look at a file's metadata, recorded once for each folder: a plugin may look at every message
    /// of a mailbox before it opens one.
    pub(super) fn allow_look(&self, folder: &str, rule: &RuleId) -> Result<(), Stop> {
        {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            if looked.contains(folder) {
                return self.standing("look");
            }
            if looked.len() < MAX_LOOKED {
                looked.insert(folder.to_owned());
            }
        }
        self.allow("look", folder, rule)
    }

    /// Records a denial, and gives what the guest is told.
    pub(super) fn deny(&self, action: &str, denial: Denial) -> Result<ErrorCode, Stop> {
        self.alive()?;
        let code = code_of(denial.code);
        self.journal
            .record(&Decision::denied("files", action, denial))?;
        Ok(code)
    }

    /// The same, ready to return.
    pub(super) fn refuse(&self, action: &str, denial: Denial) -> Stop {
        self.deny(action, denial)
            .map_or_else(|stop| stop, Stop::Code)
    }

    /// Takes from a mount's quota, or records why not.
    pub(super) fn take(
        &self,
        mounted: &Mounted,
        action: &str,
        asked: &str,
        bytes: u64,
        entries: u64,
    ) -> Result<(), Stop> {
        if bytes == 0 && entries == 0 {
            return Ok(());
        }
        match mounted.quota.take(bytes, entries) {
            Ok(()) => {
                self.meter.file_bytes.fetch_add(bytes, Ordering::Relaxed);
                self.meter
                    .file_entries
                    .fetch_add(entries, Ordering::Relaxed);
                Ok(())
            }
            Err(exceeded) => Err(self.refuse(action, over_quota(mounted, asked, exceeded))),
        }
    }
}

/// A file that is open for writing.
#[derive(Clone)]
pub(super) struct Written {
    pub(super) mounted: Arc<Mounted>,
    pub(super) file: Arc<File>,
    /// Its path, as shown.
    pub(super) asked: String,
    /// Whether it had holes when it was opened.
    pub(super) has_holes: bool,
}

fn over_quota(mounted: &Mounted, asked: &str, exceeded: Exceeded) -> Denial {
    let mut grant = mounted.grant.clone();
    let Exceeded { what, needed, max } = exceeded;
    let reason = match what {
        What::Bytes => {
            grant.max_bytes = Some(ByteSize::bytes(needed));
            format!("one call may add {} there", ByteSize::bytes(max))
        }
        What::Entries => {
            grant.max_entries = u32::try_from(needed).ok();
            format!("one call may add {max} files and folders there")
        }
    };
    Denial {
        layer: Some(Layer::Grant),
        rule: Some(mounted.rule()),
        // No grant lets a file become as large as a number can be.
        narrowest: (needed < 1 << 40).then_some(Grant::Files(grant)),
        ..Denial::new(DenialCode::FileQuota, asked, reason)
    }
}
