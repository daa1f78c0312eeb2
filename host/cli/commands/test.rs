//! `remit test`

use crate::args::TestArgs;
use crate::exit::{Mistake, Reported};
use crate::output::{self, Paint};
use anyhow::Result;
use remit_author::Project;
use remit_author::kit::{self, Cases, Report, RuleResult, State};
use remit_package::Dirs;
use remit_policy::ErrorClass;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs the conformance kit against a component.
pub async fn test(args: TestArgs) -> Result<ExitCode> {
    let (component, cases) = subject(&args)?;
    let dirs = Dirs::from_env()?;
    dirs.create()?;
    let paint = output::stdout_paint();
    let report = kit::test(&component, &cases, &dirs, super::options()?, |result| {
        if !args.json {
            output::print(&line(result, paint));
        }
    })
    .await?;
    if args.json {
        output::json(&report);
    } else {
        output::print(&summary(&report, paint));
    }
    if report.passed() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Reported(ErrorClass::Failed).into())
    }
}

/// The component, and the author's own cases: those of its project, where there is one.
fn subject(args: &TestArgs) -> Result<(PathBuf, Cases)> {
    if args.path.is_file() {
        let folder = args.path.parent().unwrap_or(&args.path);
        return Ok((args.path.clone(), Cases::none(folder)));
    }
    let project = Project::open(&args.path)?;
    let component = project.component();
    if !component.is_file() {
        return Err(Mistake::report(
            format!("{} is not built yet", project.name),
            "run `remit build` first",
        ));
    }
    Ok((component, Cases::of_project(&project.root)?))
}

fn line(result: &RuleResult, paint: Paint) -> String {
    let sign = match result.state {
        State::Passed => paint.good("✓"),
        State::Failed => paint.error("✗"),
        State::NotReached => paint.dim("–"),
    };
    let calls = match (result.state, result.calls) {
        (State::NotReached, _) => paint.dim("not reached"),
        (_, 0) => String::new(),
        (_, 1) => paint.dim("1 call"),
        (_, calls) => paint.dim(&format!("{calls} calls")),
    };
    let mut text = format!("{sign} {:<18} {}  {calls}", result.rule, result.says);
    text.truncate(text.trim_end().len());
    text.push('\n');
    for broken in &result.broken {
        text.push_str(&format!("    {} {broken}\n", paint.error("·")));
    }
    if let Some(mend) = result.mend {
        text.push_str(&format!("    {} {mend}\n", paint.hint("mend:")));
    }
    text
}

fn summary(report: &Report, paint: Paint) -> String {
    let failed = count(report, State::Failed);
    let unreached = count(report, State::NotReached);
    let calls: usize = report.results.iter().map(|result| result.calls).sum();
    let name = report.plugin.as_deref().unwrap_or("the component");
    let verdict = if report.passed() {
        paint.good(&format!("{name} keeps all {} rules", report.results.len()))
    } else {
        let rest = match unreached {
            0 => String::new(),
            n => format!(", {n} could not be tried"),
        };
        paint.error(&format!(
            "{name} breaks {failed} of {} rules{rest}",
            report.results.len()
        ))
    };
    format!(
        "\n{verdict}  {}\n",
        paint.dim(&format!(
            "{calls} calls in {:.1} s",
            report.milliseconds as f64 / 1000.0
        ))
    )
}

fn count(report: &Report, state: State) -> usize {
    report
        .results
        .iter()
        .filter(|result| result.state == state)
        .count()
}
