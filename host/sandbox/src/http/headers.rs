//! Which headers a guest may set, and which of a response's it gets to see.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use remit_policy::{Authority, Denial, DenialCode, host_owns_header};

use super::judge::take_length;
use super::scrub::Scrubber;

/// The greatest size of all of a request's headers, in bytes: names, values, and four for each line's `: ` and end.
/// skills-and-grants.md, HTTP rule 7.
const MAX_HEADERS: usize = 64 * 1024;

/// Headers that a guest declares or wishes, and the host then writes by itself: they are not forbidden to set, but
/// not sent as they are. `Content-Length` is how wasi:http says how long a body will be; `Accept-Encoding` is set by
/// many clients unasked.
fn is_declared(name: &HeaderName) -> bool {
    *name == header::CONTENT_LENGTH || *name == header::ACCEPT_ENCODING
}

/// Whether a guest's fields may not hold this header at all.
pub(super) fn is_forbidden(name: &HeaderName) -> bool {
    !is_declared(name) && host_owns_header(name.as_str())
}

/// The denial of a header that the host owns.
pub(super) fn forbidden(name: &str) -> Denial {
    let reason = "the header belongs to the host";
    Denial::new(
        DenialCode::HttpHeaderDenied,
        &format!("header {name}"),
        reason,
    )
}

/// Judges a request's headers: what comes back may be sent, and the length that the guest declares for the body.
pub(super) fn judge(
    authority: &Authority,
    mut headers: HeaderMap,
) -> Result<(HeaderMap, Option<u64>), Box<Denial>> {
    let denied = |asked: &str, reason: &str| {
        Box::new(Denial::new(DenialCode::HttpHeaderDenied, asked, reason))
    };
    if headers.get_all(header::CONTENT_LENGTH).iter().count() > 1 {
        return Err(denied("header content-length", "it is given twice"));
    }
    let length = take_length(&mut headers)
        .map_err(|()| denied("header content-length", "it is not a number"))?;
    let mut size = 0_usize;
    for (name, value) in &headers {
        authority.header(name.as_str(), value.as_bytes())?;
        size = size.saturating_add(name.as_str().len() + value.len() + 4);
    }
    if size > MAX_HEADERS {
        return Err(denied("headers", "they are larger than 64 KiB together"));
    }
    Ok((headers, length))
}

/// The host's own headers, over whatever is there.
pub(super) fn complete(headers: &mut HeaderMap, host: HeaderValue, length: Option<u64>) {
    headers.insert(header::HOST, host);
    // What is compressed must be unpacked to be capped and scrubbed; better not to pack it.
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}

/// A response's headers as the guest may see them: without those of the connection, and without secrets.
///
/// `unpacked`: the body's coding has been undone, so that the headers which describe it are no longer true.
pub(super) fn clean(headers: HeaderMap, unpacked: bool, scrubber: Option<&Scrubber>) -> HeaderMap {
    let of_connection: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    // RFC 9112, 6.3: what is chunked has no other length, whatever else the server says.
    let chunked = headers.contains_key(header::TRANSFER_ENCODING);
    let mut clean = HeaderMap::with_capacity(headers.len());
    let mut current = None;
    for (name, value) in headers {
        // The map gives a name once, then its further values without it.
        if name.is_some() {
            current = name;
        }
        let Some(name) = &current else { continue };
        let untrue = match *name {
            header::CONTENT_LENGTH => unpacked || chunked,
            header::CONTENT_ENCODING => unpacked,
            _ => false,
        };
        if is_hop_by_hop(name) || (of_connection.contains(name) && !is_end_to_end(name)) || untrue {
            continue;
        }
        let Some(value) = scrubbed(name, value, scrubber) else {
            continue;
        };
        clean.append(name.clone(), value);
    }
    clean
}

/// The value without secrets; none if the header must be left out.
fn scrubbed(
    name: &HeaderName,
    value: HeaderValue,
    scrubber: Option<&Scrubber>,
) -> Option<HeaderValue> {
    let Some(scrubber) = scrubber else {
        return Some(value);
    };
    if scrubber.found_in_name(name.as_str()) {
        return None;
    }
    match scrubber.scrub(value.as_bytes()) {
        Some(masked) => HeaderValue::from_bytes(&masked).ok(),
        None => Some(value),
    }
}

/// RFC 9110, 7.6.1, and what the same kind of header is called elsewhere.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    const NAMES: [&str; 10] = [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
    ];
    NAMES.contains(&name.as_str()) || is_forbidden(name)
}

/// Headers that no `Connection` line can take away: a server that lists them there is confused or worse.
fn is_end_to_end(name: &HeaderName) -> bool {
    *name == header::CONTENT_TYPE
        || *name == header::CONTENT_LENGTH
        || *name == header::CONTENT_ENCODING
}
