//! Signatures that came with a component, kept beside it so that they can be verified again.

use serde::{Deserialize, Serialize};

/// A signature as it came, and what it was taken to say. It is data: whoever decides by it verifies it anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The name that was signed.
    pub name: String,
    /// The version that was signed.
    pub version: String,
    /// The text of the signature.
    pub signature: String,
    /// The text of the public key that verified it, if it takes one.
    pub key: Option<String>,
}
