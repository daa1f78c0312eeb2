//! `remit approvals`

use crate::args::ApprovalsArgs;
use crate::fold::Fold;
use crate::output::{self, Paint};
use anyhow::Result;
use remit_policy::{Effect, display_safe};
use remit_run::{AgentsAllowed, ApprovedPlugin, Host, KeptApproval, OddFile};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Lists who approved what, and whether it still covers the skill as it is.
pub async fn approvals(args: ApprovalsArgs) -> Result<ExitCode> {
    let host = super::host()?;
    let kept = host.kept_approvals()?;
    let wanted = args.skill.as_deref().map(skill_name);
    let of_wanted = |approval: &KeptApproval| {
        wanted
            .as_ref()
            .is_none_or(|wanted| approval.skill == *wanted)
    };
    let named = args.skill.as_deref().map(Path::new);
    let mut skills = Skills::default();
    let mut lines = Vec::new();
    for approval in kept.approvals.into_iter().filter(of_wanted) {
        let covers = skills.covers(&host, &approval, named).await;
        lines.push(Line { approval, covers });
    }
    if args.json {
        output::json(&serde_json::json!({ "approvals": lines, "odd": kept.odd }));
    } else {
        output::print(&text(&lines, &kept.odd, wanted.as_deref()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The name of a skill that is given by its folder or its name: a skill is named like its folder.
pub(super) fn skill_name(given: &str) -> String {
    let path = Path::new(given);
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = real
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| given.to_owned())
}

/// An approval, and what it covers now.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    approval: KeptApproval,
    /// None where the skill is not here.
    covers: Option<Covers>,
}

#[derive(Serialize, Clone)]
struct Covers {
    /// The skill's folder.
    skill: PathBuf,
    /// Whether the skill, as it is now, is what was approved.
    now: bool,
    /// Why that cannot be told, or comes to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    but: Option<String>,
}

/// The skills that were opened, with the hash of each as it is now: none is opened twice.
#[derive(Default)]
struct Skills(BTreeMap<PathBuf, Result<(String, bool), String>>);

impl Skills {
    async fn covers(
        &mut self,
        host: &Host,
        approval: &KeptApproval,
        named: Option<&Path>,
    ) -> Option<Covers> {
        let below = Path::new(super::SKILLS).join(&approval.skill);
        let folder = match named {
            Some(named) if named.is_dir() => named.to_owned(),
            _ if below.is_dir() => below,
            _ => return None,
        };
        if !self.0.contains_key(&folder) {
            let opened = host.open_skill(&folder).await;
            let found = opened.map_err(|error| error.to_string()).and_then(|skill| {
                let missing = skill.plugins().len() < skill.skill().manifest.plugins.len();
                if missing {
                    return Err("not all of its plugins can be opened".to_owned());
                }
                let state = host.approval(&skill).map_err(|error| error.to_string())?;
                let forbidden = matches!(state, remit_run::Approval::Forbidden { .. });
                Ok((host.authority_of(&skill).to_string(), forbidden))
            });
            self.0.insert(folder.clone(), found);
        }
        let (now, but) = match self.0.get(&folder)? {
            Ok((hash, forbidden)) => {
                let now = *hash == approval.authority.to_string();
                let but =
                    (now && *forbidden).then(|| "the operator's policy forbids it".to_owned());
                (now, but)
            }
            Err(error) => (
                false,
                Some(format!("it cannot be told: {}", display_safe(error, 200))),
            ),
        };
        Some(Covers {
            skill: folder,
            now,
            but,
        })
    }
}

fn text(lines: &[Line], odd: &[OddFile], wanted: Option<&str>) -> String {
    let (paint, fold) = (output::stdout_paint(), Fold::stdout());
    let mut text = String::new();
    for line in lines {
        one(&mut text, line, paint, fold);
        text.push('\n');
    }
    if lines.is_empty() {
        let what = wanted.map_or("nothing is approved here".to_owned(), |skill| {
            format!("no approval of {} is kept", display_safe(skill, 80))
        });
        text.push_str(&format!("{what}\n"));
    }
    for OddFile { file, why } in odd {
        let line = format!(
            "{} {file} among the approvals approves nothing: {why}",
            paint.warn("careful:")
        );
        text.push_str(&fold.wrapped(&line, "", "  "));
    }
    text
}

fn one(text: &mut String, line: &Line, paint: Paint, fold: Fold) {
    let KeptApproval {
        skill,
        authority,
        who,
        time,
        agents,
        plugins,
        ..
    } = &line.approval;
    let hash = crate::card::short(&authority.to_string());
    let head = format!("{}  {}", paint.bold(skill), paint.dim(&hash));
    text.push_str(&fold.wrapped(&head, "", "  "));
    text.push_str(&fold.wrapped(&format!("approved by {who} on {time}"), "  ", "    "));
    if let Some(AgentsAllowed { who, time }) = agents {
        let line = format!(
            "{} agents do what is marked ! without asking, as {who} allowed on {time}",
            paint.warn("careful:")
        );
        text.push_str(&fold.wrapped(&line, "  ", "    "));
    }
    let covers = match &line.covers {
        None => {
            paint.dim("the skill is not here: name its folder to see whether this still covers it")
        }
        Some(Covers { skill, now, but }) => {
            let place = skill.display();
            match (now, but) {
                (true, None) => format!("{} {place} as it is now", paint.good("covers")),
                (true, Some(but)) => {
                    format!("{} {place} as it is now, but {but}", paint.warn("covers"))
                }
                (false, None) => format!(
                    "{} {place}: that has changed since",
                    paint.warn("no longer covers")
                ),
                (false, Some(but)) => format!("{} {place}: {but}", paint.warn("perhaps covers")),
            }
        }
    };
    text.push_str(&fold.wrapped(&covers, "  ", "    "));
    for (alias, plugin) in plugins {
        of_plugin(text, alias, plugin, paint, fold);
    }
}

fn of_plugin(text: &mut String, alias: &str, plugin: &ApprovedPlugin, paint: Paint, fold: Fold) {
    let name = plugin.name.as_deref().filter(|name| *name != alias);
    let name = name.map_or(alias.to_owned(), |name| format!("{alias} ({name})"));
    let version = plugin
        .version
        .as_deref()
        .unwrap_or("of a version that is not known here");
    let about = paint.dim(&crate::card::short(&plugin.digest.to_string()));
    let head = format!("{} {version}  {about}", paint.bold(&name));
    text.push_str(&fold.wrapped(&head, "  ", "    "));
    let operations = plugin.operations.iter().map(|(name, effect)| match effect {
        Effect::Read => name.clone(),
        effect => format!("{} {name} [{effect}]", paint.warn("!")),
    });
    let operations: Vec<String> = operations.collect();
    let operations = match operations.is_empty() {
        true => "nothing".to_owned(),
        false => operations.join(", "),
    };
    fold.lines(text, "may call", &[operations]);
    let nothing = ["reach nothing outside its sandbox".to_owned()];
    fold.lines(
        text,
        "under",
        if plugin.grants.is_empty() {
            &nothing
        } else {
            &plugin.grants
        },
    );
    let inputs: Vec<String> = (plugin.inputs.iter())
        .map(|(name, schema)| format!("{name}  {}", paint.dim(schema)))
        .collect();
    if !inputs.is_empty() {
        fold.lines(text, "for inputs", &inputs);
    }
    let limits = plugin
        .limits
        .iter()
        .map(|(name, limit)| format!("{name} {limit}"));
    let limits: Vec<String> = limits.collect();
    fold.lines(text, "limits", &[paint.dim(&limits.join(" · "))]);
}
