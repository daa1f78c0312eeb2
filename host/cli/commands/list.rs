//! `remit list`

use crate::args::ListArgs;
use crate::output::{self, Paint};
use anyhow::Result;
use remit_install::Installed;
use remit_policy::display_safe;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Lists the installed plugins.
pub fn list(args: &ListArgs) -> Result<ExitCode> {
    let found = remit_install::list(&super::host()?)?;
    if args.json {
        output::json(&serde_json::json!({ "plugins": found }));
    } else {
        output::print(&text(&found, output::stdout_paint()));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(found: &[Installed], paint: Paint) -> String {
    if found.is_empty() {
        return "nothing is installed: `remit install SOURCE` does it\n".to_owned();
    }
    let mut text = String::new();
    for plugin in found {
        let digest: String = plugin.digest.chars().take("sha256:".len() + 12).collect();
        let _ = writeln!(
            text,
            "{} {}  {}",
            paint.bold(&plugin.name),
            plugin.version,
            paint.dim(&digest)
        );
        let _ = writeln!(text, "  from {}", display_safe(&plugin.source, 200));
        match &plugin.signer {
            Some(signer) => {
                let _ = writeln!(text, "  signed by {}", display_safe(signer, 200));
            }
            None => {
                let _ = writeln!(text, "  {}", paint.warn("not signed"));
            }
        }
        if !plugin.here {
            let _ = writeln!(
                text,
                "  {}",
                paint.warn("its bytes are not here: install it again")
            );
        }
        for skill in &plugin.skills {
            let skill = display_safe(&super::run::relative(skill).display().to_string(), 200);
            let _ = writeln!(text, "  used by {skill}");
        }
        if !plugin.by_name {
            let _ = writeln!(
                text,
                "  {}",
                paint.dim("only skills use it: it has no name of its own here")
            );
        }
    }
    text
}
