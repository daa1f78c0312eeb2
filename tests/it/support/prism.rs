//! Prism, a server that checks each request against GitHub's published API description and answers with its examples;
//! on a free port of the loopback, stopped when dropped.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

pub struct Prism {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Prism {
    /// Starts it, and waits until it answers.
    pub fn start() -> Prism {
        let program = tools().join("node_modules/@stoplight/prism-cli/dist/index.js");
        assert!(
            program.is_file() && description_file().is_file(),
            "Prism and GitHub's API description are missing: run scripts/setup"
        );
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new("node")
            .arg(program)
            .args(["mock", "--host", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .arg(description_file())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|e| panic!("node cannot be run ({e}): run scripts/setup"));
        let mut server = Prism {
            child,
            port,
            folder,
        };
        assert!(server.answers(), "Prism did not come up:\n{}", server.log());
        server
    }

    /// `127.0.0.1:PORT`
    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What it says of the requests so far: each as `get /path`, with what was wrong with it.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The requests that are not what the description says.
    pub fn violations(&self) -> Vec<String> {
        let wrong = ["Violation: request", "NO_PATH_MATCHED", "NO_METHOD_MATCHED"];
        let log = self.log();
        let lines = log
            .lines()
            .filter(|line| wrong.iter().any(|it| line.contains(it)));
        // Its own start asked for `/`.
        lines
            .filter(|line| !line.contains("[HTTP SERVER] get / "))
            .map(ToOwned::to_owned)
            .collect()
    }

    /// Sends a request, and gives the status of its answer.
    pub fn status(&self, method: &str, target: &str, body: &str) -> Option<u16> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .ok()?;
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.authority(),
            body.len()
        )
        .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let text = String::from_utf8_lossy(&answer);
        text.split(' ').nth(1)?.parse().ok()
    }

    fn answers(&mut self) -> bool {
        let until = Instant::now() + Duration::from_secs(120);
        while Instant::now() < until {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if self.status("GET", "/", "") == Some(404) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        false
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The names of the query's parameters that GitHub documents for a request; none if it documents no such request.
pub fn documented_query(method: &str, path: &str) -> Option<BTreeSet<String>> {
    let text = std::fs::read_to_string(description_file()).unwrap();
    let description: Value = serde_json::from_str(&text).unwrap();
    let fits = |template: &str| {
        let (given, known): (Vec<_>, Vec<_>) =
            (path.split('/').collect(), template.split('/').collect());
        given.len() == known.len()
            && given
                .iter()
                .zip(&known)
                .all(|(a, b)| b.starts_with('{') || a == b)
    };
    let (_, operations) = description["paths"]
        .as_object()?
        .iter()
        .find(|(template, _)| fits(template))?;
    let parameters = operations.get(method.to_lowercase())?["parameters"].as_array()?;
    let query = parameters.iter().filter(|it| it["in"] == "query");
    Some(
        query
            .filter_map(|it| it["name"].as_str().map(ToOwned::to_owned))
            .collect(),
    )
}

fn tools() -> PathBuf {
    super::root().join(".tools/github-api")
}

fn description_file() -> PathBuf {
    tools().join("github.json")
}
