//! `remit export`: the packages by which agents start `remit serve`.

use clap::{ValueEnum, ValueHint};
use std::path::PathBuf;

/// `remit export`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit export codex skills/weekly-report --out weekly-report-for-codex
  remit export claude skills/weekly-report skills/inbox-triage --name office --out office-for-claude
  remit export mcp-json skills/weekly-report --out weekly-report-for-any

A package starts `remit serve` for exactly these skills, by their paths on this machine, and holds a copy of their \
texts for agents that read skills by themselves. It grants nothing: what each skill may touch stands in its skill.toml, \
and a skill that needs approval is approved with `remit approve`, by a person. The commands that install it go to \
stdout. Exporting again into the same folder renews it.

A skill whose SKILL.md has `allowed-tools`, or a command that an agent would run when it loads the skill, is refused \
for codex and claude: an agent would obey it with its own rights, outside of any sandbox.")]
pub struct ExportArgs {
    /// Whose package to make
    #[arg(value_name = "AGENT", value_enum)]
    pub agent: Agent,
    /// The skills: their folders, or names under skills/
    #[arg(value_name = "SKILL", value_hint = ValueHint::DirPath, required = true)]
    pub skills: Vec<PathBuf>,
    /// The folder for the package: new, empty, or an earlier export of the same
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// What the package is called [default: like its only skill, else remit-skills]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// Whose package.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Agent {
    /// A Codex plugin, in a marketplace of its own
    Codex,
    /// A Claude Code plugin, in a marketplace of its own
    Claude,
    /// An .mcp.json, for any client that reads one
    McpJson,
}
