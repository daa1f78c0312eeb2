//! What is printed: results on stdout, all else on stderr, colour only on a terminal.

use remit_policy::ErrorClass;
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Prints to stdout. A reader that went away (`| head`) ends the program quietly; what cannot be written for another
/// reason, a full disk, is a failure.
pub fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let Err(error) = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    else {
        return;
    };
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    eprint(&format!(
        "error[io-failed]: stdout cannot be written: {error}\n"
    ));
    std::process::exit(i32::from(ErrorClass::Failed.exit_status()));
}

/// Prints to stderr. Nobody may be listening: what goes on is not ended by that.
pub fn eprint(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}

/// Prints one JSON document to stdout.
pub fn json<T: Serialize>(value: &T) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&format!("{text}\n")),
        Err(error) => eprint(&format!("error[internal-bug]: {error}\n")),
    }
}

/// Writes a file whole, for everybody to read: what is written is made to be given away.
pub fn public_file(path: &Path, text: &str) -> anyhow::Result<()> {
    remit_package::write_file(path, text.as_bytes()).map_err(remit_run::RunError::from)?;
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(path, mode).map_err(|source| remit_run::RunError::Io {
        what: format!("{} cannot be written", path.display()),
        source,
    })?;
    Ok(())
}

/// Sends the host's own log lines to stderr, those that `REMIT_LOG` asks for, else those of `default`.
pub fn start_logging(default: Option<&str>) {
    use tracing_subscriber::EnvFilter;
    let asked = EnvFilter::try_from_env("REMIT_LOG").ok();
    if let Some(filter) = asked.or_else(|| default.map(EnvFilter::new)) {
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            // Plain also on a terminal: the library's colours are another dependency, and it fails when asked without it.
            .with_ansi(false)
            .init();
    }
}

/// Colours text, or leaves it alone.
#[derive(Clone, Copy)]
pub struct Paint {
    colour: bool,
}

/// For stdout.
pub fn stdout_paint() -> Paint {
    Paint {
        colour: colour_wanted(std::io::stdout().is_terminal()),
    }
}

/// For stderr.
pub fn stderr_paint() -> Paint {
    Paint {
        colour: colour_wanted(std::io::stderr().is_terminal()),
    }
}

/// `NO_COLOR` (no-color.org) always wins; `CLICOLOR_FORCE` (bixense.com/clicolors) asks for colour in a pipe.
fn colour_wanted(terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
    !set("NO_COLOR") && (set("CLICOLOR_FORCE") || (terminal && !dumb))
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
    /// A heading.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }
    /// What matters less.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }
    /// Done, allowed.
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }
    /// Careful.
    pub fn warn(self, text: &str) -> String {
        self.with("33", text)
    }
    /// Failed, denied.
    pub fn error(self, text: &str) -> String {
        self.with("1;31", text)
    }
    /// What to do next.
    pub fn hint(self, text: &str) -> String {
        self.with("36", text)
    }
}
