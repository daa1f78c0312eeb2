//! `codex app-server`: Codex without a face, over JSON-RPC on its stdin and stdout.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Ended, by its id, when dropped.
pub struct AppServer {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<Value>,
    next: u64,
    /// What it asked a person, and what the person answers: `accept`, with this content, or `decline`.
    answer: Value,
    /// The questions to a person so far.
    pub questions: Vec<Value>,
}

const PATIENCE: Duration = Duration::from_secs(120);

impl AppServer {
    /// Starts it and says who we are.
    pub fn start(mut command: Command) -> AppServer {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let Ok(message) = serde_json::from_str(&line) else {
                    continue;
                };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut server = AppServer {
            child,
            stdin,
            lines,
            next: 0,
            answer: json!({ "action": "decline", "content": null, "_meta": null }),
            questions: Vec::new(),
        };
        server.ask(
            "initialize",
            json!({
                "clientInfo": { "name": "remit-tests", "version": "0" },
                "capabilities": { "experimentalApi": true },
            }),
        );
        server.send(&json!({ "method": "initialized" }));
        server
    }

    /// From now on the person says yes to each question, with the box ticked.
    pub fn person_allows(&mut self) {
        self.answer = json!({ "action": "accept", "content": { "allow": true }, "_meta": null });
    }

    /// Asks, and waits for the answer; what it asks us meanwhile is answered as the person would.
    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.try_ask(method, params);
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The same, where the answer may be an error.
    #[track_caller]
    pub fn try_ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "id": id, "method": method, "params": params }));
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = match self.lines.recv_timeout(left) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => panic!("no answer to {method}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the app-server ended in {method}"),
            };
            let asks = message.get("method").is_some();
            if !asks && message["id"] == id {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
            if asks && message.get("id").is_some() {
                let answer = json!({ "id": message["id"], "result": self.answer });
                self.send(&answer);
                self.questions.push(message);
            }
        }
    }

    /// The tools of a server as it lists them, by name.
    #[track_caller]
    pub fn tools(&mut self, server: &str, thread: Option<&str>) -> serde_json::Map<String, Value> {
        let listed = self.ask("mcpServerStatus/list", json!({ "threadId": thread }));
        let servers = listed["data"].as_array().unwrap();
        let found = servers.iter().find(|it| it["name"] == server);
        let found = found.unwrap_or_else(|| panic!("no {server} in {listed}"));
        found["tools"].as_object().unwrap().clone()
    }

    /// Begins a thread and gives its id.
    #[track_caller]
    pub fn thread(&mut self) -> String {
        let begun = self.ask("thread/start", json!({}));
        begun["thread"]["id"].as_str().unwrap().to_owned()
    }

    /// Calls a tool in a thread.
    #[track_caller]
    pub fn call(&mut self, thread: &str, server: &str, tool: &str, arguments: Value) -> Value {
        let params =
            json!({ "threadId": thread, "server": server, "tool": tool, "arguments": arguments });
        self.ask("mcpServer/tool/call", params)
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").unwrap();
        self.stdin.flush().unwrap();
    }
}

impl Drop for AppServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
