//! Which uses of a secret `remit audit log --secret` prints.

use super::log::{Belongs, belongs};
use crate::args::AuditLogArgs;
use crate::output;
use anyhow::Result;
use remit_run::audit::{self, SecretUse};
use remit_run::{RunError, SecretStore};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Prints each use of a secret, and each try that was refused, the newest last.
pub fn log(args: &AuditLogArgs, secret: &str) -> Result<ExitCode> {
    SecretStore::check_name(secret).map_err(RunError::from)?;
    let folder = super::folder()?;
    let agents = args.session.is_some() || args.client.is_some();
    let belongs = belongs(&folder, args)?.filter(|_| agents);
    let mut kept = VecDeque::new();
    for one in audit::secret_uses(&folder).map_err(RunError::from)? {
        let one = one.map_err(RunError::from)?;
        if one.secret == secret && is_wanted(&one, args, belongs.as_ref()) {
            if args.last > 0 && kept.len() == args.last {
                kept.pop_front();
            }
            kept.push_back(one);
        }
    }
    let paint = output::stdout_paint();
    let mut text = String::new();
    for one in &kept {
        if args.json {
            let _ = writeln!(text, "{}", serde_json::to_string(one)?);
            continue;
        }
        let verdict = match &one.code {
            _ if one.allowed => paint.good("used"),
            Some(code) => format!("{} [{code}]", paint.error("not used")),
            None => paint.error("not used"),
        };
        let _ = writeln!(
            text,
            "{} {}  {verdict} by {} for {}",
            paint.dim(&format!("{:>6}", one.seq)),
            paint.dim(&one.time),
            one.callee(),
            one.url
        );
    }
    if kept.is_empty() {
        output::eprint(&format!(
            "no use of {secret} is recorded as asked for, in {}\n",
            folder.display()
        ));
    }
    output::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn is_wanted(one: &SecretUse, args: &AuditLogArgs, belongs: Option<&Belongs>) -> bool {
    let of_agent = belongs
        .is_none_or(|belongs| (one.run.as_ref()).is_some_and(|run| belongs.runs.contains(run)));
    let is = |found: &Option<String>, wanted: &Option<String>| wanted.is_none() || found == wanted;
    is(&one.run, &args.run)
        && is(&one.plugin, &args.plugin)
        && of_agent
        && !(args.denied && one.allowed)
}
