//! `remit publish`

use crate::args::PublishArgs;
use crate::exit::Mistake;
use crate::{card, output};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use remit_registry::{Fetcher, Kind, Offered, Options, Source};
use std::process::ExitCode;
use std::time::Duration;

/// Pushes a component or a skill to a registry, with its signatures.
pub async fn publish(args: PublishArgs) -> Result<ExitCode> {
    let to: Source = args.to.parse()?;
    let Source::Oci(reference) = &to else {
        return Err(Mistake::report(
            format!("`{to}` is no place in a registry"),
            "write it as oci://HOST/REPOSITORY:TAG",
        ));
    };
    let signatures = if args.signatures.is_empty() {
        Offered::beside(&args.path)?
    } else {
        let read = args.signatures.iter().map(|path| Offered::read(path));
        read.collect::<Result<Vec<_>, _>>()?
    };
    let fetcher = Fetcher::new(Options::default());
    let bar = waiting(&to);
    let published = fetcher.publish(&args.path, reference, &signatures).await;
    bar.finish_and_clear();
    let published = published?;
    if args.json {
        output::json(&serde_json::json!({
            "reference": published.source,
            "tag": reference.tag(),
            "kind": match published.kind {
                Kind::Component => "component",
                Kind::SkillArchive | Kind::SkillFolder => "skill",
            },
            "digest": published.digest,
            "bytes": published.size,
            "signatures": published.signatures,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let paint = output::stderr_paint();
    let signed = match published.signatures {
        0 => paint.warn("unsigned"),
        1 => "1 signature".to_owned(),
        count => format!("{count} signatures"),
    };
    output::eprint(&format!(
        "{} {}  {}  {signed}\n",
        paint.good("✓"),
        to,
        card::size(published.size),
    ));
    output::print(&format!("{}\n", published.source));
    Ok(ExitCode::SUCCESS)
}

/// That something goes on, while it does; on a terminal only.
fn waiting(to: &Source) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} publishing {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.set_message(to.to_string());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
