//! `remit install`, `update`, `list`, `verify`, `remove` and `gc`.

use clap::ValueHint;
use std::path::PathBuf;

/// `remit install`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit install oci://registry.example.org/acme/mail:1.2.0   a plugin, to be used as `mail`
  remit install https://example.org/mail.wasm                the same from a web server
  remit install skills/weekly-report                         fetch and pin the plugins that the skill names
  remit install oci://registry.example.org/acme/triage:1     a skill, into skills/triage
  remit install --frozen --yes skills/weekly-report          in CI: exactly what remit.lock pins, or exit 4

What comes is verified, inspected and described with nothing granted, and its card is shown, before anything is \
installed. To install grants nothing: that is for the skills that use it. Without a terminal the answer is no \
(exit status 3); --yes answers for you.")]
pub struct InstallArgs {
    /// A plugin or a skill: a file, an https URL or an OCI reference; or a skill's folder, or the name of one under
    /// skills/
    #[arg(value_name = "SOURCE|SKILL", value_hint = ValueHint::AnyPath)]
    pub source: String,
    /// The folder for a skill that comes from elsewhere [default: skills/NAME]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Install exactly what the lockfile pins; fail if it does not cover everything
    #[arg(long)]
    pub frozen: bool,
    #[command(flatten)]
    pub answer: Answer,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// What a person answers beforehand.
#[derive(clap::Args, Debug, Clone, Copy)]
pub struct Answer {
    /// Do not ask: install what is shown
    #[arg(short, long)]
    pub yes: bool,
    /// Take it although it is signed by another key or no longer signed, older, or from elsewhere
    #[arg(long)]
    pub accept_change: bool,
}

/// `remit update`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit update                      everything that is installed
  remit update mail                 one plugin
  remit update skills/triage        a skill, and the plugins that it names
  remit update --check              only say what there is: exit status 1 if there is something new

Each line says what is different in meaning, the worst first: + more, ~ another, - less. A skill that was approved with \
the old version asks again before it runs.")]
pub struct UpdateArgs {
    /// Installed plugins, or skills' folders [default: all]
    #[arg(value_name = "NAME|SKILL", value_hint = ValueHint::AnyPath)]
    pub names: Vec<String>,
    /// Only say what is new; exit status 1 if something is
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub answer: Answer,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit list`
#[derive(clap::Args, Debug)]
pub struct ListArgs {
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit verify`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Verifies the lockfiles, the bytes of every plugin in the store, what each says about itself, its signatures, the files \
of installed skills, and compiled code. Exit status 4 if something is not as it was installed, naming the first.")]
pub struct VerifyArgs {
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit remove`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Skills that pin the plugin keep it. Its bytes are freed by `remit gc` once nothing uses them.")]
pub struct RemoveArgs {
    /// The plugin's name, as `remit list` shows it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit gc`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Frees plugins that no lockfile, no skill and no approval refers to. Skills are known here once their plugins were \
installed, and those under skills/ are looked at too.")]
pub struct GcArgs {
    /// Only say what would be freed
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
