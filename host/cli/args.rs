//! The arguments, with the help that teaches them.

use clap::{Parser, Subcommand, ValueHint};
use remit_run::audit;
use std::path::PathBuf;

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
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

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
covers. Each finding names its file and line. Exit status 2 if the skill cannot run.")]
pub struct CheckArgs {
    /// The skill: its folder, or the name of one under skills/
    #[arg(value_hint = ValueHint::DirPath)]
    pub skill: PathBuf,
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

A line marked ! needs a person's approval. `stays closed` is what a plugin could use and was granted nothing of. \
Needs (`asks for`) never grant anything: a request passes only if a grant, a need and the operator's policy allow it.")]
pub struct ShowArgs {
    /// A skill's folder, the name of one under skills/, or a component (.wasm)
    #[arg(value_name = "SKILL|COMPONENT", value_hint = ValueHint::AnyPath)]
    pub target: PathBuf,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit call`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit call plugins/metrics.wasm query --input '{\"query\":\"up\"}' \\
      --allow 'http GET,POST http://127.0.0.1:9090/api/v1/**' \\
      --allow 'config base-url=http://127.0.0.1:9090'
  remit call plugins/mail.wasm search --input @query.json --allow 'files read ./mail /mail'

A grant in compact form is one of:
  http METHOD[,METHOD…] ORIGIN/PATH [/PATH…] [addresses=CIDR,…] [max-requests=N] [max-response=SIZE]
  files read|write FOLDER /MOUNT [max-bytes=SIZE] [max-entries=N]
  config KEY=VALUE
  secret NAME header HEADER \"Bearer {secret}\" for ORIGIN
In a path, * is one segment and ** any number. Folders are relative to where you are. \
`remit show COMPONENT` lists the operations and what each takes.")]
pub struct CallArgs {
    /// The component (.wasm)
    #[arg(value_hint = ValueHint::FilePath)]
    pub component: PathBuf,
    #[command(flatten)]
    pub call: OneCall,
}

/// What is called, with what, and what it may reach.
#[derive(clap::Args, Debug)]
pub struct OneCall {
    /// The operation to call
    pub operation: String,
    /// The input: JSON, @FILE, or - for stdin
    #[arg(
        short,
        long,
        value_name = "JSON|@FILE|-",
        default_value = "{}",
        allow_hyphen_values = true
    )]
    pub input: String,
    /// A grant in compact form; repeat for more
    #[arg(short, long = "allow", value_name = "GRANT")]
    pub allow: Vec<String>,
    /// Print one JSON document on stdout: output, log, how many denials, memory and time
    #[arg(long)]
    pub json: bool,
}

/// `remit approve`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Shows the permission card and, if something was approved before, what has changed since. The answer holds until a \
grant, a plugin's bytes or an operation's effect changes. For one run only: `remit run SKILL --approve`.")]
pub struct ApproveArgs {
    /// The skill: its folder, or the name of one under skills/
    #[arg(value_hint = ValueHint::DirPath)]
    pub skill: PathBuf,
    /// Do not ask: approve what the card shows
    #[arg(short, long)]
    pub yes: bool,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit new`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit new hello --lang rust
  remit new plugins/word-tool --lang python

The project has two operations that work, their tests, and what its language's authors expect: a package file,
settings of the formatter, a README. `remit build` and `remit test` take it from there.")]
pub struct NewArgs {
    /// The folder to make; its last part is the plugin's name
    #[arg(value_name = "NAME", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// The language: rust, c, cpp, zig, js, ts, python or go
    #[arg(short, long, value_name = "LANGUAGE")]
    pub lang: Option<String>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit build`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
The language is known by the package file: Cargo.toml, go.mod, pyproject.toml, package.json (with tsconfig.json:
TypeScript), build.zig, or C or C++ sources in src/. The component is written to build/NAME.wasm, and its
permission card is shown. Libraries, and tools that come from a language's own package registry, are installed
by themselves, into the project or into Remit's cache; what your system must have is named if it is missing.")]
pub struct BuildArgs {
    /// The project's folder
    #[arg(value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// Install nothing: name what is missing
    #[arg(long)]
    pub offline: bool,
    /// Show all that the language's tools say
    #[arg(short, long)]
    pub verbose: bool,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit test`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
The kit calls the component as a host does, and in ways that no host would: with input of every wrong shape, with
texts of every kind, many times and at once, with nothing granted. Each rule that does not hold is shown with what
broke it and how to mend that. The calls in the project's remit-test.toml are made too:

  [[call]]
  operation = \"word_count\"
  input = { text = \"to be or not to be\" }
  allow = [\"files read ./data /notes\"]
  output = { words = 6 }             # or: fault = \"denied\"")]
pub struct TestArgs {
    /// A project's folder, or a component (.wasm)
    #[arg(value_name = "DIR|COMPONENT", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    /// Print one JSON document on stdout instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `remit dev`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Example:
  remit dev word_count --input '{\"text\": \"to be or not to be\"}'")]
pub struct DevArgs {
    #[command(flatten)]
    pub call: OneCall,
    /// The project's folder
    #[arg(long = "project", value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// Install nothing: name what is missing
    #[arg(long)]
    pub offline: bool,
    /// Show all that the language's tools say
    #[arg(short, long)]
    pub verbose: bool,
}

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
  remit audit log --plugin mail -n 0 --json         every record of one plugin, for other programs")]
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
