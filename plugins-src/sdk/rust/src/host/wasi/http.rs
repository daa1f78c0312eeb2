//! Requests over wasi:http.

use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, Method, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use crate::bindings::wasi::io::streams::StreamError;
use crate::http::{ErrorKind, Request, Response};

type Failure = (ErrorKind, String);

pub fn send(request: Request) -> Result<Response, Failure> {
    let Some((scheme, authority, path)) = request.parts() else {
        return Err(invalid("the URL has no scheme or no host"));
    };
    let headers = Fields::new();
    for (name, value) in &request.headers {
        headers.append(name, value.as_bytes()).map_err(|error| {
            invalid(&format!(
                "the header `{name}`: {}",
                error_name(&format!("{error:?}"))
            ))
        })?;
    }
    let outgoing = OutgoingRequest::new(headers);
    let set = outgoing
        .set_method(&method(&request.method))
        .and_then(|()| outgoing.set_scheme(Some(&self::scheme(scheme))))
        .and_then(|()| outgoing.set_authority(Some(authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(path)));
    set.map_err(|()| invalid("the method or the URL is malformed"))?;

    let options = RequestOptions::new();
    if let Some(timeout) = request.timeout {
        let ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        // A host that cannot keep them has its own.
        let _ = options.set_connect_timeout(Some(ns));
        let _ = options.set_first_byte_timeout(Some(ns));
        let _ = options.set_between_bytes_timeout(Some(ns));
    }

    let body = outgoing.body().map_err(|()| invalid("the body"))?;
    let future = outgoing_handler::handle(outgoing, Some(options)).map_err(failure)?;
    // Where sending breaks off, the answer says why: it is asked for in any case.
    let sent = send_body(body, &request.body);
    future.subscribe().block();
    let response = match future.get() {
        Some(Ok(Ok(response))) => response,
        Some(Ok(Err(code))) => return Err(failure(code)),
        _ => return Err((ErrorKind::Unavailable, "no answer".to_string())),
    };
    sent?;

    let headers = response
        .headers()
        .entries()
        .into_iter()
        .map(|(name, value)| {
            (
                name.to_ascii_lowercase(),
                String::from_utf8_lossy(&value).into_owned(),
            )
        })
        .collect();
    let status = response.status();
    let incoming = response
        .consume()
        .map_err(|()| unavailable("the body cannot be read"))?;
    let stream = incoming
        .stream()
        .map_err(|()| unavailable("the body cannot be read"))?;
    let mut body = Vec::new();
    loop {
        match stream.blocking_read(256 * 1024) {
            Ok(bytes) if body.len() + bytes.len() > request.max_body => {
                let message = format!("the answer is larger than {} bytes", request.max_body);
                return Err((ErrorKind::TooLarge, message));
            }
            Ok(bytes) => body.extend_from_slice(&bytes),
            Err(StreamError::Closed) => break,
            Err(error) => return Err(stream_failure(error)),
        }
    }
    Ok(Response {
        status,
        headers,
        body,
    })
}

fn send_body(body: OutgoingBody, bytes: &[u8]) -> Result<(), Failure> {
    if !bytes.is_empty() {
        let stream = body.write().map_err(|()| invalid("the body"))?;
        // What one blocking write takes, by the standard.
        for chunk in bytes.chunks(4096) {
            stream
                .blocking_write_and_flush(chunk)
                .map_err(stream_failure)?;
        }
    }
    OutgoingBody::finish(body, None).map_err(failure)
}

fn invalid(message: &str) -> Failure {
    (ErrorKind::Invalid, message.to_string())
}

fn unavailable(message: &str) -> Failure {
    (ErrorKind::Unavailable, message.to_string())
}

fn stream_failure(error: StreamError) -> Failure {
    match error {
        StreamError::Closed => unavailable("the connection was closed"),
        StreamError::LastOperationFailed(error) => {
            match crate::bindings::wasi::http::types::http_error_code(&error) {
                Some(code) => failure(code),
                None => unavailable(&error.to_debug_string()),
            }
        }
    }
}

fn failure(code: ErrorCode) -> Failure {
    match code {
        ErrorCode::HttpRequestDenied => (
            ErrorKind::Denied,
            "the host refuses it: not within the skill's grants".to_string(),
        ),
        ErrorCode::DestinationIpProhibited => (
            ErrorKind::Denied,
            "the host refuses its address".to_string(),
        ),
        ErrorCode::HttpRequestUriInvalid | ErrorCode::HttpRequestMethodInvalid => (
            ErrorKind::Invalid,
            "the method or the URL is malformed".to_string(),
        ),
        // Where a host has words, these are they.
        ErrorCode::InternalError(Some(text)) => (ErrorKind::Unavailable, text),
        other => (ErrorKind::Unavailable, error_name(&format!("{other:?}"))),
    }
}

/// `ErrorCode::ConnectionRefused` as `connection refused`.
fn error_name(debug: &str) -> String {
    let name = debug.rsplit("::").next().unwrap_or(debug);
    let mut out = String::new();
    for letter in name.chars().take_while(|c| c.is_alphanumeric()) {
        if letter.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "PATCH" => Method::Patch,
        "OPTIONS" => Method::Options,
        other => Method::Other(other.to_string()),
    }
}

fn scheme(name: &str) -> Scheme {
    match name {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_string()),
    }
}
