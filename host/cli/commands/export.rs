//! `remit export`

use crate::args::{Agent, ExportArgs};
use crate::output;
use anyhow::{Context, Result};
use remit_mcp::export::{Exported, Package, Program, Target, quoted, text_path};
use remit_run::{Approval, Host, OpenSkill, RunError, Severity};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Makes the package by which an agent starts `remit serve` for these skills.
pub async fn export(args: ExportArgs) -> Result<ExitCode> {
    let host = super::host()?;
    let mut skills = Vec::new();
    let mut waiting = Vec::new();
    for named in &args.skills {
        let skill = host
            .open_skill(super::skill_folder(named, "skill")?)
            .await?;
        if is_to_be_approved(&host, &skill)? {
            waiting.push(text_path(skill.folder())?);
        }
        skills.push(Exported::of(&skill)?);
    }
    let target = match args.agent {
        Agent::Codex => Target::Codex,
        Agent::Claude => Target::Claude,
        Agent::McpJson => Target::McpJson,
    };
    let program = program()?;
    let package = Package::new(target, args.name.as_deref(), &skills, &program)?;
    let out = package.write(&args.out)?;
    let commands = package.commands(&out);
    let approve: Vec<String> = waiting
        .iter()
        .map(|folder| format!("remit approve {}", quoted(folder)))
        .collect();
    if args.json {
        output::json(&json!({
            "name": package.name,
            "agent": target.id(),
            "folder": out,
            "files": package.paths().collect::<Vec<_>>(),
            "starts": package.starts,
            "env": program.env,
            "commands": commands,
            "approve": approve,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    output::eprint(&about(&package, &args.out, &approve));
    output::print(&format!("{}\n", commands.join("\n")));
    Ok(ExitCode::SUCCESS)
}

/// Whether a person must approve the skill before an agent can open it. One that cannot run at all is no skill to
/// export.
fn is_to_be_approved(host: &Host, skill: &OpenSkill) -> Result<bool> {
    if !skill.is_runnable() {
        let errors = skill.findings.iter();
        let errors = errors.filter(|finding| finding.severity == Severity::Error);
        return Err(RunError::SkillInvalid {
            skill: skill.name().to_owned(),
            findings: errors.cloned().collect(),
        }
        .into());
    }
    Ok(matches!(host.approval(skill)?, Approval::Needed { .. }))
}

fn about(package: &Package, out: &Path, approve: &[String]) -> String {
    let paint = output::stderr_paint();
    let starts: Vec<String> = package.starts.iter().map(|word| quoted(word)).collect();
    let mut text = format!(
        "{} {}  {} files in {}\n  {} {}\n",
        paint.good("✓"),
        package.name,
        package.paths().count(),
        remit_policy::display_safe(&out.to_string_lossy(), 300),
        paint.dim("starts"),
        remit_policy::display_safe(&starts.join(" "), 2_000),
    );
    text.push_str(match package.target {
        Target::McpJson => {
            "  The file goes into a project's folder, or into the settings of any client that has `mcpServers`:\n"
        }
        _ => "  Install it with:\n",
    });
    for command in approve {
        let line = format!("a person must approve it first, or no agent can open it: {command}");
        text = format!("{} {line}\n{text}", paint.warn("!"));
    }
    text
}

/// How agents start this program: by its name where that leads here, else by its path.
fn program() -> Result<Program> {
    let itself = std::env::current_exe()
        .and_then(|path| path.canonicalize())
        .context("this program does not find itself, to say how it is started")?;
    let command = match on_path("remit").is_some_and(|found| found == itself) {
        true => "remit".to_owned(),
        false => text_path(&itself)?,
    };
    let mut env = BTreeMap::new();
    for name in [
        "REMIT_HOME",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
    ] {
        let set = std::env::var_os(name).filter(|value| !value.is_empty());
        // A relative XDG folder counts for nothing; a relative REMIT_HOME starts here, and the agent somewhere else.
        let path = match set.map(PathBuf::from) {
            Some(path) if path.is_absolute() || name == "REMIT_HOME" => std::path::absolute(path)?,
            _ => continue,
        };
        env.insert(name.to_owned(), text_path(&path)?);
    }
    Ok(Program { command, env })
}

/// The first file of that name on the person's PATH, as the agent's shell would find it.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())?
        .canonicalize()
        .ok()
}
