//! What is different in what a plugin asks for.

use remit_package::NeedText;
use remit_policy::{
    ConfigValue, FilesGrant, Grant, HostPath, HostPattern, HttpGrant, Layer, OriginPattern,
    PortPattern, SchemePattern,
};

use super::{Found, Mark, Weight, safe};

/// A need as it was written, read where it can be.
struct Need<'a> {
    text: &'a NeedText,
    grant: Option<Grant>,
}

pub(super) fn compare(found: &mut Found, then: &[NeedText], now: &[NeedText]) {
    if then.is_empty() && !now.is_empty() {
        let what = "it says now what it needs; before, only the grants bound it".to_owned();
        found.say(Mark::Changed, Weight::Text, what);
    }
    if now.is_empty() && !then.is_empty() {
        let what = "it no longer says what it needs: only the grants bind it".to_owned();
        found.say(Mark::Removed, Weight::Need, what);
        return;
    }
    let read = |text| Need {
        text,
        grant: Grant::parse(Layer::Need, &text.grant).ok(),
    };
    let mut gone: Vec<Need<'_>> = then.iter().map(read).collect();
    let mut fresh: Vec<Need<'_>> = Vec::new();
    for need in now.iter().map(read) {
        let same = |old: &Need<'_>| match (&old.grant, &need.grant) {
            (Some(a), Some(b)) => a == b,
            _ => old.text.grant == need.text.grant,
        };
        let Some(at) = gone.iter().position(same) else {
            fresh.push(need);
            continue;
        };
        let old = gone.swap_remove(at);
        if old.text.reason != need.text.reason {
            let what = format!(
                "reason of the need {}: “{}”, was “{}”",
                safe(&need.text.grant),
                safe(&need.text.reason),
                safe(&old.text.reason)
            );
            found.say(Mark::Changed, Weight::Text, what);
        }
    }
    for need in fresh {
        say_fresh(found, &need, &mut gone);
    }
    for need in gone {
        let what = format!("need {}", safe(&need.text.grant));
        found.say(Mark::Removed, Weight::Less, what);
    }
}

/// A need that there was not: wider or narrower than one that went, another of the same thing, or new.
fn say_fresh(found: &mut Found, need: &Need<'_>, gone: &mut Vec<Need<'_>>) {
    let relation = |old: &Need<'_>| match (&need.grant, &old.grant) {
        (Some(new), Some(old)) => Relation::of(new, old),
        _ => Relation::None,
    };
    let best = gone
        .iter()
        .enumerate()
        .map(|(at, old)| (relation(old), at))
        .filter(|(relation, _)| *relation != Relation::None)
        .min();
    let Some((relation, at)) = best else {
        let what = format!(
            "need {} “{}”",
            safe(&need.text.grant),
            safe(&need.text.reason)
        );
        found.say(Mark::Added, Weight::Need, what);
        return;
    };
    let old = gone.swap_remove(at);
    let (is, was) = (&need.text.grant, &old.text.grant);
    let stars = |text: &str| text.matches('*').count();
    let wild = match stars(is) > stars(was) {
        true => "; a wildcard where there was a name",
        false => "",
    };
    let (mark, weight, word) = match relation {
        Relation::Wider => (Mark::Added, Weight::Need, "widened"),
        Relation::Narrower => (Mark::Removed, Weight::Less, "narrowed"),
        Relation::Another | Relation::None => (Mark::Changed, Weight::Need, "changed"),
    };
    let what = format!("need {word}: {}, was {}{wild}", safe(is), safe(was));
    found.say(mark, weight, what);
}

/// How a new need stands to an old one, the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    Wider,
    Narrower,
    /// Of the same server, folder, value or secret.
    Another,
    None,
}

impl Relation {
    fn of(new: &Grant, old: &Grant) -> Relation {
        if covers(new, old) {
            Relation::Wider
        } else if covers(old, new) {
            Relation::Narrower
        } else if same_thing(new, old) {
            Relation::Another
        } else {
            Relation::None
        }
    }
}

