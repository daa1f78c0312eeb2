//! A model that follows a script: a server on the loopback that speaks as much of the Responses API as Codex needs, and
//! as much of the Messages API as Claude Code does. The script sees what a model would see, the results of the tools that it asked for, and says what comes next.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// What the model says next.
pub enum Say {
    /// It asks for a tool of an MCP server.
    Call {
        /// As the agent names the server for a model: `mcp__weekly_report`.
        server: String,
        /// The tool.
        tool: String,
        /// Its arguments.
        arguments: Value,
    },
    /// Its last words.
    Done(String),
}

/// What the model was asked.
#[derive(Clone)]
pub struct Asked {
    /// The whole request.
    pub request: Value,
}

impl Asked {
    /// The result of the last tool that the model asked for, as the model reads it.
    pub fn last_result(&self) -> Option<String> {
        let input = self.request["input"].as_array()?;
        let last = input.last()?;
        (last["type"] == "function_call_output").then(|| match &last["output"] {
            Value::String(text) => text.clone(),
            // Blocks, where a result holds more than text.
            other => other.to_string(),
        })
    }

    /// The results of all tools so far, in the Messages API: what the agent asks beside a turn, or again, has no more.
    pub fn results(&self) -> Vec<String> {
        let messages = self.request["messages"].as_array();
        let blocks = messages.into_iter().flatten();
        let blocks = blocks.filter_map(|it| it["content"].as_array()).flatten();
        let results = blocks.filter(|it| it["type"] == "tool_result");
        let results = results.map(|it| match &it["content"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        results.collect()
    }

    /// The JSON document in it: what stands before is Codex's own.
    pub fn last_json(&self) -> Value {
        let text = self.last_result().expect("a tool was called");
        let start = text
            .find('{')
            .unwrap_or_else(|| panic!("no JSON in {text}"));
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => value,
            other => panic!("{other:?} in {text}"),
        }
    }

    /// The names of the tools of an MCP server that the model may ask for.
    pub fn tools(&self, server: &str) -> Vec<String> {
        let tools = self.request["tools"].as_array().cloned();
        let spaces = tools.into_iter().flatten();
        spaces
            .filter(|space| space["name"] == server)
            .flat_map(|space| space["tools"].as_array().cloned().unwrap_or_default())
            .filter_map(|tool| tool["name"].as_str().map(str::to_owned))
            .collect()
    }

    /// What Codex tells the model about an MCP server: its instructions.
    pub fn about(&self, server: &str) -> String {
        let tools = self.request["tools"].as_array().cloned();
        let mut spaces = tools.into_iter().flatten();
        let space = spaces.find(|space| space["name"] == server);
        space.map_or_else(String::new, |space| {
            space["description"].as_str().unwrap_or_default().to_owned()
        })
    }
}

/// The server. It ends with the test's process.
pub struct Model {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Model {
    /// A model that says what the script says, given what it was asked and how often before.
    pub fn following(mut script: impl FnMut(usize, &Asked) -> Say + Send + 'static) -> Model {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let seen = asked.clone();
        std::thread::spawn(move || {
            // One at a time: a script is one thread of talk.
            for stream in listener.incoming().flatten() {
                let Some((dialect, request)) = request(&stream) else {
                    // Anything but a turn, such as a question which models there are.
                    let _ = (&stream).write_all(
                        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                    );
                    continue;
                };
                let turn = Asked { request };
                // Claude Code has its model do small things beside, such as a title; those have no tools.
                if turn.request["tools"].as_array().is_none_or(Vec::is_empty) {
                    let said = Say::Done("Fine.".to_owned());
                    let _ = (&stream).write_all(&answer(dialect, 0, &said));
                    continue;
                }
                let mut seen = seen.lock().unwrap();
                let number = seen.len();
                seen.push(turn.clone());
                drop(seen);
                // A script that panics ends this thread, and the agent sees a model that is gone.
                let said = script(number, &turn);
                let _ = (&stream).write_all(&answer(dialect, number, &said));
            }
        });
        Model { port, asked }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All that it was asked.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// How the agent speaks to its model.
#[derive(Clone, Copy)]
enum Dialect {
    /// `POST /v1/responses`
    Responses,
    /// `POST /v1/messages`
    Messages,
}

/// A turn: its dialect and body.
fn request(stream: &TcpStream) -> Option<(Dialect, Value)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    reader.read_line(&mut head).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let path = head.strip_prefix("POST ")?.split([' ', '?']).next()?;
    let dialect = match path {
        "/v1/responses" => Dialect::Responses,
        "/v1/messages" => Dialect::Messages,
        _ => return None,
    };
    Some((dialect, serde_json::from_slice(&body).ok()?))
}

fn answer(dialect: Dialect, number: usize, said: &Say) -> Vec<u8> {
    let events = match dialect {
        Dialect::Responses => responses(number, said),
        Dialect::Messages => messages(number, said),
    };
    let body: String = events
        .iter()
        .map(|event| {
            let kind = event["type"].as_str().unwrap_or_default();
            format!("event: {kind}\ndata: {event}\n\n")
        })
        .collect();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn messages(number: usize, said: &Say) -> Vec<Value> {
    let (block, delta, why) = match said {
        Say::Call {
            server,
            tool,
            arguments,
        } => (
            json!({ "type": "tool_use", "id": format!("toolu_{number}"), "name": format!("{server}__{tool}"), "input": {} }),
            json!({ "type": "input_json_delta", "partial_json": arguments.to_string() }),
            "tool_use",
        ),
        Say::Done(text) => (
            json!({ "type": "text", "text": "" }),
            json!({ "type": "text_delta", "text": text }),
            "end_turn",
        ),
    };
    let usage = json!({ "input_tokens": 1, "output_tokens": 1 });
    let message = json!({
        "id": format!("msg_{number}"), "type": "message", "role": "assistant", "model": "scripted", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage,
    });
    vec![
        json!({ "type": "message_start", "message": message }),
        json!({ "type": "content_block_start", "index": 0, "content_block": block }),
        json!({ "type": "content_block_delta", "index": 0, "delta": delta }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": why, "stop_sequence": null }, "usage": usage }),
        json!({ "type": "message_stop" }),
    ]
}

fn responses(number: usize, said: &Say) -> Vec<Value> {
    let item = match said {
        Say::Call {
            server,
            tool,
            arguments,
        } => json!({
            "type": "function_call", "id": format!("fc_{number}"), "call_id": format!("call_{number}"),
            "namespace": server, "name": tool, "arguments": arguments.to_string(),
        }),
        Say::Done(text) => json!({
            "type": "message", "id": format!("msg_{number}"), "role": "assistant",
            "content": [{ "type": "output_text", "text": text }],
        }),
    };
    let id = format!("resp_{number}");
    let usage = json!({
        "input_tokens": 0, "input_tokens_details": null, "output_tokens": 0, "output_tokens_details": null,
        "total_tokens": 0,
    });
    vec![
        json!({ "type": "response.created", "response": { "id": id } }),
        json!({ "type": "response.output_item.done", "item": item }),
        json!({ "type": "response.completed", "response": { "id": id, "usage": usage } }),
    ]
}
