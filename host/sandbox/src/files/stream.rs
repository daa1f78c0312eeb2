//! Streams over open files, counted.
//!
//! A guest may have bytes of each stream in the host's memory, so there are only so many streams, and each holds only
//! so much. Nothing of a file is touched on the thread of the call: a disk may be slow, and the deadline must hold.

use super::shared::{Shared, Slot, Written};
use super::stop::Stop;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{
    DynInputStream, InputStream, OutputStream, Pollable, StreamError, StreamResult,
};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn_blocking};

/// The most that one write of a stream may hold: as much as a read, and what wasi streams usually say.
const MAX_WRITE: usize = 64 << 10;

/// Reads a file, and counts what it hands out.
pub(super) struct Reader {
    pub(super) inner: DynInputStream,
    pub(super) shared: Arc<Shared>,
    /// The file stays open as long as the stream lives, even if the descriptor is dropped.
    pub(super) _file: Arc<Slot>,
    pub(super) _slot: Slot,
}

impl Reader {
    fn count(&self, read: StreamResult<Bytes>) -> StreamResult<Bytes> {
        if let Ok(bytes) = &read {
            let counter = &self.shared.meter.file_bytes_read;
            counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        read
    }
}

#[async_trait]
impl InputStream for Reader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.shared.standing("read").map_err(failed)?;
        let read = self.inner.read(size);
        self.count(read)
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.shared.standing("read").map_err(failed)?;
        let read = self.inner.blocking_read(size).await;
        self.count(read)
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}

#[async_trait]
impl Pollable for Reader {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

/// Writes a file, and takes what it adds from the quota before it does.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) written: Written,
    /// Where the next byte goes; none: at the end.
    pub(super) position: Option<u64>,
    pub(super) state: State,
    pub(super) _file: Arc<Slot>,
    pub(super) _slot: Slot,
}

/// What a writer does.
pub(super) enum State {
    Ready,
    /// It writes so many bytes.
    Writing(u64, AbortOnDropJoinHandle<Result<(), Stop>>),
    /// The guest has not been told yet.
    Failed(Stop),
    Closed,
}

impl Writer {
    /// Tells the guest of a failure, once.
    fn look(&mut self) -> StreamResult<()> {
        match &self.state {
            State::Ready | State::Writing(..) => return Ok(()),
            State::Closed => return Err(StreamError::Closed),
            State::Failed(_) => {}
        }
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Failed(stop) => Err(failed(stop)),
            _ => Err(StreamError::Closed),
        }
    }
}

fn failed(stop: Stop) -> StreamError {
    match stop {
        // `filesystem-error-code` finds it again.
        Stop::Code(code) => StreamError::LastOperationFailed(wasmtime::Error::new(code)),
        Stop::Unrecorded(error) => StreamError::Trap(wasmtime::Error::new(error)),
        Stop::Over => StreamError::trap("the call is over"),
    }
}

#[async_trait]
impl OutputStream for Writer {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.look()?;
        if bytes.len() > MAX_WRITE || matches!(self.state, State::Writing(..)) {
            return Err(StreamError::trap(
                "more is written than `check-write` allows",
            ));
        }
        let length = bytes.len() as u64;
        let (shared, written, position) =
            (self.shared.clone(), self.written.clone(), self.position);
        let task = spawn_blocking(move || shared.write_all(&written, position, &bytes));
        self.state = State::Writing(length, task);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        // Nothing waits but what is being written.
        self.look()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.look()?;
        Ok(match self.state {
            State::Writing(..) => 0,
            _ => MAX_WRITE,
        })
    }

    async fn cancel(&mut self) {
        // What has begun is waited for, or a guest could leave any number of writes behind.
        if let State::Writing(_, task) = std::mem::replace(&mut self.state, State::Closed) {
            task.cancel().await;
        }
    }
}

#[async_trait]
impl Pollable for Writer {
    async fn ready(&mut self) {
        let State::Writing(length, task) = &mut self.state else {
            return;
        };
        let length = *length;
        self.state = match task.await {
            Ok(()) => {
                if let Some(position) = &mut self.position {
                    *position = position.saturating_add(length);
                }
                State::Ready
            }
            Err(stop) => State::Failed(stop),
        };
    }
}
