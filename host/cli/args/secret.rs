//! `remit secret …`

use clap::{Subcommand, ValueEnum};
use remit_run::SecretPlace;

/// `remit secret`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
A skill grants the use of a secret by its name; the host puts the value into requests to one server, and no plugin ever \
sees it. Values are looked for in this order: REMIT_SECRET_NAME in the environment, the system's keyring, Remit's \
encrypted file, a plain file of mode 0600.")]
pub struct SecretArgs {
    #[command(subcommand)]
    pub command: SecretCommand,
}

/// What to do with secrets.
#[derive(Subcommand, Debug)]
pub enum SecretCommand {
    /// Keep a secret: its value is typed unseen, or read from stdin
    Set(SecretSetArgs),
    /// List the names of secrets, where each is kept and when it was last used
    List(SecretListArgs),
    /// Remove a secret from wherever it is kept
    Remove(SecretRemoveArgs),
}

/// `remit secret set`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit secret set github-token                         asks for the value, which is not shown
  pass show github | remit secret set github-token      takes it from another program
  remit secret set github-token --in file               in the encrypted file, though there is a keyring

A value is one line of 8 to 8192 printable ASCII characters. It is never taken from the command line, where other \
users and the shell's history would see it, and never shown again.")]
pub struct SecretSetArgs {
    /// Its name: letters, digits, - and _
    pub name: String,
    /// Where to keep it [default: the keyring where there is one, else the file]
    #[arg(long = "in", value_name = "PLACE")]
    pub place: Option<Place>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
    /// A value given by mistake: taken so that the message does not repeat it.
    #[arg(hide = true, allow_hyphen_values = true)]
    pub mistaken: Vec<std::ffi::OsString>,
}

/// Where a secret can be put.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Place {
    /// The system's keyring
    Keyring,
    /// Remit's own file, encrypted with age
    File,
}

impl From<Place> for SecretPlace {
    fn from(place: Place) -> SecretPlace {
        match place {
            Place::Keyring => SecretPlace::Keyring,
            Place::File => SecretPlace::File,
        }
    }
}

/// `remit secret list`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
When a secret was last used is in the audit log: `remit audit log --secret NAME` shows each use. Values are never \
shown.")]
pub struct SecretListArgs {
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit secret remove`
#[derive(clap::Args, Debug)]
pub struct SecretRemoveArgs {
    /// Its name
    pub name: String,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
