//! The arguments, with the help that teaches them.

mod audit;
mod author;
mod secret;
mod skill;

pub use audit::{AuditArgs, AuditCommand, AuditLogArgs, AuditVerifyArgs};
pub use author::{BuildArgs, CallArgs, DevArgs, NewArgs, OneCall, TestArgs};
use clap::{Parser, Subcommand};
pub use secret::{SecretArgs, SecretCommand, SecretListArgs, SecretRemoveArgs, SecretSetArgs};
pub use skill::{ApproveArgs, CheckArgs, RunArgs, ShowArgs};

/// Runs third-party plugins in sandboxes that hold exactly what a skill grants.
///
/// A skill is a folder: SKILL.md is its written procedure, skill.toml says which plugins it uses and what
/// each may touch. Whatever is not granted is denied, and every call and decision is recorded.
#[derive(Parser, Debug)]
#[command(
    name = "remit",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Exit status: 0 done · 1 the run failed · 2 wrong use or invalid skill · 3 denied or not \
                  approved · 4 integrity · 70 a bug of Remit's own\n\n\
                  Start with:  remit show skills/weekly-report\n             remit run skills/weekly-report"
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// Whether the person asked for machine-readable output.
    pub fn json(&self) -> bool {
        match &self.command {
            Command::Run(a) => a.json,
            Command::Check(a) => a.json,
            Command::Show(a) => a.json,
            Command::Call(a) => a.call.json,
            Command::Test(a) => a.json,
            Command::Dev(a) => a.call.json,
            Command::Approve(a) => a.json,
            Command::New(a) => a.json,
            Command::Build(a) => a.json,
            Command::Audit(AuditArgs { command }) => match command {
                AuditCommand::Log(a) => a.json,
                AuditCommand::Verify(a) => a.json,
            },
            Command::Secret(SecretArgs { command }) => match command {
                SecretCommand::Set(a) => a.json,
                SecretCommand::List(a) => a.json,
                SecretCommand::Remove(a) => a.json,
            },
            Command::Completions(_) => false,
        }
    }
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a skill's steps and write its results
    Run(RunArgs),
    /// Find everything that is wrong with a skill, without running it
    Check(CheckArgs),
    /// Show what a skill or a component may touch: its permission card
    Show(ShowArgs),
    /// Call one operation of a component, for authors
    Call(CallArgs),
    /// Approve what a skill asks for, and keep the answer
    Approve(ApproveArgs),
    /// Make a project for a plugin, in the language you choose
    New(NewArgs),
    /// Compile a plugin's project to a component
    Build(BuildArgs),
    /// Run the conformance kit against a plugin
    Test(TestArgs),
    /// Build and call a plugin again each time its source changes
    Dev(DevArgs),
    /// Read or verify the audit log
    Audit(AuditArgs),
    /// Keep, list and remove the secrets that skills may use
    Secret(SecretArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// `remit completions`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  bash   remit completions bash > ~/.local/share/bash-completion/completions/remit
  zsh    remit completions zsh > ~/.zfunc/_remit        with ~/.zfunc in fpath
  fish   remit completions fish > ~/.config/fish/completions/remit.fish")]
pub struct CompletionsArgs {
    /// The shell to write the script for
    pub shell: clap_complete::Shell,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE, for example --input week=2026-W47".to_owned()),
    }
}
