//! How the process ends: an error's text, and the exit status by whose fault it is.

use crate::output;
use remit_author::AuthorError;
use remit_install::InstallError;
use remit_mcp::McpError;
use remit_mcp::export::ExportError;
use remit_policy::ErrorClass;
use remit_registry::RegistryError;
use remit_review::ReviewError;
use remit_run::RunError;
use remit_sign::SignError;
use std::fmt::Write as _;
use std::process::ExitCode;

/// A run that failed, or findings: already reported, so that only the status is left to say.
#[derive(Debug, thiserror::Error)]
#[error("exit status {0:?}")]
pub struct Reported(pub ErrorClass);

/// Wrong use that no library has a code for.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Mistake {
    what: String,
    hint: String,
}

impl Mistake {
    /// What is wrong, and the one thing to do next.
    pub fn report(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        let (what, hint) = (what.into(), hint.into());
        Mistake { what, hint }.into()
    }
}

/// The exit status of a class, as in docs/errors.md.
pub fn status(class: ErrorClass) -> ExitCode {
    ExitCode::from(class.exit_status())
}

/// Wrong use of the command line, said like every other error; also where `--help` and `--version` end.
pub fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        // Nothing can be done about a terminal that is gone.
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let json = words
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--json");
    let (message, hint) = usage_text(&error.render().to_string(), &words);
    Facts {
        class: ErrorClass::Usage,
        code: "usage",
        message,
        causes: Vec::new(),
        hint: Some(hint),
    }
    .report(json)
}

/// The sentence in what clap says, and the one thing to do next: its tip, else the help of the command.
fn usage_text(rendered: &str, words: &[String]) -> (String, String) {
    let mut paragraphs = rendered.trim().split("\n\n");
    let what = paragraphs.next().unwrap_or_default();
    let message = what
        .strip_prefix("error: ")
        .unwrap_or(what)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let tip = rendered
        .lines()
        .find_map(|line| line.trim().strip_prefix("tip: "));
    let hint = tip.map_or_else(
        || format!("`{} --help` shows what it takes", known_command(words)),
        str::to_owned,
    );
    (message, hint)
}

/// `remit audit log`, as far as the words are commands.
fn known_command(words: &[String]) -> String {
    use clap::CommandFactory as _;
    let root = crate::args::Args::command();
    let mut command = &root;
    let mut path = "remit".to_owned();
    for word in words {
        let Some(next) = command.find_subcommand(word) else {
            break;
        };
        path.push(' ');
        path.push_str(word);
        command = next;
    }
    path
}

/// A panic is a bug of Remit's own: it says so, and ends with status 70.
pub fn end_on_panic() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload_as_str().unwrap_or("no message");
        output::eprint(&format!(
            "error[internal-bug]: Remit failed in a way that it never should: {text} ({place})\n\
             hint: this is a bug of Remit's own; report it with the command that you gave\n"
        ));
        std::process::exit(i32::from(ErrorClass::Internal.exit_status()));
    }));
}

/// Prints an error with its causes and hint, and gives the status for it.
pub fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    if let Some(Reported(class)) = error.downcast_ref() {
        return status(*class);
    }
    Facts::of(error).report(json)
}

/// What an error of a library says of itself.
struct Told {
    class: ErrorClass,
    code: &'static str,
    hint: Option<String>,
}

/// The outermost error of a chain that is one of these.
macro_rules! told {
    ($error:expr, $($kind:ty),+) => {
        $error.chain().find_map(|error| {
            $(if let Some(error) = error.downcast_ref::<$kind>() {
                return Some(Told { class: error.class(), code: error.code(), hint: error.hint() });
            })+
            None
        })
    };
}

struct Facts {
    class: ErrorClass,
    code: &'static str,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
}

impl Facts {
    fn of(error: &anyhow::Error) -> Facts {
        let told = told!(
            error,
            RunError,
            AuthorError,
            ExportError,
            InstallError,
            RegistryError,
            ReviewError,
            SignError,
            McpError
        );
        let mistake = error.downcast_ref::<Mistake>();
        Facts {
            class: told.as_ref().map_or(ErrorClass::Usage, |told| told.class),
            code: told.as_ref().map_or("usage", |told| told.code),
            message: error.to_string(),
            causes: error.chain().skip(1).map(ToString::to_string).collect(),
            hint: told
                .and_then(|told| told.hint)
                .or_else(|| mistake.map(|mistake| mistake.hint.clone())),
        }
    }

    fn report(&self, json: bool) -> ExitCode {
        if json {
            output::json(&serde_json::json!({ "error": {
                "code": self.code,
                "message": self.message,
                "causes": self.causes,
                "hint": self.hint,
            }}));
        } else {
            output::eprint(&self.text());
        }
        status(self.class)
    }

    fn text(&self) -> String {
        let paint = output::stderr_paint();
        let mut text = format!(
            "{}{} {}\n",
            paint.error("error"),
            paint.dim(&format!("[{}]:", self.code)),
            shown(&self.message)
        );
        let mut said = self.message.as_str();
        for cause in &self.causes {
            // A cause that the line above already quotes would only be read twice.
            if !said.contains(cause.as_str()) {
                let _ = writeln!(text, "  caused by: {}", shown(cause));
            }
            said = cause;
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "{} {}", paint.hint("hint:"), shown(hint));
        }
        text
    }
}

/// A message's text, in which a file's name or an argument may stand as it was: nothing in it drives the terminal.
fn shown(text: &str) -> String {
    const LONGEST: usize = 4000;
    let lines: Vec<String> = text
        .lines()
        .map(|line| remit_policy::display_safe(line, LONGEST))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_quotes_does_not_drive_the_terminal() {
        assert_eq!(
            shown("a plain one\nof two lines"),
            "a plain one\nof two lines"
        );
        let hostile = shown("no skill \u{1b}[2J\u{202e}x\u{8}");
        assert!(
            !hostile.contains(['\u{1b}', '\u{202e}', '\u{8}']),
            "{hostile:?}"
        );
    }

    fn said(rendered: &str, words: &[&str]) -> (String, String) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        usage_text(rendered, &words)
    }

    #[test]
    fn wrong_use_is_one_sentence_and_a_hint() {
        let missing = "error: the following required arguments were not provided:\n  <SKILL>\n\n\
                       Usage: remit run <SKILL>\n\nFor more information, try '--help'.\n";
        assert_eq!(
            said(missing, &["run", "--json"]),
            (
                "the following required arguments were not provided: <SKILL>".to_owned(),
                "`remit run --help` shows what it takes".to_owned()
            )
        );
        let typo = "error: unrecognized subcommand 'rum'\n\n  tip: a similar subcommand exists: 'run'\n\n\
                    Usage: remit <COMMAND>\n";
        assert_eq!(said(typo, &["rum"]).1, "a similar subcommand exists: 'run'");
        assert_eq!(
            said("error: invalid value\n", &["audit", "log", "x"]).1,
            "`remit audit log --help` shows what it takes"
        );
    }
}
