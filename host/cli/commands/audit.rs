//! `remit audit log` and `remit audit verify`: they read, and change nothing.

use crate::args::{AuditCommand, AuditLogArgs, AuditVerifyArgs};
use crate::output::{self, Paint};
use anyhow::Result;
use remit_package::Dirs;
use remit_run::RunError;
use remit_run::audit::{self, Record};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Reads or verifies the log.
pub fn audit(command: AuditCommand) -> Result<ExitCode> {
    match command {
        AuditCommand::Log(args) => log(&args),
        AuditCommand::Verify(args) => verify(args),
    }
}

fn folder() -> Result<PathBuf> {
    Ok(audit::folder(&Dirs::from_env().map_err(RunError::from)?))
}

fn verify(args: AuditVerifyArgs) -> Result<ExitCode> {
    let folder = match args.log {
        Some(folder) => folder,
        None => folder()?,
    };
    let verified = audit::verify(&folder).map_err(RunError::from)?;
    if args.json {
        output::json(
            &json!({ "ok": true, "folder": folder, "verified": verified, "checkpoint": verified.to_string() }),
        );
        return Ok(ExitCode::SUCCESS);
    }
    let paint = output::stdout_paint();
    let mut text = format!(
        "{} {} records hang together in {}\n",
        paint.good("ok:"),
        verified.records,
        folder.display()
    );
    if verified.torn > 0 {
        let _ = writeln!(
            text,
            "{} the last {} bytes are a record that was not finished; the next run cuts them off and records that",
            paint.warn("note:"),
            verified.torn
        );
    }
    let _ = writeln!(text, "{}", paint.dim(&format!("checkpoint {verified}")));
    output::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn log(args: &AuditLogArgs) -> Result<ExitCode> {
    let keep = if args.last == 0 {
        usize::MAX
    } else {
        args.last
    };
    let mut records = VecDeque::new();
    for record in audit::read(folder()?).map_err(RunError::from)? {
        let record = record.map_err(RunError::from)?;
        if !is_wanted(&record, args) {
            continue;
        }
        if records.len() == keep {
            records.pop_front();
        }
        records.push_back(record);
    }
    let paint = output::stdout_paint();
    let mut text = String::new();
    for record in &records {
        let line = if args.json {
            serde_json::to_string(record)?
        } else {
            line(record, paint)
        };
        text.push_str(&line);
        text.push('\n');
    }
    output::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn is_wanted(record: &Record, args: &AuditLogArgs) -> bool {
    // A decision names its call; a call's id begins with its run's.
    let of_run = |run: &String| {
        record.text("run") == Some(run)
            || record
                .text("call")
                .is_some_and(|call| call.starts_with(run.as_str()))
    };
    let of_plugin = |plugin: &String| record.text("plugin") == Some(plugin);
    args.run.as_ref().is_none_or(of_run)
        && args.plugin.as_ref().is_none_or(of_plugin)
        && (!args.denied || is_denial(record))
}

fn is_denial(record: &Record) -> bool {
    record.kind == "refused" || record.body.get("allowed") == Some(&Value::Bool(false))
}

/// One record on one line: number, time, what happened.
fn line(record: &Record, paint: Paint) -> String {
    let text = |field| record.text(field).unwrap_or_default().to_owned();
    let number = |field| {
        record
            .body
            .get(field)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    let what = match record.kind.as_str() {
        "run-started" => format!("{} {}", paint.bold("run"), text("run")),
        "run-finished" => format!(
            "{} {} {} in {} ms",
            paint.bold("run"),
            text("run"),
            text("state"),
            number("milliseconds")
        ),
        "decision" => {
            let verdict = if is_denial(record) {
                paint.error("denied")
            } else {
                paint.good("allowed")
            };
            let code = record
                .text("code")
                .map(|c| format!(" [{c}]"))
                .unwrap_or_default();
            let rule = record
                .text("rule")
                .map(|r| paint.dim(&format!("  by {r}")))
                .unwrap_or_default();
            format!(
                "{verdict} {} {} {}{code}{rule}",
                text("capability"),
                text("action"),
                text("asked")
            )
        }
        "call" => format!(
            "call {}.{} {} in {} µs, {} → {} bytes",
            text("plugin"),
            text("operation"),
            text("outcome"),
            number("microseconds"),
            number("input_bytes"),
            number("output_bytes")
        ),
        "output" => format!("wrote {} ({} bytes)", text("path"), number("bytes")),
        "refused" => format!(
            "{} {} [{}] {}",
            paint.error("refused"),
            text("what"),
            text("code"),
            text("reason")
        ),
        "asked" => format!("asked about {}: {}", text("about"), text("answer")),
        "approved" => format!("{} approved {}", text("who"), text("skill")),
        "described" => format!(
            "{} described itself: {}, {} denied",
            text("plugin_digest"),
            text("outcome"),
            number("denied")
        ),
        other => format!("{other} {}", Value::Object(record.body.clone())),
    };
    format!(
        "{} {}  {what}",
        paint.dim(&format!("{:>6}", record.seq)),
        paint.dim(&record.time)
    )
}
