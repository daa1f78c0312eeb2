//! A home, a skill in it, and a host: what each test begins with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use remit_package::Dirs;
use remit_run::{
    Agent, AgentSession, Event, Host, HostOptions, OpenSkill, RunError, RunOptions, RunReport,
    SessionOptions, audit,
};

/// A folder of its own for one test.
pub struct World {
    root: tempfile::TempDir,
    pub host: Arc<Host>,
}

/// A plugin that the repository carries, built.
pub fn plugin(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../plugins")
        .join(name);
    path.canonicalize()
        .unwrap_or_else(|_| panic!("plugins/{name} is missing: build it with `just plugins`"))
}

/// The hostile guest, driven by an opcode (plugins-src/evil/README.md).
pub fn evil() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/evil.wasm");
    path.canonicalize().unwrap_or_else(|_| {
        panic!("tests/guests/evil.wasm is missing: build it with `just plugins`")
    })
}

/// An agent's client.
pub fn agent() -> Agent {
    Agent {
        client: "robot".to_owned(),
        version: "1.2".to_owned(),
        session: "s1".to_owned(),
        transport: "stdio",
        protocol: "2025-11-25".to_owned(),
    }
}

impl World {
    pub fn new() -> World {
        Self::with(|options| options)
    }

    pub fn with(change: impl FnOnce(HostOptions) -> HostOptions) -> World {
        let root = tempfile::tempdir().unwrap();
        let dirs = Dirs {
            // Compiled code is shared, or each test would spend seconds on it.
            cache: Path::new(env!("CARGO_TARGET_TMPDIR")).join("remit-cache"),
            ..Dirs::under(&root.path().join("remit"))
        };
        let host = Host::open(change(HostOptions {
            dirs: Some(dirs),
            ..HostOptions::default()
        }))
        .unwrap();
        let host = Arc::new(host);
        World { root, host }
    }

    pub fn path(&self, rel: &str) -> PathBuf {
        self.root.path().join(rel)
    }

    /// Writes a file of the skill `demo`.
    pub fn file(&self, rel: &str, text: &str) -> &Self {
        let path = self.path("demo").join(rel);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Writes the skill's two documents; `MAIL` stands for the mail plugin.
    pub fn skill(&self, manifest: &str) -> &Self {
        let manifest = match manifest.contains("MAIL") {
            true => manifest.replace("MAIL", plugin("mail.wasm").to_str().unwrap()),
            false => manifest.to_owned(),
        };
        self.file(
            "SKILL.md",
            "---\nname: demo\ndescription: A skill of a test.\n---\n# Demo\n",
        )
        .file("skill.toml", &manifest)
    }

    /// A mailbox of three messages in the skill's data/mail.
    pub fn mailbox(&self) -> &Self {
        for (n, (from, subject)) in [
            ("ada@a.example", "Status of the pier"),
            ("bob@b.example", "Lunch"),
            ("eve@e.example", "Status again"),
        ]
        .iter()
        .enumerate()
        {
            let text = format!(
                "From: {from}\r\nTo: team@a.example\r\nSubject: {subject}\r\nMessage-ID: <{n}@a.example>\r\nDate: Mon, 16 Nov 2026 1{n}:00:00 +0000\r\n\r\nText {n}.\r\n"
            );
            self.file(&format!("data/mail/{n}.eml"), &text);
        }
        self
    }

    pub async fn open(&self) -> OpenSkill {
        self.host.open_skill(self.path("demo")).await.unwrap()
    }

    pub async fn run(&self) -> Result<RunReport, RunError> {
        self.run_with(RunOptions::new()).await
    }

    pub async fn run_with(&self, options: RunOptions) -> Result<RunReport, RunError> {
        self.run_and_hear(options).await.0
    }

    /// Runs into the folder `out`; gives what was told meanwhile too.
    pub async fn run_and_hear(
        &self,
        options: RunOptions,
    ) -> (Result<RunReport, RunError>, Vec<Event>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&heard);
        let open = self.open().await;
        let options = options.out(self.path("out"));
        let result = self
            .host
            .run(&open, options, move |event| to.lock().unwrap().push(event))
            .await;
        let events = heard.lock().unwrap().clone();
        (result, events)
    }

    /// An agent begins a session with the skill.
    pub async fn begin(&self) -> Result<AgentSession, RunError> {
        self.begin_in(self.path("demo")).await
    }

    /// The same with another skill.
    pub async fn begin_in(&self, skill: PathBuf) -> Result<AgentSession, RunError> {
        let open = self.host.open_skill(skill).await.unwrap();
        let options = SessionOptions {
            inputs: Default::default(),
            runs: Some(self.path("runs")),
            agent: agent(),
        };
        self.host.begin(Arc::new(open), options).await
    }

    pub fn out(&self, rel: &str) -> String {
        std::fs::read_to_string(self.path("out").join(rel)).unwrap()
    }

    pub fn run_json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out("run.json")).unwrap()
    }

    /// The records of the audit log, verified.
    pub fn records(&self) -> Vec<audit::Record> {
        let folder = audit::folder(self.host.dirs());
        audit::verify(&folder).unwrap();
        audit::read(&folder).unwrap().map(Result::unwrap).collect()
    }

    pub fn kinds(&self) -> Vec<String> {
        self.records()
            .into_iter()
            .map(|record| record.kind)
            .collect()
    }
}
