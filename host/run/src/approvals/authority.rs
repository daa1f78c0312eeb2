//! What a person approves: grants, plugin digests, operations' effects, limits and the inputs that grants hold, in one
//! canonical form with one hash.

use std::collections::BTreeMap;

use remit_package::{Description, Digest, Manifest, PluginUse};
use remit_policy::{Access, Effect, Grant, HostPath, Limits, OperatorPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::skill::{OpenPlugin, OpenSkill};

/// Keeps these hashes apart from all other uses of SHA-256.
const DOMAIN: &[u8] = b"remit approval v2\0";

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
    /// What one call may use.
    pub(crate) limits: BTreeMap<String, String>,
    /// The inputs that stand in grants, each with what it may be and what it is if not given: a wider schema or another
    /// default would be another grant.
    pub(crate) inputs: BTreeMap<String, Value>,
}

/// What there is to approve of one plugin.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalPart<'a> {
    /// Its name in the skill.
    pub alias: &'a str,
    /// What skill.toml says about it.
    pub used: &'a PluginUse,
    /// Its code.
    pub digest: Digest,
    /// What it says about itself, with what the skill says of effects.
    pub description: &'a Description,
}

impl<'a> From<&'a OpenPlugin> for ApprovalPart<'a> {
    fn from(plugin: &'a OpenPlugin) -> Self {
        Self {
            alias: &plugin.alias,
            used: &plugin.used,
            digest: plugin.component.digest,
            description: &plugin.description,
        }
    }
}

impl SkillAuthority {
    pub(crate) fn of(open: &OpenSkill, policy: &OperatorPolicy) -> Self {
        let manifest = &open.skill.manifest;
        let parts = open.plugins.iter().map(ApprovalPart::from);
        Self::of_parts(open.name(), manifest, parts, policy)
    }

    pub(crate) fn of_parts<'a>(
        skill: &str,
        manifest: &Manifest,
        parts: impl Iterator<Item = ApprovalPart<'a>>,
        policy: &OperatorPolicy,
    ) -> Self {
        let plugin = |plugin: ApprovalPart<'a>| {
            let authority = PluginAuthority {
                digest: plugin.digest,
                grants: plugin
                    .used
                    .grants
                    .canonical()
                    .lines()
                    .map(str::to_owned)
                    .collect(),
                operations: callable_of(plugin.used, plugin.description, policy)
                    .map(|(name, effect)| (name.to_owned(), effect))
                    .collect(),
                // As the skill has them: an operator who lowers the ceiling takes nobody's word back.
                limits: limits(&plugin.used.limits.resolve(&OperatorPolicy::default())),
                inputs: (plugin.used.grants.inputs().into_iter())
                    .filter_map(|name| {
                        let input = manifest.inputs.get(&name)?;
                        Some((name, meaning(&input.schema)))
                    })
                    .collect(),
            };
            (plugin.alias.to_owned(), authority)
        };
        Self {
            skill: skill.to_owned(),
            plugins: parts.map(plugin).collect(),
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
}

fn limits(limits: &Limits) -> BTreeMap<String, String> {
    let lines = [
        ("memory", limits.memory.to_string()),
        ("time", format!("{}s", limits.time.as_secs_f64())),
        ("output", limits.output.to_string()),
        ("log", limits.log.to_string()),
        ("requests", limits.requests.to_string()),
    ];
    lines.map(|(name, limit)| (name.to_owned(), limit)).into()
}

/// What a schema allows, however it is written: without its prose, keys sorted.
fn meaning(schema: &Value) -> Value {
    let prose = |key: &str| matches!(key, "description" | "title" | "examples");
    match sorted(schema) {
        Value::Object(fields) => fields.into_iter().filter(|(key, _)| !prose(key)).collect(),
        other => other,
    }
}

/// The same with the keys of all objects sorted.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> =
                fields.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            sorted.into_iter().collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// The operations that the skill may call: listed, there, and of a granted effect.
pub(crate) fn callable<'a>(
    plugin: &'a OpenPlugin,
    policy: &OperatorPolicy,
) -> impl Iterator<Item = (&'a str, Effect)> + 'a {
    callable_of(&plugin.used, &plugin.description, policy)
}

fn callable_of<'a>(
    used: &'a PluginUse,
    description: &'a Description,
    policy: &OperatorPolicy,
) -> impl Iterator<Item = (&'a str, Effect)> + 'a {
    let granted = used.effect.min(policy.max_effect);
    (description.operations.iter())
        .filter(move |op| used.operations.contains(&op.name) && op.effect <= granted)
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
            let source = plugin.description.operation(operation);
            let source = source.map(|op| op.effect_source).unwrap_or_default();
            reasons.push(format!(
                "{} may do `{operation}`, whose effect is {}",
                plugin.alias,
                source.says(effect)
            ));
        }
    }
    reasons
}
