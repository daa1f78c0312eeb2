//! What one call is.

use crate::{Cancel, Recorder, Secrets};
use remit_policy::Authority;
use std::path::PathBuf;
use std::sync::Arc;

/// One operation to be invoked once.
pub struct Call {
    /// The operation's name, as the plugin lists it; of a plain component the function's, as it exports it. Whether it
    /// may be called at all was decided before.
    pub operation: String,
    /// A JSON text that fits the operation's input schema.
    pub input: String,
    /// What the call may do.
    pub authority: Arc<Authority>,
    /// The host folder for each files grant that the authority lets through. A grant without one is not mounted.
    pub mounts: Vec<Mount>,
    /// Where the values of granted secrets come from.
    pub secrets: Arc<dyn Secrets>,
    /// Receives every decision, before it is acted on.
    pub recorder: Arc<dyn Recorder>,
    /// Ends the call from outside, if given.
    pub cancel: Option<Cancel>,
}

/// The host folder behind one files grant.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The grant's mount point in the guest, `/mail`.
    pub guest: String,
    /// The folder on the host, absolute: the grant's host path, resolved.
    pub host: PathBuf,
}
