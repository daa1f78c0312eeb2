//! One call from judged input to checked output, with its records. Nothing is handed on that is not recorded.

mod raw;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use remit_package::Digest;
use remit_policy::{Denial, DenialCode, Fault, FaultKind, Grant, display_safe};
use remit_sandbox::{
    Call, CallError, CallReport, Cancel, LogLevel, LogLine, LogSource, Sandbox, Secrets, Usage,
};
use serde_json::Value;

use crate::approvals::Standing;
use crate::audit::{AuditError, AuditLog, CallAudit, CallEntry, Entry};
use crate::call::LogEntry;
use crate::callee::{Callable, Callee};
use crate::error::RunError;
use crate::host::Host;
use crate::report::Provenance;

pub use raw::RawAnswer;

/// Where a call stands: for its records.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Site<'a> {
    pub(crate) run: Option<&'a str>,
    pub(crate) step: Option<&'a str>,
    pub(crate) item: Option<usize>,
    pub(crate) provenance: Option<&'a Provenance>,
}

/// What came of a call, whether it has a result or not.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) result: Result<Value, RunError>,
    pub(crate) log: Vec<LogEntry>,
    pub(crate) denials: Vec<Denial>,
    pub(crate) denied: u64,
    pub(crate) usage: Usage,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
    /// The number of the call's record, or of its refusal; none if there could be none.
    pub(crate) seq: Option<u64>,
    /// Whether it was refused before it began.
    pub(crate) refused: bool,
    /// What the plugin returned, as it was digested.
    pub(crate) output: Option<String>,
}

impl Outcome {
    pub(crate) fn refused(error: RunError, seq: Option<u64>) -> Self {
        Self {
            result: Err(error),
            log: Vec::new(),
            denials: Vec::new(),
            denied: 0,
            usage: Usage::default(),
            input_bytes: 0,
            output_bytes: 0,
            seq,
            refused: true,
            output: None,
        }
    }
}

/// What all calls of a host share.
#[derive(Clone)]
pub(crate) struct Caller {
    sandbox: Sandbox,
    audit: Arc<AuditLog>,
    secrets: Arc<dyn Secrets>,
    /// What the ids of calls begin with, and how many there have been.
    ids: Arc<(String, AtomicU64)>,
    /// The kept approval that the calls go on under.
    standing: Option<Arc<Standing>>,
}

impl Caller {
    pub(crate) fn of(host: &Host) -> Result<Self, RunError> {
        Ok(Self {
            sandbox: host.sandbox.clone(),
            audit: Arc::clone(&host.audit),
            secrets: Arc::clone(&host.secrets),
            ids: Arc::new((random_hex::<8>()?, AtomicU64::new(0))),
            standing: None,
        })
    }

    /// Under a kept approval, which may be withdrawn.
    #[must_use]
    pub(crate) fn under(self, standing: Option<Arc<Standing>>) -> Self {
        Self { standing, ..self }
    }

    /// Whether the approval that calls go on under still holds.
    ///
    /// # Errors
    /// `approval-withdrawn`, of what was to be done.
    pub(crate) fn standing(&self, what: &str) -> Result<(), RunError> {
        let holds = self.standing.as_ref().map_or(Ok(()), |it| it.holds());
        holds.map_err(|denial| RunError::Denied {
            what: what.to_owned(),
            denial: Box::new(denial),
        })
    }

    /// What the ids of its calls begin with.
    pub(crate) fn prefix(&self) -> &str {
        &self.ids.0
    }

    fn next_id(&self) -> String {
        format!(
            "{}-{}",
            self.ids.0,
            self.ids.1.fetch_add(1, Ordering::Relaxed)
        )
    }

