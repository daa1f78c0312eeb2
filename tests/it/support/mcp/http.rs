//! Clients over http, each request on a connection of its own.

use super::super::Remit;
use super::{Ended, NEW_ERA, OLD_ERA, PATIENCE, Stderr, initialize, meta, signal, wait};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `remit serve --http` as a child.
pub struct McpHttp {
    child: Child,
    stderr: Stderr,
    /// `127.0.0.1:PORT`
    pub address: String,
    /// What it printed, if it printed one.
    pub token: String,
}

/// An answer over http.
#[derive(Debug)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl McpHttp {
    /// Starts `remit serve --http 127.0.0.1:0` with these arguments, and waits until it listens.
    pub fn start(remit: &Remit, args: &[&str]) -> McpHttp {
        let command = remit.command(&[&["serve", "--http", "127.0.0.1:0"], args].concat());
        McpHttp::of(command)
    }

    /// Of a command that is prepared.
    pub fn of(mut command: Command) -> McpHttp {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = Stderr::of(&mut child);
        let until = Instant::now() + PATIENCE;
        let said = loop {
            let said = stderr.text();
            if said.contains("Authorization: Bearer") && said.ends_with('\n') {
                break said;
            }
            assert!(child.try_wait().unwrap().is_none(), "it ended: {said}");
            assert!(Instant::now() < until, "it does not listen: {said}");
            std::thread::sleep(Duration::from_millis(5));
        };
        let after = |mark: &str, end: &[char]| {
            let rest = said.split_once(mark).unwrap().1;
            rest.split(end).next().unwrap().to_owned()
        };
        McpHttp {
            address: after("http://", &['/']),
            token: after("Bearer ", &['"']),
            child,
            stderr,
        }
    }

    /// Uses another token than what it printed.
    pub fn with_token(mut self, token: &str) -> McpHttp {
        token.clone_into(&mut self.token);
        self
    }

    /// A client of the old era.
    pub fn session(&self) -> HttpSession<'_> {
        let answer = self.post(&[], &initialize(1, &json!({})));
        assert_eq!(answer.status, 200, "{answer:?}");
        let session = HttpSession {
            server: self,
            id: answer.headers["mcp-session-id"].clone(),
        };
        let told = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(session.post(&told).status, 202);
        session
    }

    /// A request of the new era.
    pub fn request_new(&self, id: i64, method: &str, mut params: Value) -> HttpAnswer {
        params["_meta"] = meta();
        let name = params["name"].as_str().or_else(|| params["uri"].as_str());
        let name = name.unwrap_or_default().to_owned();
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let mut headers = vec![("mcp-protocol-version", NEW_ERA), ("mcp-method", method)];
        if !name.is_empty() {
            headers.push(("mcp-name", &name));
        }
        self.post(&headers, &body)
    }

    /// POSTs a message to the endpoint with all that it needs, and more headers; one of the same name takes the place.
    pub fn post(&self, headers: &[(&str, &str)], body: &Value) -> HttpAnswer {
        self.send("POST", "/mcp", headers, body.to_string().as_bytes())
    }

    /// Sends a request with all that the endpoint asks for, and more headers; one of the same name takes the place, and
    /// one with an empty value leaves it out.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> HttpAnswer {
        let mut stream = self.connect();
        stream
            .write_all(&self.head(method, path, headers, body.len()))
            .unwrap();
        stream.write_all(body).unwrap();
        HttpAnswer::read(stream)
    }

    /// The head of such a request.
    pub fn head(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        length: usize,
    ) -> Vec<u8> {
        let bearer = format!("Bearer {}", self.token);
        let length = length.to_string();
        let mut all = vec![
            ("host", self.address.as_str()),
            ("authorization", &bearer),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("connection", "close"),
            ("content-length", &length),
        ];
        for (name, value) in headers {
            all.retain(|(other, _)| other != name);
            all.push((name, value));
        }
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// A connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it said on stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Asks it to end, and waits for that.
    pub fn stop(self) -> Ended {
        self.signal("TERM");
        self.end()
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let (status, after) = wait(&mut self.child, &self.stderr);
        Ended {
            status,
            stderr: self.stderr.text(),
            after,
            rest: Vec::new(),
        }
    }
}

impl Drop for McpHttp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A session of the old era over http.
pub struct HttpSession<'a> {
    server: &'a McpHttp,
    /// Its `Mcp-Session-Id`.
    pub id: String,
}

impl HttpSession<'_> {
    /// The headers of its requests.
    pub fn headers(&self) -> [(&str, &str); 2] {
        [
            ("mcp-session-id", &self.id),
            ("mcp-protocol-version", OLD_ERA),
        ]
    }

    /// POSTs a message.
    pub fn post(&self, message: &Value) -> HttpAnswer {
        self.server.post(&self.headers(), message)
    }

    /// A request, and the whole answer.
    pub fn request(&self, id: i64, method: &str, params: Value) -> Value {
        let answer =
            self.post(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        answer.answer(id)
    }
}

impl HttpAnswer {
    /// Reads an answer to its end.
    pub fn read(mut stream: TcpStream) -> HttpAnswer {
        let mut bytes = Vec::new();
        // A connection that the server resets after its answer has still brought it.
        let _ = stream.read_to_end(&mut bytes);
        HttpAnswer::parse(&bytes)
    }

    /// Parses what a connection brought.
    pub fn parse(bytes: &[u8]) -> HttpAnswer {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let chunked = headers
            .get("transfer-encoding")
            .is_some_and(|t| t == "chunked");
        let body = if chunked {
            unchunked(body)
        } else {
            body.to_owned()
        };
        HttpAnswer {
            status,
            headers,
            body,
        }
    }

    /// The messages in it: of an event stream, or the one of a document.
    pub fn messages(&self) -> Vec<Value> {
        if self
            .headers
            .get("content-type")
            .is_some_and(|t| t.starts_with("text/event-stream"))
        {
            let data = self
                .body
                .lines()
                .filter_map(|line| line.strip_prefix("data:"));
            data.filter_map(|data| serde_json::from_str(data.trim()).ok())
                .collect()
        } else {
            serde_json::from_str(&self.body).into_iter().collect()
        }
    }

    /// The answer to a request.
    #[track_caller]
    pub fn answer(&self, id: i64) -> Value {
        let answer = self
            .messages()
            .into_iter()
            .find(|m| m["id"] == id && m.get("method").is_none());
        answer.unwrap_or_else(|| panic!("no answer to {id}: {self:?}"))
    }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let Some(chunk) = rest.get(..size).filter(|_| size > 0) else {
            break;
        };
        whole.push_str(chunk);
        body = rest.get(size + 2..).unwrap_or_default();
    }
    whole
}
