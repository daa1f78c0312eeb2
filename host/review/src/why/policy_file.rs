//! The operator's policy.toml: where a rule of it stands.

use std::path::PathBuf;

use remit_package::{Dirs, read_file};
use remit_policy::{Grant, Layer, display_safe};

use crate::report::Line;

const FILE: &str = "policy.toml";
const MAX: u64 = 1 << 20;

fn path(dirs: &Dirs) -> PathBuf {
    dirs.config.join(FILE)
}

/// Its path, safe to show.
pub(super) fn shown(dirs: &Dirs) -> String {
    crate::skills::shown(&path(dirs))
}

/// Where a rule stands, and its line; no line if it is not there any more.
pub(super) fn line_of(dirs: &Dirs, rule: &str) -> (String, Vec<Line>) {
    let text = read_file(&path(dirs), MAX)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let found = text.as_deref().and_then(|text| {
        let mut lines = text.lines().enumerate();
        lines.find(|(_, line)| strings(line).iter().any(|text| says(text, rule)))
    });
    match found {
        Some((index, line)) => {
            let line = Line {
                number: index + 1,
                text: display_safe(line, 300),
            };
            (format!("{}:{}", shown(dirs), index + 1), vec![line])
        }
        None => (shown(dirs), Vec::new()),
    }
}

/// Whether a text is that rule, in whichever spelling.
fn says(text: &str, rule: &str) -> bool {
    text == rule || Grant::parse(Layer::Policy, text).is_ok_and(|grant| grant.to_string() == rule)
}

/// The strings of one line of TOML.
fn strings(line: &str) -> Vec<String> {
    fn collect(value: &toml::Value, out: &mut Vec<String>) {
        match value {
            toml::Value::String(text) => out.push(text.clone()),
            toml::Value::Array(values) => values.iter().for_each(|value| collect(value, out)),
            toml::Value::Table(table) => table.values().for_each(|value| collect(value, out)),
            _ => {}
        }
    }
    // A line is a whole `key = value`, or elements of an array.
    let whole: Result<toml::Table, _> = line.parse();
    let elements = || {
        let opened = line
            .trim()
            .trim_start_matches("allow")
            .trim_start()
            .trim_start_matches('=')
            .trim_start();
        let inner = opened.trim_start_matches('[');
        format!("x = [{}\n]", inner.trim_end().trim_end_matches(']'))
    };
    let mut out = Vec::new();
    if let Ok(table) = whole.or_else(|_| elements().parse()) {
        table.values().for_each(|value| collect(value, &mut out));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_in_any_of_its_spellings() {
        let home = tempfile::tempdir().unwrap();
        let dirs = Dirs::under(home.path());
        std::fs::create_dir_all(&dirs.config).unwrap();
        let text = "max_effect = \"read\"\nallow = [\"files read * *\",\n  \"http HEAD,GET https://a.example/**\", # why\n]\n";
        std::fs::write(dirs.config.join(FILE), text).unwrap();
        let line = |rule: &str| line_of(&dirs, rule).1.first().map(|line| line.number);
        assert_eq!(line("http GET,HEAD https://a.example/**"), Some(3));
        assert_eq!(line("http GET https://a.example/**"), None);
        let rule = Grant::parse(Layer::Policy, "files read * *").map(|grant| grant.to_string());
        if let Ok(rule) = rule {
            assert_eq!(line(&rule), Some(2));
        }
    }

    #[test]
    fn a_policy_that_is_not_there_holds_no_rule() {
        let home = tempfile::tempdir().unwrap();
        assert!(line_of(&Dirs::under(home.path()), "x").1.is_empty());
    }
}
