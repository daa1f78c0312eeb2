//! How much is taken from strangers, and how long they are waited for.

use std::time::Duration;

use remit_package::MAX_COMPONENT_BYTES;

/// Bytes of a component or of a skill's archive: what the store takes.
pub const MAX_CONTENT_BYTES: u64 = MAX_COMPONENT_BYTES;
/// Bytes of a manifest or an index: registries themselves take at most 4 MiB, and ours are some 1 KiB.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 1 << 20;
/// Bytes of what a token service or a failing registry says.
pub(crate) const MAX_ANSWER_BYTES: u64 = 64 << 10;
/// Bytes of one signature: a Sigstore bundle with its certificate and proof is some 10 KiB.
pub const MAX_SIGNATURE_BYTES: u64 = 256 << 10;
/// Signatures that are looked at: each may cost a request and a verification.
pub const MAX_SIGNATURES: usize = 16;
/// How deep JSON from a registry may nest: a manifest needs five.
pub(crate) const MAX_JSON_DEPTH: usize = 16;
/// Layers and entries of an index.
pub(crate) const MAX_DESCRIPTORS: usize = 64;
/// Redirects of one request: registries need one.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// How long a registry or server is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// To look up a name, to connect, and to agree on TLS: each connection.
    pub connect: Duration,
    /// For the next bytes.
    pub idle: Duration,
    /// For all of one fetch or publication.
    pub whole: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            whole: Duration::from_secs(600),
        }
    }
}
