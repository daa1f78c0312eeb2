//! `remit show`

use crate::args::ShowArgs;
use crate::fold::Fold;
use crate::{card, output};
use anyhow::Result;
use std::process::ExitCode;

/// Shows the permission card of a skill or a component.
pub async fn show(args: ShowArgs) -> Result<ExitCode> {
    let host = super::host()?;
    // A file is a component; whatever else it is, opening it as a skill says what is wrong.
    let card = if args.target.is_file() {
        host.component_card(&args.target).await?
    } else {
        host.card(
            &host
                .open_skill(super::skill_folder(&args.target, "skill or component")?)
                .await?,
        )?
    };
    if args.json {
        output::json(&card);
    } else {
        output::print(&card::render(&card, output::stdout_paint(), Fold::stdout()));
    }
    Ok(ExitCode::SUCCESS)
}
