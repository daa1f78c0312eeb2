//! The tools of a language: found, installed where that is a project's own affair, run, and named where missing.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use remit_package::{Dirs, FileLock};

use crate::error::AuthorError;

/// How much of what a failing tool said is kept, in bytes: the end of it.
const KEPT: usize = 16 << 10;

/// A file in a folder of tools that says that all of it was installed.
const COMPLETE: &str = "complete";

/// Something to tell the author while they wait.
#[derive(Clone, Copy, Debug)]
pub enum Line<'a> {
    /// What is being done.
    Doing(&'a str),
    /// What a tool says, line by line, as it said it.
    Tool(&'a str),
}

/// Finds and runs the tools of a language.
pub struct Tools {
    /// Where tools that Remit installs are kept, for all projects.
    folder: PathBuf,
    offline: bool,
    tell: Box<dyn Fn(Line<'_>) + Send + Sync>,
}

impl Tools {
    /// Tools that are installed into Remit's cache when they are missing, or never if `offline`.
    pub fn new(
        dirs: &Dirs,
        offline: bool,
        tell: impl Fn(Line<'_>) + Send + Sync + 'static,
    ) -> Tools {
        Tools {
            folder: dirs.cache.join("tools"),
            offline,
            tell: Box::new(tell),
        }
    }

    /// Whether nothing may be installed.
    pub fn offline(&self) -> bool {
        self.offline
    }

    /// The folder for what a tool keeps between builds, for example its own cache. Made if it is missing.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, AuthorError> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).map_err(|error| AuthorError::io(&folder, error))?;
        Ok(folder)
    }

    /// Tells the author what is being done.
    pub(crate) fn say(&self, what: &str) {
        (self.tell)(Line::Doing(what));
    }

    /// A program on the PATH.
    ///
    /// # Errors
    /// `tool-missing`, with what it is for and the command that installs it.
    pub(crate) fn find(
        &self,
        program: &str,
        what_for: &str,
        install: &str,
    ) -> Result<PathBuf, AuthorError> {
        on_path(program).ok_or_else(|| AuthorError::ToolMissing {
            tool: program.to_owned(),
            what_for: what_for.to_owned(),
            install: install.to_owned(),
        })
    }

    /// A virtual environment of Python in which `packages` (pip's requirements, pinned) are installed: made once for
    /// `name`, which holds the version, and shared by all projects. A second process waits while the first installs.
    ///
    /// # Errors
    /// `tool-missing` without Python, or if it would have to be installed while offline; `build-failed` if pip fails.
    pub(crate) fn python_tool(
        &self,
        name: &str,
        packages: &[&str],
    ) -> Result<PathBuf, AuthorError> {
        let folder = self.folder("python")?;
        let venv = folder.join(name);
        let complete = venv.join(COMPLETE);
        if complete.exists() {
            return Ok(venv);
        }
        let python = self.find(
            "python3",
            &format!("{name} is installed with it"),
            "install Python 3.10 or later: `apt-get install python3 python3-venv`, or python.org",
        )?;
        if self.offline {
            return Err(AuthorError::ToolMissing {
                tool: name.to_owned(),
                what_for: "it is not installed yet, and --offline installs nothing".to_owned(),
                install: "build once without --offline".to_owned(),
            });
        }
        let _lock = FileLock::wait(&folder.join(format!("{name}.lock")))?;
        if complete.exists() {
            return Ok(venv);
        }
        self.say(&format!("installing {name}"));
        // What is there without the mark was cut off. A virtual environment cannot be made elsewhere and renamed: its
        // programs name their interpreter by its path.
        if venv.exists() {
            std::fs::remove_dir_all(&venv).map_err(|error| AuthorError::io(&venv, error))?;
        }
        let made = self.run(
            Command::new(python).args(["-m", "venv"]).arg(&venv),
            "python3 -m venv",
        );
        made.map_err(|error| AuthorError::ToolMissing {
            tool: "Python's venv module".to_owned(),
            what_for: format!("{name} is installed with it, and {error}"),
            install: "`apt-get install python3-venv`".to_owned(),
        })?;
        self.run(
            Command::new(venv.join("bin/python"))
                .args(["-m", "pip", "install", "--disable-pip-version-check"])
                .args(packages),
            &format!("pip install {}", packages.join(" ")),
        )?;
        std::fs::write(&complete, packages.join("\n"))
            .map_err(|error| AuthorError::io(&complete, error))?;
        Ok(venv)
    }

    /// Runs a tool to its end, with no input, and tells what it says as it says it.
    ///
    /// # Errors
    /// `build-failed` with the end of what it said, if it cannot be started or says that it failed.
    pub(crate) fn run(&self, command: &mut Command, what: &str) -> Result<(), AuthorError> {
        self.finished(command, what, None)
    }

    /// Asks a tool something: what it prints is the answer, and is not told.
    ///
    /// # Errors
    /// As [`Tools::run`].
    pub(crate) fn ask(&self, command: &mut Command, what: &str) -> Result<String, AuthorError> {
        let answer = Mutex::new(String::new());
        self.finished(command, what, Some(&answer))?;
        Ok(answer.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn finished(
        &self,
        command: &mut Command,
        what: &str,
        answer: Option<&Mutex<String>>,
    ) -> Result<(), AuthorError> {
        let fail = |said: String| AuthorError::Failed {
            what: what.to_owned(),
            said,
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| fail(format!("{} cannot be started: {error}", name_of(command))))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let said = Mutex::new(Vec::new());
        let status: std::io::Result<ExitStatus> = std::thread::scope(|scope| {
            if let Some(err) = err {
                scope.spawn(|| self.follow(err, &said, None));
            }
            if let Some(out) = out {
                self.follow(out, &said, answer);
            }
            child.wait()
        });
        let status = status.map_err(|error| fail(error.to_string()))?;
        if status.success() {
            return Ok(());
        }
        let said = said.into_inner().unwrap_or_else(PoisonError::into_inner);
        let said = String::from_utf8_lossy(&said).trim_end().to_owned();
        Err(fail(if said.is_empty() {
            format!("it said nothing, and ended with {status}")
        } else {
            said
        }))
    }

    fn follow(&self, from: impl Read, said: &Mutex<Vec<u8>>, answer: Option<&Mutex<String>>) {
        let mut lines = BufReader::new(from);
        let mut line = Vec::new();
        while let Ok(1..) = lines.read_until(b'\n', &mut line) {
            let text = String::from_utf8_lossy(&line);
            match answer {
                Some(answer) => answer
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_str(&text),
                None => (self.tell)(Line::Tool(text.trim_end())),
            }
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.extend_from_slice(&line);
            let over = said.len().saturating_sub(KEPT);
            said.drain(..over);
            line.clear();
        }
    }
}

/// The first file of that name in the PATH that can be run.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| {
            file.metadata()
                .is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
        })
}

fn name_of(command: &Command) -> String {
    Path::new(command.get_program())
        .file_name()
        .unwrap_or(OsStr::new("the tool"))
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn tools(root: &Path, offline: bool) -> (Tools, Arc<Mutex<Vec<String>>>) {
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = said.clone();
        let tools = Tools::new(&Dirs::under(root), offline, move |line| {
            heard.lock().unwrap().push(format!("{line:?}"));
        });
        (tools, said)
    }

    #[test]
    fn what_a_tool_says_is_told_and_its_end_is_in_the_error() {
        let root = tempfile::tempdir().unwrap();
        let (tools, said) = tools(root.path(), false);
        let script = "echo out; echo err >&2; exit 3";
        let error = tools
            .run(Command::new("sh").args(["-c", script]), "the script")
            .unwrap_err();
        assert_eq!(error.code(), "build-failed");
        let text = error.to_string();
        assert!(
            text.starts_with("the script failed") && text.contains("err"),
            "{text}"
        );
        assert!(said.lock().unwrap().iter().any(|line| line.contains("out")));
        let answer = tools.ask(Command::new("sh").args(["-c", "echo yes"]), "it");
        assert_eq!(answer.unwrap(), "yes\n");
        assert!(!said.lock().unwrap().iter().any(|line| line.contains("yes")));
    }

    #[test]
    fn a_flood_is_kept_only_in_part() {
        let root = tempfile::tempdir().unwrap();
        let (tools, _) = tools(root.path(), false);
        let script = "yes long line of noise | head -c 3000000; echo last; exit 1";
        let error = tools
            .run(Command::new("sh").args(["-c", script]), "noise")
            .unwrap_err()
            .to_string();
        assert!(error.len() < KEPT + 200 && error.ends_with("last"));
    }

    #[test]
    fn a_missing_tool_is_named_with_what_installs_it() {
        let root = tempfile::tempdir().unwrap();
        let (tools, _) = tools(root.path(), true);
        let error = tools
            .find("no-such-tool-here", "it compiles", "`apt-get install x`")
            .unwrap_err();
        assert_eq!(error.code(), "tool-missing");
        assert_eq!(error.hint().unwrap(), "`apt-get install x`");
        let offline = tools.python_tool("x-1.0", &["x==1.0"]).unwrap_err();
        assert_eq!(offline.code(), "tool-missing");
    }
}
