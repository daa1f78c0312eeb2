//! The connections: how many there are, and how long each may keep the host waiting.
//!
//! hyper has one timeout for a request's head, which also runs while a connection that is kept alive waits for its next
//! request. Here these are two, and a client that does not take what is written to it has a third.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

/// Connections at once. What comes beyond waits for one that waits for nothing; well below the 1,024 files that a process
/// usually may have open.
pub const MAX_CONNECTIONS: usize = 256;

/// Where there is no room, a connection that has waited so long for its next request makes some.
const IDLE_MAKES_ROOM: Duration = Duration::from_secs(1);

/// And one whose request has not come whole after so long.
const SLOW_MAKES_ROOM: Duration = Duration::from_secs(5);

/// How long the head of a request may take to come.
const HEAD: Duration = Duration::from_secs(10);

/// How long a connection is kept for its next request.
const IDLE: Duration = Duration::from_secs(120);

/// How long a client may take none of what is written to it.
const STALLED: Duration = Duration::from_secs(60);

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Doing {
    /// It waits for the next request.
    Idle = 0,
    /// The head of a request comes.
    Head = 1,
    /// A request is answered.
    Busy = 2,
}

/// What is known of one connection.
#[derive(Debug)]
pub struct Watch {
    doing: AtomicU8,
    /// When that began, in milliseconds of the host's time.
    since: AtomicU64,
    began: Instant,
    /// Cancelled when it is to end as soon as it does nothing.
    pub end: CancellationToken,
}

impl Watch {
    fn new(began: Instant) -> Watch {
        let watch = Watch {
            doing: AtomicU8::new(0),
            since: AtomicU64::new(0),
            began,
            end: CancellationToken::new(),
        };
        watch.begin(Doing::Head);
        watch
    }

    fn begin(&self, doing: Doing) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(now, Ordering::Relaxed);
        self.doing.store(doing as u8, Ordering::Release);
    }

    fn doing(&self) -> Doing {
        match self.doing.load(Ordering::Acquire) {
            0 => Doing::Idle,
            1 => Doing::Head,
            _ => Doing::Busy,
        }
    }

    /// A request is answered from now on, until what is returned is dropped.
    pub fn busy(self: &Arc<Watch>) -> Busy {
        self.begin(Doing::Busy);
        Busy(self.clone())
    }

    /// Whether no request is answered.
    pub fn waits(&self) -> bool {
        self.doing() != Doing::Busy
    }

    /// Whether it has waited so long that others may have its place.
    fn makes_room(&self) -> bool {
        let doing = self.doing();
        // Read after what it is of: what is newer only makes it shorter.
        let since = Duration::from_millis(self.since.load(Ordering::Relaxed));
        let waited = self.began.elapsed().saturating_sub(since);
        match doing {
            Doing::Idle => waited >= IDLE_MAKES_ROOM,
            Doing::Head => waited >= SLOW_MAKES_ROOM,
            Doing::Busy => false,
        }
    }
}

/// A request of a connection that is being answered.
#[derive(Debug)]
pub struct Busy(Arc<Watch>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.begin(Doing::Idle);
    }
}

/// All connections.
#[derive(Debug)]
pub struct Connections {
    room: Arc<Semaphore>,
    all: Mutex<HashMap<u64, Arc<Watch>>>,
    began: Instant,
}

impl Connections {
    /// None yet.
    pub fn new() -> Connections {
        Connections {
            room: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            all: Mutex::default(),
            began: Instant::now(),
        }
    }

    /// Room for one more. Where there is none, those that have waited for long are ended.
    pub async fn room(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            let room = self.room.clone().acquire_owned();
            match tokio::time::timeout(Duration::from_millis(50), room).await {
                Ok(room) => return room.ok(),
                Err(_) => self.make_room(),
            }
        }
    }

    fn make_room(&self) {
        let all = self.all();
        let waiting = all.values().filter(|watch| watch.makes_room());
        waiting.for_each(|watch| watch.end.cancel());
    }

    /// A new connection, as `number`.
    pub fn add(&self, number: u64) -> Arc<Watch> {
        let watch = Arc::new(Watch::new(self.began));
        self.all().insert(number, watch.clone());
        watch
    }

    /// It is no more.
    pub fn remove(&self, number: u64) {
        self.all().remove(&number);
    }

    /// Ends each as soon as it does nothing.
    pub fn end_all(&self) {
        self.all().values().for_each(|watch| watch.end.cancel());
    }

    /// Waits until there is none, at most so long.
    pub async fn none(&self, patience: Duration) -> bool {
        let all = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
        let none = self.room.acquire_many(all);
        tokio::time::timeout(patience, none).await.is_ok()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<u64, Arc<Watch>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that fails when its client keeps the host waiting.
pub struct Timed<S> {
    stream: S,
    watch: Arc<Watch>,
    reading: Timer,
    writing: Timer,
}

/// A deadline for as long as the reason for it lasts.
#[derive(Default)]
struct Timer {
    reason: Option<Doing>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// Fails once `time` is over since the reason is this one.
    fn check(&mut self, reason: Doing, time: Duration, cx: &mut Context<'_>) -> io::Result<()> {
        if self.reason != Some(reason) {
            self.reason = Some(reason);
            let until = Instant::now() + time;
            match &mut self.sleep {
                Some(sleep) => sleep.as_mut().reset(until),
                None => self.sleep = Some(Box::pin(tokio::time::sleep_until(until))),
            }
        }
        let sleep = self.sleep.as_mut();
        if sleep.is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready()) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.reason = None;
    }
}

impl<S> Timed<S> {
    /// Watches a stream.
    pub fn new(stream: S, watch: Arc<Watch>) -> Timed<S> {
        Timed {
            stream,
            watch,
            reading: Timer::default(),
            writing: Timer::default(),
        }
    }

    fn wrote<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.writing.clear();
            return done;
        }
        match self.writing.check(Doing::Busy, STALLED, cx) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // Before anything is read: a byte now and then must not keep the deadline off.
        match this.watch.doing() {
            Doing::Idle => this.reading.check(Doing::Idle, IDLE, cx)?,
            Doing::Head => this.reading.check(Doing::Head, HEAD, cx)?,
            Doing::Busy => this.reading.clear(),
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if buf.filled().len() > before && this.watch.doing() == Doing::Idle {
            this.watch.begin(Doing::Head);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(cx, done)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_flush(cx);
        self.wrote(cx, done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.wrote(cx, done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(cx, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
