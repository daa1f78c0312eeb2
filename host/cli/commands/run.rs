//! `remit run`

use crate::args::RunArgs;
use crate::exit::Mistake;
use crate::fold::Fold;
use crate::interrupt::Interrupt;
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
    let skill = host
        .open_skill(super::skill_folder(&args.skill, "skill")?)
        .await?;
    let mut options = RunOptions::new().approve(args.approve);
    for (name, value) in args.inputs {
        if options.inputs.contains_key(&name) {
            return Err(Mistake::report(
                format!("the input `{name}` is given twice"),
                "give each input once; a list is one JSON value, --input names='[\"a\",\"b\"]'",
            ));
        }
        options = options.input(name, value);
    }
    if let Some(out) = args.out {
        if out.exists() && !out.is_dir() {
            return Err(Mistake::report(
                format!("--out {} is not a folder", out.display()),
                "name a folder that is new or empty",
            ));
        }
        options = options.out(out);
    }
    if args.plan {
        let plan = host.plan(&skill, &options)?;
        if args.json {
            output::json(&plan);
        } else {
            output::print(&plan_text(&plan, Fold::stdout()));
        }
        return Ok(ExitCode::SUCCESS);
    }

    let progress = Progress::new(args.json);
    let interrupt = Interrupt::listen();
    if prompt::is_possible() && !args.json {
        options = options.approver(Arc::new(prompt::Person {
            progress: progress.bars(),
            interrupt: interrupt.clone(),
        }));
    }
    options.cancel = Some(interrupt.cancel());
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
                output::eprint(&card::render(
                    &host.card(&skill)?,
                    output::stderr_paint(),
                    Fold::stderr(),
                ));
            }
            // What was done until then is there, and says how it ended.
            if let (Some(folder), false) = (progress.folder(), quiet) {
                let record = relative(&folder.join("run.json"));
                output::eprint(&format!(
                    "{}\n",
                    output::stderr_paint()
                        .dim(&format!("the run is recorded in {}", record.display()))
                ));
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

fn plan_text(plan: &Plan, fold: Fold) -> String {
    let paint = output::stdout_paint();
    let mut text = format!("{} {}\n", paint.bold(&plan.skill), plan.version);
    for (name, value) in &plan.inputs {
        text.push_str(&fold.wrapped(&format!("input {name} = {value}"), "  ", "    "));
    }
    for step in &plan.steps {
        let effect = step
            .effect
            .map(|e| {
                paint.dim(&format!(
                    " [{}]",
                    step.effect_source.unwrap_or_default().says(e)
                ))
            })
            .unwrap_or_default();
        let head = format!("{} {}{effect}", paint.bold(&step.id), step.does);
        let _ = write!(text, "\n{}", fold.wrapped(&head, "", "  "));
        for (label, value) in [
            ("for each", &step.for_each),
            ("when", &step.when),
            ("asks first", &step.approve),
            ("with", &step.with.as_ref().map(ToString::to_string)),
        ] {
            if let Some(value) = value {
                fold.lines(&mut text, label, std::slice::from_ref(value));
            }
        }
        if !step.flows_from.is_empty() {
            fold.lines(&mut text, "data from", &[step.flows_from.join(", ")]);
        }
        fold.lines(&mut text, "under", &step.grants);
    }
    for forbidden in &plan.forbidden {
        let line = format!("{} {forbidden}", paint.error("cannot run:"));
        let _ = write!(text, "\n{}", fold.wrapped(&line, "", "  "));
    }
    if plan.needs_approval && plan.forbidden.is_empty() {
        let line = paint.warn("a run needs approval: `remit approve`, or --approve for one run");
        let _ = write!(text, "\n{}", fold.wrapped(&line, "", "  "));
    }
    text.push_str("\nNothing was run.\n");
    text
}

/// A path as a person would type it from here.
pub(super) fn relative(path: &Path) -> PathBuf {
    std::env::current_dir()
        .and_then(|here| here.canonicalize())
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf))
        .unwrap_or_else(|| path.to_path_buf())
}
