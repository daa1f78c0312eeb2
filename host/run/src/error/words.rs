//! The parts of messages that depend on what is there.

use remit_policy::{DenialCode, ErrorClass, SignerDenial};
use remit_sandbox::CallError;
use remit_sign::SignError;

use super::RunError;
use crate::session::SessionError;
use crate::skill::{Finding, Severity};

impl RunError {
    /// Whether its sentence holds words that a plugin may have chosen, by itself or by what it returned: data, and never
    /// instructions to whoever reads it.
    pub fn has_plugins_words(&self) -> bool {
        match self {
            Self::Step { source, .. } => source.has_plugins_words(),
            Self::CallOutput { .. }
            | Self::CheckFailed { .. }
            | Self::Expression { .. }
            | Self::Template { .. }
            | Self::ForEach { .. } => true,
            Self::Session(error) => matches!(**error, SessionError::CheckBefore { .. }),
            // What was asked for is named in it.
            Self::Denied { denial, .. } => !matches!(
                denial.code,
                DenialCode::OperationNotListed
                    | DenialCode::EffectNotGranted
                    | DenialCode::NotApproved
                    | DenialCode::ApprovalWithdrawn
            ),
            Self::Call { source, .. } => matches!(
                source,
                CallError::Fault(_)
                    | CallError::Input { .. }
                    | CallError::Trap { .. }
                    | CallError::BadOutput { .. }
            ),
            _ => false,
        }
    }
}

pub(super) fn known_list(what: &str, known: &[String]) -> String {
    if known.is_empty() {
        format!("there are no {what}")
    } else {
        format!("the {what} are: {}", known.join(", "))
    }
}

/// The finding to speak of: one against integrity before any other.
pub(super) fn worst(findings: &[Finding]) -> Option<&Finding> {
    let integrity = |finding: &&Finding| finding.class == ErrorClass::Integrity;
    findings.iter().find(integrity).or_else(|| {
        findings
            .iter()
            .find(|finding| finding.severity == Severity::Error)
    })
}

pub(super) fn first(findings: &[Finding]) -> String {
    match (worst(findings), findings.len()) {
        (None, _) => "it has faults".to_owned(),
        (Some(finding), 1) => finding.to_string(),
        (Some(finding), n) => format!("{finding} (and {} more)", n - 1),
    }
}

pub(super) fn and_more(more: &usize) -> String {
    match more {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    }
}

pub(super) fn signed(
    denial: SignerDenial,
    signers: &[String],
    wrong: Option<&SignError>,
) -> String {
    let by = if signers.is_empty() {
        "by nobody".to_owned()
    } else {
        format!("by {}", signers.join(", "))
    };
    let why = match denial {
        SignerDenial::Required => "none of whom the operator's policy lists",
        SignerDenial::Revoked => "whom the operator's policy revokes",
    };
    let why = if signers.is_empty() {
        "and the operator's policy asks for a signer"
    } else {
        why
    };
    let wrong = wrong.map_or_else(String::new, |error| {
        format!(" (a signature that was kept with it does not hold: {error})")
    });
    format!("is signed {by}, {why}{wrong}")
}

pub(super) fn at_line(line: &Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" in line {line}"))
}
