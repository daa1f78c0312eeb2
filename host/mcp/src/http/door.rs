//! What a request passes before rmcp sees it, in this order: is it meant for this server, does a page of elsewhere send
//! it, is there such a path, does it show the token; then method, type, size, shape and id of what it says.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use rmcp::ServerHandler;
use rmcp::model::{ClientJsonRpcMessage, ErrorCode, ErrorData, RequestId};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer, METADATA};
use super::connection::Busy;
use super::sessions::Sessions;
use super::token::Token;
use super::{ENDPOINT, check};
use crate::guard::{self, Envelope, MAX_MESSAGE};

/// Streams that a client keeps open to be told things, at once: half of the connections, so that calls find one.
const MAX_STREAMS: usize = super::connection::MAX_CONNECTIONS / 2;

/// Bytes of bodies that are read or answered at once, in KiB.
const MAX_BODIES: usize = 64 << 10;

/// How long a body may take to come.
const BODY: Duration = Duration::from_secs(30);

/// The session of the old era that a request belongs to.
const SESSION: &str = "mcp-session-id";

/// What a request of the new era asks for.
const METHOD: &str = "mcp-method";

/// Where requests come in.
pub struct Door<H> {
    token: Token,
    at: SocketAddr,
    sessions: Arc<Sessions>,
    inner: StreamableHttpService<H, Sessions>,
    streams: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    answering: Arc<Answering>,
    closed: CancellationToken,
    cancelled: CancellationToken,
}

/// How many requests are being answered, streams not counted.
#[derive(Debug, Default)]
struct Answering {
    number: AtomicUsize,
    none: Notify,
}

impl<H: ServerHandler> Door<H> {
    /// A door to handlers that are made as they are needed.
    pub fn new(
        handler: impl Fn() -> H + Send + Sync + 'static,
        token: Token,
        at: SocketAddr,
    ) -> Door<H> {
        let cancelled = CancellationToken::new();
        let hosts = [
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
            at.ip().to_string(),
        ];
        let origins = ["http", "https"].into_iter().flat_map(|scheme| {
            ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{scheme}://{host}:*"))
        });
        // Both were checked when it gets there; two looks see more than one.
        let config = StreamableHttpServerConfig::default()
            .with_allowed_hosts(hosts)
            .with_allowed_origins(origins)
            .enforce_origin_validation()
            .with_json_response(true)
            .with_max_request_body_bytes(MAX_MESSAGE)
            .with_cancellation_token(cancelled.clone());
        let sessions = Arc::new(Sessions::new());
        Door {
            token,
            at,
            inner: StreamableHttpService::new(move || Ok(handler()), sessions.clone(), config),
            sessions,
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            bodies: Arc::new(Semaphore::new(MAX_BODIES)),
            answering: Arc::default(),
            closed: CancellationToken::new(),
            cancelled,
        }
    }

    /// Takes no more requests.
    pub fn close(&self) {
        self.closed.cancel();
    }

    /// Waits until none is answered, at most so long.
    pub async fn idle(&self, patience: Duration) {
        let idle = async {
            loop {
                let none = self.answering.none.notified();
                if self.answering.number.load(Ordering::Acquire) == 0 {
                    return;
                }
                none.await;
            }
        };
        // What is not done by then is cancelled next.
        let _ = tokio::time::timeout(patience, idle).await;
    }

