//! Tasks of this repository that need a program: `cargo run -p xtask -- plugins`.

mod plugins;
mod policy;
mod record;
mod samples;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo run -p xtask -- plugins [--check] [NAME…]
       cargo run -p xtask -- policy-wasm

Builds the plugins of plugins-src/ into plugins/ (and the tests' guests into tests/guests/), and records
their digests and the toolchain in plugins/toolchain.txt. With NAMEs, builds these only.

  --check   writes nothing: builds, and fails where a committed component is not what its source gives. With
            another toolchain than the recorded one digests cannot agree; it says so and builds all the same.

policy-wasm builds remit-policy for wasm32, to prove that it needs no system.
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let done = match args.next().as_deref() {
        Some("plugins") => plugins::run(&args.collect::<Vec<_>>()),
        Some("policy-wasm") => policy::run(),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
