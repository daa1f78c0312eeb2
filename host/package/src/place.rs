//! Where in a text file something stands.

use std::fmt;
use std::ops::Range;

/// A place in a file that a person wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, as it is shown: relative to the skill where it is inside it.
    pub file: String,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// The key, as a dotted path: `plugins.mail.operations`.
    pub key: Option<String>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Place {
        Place {
            file: file.into(),
            ..Place::default()
        }
    }

    /// The place where a byte range of `text` begins.
    pub(crate) fn span(file: &str, text: &str, span: &Range<usize>) -> Place {
        let (line, column) = line_and_column(text, span.start);
        Place {
            file: file.to_owned(),
            line: Some(line),
            column: Some(column),
            key: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

/// Line and column, both from 1, of a byte offset; past the end is the end.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        assert_eq!(line_and_column("", 0), (1, 1));
        assert_eq!(line_and_column("a\nbc", 3), (2, 2));
        assert_eq!(line_and_column("é=1", 2), (1, 2));
        assert_eq!(line_and_column("é=1", 1), (1, 1), "inside a character");
        assert_eq!(line_and_column("a\n", 99), (2, 1), "past the end");
    }
}
