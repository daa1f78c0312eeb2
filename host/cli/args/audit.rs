//! `remit audit …`

use super::review::{AuditReportArgs, AuditSuggestArgs, AuditWhyArgs};
use clap::{Subcommand, ValueHint};
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
    /// Report who may do what, what of it was used, what was denied, what is dangerous
    Report(AuditReportArgs),
    /// Suggest the least grants that the recorded runs of a skill needed, as a patch
    Suggest(AuditSuggestArgs),
    /// Explain a record: which rule decided, where it is written, what would open it
    Why(AuditWhyArgs),
    /// Sign a checkpoint of the log with the host's own key, to be kept elsewhere
    Checkpoint(AuditCheckpointArgs),
    /// Move the old records into a folder; the chain goes on without them
    Archive(AuditArchiveArgs),
    /// Write the records as OpenTelemetry's JSON, or as CSV
    Export(AuditExportArgs),
}

/// `remit audit log`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit audit log --denied                          what was refused, to which plugin, by which rule
  remit audit log --run weekly-report-20261125T…    one run: the name of its folder
  remit audit log --client codex                    what an agent's client did: its sessions, runs, calls, decisions
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
    /// Only records of this session of an agent's client
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Only records of sessions of this client, by the name that it gives itself
    #[arg(long, value_name = "NAME")]
    pub client: Option<String>,
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
Examples:
  remit audit verify                                          Remit's own log
  remit audit verify --checkpoint monday.checkpoint           and that it goes on from what was signed on Monday
  remit audit verify --archive old-records                    with the records that were archived
  remit audit verify copy-of-log --key remit-audit/1f…+AR…    another host's log

That the end of a log was cut off, or all of it replaced, shows only against a checkpoint that was kept elsewhere: a \
file that `remit audit checkpoint` wrote, or the RECORDS:HASH that is printed here, which nobody signs. Exit status 4 \
if a record was changed, dropped, added or moved, naming the first bad one.")]
pub struct AuditVerifyArgs {
    /// The folder of the log to verify [default: Remit's own]
    #[arg(value_hint = ValueHint::DirPath)]
    pub log: Option<PathBuf>,
    /// Verify too that the log goes on from this checkpoint of an earlier verification
    #[arg(long, value_name = "FILE|RECORDS:HASH")]
    pub checkpoint: Option<String>,
    /// A folder with archived records of the log, to be verified too; repeat for more
    #[arg(long = "archive", value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub archives: Vec<PathBuf>,
    /// The key of the host that signed [default: this host's own]
    #[arg(long, value_name = "NAME+HASH+KEY")]
    pub key: Option<String>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit audit checkpoint`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit audit checkpoint --out /mnt/elsewhere/monday.checkpoint
  remit audit checkpoint | ssh auditor 'cat >> checkpoints'

The whole log is verified, and the root of the Merkle tree over its records is signed, in the form of C2SP's \
tlog-checkpoint. The key is made the first time, for this user only, in Remit's configuration folder; its public half \
is printed, for `remit audit verify --key` on another machine. Whoever can write to both the log and the key can make \
another log: only a checkpoint that is kept where they cannot write shows it.")]
pub struct AuditCheckpointArgs {
    /// Write it to this file instead of stdout
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit audit archive`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Example:
  remit audit archive ~/old-records && remit audit verify --archive ~/old-records

The file that is written to is closed, and all files until then are moved into FOLDER with a signed checkpoint, from \
which the chain goes on. Runs may go on meanwhile. `remit audit verify` says how many records are archived, and \
verifies them too with --archive.")]
pub struct AuditArchiveArgs {
    /// The folder to move them to, outside of Remit's own; the same one may be named each time
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub into: PathBuf,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit audit export`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit audit export --format csv --out audit.csv
  remit audit export --format otel | gzip > audit.otlp.json.gz

otel is OTLP's JSON, a request of up to 256 log records on each line, as OpenTelemetry's collector reads it with its \
otlpjsonfile receiver. csv has a head line, and a field that a spreadsheet would take for a formula begins with an \
apostrophe. The chain is not checked here: `remit audit verify` does that.")]
pub struct AuditExportArgs {
    /// The folder of the log [default: Remit's own]
    #[arg(value_hint = ValueHint::DirPath)]
    pub log: Option<PathBuf>,
    /// The form
    #[arg(long, value_enum)]
    pub format: ExportForm,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

/// A form that `remit audit export` writes.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum ExportForm {
    /// OpenTelemetry's logs, as OTLP's JSON
    Otel,
    /// Comma-separated values
    Csv,
}
