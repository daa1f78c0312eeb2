//! `remit verify`

use crate::args::VerifyArgs;
use crate::output;
use anyhow::Result;
use std::process::ExitCode;

/// Verifies that all that is installed is as it was installed.
pub async fn verify(args: VerifyArgs) -> Result<ExitCode> {
    let host = super::host()?;
    let verified = remit_install::verify(&host, &super::skills_here()).await?;
    if args.json {
        output::json(&verified);
    } else {
        output::print(&format!(
            "{}: {} pinned, {} in the store, {}, {}, {}\n",
            output::stdout_paint().good("ok"),
            count(verified.plugins, "plugin"),
            count(verified.components, "component"),
            count(verified.signatures, "signature"),
            count(verified.skills, "lockfile of skills"),
            count(verified.compiled, "file of compiled code"),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn count(n: usize, what: &str) -> String {
    let (head, tail) = what.split_once(' ').unwrap_or((what, ""));
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {head}{plural} {tail}").trim_end().to_owned()
}
