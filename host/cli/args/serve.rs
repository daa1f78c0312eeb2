//! `remit serve`: skills for agents.

use clap::ValueHint;
use std::path::PathBuf;

use remit_mcp::ServeOptions;
use remit_policy::ByteSize;

/// `remit serve`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  claude mcp add remit -- remit serve skills/weekly-report
  codex mcp add remit -- remit serve skills/weekly-report
  remit serve --http 127.0.0.1                   for clients that connect by themselves; prints how
  remit serve --http :0 --token-file token       on a free port, with a token that stays

An agent starts it and speaks MCP on its stdin and stdout; logs go to stderr, and REMIT_LOG says which. It ends when \
stdin does. With --http it listens on this machine alone, for any number of clients, each of which shows the token that \
is made at each start, or kept in --token-file, or given in REMIT_SERVE_TOKEN.

One skill is open from the start. Of more, an agent opens those that it needs. An agent can do what the skills grant, and \
nothing that it calls can widen that: a skill that needs approval is approved by a person first, with `remit approve`, and \
each write is asked for, or denied where the client cannot ask.")]
pub struct ServeArgs {
    /// The skills: folders, or names of those under skills/ [default: all under skills/]
    #[arg(value_name = "SKILL", value_hint = ValueHint::DirPath)]
    pub skills: Vec<PathBuf>,
    /// Have all skills open from the start
    #[arg(long)]
    pub open: bool,
    /// Listen on this address of this machine instead: HOST, HOST:PORT or :PORT [default port: 8473]
    #[arg(long, value_name = "ADDR")]
    pub http: Option<String>,
    /// Keep the token in this file, which is made if there is none
    #[arg(long, value_name = "FILE", requires = "http", value_hint = ValueHint::FilePath)]
    pub token_file: Option<PathBuf>,
    /// The folder for what is done and made, a folder for each session [default: runs/]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub runs: Option<PathBuf>,
    /// The longest result that an agent is given whole, for example 16KiB; of a longer one it gets the beginning
    #[arg(long, value_name = "BYTES", default_value = "64KiB", value_parser = max_result)]
    pub max_result: usize,
}

fn max_result(text: &str) -> Result<usize, String> {
    let bytes = text.parse::<usize>().ok();
    let bytes = bytes.or_else(|| text.parse().ok().map(ByteSize::as_usize));
    bytes
        .filter(|bytes| ServeOptions::MAX_RESULT_RANGE.contains(bytes))
        .ok_or_else(|| "it is from 1KiB to 4MiB".to_owned())
}
