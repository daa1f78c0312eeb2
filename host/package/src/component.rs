//! A component's bytes, with their digest and what an inspection found.

use std::path::Path;
use std::sync::Arc;

use crate::codes::Code;
use crate::digest::Digest;
use crate::error::PackageError;
use crate::file::{read_file, shown};
use crate::inspect::{Inspection, MAX_COMPONENT_BYTES, inspect};

/// A component that has been inspected and never run.
#[derive(Clone, Debug)]
pub struct Component {
    /// The binary.
    pub bytes: Arc<[u8]>,
    /// The sha256 of `bytes`.
    pub digest: Digest,
    /// What it imports and exports.
    pub inspection: Inspection,
}

impl Component {
    /// Reads and inspects a file. Refuses what is no component with a code of its own for each mistake.
    pub fn open(path: &Path) -> Result<Component, PackageError> {
        Component::from_bytes(&shown(path), read_component(path)?)
    }

    /// Inspects bytes. `name` is what messages call them.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Component, PackageError> {
        let inspection = inspect(&bytes).map_err(|error| error.about(name))?;
        Ok(Component {
            digest: Digest::of(&bytes),
            bytes: bytes.into(),
            inspection,
        })
    }
}

/// The bytes of a file that may be a component.
pub(crate) fn read_component(path: &Path) -> Result<Vec<u8>, PackageError> {
    read_file(path, MAX_COMPONENT_BYTES).map_err(|error| match error.kind() {
        Code::FileTooLarge => PackageError::new(
            Code::ComponentTooLarge,
            format!(
                "{} is larger than {} MiB",
                shown(path),
                MAX_COMPONENT_BYTES >> 20
            ),
        ),
        _ => error,
    })
}
