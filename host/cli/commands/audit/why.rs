//! `remit audit why`: who decided, where that is written, what would open it.

use crate::args::AuditWhyArgs;
use crate::fold::Fold;
use crate::output::{self, Paint};
use anyhow::Result;
use remit_review::why::{BelongsTo, Opens, Rule, Why};
use std::process::ExitCode;

/// Explains a record.
pub fn why(args: &AuditWhyArgs) -> Result<ExitCode> {
    let why = remit_review::why(&super::sources()?, args.record, &args.skills)?;
    if args.json {
        output::json(&why);
    } else {
        output::print(&text(&why, Fold::stdout(), output::stdout_paint()));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(why: &Why, fold: Fold, paint: Paint) -> String {
    let verdict = match why.allowed {
        true => paint.good("allowed"),
        false => paint.error("denied"),
    };
    let mut text = format!(
        "{} {}\n",
        paint.bold(&format!("record {}", why.record)),
        paint.dim(&why.time)
    );
    text.push_str(&fold.wrapped(&why.asked, "  ", "    "));
    let mut line = |label: &str, lines: &[String]| fold.lines(&mut text, label, lines);
    let code = why.code.as_ref().map(|code| match &why.means {
        Some(means) => format!("{code}: {means}"),
        None => code.clone(),
    });
    line("code", &code.into_iter().collect::<Vec<_>>());
    line("reason", &why.reason.iter().cloned().collect::<Vec<_>>());
    line("in", &belongs_to(&why.belongs_to));
    line("decided", std::slice::from_ref(&why.decided));
    if let Some(rule) = &why.rule {
        line("rule", &rule_lines(rule));
    }
    if let Some(rule) = &why.rule {
        text.push_str(&excerpt(rule, paint));
    }
    if let Some(changed) = why.skill_changed {
        let said = match changed {
            true => "was changed since that run: what is shown of it is as it is now",
            false => "is as it was in that run",
        };
        fold.lines(&mut text, "the skill", &[said.to_owned()]);
    }
    fold.lines(&mut text, "note", &why.notes);
    if let Some(opens) = &why.opens {
        text.push_str(&opens_text(opens, fold, paint));
    }
    // What is asked first is answered first.
    text.replacen('\n', &format!("  {verdict}\n"), 1)
}

fn belongs_to(to: &BelongsTo) -> Vec<String> {
    let mut parts = Vec::new();
    if let (Some(plugin), Some(operation)) = (&to.plugin, &to.operation) {
        let record = to
            .call
            .map(|seq| format!(", record {seq}"))
            .unwrap_or_default();
        parts.push(format!("the call {plugin}.{operation}{record}"));
    }
    if let Some(step) = &to.step {
        let item = to
            .item
            .map(|item| format!(", item {item}"))
            .unwrap_or_default();
        parts.push(format!("step {step}{item}"));
    }
    match (&to.run, &to.skill) {
        (Some(run), Some(skill)) => parts.push(format!("run {run} of {skill}")),
        (Some(run), None) => parts.push(format!("run {run}")),
        (None, _) => parts.push("no run".to_owned()),
    }
    if let Some(agent) = &to.agent {
        let session = to
            .session
            .as_ref()
            .map(|session| format!(" in session {session}"))
            .unwrap_or_default();
        parts.push(format!("by {agent}{session}"));
    }
    vec![parts.join(" · ")]
}

fn rule_lines(rule: &Rule) -> Vec<String> {
    let mut lines = vec![rule.text.clone()];
    if let Some(written) = &rule.written {
        lines.push(format!("written {written}"));
    }
    match (&rule.place, rule.line_then) {
        (Some(place), Some(then)) if !place.ends_with(&format!(":{then}")) => {
            lines.push(format!("at {place} (line {then} then)"));
        }
        (Some(place), _) => lines.push(format!("at {place}")),
        (None, Some(then)) => lines.push(format!("at line {then} of skill.toml then")),
        (None, None) => {}
    }
    lines
}

fn excerpt(rule: &Rule, paint: Paint) -> String {
    let line = |line: &remit_review::report::Line| {
        format!(
            "  {} {}\n",
            paint.dim(&format!("{:>6} │", line.number)),
            line.text
        )
    };
    rule.excerpt.iter().map(line).collect()
}

fn opens_text(opens: &Opens, fold: Fold, paint: Paint) -> String {
    let mut text = fold.wrapped(&opens.what, "to open exactly this: ", "  ");
    text = text.replacen(
        "to open exactly this:",
        &paint.hint("to open exactly this:"),
        1,
    );
    // To be copied as it stands: not folded.
    for line in opens.text.lines() {
        text.push_str(&format!("    {line}\n"));
    }
    if let Some(compact) = opens
        .compact
        .as_ref()
        .filter(|compact| !opens.text.contains(*compact))
    {
        text.push_str(&fold.wrapped(compact, "  compact: ", "    "));
    }
    text
}
