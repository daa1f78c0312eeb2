//! From an allowed host name to an open connection to an address that was judged.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use remit_policy::{HttpAllowed, Scheme};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wasmtime_wasi_http::Error;

use super::{HttpCall, error, judge};
use crate::Meter;

/// How long a look-up may take, whatever time the call has left.
const RESOLVE: Duration = Duration::from_secs(10);

/// How many of a name's addresses are tried.
const TRIED: usize = 4;

/// An open connection, and to which address.
pub(super) struct Dialled {
    pub(super) stream: Stream,
    pub(super) address: SocketAddr,
}

/// Resolves once, judges all answers, and connects to one of them before `by`.
pub(super) async fn dial(
    call: &HttpCall,
    allowed: &HttpAllowed,
    by: Instant,
) -> Result<Dialled, Error> {
    let url = &allowed.url;
    let answers = match url.address() {
        Some(address) => vec![address],
        None => resolve(call, url.host(), url.port(), by).await?,
    };
    if let Err(denial) = call.authority.address(allowed, &answers) {
        // A failure to record is remembered by the journal and ends the call.
        let _ = judge::record_denial(&call.journal, "connect", denial);
        return Err(Error::HttpRequestDenied);
    }
    let (stream, address) = connect(call, &answers, url.port(), by).await?;
    let wire = match url.scheme() {
        Scheme::Http => Wire::Plain(stream),
        Scheme::Https => Wire::Tls(Box::new(secure(call, allowed, stream, by).await?)),
    };
    let usage = Arc::clone(&call.usage);
    let stream = Stream { wire, usage };
    Ok(Dialled { stream, address })
}

async fn resolve(
    call: &HttpCall,
    host: &str,
    port: u16,
    by: Instant,
) -> Result<Vec<IpAddr>, Error> {
    let by = by.min(Instant::now() + RESOLVE);
    match timeout_at(by, call.network.resolve(host, port)).await {
        Err(_) => Err(Error::DnsTimeout),
        Ok(Ok(answers)) if !answers.is_empty() => Ok(answers),
        Ok(_) => Err(Error::DnsError {
            rcode: Some("the name has no address".to_owned()),
            info_code: None,
        }),
    }
}

/// The first of the addresses that accepts, each given an even share of the time.
async fn connect(
    call: &HttpCall,
    answers: &[IpAddr],
    port: u16,
    by: Instant,
) -> Result<(TcpStream, SocketAddr), Error> {
    let mut failure = Error::DestinationUnavailable;
    let mut left = u32::try_from(answers.len().min(TRIED)).unwrap_or(1);
    for answer in answers.iter().take(TRIED) {
        let address = SocketAddr::new(*answer, port);
        let share = by.saturating_duration_since(Instant::now()) / left.max(1);
        left -= 1;
        match timeout_at(Instant::now() + share, call.network.connect(address)).await {
            Ok(Ok(stream)) => {
                // A request is written in few large pieces; nothing is gained by waiting for more.
                let _ = stream.set_nodelay(true);
                return Ok((stream, address));
            }
            Ok(Err(error)) => failure = refused(&error),
            Err(_) => failure = Error::ConnectionTimeout,
        }
    }
    Err(failure)
}

fn refused(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            Error::DestinationIpUnroutable
        }
        _ => Error::DestinationUnavailable,
    }
}

/// TLS with the granted host as the name that the certificate must have and that the server is told.
async fn secure(
    call: &HttpCall,
    allowed: &HttpAllowed,
    stream: TcpStream,
    by: Instant,
) -> Result<TlsStream<TcpStream>, Error> {
    let name = match allowed.url.address() {
        Some(address) => ServerName::IpAddress(address.into()),
        None => ServerName::try_from(allowed.url.host().to_owned())
            .map_err(|_| Error::TlsProtocolError)?,
    };
    let config = call.network.tls().map_err(|_| Error::ConfigurationError)?;
    let handshake = TlsConnector::from(config).connect(name, stream);
    let stream = match timeout_at(by, handshake).await {
        Err(_) => return Err(Error::ConnectionTimeout),
        Ok(Err(error)) => return Err(error::of_tls(&error)),
        Ok(Ok(stream)) => stream,
    };
    match stream.get_ref().1.alpn_protocol() {
        None | Some(b"http/1.1") => Ok(stream),
        Some(_) => Err(Error::TlsProtocolError),
    }
}

/// What hyper reads from and writes to; counts what is written, before it is encrypted.
pub(super) struct Stream {
    wire: Wire,
    usage: Arc<Meter>,
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl hyper::rt::Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // hyper's cursor may be uninitialised, and filling it in place takes `unsafe`: a small copy is cheaper.
        let mut space = [0_u8; 8 * 1024];
        let most = space.len().min(buf.remaining());
        let mut into = ReadBuf::new(space.get_mut(..most).unwrap_or_default());
        let read = match &mut self.get_mut().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, &mut into),
            Wire::Tls(stream) => Pin::new(stream).poll_read(cx, &mut into),
        };
        if let Poll::Ready(Ok(())) = read {
            buf.put_slice(into.filled());
        }
        read
    }
}

impl hyper::rt::Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        };
        if let Poll::Ready(Ok(len)) = written {
            let len = u64::try_from(len).unwrap_or(u64::MAX);
            this.usage.bytes_out.fetch_add(len, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
