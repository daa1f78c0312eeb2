//! `remit audit log` and `remit audit verify`: they read, and change nothing.

mod line;
mod log;
mod secret_log;

use crate::args::{AuditCommand, AuditVerifyArgs};
use crate::exit::Mistake;
use crate::output;
use anyhow::Result;
use remit_package::Dirs;
use remit_run::RunError;
use remit_run::audit::{self, Verified};
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Reads or verifies the log.
pub fn audit(command: AuditCommand) -> Result<ExitCode> {
    match command {
        AuditCommand::Log(args) => match &args.secret {
            Some(secret) => secret_log::log(&args, secret),
            None => log::log(&args),
        },
        AuditCommand::Verify(args) => verify(args),
    }
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
