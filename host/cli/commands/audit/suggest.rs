//! `remit audit suggest`: the least grants that recorded runs needed.

use crate::args::AuditSuggestArgs;
use crate::fold::Fold;
use crate::output;
use anyhow::Result;
use remit_review::ReviewError;
use remit_review::suggest::{Options, Suggestion};
use std::path::Path;
use std::process::ExitCode;

/// Suggests, and does what it is told to do with that.
pub fn suggest(args: &AuditSuggestArgs) -> Result<ExitCode> {
    let folder = super::super::skill_folder(&args.skill, "skill")?;
    let options = Options {
        since: super::since(args.since.as_deref())?,
        limits: args.limits,
    };
    let suggestion = remit_review::suggest(&super::sources()?, &folder, &options)?;
    if let Some(path) = &args.patch {
        super::write(path, &suggestion.patch)?;
    }
    if args.apply && !suggestion.patch.is_empty() {
        apply(&suggestion)?;
    }
    if args.json {
        output::json(&suggestion);
        return Ok(ExitCode::SUCCESS);
    }
    // The patch alone on stdout, where git and patch read it; what a person reads besides that on stderr.
    output::eprint(&evidence(&suggestion));
    if args.apply {
        output::eprint(&applied(&suggestion));
    } else if let Some(path) = &args.patch {
        output::eprint(&format!("the patch is {}\n", shown(path)));
    } else {
        output::print(&suggestion.patch);
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(path: &Path) -> String {
    remit_policy::display_safe(&path.display().to_string(), 400)
}

/// Writes skill.toml, unless somebody has changed it meanwhile.
fn apply(suggestion: &Suggestion) -> Result<()> {
    let path = &suggestion.path;
    let now = std::fs::read_to_string(path).map_err(|source| ReviewError::Io {
        what: shown(path),
        source,
    })?;
    if now != suggestion.before {
        return Err(ReviewError::Io {
            what: shown(path),
            source: std::io::Error::other("it was changed meanwhile"),
        }
        .into());
    }
    super::write(path, &suggestion.after)
}

fn applied(suggestion: &Suggestion) -> String {
    if suggestion.patch.is_empty() {
        return String::new();
    }
    format!(
        "{} is narrower now; the skill must be approved again where that was needed\n",
        suggestion.file
    )
}

fn evidence(suggestion: &Suggestion) -> String {
    let (fold, paint) = (Fold::stderr(), output::stderr_paint());
    let based = &suggestion.based_on;
    let mut text = paint.bold(&suggestion.skill);
    let since = based
        .since
        .as_ref()
        .map(|since| format!(" since {since}"))
        .unwrap_or_default();
    let head = format!(
        ": {} recorded{since}, {} ended well, {} of those of the skill as it is now, with {}",
        count(based.runs, "run"),
        based.done,
        based.done_as_now,
        count(based.inputs as u64, "different input")
            .replace("1 different input", "one and the same input"),
    );
    text.push_str(&fold.wrapped(&head, "", "  "));
    if based.few && !suggestion.changes.is_empty() {
        let few = "that is little: a run with other inputs may need what is taken away here";
        text.push_str(&fold.wrapped(few, "note: ", "  ").replacen(
            "note:",
            &paint.warn("note:"),
            1,
        ));
    }
    if suggestion.changes.is_empty() {
        text.push_str("nothing could be narrower by what these runs needed\n");
    }
    for change in &suggestion.changes {
        let place = place(&suggestion.file, change.line);
        let to = change.to.as_deref().unwrap_or("nothing");
        text.push_str(&fold.wrapped(
            &format!("{place}  {} {}", change.plugin, change.what),
            "",
            "  ",
        ));
        text.push_str(&fold.wrapped(&change.from, "  - ", "    "));
        text.push_str(&fold.wrapped(to, "  + ", "    "));
        let records: Vec<String> = change.records.iter().map(ToString::to_string).collect();
        let because = match records.is_empty() {
            true => change.because.clone(),
            false => format!("{} (record {})", change.because, records.join(" to ")),
        };
        text.push_str(&fold.wrapped(&because, "    since ", "    "));
    }
    for kept in &suggestion.kept {
        let place = place(&suggestion.file, kept.line);
        let what = format!(
            "{place}  {} stays: {}, since {}",
            kept.plugin, kept.what, kept.because
        );
        text.push_str(&paint.dim(fold.wrapped(&what, "", "  ").trim_end()));
        text.push('\n');
    }
    text
}

fn place(file: &str, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("{file}:{line}"),
        None => file.to_owned(),
    }
}

fn count(number: u64, of: &str) -> String {
    match number {
        1 => format!("1 {of}"),
        _ => format!("{number} {of}s"),
    }
}
