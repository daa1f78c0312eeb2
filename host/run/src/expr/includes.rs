//! Which templates a template includes, as far as its text tells.

/// What a template includes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Includes {
    /// By name, in `{% include "x" %}`, `{% import "x" … %}`, `{% from "x" … %}`, `{% extends "x" %}`.
    pub(super) named: Vec<String>,
    /// By name, where it need not be there: `{% include "x" ignore missing %}`.
    pub(super) optional: Vec<String>,
    /// At least one name is computed: it may include any template of the skill.
    pub(super) computed: bool,
}

/// Reads the tags of a template that parses. Comments, `{% raw %}` and texts within expressions are no tags.
pub(super) fn includes(source: &str) -> Includes {
    let mut found = Includes::default();
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix('#') {
            rest = comment.split_once("#}").map_or("", |(_, after)| after);
        } else if let Some(inside) = rest.strip_prefix('{') {
            rest = split_tag(inside, "}}").1;
        } else if let Some(inside) = rest.strip_prefix('%') {
            let (tag, after) = split_tag(inside, "%}");
            rest = after;
            let tag = tag.trim_matches(['-', '+']).trim();
            if tag == "raw" {
                rest = after_raw(after);
            } else {
                found.read(tag);
            }
        }
    }
    found
}

impl Includes {
    fn read(&mut self, tag: &str) {
        let word = |word: &str| {
            let rest = tag.strip_prefix(word)?;
            // `included = 3` is no include.
            (!rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')).then(|| rest.trim())
        };
        let Some(rest) = ["include", "import", "from", "extends"]
            .iter()
            .find_map(|name| word(name))
        else {
            return;
        };
        let Some((name, after)) = literal(rest) else {
            self.computed = true;
            return;
        };
        match after.split_whitespace().next() {
            None | Some("as" | "import" | "with" | "without") => self.named.push(name),
            Some("ignore") => self.optional.push(name),
            // `"a" ~ x`, `"a" if x else "b"`
            Some(_) => self.computed = true,
        }
    }
}

/// A text in quotes without escapes, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, after) = text.get(1..)?.split_once(quote)?;
    (!name.contains('\\')).then(|| (name.to_owned(), after))
}

/// The inside of a tag, and what follows its end; an end within quotes is none.
fn split_tag<'a>(text: &'a str, end: &str) -> (&'a str, &'a str) {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {
                let here = text.get(at..).unwrap_or_default();
                if let Some(after) = here.strip_prefix(end) {
                    return (text.get(..at).unwrap_or_default(), after);
                }
            }
        }
    }
    (text, "")
}

/// What follows `{% endraw %}`.
fn after_raw(text: &str) -> &str {
    let mut rest = text;
    while let Some((_, inside)) = rest.split_once("{%") {
        let (tag, after) = inside.split_once("%}").unwrap_or((inside, ""));
        if tag.trim_matches(['-', '+']).trim() == "endraw" {
            return after;
        }
        rest = inside;
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_included_is_seen_and_what_only_looks_so_is_not() {
        for (source, named, optional, computed) in [
            (
                "{% include 'a' %}{%- import \"b\" as b -%}",
                "a b",
                "",
                false,
            ),
            ("{%include\"a\"%}{%+ from 'b' import x %}", "a b", "", false),
            (
                "{% extends 'a' %}{% include 'b' with context %}",
                "a b",
                "",
                false,
            ),
            ("{% include 'a' ignore missing %}", "", "a", false),
            ("{% include ['a', 'b'] %}", "", "", true),
            ("{% include item.name %}", "", "", true),
            ("{% include 'a' ~ item %}", "", "", true),
            ("{% include 'a' if item else 'b' %}", "", "", true),
            ("{% include 'a\\x62' %}", "", "", true),
            ("{# {% include 'a' %} #}{% include 'b' %}", "b", "", false),
            (
                "{% raw %}{% include 'a' %}{% endraw %}{% include 'b' %}",
                "b",
                "",
                false,
            ),
            (
                "{{ \"{% include 'a' %}\" }}{{ '}}' }}{% include 'b' %}",
                "b",
                "",
                false,
            ),
            (
                "{% set included = 3 %}{% if '%}' %}{% include 'b' %}",
                "b",
                "",
                false,
            ),
            ("{ % include 'a' % } {", "", "", false),
        ] {
            let found = includes(source);
            assert_eq!(found.named.join(" "), named, "{source}");
            assert_eq!(found.optional.join(" "), optional, "{source}");
            assert_eq!(found.computed, computed, "{source}");
        }
    }
}
