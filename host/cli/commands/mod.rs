//! A file per command. Each asks `remit-run` and shows the answer.

mod approvals;
mod approve;
mod audit;
mod build;
mod call;
mod check;
mod check_policy;
mod completions;
mod dev;
mod export;
mod gc;
mod install;
mod key;
mod list;
mod new;
mod publish;
mod remove;
mod revoke;
mod run;
mod secret;
mod serve;
mod show;
mod sign;
mod test;
mod update;
mod verify;

use crate::args::{Args, Command};
use crate::exit::Mistake;
use crate::progress::Compiling;
use anyhow::{Context, Result};
use remit_run::{CompilerProcess, Host, HostOptions};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Does what was asked.
pub fn dispatch(args: Args) -> Result<ExitCode> {
    match args.command {
        Command::Run(args) => on_runtime(run::run(args)),
        Command::Check(args) => on_runtime(check::check(args)),
        Command::Show(args) => on_runtime(show::show(args)),
        Command::Serve(args) => on_runtime(serve::serve(args)),
        Command::Call(args) => on_runtime(call::call(args)),
        Command::Approve(args) => on_runtime(approve::approve(args)),
        Command::Approvals(args) => on_runtime(approvals::approvals(args)),
        Command::Revoke(args) => revoke::revoke(args),
        Command::Install(args) => on_runtime(install::install(args)),
        Command::Update(args) => on_runtime(update::update(args)),
        Command::List(args) => list::list(&args),
        Command::Verify(args) => on_runtime(verify::verify(args)),
        Command::Remove(args) => remove::remove(&args),
        Command::Gc(args) => gc::gc(&args),
        Command::New(args) => new::new(&args),
        Command::Build(args) => on_runtime(build::build(args)),
        Command::Test(args) => on_runtime(test::test(args)),
        Command::Dev(args) => on_runtime(dev::dev(args)),
        Command::Publish(args) => on_runtime(publish::publish(args)),
        Command::Export(args) => on_runtime(export::export(args)),
        Command::Audit(args) => audit::audit(args.command),
        Command::Key(args) => key::key(args.command),
        Command::Sign(args) => on_runtime(sign::sign(args)),
        Command::Secret(args) => secret::secret(args.command),
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

/// A skill as a person names it: its folder, or the name of one under `skills/`. `kind` is what is looked for.
fn skill_folder(named: &Path, kind: &str) -> Result<PathBuf> {
    let mut parts = named.components();
    let is_name = matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    );
    let below = Path::new(SKILLS).join(named);
    if named.exists() {
        Ok(named.to_path_buf())
    } else if is_name && below.is_dir() {
        Ok(below)
    } else {
        let hint = alike(named).map_or_else(
            || "name a skill's folder, or one under skills/ by its name".to_owned(),
            |name| format!("did you mean {name}?"),
        );
        Err(Mistake::report(
            format!("there is no {kind} {}", named.display()),
            hint,
        ))
    }
}

const SKILLS: &str = "skills";

/// The folders under `skills/` that are skills with plugins: they may never have been installed.
fn skills_here() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(SKILLS).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.path().canonicalize().ok())
        .filter(|path| path.join("skill.toml").is_file())
        .collect()
}

/// The component that a person means: a file, or an installed plugin by its name; with what it is called. None for
/// neither.
async fn component(
    host: &Host,
    named: &Path,
) -> Result<Option<(remit_package::Component, String)>> {
    if named.is_file() {
        let shown = named.display().to_string();
        return Ok(Some((host.store().open_component(named)?, shown)));
    }
    let Some(name) = named.to_str().filter(|_| !named.exists()) else {
        return Ok(None);
    };
    Ok(remit_install::installed(host, name).await?)
}

/// The skill under `skills/` whose name is nearest to the last part of a path, if one is near.
fn alike(named: &Path) -> Option<String> {
    let wanted = named.file_name()?.to_str()?;
    let near = |name: &String| strsim::damerau_levenshtein(wanted, name);
    std::fs::read_dir(SKILLS)
        .ok()?
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .min_by_key(near)
        .filter(|name| near(name) <= name.len().div_ceil(4))
        .filter(|name| remit_policy::is_display_safe(name))
}

fn host() -> Result<Host> {
    Ok(Host::open(options()?)?)
}

/// How this program opens a host: it compiles in children of its own, and says so.
fn options() -> Result<HostOptions> {
    let compiler = CompilerProcess::this_program()
        .context("this program does not find itself, to compile in a process of its own")?;
    Ok(HostOptions {
        compiler: Some(compiler),
        on_compile: Some(Arc::new(|bytes| Box::new(Compiling::begin(bytes)))),
        ..HostOptions::default()
    })
}
