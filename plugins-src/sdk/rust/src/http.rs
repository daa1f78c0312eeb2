//! Requests to where the skill's grants lead.
//!
//! The host resolves, dials and adds secrets; redirects come back as answers and are not followed.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Fault, host};

/// How much of an answer is taken unless [`Request::max_body`] says otherwise: 8 MiB.
pub const DEFAULT_MAX_BODY: usize = 8 << 20;

/// A request to send.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_body: usize,
}

impl Request {
    /// A GET request to an absolute URL.
    pub fn get(url: impl Into<String>) -> Request {
        Request::new("GET", url)
    }

    /// A POST request to an absolute URL.
    pub fn post(url: impl Into<String>) -> Request {
        Request::new("POST", url)
    }

    /// Any other method.
    pub fn new(method: &str, url: impl Into<String>) -> Request {
        Request {
            method: method.to_string(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: None,
            max_body: DEFAULT_MAX_BODY,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    /// Sends these bytes.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sends this value as JSON.
    ///
    /// # Errors
    /// `internal` for a value that JSON cannot say.
    pub fn json(self, value: &impl Serialize) -> Result<Request, Fault> {
        let body = serde_json::to_vec(value).map_err(|error| Fault::internal(error.to_string()))?;
        Ok(self.body("application/json", body))
    }

    /// Sends these pairs as a form.
    pub fn form(self, pairs: &[(&str, &str)]) -> Request {
        self.body("application/x-www-form-urlencoded", encode_form(pairs))
    }

    /// Gives up after this time; the host's own limit holds all the same.
    pub fn timeout(mut self, timeout: Duration) -> Request {
        self.timeout = Some(timeout);
        self
    }

    /// Refuses an answer of more bytes than this.
    pub fn max_body(mut self, bytes: usize) -> Request {
        self.max_body = bytes;
        self
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The bytes to send.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// Sends it and waits for the whole answer, whatever its status.
    ///
    /// # Errors
    /// Where the host refuses, or no whole answer comes.
    pub fn send(self) -> Result<Response, Error> {
        let (method, url) = (self.method.clone(), self.url.clone());
        host::send(self).map_err(|(kind, message)| Error {
            kind,
            method,
            url,
            message,
        })
    }

    /// The URL's scheme, authority, and path with query.
    pub(crate) fn parts(&self) -> Option<(&str, &str, &str)> {
        let (scheme, rest) = self.url.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        (!authority.is_empty()).then_some((scheme, authority, path))
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// `unavailable` where it is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let start: String = self.text().chars().take(200).collect();
            Fault::unavailable(format!(
                "the service answered {} with something that is not the JSON expected ({error}): {start}",
                self.status
            ))
        })
    }
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Of what kind the failure is.
    pub kind: ErrorKind,
    /// The request's method.
    pub method: String,
    /// The request's URL.
    pub url: String,
    /// What the host said.
    pub message: String,
}

/// Of what kind a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The host refused: no grant, need or policy covers the request.
    Denied,
    /// The request itself is malformed.
    Invalid,
    /// The answer is larger than the limit.
    TooLarge,
    /// No connection, no whole answer, or not in time.
    Unavailable,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.url, self.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        let text = error.to_string();
        match error.kind {
            ErrorKind::Denied => Fault::Denied(text),
            ErrorKind::Invalid => Fault::InvalidInput(text),
            ErrorKind::TooLarge | ErrorKind::Unavailable => Fault::Unavailable(text),
        }
    }
}

/// Pairs as `application/x-www-form-urlencoded`, for a query or a form's body. A blank becomes `%20`, which
/// both take.
pub fn encode_form(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        encode_into(&mut out, name);
        out.push('=');
        encode_into(&mut out, value);
    }
    out
}

/// A text as one segment of a path or one value of a query: all but letters, digits and `-._~` as `%XX`.
pub fn encode(text: &str) -> String {
    let mut out = String::new();
    encode_into(&mut out, text);
    out
}

fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_not_repaired() {
        let parts = |url: &str| {
            let request = Request::get(url);
            request.parts().map(|(s, a, p)| format!("{s} {a} {p}"))
        };
        assert_eq!(
            parts("http://127.0.0.1:9090/api?x=1").as_deref(),
            Some("http 127.0.0.1:9090 /api?x=1")
        );
        assert_eq!(
            parts("https://example.org").as_deref(),
            Some("https example.org ")
        );
        assert_eq!(
            parts("https://example.org?x").as_deref(),
            Some("https example.org ?x")
        );
        assert_eq!(parts("example.org/x"), None);
        assert_eq!(parts("http:///x"), None);
    }

    #[test]
    fn a_form_escapes_what_could_end_a_value() {
        assert_eq!(
            encode_form(&[("query", "up{job=\"a&b\"}"), ("t", "1 é")]),
            "query=up%7Bjob%3D%22a%26b%22%7D&t=1%20%C3%A9"
        );
    }
}
