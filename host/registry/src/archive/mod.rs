//! Skills as archives: tar.gz in the plain ustar form, packed always the same way, unpacked with suspicion.
//!
//! Only tar.gz: one format is enough to be careful with, and zip says everything twice, so that two readers may see
//! two archives.

mod names;
mod pack;
mod unpack;

pub use pack::{Packed, pack};
pub use unpack::{Unpacked, unpack};

/// The results of runs, in a skill's folder: no part of the skill.
const RUNS: &str = "runs";
/// Files and folders of a skill; the digest of a skill takes 2,000 files of its own, and there are plugins and data.
const MAX_ENTRIES: usize = 10_000;
/// Folders in folders: as deep as anyone nests.
const MAX_DEPTH: usize = 16;
/// Bytes of all files: a skill with some bundled plugins.
const MAX_UNPACKED: u64 = 256 << 20;
/// How much larger than its archive a skill may be. Text is compressed to a fifth, sparse tables to a hundredth;
/// deflate reaches a thousandth, of zeros.
const MAX_RATIO: u64 = 200;
/// Below this, the ratio says nothing.
const ANY_RATIO: u64 = 16 << 20;

#[cfg(test)]
mod tests;
