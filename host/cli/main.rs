//! `remit`: the command line. A thin face of `remit-run`: it parses, asks, shows; it decides nothing.

mod args;
mod card;
mod commands;
mod exit;
mod fold;
mod hidden;
mod installing;
mod interrupt;
mod output;
mod password;
mod progress;
mod prompt;

use clap::Parser;
use remit_run::CompilerProcess;
use std::process::ExitCode;

fn main() -> ExitCode {
    // First of all: as the compiler of another process of this program, it does nothing else.
    if let Some(status) = CompilerProcess::serve() {
        return status;
    }
    exit::end_on_panic();
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return exit::usage(&error),
    };
    output::start_logging(args.log());
    let json = args.json();
    match commands::dispatch(args) {
        Ok(code) => code,
        Err(error) => exit::report(&error, json),
    }
}
