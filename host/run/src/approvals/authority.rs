//! What a person approves: grants, plugin digests and operations' effects, in one canonical form with one hash.

use std::collections::BTreeMap;

use remit_package::Digest;
use remit_policy::{Access, Effect, Grant, HostPath, OperatorPolicy};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Change, ChangeKind};
use crate::skill::{OpenPlugin, OpenSkill};

/// Keeps these hashes apart from all other uses of SHA-256.
const DOMAIN: &[u8] = b"remit approval v1\0";

/// What a skill could do, in canonical form: sorted, independent of how skill.toml is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkillAuthority {
    pub(crate) skill: String,
    pub(crate) plugins: BTreeMap<String, PluginAuthority>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PluginAuthority {
    pub(crate) digest: Digest,
    /// Canonical lines.
    pub(crate) grants: Vec<String>,
    /// The operations that the skill may call, with their effects.
    pub(crate) operations: BTreeMap<String, Effect>,
}

impl SkillAuthority {
    pub(crate) fn of(open: &OpenSkill, policy: &OperatorPolicy) -> Self {
        let plugin = |plugin: &OpenPlugin| {
            let authority = PluginAuthority {
                digest: plugin.component.digest,
                grants: plugin
                    .used
                    .grants
                    .canonical()
                    .lines()
                    .map(str::to_owned)
                    .collect(),
                operations: callable(plugin, policy)
                    .map(|(name, effect)| (name.to_owned(), effect))
                    .collect(),
            };
            (plugin.alias.clone(), authority)
        };
        Self {
            skill: open.name().to_owned(),
            plugins: open.plugins.iter().map(plugin).collect(),
        }
    }

    /// `sha256:…`. Everything in it is sorted, so equal authority has an equal hash.
    pub(crate) fn hash(&self) -> Digest {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        let hash: [u8; 32] = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(bytes)
            .finalize()
            .into();
        Digest::from(hash)
    }

    /// The differences from what was approved.
    pub(crate) fn changes_from(&self, old: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut say = |kind, plugin: &str, what: String| {
            changes.push(Change {
                kind,
                plugin: plugin.to_owned(),
                what,
            });
        };
        for (alias, now) in &self.plugins {
            let Some(then) = old.plugins.get(alias) else {
                say(
                    ChangeKind::Added,
                    alias,
                    format!("the plugin, {}", now.digest),
                );
                for grant in &now.grants {
                    say(ChangeKind::Added, alias, grant.clone());
                }
                continue;
            };
            if then.digest != now.digest {
                say(
                    ChangeKind::Changed,
                    alias,
                    format!("its code: {} was {}", now.digest, then.digest),
                );
            }
            for grant in now
                .grants
                .iter()
                .filter(|grant| !then.grants.contains(grant))
            {
                say(ChangeKind::Added, alias, grant.clone());
            }
            for grant in then
                .grants
                .iter()
                .filter(|grant| !now.grants.contains(grant))
            {
                say(ChangeKind::Removed, alias, grant.clone());
            }
            for (operation, effect) in &now.operations {
                match then.operations.get(operation) {
                    None => say(
                        ChangeKind::Added,
                        alias,
                        format!("operation {operation} ({effect})"),
                    ),
                    Some(was) if was != effect => {
                        say(
                            ChangeKind::Changed,
                            alias,
                            format!("operation {operation}: {effect}, was {was}"),
                        );
                    }
                    Some(_) => {}
                }
            }
            for operation in then
                .operations
                .keys()
                .filter(|name| !now.operations.contains_key(*name))
            {
                say(ChangeKind::Removed, alias, format!("operation {operation}"));
            }
        }
        for alias in old
            .plugins
            .keys()
            .filter(|alias| !self.plugins.contains_key(*alias))
        {
            say(ChangeKind::Removed, alias, "the plugin".to_owned());
        }
        changes
    }
}

/// The operations that the skill may call: listed, there, and of a granted effect.
pub(crate) fn callable<'a>(
    plugin: &'a OpenPlugin,
    policy: &OperatorPolicy,
) -> impl Iterator<Item = (&'a str, Effect)> + 'a {
    let granted = plugin.used.effect.min(policy.max_effect);
    plugin
        .description
        .operations
        .iter()
        .filter(move |op| plugin.used.operations.contains(&op.name) && op.effect <= granted)
        .map(|op| (op.name.as_str(), op.effect))
}

/// Whether a person must approve a grant: all but reading in the skill's own folder, the run's folder, and values
/// that the skill configures.
pub(crate) fn grant_needs_approval(grant: &Grant) -> bool {
    match grant {
        Grant::Config(_) => false,
        Grant::Http(_) | Grant::Secret(_) => true,
        Grant::Files(files) => match &files.path {
            HostPath::Skill(_) => files.access != Access::Read,
            HostPath::Run(_) => false,
            HostPath::Home(_) | HostPath::Absolute(_) | HostPath::Any => true,
        },
    }
}

/// Why a person must approve the skill; empty if none must.
pub(crate) fn reasons(open: &OpenSkill, policy: &OperatorPolicy) -> Vec<String> {
    let mut reasons = Vec::new();
    for plugin in &open.plugins {
        for grant in plugin
            .used
            .grants
            .iter()
            .filter(|grant| grant_needs_approval(grant))
        {
            reasons.push(format!("{} may {}", plugin.alias, crate::card::says(grant)));
        }
        for (operation, effect) in
            callable(plugin, policy).filter(|(_, effect)| *effect > Effect::Read)
        {
            reasons.push(format!(
                "{} may do `{operation}`, whose effect is {effect}",
                plugin.alias
            ));
        }
    }
    reasons
}
