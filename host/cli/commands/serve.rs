//! `remit serve`

use crate::args::ServeArgs;
use crate::interrupt::Interrupt;
use crate::output;
use anyhow::Result;
use remit_mcp::{ENDPOINT, HttpOptions, ServeOptions, Server, Token};
use remit_run::Host;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// A token that a person gives, where no file is named.
const TOKEN: &str = "REMIT_SERVE_TOKEN";

/// Serves skills until the client leaves, or until a signal.
pub async fn serve(args: ServeArgs) -> Result<ExitCode> {
    let address = args.http.as_deref().map(remit_mcp::address).transpose()?;
    let skills: Vec<PathBuf> = args
        .skills
        .iter()
        .map(|skill| super::skill_folder(skill, "skill"))
        .collect::<Result<_>>()?;
    let options = ServeOptions {
        skills,
        open: args.open,
        runs: args.runs,
        max_result: args.max_result,
    };
    let host = super::options()?;
    let server = Server::new(move || Host::open(host).map(Arc::new), options)?;
    let interrupt = Interrupt::listen();
    match address {
        Some(address) => {
            let (token, shown) = token(args.token_file.as_deref())?;
            let options = HttpOptions { address, token };
            let ready = |at| output::eprint(&how_to_connect(at, &shown));
            remit_mcp::serve_http(server, options, ready, interrupt.came()).await?;
        }
        None => {
            if std::io::stdin().is_terminal() {
                output::eprint(
                    "This waits for an MCP client on stdin, and agents start it themselves:\n  \
                     claude mcp add remit -- remit serve\n  \
                     codex mcp add remit -- remit serve\n\
                     `remit serve --http 127.0.0.1` listens instead. Ctrl-C ends it.\n",
                );
            }
            remit_mcp::serve_stdio(server, interrupt.came()).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The token, and how it is written in a line for a shell: a token that is kept elsewhere is not printed.
fn token(file: Option<&Path>) -> Result<(Token, String)> {
    if let Some(file) = file {
        let token = Token::from_file(file)?;
        let quoted = file.display().to_string().replace('\'', "'\\''");
        return Ok((token, format!("$(cat '{quoted}')")));
    }
    if let Ok(text) = std::env::var(TOKEN) {
        return Ok((Token::parse(&text)?, format!("${TOKEN}")));
    }
    let token = Token::random()?;
    let shown = token.reveal().to_owned();
    Ok((token, shown))
}

fn how_to_connect(at: SocketAddr, token: &str) -> String {
    let url = format!("http://{at}{ENDPOINT}");
    let token = remit_policy::display_safe(token, 2_000);
    format!(
        "Serving skills at {url}. Ctrl-C ends it. To connect Claude Code, for example:\n  \
         claude mcp add --transport http remit {url} --header \"Authorization: Bearer {token}\"\n"
    )
}