fn same_thing(a: &Grant, b: &Grant) -> bool {
    match (a, b) {
        (Grant::Http(a), Grant::Http(b)) => a.origin == b.origin,
        (Grant::Files(a), Grant::Files(b)) => a.mount == b.mount,
        (Grant::Config(a), Grant::Config(b)) => a.key == b.key,
        (Grant::Secret(a), Grant::Secret(b)) => a.name == b.name,
        _ => false,
    }
}

/// Whether the first asks for all that the second asks for. Errs on the side of no.
fn covers(a: &Grant, b: &Grant) -> bool {
    match (a, b) {
        (Grant::Http(a), Grant::Http(b)) => covers_http(a, b),
        (Grant::Files(a), Grant::Files(b)) => covers_files(a, b),
        (Grant::Config(a), Grant::Config(b)) => {
            a.key == b.key && (a.value == ConfigValue::Any || a.value == b.value)
        }
        (Grant::Secret(a), Grant::Secret(b)) => {
            let text = |a: &str, b: &str| a == "*" || a == b;
            text(&a.name, &b.name)
                && text(&a.header, &b.header)
                && text(&a.format, &b.format)
                && covers_origin(&a.origin, &b.origin)
        }
        _ => false,
    }
}

fn covers_http(a: &HttpGrant, b: &HttpGrant) -> bool {
    let paths = |grant: &HttpGrant| -> Vec<Vec<String>> {
        let split = |path: &remit_policy::PathPattern| {
            let text = path.to_string();
            text.trim_start_matches('/')
                .split('/')
                .map(str::to_owned)
                .collect()
        };
        grant.paths.iter().map(split).collect()
    };
    let mine = paths(a);
    b.methods.iter().all(|method| a.methods.contains(method))
        && covers_origin(&a.origin, &b.origin)
        && paths(b)
            .iter()
            .all(|path| mine.iter().any(|wide| covers_path(wide, path)))
}

/// `**` stands for any number of names, `*` for one. Filled row by row, so that many `**` cost no more than a few.
fn covers_path(wide: &[String], path: &[String]) -> bool {
    // Whether what is left of `wide` covers what is left of `path`, by how much of `path` is taken.
    let mut after = vec![false; path.len() + 1];
    if let Some(end) = after.last_mut() {
        *end = true;
    }
    for segment in wide.iter().rev() {
        let mut row = vec![false; path.len() + 1];
        let mut later = false;
        for taken in (0..=path.len()).rev() {
            let here = after.get(taken).copied().unwrap_or_default();
            let next = after.get(taken + 1).copied().unwrap_or_default();
            let covered = match (segment.as_str(), path.get(taken).map(String::as_str)) {
                ("**", _) => here || later,
                (_, None) | (_, Some("**")) => false,
                ("*", Some(_)) => next,
                (name, Some(other)) => name == other && next,
            };
            later = covered;
            if let Some(cell) = row.get_mut(taken) {
                *cell = covered;
            }
        }
        after = row;
    }
    after.first().copied().unwrap_or_default()
}

fn covers_origin(a: &OriginPattern, b: &OriginPattern) -> bool {
    if a == b {
        return true;
    }
    let OriginPattern::Fixed { scheme, host, port } = a else {
        return false;
    };
    let any =
        *scheme == SchemePattern::Any && *host == HostPattern::Any && *port == PortPattern::Any;
    let OriginPattern::Fixed {
        scheme: scheme2,
        host: host2,
        port: port2,
    } = b
    else {
        // Whatever is configured is some server.
        return any;
    };
    (*scheme == SchemePattern::Any || scheme == scheme2)
        && covers_host(host, host2)
        && (*port == PortPattern::Any || port == port2)
}

fn covers_host(a: &HostPattern, b: &HostPattern) -> bool {
    match (a, b) {
        (HostPattern::Any, _) => true,
        (HostPattern::Below(base), HostPattern::Name(name) | HostPattern::Below(name)) => {
            name == base && matches!(b, HostPattern::Below(_))
                || name
                    .strip_suffix(base.as_str())
                    .is_some_and(|labels| labels.len() > 1 && labels.ends_with('.'))
        }
        _ => a == b,
    }
}

/// Limits stand in grants only.
fn covers_files(a: &FilesGrant, b: &FilesGrant) -> bool {
    a.access >= b.access && (a.path == HostPath::Any || a.path == b.path) && a.mount == b.mount
}
