//! Every error code that reaches a user, over all crates.

use std::collections::BTreeMap;

use remit_package::PackageError;
use remit_policy::{Denial, GrantError, SignerDenial};
use remit_sandbox::{CallError, SandboxError, SecretError};
use remit_sign::{Reason, SignError};

use crate::audit::AuditError;
use crate::error::RunError;
use crate::secrets::SecretStoreError;
use crate::session::SessionError;
use crate::skill::FINDING_CODES;

/// Each stable code with what it means in a line, sorted; docs/errors.md lists them all.
pub fn error_codes() -> BTreeMap<&'static str, &'static str> {
    codes_by_crate().collect()
}

/// The same, in the order of the crates, and a code that two of them give as often as they do.
pub fn codes_by_crate() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        Denial::CODES,
        GrantError::CODES,
        SignerDenial::CODES,
        PackageError::CODES,
        SignError::CODES,
        Reason::CODES,
        SandboxError::CODES,
        CallError::CODES,
        AuditError::CODES,
        SecretError::CODES,
        SecretStoreError::CODES,
        RunError::CODES,
        SessionError::CODES,
        FINDING_CODES,
    ]
    .into_iter()
    .flatten()
    .copied()
}
