//! `scripts/sample-tracker`, which answers as GitHub does from a folder, on a free port; stopped when dropped.

use super::{Outcome, Remit};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Where the sample skills look for it.
pub const TRACKER: &str = "127.0.0.1:8474";

/// A sample skill with its tracker, and where its files lie.
pub struct World {
    pub remit: Remit,
    pub skill: PathBuf,
    pub tracker: SampleTracker,
}

impl World {
    pub fn of(skill: &str) -> World {
        let (remit, skill) = Remit::with_skill(skill);
        let tracker = SampleTracker::start(&skill.join("data/github"));
        edit(&skill.join("skill.toml"), TRACKER, tracker.authority());
        World {
            remit,
            skill,
            tracker,
        }
    }

    pub fn run(&self, more: &[&str]) -> Outcome {
        let mut args = vec!["run", self.skill.to_str().unwrap(), "--approve"];
        args.extend(more);
        self.remit.run(&args)
    }
}

/// Replaces a text in a file that has it.
#[track_caller]
pub fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} lacks {from}", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

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
        // Its log comes through a pipe: all that came before this request is there once this one is.
        const MARK: &str = "GET /until-here ";
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        write!(stream, "{MARK}HTTP/1.0\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let mut seen = self.asked.lock().unwrap();
            if let Some(at) = seen.iter().position(|line| line.contains(MARK)) {
                seen.remove(at);
                return seen.clone();
            }
            drop(seen);
            assert!(Instant::now() < until, "the tracker's log has ended");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for SampleTracker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
