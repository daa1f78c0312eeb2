//! `remit audit …`: it reads, and changes nothing but where it archives, and what `suggest --apply` is told to.

mod export;
mod keep;
mod line;
mod log;
mod report;
mod secret_log;
mod suggest;
mod verify;
mod why;

use crate::args::AuditCommand;
use crate::exit::Mistake;
use anyhow::Result;
use remit_package::Dirs;
use remit_review::{ReviewError, Since, Sources};
use remit_run::RunError;
use remit_run::audit;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Does with the log what was asked.
pub fn audit(command: AuditCommand) -> Result<ExitCode> {
    match command {
        AuditCommand::Report(args) => report::report(&args),
        AuditCommand::Suggest(args) => suggest::suggest(&args),
        AuditCommand::Why(args) => why::why(&args),
        AuditCommand::Verify(args) => verify::verify(args),
        AuditCommand::Checkpoint(args) => keep::checkpoint(&args),
        AuditCommand::Archive(args) => keep::archive(&args),
        AuditCommand::Export(args) => export::export(args),
        AuditCommand::Log(args) => match &args.secret {
            Some(secret) => secret_log::log(&args, secret),
            None => log::log(&args),
        },
    }
}

/// What the auditor's questions are asked of.
fn sources() -> Result<Sources> {
    let dirs = Dirs::from_env().map_err(ReviewError::from)?;
    Ok(Sources { dirs })
}

fn since(text: Option<&str>) -> Result<Option<Since>> {
    Ok(text.map(str::parse).transpose()?)
}

/// A file that a command was told to write, whole or not at all; who may read it stays so.
fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |source| ReviewError::Io {
        what: remit_policy::display_safe(&path.display().to_string(), 400),
        source,
    };
    let before = std::fs::metadata(path).ok();
    // A pipe or a terminal is written to, not replaced.
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        return Ok(std::fs::write(path, text).map_err(failed)?);
    }
    remit_package::write_file(path, text.as_bytes()).map_err(ReviewError::from)?;
    if let Some(before) = before {
        std::fs::set_permissions(path, before.permissions()).map_err(failed)?;
    }
    Ok(())
}

fn folder() -> Result<PathBuf> {
    Ok(audit::folder(&Dirs::from_env().map_err(RunError::from)?))
}

/// The folder that is named, or that of Remit's own log.
fn named_folder(named: Option<PathBuf>) -> Result<PathBuf> {
    match named {
        Some(folder) if !folder.is_dir() => Err(Mistake::report(
            format!("there is no audit log in {}", folder.display()),
            "name the log's folder: the one that holds its .jsonl files",
        )),
        Some(folder) => Ok(folder),
        None => folder(),
    }
}
