//! `remit build`

use crate::args::BuildArgs;
use crate::fold::Fold;
use crate::{card, output};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use remit_author::{Built, Line, Project, Tools};
use remit_package::Dirs;
use serde_json::json;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Builds the plugin of a folder, and shows what came of it.
pub async fn build(args: BuildArgs) -> Result<ExitCode> {
    let (_, built) = compile(&args.path, args.offline, args.verbose).await?;
    let card = super::host()?.component_card(&built.path).await?;
    let path = relative(&built.path);
    if args.json {
        output::json(&json!({
            "path": path,
            "bytes": built.component.bytes.len(),
            "digest": built.component.digest.to_string(),
            "seconds": built.time.as_secs_f64(),
            "card": card,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let paint = output::stdout_paint();
    output::print(&format!(
        "{} {}  {}  {}\n\n{}",
        paint.good("✓"),
        path.display(),
        card::size(built.component.inspection.size),
        paint.dim(&format!("built in {:.1} s", built.time.as_secs_f64())),
        card::render(&card, paint, Fold::stdout())
    ));
    Ok(ExitCode::SUCCESS)
}

/// Builds a project, with its tools' words on stderr: all of them if `verbose`, else one line that changes.
pub async fn compile(path: &Path, offline: bool, verbose: bool) -> Result<(Project, Built)> {
    let project = Project::open(path)?;
    let bar = if !verbose && std::io::stderr().is_terminal() {
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{spinner} {prefix}  {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        Some(bar)
    } else {
        None
    };
    let shown = bar.clone();
    let tools = Tools::new(&Dirs::from_env()?, offline, move |line| {
        match (line, &shown) {
            (Line::Doing(what), Some(bar)) => {
                bar.set_prefix(what.to_owned());
                bar.set_message("");
            }
            (Line::Tool(text), Some(bar)) => bar.set_message(remit_policy::display_safe(text, 200)),
            (Line::Doing(what), None) => output::eprint(&format!("{what}\n")),
            (Line::Tool(text), None) if verbose => output::eprint(&format!("    {text}\n")),
            (Line::Tool(_), None) => {}
        }
    });
    let work = project.clone();
    // A compiler runs for seconds or minutes: not on a thread that others wait for.
    let built = tokio::task::spawn_blocking(move || remit_author::build(&work, &tools)).await?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok((project, built?))
}

/// As a person would type it from here.
fn relative(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|it| it.canonicalize());
    here.ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf))
        .unwrap_or_else(|| path.to_path_buf())
}
