//! `remit serve` and a client that speaks MCP to it byte for byte: over stdin and stdout, or over http. Raw on purpose, so
//! that a test can send what no library would.

mod http;
mod stdio;

pub use http::{HttpAnswer, McpHttp};
pub use stdio::McpStdio;

use super::{Remit, evil};
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The newest revision with `initialize`.
pub const OLD_ERA: &str = "2025-11-25";

/// The one without.
pub const NEW_ERA: &str = "2026-07-28";

/// How long a test waits for what should come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The `_meta` of a request of the new era.
pub fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": NEW_ERA,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1.0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// `initialize`, with what the client can do.
pub fn initialize(id: i64, capabilities: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": {
        "protocolVersion": OLD_ERA, "capabilities": capabilities, "clientInfo": {"name": "test", "version": "1.0"},
    }})
}

/// Writes a skill `NAME` whose one plugin is the hostile guest: its tool is `evil_do`, or `NAME_evil_do` of more skills.
/// A call of it may take a minute.
pub fn evil_skill(remit: &Remit, name: &str) -> PathBuf {
    std::fs::copy(evil(), remit.path().join("plugins/evil.wasm")).unwrap();
    remit.write(
        &format!("skills/{name}/SKILL.md"),
        format!("---\nname: {name}\ndescription: Probes. Use in tests.\n---\n\nProbe.\n"),
    );
    remit.write(
        &format!("skills/{name}/skill.toml"),
        "version = \"0.1.0\"\n[plugins.evil]\ncomponent = \"../../plugins/evil.wasm\"\noperations = [\"do\"]\n\
         limits = { time = \"60s\" }\n[[steps]]\nid = \"one\"\ncall = \"evil.do\"\nwith = { op = \"echo\", value = 1 }\n",
    );
    remit.path().join("skills").join(name)
}

/// How a server ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit status; -1 if a signal ended it.
    pub status: i32,
    pub stderr: String,
    /// How long it took from when it was asked to.
    pub after: Duration,
    /// What it wrote to stdout that no test had asked for.
    pub rest: Vec<Value>,
}

/// What a child says on stderr, as it comes.
#[derive(Clone)]
struct Stderr(Arc<Mutex<String>>);

impl Stderr {
    fn of(child: &mut Child) -> Stderr {
        let said: Arc<Mutex<String>> = Arc::default();
        let (mut stderr, grows) = (child.stderr.take().unwrap(), said.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = stderr.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
                grows.lock().unwrap().push_str(&text);
            }
        });
        Stderr(said)
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-s", name, &pid]).status();
    assert!(sent.unwrap().success());
}

fn wait(child: &mut Child, stderr: &Stderr) -> (i32, Duration) {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code().unwrap_or(-1), begin.elapsed());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it does not end: {}", stderr.text());
}

/// The memory that a process holds, in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
