//! `scripts/sample-tracker`, which answers as GitHub does from a folder, on a free port; stopped when dropped.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

pub struct SampleTracker {
    child: Child,
    authority: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl SampleTracker {
    /// Starts it on this folder, and waits until it listens.
    pub fn start(folder: &Path) -> SampleTracker {
        let mut child = Command::new("python3")
            .arg(super::root().join("scripts/sample-tracker"))
            .arg(folder)
            .arg("0")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python3 is missing: run scripts/setup");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let authority = line.trim().strip_prefix("http://").unwrap().to_owned();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, log) = (asked.clone(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                seen.lock().unwrap().push(line);
            }
        });
        SampleTracker {
            child,
            authority,
            asked,
        }
    }

    /// `127.0.0.1:PORT`
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The requests so far: `"GET /path HTTP/1.1" 200 -`
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for SampleTracker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
