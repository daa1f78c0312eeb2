//! Streams over open files, counted.

use super::shared::{Shared, Slot, Written};
use super::stop::Stop;
use bytes::Bytes;
use rustix::io::Errno;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, Pollable, StreamError, StreamResult,
};

/// Reads a file, and counts what it hands out.
pub(super) struct Reader {
    pub(super) inner: DynInputStream,
    pub(super) shared: Arc<Shared>,
    /// The file stays open as long as the stream lives, even if the descriptor is dropped.
    pub(super) _slot: Arc<Slot>,
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
        let read = self.inner.read(size);
        self.count(read)
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
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
    pub(super) inner: DynOutputStream,
    pub(super) shared: Arc<Shared>,
    pub(super) written: Written,
    /// Where the next byte goes; none: at the end.
    pub(super) position: Option<u64>,
    pub(super) closed: bool,
    pub(super) _slot: Arc<Slot>,
}

impl Writer {
    fn take(&mut self, length: usize) -> StreamResult<()> {
        if self.closed {
            return Err(StreamError::Closed);
        }
        let length = length as u64;
        self.shared
            .take_write(&self.written, self.position, length)
            .map_err(|stop| {
                self.closed = true;
                match stop {
                    // As an error of the system's, from which wasi makes the code.
                    Stop::Code(_) => StreamError::LastOperationFailed(wasmtime::Error::new(
                        std::io::Error::from(Errno::NOSPC),
                    )),
                    Stop::Unrecorded(error) => StreamError::Trap(wasmtime::Error::new(error)),
                    Stop::Over => StreamError::trap("the call is over"),
                }
            })?;
        if let Some(position) = &mut self.position {
            *position = position.saturating_add(length);
        }
        Ok(())
    }
}

#[async_trait]
impl OutputStream for Writer {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(bytes.len())?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        match self.closed {
            true => Err(StreamError::Closed),
            false => self.inner.flush(),
        }
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        match self.closed {
            true => Err(StreamError::Closed),
            false => self.inner.check_write(),
        }
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        // What is still being written decides how long the file is.
        self.inner.ready().await;
        self.take(bytes.len())?;
        self.inner.blocking_write_and_flush(bytes).await
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}

#[async_trait]
impl Pollable for Writer {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}
