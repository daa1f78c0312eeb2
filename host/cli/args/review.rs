//! `remit audit report`, `suggest` and `why`: what an auditor asks.

use clap::ValueHint;
use std::path::PathBuf;

/// `remit audit report`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit audit report                                    the skills under skills/, in a minute
  remit audit report skills/weekly-report               one skill
  remit audit report --html report.html                 one page to search, to print and to hand on
  remit audit report --since 2026-11-01 --json          for other programs; docs/audit.md says what is in it

It reads: no plugin is run, and nothing is changed. A grant is `unused` where a run that ended well had it and none used \
it, and `not run yet` where no such run has had it.")]
pub struct AuditReportArgs {
    /// A folder of skills, or one skill's folder
    #[arg(default_value = "skills", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Write it as one self-contained page
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
    /// Only runs that began on this day (UTC) or later, or at this time
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit audit suggest`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit audit suggest skills/weekly-report                  what could be narrower, each with its evidence, and the patch
  remit audit suggest skills/weekly-report | git apply      take it
  remit audit suggest skills/weekly-report --apply          the same
  remit audit suggest skills/weekly-report --limits         memory, time and output too where skill.toml says nothing

It never suggests anything wider than what is there. What recorded runs did not need, a run with other inputs may: the \
fewer runs and inputs, the more of that. A changed skill must be approved again.")]
pub struct AuditSuggestArgs {
    /// The skill's folder, or the name of one under skills/
    #[arg(value_hint = ValueHint::DirPath)]
    pub skill: PathBuf,
    /// Write the patch to a file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "apply")]
    pub patch: Option<PathBuf>,
    /// Change skill.toml
    #[arg(long)]
    pub apply: bool,
    /// Suggest limits too where skill.toml sets none
    #[arg(long)]
    pub limits: bool,
    /// Only runs that began on this day (UTC) or later, or at this time
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit audit why`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit audit log --denied     what was denied, each with its number in front
  remit audit why 31           who decided that, in which file and line, and what would open it")]
pub struct AuditWhyArgs {
    /// The number of a record
    pub record: u64,
    /// Where to look for a skill that is not where it was in the run
    #[arg(long, value_name = "FOLDER", default_value = "skills", value_hint = ValueHint::DirPath)]
    pub skills: PathBuf,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
