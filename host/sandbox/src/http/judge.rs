//! The one choke-point of requests: what a guest asks for is judged here, and recorded before it is acted on.

use std::collections::HashMap;

use http::{HeaderMap, HeaderValue, Uri, header};
use remit_policy::{Authority, ByteSize, Denial, DenialCode, HttpAllowed, HttpAsk, display_safe};
use wasmtime_wasi_http::WasiBody;

use super::{GuestRequest, HttpCall, headers};
use crate::{Decision, Journal, RecordError};

/// A response's greatest size in bytes, after decompression, where the grant names none. A guest's memory is 64 MiB.
const MAX_RESPONSE: ByteSize = ByteSize::mib(32);

/// How much of a URL goes into a record, in characters.
const SHOWN: usize = 1024;

/// A request that was allowed, and holds nothing but what will be sent.
pub(super) struct Judged {
    pub(super) allowed: HttpAllowed,
    pub(super) method: http::Method,
    /// Path and query: in a request to an origin, that is all of the target.
    pub(super) target: Uri,
    pub(super) host: HeaderValue,
    pub(super) headers: HeaderMap,
    /// How long the guest says that the body is, in bytes.
    pub(super) length: Option<u64>,
    pub(super) body: WasiBody,
    /// The response's greatest size, in bytes.
    pub(super) max_response: u64,
}

impl Judged {
    /// The URL for records and messages.
    pub(super) fn shown(&self) -> String {
        shown(&self.allowed)
    }
}

/// The URL for records and messages.
pub(super) fn shown(allowed: &HttpAllowed) -> String {
    display_safe(allowed.url.as_str(), SHOWN)
}

/// Why a request goes nowhere.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is denied, and the denial is recorded.
    Denied,
    /// The decision could not be recorded: the call must end.
    Unrecorded(RecordError),
}

impl From<RecordError> for Refused {
    fn from(error: RecordError) -> Refused {
        Refused::Unrecorded(error)
    }
}

/// How many requests a call has made.
#[derive(Default)]
pub(super) struct Budget {
    call: u32,
    grants: HashMap<usize, u32>,
}

/// Judges a request, charges it to the budgets, and records the decision.
pub(super) fn judge(
    call: &HttpCall,
    budget: &mut Budget,
    request: GuestRequest,
) -> Result<Judged, Refused> {
    let action = display_safe(&request.method, 32);
    match decide(&call.authority, budget, request) {
        Ok(judged) => {
            let rule = Some(judged.allowed.rule.clone());
            call.journal
                .record(&Decision::allowed("http", action, judged.shown(), rule))?;
            Ok(judged)
        }
        Err(denial) => {
            record_denial(&call.journal, &action, *denial)?;
            Err(Refused::Denied)
        }
    }
}

/// Records that something about http was denied.
pub(super) fn record_denial(
    journal: &Journal,
    action: &str,
    denial: Denial,
) -> Result<(), RecordError> {
    journal.record(&Decision::denied("http", action, denial))
}

fn decide(
    authority: &Authority,
    budget: &mut Budget,
    request: GuestRequest,
) -> Result<Judged, Box<Denial>> {
    let mut allowed = authority.http(&HttpAsk {
        method: &request.method,
        scheme: &request.scheme,
        authority: &request.authority,
        path_and_query: &request.path_and_query,
    })?;
    let (headers, length) = headers::judge(authority, request.headers)?;

    // What was judged is what is sent: if the types that send it cannot hold it unchanged, it is not sent.
    let url = &allowed.url;
    let unsendable = || {
        let reason = "the request's line cannot be sent as it was judged";
        Box::new(Denial::new(
            DenialCode::HttpUrlNoncanonical,
            url.as_str(),
            reason,
        ))
    };
    let method =
        http::Method::from_bytes(allowed.method.as_str().as_bytes()).map_err(|_| unsendable())?;
    let target = Uri::try_from(url.path_and_query()).map_err(|_| unsendable())?;
    if target != *url.path_and_query()
        || target.authority().is_some()
        || method.as_str() != request.method
    {
        return Err(unsendable());
    }
    let host = HeaderValue::from_str(url.authority()).map_err(|_| unsendable())?;

    let grant = budget.charge(authority, &allowed)?;
    allowed.grant = grant;
    let max_response = authority.max_response(grant, MAX_RESPONSE).as_u64();
    Ok(Judged {
        allowed,
        method,
        target,
        host,
        headers,
        length,
        body: request.body,
        max_response,
    })
}

impl Budget {
    /// Counts a request, against the call and against the first of its grants that has any left. Returns that grant.
    fn charge(
        &mut self,
        authority: &Authority,
        allowed: &HttpAllowed,
    ) -> Result<usize, Box<Denial>> {
        if self.call >= authority.limits().requests {
            return Err(Box::new(authority.over_budget(allowed, true)));
        }
        let grants = std::iter::once(allowed.grant).chain(allowed.others.iter().copied());
        for grant in grants {
            let most = authority
                .http_grant(grant)
                .and_then(|grant| grant.max_requests);
            let used = self.grants.entry(grant).or_default();
            if most.is_none_or(|most| *used < most) {
                *used += 1;
                self.call += 1;
                return Ok(grant);
            }
        }
        Err(Box::new(authority.over_budget(allowed, false)))
    }
}

/// The length that a guest declares for its body, taken out of its headers: framing is the host's.
pub(super) fn take_length(headers: &mut HeaderMap) -> Result<Option<u64>, ()> {
    let Some(value) = headers.remove(header::CONTENT_LENGTH) else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| ())?;
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(());
    }
    text.parse().map(Some).map_err(|_| ())
}
