//! Folding text to the width that there is.

use std::io::IsTerminal;

/// Longer lines are not read with ease, however wide the terminal is.
const WIDEST: usize = 96;
/// Below this the labels of a card stand on lines of their own.
const NARROW: usize = 64;
/// Narrower than this nothing can be shown well; then the terminal breaks the lines.
const LEAST: usize = 24;
/// Columns for the labels of a card.
const LABELS: usize = 16;

/// How wide lines may be.
#[derive(Clone, Copy, Debug)]
pub struct Fold {
    width: usize,
}

impl Fold {
    /// For stdout: `COLUMNS` where that is set, else the terminal's width; where there is no terminal, the widest.
    pub fn stdout() -> Fold {
        Fold::of(std::io::stdout().is_terminal())
    }

    /// The same for stderr.
    pub fn stderr() -> Fold {
        Fold::of(std::io::stderr().is_terminal())
    }

    fn of(terminal: bool) -> Fold {
        let set = std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.trim().parse().ok());
        let wide = || {
            terminal
                .then(terminal_size::terminal_size)
                .flatten()
                .map(|(width, _)| usize::from(width.0))
        };
        let width: usize = set.or_else(wide).unwrap_or(WIDEST);
        Fold {
            width: width.clamp(LEAST, WIDEST),
        }
    }

    /// A paragraph, with what stands before its first line and before the others, and a line feed after it.
    pub fn wrapped(self, text: &str, first: &str, later: &str) -> String {
        // A grant is copied as it stands: no line ends at a hyphen.
        let options = textwrap::Options::new(self.width)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .initial_indent(first)
            .subsequent_indent(later);
        textwrap::fill(text, options) + "\n"
    }

    /// A label and its lines, the second and later ones below the first, long ones folded.
    pub fn lines(self, text: &mut String, label: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        if self.width < NARROW {
            text.push_str(&format!("  {label}\n"));
            for line in lines {
                text.push_str(&self.wrapped(line, "    ", "      "));
            }
            return;
        }
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let first = format!("  {label:<0$}", LABELS - 2);
            text.push_str(&self.wrapped(line, &first, &" ".repeat(LABELS + 2)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card_line(width: usize) -> String {
        let mut text = String::new();
        let line = "send GET and POST to http://127.0.0.1:9090, /api/v1/query".to_owned();
        Fold { width }.lines(&mut text, "may", &[line, "read".to_owned()]);
        text
    }

    #[test]
    fn a_label_stands_before_its_lines_where_there_is_room() {
        assert_eq!(
            card_line(70),
            "  may           send GET and POST to http://127.0.0.1:9090,\n                  /api/v1/query\n                read\n"
        );
    }

    #[test]
    fn a_label_stands_above_its_lines_where_there_is_none() {
        assert_eq!(
            card_line(40),
            "  may\n    send GET and POST to\n      http://127.0.0.1:9090,\n      /api/v1/query\n    read\n"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [24, 40, 64, 80, 96] {
            for line in card_line(width).lines() {
                assert!(line.chars().count() <= width, "{width}: {line:?}");
            }
        }
    }
}
