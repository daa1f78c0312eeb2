//! The program, in a workspace and a home of its own.

use super::{built, copy_folder, root};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A workspace with Remit's own folders in it, gone when dropped.
pub struct Remit {
    folder: TempDir,
    cache: PathBuf,
}

/// What a command did.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Remit {
    /// An empty workspace with the built plugins in `plugins/`.
    pub fn new() -> Remit {
        let folder = tempfile::Builder::new()
            .prefix("remit-test-")
            .tempdir()
            .unwrap();
        copy_folder(&root().join("plugins"), &folder.path().join("plugins"));
        // Compiled code is shared, or each test would spend seconds on it; the cache is made to be.
        let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cache");
        Remit { folder, cache }
    }

    /// An empty workspace with a cache of its own.
    pub fn with_own_cache() -> Remit {
        let mut remit = Remit::new();
        remit.cache = remit.path().join("cache");
        remit
    }

    /// A workspace with a copy of a sample skill, whose path it gives.
    pub fn with_skill(name: &str) -> (Remit, PathBuf) {
        let remit = Remit::new();
        let skill = remit.path().join("skills").join(name);
        copy_folder(&root().join("skills").join(name), &skill);
        // A plugin that is built and not committed lies in its project.
        let manifest = std::fs::read_to_string(skill.join("skill.toml")).unwrap();
        for line in manifest.lines() {
            let path = line.split("\"../../").nth(1).unwrap_or_default();
            if let Some(path) = path.strip_suffix('"')
                && path.starts_with("plugins-src/")
            {
                let built = built(path);
                remit.write(path, std::fs::read(built).unwrap());
            }
        }
        (remit, skill)
    }

    /// The workspace: the current folder of every command.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where Remit keeps its data.
    pub fn data(&self) -> PathBuf {
        self.path().join("data/remit")
    }

    /// Where Remit keeps compiled code.
    pub fn cache(&self) -> PathBuf {
        self.cache.join("remit")
    }

    /// The audit log, all records in order.
    pub fn audit(&self) -> Vec<Value> {
        let out = self.run(&["audit", "log", "--json", "-n", "0"]);
        out.stdout
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect()
    }

    /// Writes a file of the workspace.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with these arguments, to be started by the caller.
    pub fn command<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_remit"));
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path().join("person"))
            .env("XDG_DATA_HOME", self.path().join("data"))
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("XDG_CACHE_HOME", &self.cache)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Outcome {
        Outcome::of(self.command(args))
    }
}

impl Outcome {
    /// Runs a prepared command to its end.
    pub fn of(mut command: Command) -> Outcome {
        let output = command.output().unwrap();
        Outcome {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit status.
    #[track_caller]
    pub fn exits(self, status: i32) -> Outcome {
        assert_eq!(
            self.status, status,
            "exit status\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Asserts that stderr holds a text.
    #[track_caller]
    pub fn says(self, text: &str) -> Outcome {
        assert!(
            self.stderr.contains(text),
            "stderr lacks {text:?}:\n{}",
            self.stderr
        );
        self
    }

    /// Asserts that stdout holds a text.
    #[track_caller]
    pub fn prints(self, text: &str) -> Outcome {
        assert!(
            self.stdout.contains(text),
            "stdout lacks {text:?}:\n{}",
            self.stdout
        );
        self
    }

    /// Stdout as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("not JSON ({e}):\n{}\n{}", self.stdout, self.stderr))
    }
}
