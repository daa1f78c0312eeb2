//! A proxy that lets the conformance suite speak to `remit serve`: it adds the bearer token, which the suite cannot
//! send, and translates names ([`names`](super::names)). All else passes as it came: method, path, Host, Origin,
//! sessions, statuses, and the events of a stream as they happen.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use serde_json::Value;

use super::names;

/// On the server's port, at another address of the loopback, for as long as the test runs. So `Host` names the server
/// as it wants to be named, and can pass untouched.
pub struct Proxy {
    port: u16,
}

impl Proxy {
    /// In front of a server that asks for this token.
    pub fn before(server: SocketAddr, token: &str) -> Proxy {
        let port = server.port();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let token = token.to_owned();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let token = token.clone();
                // Whoever goes away in the middle does not hear the rest.
                std::thread::spawn(move || pass(client, server, &token));
            }
        });
        Proxy { port }
    }

    /// `http://127.0.0.1:PORT/mcp`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }
}

/// One request and its answer; the connection ends with them.
fn pass(client: TcpStream, server: SocketAddr, token: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let request = Head::read(&mut reader)?;
    let mut body = vec![0; request.length().unwrap_or_default()];
    reader.read_exact(&mut body)?;
    if let Ok(mut message) = serde_json::from_slice::<Value>(&body) {
        names::request(&mut message);
        body = message.to_string().into_bytes();
    }

    let mut upstream = TcpStream::connect(server)?;
    let method = request.header("mcp-method").unwrap_or_default().to_owned();
    let mut head = format!("{}\r\n", request.first);
    for (name, value) in &request.headers {
        let value = match name.to_ascii_lowercase().as_str() {
            "content-length" | "connection" => continue,
            "mcp-name" => names::here(&method, value),
            _ => value,
        };
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!(
        "authorization: Bearer {token}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    upstream.write_all(head.as_bytes())?;
    upstream.write_all(&body)?;

    // A client that goes away is a client that goes away, to the server too.
    let gone = upstream.try_clone()?;
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
        let _ = gone.shutdown(Shutdown::Both);
    });
    let answered = answer(&client, BufReader::new(upstream));
    let _ = client.shutdown(Shutdown::Both);
    answered
}

fn answer(mut client: &TcpStream, mut upstream: BufReader<TcpStream>) -> std::io::Result<()> {
    let answer = Head::read(&mut upstream)?;
    let mut head = format!("{}\r\n", answer.first);
    for (name, value) in &answer.headers {
        let framing = ["content-length", "transfer-encoding", "connection"];
        if !framing.contains(&name.to_ascii_lowercase().as_str()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    // The body ends where the connection does.
    head.push_str("connection: close\r\n\r\n");
    client.write_all(head.as_bytes())?;
    if answer.header("content-type") != Some("text/event-stream") {
        let mut body = Vec::new();
        answer.body(&mut upstream, |bytes| {
            body.extend_from_slice(bytes);
            Ok(())
        })?;
        return client.write_all(&translated(&body));
    }
    let mut line = Vec::new();
    answer.body(&mut upstream, |bytes| {
        for &byte in bytes {
            line.push(byte);
            if byte == b'\n' {
                match line.strip_prefix(b"data: ") {
                    Some(data) => {
                        client.write_all(b"data: ")?;
                        client.write_all(translated(data.trim_ascii_end()).as_slice())?;
                        client.write_all(b"\n")?;
                    }
                    None => client.write_all(&line)?,
                }
                line.clear();
            }
        }
        Ok(())
    })?;
    client.write_all(&line)
}

/// A message with the suite's names; what is none, as it is.
fn translated(bytes: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut message) => {
            names::answer(&mut message);
            message.to_string().into_bytes()
        }
        Err(_) => bytes.to_vec(),
    }
}

/// The first line and the headers of a request or an answer.
struct Head {
    first: String,
    headers: Vec<(String, String)>,
}

impl Head {
    fn read(from: &mut impl BufRead) -> std::io::Result<Head> {
        let first = line(from)?;
        let mut headers = Vec::new();
        loop {
            let line = line(from)?;
            match line.split_once(':') {
                Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
                None if line.is_empty() => return Ok(Head { first, headers }),
                None => return Err(ErrorKind::InvalidData.into()),
            }
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn length(&self) -> Option<usize> {
        self.header("content-length")?.parse().ok()
    }

    /// Hands on the body, in the pieces in which it comes.
    fn body(
        &self,
        from: &mut impl BufRead,
        mut to: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        if self.header("transfer-encoding") != Some("chunked") {
            let mut body = Vec::new();
            let length = self.length().unwrap_or(usize::MAX);
            from.take(length as u64).read_to_end(&mut body)?;
            return to(&body);
        }
        loop {
            let size = line(from)?;
            let size = usize::from_str_radix(&size, 16).map_err(|_| ErrorKind::InvalidData)?;
            let mut chunk = vec![0; size];
            from.read_exact(&mut chunk)?;
            line(from)?;
            if size == 0 {
                return Ok(());
            }
            to(&chunk)?;
        }
    }
}

fn line(from: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
