//! A client that is nothing but lines of JSON, so that it can say what no library would.

use std::collections::VecDeque;
use std::time::Duration;

use remit_mcp::{Server, Transport};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which of the two eras a client speaks, and what it says it can do.
#[derive(Clone, Debug)]
pub enum Era {
    /// `initialize`, with these capabilities.
    Old(Value),
    /// `_meta` in each request, with these capabilities.
    New(Value),
}

/// The capabilities of a client that can put a form to a person.
pub fn elicits() -> Value {
    json!({ "elicitation": {} })
}

/// One connection.
pub struct Wire {
    lines: tokio::io::Lines<BufReader<ReadHalf<DuplexStream>>>,
    to: WriteHalf<DuplexStream>,
    era: Era,
    name: String,
    next: u64,
    /// What came and was not asked for: notifications and requests of the server.
    pub told: VecDeque<Value>,
}

impl Wire {
    /// Connects a client that calls itself `probe`.
    pub async fn connect(server: &Server, transport: Transport, era: Era) -> Wire {
        Self::connect_as("probe", server, transport, era).await
    }

    /// The same by another name.
    pub async fn connect_as(name: &str, server: &Server, transport: Transport, era: Era) -> Wire {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let handler = server.handler(transport);
        tokio::spawn(async move {
            if let Ok(running) = rmcp::serve_server(handler, tokio::io::split(theirs)).await {
                let _ = running.waiting().await;
            }
        });
        let (from, to) = tokio::io::split(ours);
        let mut wire = Wire {
            lines: BufReader::new(from).lines(),
            to,
            era,
            name: name.to_owned(),
            next: 0,
            told: VecDeque::new(),
        };
        if let Era::Old(capabilities) = wire.era.clone() {
            let params = json!({
                "protocolVersion": "2025-11-25",
                "capabilities": capabilities,
                "clientInfo": { "name": wire.name, "version": "1" },
            });
            wire.ask("initialize", params).await.unwrap();
            wire.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
                .await;
        }
        wire
    }

    /// Sends one message as it is.
    pub async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        self.to.write_all(line.as_bytes()).await.unwrap();
    }

    /// The next message, whatever it is.
    pub async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("an answer within the time").unwrap();
        serde_json::from_str(&line.expect("the connection is open")).unwrap()
    }

    /// Begins a request; its answer is waited for with [`answer`](Self::answer).
    pub async fn begin(&mut self, method: &str, mut params: Value) -> u64 {
        self.next += 1;
        if let Era::New(capabilities) = &self.era {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": capabilities,
                "io.modelcontextprotocol/clientInfo": { "name": self.name, "version": "1" },
            });
            match params.get_mut("_meta").and_then(Value::as_object_mut) {
                Some(given) => given.extend(meta.as_object().unwrap().clone()),
                None => params["_meta"] = meta,
            }
        }
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await;
        id
    }

    /// The answer to a request; what else comes is kept in `told`.
    pub async fn answer(&mut self, id: u64) -> Result<Value, Value> {
        loop {
            let message = self.next().await;
            if message["id"] == id && message.get("method").is_none() {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
            self.told.push_back(message);
        }
    }

    /// Asks and waits.
    pub async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.begin(method, params).await;
        self.answer(id).await
    }

    /// The next notification or request of the server with this method, also one that came before.
    pub async fn told(&mut self, method: &str) -> Value {
        if let Some(at) = self.told.iter().position(|it| it["method"] == method) {
            return self.told.remove(at).unwrap();
        }
        loop {
            let message = self.next().await;
            if message["method"] == method {
                return message;
            }
            self.told.push_back(message);
        }
    }

    /// Calls a tool.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        self.ask("tools/call", params).await.unwrap()
    }

    /// The contents of a resource.
    pub async fn read(&mut self, uri: &str) -> Result<Value, Value> {
        let read = self.ask("resources/read", json!({ "uri": uri })).await?;
        Ok(read["contents"][0].clone())
    }
}
