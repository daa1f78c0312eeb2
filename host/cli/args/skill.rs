//! `remit run`, `check`, `show` and `approve`: what is done with a skill.

use super::key_value;
use clap::ValueHint;
use std::path::PathBuf;

/// `remit run`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit run skills/weekly-report
  remit run skills/weekly-report --input week=2026-W46 --out report
  remit run skills/service-review --plan        which calls under which grants; runs nothing
  remit run skills/service-review --approve     approve what it asks for, for this run only

Progress goes to stderr, the paths of the results to stdout. A skill that asks for more than reading its own folder \
must be approved: on a terminal you are asked, elsewhere the answer is no (exit status 3). Ctrl-C ends a run with its \
state written.")]
pub struct RunArgs {
    /// The skill: its folder, or the name of one under skills/
    #[arg(value_hint = ValueHint::DirPath)]
    pub skill: PathBuf,
    /// An input of the skill, KEY=VALUE; repeat for more
    #[arg(short, long = "input", value_name = "KEY=VALUE", value_parser = key_value)]
    pub inputs: Vec<(String, String)>,
    /// Approve what the skill asks for, for this run only
    #[arg(long)]
    pub approve: bool,
    /// Print which calls would be made under which grants, and run nothing
    #[arg(long)]
    pub plan: bool,
    /// The folder for the results [default: a new one under runs/]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit check`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Finds unknown keys, steps and inputs; a `with` that cannot fit what the operation takes; an operation that the plugin \
lacks or the skill does not list; templates that do not parse; grants that nothing needs, and needs that no grant \
covers; and what the operator's policy.toml forbids. Each finding names its file and line. Exit status 2 if the skill \
cannot run.

With --policy it says instead whether every skill in the folders stays within that policy, for CI: one line for each \
thing that goes beyond it, with the line of skill.toml and the line of the policy. Nothing is compiled or run. Exit \
status 0 if all are within, 3 if any goes beyond, 2 if any cannot be read.

Examples:
  remit check weekly-report
  remit check --policy policy.toml               every skill under skills/
  remit check --policy policy.toml .             every skill of a repository")]
pub struct CheckArgs {
    /// The skill: its folder, or the name of one under skills/. With --policy any number, and folders that hold skills
    #[arg(value_name = "SKILL|FOLDER", value_hint = ValueHint::DirPath, required_unless_present = "policy")]
    pub skills: Vec<PathBuf>,
    /// Say whether the skills stay within this policy, and check nothing else
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policy: Option<PathBuf>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit show`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit show skills/service-review        what the skill lets each plugin reach
  remit show plugins/mail.wasm            what a component offers, imports and asks for
  remit show mail                         the same of an installed plugin

A line marked ! needs a person's approval. `stays closed` is what a plugin could use and was granted nothing of. \
Needs (`asks for`) never grant anything: a request passes only if a grant, a need and the operator's policy allow it.")]
pub struct ShowArgs {
    /// A skill's folder, the name of one under skills/, a component (.wasm), or the name of an installed plugin
    #[arg(value_name = "SKILL|COMPONENT", value_hint = ValueHint::AnyPath)]
    pub target: PathBuf,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit approve`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Shows the permission card and, if something was approved before, what has changed since. The answer holds until a \
grant, a plugin's bytes or an operation's effect changes. For one run only: `remit run SKILL --approve`.

An agent that uses the skill through `remit serve` asks before each write and each destructive operation, or is denied \
where nobody can be asked. With --agents it does them without asking, each of those that the card lists, with whatever \
arguments: only for a skill whose writes may be undone, or go nowhere else. Approving again without --agents ends that \
at an agent's next call; `remit revoke` ends it with the approval.

Examples:
  remit approve inbox-triage
  remit approve inbox-triage --agents     its writes too, without asking each time
  remit approve inbox-triage              agents ask again")]
pub struct ApproveArgs {
    /// The skill: its folder, or the name of one under skills/
    #[arg(value_hint = ValueHint::DirPath)]
    pub skill: PathBuf,
    /// Let agents do what the skill writes without asking each time
    #[arg(long)]
    pub agents: bool,
    /// Do not ask: approve what the card shows
    #[arg(short, long)]
    pub yes: bool,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
