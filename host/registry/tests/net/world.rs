//! A small internet: names with addresses, a test authority, servers behind them, and nothing else.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use remit_package::Digest;
use remit_registry::{
    Credentials, Deadlines, Fetched, Fetcher, Network, Options, RegistryError, Source, tls_config,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::server::{Asked, Reply, Server};

/// Names that the test authority vouches for.
const NAMES: [&str; 8] = [
    "registry.example",
    "other.example",
    "auth.example",
    "cdn.example",
    "auth.docker.io",
    "registry-1.docker.io",
    "localhost",
    "127.0.0.1",
];

struct Tls {
    client: Arc<rustls::ClientConfig>,
    server: Arc<rustls::ServerConfig>,
}

/// Keys take a while to make: once.
static TLS: LazyLock<Tls> = LazyLock::new(|| {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = rcgen::CertifiedIssuer::self_signed(params, key).unwrap();
    let leaf_key = rcgen::KeyPair::generate().unwrap();
    let names: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
    let leaf = rcgen::CertificateParams::new(names)
        .unwrap()
        .signed_by(&leaf_key, &ca)
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivatePkcs8KeyDer::from(leaf_key.serialize_der()).into(),
        )
        .unwrap();
    Tls {
        client: tls_config(roots).unwrap(),
        server: Arc::new(server),
    }
});

/// Addresses of names, and which server answers at an address.
#[derive(Default)]
struct Net {
    names: HashMap<String, Vec<IpAddr>>,
    routes: HashMap<IpAddr, SocketAddr>,
    dialled: Mutex<Vec<SocketAddr>>,
}

#[async_trait]
impl Network for Net {
    async fn resolve(&self, host: &str, _: u16) -> io::Result<Vec<IpAddr>> {
        let found = self.names.get(host).cloned();
        found.ok_or_else(|| io::Error::other("no such name"))
    }

    async fn connect(&self, addr: SocketAddr) -> io::Result<TcpStream> {
        self.dialled.lock().unwrap().push(addr);
        let to = self.routes.get(&addr.ip()).copied().unwrap_or(addr);
        // Nothing ever leaves this machine.
        assert!(to.ip().is_loopback(), "{to} was dialled");
        TcpStream::connect(to).await
    }

    fn tls(&self) -> io::Result<Arc<rustls::ClientConfig>> {
        Ok(Arc::clone(&TLS.client))
    }
}

/// The internet of one test.
pub struct World {
    net: Net,
    pub credentials: Credentials,
    pub deadlines: Deadlines,
    pub only_public: bool,
    pub folder: tempfile::TempDir,
}

impl World {
    pub fn new() -> World {
        World {
            net: Net::default(),
            credentials: Credentials::none(),
            deadlines: Deadlines {
                connect: Duration::from_secs(5),
                idle: Duration::from_secs(5),
                whole: Duration::from_secs(20),
            },
            only_public: false,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A server of that name over TLS, at that address as the world sees it.
    pub fn serve(
        &mut self,
        name: &str,
        address: &str,
        handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Server {
        let server = Server::start(Some(Arc::clone(&TLS.server)), handler);
        let address: IpAddr = address.parse().unwrap();
        self.net.names.insert(name.to_owned(), vec![address]);
        self.net.routes.insert(address, server.address());
        server
    }

    /// One more address of a name.
    pub fn also(&mut self, name: &str, address: &str) {
        let addresses = self.net.names.entry(name.to_owned()).or_default();
        addresses.push(address.parse().unwrap());
    }

    /// Docker's configuration, in a folder of its own.
    pub fn docker_config(&mut self, config: &Value) -> PathBuf {
        let folder = self.folder.path().join("docker");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
        self.credentials = Credentials::docker(&folder);
        folder
    }

    pub fn go(self) -> Going {
        let net = Arc::new(self.net);
        let options = Options {
            network: net.clone(),
            credentials: self.credentials,
            deadlines: self.deadlines,
            only_public: self.only_public,
        };
        Going {
            fetcher: Fetcher::new(options),
            net,
            folder: self.folder,
        }
    }
}

/// The world at work.
pub struct Going {
    pub fetcher: Fetcher,
    net: Arc<Net>,
    pub folder: tempfile::TempDir,
}

impl Going {
    /// Fetches into a new folder. After an error it must be empty.
    pub fn fetch(&self, source: &str) -> Result<Fetched, RegistryError> {
        self.fetch_expecting(source, None)
    }

    pub fn fetch_expecting(
        &self,
        source: &str,
        expect: Option<Digest>,
    ) -> Result<Fetched, RegistryError> {
        let source: Source = source.parse().unwrap();
        let into = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        let fetched = block_on(self.fetcher.fetch(&source, &into, expect));
        match &fetched {
            Ok(fetched) => {
                use std::os::unix::fs::PermissionsExt as _;
                let bytes = std::fs::read(&fetched.file).unwrap();
                assert_eq!(Digest::of(&bytes), fetched.digest);
                assert_eq!(bytes.len() as u64, fetched.size);
                let mode = std::fs::metadata(&fetched.file)
                    .unwrap()
                    .permissions()
                    .mode();
                assert_eq!(mode & 0o777, 0o600);
            }
            Err(error) => {
                let left: Vec<_> = std::fs::read_dir(&into).unwrap().collect();
                assert!(left.is_empty(), "{left:?} is left after {error}");
                assert!(remit_policy::is_display_safe(&error.to_string()), "{error}");
            }
        }
        fetched
    }

    /// The code of a fetch that must fail.
    #[track_caller]
    pub fn fails(&self, source: &str) -> &'static str {
        match self.fetch(source) {
            Ok(fetched) => panic!("{source} was fetched: {fetched:?}"),
            Err(error) => error.code(),
        }
    }

    /// Which addresses were dialled, in order.
    pub fn dialled(&self) -> Vec<String> {
        let dialled = self.net.dialled.lock().unwrap();
        dialled.iter().map(|it| it.ip().to_string()).collect()
    }
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// The smallest component.
pub const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len() })
}

/// The manifest of a component, as wkg pushes it.
pub fn wasm_manifest(layer: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor("application/vnd.wasm.config.v0+json", b"{}"),
        "layers": [descriptor("application/wasm", layer)],
    })
}

/// A registry that has one artifact, under every tag, and no referrers.
pub fn registry_of(
    manifest: Value,
    layer: &'static [u8],
) -> impl Fn(&Asked) -> Reply + Send + Sync {
    let bytes = manifest.to_string().into_bytes();
    move |asked: &Asked| answer(asked, &bytes, MANIFEST, layer)
}

pub fn answer(asked: &Asked, manifest: &[u8], media_type: &str, layer: &[u8]) -> Reply {
    let path = asked.path.split('?').next().unwrap();
    if path.contains("/manifests/sha256-") || path.contains("/referrers/") {
        Reply::status(404)
    } else if path.contains("/manifests/") {
        let digest = Digest::of(manifest).to_string();
        Reply::ok(manifest)
            .with("content-type", media_type)
            .with("docker-content-digest", &digest)
    } else if path.ends_with(&format!("/blobs/{}", Digest::of(layer))) {
        Reply::ok(layer)
    } else {
        Reply::status(404)
    }
}
