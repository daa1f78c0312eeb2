//! Narrower patterns of paths, from the paths that were asked for.
//!
//! A wildcard gives way to the names that stood in its place, by these rules. A name that looks like an id stays `*`:
//! only digits, or eight characters and more with a digit among them, or more than 32 characters, or with `%`, `@` or
//! `:`. So does a place where more than three other names were seen: they are ids too, whatever they look like. Where
//! eight patterns are not enough, or a pattern has two `**`, it stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use remit_policy::{Layer, PathPattern};

/// Names in one place that are still told apart.
const MAX_NAMES: usize = 3;
/// Patterns in place of one.
const MAX_PATTERNS: usize = 8;

/// A pattern that was bound to a run's inputs, and a path that it covered.
pub(super) struct Asked<'a> {
    pub(super) bound: &'a str,
    pub(super) path: &'a str,
}

/// What becomes of a pattern: nothing at all if no path was asked for that it may have covered.
pub(super) fn narrow(written: &str, asked: &[Asked<'_>]) -> Vec<String> {
    let names: Vec<&str> = names(written);
    let mut seen: Vec<Vec<Vec<String>>> = Vec::new();
    let mut unclear = false;
    for one in asked
        .iter()
        .filter(|one| may_be(&names, &self::names(one.bound)))
    {
        match values(&self::names(one.bound), one.path) {
            Values::Of(values) => seen.push(values),
            Values::Unclear => unclear = true,
            Values::None => {}
        }
    }
    if unclear {
        return vec![written.to_owned()];
    }
    if seen.is_empty() {
        return Vec::new();
    }
    let shapes = shapes(seen);
    let patterns: BTreeSet<String> = shapes.iter().map(|shape| fill(&names, shape)).collect();
    let valid = |text: &String| PathPattern::parse(Layer::Grant, text).is_ok();
    if patterns.len() > MAX_PATTERNS || !patterns.iter().all(valid) {
        return vec![written.to_owned()];
    }
    patterns.into_iter().collect()
}

/// Whether every path that the first pattern covers is covered by the second.
pub(super) fn within(new: &str, old: &str) -> bool {
    fn rest(new: &[&str], old: &[&str]) -> bool {
        match (new.split_first(), old.split_first()) {
            (None, None) => true,
            (_, Some((&"**", old_rest))) => {
                rest(new, old_rest)
                    || new
                        .split_first()
                        .is_some_and(|(_, new_rest)| rest(new_rest, old))
            }
            // An input may stand for several names.
            (Some((one, new)), Some((&"*", old))) => {
                *one != "**" && !one.starts_with("{inputs.") && !one.is_empty() && rest(new, old)
            }
            (Some((a, new)), Some((b, old))) => a == b && rest(new, old),
            _ => false,
        }
    }
    rest(&names(new), &names(old))
}

fn names(pattern: &str) -> Vec<&str> {
    pattern
        .strip_prefix('/')
        .unwrap_or(pattern)
        .split('/')
        .collect()
}

fn is_wild(name: &str) -> bool {
    matches!(name, "*" | "**")
}

/// Whether the second can be the first with inputs in the place of their names.
fn may_be(written: &[&str], bound: &[&str]) -> bool {
    match (written.split_first(), bound.split_first()) {
        (None, None) => true,
        (Some((name, after)), Some((value, rest))) if name.starts_with("{inputs.") => {
            // One name or more.
            !is_wild(value) && (may_be(after, rest) || may_be(written, rest))
        }
        (Some((a, after)), Some((b, rest))) => a == b && may_be(after, rest),
        _ => false,
    }
}

enum Values {
    /// For each wildcard, the names in its place.
    Of(Vec<Vec<String>>),
    /// The pattern does not cover the path.
    None,
    /// It can be read in two ways.
    Unclear,
}

fn values(bound: &[&str], path: &str) -> Values {
    if bound.iter().filter(|name| **name == "**").count() > 1 {
        return match bound.is_empty() {
            true => Values::None,
            false => Values::Unclear,
        };
    }
    let asked = names(path);
    // How many names the one `**` stands for.
    let Some(many) = (asked.len() + usize::from(bound.contains(&"**"))).checked_sub(bound.len())
    else {
        return Values::None;
    };
    let mut left = asked.as_slice();
    let mut values = Vec::new();
    for name in bound {
        let taken = match *name {
            "**" => many,
            _ => 1,
        };
        let Some((these, rest)) = left.split_at_checked(taken) else {
            return Values::None;
        };
        left = rest;
        let fits = match *name {
            "**" => true,
            "*" => these.iter().all(|value| !value.is_empty()),
            literal => these
                .iter()
                .all(|value| literal.replace("{*}", "*") == **value),
        };
        if !fits {
            return Values::None;
        }
        if is_wild(name) {
            values.push(these.iter().map(|value| (*value).to_owned()).collect());
        }
    }
    match left.is_empty() {
        true => Values::Of(values),
        false => Values::None,
    }
}

/// The names in the places of wildcards, those that are ids as `*`, without repetition.
fn shapes(seen: Vec<Vec<Vec<String>>>) -> BTreeSet<Vec<Vec<String>>> {
    // Of as many names each, so that places can be compared.
    let mut groups: BTreeMap<Vec<usize>, Vec<Vec<Vec<String>>>> = BTreeMap::new();
    for values in seen {
        let lengths = values.iter().map(Vec::len).collect();
        groups.entry(lengths).or_default().push(values);
    }
    let mut shapes = BTreeSet::new();
    for (lengths, group) in groups {
        let mut found: Vec<Vec<BTreeSet<&str>>> = lengths
            .iter()
            .map(|length| vec![BTreeSet::new(); *length])
            .collect();
        for values in &group {
            for (places, values) in found.iter_mut().zip(values) {
                for (place, value) in places.iter_mut().zip(values) {
                    if !is_id(value) {
                        place.insert(value);
                    }
                }
            }
        }
        for values in &group {
            let shape = values.iter().zip(&found).map(|(values, places)| {
                let one = |(value, place): (&String, &BTreeSet<&str>)| {
                    let general = !value.is_empty() && (is_id(value) || place.len() > MAX_NAMES);
                    match general {
                        true => "*".to_owned(),
                        false => value.replace('*', "{*}"),
                    }
                };
                values.iter().zip(places).map(one).collect()
            });
            shapes.insert(shape.collect());
        }
    }
    shapes
}

fn is_id(name: &str) -> bool {
    let digit = name.bytes().any(|b| b.is_ascii_digit());
    let only = name.bytes().all(|b| b.is_ascii_digit());
    (digit && (only || name.len() >= 8)) || name.len() > 32 || name.contains(['%', '@', ':'])
}

/// The pattern with these names in the places of its wildcards.
fn fill(written: &[&str], shape: &[Vec<String>]) -> String {
    let mut shape = shape.iter();
    let mut pattern = String::new();
    for name in written {
        if !is_wild(name) {
            pattern.push('/');
            pattern.push_str(name);
            continue;
        }
        for value in shape.next().into_iter().flatten() {
            pattern.push('/');
            pattern.push_str(value);
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn narrowed(written: &str, asked: &[(&str, &str)]) -> Vec<String> {
        let asked: Vec<Asked<'_>> = asked
            .iter()
            .map(|(bound, path)| Asked { bound, path })
            .collect();
        narrow(written, &asked)
    }

    /// Of a pattern without inputs.
    fn plain(written: &str, asked: &[&str]) -> Vec<String> {
        let asked: Vec<_> = asked.iter().map(|path| (written, *path)).collect();
        narrowed(written, &asked)
    }

    #[test]
    fn wildcards_give_way_to_the_names_that_were_seen() {
        assert_eq!(plain("/**", &["/a/b", "/a/c"]), ["/a/b", "/a/c"]);
        assert_eq!(plain("/a/*/c", &["/a/b/c"]), ["/a/b/c"]);
        assert_eq!(
            plain("/a/**", &["/a", "/a/", "/a/b"]),
            ["/a", "/a/", "/a/b"]
        );
        assert_eq!(plain("/a/b", &["/a/b"]), ["/a/b"]);
        assert_eq!(plain("/a/**", &["/a/x*y"]), ["/a/x{*}y"]);
    }

    #[test]
    fn ids_stay_general() {
        assert_eq!(plain("/**", &["/items/1", "/items/22"]), ["/items/*"]);
        assert_eq!(plain("/**", &["/v1/2026-W47"]), ["/v1/*"]);
        assert_eq!(plain("/**", &["/u/9f3ab2c1d4", "/u/a%40b"]), ["/u/*"]);
        let words = ["/u/ann", "/u/bob", "/u/cem", "/u/dot"];
        assert_eq!(plain("/u/*", &words), ["/u/*"]);
        assert_eq!(plain("/u/*", &words[..3]), words[..3]);
    }

    #[test]
    fn what_was_not_asked_for_is_dropped_and_what_is_unclear_stays() {
        assert_eq!(plain("/a/*", &["/b/c"]), [] as [&str; 0]);
        assert_eq!(plain("/**/x/**", &["/a/x/b"]), ["/**/x/**"]);
        let many: Vec<String> = (b'a'..=b'z')
            .map(|c| format!("/{0}/{0}/{0}/{0}", c as char).repeat((c - b'a') as usize % 12 + 1))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(plain("/**", &many), ["/**"]);
    }

    #[test]
    fn inputs_stay_inputs() {
        let bound = "/repos/ada/engine/issues/*";
        assert_eq!(
            narrowed(
                "/repos/{inputs.repo}/issues/*",
                &[(bound, "/repos/ada/engine/issues/7")]
            ),
            ["/repos/{inputs.repo}/issues/*"]
        );
        assert_eq!(
            narrowed(
                "/repos/{inputs.repo}/**",
                &[("/repos/ada/engine/**", "/repos/ada/engine/pulls")]
            ),
            ["/repos/{inputs.repo}/pulls"]
        );
        // Bound from another pattern of the grant.
        assert_eq!(
            narrowed("/x/{inputs.repo}", &[(bound, "/repos/ada/engine/issues/7")]),
            [] as [&str; 0]
        );
    }

    #[test]
    fn what_lies_within_what_is_told() {
        for (new, old) in [
            ("/a", "/**"),
            ("/a/*", "/**"),
            ("/a/*", "/a/*"),
            ("/a/b", "/a/*"),
            ("/a/{inputs.x}", "/a/**"),
            ("/a/**", "/**"),
            ("/a", "/a/**"),
            ("/x/y/z", "/**/z"),
        ] {
            assert!(within(new, old), "{new} in {old}");
        }
        for (new, old) in [
            ("/**", "/a"),
            ("/a/**", "/a/*"),
            ("/a/{inputs.x}", "/a/*"),
            ("/a/", "/a/*"),
            ("/b", "/a"),
            ("/a/b/c", "/a/*"),
        ] {
            assert!(!within(new, old), "{new} in {old}");
        }
    }

    fn name() -> impl Strategy<Value = &'static str> {
        prop::sample::select(&["a", "b", "c", "d", "e", "1", "22", "deadbeef1", "x*y", "v1"][..])
    }

    fn wild() -> impl Strategy<Value = &'static str> {
        prop::sample::select(&["a", "b", "1", "x{*}y", "*", "*", "**"][..])
    }

    proptest! {
        #[test]
        fn each_path_that_was_covered_still_is_and_nothing_more(
            pattern in prop::collection::vec(wild(), 1..5),
            paths in prop::collection::vec(prop::collection::vec(name(), 1..6), 1..20),
            other in prop::collection::vec(name(), 1..6),
        ) {
            let written = format!("/{}", pattern.join("/"));
            let parse = |text: &str| PathPattern::parse(Layer::Grant, text).unwrap();
            let old = parse(&written);
            let paths: Vec<String> = paths.iter().map(|names| format!("/{}", names.join("/"))).collect();
            let covered: Vec<&str> = paths.iter().map(String::as_str).filter(|path| old.covers(path)).collect();
            let new = plain(&written, &covered);
            for path in &covered {
                prop_assert!(new.iter().any(|text| parse(text).covers(path)), "{} of {:?}", path, new);
            }
            for text in &new {
                prop_assert!(within(text, &written), "{} in {}", text, written);
            }
            let other = format!("/{}", other.join("/"));
            if new.iter().any(|text| parse(text).covers(&other)) {
                prop_assert!(old.covers(&other), "{}", other);
            }
        }
    }
}
