//! `remit new`

use crate::args::NewArgs;
use crate::exit::Mistake;
use crate::output;
use anyhow::Result;
use remit_author::Language;
use std::process::ExitCode;

/// Makes a project for a plugin.
pub fn new(args: &NewArgs) -> Result<ExitCode> {
    let Some(language) = &args.lang else {
        let known = Language::ALL.map(|it| format!("{it} ({})", it.title()));
        return Err(Mistake::report(
            format!("which language? There are {}", known.join(", ")),
            "say it with --lang, for example --lang rust",
        ));
    };
    let language: Language = language.parse()?;
    let path = remit_author::new_project(&args.path, language)?;
    if args.json {
        output::json(&serde_json::json!({ "path": path, "language": language.id() }));
        return Ok(ExitCode::SUCCESS);
    }
    let paint = output::stdout_paint();
    output::print(&format!(
        "{} {}: a plugin in {}, ready to build\n\n  cd {}\n  remit build    compile it to a component\n  \
         remit test     run the conformance kit against it\n\nREADME.md there says what is where.\n",
        paint.good("✓"),
        path.display(),
        language.title(),
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}
