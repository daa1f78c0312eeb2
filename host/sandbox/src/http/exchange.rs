//! One judged request, sent, and its response on the way back.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use remit_policy::HttpAllowed;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use wasmtime_wasi_http::{Error, RequestOptions};

use super::body::{Clock, Progress, RequestBody, ResponseBody, too_large};
use super::decode::Decoder;
use super::dial::{Dialled, Stream, dial};
use super::judge::Judged;
use super::scrub::ScrubStream;
use super::{Driver, Sent, Shared, error, headers};
use crate::{Decision, Detail};

/// How long connecting may take, look-up and TLS included, where the guest names no time.
const CONNECT: Duration = Duration::from_secs(10);

/// What hyper reads ahead, and so the greatest size of a response's head, in bytes.
const READ_AHEAD: usize = 64 * 1024;

/// The most header lines of a response.
const MAX_LINES: usize = 256;

/// Sends a request. What comes back holds the response's head, its body, and what drives the connection.
pub(super) async fn exchange(
    shared: Arc<Shared>,
    judged: Judged,
    options: RequestOptions,
) -> Result<Sent, Error> {
    let deadline = Instant::from_std(shared.call.deadline);
    let connect_by = within(deadline, Some(options.connect_timeout.unwrap_or(CONNECT)));
    let permit = timeout_at(connect_by, Arc::clone(&shared.connections).acquire_owned())
        .await
        .map_err(|_| Error::ConnectionLimitReached)?
        .map_err(|_| Error::ConnectionLimitReached)?;
    let Dialled { stream, address } = dial(&shared.call, &judged.allowed, connect_by).await?;

    let url = judged.shown();
    let limit = judged.max_response;
    let allowed = judged.allowed.clone();
    timeout_at(deadline, shared.credentials.read(&shared.call))
        .await
        .map_err(|_| Error::HttpResponseTimeout)?;
    let request = build(&shared, judged, address.ip())?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(READ_AHEAD)
        .max_header_size(READ_AHEAD)
        .max_headers(MAX_LINES)
        .handshake::<Stream, RequestBody>(stream)
        .await
        .map_err(|error| error::of_hyper(&error))?;
    shared
        .call
        .usage
        .http_requests
        .fetch_add(1, Ordering::Relaxed);

    // The connection is driven here until the head is there, and by the driver from then on: no task of its own.
    let mut connection: Connection = Box::pin(connection);
    let mut over = false;
    let first_byte_by = within(deadline, options.first_byte_timeout);
    let head = {
        let mut sent = pin!(sender.send_request(request));
        let head = async {
            tokio::select! {
                biased;
                head = &mut sent => head,
                _ = &mut connection => {
                    over = true;
                    sent.await
                }
            }
        };
        timeout_at(first_byte_by, head)
            .await
            .map_err(|_| Error::HttpResponseTimeout)?
            .map_err(|error| error::of_hyper(&error))?
    };

    let detail = Detail {
        address: Some(address.to_string()),
        status: Some(head.status().as_u16()),
        ..Detail::default()
    };
    record(&shared, &allowed, &url, detail)?;
    let clock = Clock::new(deadline, options.between_bytes_timeout);
    let response = receive(shared, head, url, limit, clock)?;
    let driver: Driver = match over {
        // All that came is in the body already; a future that has ended must not be asked again.
        true => Box::new(async { Ok(()) }),
        false => Box::new(drive(connection, permit, deadline)),
    };
    Ok((response, driver))
}

type Connection = Pin<Box<http1::Connection<Stream, RequestBody>>>;

/// `time` from now, or the deadline if that is earlier.
fn within(deadline: Instant, time: Option<Duration>) -> Instant {
    // A guest may name centuries, which the clock cannot add.
    let end = time.and_then(|time| Instant::now().checked_add(time));
    end.map_or(deadline, |end| end.min(deadline))
}

/// Moves bytes between the connection and the bodies until the response is whole, dropped or late.
async fn drive(
    connection: Connection,
    permit: OwnedSemaphorePermit,
    deadline: Instant,
) -> Result<(), Error> {
    let ended = timeout_at(deadline, connection).await;
    drop(permit);
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error::of_hyper(&error)),
        Err(_) => Err(Error::HttpResponseTimeout),
    }
}

/// The bytes that were judged, and the host's own headers.
fn build(
    shared: &Arc<Shared>,
    judged: Judged,
    dialled: std::net::IpAddr,
) -> Result<Request<RequestBody>, Error> {
    let takes_body = [Method::POST, Method::PUT, Method::PATCH].contains(&judged.method);
    let bodiless = judged.body.is_end_stream();
    if bodiless && judged.length.is_some_and(|length| length > 0) {
        // A head that promises a body would go out, and the server wait for what never comes.
        return Err(Error::HttpRequestBodySize(Some(0)));
    }
    // Without a length some servers answer 411 to a POST that has no body.
    let empty = (takes_body && bodiless).then_some(0);
    let mut headers = judged.headers;
    headers::complete(&mut headers, judged.host, judged.length.or(empty));
    shared
        .credentials
        .apply(&shared.call, &judged.allowed, dialled, &mut headers)?;

    let mut request = Request::new(RequestBody {
        inner: judged.body,
        shared: Arc::clone(shared),
        length: judged.length,
        sent: 0,
    });
    *request.method_mut() = judged.method;
    *request.uri_mut() = judged.target;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Nothing that was received reaches a guest without a record.
fn record(shared: &Shared, allowed: &HttpAllowed, url: &str, detail: Detail) -> Result<(), Error> {
    let mut decision = Decision::allowed("http", "response", url, Some(allowed.rule.clone()));
    decision.detail = detail;
    shared
        .call
        .journal
        .record(&decision)
        .map_err(|_| Error::HttpRequestDenied)
}

/// The response as the guest gets it.
fn receive(
    shared: Arc<Shared>,
    response: Response<Incoming>,
    url: String,
    limit: u64,
    clock: Clock,
) -> Result<Response<wasmtime_wasi_http::WasiBody>, Error> {
    let (parts, inner) = response.into_parts();
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Error::HttpUpgradeFailed);
    }
    if let Some(coding) = unchunked(&parts.headers) {
        return Err(coding);
    }
    let decoder =
        Decoder::new(&parts.headers).map_err(|_| Error::HttpResponseContentCoding(None))?;
    // Of what will come: a response to HEAD has none, whatever length it names.
    let declared = inner.size_hint().lower();
    if declared > limit {
        return Err(too_large(&shared, &url, limit));
    }
    let scrubber = shared.credentials.scrubber();
    let scrub = scrubber.map(|_| ScrubStream::default());
    let clean = headers::clean(parts.headers, !decoder.is_identity(), scrubber);

    let body = ResponseBody {
        inner,
        decoder,
        scrub,
        url,
        limit,
        clock,
        progress: Progress::default(),
        shared,
    };
    // A new head: hyper's extensions hold the reason phrase as the server wrote it.
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = parts.status;
    *response.headers_mut() = clean;
    Ok(response)
}

/// A transfer coding under or instead of `chunked`, or a second `chunked`, which hyper would hand on as it is.
fn unchunked(headers: &http::HeaderMap) -> Option<Error> {
    let chunked = |value: &http::HeaderValue| {
        value
            .as_bytes()
            .trim_ascii()
            .eq_ignore_ascii_case(b"chunked")
    };
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let plain = codings.next().is_none_or(chunked) && codings.next().is_none();
    (!plain).then_some(Error::HttpResponseTransferCoding(None))
}
