//! `remit check`

use super::check_policy;
use crate::args::CheckArgs;
use crate::exit::{Mistake, Reported};
use crate::output;
use anyhow::Result;
use remit_policy::ErrorClass;
use remit_run::{Finding, OpenSkill, Severity};
use serde_json::json;
use std::process::ExitCode;

/// Finds what is wrong with a skill, without running it.
pub async fn check(args: CheckArgs) -> Result<ExitCode> {
    if let Some(policy) = &args.policy {
        return check_policy::check(policy, &args.skills, args.json);
    }
    let [skill] = args.skills.as_slice() else {
        return Err(Mistake::report(
            "one skill is checked at a time",
            "with --policy FILE, any number of them is held against a policy",
        ));
    };
    let skill = super::host()?
        .open_skill(super::skill_folder(skill, "skill")?)
        .await?;
    if args.json {
        output::json(&json!({
            "skill": skill.name(),
            "ok": skill.is_runnable(),
            "findings": skill.findings,
        }));
    } else {
        output::print(&text(&skill));
    }
    if skill.is_runnable() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Reported(ErrorClass::Usage).into())
    }
}

fn text(skill: &OpenSkill) -> String {
    let paint = output::stdout_paint();
    let mut text: String = skill.findings.iter().map(finding).collect();
    let errors = skill
        .findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .count();
    let warnings = skill.findings.len() - errors;
    let summary = match (errors, warnings) {
        (0, 0) => paint.good("ok"),
        (0, w) => format!("{}, {}", paint.good("ok"), count(w, "warning")),
        (e, 0) => paint.error(&count(e, "error")),
        (e, w) => paint.error(&format!("{}, {}", count(e, "error"), count(w, "warning"))),
    };
    text.push_str(&format!("{}: {summary}\n", skill.name()));
    text
}

fn finding(finding: &Finding) -> String {
    let paint = output::stdout_paint();
    let kind = match finding.severity {
        Severity::Error => paint.error("error"),
        Severity::Warning => paint.warn("warning"),
    };
    let line = finding.line.map(|n| format!(":{n}")).unwrap_or_default();
    let mut text = format!(
        "{}{line}: {kind}{} {}\n",
        finding.file,
        paint.dim(&format!("[{}]:", finding.code)),
        finding.message
    );
    if let Some(hint) = &finding.hint {
        text.push_str(&format!("  {} {hint}\n", paint.hint("hint:")));
    }
    text
}

fn count(n: usize, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}
