//! `remit run`

use crate::args::RunArgs;
use crate::progress::Progress;
use crate::{card, output, prompt};
use anyhow::Result;
use remit_run::{Plan, RunError, RunOptions, RunReport};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Runs a skill, or prints what a run would do.
pub async fn run(args: RunArgs) -> Result<ExitCode> {
    let host = super::host()?;
    let skill = host.open_skill(super::skill_folder(&args.skill)?).await?;
    let mut options = RunOptions::new().approve(args.approve);
    for (name, value) in args.inputs {
        options = options.input(name, value);
    }
    if let Some(out) = args.out {
        options = options.out(out);
    }
    if args.plan {
        let plan = host.plan(&skill, &options)?;
        if args.json {
            output::json(&plan);
        } else {
            output::print(&plan_text(&plan));
        }
        return Ok(ExitCode::SUCCESS);
    }

    let progress = Progress::new(args.json);
    if prompt::is_possible() && !args.json {
        options = options.approver(Arc::new(prompt::Person {
            progress: progress.bars(),
        }));
    }
    let cancel = remit_run::Cancel::new();
    options.cancel = Some(cancel.clone());
    tokio::spawn(async move {
        // The first interrupt ends the run with its state written; the second ends the process.
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.cancel();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    if !args.json {
        output::eprint(&format!("{}\n", output::stderr_paint().bold(skill.name())));
    }
    let quiet = args.json;
    let ran = host
        .run(&skill, options, |event| {
            if !quiet {
                progress.show(event);
            }
        })
        .await;
    let report = match ran {
        Ok(report) => report,
        Err(error) => {
            // Where nobody could be asked, the card says what the refusal is about.
            if matches!(error, RunError::NotApproved { .. }) && !quiet && !prompt::is_possible() {
                output::eprint(&card::render(&host.card(&skill)?, output::stderr_paint()));
            }
            return Err(named(error, &args.skill).into());
        }
    };
    if args.json {
        let mut document = serde_json::to_value(&report)?;
        if let Some(map) = document.as_object_mut() {
            map.insert(
                "folder".to_owned(),
                report.folder.display().to_string().into(),
            );
        }
        output::json(&document);
    } else {
        output::print(&report_text(&report));
    }
    Ok(ExitCode::SUCCESS)
}

/// The hint of a skill that is not approved, with the skill as the person named it.
fn named(error: RunError, skill: &Path) -> RunError {
    match error {
        RunError::NotApproved { what, .. } if what.starts_with("the skill ") => {
            let skill = skill.display();
            let hint = format!(
                "add --approve to allow it for this run, or keep it with `remit approve {skill}`"
            );
            RunError::NotApproved { what, hint }
        }
        other => other,
    }
}

fn report_text(report: &RunReport) -> String {
    let paint = output::stdout_paint();
    let mut text = String::new();
    for file in &report.outputs {
        let _ = writeln!(text, "{}", relative(&report.path_of(file)).display());
    }
    let denials: u64 = report.steps.iter().map(|step| step.denials).sum();
    let calls: u64 = report.steps.iter().map(|step| step.calls).sum();
    let _ = writeln!(
        text,
        "{}",
        paint.dim(&format!(
            "{calls} calls, {denials} denied; the run is recorded in {}",
            relative(&report.folder.join("run.json")).display()
        ))
    );
    text
}

fn plan_text(plan: &Plan) -> String {
    let paint = output::stdout_paint();
    let mut text = format!("{} {}\n", paint.bold(&plan.skill), plan.version);
    for (name, value) in &plan.inputs {
        let _ = writeln!(text, "  input {name} = {value}");
    }
    for step in &plan.steps {
        let effect = step
            .effect
            .map(|e| paint.dim(&format!(" [{e}]")))
            .unwrap_or_default();
        let _ = writeln!(text, "\n{} {}{effect}", paint.bold(&step.id), step.does);
        for (label, value) in [
            ("for each", &step.for_each),
            ("when", &step.when),
            ("asks first", &step.approve),
        ] {
            if let Some(value) = value {
                let _ = writeln!(text, "  {label:<11} {value}");
            }
        }
        if let Some(with) = &step.with {
            let _ = writeln!(text, "  {:<11} {with}", "with");
        }
        if !step.flows_from.is_empty() {
            let _ = writeln!(text, "  {:<11} {}", "data from", step.flows_from.join(", "));
        }
        for (index, grant) in step.grants.iter().enumerate() {
            let _ = writeln!(
                text,
                "  {:<11} {grant}",
                if index == 0 { "under" } else { "" }
            );
        }
    }
    if plan.needs_approval {
        let _ = writeln!(
            text,
            "\n{}",
            paint.warn("a run needs approval: `remit approve`, or --approve for one run")
        );
    }
    text.push_str("\nNothing was run.\n");
    text
}

/// A path as a person would type it from here.
fn relative(path: &Path) -> PathBuf {
    std::env::current_dir()
        .and_then(|here| here.canonicalize())
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf))
        .unwrap_or_else(|| path.to_path_buf())
}
