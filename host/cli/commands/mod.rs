//! A file per command. Each asks `remit-run` and shows the answer.

mod approve;
mod audit;
mod build;
mod call;
mod check;
mod completions;
mod dev;
mod new;
mod run;
mod show;
mod test;

use crate::args::{Args, Command};
use crate::exit::Mistake;
use anyhow::Result;
use remit_run::{Host, HostOptions};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

/// Does what was asked.
pub fn dispatch(args: Args) -> Result<ExitCode> {
    match args.command {
        Command::Run(args) => on_runtime(run::run(args)),
        Command::Check(args) => on_runtime(check::check(args)),
        Command::Show(args) => on_runtime(show::show(args)),
        Command::Call(args) => on_runtime(call::call(args)),
        Command::Approve(args) => on_runtime(approve::approve(args)),
        Command::New(args) => new::new(&args),
        Command::Build(args) => on_runtime(build::build(args)),
        Command::Test(args) => on_runtime(test::test(args)),
        Command::Dev(args) => on_runtime(dev::dev(args)),
        Command::Audit(args) => audit::audit(args.command),
        Command::Completions(args) => completions::completions(&args),
    }
}

fn on_runtime(work: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(work);
    // A blocking file operation that a cancelled call left behind must not hold the exit.
    runtime.shutdown_background();
    result
}

/// A skill as a person names it: its folder, or the name of one under `skills/`.
fn skill_folder(named: &Path) -> Result<PathBuf> {
    let mut parts = named.components();
    let is_name = matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    );
    let below = Path::new("skills").join(named);
    if named.exists() {
        Ok(named.to_path_buf())
    } else if is_name && below.is_dir() {
        Ok(below)
    } else {
        Err(Mistake::report(
            format!("there is no skill {}", named.display()),
            "name a skill's folder, or one under skills/ by its name",
        ))
    }
}

fn host() -> Result<Host> {
    Ok(Host::open(HostOptions::default())?)
}
