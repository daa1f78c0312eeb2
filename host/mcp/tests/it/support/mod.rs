//! A home with skills in it, and clients that speak raw JSON-RPC, in both eras.

mod wire;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use remit_mcp::{ServeOptions, Server, Transport};
use remit_package::Dirs;
use remit_run::{Host, HostOptions};
use serde_json::Value;

pub use wire::{Era, Wire, elicits};

/// A folder with a home and skills; gone with the test.
pub struct Home {
    root: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Home {
        Home {
            root: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// Writes a file below the folder.
    pub fn write(&self, rel: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.path().join(rel);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A skill of a template and two inputs, with more files, in `skills/NAME`.
    pub fn skill(&self, name: &str) -> PathBuf {
        let doc = format!("---\nname: {name}\ndescription: Greets. And more.\n---\n# {name}\n");
        self.write(&format!("skills/{name}/SKILL.md"), doc);
        self.write(&format!("skills/{name}/skill.toml"), GREETER);
        self.write(
            &format!("skills/{name}/hello.md.j2"),
            "Hello {{ inputs.who }}!\n",
        );
        self.write(&format!("skills/{name}/notes/a b.md"), "# Notes\n");
        self.write(&format!("skills/{name}/logo.png"), [0x89, b'P', 0xff, 0]);
        self.path().join("skills").join(name)
    }

    /// A skill that greets Ada and needs nothing, so that it is open from the start where it is served alone.
    pub fn ready(&self, name: &str) -> PathBuf {
        let path = self.skill(name);
        let ready = GREETER.replace(
            "\"Who is greeted\"",
            "\"Who is greeted\"\ndefault = \"Ada\"",
        );
        self.write(&format!("skills/{name}/skill.toml"), ready);
        path
    }

    /// A skill whose plugin does what it is told, under each of the three effects; approved, but not for agents.
    pub async fn approved(&self, host: &Host, name: &str) -> PathBuf {
        self.approved_with(host, name, "").await
    }

    /// The same with steps.
    pub async fn approved_with(&self, host: &Host, name: &str, steps: &str) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let evil = std::fs::read(root.join("tests/guests/evil.wasm")).unwrap();
        self.write("evil.wasm", evil);
        let doc = format!("---\nname: {name}\ndescription: Does what it is told.\n---\n");
        self.write(&format!("skills/{name}/SKILL.md"), doc);
        self.write(
            &format!("skills/{name}/skill.toml"),
            format!("{DOER}{steps}"),
        );
        let path = self.path().join("skills").join(name);
        let open = host.open_skill(&path).await.unwrap();
        host.approve(&open, "a test").unwrap();
        path
    }

    /// Has the hostile plugin say this of itself from now on.
    pub fn lie(&self, description: &Value) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut evil = std::fs::read(root.join("tests/guests/evil.wasm")).unwrap();
        let mark = b"REMIT-EVIL-DESCRIPTION-FOLLOWS>>";
        let at = evil.windows(mark.len()).position(|it| it == mark).unwrap() + mark.len();
        let text = description.to_string();
        assert!(text.len() <= 16 * 1024);
        evil[at..at + text.len()].copy_from_slice(text.as_bytes());
        self.write("evil.wasm", evil);
    }

    /// A skill with a plugin that says this of itself, and has one operation, `do`.
    pub async fn lying(&self, host: &Host, name: &str, description: &Value) -> PathBuf {
        self.lie(description);
        let doc = format!("---\nname: {name}\ndescription: Has a plugin that lies.\n---\n");
        self.write(&format!("skills/{name}/SKILL.md"), doc);
        let manifest = DOER.replace(", \"do_write\", \"do_destructive\"", "");
        self.write(&format!("skills/{name}/skill.toml"), manifest);
        let path = self.path().join("skills").join(name);
        let open = host.open_skill(&path).await.unwrap();
        host.approve(&open, "a test").unwrap();
        path
    }

    /// The records of the audit log of this kind.
    pub fn records(&self, kind: &str) -> Vec<Value> {
        let folder = self.path().join("remit/data/audit");
        let files = std::fs::read_dir(folder).unwrap();
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "jsonl"));
        paths.sort();
        let text: String = paths
            .iter()
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        let records = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.filter(|record| record["kind"] == kind).collect()
    }

    /// The host with this home.
    pub fn host(&self) -> Arc<Host> {
        let dirs = Dirs {
            // Compiled code is shared, or each test would spend seconds on it; the cache is made to be.
            cache: Path::new(env!("CARGO_TARGET_TMPDIR")).join("remit-cache"),
            ..Dirs::under(&self.path().join("remit"))
        };
        let options = HostOptions {
            dirs: Some(dirs),
            ..HostOptions::default()
        };
        Arc::new(Host::open(options).unwrap())
    }

    /// Serves skills.
    pub fn serve(&self, skills: &[PathBuf]) -> Server {
        self.serve_with(self.host(), skills)
    }

    /// The same with a host that is open.
    pub fn serve_with(&self, host: Arc<Host>, skills: &[PathBuf]) -> Server {
        let options = ServeOptions {
            skills: skills.to_vec(),
            runs: Some(self.path().join("runs")),
            ..ServeOptions::default()
        };
        Server::new(move || Ok(host), options).unwrap()
    }

    /// Serves skills to one client.
    pub async fn client(&self, skills: &[PathBuf], era: Era) -> Wire {
        Wire::connect(&self.serve(skills), Transport::Stdio, era).await
    }
}

const DOER: &str = r#"version = "0.1.0"
[plugins.evil]
component = "../../evil.wasm"
operations = ["do", "do_write", "do_destructive"]
effect = "destructive"
"#;

const GREETER: &str = r#"version = "0.1.0"
[inputs.who]
type = "string"
description = "Who is greeted"
[inputs.tone]
enum = ["calm", "cheerful", "curt"]
default = "calm"
[inputs.times]
type = "integer"
minimum = 1
default = 1
[[steps]]
id = "greet"
template = "hello.md.j2"
output = "hello.md"
"#;
