//! `remit audit …`

use clap::{Subcommand, ValueHint};
use remit_run::audit;
use std::path::PathBuf;

/// `remit audit`
#[derive(clap::Args, Debug)]
pub struct AuditArgs {
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What to do with the audit log.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// Print records, the newest last
    Log(AuditLogArgs),
    /// Verify that no record was changed, dropped, added or moved
    Verify(AuditVerifyArgs),
}

/// `remit audit log`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit audit log --denied                          what was refused, to which plugin, by which rule
  remit audit log --run weekly-report-20261125T…    one run: the name of its folder
  remit audit log --plugin mail -n 0 --json         every record of one plugin, for other programs
  remit audit log --secret github-token             which call used a secret, when, and for which server

With --secret, --json prints one object for each use: its time, skill, run, step, plugin, operation and URL.")]
pub struct AuditLogArgs {
    /// Only records of this run
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Only records of this plugin
    #[arg(long, value_name = "PLUGIN")]
    pub plugin: Option<String>,
    /// Only denials
    #[arg(long)]
    pub denied: bool,
    /// Only uses of this secret, and tries to use it
    #[arg(long, value_name = "NAME")]
    pub secret: Option<String>,
    /// At most this many of the newest records; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub last: usize,
    /// Print the records as they are kept, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `remit audit verify`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Prints a checkpoint, RECORDS:HASH. Keep it elsewhere: that the end of a log was cut off, or all of it replaced, shows \
only against one. Exit status 4 if a record was changed, dropped, added or moved, naming the first bad one.")]
pub struct AuditVerifyArgs {
    /// The folder of the log to verify [default: Remit's own]
    #[arg(value_hint = ValueHint::DirPath)]
    pub log: Option<PathBuf>,
    /// Verify too that the log goes on from this checkpoint of an earlier verification
    #[arg(long, value_name = "RECORDS:HASH")]
    pub checkpoint: Option<audit::Checkpoint>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
