//! `remit key` and `remit sign`: what publishers use.

use clap::{Subcommand, ValueHint};
use std::path::PathBuf;

/// `remit key`
#[derive(clap::Args, Debug)]
pub struct KeyArgs {
    #[command(subcommand)]
    pub command: KeyCommand,
}

/// What to do with keys.
#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Make a key to sign with, and print its public half
    New(KeyNewArgs),
}

/// `remit key new`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit key new                                     a key of your own, behind a password that you are asked for
  remit key new --out ci.key --no-password          one for a machine: whoever reads the file can sign as you
  remit key new --out ci.key --password-file -      with the password from stdin

The secret key is for its owner only (mode 0600); the public one, with the ending .pub beside it, is for everybody. Both have minisign's form, so
`minisign` signs and verifies with them too. Publish the line that is printed, `minisign:…`, where people trust you: \
it is what they write into a policy.")]
pub struct KeyNewArgs {
    /// Where to keep the secret key [default: signing.key in Remit's configuration folder]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Do not encrypt the secret key
    #[arg(long, conflicts_with = "password_file")]
    pub no_password: bool,
    /// Read the password from this file, - for stdin, instead of asking
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit sign`
#[derive(clap::Args, Debug)]
#[command(disable_version_flag = true)]
#[command(after_long_help = "\
Examples:
  remit sign build/mail.wasm                        writes build/mail.wasm.minisig and build/mail.wasm.pub
  remit sign build/mail.wasm --key ci.key --password-file ci.password
  remit sign skills/weekly-report                   writes skills/weekly-report.minisig and .pub, for `remit publish`
  remit sign weekly-report.tar.gz

The signature is over the bytes of the component, or of the skill's archive as `remit publish` packs it, and its \
trusted comment names it, its version and its digest, so that it cannot stand for anything else. A component says its \
own name and version; it is asked, with nothing granted. A skill's are in SKILL.md and skill.toml. \
`minisign -Vm build/mail.wasm -p build/mail.wasm.pub` verifies it too.")]
pub struct SignArgs {
    /// The component (.wasm), or a skill: its folder or archive
    #[arg(value_name = "FILE|SKILL", value_hint = ValueHint::AnyPath)]
    pub file: PathBuf,
    /// The secret key [default: the one that `remit key new` made]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// Read the key's password from this file, - for stdin, instead of asking
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,
    /// The name to sign, where the file does not say its own
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The version to sign, where the file does not say its own
    #[arg(long = "version", value_name = "VERSION")]
    pub release: Option<String>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
