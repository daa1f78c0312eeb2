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
            "{} {} started, approval {}{}",
            paint.bold("run"),
            text("run"),
            text("approval"),
            record
                .text("agent")
                .map(|agent| format!(", by {agent} in session {}", text("session")))
                .unwrap_or_default()
        ),
        "run-finished" => format!(
            "{} {} {} in {} ms{}",
            paint.bold("run"),
            text("run"),
            text("state"),
            number("milliseconds"),
            not_followed(record)
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
        "asked" => format!(
            "asked about {}: {}{}{}",
            text("about"),
            text("answer"),
            record
                .text("by")
                .map(|by| format!(", {by}"))
                .unwrap_or_default(),
            record
                .text("arguments")
                .map(|digest| paint.dim(&format!("  for {}", crate::card::short(digest))))
                .unwrap_or_default()
        ),
        "session-started" => format!(
            "{} {}: {} {} came over {} ({}), is served {}",
            paint.bold("session"),
            text("session"),
            text("client"),
            text("version"),
            text("transport"),
            text("protocol"),
            list(record, "skills")
        ),
        "session-finished" => format!(
            "{} {} is over after {} calls in {} ms",
            paint.bold("session"),
            text("session"),
            number("calls"),
            number("milliseconds")
        ),
        "step" => format!(
            "step {} {} by the {}{}",
            text("step"),
            text("state"),
            text("by"),
            match number("order") {
                0 => String::new(),
                order => format!(", as number {order}"),
            }
        ),
        "approved" => format!(
            "{} approved {}{}",
            text("who"),
            text("skill"),
            match record.body.get("agents").and_then(Value::as_bool) {
                Some(true) => ", and that agents do its writes without asking",
                Some(false) => "; agents are asked about its writes again",
                None => "",
            }
        ),
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

/// A list of texts, the first few.
fn list(record: &Record, field: &str) -> String {
    const SHOWN: usize = 8;
    let all = record.body.get(field).and_then(Value::as_array);
    let all = all.map(Vec::as_slice).unwrap_or_default();
    let shown: Vec<&str> = all.iter().take(SHOWN).filter_map(Value::as_str).collect();
    match all.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
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

/// What an agent did otherwise than the procedure says.
fn not_followed(record: &Record) -> String {
    let Some(procedure) = record.body.get("procedure") else {
        return String::new();
    };
    let steps = |field| {
        let ids = procedure.get(field).and_then(Value::as_array);
        let ids: Vec<_> = ids
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        ids.join(", ")
    };
    let mut said = String::new();
    for (word, ids) in [
        ("skipped", steps("skipped")),
        ("out of order", steps("reordered")),
    ] {
        if !ids.is_empty() {
            said.push_str(&format!("; {word}: {ids}"));
        }
    }
    said
}
