//! From a URL to an open connection to an address that was judged.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};

use super::reach::{Reach, Scope};
use super::stream::Stream;
use crate::error::RegistryError;
use crate::network::Network;

/// How many of a name's addresses are tried.
const TRIED: usize = 4;

/// An open connection, and where its host's addresses lie.
pub(super) struct Dialled {
    pub(super) stream: Stream,
    pub(super) scope: Scope,
}

/// Resolves once, judges all answers, and connects to one of them before `by`.
pub(super) async fn dial(
    network: &Arc<dyn Network>,
    url: &Url,
    reach: Reach,
    by: Instant,
) -> Result<Dialled, RegistryError> {
    let host = shown_host(url);
    let port = url.port_or_known_default().unwrap_or(443);
    let answers = match url.host() {
        Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
        Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
        Some(Host::Domain(name)) => match timeout_at(by, network.resolve(name, port)).await {
            Err(_) => return Err(late(&host, "looking up its name")),
            Ok(Err(error)) => return Err(unreachable(&host, &error)),
            Ok(Ok(answers)) => answers,
        },
        None => Vec::new(),
    };
    if answers.is_empty() {
        let error = io::Error::other("the name has no address");
        return Err(unreachable(&host, &error));
    }
    // What was judged is what is dialled: the name is not looked up again.
    let reach = if url.scheme() == "https" {
        reach
    } else {
        Reach::Loopback
    };
    if let Err((address, why)) = reach.judge(&answers) {
        return Err(RegistryError::Address { host, address, why });
    }
    let scope = Scope::of(&answers);
    let stream = connect(network, &host, &answers, port, by).await?;
    let stream = if url.scheme() == "https" {
        Stream::Tls(Box::new(secure(network, url, &host, stream, by).await?))
    } else {
        Stream::Plain(stream)
    };
    Ok(Dialled { stream, scope })
}

/// The host and port of a URL, for messages.
pub(crate) fn shown_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let text = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    remit_policy::display_safe(&text, 200)
}

fn unreachable(host: &str, error: &io::Error) -> RegistryError {
    RegistryError::Unreachable {
        host: host.to_owned(),
        why: remit_policy::display_safe(&error.to_string(), 200),
    }
}

fn late(host: &str, what: &str) -> RegistryError {
    RegistryError::Timeout {
        host: host.to_owned(),
        what: what.to_owned(),
    }
}

/// The first of the addresses that accepts, each given an even share of the time.
async fn connect(
    network: &Arc<dyn Network>,
    host: &str,
    answers: &[IpAddr],
    port: u16,
    by: Instant,
) -> Result<TcpStream, RegistryError> {
    let mut failure = late(host, "connecting");
    let mut left = u32::try_from(answers.len().min(TRIED)).unwrap_or(1);
    for answer in answers.iter().take(TRIED) {
        let share = by.saturating_duration_since(Instant::now()) / left.max(1);
        left -= 1;
        let address = SocketAddr::new(*answer, port);
        match timeout_at(Instant::now() + share, network.connect(address)).await {
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => failure = unreachable(host, &error),
            Err(_) => failure = late(host, "connecting"),
        }
    }
    Err(failure)
}

/// TLS with the URL's host as the name that the certificate must have and that the server is told.
async fn secure(
    network: &Arc<dyn Network>,
    url: &Url,
    host: &str,
    stream: TcpStream,
    by: Instant,
) -> Result<TlsStream<TcpStream>, RegistryError> {
    let certificate = |why: String| RegistryError::Certificate {
        host: host.to_owned(),
        why,
    };
    let name = match url.host() {
        Some(Host::Ipv4(address)) => ServerName::IpAddress(IpAddr::V4(address).into()),
        Some(Host::Ipv6(address)) => ServerName::IpAddress(IpAddr::V6(address).into()),
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned())
            .map_err(|_| certificate("no certificate can have that name".to_owned()))?,
        None => return Err(certificate("it has no name".to_owned())),
    };
    let config = network
        .tls()
        .map_err(|error| certificate(error.to_string()))?;
    let handshake = TlsConnector::from(config).connect(name, stream);
    let stream = match timeout_at(by, handshake).await {
        Err(_) => return Err(late(host, "agreeing on TLS")),
        Ok(Err(error)) => return Err(of_tls(host, &error)),
        Ok(Ok(stream)) => stream,
    };
    match stream.get_ref().1.alpn_protocol() {
        None | Some(b"http/1.1") => Ok(stream),
        Some(_) => Err(RegistryError::response(host, "it speaks no HTTP/1.1")),
    }
}

/// A certificate that does not hold is told apart from a connection that broke.
fn of_tls(host: &str, error: &io::Error) -> RegistryError {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => RegistryError::Certificate {
            host: host.to_owned(),
            why: remit_policy::display_safe(&format!("its certificate is refused ({why})"), 300),
        },
        Some(other) => RegistryError::Unreachable {
            host: host.to_owned(),
            why: remit_policy::display_safe(&format!("TLS failed: {other}"), 300),
        },
        None => unreachable(host, error),
    }
}
