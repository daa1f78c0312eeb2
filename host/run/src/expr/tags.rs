//! Where the tags of a template are. It must see exactly what minijinja's own lexer sees: guard.rs relies on it.

use std::ops::Range;

/// One tag of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// `{% … %}`, and not `{{ … }}`.
    pub(super) is_statement: bool,
    /// What is between the marks, those of whitespace control left out.
    pub(super) inside: Range<usize>,
}

/// The tags of a text. Comments and what is between `{% raw %}` and `{% endraw %}` are none.
pub(super) fn tags(source: &str) -> Vec<Tag> {
    let bytes = source.as_bytes();
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = find(bytes, at, b"{") {
        let mark = bytes.get(start + 1).copied();
        at = start + 1;
        if !matches!(mark, Some(b'{' | b'%' | b'#')) {
            continue;
        }
        let begin = skip_control(bytes, start + 2);
        if mark == Some(b'#') {
            at = find(bytes, begin, b"#}").map_or(bytes.len(), |end| end + 2);
            continue;
        }
        let is_statement = mark == Some(b'%');
        if is_statement && let Some(after) = basic_tag(bytes, begin, b"raw") {
            at = end_of_raw(bytes, after);
            continue;
        }
        let (end, after) = end_of_tag(bytes, begin, if is_statement { b"%}" } else { b"}}" });
        tags.push(Tag {
            is_statement,
            inside: begin..end,
        });
        at = after;
    }
    tags
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let at = rest
        .windows(wanted.len())
        .position(|window| window == wanted)?;
    Some(from + at)
}

fn starts(bytes: &[u8], at: usize, with: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(with))
}

/// Past a mark of whitespace control.
fn skip_control(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'-' | b'+') => at + 1,
        _ => at,
    }
}

fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Where a tag ends that holds this word only, if one begins (after its `{%`) at `at`.
fn basic_tag(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let at = skip_blanks(bytes, at);
    if !starts(bytes, at, word) {
        return None;
    }
    let at = skip_control(bytes, skip_blanks(bytes, at + word.len()));
    starts(bytes, at, b"%}").then_some(at + 2)
}

fn end_of_raw(bytes: &[u8], mut at: usize) -> usize {
    while let Some(start) = find(bytes, at, b"{%") {
        at = start + 2;
        if let Some(end) = basic_tag(bytes, skip_control(bytes, at), b"endraw") {
            return end;
        }
    }
    bytes.len()
}

/// Where the inside of a tag ends, and where what follows it begins. Neither in quotes nor in brackets does it end.
fn end_of_tag(bytes: &[u8], begin: usize, mark: &[u8]) -> (usize, usize) {
    let mut at = begin;
    let mut open = 0isize;
    while let Some(byte) = bytes.get(at) {
        if open == 0 {
            let control = skip_control(bytes, at);
            if starts(bytes, control, mark) {
                return (at, control + mark.len());
            }
            if starts(bytes, at, mark) {
                return (at, at + mark.len());
            }
        }
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open -= 1,
            b'"' | b'\'' => at = end_of_text(bytes, at + 1, *byte),
            _ => {}
        }
        at += 1;
    }
    (bytes.len(), bytes.len())
}

/// Where the closing quote stands.
fn end_of_text(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            byte if *byte == quote => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(source: &str) -> Vec<&str> {
        let tags = tags(source);
        tags.iter().map(|tag| &source[tag.inside.clone()]).collect()
    }

    #[test]
    fn tags_are_where_minijinja_sees_them() {
        for (source, inside) in [
            ("a {{ b }} c {%- d -%} e", &[" b ", " d "][..]),
            ("{{+ b +}}{{b-}}", &[" b ", "b"]),
            ("{{{'a': {'b': 1}}}}{% c %}", &["{'a': {'b': 1}}", " c "]),
            ("{{ '}}' ~ \"\\\"}}\" }}x", &[" '}}' ~ \"\\\"}}\" "]),
            ("{% set x = {'a': '%}'} %}", &[" set x = {'a': '%}'} "]),
            ("{# {{ a }} #}{{ b }}{#-#}{#}#}", &[" b "]),
            ("{% raw %}{{ a }}{%- endraw -%}{{ b }}", &[" b "]),
            ("{%-raw-%}{% a {% endraw %}{{ b }}", &[" b "]),
            ("{% raw x %}{{ b }}", &[" raw x ", " b "]),
            ("{ { a } } {", &[]),
            ("{{ open", &[" open"]),
        ] {
            assert_eq!(seen(source), inside, "{source}");
        }
    }
}
