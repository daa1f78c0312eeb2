//! Whether agents write without asking in a skill as it is now.

use remit_policy::{Effect, display_safe};
use remit_run::{AgentsAllowed, ApprovalPart};

use super::model::{AgentsReport, PluginReport, SkillReport};
use crate::Sources;
use crate::skills::{Read, ReadPlugin};

/// What somebody allowed; none where nobody did. A plugin that cannot be read, or was never asked what it does, was never
/// approved as it is.
pub(super) fn of(sources: &Sources, read: &Read) -> Option<AgentsReport> {
    let part = |plugin| Some((plugin, part(plugin)?));
    let parts: Vec<(&ReadPlugin, ApprovalPart<'_>)> =
        read.plugins.iter().map(part).collect::<Option<_>>()?;
    let manifest = &read.skill.manifest;
    let of_parts = parts.iter().map(|(_, part)| *part);
    // A policy that cannot be read keeps every skill from running.
    let allowed = remit_run::agents_allowed(&sources.dirs, &read.skill.name, manifest, of_parts);
    let AgentsAllowed { who, time } = allowed.ok()??;
    let writes = parts.iter().flat_map(|(plugin, _)| writes(plugin));
    Some(AgentsReport {
        who,
        time,
        operations: writes.collect(),
    })
}

fn part(plugin: &ReadPlugin) -> Option<ApprovalPart<'_>> {
    Some(ApprovalPart {
        alias: &plugin.alias,
        used: &plugin.used,
        digest: *plugin.digest.as_ref().ok()?,
        description: plugin.description.as_ref()?,
    })
}

fn writes(plugin: &ReadPlugin) -> impl Iterator<Item = String> + '_ {
    plugin.used.operations.iter().filter_map(|name| {
        let effect = plugin.effect(name)?;
        let may = effect > Effect::Read && effect <= plugin.used.effect;
        may.then(|| display_safe(&format!("{}.{name} ({effect})", plugin.alias), 200))
    })
}

impl SkillReport {
    /// Whether it holds all of a dangerous combination, or agents write in it without asking.
    pub fn is_dangerous(&self) -> bool {
        self.danger.is_some() || self.agents.is_some()
    }

    /// Whether agents do an operation of this plugin without asking.
    pub(crate) fn agents_write(&self, plugin: &PluginReport) -> bool {
        let begins = format!("{}.", plugin.alias);
        let agents = self.agents.as_ref();
        agents.is_some_and(|agents| agents.operations.iter().any(|op| op.starts_with(&begins)))
    }
}
