//! How the process ends: an error's text, and the exit status by whose fault it is.

use crate::output;
use remit_author::AuthorError;
use remit_policy::ErrorClass;
use remit_run::RunError;
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
    hint: &'static str,
}

impl Mistake {
    /// What is wrong, and the one thing to do next.
    pub fn report(what: String, hint: &'static str) -> anyhow::Error {
        Mistake { what, hint }.into()
    }
}

/// The exit status of a class, as in docs/errors.md.
pub fn status(class: ErrorClass) -> ExitCode {
    ExitCode::from(class.exit_status())
}

/// Wrong use of the command line; also where `--help` and `--version` end.
pub fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be done about a terminal that is gone.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
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
    let facts = Facts::of(error);
    if json {
        output::json(&serde_json::json!({ "error": {
            "code": facts.code,
            "message": facts.message,
            "causes": facts.causes,
            "hint": facts.hint,
        }}));
    } else {
        output::eprint(&facts.text());
    }
    status(facts.class)
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
        let run = error.chain().find_map(|e| e.downcast_ref::<RunError>());
        let author = error.chain().find_map(|e| e.downcast_ref::<AuthorError>());
        let mistake = error.downcast_ref::<Mistake>();
        Facts {
            class: run
                .map(RunError::class)
                .or_else(|| author.map(AuthorError::class))
                .unwrap_or(ErrorClass::Usage),
            code: run
                .map(RunError::code)
                .or_else(|| author.map(AuthorError::code))
                .unwrap_or("usage"),
            message: error.to_string(),
            causes: error.chain().skip(1).map(ToString::to_string).collect(),
            hint: run
                .and_then(RunError::hint)
                .or_else(|| author.and_then(AuthorError::hint))
                .or_else(|| mistake.map(|mistake| mistake.hint.to_owned())),
        }
    }

    fn text(&self) -> String {
        let paint = output::stderr_paint();
        let mut text = format!(
            "{}{} {}\n",
            paint.error("error"),
            paint.dim(&format!("[{}]:", self.code)),
            self.message
        );
        let mut said = self.message.as_str();
        for cause in &self.causes {
            // A cause that the line above already quotes would only be read twice.
            if !said.contains(cause.as_str()) {
                let _ = writeln!(text, "  caused by: {cause}");
            }
            said = cause;
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "{} {hint}", paint.hint("hint:"));
        }
        text
    }
}
