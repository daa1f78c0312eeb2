//! `remit approve`

use crate::args::ApproveArgs;
use crate::fold::Fold;
use crate::{card, output, prompt};
use anyhow::Result;
use remit_run::{Approval, RunError};
use serde_json::json;
use std::process::ExitCode;

/// Shows what a skill asks for, and keeps a person's approval of it.
pub async fn approve(args: ApproveArgs) -> Result<ExitCode> {
    let host = super::host()?;
    let skill = host
        .open_skill(super::skill_folder(&args.skill, "skill")?)
        .await?;
    let card = host.card(&skill)?;
    let before = host.approval(&skill)?;
    if matches!(before, Approval::Forbidden { .. }) && !args.json {
        let (paint, fold) = (output::stderr_paint(), Fold::stderr());
        output::eprint(&card::render(&card, paint, fold));
    }
    if matches!(before, Approval::Forbidden { .. }) {
        // Nobody is asked: the refusal names the line of the policy.
        host.approve(&skill, &prompt::who())?;
    }
    if let Approval::Needed { changes, .. } = &before {
        if !args.json {
            let paint = output::stderr_paint();
            let fold = Fold::stderr();
            output::eprint(&card::render(&card, paint, fold));
            output::eprint(&card::changes(changes, paint, fold));
        }
        if !args.yes && !prompt::yes("Approve this, until something of it changes?") {
            return Err(RunError::NotApproved {
                what: format!("the skill {}", skill.name()),
                hint: format!(
                    "`remit approve --yes {}` approves it without asking",
                    args.skill.display()
                ),
            }
            .into());
        }
        host.approve(&skill, &prompt::who())?;
    }
    let after = host.approval(&skill)?;
    if args.json {
        output::json(&json!({ "skill": skill.name(), "digest": card.digest, "approval": after }));
    } else {
        output::print(&match after {
            Approval::NotNeeded => format!(
                "{} needs no approval: it reads only its own folder, and its results go into the run's\n",
                skill.name()
            ),
            _ if before.is_given() => format!("{} was approved already\n", skill.name()),
            _ => format!(
                "{} is approved until something of it changes\n",
                skill.name()
            ),
        });
    }
    Ok(ExitCode::SUCCESS)
}
