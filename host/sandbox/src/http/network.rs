//! How names are resolved and addresses dialled.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, LazyLock, OnceLock};

use async_trait::async_trait;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// The host's network. Another one is put in its place by tests, and by embedders that dial through something.
///
/// It only acts: which names and addresses may be used is decided before it is asked. Nothing here may read proxy
/// variables or follow anything.
#[async_trait]
pub trait Network: Send + Sync {
    /// All addresses of `host`. Called once for each request whose host is a name, never for an address.
    ///
    /// # Errors
    /// If the name has no address or the resolver fails. No answer must be left out: all of them are judged.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<IpAddr>>;

    /// A connection to this very address.
    ///
    /// # Errors
    /// The system's.
    async fn connect(&self, addr: SocketAddr) -> io::Result<TcpStream>;

    /// How TLS is spoken: the roots that servers are checked against. See [`tls_config`].
    ///
    /// # Errors
    /// If there can be no TLS here; https then fails, and nothing falls back to http.
    fn tls(&self) -> io::Result<Arc<rustls::ClientConfig>>;
}

/// The system's resolver and TCP, and its certificate store (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNetwork;

/// How many look-ups may be under way in this process. The system's resolver cannot be interrupted: a name server
/// that does not answer holds a thread for as long as resolv.conf says, so their number is bounded.
static LOOKUPS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(32)));

#[async_trait]
impl Network for SystemNetwork {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<IpAddr>> {
        let permit = Arc::clone(&LOOKUPS)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let name = (host.to_owned(), port);
        tokio::task::spawn_blocking(move || {
            // The thread holds the permit, not the future: a caller that gives up does not free the thread.
            let _permit = permit;
            let mut addresses: Vec<IpAddr> = Vec::new();
            for answer in name.to_socket_addrs()? {
                if !addresses.contains(&answer.ip()) {
                    addresses.push(answer.ip());
                }
            }
            Ok(addresses)
        })
        .await
        .map_err(io::Error::other)?
    }

    async fn connect(&self, addr: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(addr).await
    }

    fn tls(&self) -> io::Result<Arc<rustls::ClientConfig>> {
        // Read at the first use of https: it costs milliseconds that a call without it need not pay.
        static CONFIG: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
        if let Some(config) = CONFIG.get() {
            return Ok(Arc::clone(config));
        }
        let mut roots = rustls::RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!("a root certificate could not be read: {error}");
        }
        roots.add_parsable_certificates(found.certs);
        let config = tls_config(roots)?;
        Ok(Arc::clone(CONFIG.get_or_init(|| config)))
    }
}

/// The TLS settings of all connections: TLS 1.2 and 1.3 by ring, HTTP/1.1 only, no client certificate, and no
/// session tickets, which would tie one call to another. Without any root, every certificate is refused.
///
/// # Errors
/// If ring offers no protocol version that rustls can use.
pub fn tls_config(roots: rustls::RootCertStore) -> io::Result<Arc<rustls::ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}
