//! `remit gc`

use super::install::begin;
use crate::args::GcArgs;
use crate::output;
use anyhow::Result;
use remit_install::Garbage;
use remit_policy::display_safe;
use serde_json::json;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Frees plugins that nothing refers to any more.
pub fn gc(args: &GcArgs) -> Result<ExitCode> {
    let host = super::host()?;
    let installer = begin(&host)?;
    let garbage = installer.garbage(&super::skills_here())?;
    if !args.dry_run {
        installer.free(&garbage)?;
    }
    if args.json {
        output::json(&json!({
            "freed": !args.dry_run,
            "bytes": garbage.bytes(),
            "components": garbage.components,
            "known": garbage.known,
            "skills": garbage.skills,
        }));
    } else {
        output::print(&text(&garbage, args.dry_run));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(garbage: &Garbage, dry_run: bool) -> String {
    let mut text = String::new();
    for (digest, size) in &garbage.components {
        let _ = writeln!(text, "{digest}  {}", crate::card::size(*size));
    }
    for skill in &garbage.skills {
        let skill = display_safe(&skill.display().to_string(), 200);
        let _ = writeln!(text, "{skill} is gone: what only it used is free");
    }
    let count = garbage.components.len();
    let plugins = if count == 1 { "plugin" } else { "plugins" };
    let size = crate::card::size(garbage.bytes());
    text.push_str(&match (count, dry_run) {
        (0, _) => "nothing to free\n".to_owned(),
        (_, true) => format!("{count} {plugins}, {size}, would be freed\n"),
        (_, false) => format!("{count} {plugins}, {size}, freed\n"),
    });
    text
}
