//! The answers of our own: refusals, and the metadata that says how to show the token.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use rmcp::model::{ErrorData, RequestId};
use serde_json::json;

use super::check::Refused;
use crate::guard::refusal;

/// What is sent to a client.
pub type Answer = Response<BoxBody<Bytes, Infallible>>;

/// Where the metadata lies (RFC 9728): at the root, and where a client looks that takes the endpoint's path into it.
pub const METADATA: [&str; 2] = [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
];

/// A refusal, as an error of JSON-RPC: to the request that has this id, if there is one.
pub fn error(status: StatusCode, id: Option<RequestId>, error: ErrorData) -> Answer {
    json_answer(status, refusal(id, error).unwrap_or_default())
}

/// A refusal before anything was read.
pub fn refused(status: StatusCode, message: &'static str) -> Answer {
    error(status, None, ErrorData::invalid_request(message, None))
}

/// The same with a header.
pub fn refused_with(
    status: StatusCode,
    message: &'static str,
    name: HeaderName,
    value: HeaderValue,
) -> Answer {
    let mut answer = refused(status, message);
    answer.headers_mut().insert(name, value);
    answer
}

/// The answer to a request that fails a check. `host` is the server's, as the client calls it.
pub fn unchecked(why: Refused, host: &str) -> Answer {
    match why {
        Refused::Host => refused(
            StatusCode::FORBIDDEN,
            "Host names another server than this one",
        ),
        Refused::Origin => refused(StatusCode::FORBIDDEN, "Origin is no page of this machine"),
        Refused::NoToken | Refused::WrongToken => {
            let metadata = format!("resource_metadata=\"http://{host}{}\"", METADATA[0]);
            let (message, challenge) = if why == Refused::NoToken {
                ("the request shows no token", format!("Bearer {metadata}"))
            } else {
                (
                    "the request shows another token",
                    format!("Bearer error=\"invalid_token\", {metadata}"),
                )
            };
            let mut answer = refused(StatusCode::UNAUTHORIZED, message);
            if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            answer
        }
    }
}

/// 405, with what there is.
pub fn no_such_method(allowed: &'static str) -> Answer {
    refused_with(
        StatusCode::METHOD_NOT_ALLOWED,
        "there is no such method here",
        ALLOW,
        HeaderValue::from_static(allowed),
    )
}

/// 503: there is no room just now.
pub fn no_room(message: &'static str) -> Answer {
    refused_with(
        StatusCode::SERVICE_UNAVAILABLE,
        message,
        RETRY_AFTER,
        HeaderValue::from_static("1"),
    )
}

/// The metadata of RFC 9728: where the token is shown. Who gives one out is not said, since nobody does but the person
/// who started the server.
pub fn metadata(host: &str) -> Answer {
    let document = json!({
        "resource": format!("http://{host}{}", super::ENDPOINT),
        "bearer_methods_supported": ["header"],
        "resource_name": "Remit: skills for agents",
    });
    json_answer(StatusCode::OK, document.to_string().into_bytes())
}

fn json_answer(status: StatusCode, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)).boxed());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
