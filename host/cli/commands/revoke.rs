//! `remit revoke`

use super::approvals::skill_name;
use crate::args::RevokeArgs;
use crate::exit::Mistake;
use crate::{card, output, prompt};
use anyhow::Result;
use remit_package::Digest;
use remit_policy::display_safe;
use remit_run::{KeptApproval, KeptApprovals, RunError};
use serde_json::json;
use std::process::ExitCode;

/// The shortest beginning of a hash that is taken for one.
const LEAST: usize = 8;

/// Withdraws approvals.
pub fn revoke(args: RevokeArgs) -> Result<ExitCode> {
    let host = super::host()?;
    let kept = host.kept_approvals()?;
    let chosen = match &args.what {
        None => kept.approvals,
        Some(what) => chosen(kept, what)?,
    };
    if chosen.is_empty() {
        // One that was killed may have left its end to the next.
        host.revoke(&[], &prompt::who())?;
        let of = args
            .what
            .as_deref()
            .map_or("anything".to_owned(), skill_name);
        if args.json {
            output::json(&json!({ "revoked": [] }));
        } else {
            output::print(&format!(
                "no approval of {} is kept: a skill that needs none, and a run with --approve, are not touched by this\n",
                display_safe(&of, 80)
            ));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !args.json {
        for approval in &chosen {
            output::eprint(&format!("{}\n", line(approval)));
        }
    }
    let question = match chosen.len() {
        1 => "Withdraw it?".to_owned(),
        many => format!("Withdraw these {many}?"),
    };
    if !args.yes && !prompt::yes(&question) {
        return Err(RunError::NotApproved {
            what: "the withdrawal".to_owned(),
            hint: "on a terminal you are asked; `--yes` withdraws without asking".to_owned(),
        }
        .into());
    }
    let hashes: Vec<Digest> = chosen.iter().map(|approval| approval.authority).collect();
    let revoked = host.revoke(&hashes, &prompt::who())?;
    if args.json {
        output::json(&json!({ "revoked": revoked }));
    } else {
        let count = match revoked.len() {
            1 => "1 approval is".to_owned(),
            many => format!("{many} approvals are"),
        };
        output::print(&format!(
            "{count} withdrawn: a run that goes on is denied its next request, file or secret, and the next run asks again\n"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(approval: &KeptApproval) -> String {
    let hash = card::short(&approval.authority.to_string());
    let KeptApproval {
        skill, who, time, ..
    } = approval;
    format!("{skill}  {hash}  approved by {who} on {time}")
}

/// The approvals of a skill of that name, or the one whose hash begins so.
fn chosen(kept: KeptApprovals, what: &str) -> Result<Vec<KeptApproval>> {
    let name = skill_name(what);
    let (of_skill, others): (Vec<_>, Vec<_>) = kept
        .approvals
        .into_iter()
        .partition(|approval| approval.skill == name);
    if !of_skill.is_empty() {
        return Ok(of_skill);
    }
    let hex = what.strip_prefix("sha256:").unwrap_or(what);
    let is_hash = hex.len() >= LEAST && hex.bytes().all(|b| b.is_ascii_hexdigit());
    let mut of_hash: Vec<KeptApproval> = others;
    of_hash.retain(|approval| is_hash && approval.authority.hex().starts_with(hex));
    match of_hash.len() {
        0 if super::skill_folder(what.as_ref(), "skill").is_ok() => Ok(Vec::new()),
        0 => Err(Mistake::report(
            format!("nothing is approved under `{}`", display_safe(what, 120)),
            "`remit approvals` lists the skills and hashes that are",
        )),
        1 => Ok(of_hash),
        many => Err(Mistake::report(
            format!(
                "{many} approvals have a hash that begins with `{}`",
                display_safe(what, 120)
            ),
            "give more of it, as `remit approvals` shows it",
        )),
    }
}
