//! Requests of any shape, sent and read in any manner.

use serde_json::{Value, json};

use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, HeaderError, IncomingBody, IncomingResponse, Method, OutgoingBody,
    OutgoingRequest, RequestOptions, Scheme,
};
use crate::bindings::wasi::io::streams::StreamError;
use crate::world::stream_failure;
use crate::{Failure, Outcome, text};

pub fn run(op: &str, input: &Value) -> Option<Outcome> {
    Some(match op {
        "http" => request(input),
        // Only builds the headers: which ones does the host let a guest set?
        "http_headers" => {
            fields(&input["headers"]).map(|fields| json!({ "headers": entries(&fields) }))
        }
        _ => return None,
    })
}

pub fn code_failure(code: &ErrorCode) -> Failure {
    let detail = match code {
        ErrorCode::InternalError(Some(text)) => text.clone(),
        other => format!("{other:?}"),
    };
    Failure::new(text::kebab(&format!("{code:?}")), detail)
}

fn header_failure(error: HeaderError) -> Failure {
    Failure::new(text::kebab(&format!("{error:?}")), "").at("headers")
}

fn refused(what: &'static str) -> Failure {
    Failure::new("refused", what).at(what)
}

/// `[["name", "value"], …]`; a value may be anything that `text::bytes` takes. `headers_by` says how.
fn fields(list: &Value) -> Result<Fields, Failure> {
    let fields = Fields::new();
    for pair in list.as_array().into_iter().flatten() {
        let name = String::from_utf8(text::bytes(&pair[0])).unwrap_or_default();
        fields
            .append(&name, &text::bytes(&pair[1]))
            .map_err(header_failure)?;
    }
    Ok(fields)
}

fn entries(fields: &Fields) -> Value {
    let entries = fields.entries();
    entries
        .iter()
        .map(|(name, value)| json!([name, String::from_utf8_lossy(value)]))
        .collect()
}

fn method(name: &str) -> Method {
    match name {
        "" | "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_string()),
    }
}

/// A text argument that may also be given in hex, for the bytes that JSON cannot say well.
fn any_text(value: &Value) -> String {
    // SAFETY: deliberately none, as for every string that evil hands to the host.
    unsafe { String::from_utf8_unchecked(text::bytes(value)) }
}

fn request(input: &Value) -> Outcome {
    let request = OutgoingRequest::new(fields(&input["headers"])?);
    request
        .set_method(&method(&any_text(&input["method"])))
        .map_err(|()| refused("method"))?;
    if !input["scheme"].is_null() {
        let scheme = match any_text(&input["scheme"]).as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => Scheme::Other(other.to_string()),
        };
        request
            .set_scheme(Some(&scheme))
            .map_err(|()| refused("scheme"))?;
    }
    if !input["authority"].is_null() {
        let authority = any_text(&input["authority"]);
        request
            .set_authority(Some(&authority))
            .map_err(|()| refused("authority"))?;
    }
    if !input["path"].is_null() {
        let path = any_text(&input["path"]);
        request
            .set_path_with_query(Some(&path))
            .map_err(|()| refused("path"))?;
    }

    let options = RequestOptions::new();
    let timeouts = &input["timeouts"];
    if let Some(ns) = timeouts["connect_ns"].as_u64() {
        options
            .set_connect_timeout(Some(ns))
            .map_err(|()| refused("connect-timeout"))?;
    }
    if let Some(ns) = timeouts["first_byte_ns"].as_u64() {
        options
            .set_first_byte_timeout(Some(ns))
            .map_err(|()| refused("first-byte-timeout"))?;
    }
    if let Some(ns) = timeouts["between_bytes_ns"].as_u64() {
        options
            .set_between_bytes_timeout(Some(ns))
            .map_err(|()| refused("between-bytes-timeout"))?;
    }

    let body = request.body().map_err(|()| refused("body"))?;
    let future = outgoing_handler::handle(request, Some(options))
        .map_err(|code| code_failure(&code).at("handle"))?;

    // The host has the request: whatever comes of the body, see what it answers.
    let sent = match text::string(input, "body_mode").as_str() {
        "never" => {
            // Keeps the stream open and unfinished for as long as the call lives.
            std::mem::forget(send(&body, input));
            std::mem::forget(body);
            Ok(0)
        }
        // Dropped without `finish`: an incomplete request.
        "drop" => send(&body, input),
        _ => finish(body, input),
    };

    if text::flag(input, "forget_response", false) {
        std::mem::forget(future);
        return Ok(json!({ "forgotten": true }));
    }
    future.subscribe().block();
    let response = match future.get() {
        Some(Ok(Ok(response))) => response,
        Some(Ok(Err(code))) => return Err(code_failure(&code).at("response")),
        other => return Err(Failure::new("no-response", format!("{other:?}")).at("response")),
    };
    let mut answer = read(response, input)?;
    match sent {
        Ok(bytes) => answer["sent_bytes"] = bytes.into(),
        Err(failure) => answer["send_error"] = failure.code.into(),
    }
    Ok(answer)
}

