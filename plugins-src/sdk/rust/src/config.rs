//! Values that the skill configures.

use crate::{Fault, host};

/// The value under `key`; none where the skill configures none, or grants no reading of it.
///
/// # Errors
/// `unavailable` where the host cannot say.
pub fn get(key: &str) -> Result<Option<String>, Fault> {
    host::config(key)
        .map_err(|error| Fault::unavailable(format!("the configuration `{key}`: {error}")))
}

/// The value under `key`, which the plugin cannot do without.
///
/// # Errors
/// `denied` where there is none: the message says what the skill must configure.
pub fn require(key: &str) -> Result<String, Fault> {
    get(key)?.ok_or_else(|| {
        Fault::denied(format!(
            "the configuration `{key}` is not granted: the skill must say `config {key}=…` for this plugin"
        ))
    })
}
