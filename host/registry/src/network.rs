//! How names are resolved and addresses dialled.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use tokio::net::TcpStream;

/// The host's network. Tests, and embedders that dial through something, put another one in its place.
///
/// It only acts: which addresses may be used is decided before it is asked. Nothing here may read proxy variables or
/// follow anything.
#[async_trait]
pub trait Network: Send + Sync {
    /// All addresses of `host`, which is a name and never an address. All of them are judged.
    ///
    /// # Errors
    /// If the name has no address or the resolver fails.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<IpAddr>>;

    /// A connection to this very address.
    ///
    /// # Errors
    /// The system's.
    async fn connect(&self, addr: SocketAddr) -> io::Result<TcpStream>;

    /// How TLS is spoken: the roots that servers are checked against.
    ///
    /// # Errors
    /// If there can be no TLS here; nothing falls back to http.
    fn tls(&self) -> io::Result<Arc<rustls::ClientConfig>>;
}

/// The system's resolver and TCP, and its certificate store (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured).
#[derive(Clone, Debug, Default)]
pub struct SystemNetwork {
    tls: Arc<OnceLock<Arc<rustls::ClientConfig>>>,
}

#[async_trait]
impl Network for SystemNetwork {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<IpAddr>> {
        let name = (host.to_owned(), port);
        tokio::task::spawn_blocking(move || {
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
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let mut roots = rustls::RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!("a root certificate could not be read: {error}");
        }
        roots.add_parsable_certificates(found.certs);
        let config = tls_config(roots)?;
        Ok(Arc::clone(self.tls.get_or_init(|| config)))
    }
}

/// The TLS settings of all connections: TLS 1.2 and 1.3 by ring, HTTP/1.1 only, no client certificate. Without any
/// root, every certificate is refused.
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
    Ok(Arc::new(config))
}