    /// Cancels what runs, and ends all streams and sessions.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request<Incoming>, busy: Busy) -> Response<Held> {
        let mut held = vec![Hold::Busy(busy)];
        let answer = match self.pass(request, &mut held).await {
            Ok(answer) | Err(answer) => answer,
        };
        answer.map(|body| Held { body, _held: held })
    }

    async fn pass(
        &self,
        request: Request<Incoming>,
        held: &mut Vec<Hold>,
    ) -> Result<Answer, Answer> {
        let host = request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok());
        let host = host.unwrap_or_default().to_owned();
        let refuse = |why| answer::unchecked(why, &host);
        check::host(request.headers(), request.uri(), self.at).map_err(refuse)?;
        check::origin(request.headers()).map_err(refuse)?;
        let path = request.uri().path();
        if METADATA.contains(&path) {
            return Ok(match *request.method() {
                Method::GET => answer::metadata(&host),
                _ => answer::no_such_method("GET"),
            });
        }
        if path != ENDPOINT {
            return Err(answer::refused(
                StatusCode::NOT_FOUND,
                "there is nothing at this path",
            ));
        }
        check::token(request.headers(), &self.token).map_err(refuse)?;
        if self.closed.is_cancelled() {
            return Err(answer::no_room("the server is ending"));
        }
        let (mut parts, body) = request.into_parts();
        // Nothing behind this needs it, and what is not there is in no log.
        parts.headers.remove(AUTHORIZATION);
        match parts.method {
            Method::POST => self.post(parts, body, held).await,
            Method::GET => {
                held.push(Hold::Room(self.stream()?));
                Ok(self
                    .inner
                    .handle(Request::from_parts(parts, Empty::<Bytes>::new()))
                    .await)
            }
            Method::DELETE => Ok(self
                .inner
                .handle(Request::from_parts(parts, Empty::<Bytes>::new()))
                .await),
            _ => Err(answer::no_such_method("GET, POST, DELETE")),
        }
    }

    async fn post(
        &self,
        parts: Parts,
        body: Incoming,
        held: &mut Vec<Hold>,
    ) -> Result<Answer, Answer> {
        if !is_json(&parts) {
            return Err(answer::refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Content-Type is not application/json",
            ));
        }
        let only_waits = parts
            .headers
            .get(METHOD)
            .is_some_and(|method| method == "subscriptions/listen");
        if only_waits {
            held.push(Hold::Room(self.stream()?));
        } else {
            held.push(Hold::Answering(Answered::begin(&self.answering)));
        }
        let (body, _room) = self.body(body).await?;
        let id = said(&body)?;
        let session = parts
            .headers
            .get(SESSION)
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        let open = session.zip(id);
        if let Some((session, id)) = &open {
            self.sessions
                .begin(session, id)
                .map_err(|error| answer::error(StatusCode::BAD_REQUEST, Some(id.clone()), error))?;
        }
        let answer = self
            .inner
            .handle(Request::from_parts(parts, Full::new(body)))
            .await;
        if let Some((session, id)) = &open
            && !answer.status().is_success()
        {
            self.sessions.refused(session, id);
        }
        Ok(answer)
    }

    /// Room for a stream that stays open.
    fn stream(&self) -> Result<OwnedSemaphorePermit, Answer> {
        let room = self.streams.clone().try_acquire_owned();
        room.map_err(|_| answer::no_room("there are too many open streams"))
    }

    /// The whole body, and its share of what may be in memory at once.
    async fn body(&self, mut body: Incoming) -> Result<(Bytes, OwnedSemaphorePermit), Answer> {
        let too_long = || {
            answer::refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the body is longer than 4 MiB",
            )
        };
        let announced = body.size_hint().upper().unwrap_or(MAX_MESSAGE as u64);
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        if announced > MAX_MESSAGE && body.size_hint().exact().is_some() {
            return Err(too_long());
        }
        let read = async {
            let room = self.bodies.clone().acquire_many_owned(kib(announced)).await;
            let mut room = room.map_err(|_| answer::no_room("the server is ending"))?;
            let mut whole = BytesMut::new();
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|_| {
                    answer::refused(StatusCode::BAD_REQUEST, "the body ended before its end")
                })?;
                let Ok(data) = frame.into_data() else {
                    continue;
                };
                if whole.len() + data.len() > MAX_MESSAGE {
                    return Err(too_long());
                }
                whole.extend_from_slice(&data);
            }
            let spare = room.num_permits().saturating_sub(kib(whole.len()) as usize);
            // What it turned out not to need is another's.
            drop(room.split(spare));
            Ok((whole.freeze(), room))
        };
        tokio::time::timeout(BODY, read).await.map_err(|_| {
            answer::refused(
                StatusCode::REQUEST_TIMEOUT,
                "the body took longer than 30 s",
            )
        })?
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.min(MAX_MESSAGE).div_ceil(1 << 10))
        .unwrap_or(u32::MAX)
        .max(1)
}

fn is_json(parts: &Parts) -> bool {
    let kind = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
}

/// The id of the request that a body holds, if it is one.
///
/// # Errors
/// If it is no message: the answer.
fn said(body: &[u8]) -> Result<Option<RequestId>, Answer> {
    let mut envelope = Envelope::default();
    envelope.feed(body);
    let bad = |id, error| answer::error(StatusCode::BAD_REQUEST, id, error);
    if envelope.is_blank() {
        return Err(bad(
            None,
            ErrorData::parse_error("there is no message in it", None),
        ));
    }
    guard::shape(&envelope).map_err(|error| bad(envelope.id(), error))?;
    match guard::parse(body, &envelope) {
        Ok(Some(ClientJsonRpcMessage::Request(request))) => Ok(Some(request.id)),
        Ok(_) => Ok(None),
        Err(error) if error.code == ErrorCode::METHOD_NOT_FOUND => {
            Err(answer::error(StatusCode::NOT_FOUND, envelope.id(), error))
        }
        Err(error) => Err(bad(envelope.id(), error)),
    }
}

/// One that is being answered.
struct Answered(Arc<Answering>);

impl Answered {
    fn begin(answering: &Arc<Answering>) -> Answered {
        answering.number.fetch_add(1, Ordering::AcqRel);
        Answered(answering.clone())
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        if self.0.number.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.none.notify_waiters();
        }
    }
}

/// What is kept until an answer is written whole, or its client is gone.
#[expect(dead_code, reason = "they are kept to be dropped")]
enum Hold {
    Busy(Busy),
    Answering(Answered),
    Room(OwnedSemaphorePermit),
}

/// An answer's body.
pub struct Held {
    body: BoxBody<Bytes, std::convert::Infallible>,
    _held: Vec<Hold>,
}

impl Body for Held {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
