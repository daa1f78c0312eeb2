//! `remit audit verify`

use crate::args::AuditVerifyArgs;
use crate::exit::Mistake;
use crate::output;
use anyhow::Result;
use remit_package::{Dirs, read_file};
use remit_run::RunError;
use remit_run::audit::{self, Checkpoint, MAX_CHECKPOINT, Verification, Verified};
use remit_sign::{NoteKey, NoteVerifier};
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Verifies the log, and what it is to go on from.
pub fn verify(args: AuditVerifyArgs) -> Result<ExitCode> {
    let folder = super::named_folder(args.log)?;
    let key = key(args.key.as_deref())?;
    let checkpoint = args
        .checkpoint
        .as_deref()
        .map(|named| checkpoint(named, key.as_ref()))
        .transpose()?;
    for archive in &args.archives {
        if !archive.is_dir() {
            return Err(Mistake::report(
                format!("there is no archive in {}", archive.display()),
                "name the folder that was given to `remit audit archive`",
            ));
        }
    }
    let how = Verification {
        key: key.as_ref(),
        checkpoint,
        archives: &args.archives,
    };
    let verified = audit::verify_with(&folder, &how).map_err(RunError::from)?;
    if args.json {
        output::json(
            &json!({ "ok": true, "folder": folder, "verified": verified, "checkpoint": verified.to_string() }),
        );
        return Ok(ExitCode::SUCCESS);
    }
    let since = checkpoint
        .map(|checkpoint| {
            let signed = match checkpoint {
                Checkpoint::Tree { .. } => "signed ",
                Checkpoint::Chain { .. } => "",
            };
            format!(
                ", and go on from the {signed}checkpoint at {}",
                checkpoint.records()
            )
        })
        .unwrap_or_default();
    output::print(&verified_text(&verified, &folder, &since));
    Ok(ExitCode::SUCCESS)
}

/// The key that is named, or this host's own if it has one.
fn key(named: Option<&str>) -> Result<Option<NoteVerifier>> {
    match named {
        Some(key) => Ok(Some(key.parse()?)),
        None => {
            let dirs = Dirs::from_env().map_err(RunError::from)?;
            let own = NoteKey::open(&audit::key_file(&dirs))?;
            Ok(own.map(|key| key.verifier().clone()))
        }
    }
}

/// A file with a signed checkpoint, or RECORDS:HASH.
fn checkpoint(named: &str, key: Option<&NoteVerifier>) -> Result<Checkpoint> {
    if let Ok(checkpoint) = named.parse() {
        return Ok(checkpoint);
    }
    let file = PathBuf::from(named);
    if file.symlink_metadata().is_err() {
        return Err(Mistake::report(
            format!("{} is neither RECORDS:HASH nor a file", file.display()),
            "name the file that `remit audit checkpoint` wrote",
        ));
    }
    let note = read_file(&file, MAX_CHECKPOINT).map_err(RunError::from)?;
    let Some(key) = key else {
        return Err(Mistake::report(
            "this host has no key that could have signed the checkpoint",
            "give the key of the host that did, as `remit audit checkpoint` printed it there, with --key",
        ));
    };
    Ok(Checkpoint::signed(&note, key)?)
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
    let here = match verified.records - verified.archived {
        0 => "there are no records since the last were archived".to_owned(),
        records => format!("{records} records hang together"),
    };
    let mut text = format!("{} {here} in {place}{since}\n", paint.good("ok:"));
    if verified.archived > 0 {
        let _ = writeln!(
            text,
            "{} the {} before them are archived: they follow what the host signed then, and --archive verifies them too",
            paint.warn("note:"),
            verified.archived
        );
    }
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
