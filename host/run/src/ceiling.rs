//! What of a skill goes beyond the operator's policy, before anything of it is run.

use std::fmt;

use remit_package::{Manifest, Place, PluginUse, PolicyFile};
use remit_policy::{Excess, ExcessKind, display_safe};
use serde::Serialize;

use crate::error::RunError;
use crate::host::Host;
use crate::skill::{Finding, OpenSkill};

/// One thing of a skill that goes beyond the operator's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The plugin's name in the skill.
    pub plugin: String,
    /// What: a grant in the compact form, `effect destructive`, `memory 128MiB`.
    pub what: String,
    /// Whether it is forbidden, cannot be decided, or is cut to what there is.
    pub kind: ExcessKind,
    /// Why, in a few words.
    pub reason: String,
    /// Something that it would allow, and the policy does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The skill's file, relative to the skill.
    pub file: String,
    /// Its line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The policy's file.
    pub policy: String,
    /// The line of it that decided, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_line: Option<usize>,
    /// The index of the grant among those of the plugin.
    #[serde(skip)]
    pub(crate) grant: Option<usize>,
}

impl Violation {
    /// Whether nobody can approve it.
    pub fn forbids(&self) -> bool {
        self.kind.forbids()
    }

    /// `policy.toml:7`
    pub fn policy_place(&self) -> String {
        match self.policy_line {
            Some(line) => format!("{}:{line}", self.policy),
            None => self.policy.clone(),
        }
    }

    /// `forbidden by policy.toml:7`, `cut by policy.toml:9`.
    pub fn verdict(&self) -> String {
        let done = match self.kind {
            ExcessKind::Forbidden => "forbidden",
            ExcessKind::Undecided => "not found to be within the policy, and so forbidden",
            ExcessKind::Capped => "cut",
        };
        format!("{done} by {}", self.policy_place())
    }

    fn new(plugin: &str, what: String, place: &Place, excess: Excess, policy: &PolicyFile) -> Self {
        Self {
            plugin: plugin.to_owned(),
            what: display_safe(&what, 300),
            kind: excess.kind,
            reason: display_safe(&excess.reason, 300),
            example: excess.example.map(|text| display_safe(&text, 300)),
            file: place.file.clone(),
            line: place.line,
            policy: display_safe(&policy.file, 200),
            policy_line: policy.line(excess.key),
            grant: None,
        }
    }
}

/// `mail: http GET,POST https://a.example/** is forbidden by policy.toml:7: …, for example POST https://a.example/`
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (plugin, what, reason) = (&self.plugin, &self.what, &self.reason);
        write!(f, "{plugin}: `{what}` is {}: {reason}", self.verdict())?;
        match &self.example {
            Some(example) => write!(f, "; for example {example}"),
            None => Ok(()),
        }
    }
}

/// All of a skill that goes beyond a policy, in the order in which it is written. No component is opened: what a skill
/// grants is written in its manifest.
pub fn violations(policy: &PolicyFile, manifest: &Manifest) -> Vec<Violation> {
    let plugins = manifest.plugins.iter();
    let mut all: Vec<Violation> = plugins
        .flat_map(|(alias, used)| of_plugin(policy, alias, used))
        .collect();
    all.sort_by_key(|violation| violation.line);
    all
}

pub(crate) fn of_plugin(policy: &PolicyFile, alias: &str, used: &PluginUse) -> Vec<Violation> {
    let mut found = Vec::new();
    for (index, grant) in used.grants.iter().enumerate() {
        let place = used.grant_places.get(index).unwrap_or(&used.place);
        for excess in policy.policy.excess(grant) {
            found.push(Violation {
                grant: Some(index),
                ..Violation::new(alias, grant.to_string(), place, excess, policy)
            });
        }
    }
    if let Some(excess) = policy.policy.effect_excess(used.effect) {
        let what = format!("effect {}", used.effect);
        found.push(Violation::new(
            alias,
            what,
            &used.effect_place,
            excess,
            policy,
        ));
    }
    for (name, asked, excess) in policy.policy.limits_excess(&used.limits) {
        let what = format!("{name} {asked}");
        found.push(Violation::new(
            alias,
            what,
            &used.limits_place,
            excess,
            policy,
        ));
    }
    found
}

/// What of a skill nobody can approve here.
pub(crate) fn forbidden(host: &Host, open: &OpenSkill) -> Vec<Violation> {
    let mut all = violations(&host.policy_file, &open.skill.manifest);
    all.retain(Violation::forbids);
    all
}

/// The refusal of a skill that the policy forbids some of, if it does.
pub(crate) fn refusal(host: &Host, open: &OpenSkill) -> Option<RunError> {
    let forbidden = forbidden(host, open);
    let first = forbidden.first()?;
    Some(RunError::PolicyForbids {
        skill: open.name().to_owned(),
        first: first.to_string(),
        more: forbidden.len() - 1,
        hint: hint(first),
    })
}

/// The violations as findings of `check`.
pub(crate) fn findings(host: &Host, manifest: &Manifest) -> Vec<Finding> {
    let finding = |violation: Violation| {
        let place = Place {
            line: violation.line,
            ..Place::file(&violation.file)
        };
        let message = format!("the plugin {violation}");
        let finding = match violation.forbids() {
            true => Finding {
                class: remit_policy::ErrorClass::Denied,
                ..Finding::error("policy-forbidden", &place, message)
            },
            false => Finding::warning("policy-capped", &place, message),
        };
        finding.hint(hint(&violation))
    };
    violations(&host.policy_file, manifest)
        .into_iter()
        .map(finding)
        .collect()
}

fn hint(violation: &Violation) -> String {
    let what = match violation.kind {
        ExcessKind::Capped => "lower it",
        _ => "narrow it",
    };
    let line = violation
        .line
        .map(|line| format!(":{line}"))
        .unwrap_or_default();
    format!(
        "{what} in {}{line}, or ask whoever keeps {} to allow it",
        violation.file, violation.policy
    )
}
