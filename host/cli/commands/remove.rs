//! `remit remove`

use super::install::begin;
use crate::args::RemoveArgs;
use crate::output;
use anyhow::Result;
use serde_json::json;
use std::process::ExitCode;

/// Removes an installed plugin.
pub fn remove(args: &RemoveArgs) -> Result<ExitCode> {
    let host = super::host()?;
    begin(&host)?.remove(&args.name)?;
    if args.json {
        output::json(&json!({ "removed": args.name }));
    } else {
        output::print(&format!(
            "{} is removed; `remit gc` frees its bytes if nothing else uses them\n",
            args.name
        ));
    }
    Ok(ExitCode::SUCCESS)
}
