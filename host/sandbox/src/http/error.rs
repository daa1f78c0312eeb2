//! What went wrong in an exchange, in the words of wasi:http. No text of a server's or of a library's gets through:
//! it could hold anything, a secret included.

use std::error::Error as _;
use std::io;

use wasmtime_wasi_http::Error;

/// A failure of the HTTP/1 connection.
pub(super) fn of_hyper(error: &hyper::Error) -> Error {
    if let Some(own) = error
        .source()
        .and_then(|source| source.downcast_ref::<Error>())
    {
        return of_body(own);
    }
    if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(None)
    } else if error.is_parse() {
        Error::HttpProtocolError
    } else if error.is_incomplete_message() {
        Error::HttpResponseIncomplete
    } else if error.is_timeout() {
        Error::HttpResponseTimeout
    } else {
        Error::ConnectionTerminated
    }
}

/// The errors that a request's body ends with; wasi:http's error type cannot be cloned.
fn of_body(error: &Error) -> Error {
    match error {
        Error::HttpRequestBodySize(size) => Error::HttpRequestBodySize(*size),
        Error::HttpRequestDenied => Error::HttpRequestDenied,
        _ => Error::HttpProtocolError,
    }
}

/// A failure of the TLS handshake.
pub(super) fn of_tls(error: &io::Error) -> Error {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Error::TlsCertificateError
        }
        Some(rustls::Error::AlertReceived(alert)) => Error::TlsAlertReceived {
            alert_id: Some(u8::from(*alert)),
            alert_message: None,
        },
        Some(_) => Error::TlsProtocolError,
        None => Error::ConnectionTerminated,
    }
}
