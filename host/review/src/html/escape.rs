//! The one writer of the page. What is not written by this crate goes through `text`.

use remit_policy::display_safe;

/// The longest text that is shown whole.
const MAX_TEXT: usize = 2_000;

#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// Markup that this crate wrote.
    pub(super) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Any text, in an element or in an attribute between double quotes.
    pub(super) fn text(&mut self, text: &str) {
        self.0.push_str(&escaped(text));
    }

    /// An element with a text in it. `attributes` is markup, with a space before it.
    pub(super) fn element(&mut self, name: &str, attributes: &str, text: &str) {
        self.raw(&format!("<{name}{attributes}>"));
        self.text(text);
        self.raw(&format!("</{name}>"));
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// A text as HTML shows it: no markup, no hidden characters, nothing that turns what follows around.
pub(super) fn escaped(text: &str) -> String {
    let safe = display_safe(text, MAX_TEXT);
    let mut out = String::with_capacity(safe.len());
    for c in safe.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            c => out.push(c),
        }
    }
    out
}

/// JSON text that no HTML reader takes for the end of the script or the beginning of another: `<` and the like stand in
/// its strings only, where an escape means the same.
pub(super) fn in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)))
            }
            c => out.push(c),
        }
    }
    out
}

/// `12,345`
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 run`, `2 runs`
pub(super) fn count(many: u64, of: &str) -> String {
    match many {
        1 => format!("1 {of}"),
        _ => format!("{} {of}s", number(many)),
    }
}

/// `2026-11-22 13:02:34`, all of it UTC.
pub(super) fn moment(time: &str) -> String {
    let seconds = time.get(..19).unwrap_or(time);
    seconds.replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup_or_turns_around() {
        let hostile = "</script><img src=x onerror=\"alert('1')\">&`\u{202e}\u{1b}[2J\u{200b}";
        let shown = escaped(hostile);
        assert!(
            !shown.contains(['<', '>', '"', '\'', '`', '\u{202e}', '\u{1b}', '\u{200b}']),
            "{shown}"
        );
        assert_eq!(escaped("a & b"), "a &amp; b");
    }

    #[test]
    fn json_in_a_script_is_the_same_json_and_no_tag() {
        let value = serde_json::json!({"a": "</script><!--<script>&\u{2028}", "b": [1, "<"]});
        let text = in_script(&value.to_string());
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }

    #[test]
    fn figures_are_read_with_ease() {
        assert_eq!(
            [number(7), number(1234), number(1_234_567)],
            ["7", "1,234", "1,234,567"]
        );
        assert_eq!(count(1, "run"), "1 run");
        assert_eq!(count(1000, "run"), "1,000 runs");
        assert_eq!(moment("2026-11-22T13:02:34.123456Z"), "2026-11-22 13:02:34");
        assert_eq!(moment("x"), "x");
    }
}
