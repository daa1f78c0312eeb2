//! The lines of skill.toml that write a grant.

use remit_policy::display_safe;

use super::model::Line;

/// More than this is looked up in the file.
const MAX_LINES: usize = 24;
const MAX_CHARS: usize = 300;

/// The table that begins on a line, or the line alone where it is a value.
pub(crate) fn of(lines: &[String], line: Option<usize>) -> Vec<Line> {
    let Some(first) = line.and_then(|line| line.checked_sub(1)) else {
        return Vec::new();
    };
    let Some(head) = lines.get(first) else {
        return Vec::new();
    };
    let is_head = |text: &str| text.trim_start().starts_with('[');
    let mut end = first + 1;
    if is_head(head) {
        // A line of an array may begin with a bracket too, but is indented.
        while let Some(text) = lines.get(end) {
            if text.starts_with('[') || end - first >= MAX_LINES {
                break;
            }
            end += 1;
        }
        // What stands above the next table belongs to that.
        while end > first + 1
            && lines.get(end - 1).is_some_and(|text| {
                let text = text.trim();
                text.is_empty() || text.starts_with('#')
            })
        {
            end -= 1;
        }
    }
    (first..end)
        .filter_map(|index| {
            Some(Line {
                number: index + 1,
                text: display_safe(lines.get(index)?, MAX_CHARS),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[plugins.a]\ncomponent = \"a\"\n\n[[plugins.a.http]]\norigin = \"o\"\npaths = [\n  \"/a\",\n]\n# about the next\n\n[[steps]]\nid = \"x\"\n";

    fn numbers(line: usize) -> Vec<usize> {
        let lines: Vec<String> = TEXT.lines().map(str::to_owned).collect();
        of(&lines, Some(line))
            .iter()
            .map(|line| line.number)
            .collect()
    }

    #[test]
    fn a_table_is_shown_to_its_end_and_a_value_alone() {
        assert_eq!(numbers(4), [4, 5, 6, 7, 8]);
        assert_eq!(numbers(2), [2]);
        assert_eq!(numbers(11), [11, 12]);
        assert_eq!(numbers(99), [] as [usize; 0]);
        assert_eq!(numbers(0), [] as [usize; 0]);
    }

    #[test]
    fn a_hostile_line_is_safe_and_a_long_table_is_cut() {
        let mut lines = vec!["[a]".to_owned(), "\u{1b}[2J\u{202e}".repeat(500)];
        lines.extend((0..100).map(|n| format!("k{n} = 1")));
        let shown = of(&lines, Some(1));
        assert_eq!(shown.len(), MAX_LINES);
        assert!(!shown[1].text.contains(['\u{1b}', '\u{202e}']));
        assert!(shown[1].text.chars().count() <= MAX_CHARS);
    }
}
