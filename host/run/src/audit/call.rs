//! The records of one call, of an operation or of `describe`: its decisions as they fall, and the call itself before its
//! result is handed on.

use std::sync::{Arc, Mutex, PoisonError};

use remit_policy::{Denial, display_safe};
use remit_sandbox::{Decision, RecordError, Recorder};

use super::error::AuditError;
use super::record::{DecisionEntry, Entry};
use super::writer::AuditLog;
use crate::approvals::Standing;

/// So many decisions about files wait in memory before they are written together.
const GROUP: usize = 32;

/// Records the decisions of one call. What leaves the machine (a request, a secret) and what is refused is written
/// before it happens; what is allowed on local files and settings is written in groups, and at the latest with the
/// call's own record.
pub struct CallAudit {
    log: Arc<AuditLog>,
    call: String,
    waiting: Mutex<Vec<Decision>>,
    /// The kept approval that the call goes on under.
    standing: Option<Arc<Standing>>,
}

impl CallAudit {
    /// The recorder of the call with this id.
    pub fn new(log: Arc<AuditLog>, call: String) -> Self {
        Self {
            log,
            call,
            waiting: Mutex::new(Vec::new()),
            standing: None,
        }
    }

    /// Of a call that goes on under a kept approval: each decision is denied once that is withdrawn.
    #[must_use]
    pub(crate) fn under(mut self, standing: Option<Arc<Standing>>) -> Self {
        self.standing = standing;
        self
    }

    /// Writes what waits and then the call's own record; returns its number.
    pub fn finish(&self, own: Entry<'_>) -> Result<u64, AuditError> {
        let waiting =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let mut entries: Vec<Entry<'_>> = waiting.iter().map(|d| self.entry(d)).collect();
        entries.push(own);
        self.log.append(&entries)
    }

    fn entry<'a>(&'a self, decision: &'a Decision) -> Entry<'a> {
        let (allowed, code, rule) = match &decision.result {
            Ok(rule) => (true, None, rule.as_ref()),
            Err(denial) => (false, Some(denial.code.as_str()), denial.rule.as_ref()),
        };
        let layer = match &decision.result {
            Err(denial) => denial.layer.map(layer_name),
            Ok(_) => rule.map(|rule| layer_name(rule.layer)),
        };
        Entry::Decision(DecisionEntry {
            call: &self.call,
            capability: decision.capability,
            action: &decision.action,
            asked: &decision.asked,
            allowed,
            code,
            layer,
            rule: rule.map(|rule| &*rule.text),
            narrowest: decision.result.as_ref().err().and_then(narrowest),
            address: decision.detail.address.as_deref(),
            status: decision.detail.status,
            bytes_out: decision.detail.bytes_out,
            bytes_in: decision.detail.bytes_in,
            count: decision.detail.count,
            note: decision.detail.note.as_deref(),
        })
    }
}

/// A guest chooses what it is denied, up to 8 KiB of it: a longer grant than a person would write is left out, so that
/// denials do not fill the log.
const MAX_NARROWEST: usize = 600;

fn narrowest(denial: &remit_policy::Denial) -> Option<String> {
    let grant = denial.narrowest.as_ref()?.to_string();
    (grant.len() <= MAX_NARROWEST).then(|| display_safe(&grant, MAX_NARROWEST))
}

/// Whether nothing outside of the sandbox is changed by it.
fn only_reads(decision: &Decision) -> bool {
    match decision.capability {
        "files" => matches!(decision.action.as_str(), "open-read" | "look" | "read-link"),
        capability => matches!(capability, "config" | "log"),
    }
}

fn layer_name(layer: remit_policy::Layer) -> &'static str {
    match layer {
        remit_policy::Layer::Grant => "grant",
        remit_policy::Layer::Need => "need",
        remit_policy::Layer::Policy => "policy",
    }
}

/// A call that is given up has no record of its own; what it was allowed until then must still have.
impl Drop for CallAudit {
    fn drop(&mut self) {
        let waiting = std::mem::take(
            self.waiting
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if waiting.is_empty() {
            return;
        }
        let entries: Vec<Entry<'_>> = waiting.iter().map(|d| self.entry(d)).collect();
        if let Err(error) = self.log.append(&entries) {
            tracing::error!("decisions of a call that was given up could not be recorded: {error}");
        }
    }
}

impl Recorder for CallAudit {
    fn standing(&self) -> Result<(), Denial> {
        self.standing
            .as_ref()
            .map_or(Ok(()), |standing| standing.holds())
    }

    fn record(&self, decision: &Decision) -> Result<(), RecordError> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(decision.clone());
        let may_wait = decision.result.is_ok() && only_reads(decision);
        if may_wait && waiting.len() < GROUP {
            return Ok(());
        }
        let entries: Vec<Entry<'_>> = waiting.iter().map(|d| self.entry(d)).collect();
        self.log
            .append(&entries)
            .map_err(|e| RecordError(e.to_string()))?;
        waiting.clear();
        Ok(())
    }
}
