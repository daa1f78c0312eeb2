//! The packages that agents install: each starts `remit serve` for exactly the skills that it was made of.
//!
//! Nothing here speaks the protocol, and nothing here grants: a package is the way to a server, whose skills are read,
//! checked and approved on this machine as ever. What it holds of a skill is text of strangers, so names are checked,
//! all else is data in JSON, and what an agent would obey outside of Remit is not exported at all.

mod claude;
mod codex;
mod copies;
mod error;
mod mcp_json;
mod out;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub use error::ExportError;

use remit_policy::{Effect, display_safe};
use remit_run::OpenSkill;
use serde_json::{Map, Value, json};

/// What a package is called when it holds several skills and nobody named it.
const SEVERAL: &str = "remit-skills";
/// As in Agent Skills, whose names the agents accept.
const MAX_NAME: usize = 64;
/// An agent shows a line of it.
const MAX_DESCRIPTION: usize = 1024;
/// Where a folder of plugins is listed under a name of its own.
const MARKET_PREFIX: &str = "remit-";

/// Whose package it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A marketplace with a plugin for Codex.
    Codex,
    /// A marketplace with a plugin for Claude Code.
    Claude,
    /// An `.mcp.json`, which many clients read.
    McpJson,
}

impl Target {
    /// As it is written on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Codex => "codex",
            Self::Claude => "claude",
            Self::McpJson => "mcp-json",
        }
    }
}

/// How the server is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program: its absolute path, or `remit` where that is what the person's PATH leads to.
    pub command: String,
    /// Where Remit keeps its state, if not where it does by itself: agents start servers with few variables.
    pub env: BTreeMap<String, String>,
}

/// A skill, as a package shows it.
#[derive(Clone, Debug)]
pub struct Exported {
    name: String,
    version: String,
    description: String,
    license: Option<String>,
    /// Its folder: what the server is given.
    folder: String,
    /// The first digits of its digest, so that a changed skill is another version.
    digest: String,
    /// Whether an operation that it lists may do more than read.
    writes: bool,
    /// Its texts, by path.
    texts: BTreeMap<String, Vec<u8>>,
    /// Why its texts cannot go to an agent that reads them by itself.
    obeyed: Option<copies::Obeyed>,
}

impl Exported {
    /// Reads of an open skill what a package shows.
    ///
    /// # Errors
    /// If its folder's path is not UTF-8, or a file was changed since it was opened.
    pub fn of(skill: &OpenSkill) -> Result<Self, ExportError> {
        let folder = text_path(skill.folder())?;
        let doc = &skill.skill().doc;
        let digest = skill.skill().digest.to_string();
        let digest = digest.rsplit(':').next().unwrap_or_default();
        let writes = skill.plugins().iter().any(|plugin| {
            let operations = plugin.description.operations.iter();
            operations
                .filter(|operation| plugin.used.operations.contains(&operation.name))
                .any(|operation| operation.effect != Effect::Read)
        });
        Ok(Self {
            name: skill.name().to_owned(),
            version: skill.version().to_owned(),
            description: one_line(&doc.description, MAX_DESCRIPTION),
            license: doc.license.as_deref().map(|text| one_line(text, 100)),
            folder,
            digest: digest.chars().take(8).collect(),
            writes,
            texts: copies::of(skill.skill())?,
            obeyed: copies::obeyed(skill.skill())?,
        })
    }
}

/// The files of a package, and what to do with it.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name, and that of the server in it.
    pub name: String,
    /// Whose it is.
    pub target: Target,
    files: BTreeMap<String, Vec<u8>>,
    /// The command that it starts, as a person would give it.
    pub starts: Vec<String>,
}

impl Package {
    /// Makes a package of these skills. Without a name it is called like its only skill.
    ///
    /// # Errors
    /// If the name is none that agents accept, two skills have the same, or one holds what an agent would obey.
    pub fn new(
        target: Target,
        name: Option<&str>,
        skills: &[Exported],
        program: &Program,
    ) -> Result<Self, ExportError> {
        let mut seen = BTreeSet::new();
        for skill in skills {
            if !seen.insert(&skill.name) {
                let name = skill.name.clone();
                return Err(ExportError::Twice { name });
            }
        }
        let name = package_name(name, skills)?;
        let server = Server::new(target, skills, program);
        let contents = Contents {
            name: &name,
            skills,
            server: &server,
        };
        let files = match target {
            Target::Codex => codex::files(&contents)?,
            Target::Claude => claude::files(&contents)?,
            Target::McpJson => mcp_json::files(&contents),
        };
        let mut starts = vec![server.command];
        starts.extend(server.args);
        Ok(Self {
            name,
            target,
            files,
            starts,
        })
    }

    /// The paths of its files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Writes it into a folder that is new, empty, or holds an earlier export of the same; gives the folder's path.
    ///
    /// # Errors
    /// If the folder holds something else, or cannot be written.
    pub fn write(&self, folder: &Path) -> Result<String, ExportError> {
        out::write(self, folder)
    }

