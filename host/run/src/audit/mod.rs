//! The audit log: what was asked, decided and done, in records that hang together.
//!
//! It is a folder of files `000001.jsonl`, `000002.jsonl`, … each a record per line. A record is a JSON object with
//! `seq` (from 0, without gaps over all files), `time`, `prev` (the hash of the record before), what happened, and
//! last `hash`: SHA-256 over a domain tag and the exact bytes of the line before it. So any changed byte, any record
//! dropped, inserted or moved shows, and [`verify`] names the first bad one. What a chain cannot show by itself is
//! that its end was cut off or all of it replaced: keep a [`Checkpoint`] elsewhere for that. One that the host signs
//! ([`make_checkpoint`]) is a C2SP checkpoint over the Merkle tree of the lines; it is computed when it is asked for,
//! and costs a record nothing.
//!
//! # Archives
//! A file of 64 MiB is followed by the next. [`archive`] moves the old ones away and leaves `NNNNNN.note`: a signed
//! checkpoint of what was before file `NNNNNN`, from which the chain and the tree go on.
//!
//! # What survives what
//! A record is handed to the operating system before what it is about goes on, so it survives the end of the process
//! at any moment. It is synced to the disk at the end of a run and of an approval, and else once a second, so the
//! loss of power costs at most the last second. A write that was cut short leaves a torn last line: verification
//! passes up to the last whole record, and the next writer cuts the torn bytes off and records that it did.

mod archive;
mod call;
mod chain;
mod checkpoint;
mod clock;
mod error;
mod export;
mod files;
mod lines;
mod record;
mod tree;
mod uses;
mod verify;
mod writer;

pub use archive::{Archived, archive};
pub use call::CallAudit;
pub use chain::Hash;
pub use checkpoint::{Checkpoint, MAX_CHECKPOINT, key, key_file};
pub use error::AuditError;
pub use export::{ExportFormat, export};
pub use record::{CallEntry, DecisionEntry, Entry, GrantEntry, PluginEntry, Record};
pub use uses::{SecretUse, secret_uses};
pub use verify::{
    RecordLines, Records, Verification, Verified, make_checkpoint, read, read_lines, verify,
    verify_against, verify_with,
};
pub use writer::AuditLog;

/// Where the log lies below Remit's folders.
pub fn folder(dirs: &remit_package::Dirs) -> std::path::PathBuf {
    dirs.data.join("audit")
}
#[cfg(test)]
mod tests;
