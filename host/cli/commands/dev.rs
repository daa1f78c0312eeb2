//! `remit dev`

use crate::args::DevArgs;
use crate::{exit, output};
use anyhow::Result;
use remit_author::{Project, Sources};
use std::process::ExitCode;
use std::time::Duration;

/// How often the sources are looked at.
const PERIOD: Duration = Duration::from_millis(300);

/// Builds and calls, and again each time a source file changes, until it is ended from outside.
pub async fn dev(args: DevArgs) -> Result<ExitCode> {
    let project = Project::open(&args.path)?;
    let paint = output::stderr_paint();
    let mut seen = Sources::of(&project)?;
    loop {
        if let Err(error) = once(&args).await {
            exit::report(&error, false);
        }
        output::eprint(&format!(
            "{}\n",
            paint.dim("waiting for a change (Ctrl-C ends it)")
        ));
        loop {
            tokio::time::sleep(PERIOD).await;
            let now = Sources::of(&project)?;
            if let Some(changed) = seen.changed(&now) {
                output::eprint(&format!(
                    "\n{} {}\n",
                    paint.bold("changed"),
                    changed.display()
                ));
                seen = now;
                break;
            }
        }
    }
}

async fn once(args: &DevArgs) -> Result<()> {
    let (_, built) = super::build::compile(&args.path, args.offline, args.verbose).await?;
    super::call::call_and_show(&built.path, &args.call).await
}
