//! What a call used, counted where it is used.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What one call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Wall time from the moment the call had its place until its end, instantiation and host calls included.
    pub time: Duration,
    /// The most bytes that all linear memories and tables together held at one time.
    pub memory_peak: u64,
    /// Bytes of the operation's JSON output.
    pub output_bytes: u64,
    /// HTTP requests that were sent.
    pub http_requests: u64,
    /// Bytes sent over the network: request heads and bodies.
    pub bytes_out: u64,
    /// Bytes received over the network, after decompression.
    pub bytes_in: u64,
    /// Files and folders opened.
    pub files_opened: u64,
    /// Bytes read from files.
    pub file_bytes_read: u64,
    /// Bytes that were added to files.
    pub file_bytes: u64,
    /// Files and folders that were created.
    pub file_entries: u64,
}

/// The counters of a running call. Shared by its views; each adds to what it uses.
#[derive(Debug, Default)]
pub struct Meter {
    /// See [`Usage::http_requests`].
    pub http_requests: AtomicU64,
    /// See [`Usage::bytes_out`].
    pub bytes_out: AtomicU64,
    /// See [`Usage::bytes_in`].
    pub bytes_in: AtomicU64,
    /// See [`Usage::files_opened`].
    pub files_opened: AtomicU64,
    /// See [`Usage::file_bytes_read`].
    pub file_bytes_read: AtomicU64,
    /// See [`Usage::file_bytes`].
    pub file_bytes: AtomicU64,
    /// See [`Usage::file_entries`].
    pub file_entries: AtomicU64,
}

impl Meter {
    /// The counters as they stand now.
    pub(crate) fn read(&self) -> Usage {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Usage {
            http_requests: get(&self.http_requests),
            bytes_out: get(&self.bytes_out),
            bytes_in: get(&self.bytes_in),
            files_opened: get(&self.files_opened),
            file_bytes_read: get(&self.file_bytes_read),
            file_bytes: get(&self.file_bytes),
            file_entries: get(&self.file_entries),
            ..Usage::default()
        }
    }
}
