//! The `http` capability: wasi:http over a sender of our own.
//!
//! One request goes through these rooms, in this order, and none is left out:
//! 1. `judge`: URL, method, headers and budgets, as the guest gave them, against the [`Authority`]. The decision is
//!    recorded before anything is done.
//! 2. `dial`: the name is resolved once, all its addresses are judged, and one of exactly these is dialled.
//! 3. `credentials`: secrets are put in for this origin only.
//! 4. `exchange`: the judged bytes are sent, with headers of the host's own; nothing is followed, no proxy is asked.
//! 5. `body`: what comes back is decoded, capped and scrubbed on its way to the guest.
//!
//! Everything of an exchange lives in the two futures that `wasmtime-wasi-http` keeps in the call's resource table,
//! and ends with them: no task and no socket outlives the call.

mod body;
mod credentials;
mod decode;
mod dial;
mod error;
mod exchange;
mod headers;
mod judge;
mod link;
pub mod network;
mod scrub;
mod unescape;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderName;
use remit_policy::Authority;
use tokio::sync::Semaphore;
use wasmtime_wasi_http::{ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

pub use link::{HttpView, add_to_linker};

use crate::{Journal, Meter, RecordError, Secrets};
use credentials::Credentials;
use judge::{Budget, Refused};
use network::Network;

/// How many connections of one call are open at once; further requests wait for one of them to end.
const MAX_CONNECTIONS: usize = 16;

/// What the hooks of one call hold.
pub struct HttpCall {
    /// What the call may do.
    pub authority: Arc<Authority>,
    /// Where each decision goes before it is acted on.
    pub journal: Arc<Journal>,
    /// Where the values of granted secrets come from.
    pub secrets: Arc<dyn Secrets>,
    /// What resolves and dials.
    pub network: Arc<dyn Network>,
    /// The call's end: no exchange lasts longer.
    pub deadline: Instant,
    /// What counts requests and bytes.
    pub usage: Arc<Meter>,
}

/// What all exchanges of a call share.
struct Shared {
    call: HttpCall,
    credentials: Credentials,
    connections: Arc<Semaphore>,
}

impl Shared {
    /// Whether more of a body may be sent or handed on: an approval may be withdrawn meanwhile. A denial is recorded, and
    /// ends the call.
    fn standing(&self, action: &str) -> Result<(), wasmtime_wasi_http::Error> {
        (self.call.journal.standing("http", action))
            .map_err(|_| wasmtime_wasi_http::Error::HttpRequestDenied)
    }
}

/// The hooks of wasmtime-wasi-http for one call. Cheap: nothing is read or opened before the first request.
pub struct HttpHooks {
    shared: Arc<Shared>,
    budget: Budget,
}

/// The head of a response with its body, and what must be driven for the body to arrive.
type Sent = (http::Response<WasiBody>, Driver);
type Driver = Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>;
type Exchange = Pin<Box<dyn Future<Output = Result<Sent, wasmtime_wasi_http::Error>> + Send>>;

/// A request as the guest built it, with nothing read into it.
pub(crate) struct GuestRequest {
    method: String,
    scheme: String,
    authority: String,
    path_and_query: String,
    headers: http::HeaderMap,
    body: WasiBody,
}

impl HttpHooks {
    /// The hooks of a call.
    pub fn new(call: HttpCall) -> HttpHooks {
        HttpHooks {
            shared: Arc::new(Shared {
                call,
                credentials: Credentials::default(),
                connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            }),
            budget: Budget::default(),
        }
    }

    /// Judges and records a request; what comes back sends it once it is polled.
    fn begin(
        &mut self,
        request: GuestRequest,
        options: RequestOptions,
    ) -> Result<Exchange, Refused> {
        let shared = Arc::clone(&self.shared);
        let judged = judge::judge(&shared.call, &mut self.budget, request)?;
        Ok(Box::pin(exchange::exchange(shared, judged, options)))
    }

    /// Records the try to set something in a request that no request may have.
    fn refuse(&mut self, denial: remit_policy::Denial) -> Result<(), RecordError> {
        judge::record_denial(&self.shared.call.journal, "request", denial)
    }
}

impl WasiHttpHooks for HttpHooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        if !headers::is_forbidden(name) {
            return false;
        }
        // Response headers of these names are gone before they get here: it is the guest that tries to set one.
        // A failure to record is remembered by the journal and ends the call.
        let denial = headers::forbidden(name.as_str());
        let _ = self.refuse(denial);
        true
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(headers::is_forbidden)
    }

    fn is_supported_scheme(&mut self, _: &http::uri::Scheme) -> bool {
        // Judged with the rest, so that the try is recorded.
        true
    }

    fn set_host_header(&mut self) -> bool {
        false
    }

    /// Not on the way of a guest's request, which goes through [`add_to_linker`]'s `handle` as the guest spelled it;
    /// but whatever gets here is judged by the same rules.
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _done: Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, wasmtime_wasi_http::Error>> + Send> {
        let (parts, body) = request.into_parts();
        let request = GuestRequest {
            method: parts.method.as_str().to_owned(),
            scheme: parts.uri.scheme_str().unwrap_or("https").to_owned(),
            authority: parts.uri.authority().map_or("", |a| a.as_str()).to_owned(),
            path_and_query: parts
                .uri
                .path_and_query()
                .map_or("/", |p| p.as_str())
                .to_owned(),
            headers: parts.headers,
            body,
        };
        match self.begin(request, options.unwrap_or_default()) {
            Ok(exchange) => Box::new(exchange),
            Err(_) => Box::new(async { Err(wasmtime_wasi_http::Error::HttpRequestDenied) }),
        }
    }

    fn p2_error_from_hyper(&mut self, _: &hyper::Error) -> link::ErrorCode {
        link::ErrorCode::HttpProtocolError
    }
}
