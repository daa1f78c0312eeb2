//! One record on one line: number, time, what happened.

use super::log::is_denial;
use crate::output::Paint;
use remit_run::audit::Record;
use serde_json::Value;

/// The line; `callee` is the operation in which a decision was made.
pub(super) fn of(record: &Record, callee: Option<&str>, paint: Paint) -> String {
    format!(
        "{} {}  {}",
        paint.dim(&format!("{:>6}", record.seq)),
        paint.dim(&record.time),
        what(record, callee, paint)
    )
}

fn what(record: &Record, callee: Option<&str>, paint: Paint) -> String {
    let text = |field| record.text(field).unwrap_or_default().to_owned();
    let number = |field| {
        record
            .body
            .get(field)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    match record.kind.as_str() {
        "run-started" => format!(
            "{} {} started, approval {}",
            paint.bold("run"),
            text("run"),
            text("approval")
        ),
        "run-finished" => format!(
            "{} {} {} in {} ms",
            paint.bold("run"),
            text("run"),
            text("state"),
            number("milliseconds")
        ),
        "decision" => decision(record, callee, paint),
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
        "revoked" => format!(
            "{} withdrew the approval of {} that {} gave",
            text("who"),
            text("skill"),
            text("approved_by")
        ),
        "installed" => format!(
            "installed the {} {} {}{} from {}, {}",
            text("what"),
            text("name"),
            text("version"),
            record
                .text("was")
                .map(|was| format!(" in place of {was}"))
                .unwrap_or_default(),
            text("source"),
            record
                .text("signer")
                .map_or_else(|| "unsigned".to_owned(), |by| format!("signed by {by}"))
        ),
        "removed" => format!("removed {}", text("name")),
        "described" => format!(
            "{} described itself: {}, {} denied",
            text("plugin_digest"),
            text("outcome"),
            number("denied")
        ),
        other => format!("{other} {}", Value::Object(record.body.clone())),
    }
}

fn decision(record: &Record, callee: Option<&str>, paint: Paint) -> String {
    let text = |field| record.text(field).unwrap_or_default();
    let verdict = if is_denial(record) {
        paint.error("denied")
    } else {
        paint.good("allowed")
    };
    // Without one, the call never ended: the process was killed in it.
    let callee = callee
        .map(|callee| format!("{callee} "))
        .unwrap_or_default();
    let code = record
        .text("code")
        .map(|code| format!(" [{code}]"))
        .unwrap_or_default();
    let rule = record
        .text("rule")
        .map(|rule| paint.dim(&format!("  by {rule}")))
        .unwrap_or_default();
    format!(
        "{verdict} {callee}{} {} {}{code}{rule}",
        text("capability"),
        text("action"),
        text("asked")
    )
}
