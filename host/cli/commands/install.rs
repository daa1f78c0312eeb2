//! `remit install`

use crate::args::{Answer, InstallArgs};
use crate::exit::Mistake;
use crate::fold::Fold;
use crate::{installing, output, prompt};
use anyhow::Result;
use remit_install::{Destination, InstallError, Installer, Plan};
use remit_registry::{Fetcher, Options, Source};
use remit_run::Host;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Installs a plugin or a skill, or the plugins that a skill names.
pub async fn install(args: InstallArgs) -> Result<ExitCode> {
    let host = super::host()?;
    let target = target(&args.source)?;
    if let (Target::Skill(_), Some(_)) = (&target, &args.dir) {
        return Err(Mistake::report(
            "--dir is for a skill that comes from elsewhere, and this one is a folder here",
            "leave --dir out: its plugins are fetched, and it stays where it is",
        ));
    }
    let installer = begin(&host)?;
    let plan = match &target {
        Target::Skill(folder) => installer.plan_skill_folder(folder, args.frozen).await?,
        Target::Source(source) if args.frozen => installer.plan_frozen(source).await?,
        Target::Source(source) => {
            let destination = Destination {
                skills: Path::new(super::SKILLS),
                folder: args.dir.as_deref(),
            };
            installer.plan_install(source, &destination).await?
        }
    };
    let again = format!("remit install {}", args.source);
    let document = document(&plan);
    make(&installer, plan, args.answer, args.json, &again)?;
    if args.json {
        output::json(&document);
    }
    Ok(ExitCode::SUCCESS)
}

/// What a person named.
enum Target {
    /// A skill's folder: what it names is installed.
    Skill(PathBuf),
    /// A plugin or skill from elsewhere.
    Source(Source),
}

fn target(named: &str) -> Result<Target> {
    if named.contains("://") {
        return Ok(Target::Source(named.parse().map_err(InstallError::from)?));
    }
    let path = Path::new(named);
    if path.is_file() {
        return Ok(Target::Source(Source::Path(path.to_owned())));
    }
    Ok(Target::Skill(super::skill_folder(path, "file or skill")?))
}

/// Begins, once no other installation goes on.
pub fn begin(host: &Host) -> Result<Installer<'_>> {
    let wait = || output::eprint("another installation goes on: waiting for its end\n");
    Ok(Installer::begin(
        host,
        Fetcher::new(Options::default()),
        wait,
    )?)
}

/// A plan as a document.
pub fn document(plan: &Plan) -> serde_json::Value {
    json!({ "plugins": plan.plugins, "skill": plan.skill, "unchanged": plan.unchanged })
}

/// Shows a plan, asks, and makes it. `again` is the command that was given.
pub fn make(
    installer: &Installer<'_>,
    plan: Plan,
    answer: Answer,
    quiet: bool,
    again: &str,
) -> Result<()> {
    if !quiet {
        output::eprint(&installing::shown(
            &plan,
            output::stderr_paint(),
            Fold::stderr(),
        ));
    }
    let doubts = plan.doubts();
    let can_ask = prompt::is_possible() && !quiet;
    if let Some((what, _)) = doubts.first()
        && !answer.accept_change
        && (answer.yes || !can_ask)
    {
        // A yes given beforehand was given to something else.
        let of_it = doubts.iter().filter(|(name, _)| name == what);
        return Err(InstallError::Doubtful {
            what: (*what).to_owned(),
            doubts: of_it.map(|(_, doubt)| (*doubt).clone()).collect(),
        }
        .into());
    }
    let question = match doubts.is_empty() || answer.accept_change {
        true => "Install this?",
        false => "Install this, although it is not from whom it was?",
    };
    let yes = plan.is_empty() || answer.yes || (can_ask && prompt::yes(question));
    if !yes {
        return Err(InstallError::NotApproved {
            what: names(&plan),
            hint: format!("`{again} --yes` installs it without asking"),
        }
        .into());
    }
    let done = installing::done(&plan, output::stdout_paint());
    installer.apply(plan)?;
    if !quiet {
        output::print(&done);
    }
    Ok(())
}

fn names(plan: &Plan) -> String {
    if let Some(skill) = &plan.skill {
        return format!("the skill {}", skill.name);
    }
    let names: Vec<&str> = plan.plugins.iter().map(|it| it.name.as_str()).collect();
    match names.as_slice() {
        [] => "the lockfile".to_owned(),
        [name] => format!("the plugin {name}"),
        names => format!("the plugins {}", names.join(", ")),
    }
}
