//! `remit show`

use crate::args::ShowArgs;
use crate::fold::Fold;
use crate::{card, output};
use anyhow::Result;
use std::process::ExitCode;

/// Shows the permission card of a skill or a component.
pub async fn show(args: ShowArgs) -> Result<ExitCode> {
    let host = super::host()?;
    // A skill under skills/ goes before a plugin of the same name; whatever else it is, opening it as a skill says what
    // is wrong.
    let skill = super::skill_folder(&args.target, "skill, component or installed plugin");
    let component = match &skill {
        Ok(folder) if folder.is_dir() => None,
        _ => super::component(&host, &args.target).await?,
    };
    let card = match component {
        Some((component, shown)) => host.card_of(&component, &shown).await?,
        None => host.card(&host.open_skill(skill?).await?)?,
    };
    if args.json {
        output::json(&card);
    } else {
        output::print(&card::render(&card, output::stdout_paint(), Fold::stdout()));
    }
    Ok(ExitCode::SUCCESS)
}
