//! The narrowest change that would let something through, as it would be written.

use remit_package::Dirs;
use remit_policy::{DenialCode, Effect, Grant, Layer, display_safe};
use serde::Serialize;

use super::Rule;
use super::policy_file;
use crate::grant_text::{quoted, toml};
use crate::report;
use crate::skills::{Read, ReadPlugin};

/// A change, and where it would be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opens {
    /// What it is, and where: `a grant, in skills/mail/skill.toml`.
    pub what: String,
    /// As it is written there: TOML, or a command.
    pub text: String,
    /// A grant in the compact form, as `--allow` and `grants` take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compact: Option<String>,
}

impl Opens {
    /// A grant of a skill, or of an author's own call.
    pub(super) fn grant(alias: &str, grant: &Grant, skill: Option<&Read>, in_run: bool) -> Self {
        let compact = display_safe(&grant.to_string(), 2_000);
        if !in_run {
            let text = format!("--allow '{}'", compact.replace('\'', r"'\''"));
            return Self {
                what: "a grant of that call, on its command line".to_owned(),
                text,
                compact: Some(compact),
            };
        }
        let place = skill.map_or_else(|| "skill.toml".to_owned(), |read| read.place(None));
        Self {
            what: format!("a grant, in {place}"),
            text: display_lines(&toml(alias, grant)),
            compact: Some(compact),
        }
    }

    pub(super) fn policy(dirs: &Dirs, exact: &str) -> Self {
        Self {
            what: format!(
                "a line of `allow`, in {}: only the operator may add it",
                policy_file::shown(dirs)
            ),
            text: format!("allow = [\n  # …\n  {},\n]", quoted(exact)),
            compact: Some(exact.to_owned()),
        }
    }

    pub(super) fn need(alias: &str, exact: &str) -> Self {
        Self {
            what: format!(
                "a need of the plugin {alias}: only its author can add it, and it must be built again"
            ),
            text: exact.to_owned(),
            compact: Some(exact.to_owned()),
        }
    }
}

fn display_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| display_safe(line, 2_000)).collect();
    lines.join("\n")
}

/// The rule of a need or policy that covers just what was asked for.
pub(super) fn exactly(capability: &str, asked: &str, _rule: Option<&str>) -> Option<String> {
    let text = match capability {
        "http" => {
            let (method, url) = asked.split_once(' ')?;
            // A query is no part of a rule, and a star in a path is written otherwise.
            let url = url.split('?').next()?;
            let (origin, path) = url.split_at_checked(url.find("://")? + 3)?;
            let host = path.find('/').unwrap_or(path.len());
            let (host, path) = path.split_at_checked(host)?;
            format!("http {method} {origin}{host}{}", path.replace('*', "{*}"))
        }
        "config" => format!(
            "config {}=*",
            asked.strip_prefix("config ").unwrap_or(asked)
        ),
        _ => return None,
    };
    let grant = Grant::parse(Layer::Policy, &text).ok()?;
    Some(display_safe(&grant.to_string(), 2_000))
}

/// The line that lists what a skill may call.
pub(super) fn operations_rule(read: &Read, plugin: &ReadPlugin) -> Rule {
    let used = &plugin.used;
    let line = line_of_key(read, plugin, "operations").or(used.place.line);
    Rule {
        text: format!(
            "operations {} · effect {}",
            used.operations.join(", "),
            used.effect
        ),
        written: None,
        line_then: None,
        place: Some(read.place(line)),
        excerpt: match line_of_key(read, plugin, "operations") {
            Some(line) => one_line(read, line),
            None => report::excerpt(&read.lines, line),
        },
    }
}

fn one_line(read: &Read, line: usize) -> Vec<report::Line> {
    let text = line.checked_sub(1).and_then(|index| read.lines.get(index));
    text.map(|text| report::Line {
        number: line,
        text: display_safe(text, 300),
    })
    .into_iter()
    .collect()
}

/// The line of a key in the plugin's own table.
fn line_of_key(read: &Read, plugin: &ReadPlugin, key: &str) -> Option<usize> {
    let first = plugin.used.place.line?;
    let after = read.lines.iter().enumerate().skip(first);
    let in_table = after.take_while(|(_, text)| !text.trim_start().starts_with('['));
    let mut found = in_table.filter(|(_, text)| {
        let rest = text.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    });
    found.next().map(|(index, _)| index + 1)
}

/// What would have let a call begin.
pub(super) fn for_refusal(
    code: Option<DenialCode>,
    alias: &str,
    operation: &str,
    plugin: Option<(&Read, &ReadPlugin)>,
    what: &str,
) -> Option<Opens> {
    let place = plugin.map_or_else(|| "skill.toml".to_owned(), |(read, _)| read.place(None));
    match code? {
        DenialCode::OperationNotListed => {
            let listed = plugin
                .map(|(_, plugin)| plugin.used.operations.clone())
                .unwrap_or_default();
            let all: Vec<String> = listed
                .iter()
                .map(String::as_str)
                .chain([operation])
                .map(quoted)
                .collect();
            Some(Opens {
                what: format!("one more operation, in {place}"),
                text: format!("[plugins.{alias}]\noperations = [{}]", all.join(", ")),
                compact: None,
            })
        }
        DenialCode::EffectNotGranted => {
            let effect = plugin
                .and_then(|(_, plugin)| plugin.effect(operation))
                .unwrap_or(Effect::Destructive);
            Some(Opens {
                what: format!("the effect of {operation}, in {place}"),
                text: format!("[plugins.{alias}]\neffect = {}", quoted(effect.as_str())),
                compact: None,
            })
        }
        DenialCode::NotApproved => {
            let skill = what.strip_prefix("the skill ").unwrap_or(what);
            Some(Opens {
                what: "a person's approval, after a look at its card".to_owned(),
                text: format!("remit approve {skill}"),
                compact: None,
            })
        }
        _ => None,
    }
}
