//! Filters on text: `cell`, `bytes`, `truncate_words`, `slug`.

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("cell", cell);
    environment.add_filter("bytes", bytes);
    environment.add_filter("truncate_words", truncate_words);
    environment.add_filter("slug", slug);
}

/// Text for one cell of a Markdown table: one line, nothing in it that ends the cell or begins HTML or a link.
fn cell(value: Value) -> String {
    let text = if value.is_none() {
        String::new()
    } else {
        value.to_string()
    };
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            match c {
                '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => {
                    out.push('\\');
                    out.push(c);
                }
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                // Nothing in a cell turns round what stands beside it.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                c if c.is_control() => {}
                c => out.push(c),
            }
        }
    }
    out
}

/// `1536` → `1.5 KiB`.
fn bytes(value: f64) -> String {
    let mut size = value.abs();
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    let sign = if value < 0.0 { "-" } else { "" };
    if unit == "B" || size >= 100.0 {
        format!("{sign}{size:.0} {unit}")
    } else {
        format!("{sign}{size:.1} {unit}")
    }
}

/// The first `n` words on one line, with `…` (or `end`) where some are left out.
fn truncate_words(text: &str, n: usize, kwargs: Kwargs) -> Result<String, Error> {
    let end: Option<&str> = kwargs.get("end")?;
    kwargs.assert_all_used()?;
    let mut words = text.split_whitespace();
    let mut out = String::new();
    for word in words.by_ref().take(n) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if words.next().is_some() {
        out.push_str(end.unwrap_or("…"));
    }
    Ok(out)
}

/// A name for a file: small letters and digits with `-` between, at most 80 characters. Never empty.
fn slug(text: &str) -> Result<String, Error> {
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if out.chars().count() >= 80 {
            break;
        }
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "there is no letter or digit to make a slug of",
        ));
    }
    Ok(out.to_owned())
}
