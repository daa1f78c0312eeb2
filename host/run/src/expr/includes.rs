//! Which templates a template includes, as far as its text tells.

use super::tags::tags;

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

/// Reads the tags of a template that parses.
pub(super) fn includes(source: &str) -> Includes {
    let mut found = Includes::default();
    for tag in tags(source).iter().filter(|tag| tag.is_statement) {
        found.read(source.get(tag.inside.clone()).unwrap_or_default().trim());
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
