//! A network of a test's own, and requests over it.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use remit_policy::{Authority, Grant, Grants, Layer, Limits, Needs, OperatorPolicy};
use remit_sandbox::http::{HttpCall, HttpHooks, network::tls_config};
use remit_sandbox::{
    Decision, Journal, MemoryRecorder, Meter, Network, RecordError, Recorder, SecretError,
    SecretValue, Secrets,
};
use tokio::net::TcpStream;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::server::Server;

/// An address that anybody could mean, and that is nobody's here: it is routed to a server of the test.
pub const PUBLIC: &str = "93.184.216.34";

/// A resolver that answers from a script, and a connector that leads public addresses to loopback ports.
#[derive(Default)]
pub struct TestNetwork {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    routes: Mutex<HashMap<SocketAddr, SocketAddr>>,
    roots: Mutex<Vec<rustls::pki_types::CertificateDer<'static>>>,
    pub lookups: Mutex<Vec<String>>,
    pub dialled: Mutex<Vec<SocketAddr>>,
    /// A resolver that never answers.
    pub silent: Mutex<bool>,
}

#[async_trait]
impl Network for TestNetwork {
    async fn resolve(&self, host: &str, _port: u16) -> io::Result<Vec<IpAddr>> {
        self.lookups.lock().unwrap().push(host.to_owned());
        if *self.silent.lock().unwrap() {
            std::future::pending::<()>().await;
        }
        let mut answers = self.answers.lock().unwrap();
        let script = answers.get_mut(host).ok_or(io::ErrorKind::NotFound)?;
        Ok(if script.len() > 1 {
            script.remove(0)
        } else {
            script[0].clone()
        })
    }

    async fn connect(&self, addr: SocketAddr) -> io::Result<TcpStream> {
        self.dialled.lock().unwrap().push(addr);
        let to = self.routes.lock().unwrap().get(&addr).copied();
        match to {
            Some(to) => TcpStream::connect(to).await,
            None if addr.ip().is_loopback() => TcpStream::connect(addr).await,
            None => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    fn tls(&self) -> io::Result<Arc<rustls::ClientConfig>> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(self.roots.lock().unwrap().iter().cloned());
        tls_config(roots)
    }
}

impl TestNetwork {
    /// `name` has these addresses, at each look-up.
    pub fn name(&self, name: &str, addresses: &[&str]) {
        self.names(name, &[addresses]);
    }

    /// `name` has these addresses at the first look-up, these at the second, … and the last for ever.
    pub fn names(&self, name: &str, answers: &[&[&str]]) {
        let parse = |list: &&[&str]| list.iter().map(|a| a.parse().unwrap()).collect();
        let script = answers.iter().map(parse).collect();
        self.answers.lock().unwrap().insert(name.to_owned(), script);
    }

    /// What is dialled at `address` reaches `server`.
    pub fn route(&self, address: &str, server: &Server) {
        self.routes
            .lock()
            .unwrap()
            .insert(address.parse().unwrap(), server.addr);
    }

    pub fn trust(&self, certificate: rustls::pki_types::CertificateDer<'static>) {
        self.roots.lock().unwrap().push(certificate);
    }

    pub fn lookups(&self) -> usize {
        self.lookups.lock().unwrap().len()
    }