    /// Judges, calls, checks, records.
    pub(crate) async fn invoke(
        &self,
        callee: &Callee,
        operation: &str,
        input: &Value,
        site: Site<'_>,
        cancel: Option<Cancel>,
    ) -> Outcome {
        let what = callee.what(operation);
        let allowed = self
            .standing(&what)
            .and_then(|()| callee.allowed(operation));
        let callable =
            match allowed.and_then(|callable| match callee.input_misfit(callable, input) {
                Some(message) => Err(RunError::CallInput {
                    what: what.clone(),
                    message,
                }),
                None => Ok(callable),
            }) {
                Ok(callable) => callable,
                Err(error) => return self.refuse(&what, error, site),
            };
        let input = input.to_string();
        let input_digest = Digest::of(input.as_bytes()).to_string();
        let input_bytes = input.len() as u64;
        let call_id = self.next_id();
        let audit = CallAudit::new(Arc::clone(&self.audit), call_id.clone());
        let audit = Arc::new(audit.under(self.standing.clone()));
        let call = Call {
            operation: callee.callable_name(operation).to_owned(),
            input,
            authority: Arc::clone(&callee.authority),
            mounts: callee.mounts.clone(),
            secrets: Arc::clone(&self.secrets),
            recorder: Arc::clone(&audit) as _,
            cancel,
        };
        let started = Instant::now();
        let mut record = CallRecord {
            audit: &audit,
            entry: Some(CallEntry {
                run: site.run,
                step: site.step,
                item: site.item,
                call: &call_id,
                plugin: &callee.alias,
                operation,
                plugin_digest: &callee.plugin_digest,
                grants_digest: &callee.grants_digest,
                input_digest,
                outcome: "cancelled",
                input_bytes,
                output_bytes: 0,
                output_digest: None,
                microseconds: 0,
                memory_peak: 0,
                allowed: 0,
                denied: 0,
                http_requests: 0,
                bytes_out: 0,
                bytes_in: 0,
                file_bytes: 0,
                provenance: site.provenance.filter(|provenance| !provenance.is_empty()),
            }),
        };
        let report = self.sandbox.call(&callee.plugin, call).await;
        let CallReport {
            outcome,
            log,
            usage,
            decisions,
            ..
        } = report;
        let output_bytes = outcome.as_ref().map_or(0, |output| output.len() as u64);
        let output_digest = outcome
            .as_ref()
            .ok()
            .map(|output| Digest::of(output.as_bytes()).to_string());
        let mut kept = None;
        let result = outcome
            .map_err(|error| failure(&what, error, &decisions.denials))
            .and_then(|output| {
                let value = checked(&what, callable, &output);
                kept = Some(output);
                value
            });
        let recorded = record.finish(|entry| CallEntry {
            outcome: result.as_ref().err().map_or("ok", RunError::code),
            output_bytes,
            output_digest,
            microseconds: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            memory_peak: usage.memory_peak,
            allowed: decisions.allowed,
            denied: decisions.denied,
            http_requests: usage.http_requests,
            bytes_out: usage.bytes_out,
            bytes_in: usage.bytes_in,
            file_bytes: usage.file_bytes,
            ..entry
        });
        let (result, seq) = match recorded {
            Ok(seq) => (result, Some(seq)),
            // No record, no result.
            Err(error) => (Err(error.into()), None),
        };
        Outcome {
            log: log.into_iter().map(log_entry).collect(),
            denials: decisions.denials,
            denied: decisions.denied,
            usage,
            input_bytes,
            output_bytes,
            refused: false,
            output: kept.filter(|_| result.is_ok()),
            result,
            seq,
        }
    }

    /// Records that a call is refused before it began.
    pub(crate) fn refuse(&self, what: &str, error: RunError, site: Site<'_>) -> Outcome {
        let entry = Entry::Refused {
            run: site.run,
            step: site.step,
            what: display_safe(what, 160),
            code: error.code(),
            reason: display_safe(&error.to_string(), 400),
        };
        match self.audit.append(&[entry]) {
            Ok(seq) => Outcome::refused(error, Some(seq)),
            Err(audit) => Outcome::refused(audit.into(), None),
        }
    }
}

/// The record of a call that goes on. A call that is given up has one too: it has begun, and may have done something.
struct CallRecord<'a> {
    audit: &'a CallAudit,
    entry: Option<CallEntry<'a>>,
}

