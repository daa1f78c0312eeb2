//! Real agents as clients: Codex and Claude Code, in a home of their own, without a login and without a network.

mod app_server;
mod model;

pub use app_server::AppServer;
pub use model::{Asked, Model, Say};

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Outcome, Remit, copy_folder, root};

/// No agent takes so long, whatever else the machine does; nothing waits for longer.
const PATIENCE: Duration = Duration::from_secs(240);
/// What answers there is nobody: an agent's own services are out of reach.
const NOWHERE: &str = "http://127.0.0.1:1";

/// A workspace and the home of a person who has agents in it.
pub struct Agents {
    pub remit: Remit,
}

impl Agents {
    /// A workspace with copies of sample skills.
    pub fn with_skills(names: &[&str]) -> Agents {
        let remit = Remit::new();
        for name in names {
            let skill = remit.path().join("skills").join(name);
            copy_folder(&root().join("skills").join(name), &skill);
        }
        let agents = Agents { remit };
        std::fs::create_dir_all(agents.home().join(".codex")).unwrap();
        agents
    }

    /// The person's home.
    pub fn home(&self) -> PathBuf {
        self.remit.path().join("person")
    }

    /// Codex, with these arguments.
    pub fn codex<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Command {
        self.program("codex", args)
    }

    /// Claude Code, with these arguments.
    pub fn claude<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Command {
        self.program("claude", args)
    }

    /// A command as a page or `remit export` gives it, in a shell that finds the agents, and this `remit` by its name.
    pub fn shell(&self, line: &str) -> Outcome {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        self.at_home(&mut command);
        finished(command)
    }

    /// Runs `remit` as this person does: by its name, with no variable that says where its state is.
    pub fn person(&self, args: &[&str]) -> Outcome {
        let mut command = Command::new("remit");
        command.args(args);
        self.at_home(&mut command);
        finished(command)
    }

    /// The audit log, all records in order.
    pub fn audit(&self) -> Vec<Value> {
        let out = self.person(&["audit", "log", "--json", "-n", "0"]).exits(0);
        out.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Exports these skills for an agent and gives the export and the commands that install it.
    pub fn export(&self, agent: &str, skills: &[&str]) -> (PathBuf, Vec<String>) {
        let out = format!("for-{agent}");
        let mut args = vec!["export", agent];
        args.extend(skills);
        args.extend(["--out", &out]);
        let printed = self.person(&args).exits(0).stdout;
        let commands = printed.lines().map(str::to_owned).collect();
        (self.remit.path().join(out), commands)
    }

    /// Exports and installs, by exactly the commands that the export printed.
    pub fn install(&self, agent: &str, skills: &[&str]) {
        let (_, commands) = self.export(agent, skills);
        assert_eq!(commands.len(), 2, "{commands:?}");
        for command in commands {
            self.shell(&command).exits(0);
        }
    }

    /// Tells Codex that its model is this one.
    pub fn codex_uses(&self, model: &Model) {
        let file = self.home().join(".codex/config.toml");
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        let settings = format!(
            "model = \"scripted\"\nmodel_provider = \"scripted\"\ncheck_for_update_on_startup = false\n{before}\n\
             [analytics]\nenabled = false\n\
             [model_providers.scripted]\nname = \"scripted\"\nbase_url = \"{}/v1\"\nwire_api = \"responses\"\n\
             env_key = \"SCRIPTED_KEY\"\nrequest_max_retries = 0\nstream_max_retries = 0\n",
            model.url()
        );
        std::fs::write(file, settings).unwrap();
    }

    fn program<S: AsRef<std::ffi::OsStr>>(&self, name: &str, args: &[S]) -> Command {
        let mut command = Command::new(bin().join(name));
        command.args(args);
        self.at_home(&mut command);
        command
    }

    fn at_home(&self, command: &mut Command) {
        let itself = Path::new(env!("CARGO_BIN_EXE_remit")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{}:{path}", itself.display(), bin().display());
        let home = self.home();
        command
            .current_dir(self.remit.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", &home)
            .env("CODEX_HOME", home.join(".codex"))
            .env("CLAUDE_CONFIG_DIR", home.join(".claude"))
            // Compiled code is shared, or each test would spend seconds on it; an export tells the agent.
            .env("XDG_CACHE_HOME", self.remit.cache().parent().unwrap())
            .env("SCRIPTED_KEY", "none")
            .env("DISABLE_TELEMETRY", "1")
            .env("DISABLE_ERROR_REPORTING", "1")
            .env("DISABLE_AUTOUPDATER", "1")
            .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .env("HTTP_PROXY", NOWHERE)
            .env("HTTPS_PROXY", NOWHERE)
            .env("ALL_PROXY", NOWHERE)
            .env("NO_PROXY", "127.0.0.1,localhost")
            .stdin(Stdio::null());
    }
}

/// Where scripts/setup puts the agents.
fn bin() -> PathBuf {
    let bin = root().join(".tools/agents/bin");
    for name in ["codex", "claude"] {
        let program = bin.join(name);
        assert!(
            program.is_file(),
            "{} is missing: run scripts/setup",
            program.display()
        );
    }
    bin
}

/// Runs a command to its end, or kills it, and only it, when that does not come.
pub fn finished(mut command: Command) -> Outcome {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let id = child.id();
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let begun = Instant::now();
    let output: Output = match ended.recv_timeout(PATIENCE) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            panic!("{command:?} did not end in {:?}", begun.elapsed());
        }
    };
    Outcome {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