    /// The commands that install it, once it lies in this folder.
    pub fn commands(&self, folder: &str) -> Vec<String> {
        let folder = quoted(folder);
        let market = market_of(&self.name);
        let name = &self.name;
        match self.target {
            Target::Codex => vec![
                format!("codex plugin marketplace add {folder}"),
                format!("codex plugin add {name}@{market}"),
            ],
            Target::Claude => vec![
                format!("claude plugin marketplace add {folder}"),
                format!("claude plugin install {name}@{market}"),
            ],
            Target::McpJson => vec![format!("cp -i {folder}/.mcp.json .")],
        }
    }
}

/// What the files are made of.
struct Contents<'a> {
    name: &'a str,
    skills: &'a [Exported],
    server: &'a Server,
}

impl Contents<'_> {
    fn market(&self) -> String {
        market_of(self.name)
    }

    /// The version of an only skill, and the digests of all: an agent takes what is new only under another version.
    fn version(&self) -> String {
        let version = match self.skills {
            [only] => only.version.as_str(),
            _ => "1.0.0",
        };
        let digests: Vec<&str> = self.skills.iter().map(|it| it.digest.as_str()).collect();
        let digests = match digests.as_slice() {
            [only] => (*only).to_owned(),
            several => short_digest(&several.join(" ")),
        };
        // A version may have build metadata already.
        let joint = if version.contains('+') { '.' } else { '+' };
        format!("{version}{joint}{digests}")
    }

    fn description(&self) -> String {
        match self.skills {
            [only] => only.description.clone(),
            several => {
                let names: Vec<&str> = several.iter().map(|it| it.name.as_str()).collect();
                one_line(
                    &format!("Skills that run through Remit: {}", names.join(", ")),
                    MAX_DESCRIPTION,
                )
            }
        }
    }

    /// The skills' texts below a folder.
    fn texts(&self, below: &str) -> Result<BTreeMap<String, Vec<u8>>, ExportError> {
        let mut files = BTreeMap::new();
        for skill in self.skills {
            if let Some(obeyed) = &skill.obeyed {
                return Err(obeyed.error(&skill.name));
            }
            for (path, bytes) in &skill.texts {
                files.insert(format!("{below}/{}/{path}", skill.name), bytes.clone());
            }
        }
        Ok(files)
    }
}

/// The server that a package starts.
struct Server {
    command: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
}

impl Server {
    fn new(target: Target, skills: &[Exported], program: &Program) -> Self {
        let mut args = vec!["serve".to_owned()];
        // Codex asks once which tools there are, and not again when a skill was opened (docs/mcp.md). An only skill is
        // open from the start with or without this.
        if target == Target::Codex && skills.len() > 1 {
            args.push("--open".to_owned());
        }
        args.extend(skills.iter().map(|skill| skill.folder.clone()));
        Self {
            command: program.command.clone(),
            args,
            env: program.env.clone(),
        }
    }

    fn entry(&self) -> Map<String, Value> {
        let mut entry = Map::new();
        entry.insert("command".to_owned(), json!(self.command));
        entry.insert("args".to_owned(), json!(self.args));
        if !self.env.is_empty() {
            entry.insert("env".to_owned(), json!(self.env));
        }
        entry
    }
}

fn package_name(name: Option<&str>, skills: &[Exported]) -> Result<String, ExportError> {
    let named = match (name, skills) {
        (Some(name), _) => name,
        // A skill's name may be of any script; what agents accept is not.
        (None, [only]) if is_name(&only.name) => &only.name,
        (None, _) => SEVERAL,
    };
    if is_name(named) {
        return Ok(named.to_owned());
    }
    let name = display_safe(named, 80);
    Err(ExportError::Name { name })
}

fn is_name(name: &str) -> bool {
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let hyphens = name.starts_with('-') || name.ends_with('-') || name.contains("--");
    letters && !hyphens && !name.is_empty() && name.len() <= MAX_NAME
}

fn market_of(name: &str) -> String {
    if name.starts_with(MARKET_PREFIX) {
        name.to_owned()
    } else {
        format!("{MARKET_PREFIX}{name}")
    }
}

/// A text of a stranger, for a field that is one line.
fn one_line(text: &str, max: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    display_safe(&words.join(" "), max)
}

fn short_digest(text: &str) -> String {
    let digest = remit_package::Digest::of(text.as_bytes()).to_string();
    let digits = digest.rsplit(':').next().unwrap_or_default();
    digits.chars().take(8).collect()
}

/// A path for a configuration file.
///
/// # Errors
/// If it is not UTF-8.
pub fn text_path(path: &Path) -> Result<String, ExportError> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let path = display_safe(&path.to_string_lossy(), 300);
        ExportError::Path { path }
    })
}

/// A word for a shell.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A JSON document as a file.
fn document(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}
