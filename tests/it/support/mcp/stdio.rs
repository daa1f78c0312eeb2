//! A client on the server's stdin and stdout.

use super::super::Remit;
use super::{Ended, PATIENCE, Stderr, initialize, meta, signal, wait};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// `remit serve` as a child, with its stdin and stdout.
pub struct McpStdio {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Until it is read from.
    stdout: Option<ChildStdout>,
    lines: Option<Receiver<Value>>,
    aside: VecDeque<Value>,
    stderr: Stderr,
    next: i64,
}

impl McpStdio {
    /// Starts `remit serve` with these arguments.
    pub fn start(remit: &Remit, args: &[&str]) -> McpStdio {
        let mut client = McpStdio::start_unread(remit, args);
        client.read();
        client
    }

    /// The same, and its stdout is not read until [`McpStdio::read`].
    pub fn start_unread(remit: &Remit, args: &[&str]) -> McpStdio {
        let mut command = remit.command(&[&["serve"], args].concat());
        command.stdin(Stdio::piped());
        McpStdio::of(command)
    }

    /// Of a command that is prepared.
    pub fn of(mut command: Command) -> McpStdio {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        McpStdio {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            lines: None,
            aside: VecDeque::new(),
            stderr: Stderr::of(&mut child),
            child,
            next: 100,
        }
    }

    /// Reads its stdout from now on. Each line must be a message of JSON-RPC.
    pub fn read(&mut self) {
        let (stdout, (tell, lines)) = (self.stdout.take().unwrap(), channel());
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { break };
                let message: Value = serde_json::from_str(&line)
                    .unwrap_or_else(|e| panic!("stdout has a line that is no JSON ({e}): {line}"));
                assert_eq!(
                    message["jsonrpc"], "2.0",
                    "stdout has a line that is no message: {line}"
                );
                if tell.send(message).is_err() {
                    break;
                }
            }
        });
        self.lines = Some(lines);
    }

    /// Shakes hands in the old era, and gives the server's answer.
    pub fn initialize(&mut self) -> Value {
        self.initialize_with(&json!({}))
    }

    /// The same for a client that can do something, such as `{"elicitation": {}}`.
    pub fn initialize_with(&mut self, capabilities: &Value) -> Value {
        self.send(&initialize(1, capabilities));
        let answer = self.answer(1);
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        answer["result"].clone()
    }

    /// Sends one message.
    pub fn send(&mut self, message: &Value) {
        self.send_raw(format!("{message}\n").as_bytes());
    }

    /// Sends bytes.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin
            .write_all(bytes)
            .unwrap_or_else(|e| panic!("{e}: {}", self.stderr.text()));
    }

    /// Its stdin, to be written from another thread.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().unwrap()
    }

    /// Begins a request, whose id it gives.
    pub fn begin(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// A request of the old era, and the whole answer.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        self.answer(id)
    }

    /// A request of the new era, and the whole answer.
    pub fn request_new(&mut self, method: &str, mut params: Value) -> Value {
        params["_meta"] = meta();
        self.request(method, params)
    }

    /// Calls a tool in the old era, and gives the result of the call.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": arguments}));
        assert!(
            answer["result"].is_object(),
            "{answer}\n{}",
            self.stderr.text()
        );
        answer["result"].clone()
    }

    /// Waits for the answer to a request; what else comes is kept aside.
    pub fn answer(&mut self, id: i64) -> Value {
        self.wait_for(&format!("an answer to {id}"), |message| {
            message["id"] == id && message.get("method").is_none()
        })
    }

    /// Waits for a notification or a request of this method.
    pub fn told(&mut self, method: &str) -> Value {
        self.wait_for(method, |message| message["method"] == method)
    }

    /// Waits for a message, among those that were kept aside first.
    pub fn wait_for(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.aside.iter().position(&is_it) {
            return self.aside.remove(at).unwrap();
        }
        let until = Instant::now() + PATIENCE;
        loop {
            match self.next_message(until.saturating_duration_since(Instant::now())) {
                Some(message) if is_it(&message) => return message,
                Some(message) => self.aside.push_back(message),
                None => panic!("no {what}; other: {:?}\n{}", self.aside, self.stderr.text()),
            }
        }
    }

    /// The next message, if one comes in this time.
    pub fn next_message(&mut self, patience: Duration) -> Option<Value> {
        self.lines.as_ref().unwrap().recv_timeout(patience).ok()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says this on stderr.
    #[track_caller]
    pub fn says(&self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.stderr.text().contains(text) {
            assert!(
                Instant::now() < until,
                "stderr lacks {text:?}: {}",
                self.stderr.text()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Closes its stdin and waits for its end.
    pub fn close(mut self) -> Ended {
        drop(self.stdin.take());
        self.end()
    }

    /// Closes all of it at once, as a client that is killed does, and waits for its end.
    pub fn vanish(mut self) -> Ended {
        // The thread that reads ends with the pipe, so only a pipe that is not read yet can be closed from here.
        drop(self.stdout.take());
        drop(self.stdin.take());
        self.end()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let (status, after) = wait(&mut self.child, &self.stderr);
        let lines = self.lines.take();
        let mut rest: Vec<Value> = self.aside.drain(..).collect();
        rest.extend(lines.into_iter().flatten());
        Ended {
            status,
            stderr: self.stderr.text(),
            after,
            rest,
        }
    }
}

impl Drop for McpStdio {
    fn drop(&mut self) {
        // One that has ended already is waited for all the same.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