/// Writes `body`, then `body_bytes` more bytes, in chunks of `body_chunk` with `body_pause_ms` between them.
fn send(body: &OutgoingBody, input: &Value) -> Result<u64, Failure> {
    let bytes = text::bytes(&input["body"]);
    let filler = text::number(input, "body_bytes", 0);
    if bytes.is_empty() && filler == 0 {
        return Ok(0);
    }
    let stream = body.write().map_err(|()| refused("body-stream"))?;
    let chunk = text::number(input, "body_chunk", 4096).clamp(1, 4096) as usize;
    let mut sent = 0;
    for part in bytes.chunks(chunk) {
        stream
            .blocking_write_and_flush(part)
            .map_err(|e| stream_failure(e).at("body"))?;
        sent += part.len() as u64;
        pause(text::number(input, "body_pause_ms", 0));
    }
    let block = vec![b'b'; chunk];
    let mut left = filler;
    while left > 0 {
        let part = &block[..(left.min(chunk as u64)) as usize];
        stream
            .blocking_write_and_flush(part)
            .map_err(|e| stream_failure(e).at("body"))?;
        left -= part.len() as u64;
        sent += part.len() as u64;
        pause(text::number(input, "body_pause_ms", 0));
    }
    Ok(sent)
}

fn finish(body: OutgoingBody, input: &Value) -> Result<u64, Failure> {
    let sent = send(&body, input)?;
    let trailers = match &input["trailers"] {
        Value::Null => None,
        list => Some(fields(list)?),
    };
    OutgoingBody::finish(body, trailers).map_err(|code| code_failure(&code).at("finish"))?;
    Ok(sent)
}

/// Reads the body in pieces of `chunk` with `pause_ms` between them, up to `max_bytes`; shows `show_bytes` of it.
fn read(response: IncomingResponse, input: &Value) -> Outcome {
    let mut answer = json!({
        "status": response.status(),
        "headers": entries(&response.headers()),
    });
    if !text::flag(input, "read", true) {
        return Ok(answer);
    }
    let body = response.consume().map_err(|()| refused("consume"))?;
    let stream = body.stream().map_err(|()| refused("stream"))?;
    let chunk = text::number(input, "chunk", 16 * 1024);
    let max = text::number(input, "max_bytes", u64::MAX);
    let show = text::number(input, "show_bytes", 64 * 1024) as usize;
    let (mut shown, mut total) = (Vec::new(), 0_u64);
    while total < max {
        match stream.blocking_read(chunk) {
            Ok(bytes) => {
                total += bytes.len() as u64;
                let room = show.saturating_sub(shown.len()).min(bytes.len());
                shown.extend_from_slice(&bytes[..room]);
            }
            Err(StreamError::Closed) => break,
            Err(error) => {
                let failure = stream_failure(error);
                answer["body_error"] = failure.code.into();
                answer["body_detail"] = failure.detail.into();
                break;
            }
        }
        pause(text::number(input, "pause_ms", 0));
    }
    drop(stream);
    answer["body"] = String::from_utf8_lossy(&shown).into();
    if text::flag(input, "hex", false) {
        answer["body_hex"] = text::hex(&shown).into();
    }
    answer["body_bytes"] = total.into();
    if text::flag(input, "read_trailers", false) {
        let trailers = IncomingBody::finish(body);
        trailers.subscribe().block();
        answer["trailers"] = match trailers.get() {
            Some(Ok(Ok(Some(fields)))) => entries(&fields),
            Some(Ok(Err(code))) => code_failure(&code).code.into(),
            _ => Value::Null,
        };
    }
    Ok(answer)
}

fn pause(ms: u64) {
    if ms > 0 {
        monotonic_clock::subscribe_duration(ms * 1_000_000).block();
    }
}
