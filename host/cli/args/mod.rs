//! The arguments, with the help that teaches them.

mod approvals;
mod audit;
mod author;
mod export;
mod install;
mod publish;
mod review;
mod secret;
mod serve;
mod sign;
mod skill;

pub use approvals::{ApprovalsArgs, RevokeArgs};
pub use audit::{
    AuditArchiveArgs, AuditArgs, AuditCheckpointArgs, AuditCommand, AuditExportArgs, AuditLogArgs,
    AuditVerifyArgs, ExportForm,
};
pub use author::{BuildArgs, CallArgs, DevArgs, NewArgs, OneCall, TestArgs};
use clap::{Parser, Subcommand};
pub use export::{Agent, ExportArgs};
pub use install::{Answer, GcArgs, InstallArgs, ListArgs, RemoveArgs, UpdateArgs, VerifyArgs};
pub use publish::PublishArgs;
pub use review::{AuditReportArgs, AuditSuggestArgs, AuditWhyArgs};
pub use secret::{SecretArgs, SecretCommand, SecretListArgs, SecretRemoveArgs, SecretSetArgs};
pub use serve::ServeArgs;
pub use sign::{KeyArgs, KeyCommand, KeyNewArgs, SignArgs};
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
            Command::Approvals(a) => a.json,
            Command::Revoke(a) => a.json,
            Command::Install(a) => a.json,
            Command::Update(a) => a.json,
            Command::List(a) => a.json,
            Command::Verify(a) => a.json,
            Command::Remove(a) => a.json,
            Command::Gc(a) => a.json,
            Command::New(a) => a.json,
            Command::Build(a) => a.json,
            Command::Publish(a) => a.json,
            Command::Export(a) => a.json,
            Command::Audit(AuditArgs { command }) => match command {
                AuditCommand::Log(a) => a.json,
                AuditCommand::Verify(a) => a.json,
                AuditCommand::Report(a) => a.json,
                AuditCommand::Suggest(a) => a.json,
                AuditCommand::Why(a) => a.json,
                AuditCommand::Checkpoint(a) => a.json,
                AuditCommand::Archive(a) => a.json,
                AuditCommand::Export(_) => false,
            },
            Command::Key(KeyArgs { command }) => match command {
                KeyCommand::New(a) => a.json,
            },
            Command::Sign(a) => a.json,
            Command::Secret(SecretArgs { command }) => match command {
                SecretCommand::Set(a) => a.json,
                SecretCommand::List(a) => a.json,
                SecretCommand::Remove(a) => a.json,
            },
            Command::Serve(_) | Command::Completions(_) => false,
        }
    }
}

impl Args {
    /// Which of the host's own log lines are shown where `REMIT_LOG` does not say: none, but of what serves a client, whose
    /// mistakes nobody else would see.
    pub fn log(&self) -> Option<&'static str> {
        matches!(self.command, Command::Serve(_)).then_some("remit_mcp=warn")
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
    /// Serve skills to an agent, over MCP
    Serve(ServeArgs),
    /// Call one operation of a component, for authors
    Call(CallArgs),
    /// Approve what a skill asks for, and keep the answer
    Approve(ApproveArgs),
    /// List what was approved, by whom and when, and whether it still covers the skills
    Approvals(ApprovalsArgs),
    /// Withdraw approvals, also of what is running
    Revoke(RevokeArgs),
    /// Install a plugin or a skill, or the plugins that a skill names
    Install(InstallArgs),
    /// Show what is new in what is installed, and take it
    Update(UpdateArgs),
    /// List the installed plugins, who signed them and which skills use them
    List(ListArgs),
    /// Verify that all that is installed is as it was installed
    Verify(VerifyArgs),
    /// Remove an installed plugin
    Remove(RemoveArgs),
    /// Free plugins that nothing refers to any more
    Gc(GcArgs),
    /// Make a project for a plugin, in the language you choose
    New(NewArgs),
    /// Compile a plugin's project to a component
    Build(BuildArgs),
    /// Run the conformance kit against a plugin
    Test(TestArgs),
    /// Build and call a plugin again each time its source changes
    Dev(DevArgs),
    /// Make keys to sign with
    Key(KeyArgs),
    /// Sign a component or a skill, for those who install it
    Sign(SignArgs),
    /// Push a plugin or skill to a registry, for others to install
    Publish(PublishArgs),
    /// Make the package by which Codex, Claude Code or another agent uses skills
    Export(ExportArgs),
    /// Read, verify, archive or export the audit log, and answer an auditor's questions
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
