//! Comma-separated values. Spreadsheets take a field for a formula by its first character, and what a record quotes was
//! written by strangers: such a field begins with an apostrophe here.

use remit_policy::display_safe;
use serde_json::{Map, Value};

use super::super::chain::MAX_LINE;
use super::super::record::Record;

/// The fields of a record's body that have a column of their own: those that are asked for most.
const COLUMNS: [&str; 27] = [
    "run",
    "step",
    "item",
    "skill",
    "call",
    "plugin",
    "operation",
    "plugin_digest",
    "outcome",
    "capability",
    "action",
    "asked",
    "allowed",
    "code",
    "layer",
    "rule",
    "address",
    "status",
    "bytes_out",
    "bytes_in",
    "state",
    "reason",
    "session",
    "client",
    "agent",
    "answer",
    "arguments",
];

pub(super) fn head() -> String {
    let names = ["seq", "time", "kind"].into_iter().chain(COLUMNS);
    let names: Vec<&str> = names.chain(["more", "hash"]).collect();
    names.join(",") + "\r\n"
}

pub(super) fn line(record: &Record) -> String {
    let mut line = format!(
        "{},{},{}",
        record.seq,
        field(&record.time),
        field(&record.kind)
    );
    for column in COLUMNS {
        line.push(',');
        line.push_str(&value(record.body.get(column)));
    }
    let more: Map<String, Value> = record
        .body
        .iter()
        .filter(|(name, _)| !COLUMNS.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    line.push(',');
    if !more.is_empty() {
        line.push_str(&field(&Value::Object(more).to_string()));
    }
    line.push(',');
    line.push_str(&field(&record.hash));
    line + "\r\n"
}

fn value(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => field(text),
        // Ours are never negative; one that somebody wrote into a log could be.
        Some(other) => field(&other.to_string()),
    }
}

/// One field, quoted where it must be.
fn field(text: &str) -> String {
    let safe = display_safe(text, MAX_LINE);
    let guard = if is_formula(&safe) { "'" } else { "" };
    if guard.is_empty() && !safe.contains([',', '"', '\r', '\n']) {
        return safe;
    }
    format!("\"{guard}{}\"", safe.replace('"', "\"\""))
}

/// What Excel, LibreOffice and Google's sheets take for a formula, with spaces before it and in full width too.
fn is_formula(text: &str) -> bool {
    text.trim_start().starts_with([
        '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_it_must_be_and_is_no_formula() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            (
                "=HYPERLINK(\"http://evil.example\")",
                "\"'=HYPERLINK(\"\"http://evil.example\"\")\"",
            ),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("  =1", "\"'  =1\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            // A line's end is written out, so that a record is a line.
            ("a\r\n=1", "a\\r\\n=1"),
            ("\t=1", "\\t=1"),
            ("\u{202e}x", "\\u{202e}x"),
        ] {
            assert_eq!(field(text), expected, "{text:?}");
        }
    }

    #[test]
    fn each_line_has_as_many_fields_as_the_head() {
        let record: Record = serde_json::from_str(
            r#"{"seq":7,"time":"2026-11-22T13:02:34.123456Z","prev":"00","kind":"decision","call":"c","allowed":false,
               "status":404,"asked":"=cmd|'/c calc'!A1","note":"x","hash":"ab"}"#,
        )
        .unwrap();
        let line = line(&record);
        let commas = |text: &str| text.matches(',').count();
        assert_eq!(commas(&head()), commas(&line));
        assert!(
            line.starts_with("7,2026-11-22T13:02:34.123456Z,decision,,,,,c,"),
            "{line}"
        );
        assert!(line.contains(",\"'=cmd|'/c calc'!A1\",false,"), "{line}");
        assert!(
            line.ends_with(",\"{\"\"note\"\":\"\"x\"\"}\",ab\r\n"),
            "{line}"
        );
    }

    #[test]
    fn a_session_has_its_client_in_a_column() {
        let record: Record = serde_json::from_str(
            r#"{"seq":1,"time":"t","prev":"00","kind":"session-started","session":"s-1","client":"=codex","hash":"ab"}"#,
        )
        .unwrap();
        let (head, line) = (head(), line(&record));
        let of = |name: &str| {
            let at = head.trim().split(',').position(|it| it == name).unwrap();
            line.split(',').nth(at).unwrap().to_owned()
        };
        assert_eq!(
            (of("session").as_str(), of("client").as_str()),
            ("s-1", "\"'=codex\"")
        );
    }
}
