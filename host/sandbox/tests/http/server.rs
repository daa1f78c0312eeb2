//! Servers that are scripted by the byte, and count every byte that reaches them.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

type Script = Arc<dyn Fn(Conn) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// How long a server of this process may take to see what was sent to it.
const SETTLE: std::time::Duration = std::time::Duration::from_millis(20);

/// What reached a server.
#[derive(Default)]
pub struct Seen {
    connections: AtomicUsize,
    open: AtomicUsize,
    received: Mutex<Vec<Vec<u8>>>,
}

/// A server on a loopback port of its own; stopped when dropped.
pub struct Server {
    pub addr: SocketAddr,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

/// One connection, as a script sees it.
pub struct Conn {
    wire: Box<dyn Wire>,
    seen: Arc<Seen>,
    index: usize,
}

impl Server {
    /// A server that runs `script` on each connection.
    pub async fn start<F, R>(tls: Option<TlsAcceptor>, script: F) -> Server
    where
        F: Fn(Conn) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let script: Script = Arc::new(move |conn| Box::pin(script(conn)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut tasks = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (seen, tls, script) = (Arc::clone(&log), tls.clone(), Arc::clone(&script));
                let index = seen.connections.fetch_add(1, Ordering::SeqCst);
                seen.received.lock().unwrap().push(Vec::new());
                seen.open.fetch_add(1, Ordering::SeqCst);
                tasks.spawn(async move {
                    let wire: Option<Box<dyn Wire>> = match tls {
                        None => Some(Box::new(stream)),
                        Some(tls) => tls
                            .accept(stream)
                            .await
                            .ok()
                            .map(|tls| Box::new(tls) as Box<dyn Wire>),
                    };
                    if let Some(wire) = wire {
                        script(Conn {
                            wire,
                            seen: Arc::clone(&seen),
                            index,
                        })
                        .await;
                    }
                    seen.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Server { addr, seen, task }
    }

    /// A server that reads a request and answers with these bytes.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Server {
        let answer = answer.into();
        Server::start(None, move |mut conn| {
            let answer = answer.clone();
            async move {
                conn.request().await;
                conn.send(&answer).await;
            }
        })
        .await
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How many connections a script is still busy with.
    pub fn open(&self) -> usize {
        self.seen.open.load(Ordering::SeqCst)
    }

    /// How many bytes arrived, over all connections; what is still on its way is waited for.
    pub async fn bytes(&self) -> usize {
        tokio::time::sleep(SETTLE).await;
        self.seen
            .received
            .lock()
            .unwrap()
            .iter()
            .map(Vec::len)
            .sum()
    }

    /// All that arrived on the connection that was made as the `index`th, as text.
    pub async fn received(&self, index: usize) -> String {
        tokio::time::sleep(SETTLE).await;
        let received = self.seen.received.lock().unwrap();
        String::from_utf8_lossy(received.get(index).map_or(b"", |bytes| bytes)).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Conn {
    /// Reads a request: its head, and the body that a length or chunks promise. Ends early if the client does.
    pub async fn request(&mut self) {
        let mut got = Vec::new();
        loop {
            if whole(&got) || self.read(&mut got).await == 0 {
                return;
            }
        }
    }

    /// Reads until the client closes.
    pub async fn drain(&mut self) {
        let mut got = Vec::new();
        while self.read(&mut got).await > 0 {}
    }

    /// Waits until the client has closed, and counts what it still sends.
    async fn read(&mut self, got: &mut Vec<u8>) -> usize {
        let mut buf = [0; 4096];
        let n = self.wire.read(&mut buf).await.unwrap_or(0);
        got.extend_from_slice(&buf[..n]);
        self.seen.received.lock().unwrap()[self.index].extend_from_slice(&buf[..n]);
        n
    }

    /// Sends bytes; false if the client is gone.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.wire.write_all(bytes).await.is_ok() && self.wire.flush().await.is_ok()
    }

    /// Sends bytes one by one with a pause after each.
    pub async fn dribble(&mut self, bytes: &[u8], pause: std::time::Duration) {
        for byte in bytes {
            if !self.send(&[*byte]).await {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    }
}

fn whole(got: &[u8]) -> bool {
    let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&got[..end]).to_ascii_lowercase();
    let body = &got[end + 4..];
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with(b"0\r\n\r\n");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.trim().parse().unwrap())
}

/// `200 OK` with this body and its length.
pub fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", &[], body.as_bytes())
}

/// A response with these headers, the body and its length.
pub fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

/// A chunked response.
pub fn chunked(headers: &[(&str, &str)], chunks: &[&[u8]]) -> Vec<u8> {
    let mut out = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n".to_vec();
    for (name, value) in headers {
        out.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    out.extend(b"\r\n");
    for chunk in chunks {
        out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        out.extend_from_slice(chunk);
        out.extend(b"\r\n");
    }
    out.extend(b"0\r\n\r\n");
    out
}
