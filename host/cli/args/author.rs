//! `remit new`, `build`, `test`, `dev` and `call`: what authors of plugins use.

use clap::ValueHint;
use std::path::PathBuf;

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
    /// The component (.wasm), or the name of an installed plugin
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
