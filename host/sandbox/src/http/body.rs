//! The bodies of an exchange: counted, capped, decoded, scrubbed, and in time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use remit_policy::{Denial, DenialCode};
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use super::decode::{Decoder, STEP};
use super::scrub::ScrubStream;
use super::{Shared, error, headers, judge};

/// The greatest size of a request's body, in bytes: a guest's memory. What is streamed past that is not a request.
const MAX_REQUEST: u64 = 64 * 1024 * 1024;

/// How many steps of work one poll may do before others have their turn.
const STEPS: usize = 64;

/// What the guest sends.
pub(super) struct RequestBody {
    pub(super) inner: WasiBody,
    pub(super) shared: Arc<Shared>,
    /// What the guest declared, in bytes.
    pub(super) length: Option<u64>,
    pub(super) sent: u64,
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(None) if self.length.is_some_and(|length| length != self.sent) => {
                return Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(self.sent)))));
            }
            other => return other,
        };
        let Ok(data) = frame.into_data() else {
            // Trailers could carry what no header may. A failure to record is remembered and ends the call.
            let _ = judge::record_denial(
                &self.shared.call.journal,
                "request",
                headers::forbidden("trailers"),
            );
            return Poll::Ready(Some(Err(Error::HttpRequestDenied)));
        };
        self.shared.standing("request")?;
        let len = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.sent = self.sent.saturating_add(len);
        let most = self.length.unwrap_or(MAX_REQUEST).min(MAX_REQUEST);
        if self.sent > most {
            return Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(most)))));
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What the guest receives.
pub(super) struct ResponseBody {
    pub(super) inner: Incoming,
    pub(super) shared: Arc<Shared>,
    pub(super) decoder: Decoder,
    /// None if the call has no secrets.
    pub(super) scrub: Option<ScrubStream>,
    /// The URL, for the record of a denial.
    pub(super) url: String,
    pub(super) limit: u64,
    pub(super) clock: Clock,
    pub(super) progress: Progress,
}

/// How far a response has come.
#[derive(Default)]
pub(super) struct Progress {
    /// Received and not decoded yet.
    input: Bytes,
    wire: u64,
    decoded: u64,
    ended: bool,
    done: bool,
}

impl ResponseBody {
    /// One step: something for the guest, or an error, or nothing yet although there is more.
    fn step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if !self.progress.input.is_empty() {
            return Poll::Ready(Some(self.decode()));
        }
        if self.progress.ended {
            self.progress.done = true;
            return Poll::Ready(self.finish().transpose());
        }
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.clock.restart();
                // Trailers are dropped: they come after everything that could have said what they may hold.
                let data = frame.into_data().unwrap_or_default();
                let len = u64::try_from(data.len()).unwrap_or(u64::MAX);
                self.progress.wire = self.progress.wire.saturating_add(len);
                self.progress.input = data;
                match self.progress.wire > self.limit {
                    true => Poll::Ready(Some(Err(self.too_large()))),
                    false => Poll::Ready(Some(Ok(Bytes::new()))),
                }
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error::of_hyper(&error)))),
            Poll::Ready(None) => {
                self.progress.ended = true;
                Poll::Ready(Some(Ok(Bytes::new())))
            }
            Poll::Pending => match self.clock.poll(cx) {
                Poll::Ready(error) => Poll::Ready(Some(Err(error))),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn decode(&mut self) -> Result<Bytes, Error> {
        if self.decoder.is_identity() {
            let data = std::mem::take(&mut self.progress.input);
            return self.hand_on(data, false);
        }
        let len = self.progress.input.len().min(STEP);
        let piece = self.progress.input.split_to(len);
        let data = self
            .decoder
            .push(&piece)
            .map_err(|_| Error::HttpResponseContentCoding(None))?;
        self.hand_on(data.into(), false)
    }

    fn finish(&mut self) -> Result<Option<Bytes>, Error> {
        // A response without a body (to HEAD, say) names its coding all the same.
        let rest = match self.progress.wire {
            0 => Vec::new(),
            _ => self
                .decoder
                .finish()
                .map_err(|_| Error::HttpResponseContentCoding(None))?,
        };
        let rest = self.hand_on(rest.into(), true)?;
        Ok(Some(rest).filter(|rest| !rest.is_empty()))
    }

    /// Counts what is decoded, and takes secrets out.
    fn hand_on(&mut self, data: Bytes, last: bool) -> Result<Bytes, Error> {
        let len = u64::try_from(data.len()).unwrap_or(u64::MAX);
        let usage = &self.shared.call.usage;
        usage.bytes_in.fetch_add(len, Ordering::Relaxed);
        self.progress.decoded = self.progress.decoded.saturating_add(len);
        if self.progress.decoded > self.limit {
            return Err(self.too_large());
        }
        let scrubber = self.shared.credentials.scrubber();
        match (&mut self.scrub, scrubber) {
            (Some(stream), Some(scrubber)) => Ok(stream.push(scrubber, &data, last).into()),
            _ => Ok(data),
        }
    }

    fn too_large(&self) -> Error {
        too_large(&self.shared, &self.url, self.limit)
    }
}

/// The error for a response over its limit, which is recorded.
pub(super) fn too_large(shared: &Shared, url: &str, limit: u64) -> Error {
    let reason = format!("the response is larger than {limit} bytes");
    let denial = Denial::new(DenialCode::HttpResponseTooLarge, url, reason);
    // A failure to record is remembered by the journal and ends the call.
    let _ = judge::record_denial(&shared.call.journal, "response", denial);
    Error::HttpResponseBodySize(Some(limit))
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        for _ in 0..STEPS {
            if self.progress.done {
                return Poll::Ready(None);
            }
            if self.clock.is_over() {
                self.progress.done = true;
                return Poll::Ready(Some(Err(Error::HttpResponseTimeout)));
            }
            match self.step(cx) {
                // An empty frame would make wasmtime-wasi-http ask again at once, in a loop of its own.
                Poll::Ready(Some(Ok(data))) if data.is_empty() => {}
                Poll::Ready(Some(Ok(data))) => {
                    let standing = self.shared.standing("response");
                    self.progress.done = standing.is_err();
                    return Poll::Ready(Some(standing.map(|()| Frame::data(data))));
                }
                Poll::Ready(Some(Err(error))) => {
                    self.progress.done = true;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The time that a response's body has: until the call's end, and from one piece to the next.
pub(super) struct Clock {
    deadline: Instant,
    between: Option<Duration>,
    timer: Pin<Box<Sleep>>,
}

impl Clock {
    pub(super) fn new(deadline: Instant, between: Option<Duration>) -> Clock {
        let mut clock = Clock {
            deadline,
            between,
            timer: Box::pin(tokio::time::sleep_until(deadline)),
        };
        clock.restart();
        clock
    }

    fn restart(&mut self) {
        if let Some(next) = self
            .between
            .and_then(|between| Instant::now().checked_add(between))
        {
            self.timer.as_mut().reset(next.min(self.deadline));
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        self.timer.as_mut().poll(cx).map(|()| match self.is_over() {
            true => Error::HttpResponseTimeout,
            false => Error::ConnectionReadTimeout,
        })
    }
}
