//! A server that answers as it is told, over TLS or plain, and keeps what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is answered.
pub enum Reply {
    /// Status, headers, body, with the right Content-Length.
    Whole(u16, Vec<(String, String)>, Vec<u8>),
    /// These very bytes, and the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, then this piece again and again, this often (or for ever), with a pause between.
    Drip(Vec<u8>, Vec<u8>, Option<usize>, Duration),
}

impl Reply {
    pub fn ok(body: impl Into<Vec<u8>>) -> Reply {
        Reply::Whole(200, Vec::new(), body.into())
    }

    pub fn status(status: u16) -> Reply {
        Reply::Whole(status, Vec::new(), Vec::new())
    }

    pub fn redirect(to: &str) -> Reply {
        Reply::status(307).with("location", to)
    }

    pub fn with(mut self, name: &str, value: &str) -> Reply {
        if let Reply::Whole(_, headers, _) = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

type Handler = dyn Fn(&Asked) -> Reply + Send + Sync;

pub struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Over TLS if there is a configuration for it.
    pub fn start(
        tls: Option<Arc<rustls::ServerConfig>>,
        handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, handler): (_, Arc<Handler>) = (asked.clone(), Arc::new(handler));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, seen, handler) = (tls.clone(), seen.clone(), handler.clone());
                std::thread::spawn(move || serve(stream, tls, &seen, handler.as_ref()));
            }
        });
        Server { address, asked }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The value of a header in each request that had it.
    pub fn saw_header(&self, name: &str) -> Vec<String> {
        let asked = self.asked();
        let values = asked.iter().filter_map(|asked| asked.header(name));
        values.map(str::to_owned).collect()
    }
}

trait Wire: Read + Write {
    /// Says that nothing more comes: over TLS an end without that is an attack.
    fn end(&mut self) {}
}
impl Wire for TcpStream {}
impl Wire for rustls::StreamOwned<rustls::ServerConnection, TcpStream> {
    fn end(&mut self) {
        self.conn.send_close_notify();
        let _ = self.flush();
    }
}

fn serve(
    stream: TcpStream,
    tls: Option<Arc<rustls::ServerConfig>>,
    seen: &Mutex<Vec<Asked>>,
    handler: &Handler,
) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    let mut wire: Box<dyn Wire> = match tls {
        None => Box::new(stream),
        Some(config) => {
            let connection = rustls::ServerConnection::new(config).unwrap();
            Box::new(rustls::StreamOwned::new(connection, stream))
        }
    };
    let Some(asked) = read(wire.as_mut()) else {
        return;
    };
    seen.lock().unwrap().push(asked.clone());
    // Whoever does not wait for the answer does not get it.
    if write(wire.as_mut(), handler(&asked), asked.method == "HEAD").is_ok() {
        wire.end();
    }
}

fn read(wire: &mut dyn Wire) -> Option<Asked> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match wire.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut asked = Asked {
        method,
        path,
        headers,
        body: Vec::new(),
    };
    let length = asked
        .header("content-length")
        .map_or(0, |it| it.parse().unwrap());
    asked.body = vec![0; length];
    wire.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

fn write(wire: &mut dyn Wire, reply: Reply, head_only: bool) -> std::io::Result<()> {
    match reply {
        Reply::Raw(bytes) => wire.write_all(&bytes)?,
        Reply::Drip(head, piece, times, pause) => {
            wire.write_all(&head)?;
            let mut count = 0;
            while times.is_none_or(|times| count < times) {
                wire.write_all(&piece)?;
                wire.flush()?;
                std::thread::sleep(pause);
                count += 1;
            }
        }
        Reply::Whole(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} Status\r\nconnection: close\r\n");
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
            wire.write_all(head.as_bytes())?;
            if !head_only {
                wire.write_all(&body)?;
            }
        }
    }
    wire.flush()
}
