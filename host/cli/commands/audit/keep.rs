//! `remit audit checkpoint` and `remit audit archive`: what is kept elsewhere.

use crate::args::{AuditArchiveArgs, AuditCheckpointArgs};
use crate::output;
use anyhow::Result;
use remit_package::Dirs;
use remit_run::RunError;
use remit_run::audit::{self, AuditLog};
use serde_json::json;
use std::process::ExitCode;

/// Signs a checkpoint.
pub fn checkpoint(args: &AuditCheckpointArgs) -> Result<ExitCode> {
    let dirs = dirs()?;
    let key = audit::key(&dirs)?;
    let note = audit::make_checkpoint(audit::folder(&dirs), &key).map_err(RunError::from)?;
    if let Some(out) = &args.out {
        output::public_file(out, &note)?;
    }
    if args.json {
        let key = key.verifier().to_string();
        output::json(&json!({ "checkpoint": note, "key": key, "file": args.out }));
        return Ok(ExitCode::SUCCESS);
    }
    let paint = output::stderr_paint();
    match &args.out {
        Some(out) => output::print(&format!(
            "{} the checkpoint is in {}: keep it where this machine cannot change it\n",
            output::stdout_paint().good("ok:"),
            out.display()
        )),
        None => output::print(&note),
    }
    output::eprint(&format!(
        "{}\n",
        paint.dim(&format!("key {}", key.verifier()))
    ));
    Ok(ExitCode::SUCCESS)
}

/// Moves the old records away.
pub fn archive(args: &AuditArchiveArgs) -> Result<ExitCode> {
    let dirs = dirs()?;
    let key = audit::key(&dirs)?;
    let log = AuditLog::open(audit::folder(&dirs)).map_err(RunError::from)?;
    let archived = audit::archive(&log, &args.into, &key).map_err(RunError::from)?;
    if args.json {
        output::json(&json!({ "archived": archived, "key": key.verifier().to_string() }));
        return Ok(ExitCode::SUCCESS);
    }
    output::print(&match archived.files.len() {
        0 => "there are no records to archive since the last time\n".to_owned(),
        files => format!(
            "{} {files} file{} moved to {}: the log goes on from record {}\n",
            output::stdout_paint().good("ok:"),
            if files == 1 { " was" } else { "s were" },
            args.into.display(),
            archived.records
        ),
    });
    Ok(ExitCode::SUCCESS)
}

fn dirs() -> Result<Dirs> {
    let dirs = Dirs::from_env().map_err(RunError::from)?;
    dirs.create().map_err(RunError::from)?;
    Ok(dirs)
}
