//! `remit approve`

use crate::args::ApproveArgs;
use crate::fold::Fold;
use crate::{card, output, prompt};
use anyhow::Result;
use remit_policy::Effect;
use remit_run::{Approval, Card, Change, RunError};
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
    if args.agents && !writes(&card) && !matches!(before, Approval::Forbidden { .. }) {
        // Nobody is asked: the refusal says that there is nothing to allow.
        host.approve_for_agents(&skill, &prompt::who())?;
    }
    match &before {
        Approval::Forbidden { .. } => {
            if !args.json {
                show(&card, &[], false);
            }
            // Nobody is asked: the refusal names the line of the policy.
            host.approve(&skill, &prompt::who())?;
        }
        Approval::Needed { changes, .. } => {
            if !args.json {
                show(&card, changes, args.agents);
            }
            ask(&args, skill.name(), false)?;
            keep(&args, &host, &skill)?;
        }
        Approval::Approved { agents: None, .. } if args.agents => {
            if !args.json {
                show(&card, &[], true);
            }
            ask(&args, skill.name(), true)?;
            keep(&args, &host, &skill)?;
        }
        // To be asked again is what was so before: nobody needs to say yes to that.
        Approval::Approved {
            agents: Some(_), ..
        } if !args.agents => {
            keep(&args, &host, &skill)?;
        }
        Approval::Approved { .. } | Approval::NotNeeded => {}
    }
    let after = host.approval(&skill)?;
    if args.json {
        output::json(&json!({ "skill": skill.name(), "digest": card.digest, "approval": after }));
    } else {
        output::print(&format!("{}\n", said(skill.name(), &before, &after)));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the skill may call an operation that writes.
fn writes(card: &Card) -> bool {
    let mut operations = card.plugins.iter().flat_map(|plugin| &plugin.operations);
    operations.any(|op| op.allowed && op.effect > Effect::Read)
}

/// What a person sees before the question.
fn show(card: &Card, changes: &[Change], for_agents: bool) {
    let (paint, fold) = (output::stderr_paint(), Fold::stderr());
    output::eprint(&card::render(card, paint, fold));
    output::eprint(&card::changes(changes, paint, fold));
    if for_agents {
        let head = "agents would do without asking each time, with whatever arguments";
        output::eprint(&format!("\n{}\n", paint.bold(head)));
        output::eprint(&card::writes(card, paint, fold));
    }
}

/// Asks the person, unless `--yes` answers.
fn ask(args: &ApproveArgs, name: &str, is_approved: bool) -> Result<(), RunError> {
    let question = match (args.agents, is_approved) {
        (false, _) => "Approve this, until something of it changes?",
        (true, false) => {
            "Approve this, and that agents write without asking, until something of it changes?"
        }
        (true, true) => "Let agents write without asking, until something of the skill changes?",
    };
    if args.yes || prompt::yes(question) {
        return Ok(());
    }
    let (what, flag) = match args.agents {
        true => (
            format!("that agents write without asking in {name}"),
            " --agents",
        ),
        false => (format!("the skill {name}"), ""),
    };
    Err(RunError::NotApproved {
        what,
        hint: format!(
            "`remit approve --yes{flag} {}` approves it without asking",
            args.skill.display()
        ),
    })
}

fn keep(
    args: &ApproveArgs,
    host: &remit_run::Host,
    skill: &remit_run::OpenSkill,
) -> Result<(), RunError> {
    match args.agents {
        true => host.approve_for_agents(skill, &prompt::who()),
        false => host.approve(skill, &prompt::who()),
    }
}

/// What is so now, in a line.
fn said(name: &str, before: &Approval, after: &Approval) -> String {
    let agents = |state: &Approval| {
        matches!(
            state,
            Approval::Approved {
                agents: Some(_),
                ..
            }
        )
    };
    match (after, agents(before), agents(after)) {
        (Approval::NotNeeded, ..) => format!(
            "{name} needs no approval: it reads only its own folder, and its results go into the run's"
        ),
        (_, true, false) => {
            format!("{name} is still approved; agents ask about each write again")
        }
        (_, false, true) => format!(
            "{name} is approved until something of it changes, and agents write without asking"
        ),
        _ if before.is_given() => format!("{name} was approved already"),
        _ => format!("{name} is approved until something of it changes"),
    }
}
