//! What of a client's messages is let through: sizes, nesting, ids, how many at once.
//!
//! rmcp starts a task for each message, keeps requests by their ids, reads on while answers wait to be written, and ends
//! at the first message that comes before its time. So between it and the stream stands this transport: what it hands on
//! can do none of that harm, and what it does not, it answers itself.

mod complaints;
mod envelope;
mod in_flight;
mod lines;
mod outbox;
mod watched;

use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorCode, ErrorData, GetMeta as _,
    JsonRpcError, ProtocolVersion, RequestId, ServerJsonRpcMessage,
};
use rmcp::transport::Transport;
use serde::de::IgnoredAny;
use tokio::io::{AsyncRead, AsyncWrite};

use complaints::Complaints;
use lines::{Line, Lines};
use outbox::Outbox;

pub use envelope::{Envelope, MAX_DEPTH, MAX_ID};
pub use in_flight::InFlight;
pub use lines::MAX_MESSAGE;
pub use watched::{Watched, Work};

/// How many messages out of their time are borne before a client has said which revision it speaks.
const MAX_EARLY: u32 = 100;

/// How long a client may take over what is written to it last.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A client on two streams, a message a line.
pub struct Guard<R> {
    lines: Lines<R>,
    out: Option<Outbox>,
    ids: InFlight,
    work: Arc<Work>,
    complaints: Complaints,
    /// None once it is known which era the client speaks; until then how many messages out of their time are left.
    early: Option<u32>,
    versions: Vec<ProtocolVersion>,
}

impl<R: AsyncRead + Send + Unpin> Guard<R> {
    /// Reads from `read`, writes to `write`. `versions` are those that are served.
    pub fn new(
        read: R,
        write: impl AsyncWrite + Send + Unpin + 'static,
        work: Arc<Work>,
        versions: Vec<ProtocolVersion>,
    ) -> Guard<R> {
        Guard {
            lines: Lines::new(read),
            // A client that takes no answers is gone, whatever else it may still send.
            out: Some(Outbox::start(write, work.end.clone())),
            ids: InFlight::default(),
            work,
            complaints: Complaints::new(),
            early: Some(MAX_EARLY),
            versions,
        }
    }

    /// What a line asks for, if it may be handed on.
    fn message(&mut self, line: &[u8], envelope: &Envelope) -> Option<ClientJsonRpcMessage> {
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        if envelope.is_blank() || line.trim_ascii().is_empty() {
            return None;
        }
        if let Err(error) = shape(envelope) {
            self.refuse(envelope.id(), error);
            return None;
        }
        let message = match parse(line, envelope) {
            Ok(message) => message?,
            Err(error) => {
                self.refuse(envelope.id(), error);
                return None;
            }
        };
        if !self.is_timely(&message) {
            return None;
        }
        match &message {
            ClientJsonRpcMessage::Request(request) => {
                if let Err(error) = self.ids.begin(&request.id, self.work.running()) {
                    self.refuse(Some(request.id.clone()), error);
                    return None;
                }
            }
            ClientJsonRpcMessage::Notification(told) => {
                if let ClientNotification::CancelledNotification(cancelled) = &told.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.ids.cancel(id);
                }
            }
            ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_) => {}
        }
        Some(message)
    }

    /// Whether a message may come now. Before a client has said which revision it speaks, rmcp answers requests and
    /// ends at anything else.
    fn is_timely(&mut self, message: &ClientJsonRpcMessage) -> bool {
        let Some(left) = &mut self.early else {
            return true;
        };
        let request = match message {
            ClientJsonRpcMessage::Request(request) => Some(&request.request),
            _ => None,
        };
        match request {
            Some(ClientRequest::InitializeRequest(_)) => {
                self.early = None;
                true
            }
            Some(ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_)) => true,
            Some(request) if opens(request, &self.versions) => {
                self.early = None;
                true
            }
            other => {
                let answered = other.is_some();
                *left = left.saturating_sub(1);
                if *left == 0 {
                    tracing::warn!(
                        "the client sends what it may not send before `initialize`, and nothing else"
                    );
                    self.work.stop.cancel();
                }
                answered
            }
        }
    }

    fn refuse(&mut self, id: Option<RequestId>, error: ErrorData) {
        self.complaints.tell(&error.message);
        if id.is_none() && !self.complaints.may_answer() {
            return;
        }
        if let (Some(line), Some(out)) = (refusal(id, error), &self.out) {
            // Nothing waits for it; if the client is gone, that is noticed where it counts.
            drop(out.push(line));
        }
    }
}

/// What no message may be, whatever it says.
///
/// # Errors
/// The answer to one that is.
pub fn shape(envelope: &Envelope) -> Result<(), ErrorData> {
    if envelope.is_batch() {
        return Err(ErrorData::invalid_request(
            "a batch: send each message by itself",
            None,
        ));
    }
    if envelope.is_too_deep() {
        return Err(ErrorData::invalid_request(
            format!("the message nests more than {MAX_DEPTH} levels"),
            None,
        ));
    }
    Ok(())
}

