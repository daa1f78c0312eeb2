//! `remit update`

use super::install::{begin, document, make};
use crate::args::UpdateArgs;
use crate::exit::Reported;
use crate::fold::Fold;
use crate::{installing, output};
use anyhow::Result;
use remit_install::Plan;
use remit_policy::ErrorClass;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// Shows what is new in what is installed, and takes it.
pub async fn update(args: UpdateArgs) -> Result<ExitCode> {
    let host = super::host()?;
    let installer = begin(&host)?;
    let own = installer.own_names()?;
    let (names, folders): (Vec<String>, Vec<String>) = match args.names.is_empty() {
        true => {
            let folders = installer.skill_folders()?;
            let folders = folders.iter().map(|it| it.display().to_string());
            (own, folders.collect())
        }
        // A skill is a folder; whatever is none is a plugin, or said not to be installed.
        false => (args.names.iter().cloned()).partition(|name| {
            own.contains(name) || super::skill_folder(Path::new(name), "skill").is_err()
        }),
    };
    let mut documents = Vec::new();
    let mut news = false;
    let mut take = |plan: Plan, again: String| -> Result<()> {
        documents.push(document(&plan));
        news |= !plan.is_empty();
        if !args.check {
            return make(&installer, plan, args.answer, args.json, &again);
        }
        if !args.json {
            output::print(&installing::news(
                &plan,
                output::stdout_paint(),
                Fold::stdout(),
            ));
        }
        Ok(())
    };
    if !names.is_empty() {
        let plan = installer.plan_update(&names).await?;
        take(plan, format!("remit update {}", names.join(" ")))?;
    }
    for named in &folders {
        let folder = super::skill_folder(Path::new(named), "skill")?;
        let plan = installer.plan_skill_update(&folder).await?;
        take(plan, format!("remit update {named}"))?;
    }
    if args.json {
        output::json(&json!({ "news": news, "plans": documents }));
    } else if names.is_empty() && folders.is_empty() {
        output::print("nothing is installed\n");
    }
    if args.check && news {
        return Err(Reported(ErrorClass::Failed).into());
    }
    Ok(ExitCode::SUCCESS)
}
