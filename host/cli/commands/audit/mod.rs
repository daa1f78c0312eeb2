//! `remit audit …`: they read, and change nothing but what `suggest --apply` is told to.

mod line;
mod log;
mod report;
mod suggest;
mod why;

use crate::args::{AuditCommand, AuditVerifyArgs};
use crate::exit::Mistake;
use crate::output;
use anyhow::Result;
use remit_package::Dirs;
use remit_review::{ReviewError, Since, Sources};
use remit_run::RunError;
use remit_run::audit::{self, Verified};
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Reads or verifies the log.
pub fn audit(command: AuditCommand) -> Result<ExitCode> {
    match command {
        AuditCommand::Log(args) => log::log(&args),
        AuditCommand::Verify(args) => verify(args),
        AuditCommand::Report(args) => report::report(&args),
        AuditCommand::Suggest(args) => suggest::suggest(&args),
        AuditCommand::Why(args) => why::why(&args),
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

fn verify(args: AuditVerifyArgs) -> Result<ExitCode> {
    let folder = match args.log {
        Some(folder) if !folder.is_dir() => {
            return Err(Mistake::report(
                format!("there is no audit log in {}", folder.display()),
                "name the log's folder: the one that holds 000001.jsonl",
            ));
        }
        Some(folder) => folder,
        None => folder()?,
    };
    let verified = match args.checkpoint {
        Some(checkpoint) => audit::verify_against(&folder, checkpoint),
        None => audit::verify(&folder),
    }
    .map_err(RunError::from)?;
    if args.json {
        output::json(
            &json!({ "ok": true, "folder": folder, "verified": verified, "checkpoint": verified.to_string() }),
        );
        return Ok(ExitCode::SUCCESS);
    }
    let since = args
        .checkpoint
        .map(|checkpoint| format!(", and go on from the checkpoint at {}", checkpoint.records))
        .unwrap_or_default();
    output::print(&verified_text(&verified, &folder, &since));
    Ok(ExitCode::SUCCESS)
}

fn verified_text(verified: &Verified, folder: &Path, since: &str) -> String {
    let paint = output::stdout_paint();
    let place = folder.display();
    if verified.records == 0 {
        return format!(
            "{} there are no records yet in {place}\n",
            paint.good("ok:")
        );
    }
    let mut text = format!(
        "{} {} records hang together in {place}{since}\n",
        paint.good("ok:"),
        verified.records,
    );
    if verified.torn > 0 {
        let _ = writeln!(
            text,
            "{} the last {} bytes are a record that was not finished; the next run cuts them off and records that",
            paint.warn("note:"),
            verified.torn
        );
    }
    let _ = writeln!(text, "{}", paint.dim(&format!("checkpoint {verified}")));
    text
}