/// Parses one message. None for a notification that nobody here knows, which is not an error.
///
/// # Errors
/// The answer to what is no message.
pub fn parse(line: &[u8], envelope: &Envelope) -> Result<Option<ClientJsonRpcMessage>, ErrorData> {
    match serde_json::from_slice(line) {
        // An id that is longer than those that are kept, or that is read in two ways.
        Ok(ClientJsonRpcMessage::Request(request))
            if envelope.id().as_ref() != Some(&request.id) =>
        {
            Err(ErrorData::invalid_request(
                format!("the id is not one of at most {MAX_ID} bytes"),
                None,
            ))
        }
        Ok(ClientJsonRpcMessage::Request(request)) if is_removed(&request.request) => {
            Err(ErrorData::new(
                ErrorCode::METHOD_NOT_FOUND,
                format!("there is no {} in 2026-07-28", request.request.method()),
                None,
            ))
        }
        // What rmcp makes of a request that it knows, and whose parameters it does not.
        Ok(ClientJsonRpcMessage::Request(request)) if misfits(&request.request) => {
            Err(ErrorData::invalid_params(
                format!("the parameters do not fit {}", request.request.method()),
                None,
            ))
        }
        Ok(message) => Ok(Some(message)),
        Err(error) => match serde_json::from_slice::<Named>(line) {
            Ok(Named { method: Some(_) }) if !envelope.has_id() => Ok(None),
            Ok(_) => Err(ErrorData::invalid_request(
                "this is no message of the protocol",
                None,
            )),
            Err(_) if serde_json::from_slice::<IgnoredAny>(line).is_ok() => Err(
                ErrorData::invalid_request("this is no message of JSON-RPC", None),
            ),
            Err(_) => Err(ErrorData::parse_error(
                format!("this is no JSON: {error}"),
                None,
            )),
        },
    }
}

/// The requests that servers know, and that are none of a server's own.
const KNOWN: &[&str] = &[
    "initialize",
    "completion/complete",
    "logging/setLevel",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/subscribe",
    "resources/templates/list",
    "resources/unsubscribe",
    "server/discover",
    "subscriptions/listen",
    "tools/call",
    "tools/list",
];

fn misfits(request: &ClientRequest) -> bool {
    matches!(request, ClientRequest::CustomRequest(custom) if KNOWN.contains(&custom.method.as_str()))
}

/// What the revision of 2026-07-28 has no more, whatever the parameters are.
const REMOVED: &[&str] = &[
    "initialize",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
];

fn is_removed(request: &ClientRequest) -> bool {
    let version = request.get_meta().protocol_version();
    version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
        && REMOVED.contains(&request.method())
}

/// What tells a notification.
#[derive(serde::Deserialize)]
struct Named {
    method: Option<IgnoredAny>,
}

/// An answer of our own to what is not handed on, as a line.
pub fn refusal(id: Option<RequestId>, error: ErrorData) -> Option<Vec<u8>> {
    let answer = JsonRpcError::new(id.clone(), error);
    let mut answer = serde_json::to_value(answer).ok()?;
    if id.is_none() {
        // JSON-RPC asks for `null` where the id is not known; the revision of 2026 allows it to be left out, older ones
        // do not.
        answer
            .as_object_mut()?
            .insert("id".to_owned(), serde_json::Value::Null);
    }
    serde_json::to_vec(&answer).ok()
}

/// Whether a request says by itself which revision it speaks, as those of 2026-07-28 do, so that rmcp goes on without
/// `initialize`.
fn opens(request: &ClientRequest, versions: &[ProtocolVersion]) -> bool {
    let meta = request.get_meta();
    meta.missing_required_keys(&ProtocolVersion::V_2026_07_28)
        .is_empty()
        && meta
            .protocol_version()
            .is_some_and(|version| versions.contains(&version))
}

impl<R: AsyncRead + Send + Unpin> Transport<RoleServer> for Guard<R> {
    type Error = std::io::Error;

    fn send(
        &mut self,
        item: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let id = match &item {
            ServerJsonRpcMessage::Response(answer) => Some(&answer.id),
            ServerJsonRpcMessage::Error(answer) => answer.id.as_ref(),
            _ => None,
        };
        if let Some(id) = id {
            self.ids.end(id);
        }
        let gone = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let written = match (serde_json::to_vec(&item), &self.out) {
            (Ok(line), Some(out)) => Ok(out.push(line)),
            (Ok(_), None) => Err(gone()),
            (Err(error), _) => Err(error.into()),
        };
        async move { written?.await.map_err(|_| gone()) }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let out = self.out.as_ref()?;
            let line = tokio::select! {
                biased;
                () = self.work.stop.cancelled() => return None,
                () = self.work.end.cancelled() => return None,
                line = async {
                    out.has_room().await;
                    self.lines.next().await
                } => line,
            };
            match line {
                Line::Whole(line, envelope) => {
                    if let Some(message) = self.message(&line, &envelope) {
                        return Some(message);
                    }
                }
                Line::TooLong(envelope) => {
                    let error = ErrorData::invalid_request(
                        format!("the message is too long: it may have {MAX_MESSAGE} bytes"),
                        None,
                    );
                    self.refuse(envelope.id(), error);
                }
                Line::End => {
                    self.work.stop.cancel();
                    return None;
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        if let Some(out) = self.out.take() {
            out.close(LAST_WORDS).await;
        }
        Ok(())
    }
}
