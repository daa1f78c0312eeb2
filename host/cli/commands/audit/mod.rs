//! `remit audit …`: it reads, and changes nothing but where it archives.

mod export;
mod keep;
mod line;
mod log;
mod verify;

use crate::args::AuditCommand;
use crate::exit::Mistake;
use anyhow::Result;
use remit_package::Dirs;
use remit_run::RunError;
use remit_run::audit;
use std::path::PathBuf;
use std::process::ExitCode;

/// Does with the log what was asked.
pub fn audit(command: AuditCommand) -> Result<ExitCode> {
    match command {
        AuditCommand::Log(args) => log::log(&args),
        AuditCommand::Verify(args) => verify::verify(args),
        AuditCommand::Checkpoint(args) => keep::checkpoint(&args),
        AuditCommand::Archive(args) => keep::archive(&args),
        AuditCommand::Export(args) => export::export(args),
    }
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