impl<'a> CallRecord<'a> {
    /// Writes the record with what came of the call; returns its number.
    fn finish(
        &mut self,
        complete: impl FnOnce(CallEntry<'a>) -> CallEntry<'a>,
    ) -> Result<u64, AuditError> {
        match self.entry.take() {
            Some(entry) => self.audit.finish(Entry::Call(complete(entry))),
            None => Ok(0),
        }
    }
}

impl Drop for CallRecord<'_> {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take()
            && let Err(error) = self.audit.finish(Entry::Call(entry))
        {
            tracing::error!("a call that was given up could not be recorded: {error}");
        }
    }
}

/// The error of a call that has no result. After a denial, it is the denial that a person must hear of.
fn failure(what: &str, error: CallError, denials: &[Denial]) -> RunError {
    if let CallError::Withdrawn(denial) = error {
        return RunError::Denied {
            what: what.to_owned(),
            denial,
        };
    }
    let after_a_denial = match &error {
        CallError::Fault(fault) => Some(Some(fault)),
        CallError::Trap { .. } | CallError::Exit { .. } | CallError::BadOutput { .. } => Some(None),
        _ => None,
    };
    if let Some(fault) = after_a_denial {
        let candidate = |denial: &&Denial| can_be_the_cause(denial, fault);
        let last = |wanted: fn(&Denial) -> bool| {
            denials
                .iter()
                .rev()
                .filter(candidate)
                .find(|denial| wanted(denial))
        };
        if let Some(denial) = last(|denial| denial.narrowest.is_some()).or_else(|| last(|_| true)) {
            return RunError::Denied {
                what: what.to_owned(),
                denial: Box::new(denial.clone()),
            };
        }
    }
    RunError::Call {
        what: what.to_owned(),
        source: error,
    }
}

/// Whether a call may have ended so because of a denial: with the plugin's own fault, or without its words.
fn can_be_the_cause(denial: &Denial, fault: Option<&Fault>) -> bool {
    let says_so = |fault: &Fault| fault.kind == FaultKind::Denied;
    match denial.code {
        // Many runtimes look at the environment or a random folder and go on without; only if the plugin says that it
        // was denied something can such a try be the cause.
        DenialCode::CapabilityNotGranted => {
            let names_it = |fault: &Fault| match &denial.narrowest {
                // Some list their folders before the plugin begins.
                Some(Grant::Files(files)) => fault.message.contains(files.mount.as_str()),
                _ => !RUNTIMES_OWN.contains(&denial.asked.as_str()),
            };
            fault.is_some_and(|fault| says_so(fault) && names_it(fault))
        }
        // A plugin looks up what need not be configured; what it cannot do without, it names.
        DenialCode::ConfigNotGranted => fault.is_none_or(|fault| {
            let key = denial.asked.strip_prefix("config ").unwrap_or_default();
            says_so(fault) && fault.message.contains(key)
        }),
        _ => true,
    }
}

/// What the runtimes of languages ask for before the plugin's own code runs, as denials of it name it.
const RUNTIMES_OWN: &[&str] = &["environment", "arguments", "standard input"];

fn checked(what: &str, callable: &Callable, output: &str) -> Result<Value, RunError> {
    let refuse = |message: String| RunError::CallOutput {
        what: what.to_owned(),
        message,
    };
    let value: Value =
        serde_json::from_str(output).map_err(|e| refuse(format!("it is not JSON: {e}")))?;
    callable.output.check(&value).map_err(refuse)?;
    Ok(value)
}

fn log_entry(line: LogLine) -> LogEntry {
    let level = match (line.source, line.level) {
        (LogSource::Stdout, _) => "stdout",
        (LogSource::Stderr, _) => "stderr",
        (LogSource::Log, LogLevel::Debug) => "debug",
        (LogSource::Log, LogLevel::Info) => "info",
        (LogSource::Log, LogLevel::Warn) => "warn",
        (LogSource::Log, LogLevel::Error) => "error",
    };
    LogEntry {
        level: level.to_owned(),
        line: display_safe(&line.text, 4096),
    }
}

/// So many random bytes, in hexadecimal digits.
pub(crate) fn random_hex<const N: usize>() -> Result<String, RunError> {
    use std::fmt::Write as _;
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| RunError::Internal(format!("no random numbers: {e}")))?;
    Ok(bytes
        .iter()
        .fold(String::with_capacity(2 * N), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }))
}
