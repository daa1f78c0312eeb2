//! A call as it comes: what it is given is not checked, nor what it returns. For those who test a plugin, and must
//! see what it does with an input that no caller of a skill can give it.

use std::sync::Arc;
use std::time::Instant;

use remit_package::{Description, Digest};
use remit_policy::Denial;
use remit_sandbox::{Call, CallError};

use super::Caller;
use crate::audit::{CallAudit, CallEntry, Entry};
use crate::callee::Callee;
use crate::error::RunError;

/// What a plugin answered to a call whose input nobody checked.
#[derive(Debug)]
pub struct RawAnswer {
    /// The result, unread; or how the call ended.
    pub outcome: Result<String, CallError>,
    /// What it was denied, the first ones.
    pub denials: Vec<Denial>,
    /// How much it was denied.
    pub denied: u64,
    /// The most memory that it held, in bytes.
    pub memory_peak: u64,
    /// How long it took.
    pub time: std::time::Duration,
}

impl Caller {
    /// Calls and records; judges only what the plugin asks of the host.
    pub(crate) async fn raw(
        &self,
        callee: &Callee,
        operation: &str,
        input: String,
    ) -> Result<RawAnswer, RunError> {
        let input_digest = Digest::of(input.as_bytes()).to_string();
        let input_bytes = input.len() as u64;
        let call_id = self.next_id();
        let audit = Arc::new(CallAudit::new(Arc::clone(&self.audit), call_id.clone()));
        let call = Call {
            operation: callee.callable_name(operation).to_owned(),
            input,
            authority: Arc::clone(&callee.authority),
            mounts: callee.mounts.clone(),
            secrets: Arc::clone(&self.secrets),
            recorder: Arc::clone(&audit) as _,
            cancel: None,
        };
        let started = Instant::now();
        let report = self.sandbox.call(&callee.plugin, call).await;
        let output = report.outcome.as_ref().ok();
        audit.finish(Entry::Call(CallEntry {
            run: None,
            step: None,
            item: None,
            call: &call_id,
            plugin: &callee.alias,
            operation,
            plugin_digest: &callee.plugin_digest,
            grants_digest: &callee.grants_digest,
            input_digest,
            outcome: report.outcome.as_ref().err().map_or("ok", CallError::code),
            input_bytes,
            output_bytes: output.map_or(0, |output| output.len() as u64),
            output_digest: output.map(|output| Digest::of(output.as_bytes()).to_string()),
            microseconds: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            memory_peak: report.usage.memory_peak,
            allowed: report.decisions.allowed,
            denied: report.decisions.denied,
            http_requests: report.usage.http_requests,
            bytes_out: report.usage.bytes_out,
            bytes_in: report.usage.bytes_in,
            file_bytes: report.usage.file_bytes,
            provenance: None,
        }))?;
        Ok(RawAnswer {
            outcome: report.outcome,
            denials: report.decisions.denials,
            denied: report.decisions.denied,
            memory_peak: report.usage.memory_peak,
            time: report.usage.time,
        })
    }

    /// Has the plugin describe itself, whatever it said before.
    pub(crate) async fn described(&self, callee: &Callee) -> Result<Description, RunError> {
        let digest = Digest::from(*callee.plugin.digest());
        crate::skill::ask(&self.sandbox, &self.audit, &callee.plugin, &digest).await
    }
}
