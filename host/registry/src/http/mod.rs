//! HTTP/1.1, one connection a request: dial what was judged, send, follow what may be followed, read up to a cap.

mod body;
mod dial;
mod reach;
mod stream;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use url::{Origin, Url};

pub(crate) use body::{Expected, check_digest, create};
pub(crate) use dial::shown_host;
pub(crate) use reach::Reach;
use reach::Scope;

use crate::error::RegistryError;
use crate::limits::{Deadlines, MAX_REDIRECTS};
use crate::network::Network;

/// Bytes of a response's head: registries' have some 2 KiB.
const MAX_HEAD: usize = 64 << 10;
/// Sent with each request, so that whoever runs a registry knows whom to ask.
const USER_AGENT: &str = concat!("remit/", env!("CARGO_PKG_VERSION"));

/// One fetch or publication: its network, and by when all of it is done.
#[derive(Clone)]
pub(crate) struct Client {
    network: Arc<dyn Network>,
    deadlines: Deadlines,
    by: Instant,
}

/// What is sent. The credentials go to the origin of the URL, and are dropped where a redirect leaves it.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) body: Bytes,
    pub(crate) reach: Reach,
}

impl Request {
    /// A GET without anything.
    pub(crate) fn get(url: Url, reach: Reach) -> Request {
        Request {
            method: Method::GET,
            url,
            headers: Vec::new(),
            authorization: None,
            body: Bytes::new(),
            reach,
        }
    }

    /// With a header more.
    pub(crate) fn header(mut self, name: HeaderName, value: &'static str) -> Request {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }
}

/// The head of what came back, and the body to be read.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Where the first host's addresses lie: what it names is judged by that.
    pub(crate) scope: Scope,
    /// Who answered, for messages.
    pub(crate) host: String,
    /// Who answered.
    pub(crate) origin: Origin,
    body: Incoming,
    idle: std::time::Duration,
    by: Instant,
    /// Ends with the response.
    _connection: JoinSet<()>,
}

impl Client {
    pub(crate) fn new(network: Arc<dyn Network>, deadlines: Deadlines) -> Client {
        let by = Instant::now() + deadlines.whole;
        Client {
            network,
            deadlines,
            by,
        }
    }

    /// Sends a request without a body, and follows where it leads: from https to https, at most five times, and only
    /// to addresses that the first host may lead to.
    pub(crate) async fn follow(&self, mut request: Request) -> Result<Response, RegistryError> {
        let first = request.url.origin();
        let mut scope = None;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&request).await?;
            let from = *scope.get_or_insert(response.scope);
            if !response.status.is_redirection() {
                return Ok(Response {
                    scope: from,
                    ..response
                });
            }
            let target = redirect(&request.url, &response)?;
            request.url = target;
            request.reach = Reach::LedFrom(from);
            if request.url.origin() != first {
                request.authorization = None;
            }
        }
        Err(RegistryError::Redirect {
            host: shown_host(&request.url),
            target: "yet another place".to_owned(),
            why: "five redirects are enough",
        })
    }

    /// Sends a request and gives what comes back, whatever its status.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, RegistryError> {
        let host = shown_host(&request.url);
        let connect_by = self.by.min(Instant::now() + self.deadlines.connect);
        let dialled = dial::dial(&self.network, &request.url, request.reach, connect_by).await?;
        let broken = |error: hyper::Error| RegistryError::Unreachable {
            host: host.clone(),
            why: remit_policy::display_safe(&with_cause(&error), 200),
        };
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(MAX_HEAD)
            .handshake::<_, Full<Bytes>>(dialled.stream)
            .await
            .map_err(broken)?;
        let mut task = JoinSet::new();
        task.spawn(async move {
            // What breaks it shows in the exchange.
            let _ = connection.await;
        });
        // An upload takes as long as the whole may; what is only asked for is answered soon.
        let by = if request.body.is_empty() {
            self.by.min(Instant::now() + self.deadlines.idle)
        } else {
            self.by
        };
        let message = message(request, &host)?;
        let response = match timeout_at(by, sender.send_request(message)).await {
            Err(_) => {
                return Err(RegistryError::Timeout {
                    host,
                    what: "it did not answer".to_owned(),
                });
            }
            Ok(sent) => sent.map_err(broken)?,
        };
        let (head, body) = response.into_parts();
        let mut codings = head.headers.get_all(header::CONTENT_ENCODING).iter();
        if let Some(coding) = codings.find(|coding| *coding != "identity") {
            let coding =
                remit_policy::display_safe(&String::from_utf8_lossy(coding.as_bytes()), 40);
            return Err(RegistryError::response(
                &host,
                format!("it is coded as {coding}, which was not asked for"),
            ));
        }
        Ok(Response {
            status: head.status,
            headers: head.headers,
            scope: dialled.scope,
            host,
            origin: request.url.origin(),
            body,
            idle: self.deadlines.idle,
            by: self.by,
            _connection: task,
        })
    }
}

fn with_cause(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn message(request: &Request, host: &str) -> Result<http::Request<Full<Bytes>>, RegistryError> {
    let url = &request.url;
    let mut builder = http::Request::builder()
        .method(request.method.clone())
        .uri(&url[url::Position::BeforePath..url::Position::AfterQuery])
        .header(header::HOST, shown_authority(url))
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close");
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    if let Some(authorization) = &request.authorization {
        builder = builder.header(header::AUTHORIZATION, authorization);
    }
    if request.body.is_empty() && (request.method == Method::POST || request.method == Method::PUT)
    {
        builder = builder.header(header::CONTENT_LENGTH, 0);
    }
    builder
        .body(Full::new(request.body.clone()))
        .map_err(|error| RegistryError::response(host, error.to_string()))
}

fn shown_authority(url: &Url) -> &str {
    &url[url::Position::BeforeHost..url::Position::AfterPort]
}

/// Where a redirect leads, if it may be followed at all; whether its address may be dialled is judged then.
fn redirect(from: &Url, response: &Response) -> Result<Url, RegistryError> {
    let host = shown_host(from);
    let target = location(from, response)?;
    let refused = |why| RegistryError::Redirect {
        host: host.clone(),
        target: origin_text(&target),
        why,
    };
    if from.scheme() != "https" {
        return Err(refused(
            "what is fetched over plain http leads nowhere else",
        ));
    }
    if target.scheme() != "https" {
        return Err(refused("it is not https"));
    }
    if !target.username().is_empty() || target.password().is_some() {
        return Err(refused("it holds a name or password"));
    }
    Ok(target)
}

/// The `Location` of a response, as a URL.
pub(crate) fn location(from: &Url, response: &Response) -> Result<Url, RegistryError> {
    let host = shown_host(from);
    let mut all = response.headers.get_all(header::LOCATION).iter();
    let (Some(text), None) = (all.next(), all.next()) else {
        return Err(RegistryError::response(
            &host,
            format!("status {} without one Location", response.status.as_u16()),
        ));
    };
    let url = text.to_str().ok().and_then(|text| from.join(text).ok());
    url.filter(Url::has_host)
        .ok_or_else(|| RegistryError::response(&host, "its Location is no URL"))
}

/// Scheme, host and port, for messages: what follows may hold what nobody else should see.
pub(crate) fn origin_text(url: &Url) -> String {
    match url.origin() {
        Origin::Tuple(..) => remit_policy::display_safe(&url.origin().ascii_serialization(), 200),
        Origin::Opaque(_) => remit_policy::display_safe(&format!("{}:…", url.scheme()), 60),
    }
}
