//! https: the certificate must be the granted host's, by a root that is trusted.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use wasmtime_wasi_http::Error;

use crate::server::{Server, ok};
use crate::world::{TestNetwork, granted, public};

const GRANT: &str = "http GET https://api.example.org/**";
const URL: &str = "https://api.example.org/";

/// A certificate authority for one test.
pub struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Authority {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    /// The certificate as a file has it.
    pub fn pem(&self) -> String {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode(&self.certificate);
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(64)
            .map(String::from_utf8_lossy)
            .collect();
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        )
    }

    pub fn trusted_by(&self, network: &TestNetwork) {
        network.trust(self.certificate.clone());
    }

    /// What a server called `name` shows, speaking these protocols.
    pub fn acceptor(&self, name: &str, alpn: &[&str]) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }

    /// A TLS server called `name` that answers `hello`.
    pub async fn server(&self, name: &str, alpn: &[&str]) -> Server {
        Server::start(Some(self.acceptor(name, alpn)), |mut conn| async move {
            conn.request().await;
            conn.send(&ok("hello")).await;
        })
        .await
    }
}

#[tokio::test]
async fn a_trusted_certificate_of_the_host_is_accepted() {
    let authority = Authority::new();
    for alpn in [&["h2", "http/1.1"][..], &["http/1.1"], &[]] {
        let server = authority.server("api.example.org", alpn).await;
        let network = public(&server);
        authority.trusted_by(&network);
        let got = granted(&[GRANT]).over(&network).get(URL).await.unwrap();
        assert_eq!(got.text(), "hello");
        assert!(
            server
                .received(0)
                .await
                .contains("host: api.example.org\r\n")
        );
    }
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_no_byte_is_sent() {
    let server = Authority::new()
        .server("api.example.org", &["http/1.1"])
        .await;
    let network = public(&server);
    Authority::new().trusted_by(&network);
    let got = granted(&[GRANT]).over(&network).get(URL).await;
    assert!(matches!(got, Err(Error::TlsCertificateError)), "{got:?}");
    assert_eq!(server.bytes().await, 0);
}

#[tokio::test]
async fn another_hosts_certificate_is_refused_and_no_byte_is_sent() {
    let authority = Authority::new();
    let server = authority.server("www.example.org", &["http/1.1"]).await;
    let network = public(&server);
    authority.trusted_by(&network);
    let got = granted(&[GRANT]).over(&network).get(URL).await;
    assert!(matches!(got, Err(Error::TlsCertificateError)), "{got:?}");
    assert_eq!(server.bytes().await, 0);
}

#[tokio::test]
async fn an_address_is_checked_as_an_address() {
    let authority = Authority::new();
    for (name, accepted) in [("127.0.0.1", true), ("localhost", false)] {
        let server = authority.server(name, &["http/1.1"]).await;
        let network = public(&server);
        authority.trusted_by(&network);
        let url = format!("https://{}/", server.addr);
        let got = granted(&[&format!("http GET {url}**")])
            .over(&network)
            .get(&url)
            .await;
        assert_eq!(got.is_ok(), accepted, "{name}: {got:?}");
    }
}

#[tokio::test]
async fn a_server_without_tls_gets_no_request() {
    let server = Server::answering(ok("hello")).await;
    let mut call = granted(&[GRANT])
        .within(std::time::Duration::from_millis(200))
        .over(&public(&server));
    assert!(call.get(URL).await.is_err());
    assert!(!server.received(0).await.contains("GET /"));
}

#[tokio::test]
async fn no_session_ties_one_connection_to_another() {
    let authority = Authority::new();
    let server = authority.server("api.example.org", &["http/1.1"]).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.certificate.clone()).unwrap();
    let config = remit_sandbox::http::network::tls_config(roots).unwrap();
    for at in 0..2 {
        let stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
        let name = "api.example.org".try_into().unwrap();
        let connector = TlsConnector::from(Arc::clone(&config));
        let mut stream = connector.connect(name, stream).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        // The server's tickets come before its answer.
        let mut answer = [0; 8];
        stream.read_exact(&mut answer).await.unwrap();
        let kind = stream.get_ref().1.handshake_kind();
        assert_eq!(kind, Some(rustls::HandshakeKind::Full), "{at}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_only_http_2_is_refused() {
    let authority = Authority::new();
    let server = authority.server("api.example.org", &["h2"]).await;
    let network = public(&server);
    authority.trusted_by(&network);
    let got = granted(&[GRANT]).over(&network).get(URL).await;
    assert!(
        matches!(
            got,
            Err(Error::TlsAlertReceived { .. } | Error::TlsProtocolError)
        ),
        "{got:?}"
    );
    assert_eq!(server.bytes().await, 0);
}

#[tokio::test]
async fn a_handshake_without_end_ends_with_the_guests_time() {
    let server = Server::start(None, |mut conn| async move { conn.drain().await }).await;
    let mut call = granted(&[GRANT]).over(&public(&server));
    let options = wasmtime_wasi_http::RequestOptions {
        connect_timeout: Some(std::time::Duration::from_millis(100)),
        ..Default::default()
    };
    let start = std::time::Instant::now();
    let got = call
        .send(crate::world::request("GET", URL, &[], b""), options)
        .await;
    assert!(matches!(got, Err(Error::ConnectionTimeout)), "{got:?}");
    assert!(start.elapsed() < std::time::Duration::from_secs(2));
}