    pub fn dialled(&self) -> Vec<String> {
        self.dialled
            .lock()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

/// A network in which `api.example.org` has a public address, with `server` behind its ports 80 and 443.
pub fn public(server: &Server) -> Arc<TestNetwork> {
    let network = TestNetwork::default();
    network.name("api.example.org", &[PUBLIC]);
    for port in [80, 443] {
        network.route(&format!("{PUBLIC}:{port}"), server);
    }
    Arc::new(network)
}

/// Secrets by name.
pub struct Known(pub Vec<(&'static str, String)>);

impl Secrets for Known {
    fn get(&self, name: &str) -> Result<SecretValue, SecretError> {
        match self.0.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => SecretValue::new(name, value.clone().into_bytes()),
            None => remit_sandbox::NoSecrets.get(name),
        }
    }
}

/// Cannot record from the `after`th decision on.
pub struct Broken {
    pub after: usize,
    pub kept: Mutex<Vec<Decision>>,
}

impl Recorder for Broken {
    fn record(&self, decision: &Decision) -> Result<(), RecordError> {
        let mut kept = self.kept.lock().unwrap();
        if kept.len() >= self.after {
            return Err(RecordError("the disk is full".to_owned()));
        }
        kept.push(decision.clone());
        Ok(())
    }
}

/// One call of a plugin, as far as http goes.
pub struct Call {
    pub hooks: HttpHooks,
    pub recorder: Arc<MemoryRecorder>,
    pub usage: Arc<Meter>,
}

pub struct Setup {
    grants: Vec<String>,
    limits: Limits,
    secrets: Vec<(&'static str, String)>,
    time: Duration,
}

pub fn granted(grants: &[&str]) -> Setup {
    Setup {
        grants: grants.iter().map(|grant| (*grant).to_owned()).collect(),
        limits: Limits::default(),
        secrets: Vec::new(),
        time: Duration::from_secs(10),
    }
}

impl Setup {
    pub fn requests(mut self, most: u32) -> Setup {
        self.limits.requests = most;
        self
    }

    pub fn secret(mut self, name: &'static str, value: &str) -> Setup {
        self.secrets.push((name, value.to_owned()));
        self
    }

    /// The call ends so soon.
    pub fn within(mut self, time: Duration) -> Setup {
        self.time = time;
        self
    }

    pub fn over<N: Network + 'static>(self, network: &Arc<N>) -> Call {
        let recorder = Arc::new(MemoryRecorder::default());
        self.recorded(
            network,
            Arc::clone(&recorder) as Arc<dyn Recorder>,
            recorder,
        )
    }

    /// With a recorder of its own.
    pub fn recorded<N: Network + 'static>(
        self,
        network: &Arc<N>,
        to: Arc<dyn Recorder>,
        recorder: Arc<MemoryRecorder>,
    ) -> Call {
        let grants = self
            .grants
            .iter()
            .map(|text| Grant::parse(Layer::Grant, text).unwrap());
        let grants = Grants::new(grants.collect()).unwrap();
        let needs: Option<Needs> = None;
        let authority = Authority::new(grants, needs, &OperatorPolicy::default(), self.limits);
        let usage = Arc::new(Meter::default());
        let hooks = HttpHooks::new(HttpCall {
            authority: Arc::new(authority),
            journal: Arc::new(Journal::new(to)),
            secrets: Arc::new(Known(self.secrets)),
            network: Arc::clone(network) as Arc<dyn Network>,
            deadline: Instant::now() + self.time,
            usage: Arc::clone(&usage),
        });
        Call {
            hooks,
            recorder,
            usage,
        }
    }
}

/// What a guest would hold after a response.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    /// All that came.
    pub body: Vec<u8>,
    /// What the body ended with, if not well.
    pub error: Option<Error>,
}

impl Got {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Call {
    /// GET.
    pub async fn get(&mut self, url: &str) -> Result<Got, Error> {
        self.send(request("GET", url, &[], b""), RequestOptions::default())
            .await
    }

    /// Sends a request and reads the whole response.
    pub async fn send(
        &mut self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Got, Error> {
        let (response, driver) = self.begin(request, options).await?;
        let driver = tokio::spawn(driver);
        let got = read(response).await;
        driver.abort();
        Ok(got)
    }

    /// Sends a request; what drives the connection comes back with the response's head.
    pub async fn begin(
        &mut self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<
        (
            Response<WasiBody>,
            std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>,
        ),
        Error,
    > {
        let done = Box::new(async { Ok(()) });
        let sent = self.hooks.send_request(request, Some(options), done);
        let (response, driver) = Box::into_pin(sent).await?;
        Ok((response, Box::into_pin(driver)))
    }

    /// The codes of what was denied until now; what was recorded is forgotten.
    pub fn denials(&self) -> Vec<&'static str> {
        let decisions = self.recorder.take();
        decisions
            .iter()
            .filter_map(|d| d.result.as_ref().err())
            .map(|denial| denial.code())
            .collect()
    }
}

/// Reads a body to its end.
pub async fn read(response: Response<WasiBody>) -> Got {
    let (parts, mut body) = response.into_parts();
    let mut got = Got {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: Vec::new(),
        error: None,
    };
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let data = frame.into_data().expect("no trailers");
                assert!(!data.is_empty(), "an empty frame makes the host spin");
                got.body.extend_from_slice(&data);
            }
            Err(error) => got.error = Some(error),
        }
    }
    got
}

pub fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Request<WasiBody> {
    let whole = Bytes::copy_from_slice(body);
    let body = match whole.is_empty() {
        true => Empty::new().map_err(|never| match never {}).boxed_unsync(),
        false => Full::new(whole)
            .map_err(|never| match never {})
            .boxed_unsync(),
    };
    built(method, url, headers, body)
}

/// A request whose body comes in these frames.
pub fn streamed<S>(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    frames: S,
) -> Request<WasiBody>
where
    S: futures_util::Stream<Item = Result<http_body::Frame<Bytes>, Error>> + Send + 'static,
{
    built(method, url, headers, StreamBody::new(frames).boxed_unsync())
}

fn built(method: &str, url: &str, headers: &[(&str, &str)], body: WasiBody) -> Request<WasiBody> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}
