//! The report over a folder of skills.

mod agents;
mod collect;
mod danger;
mod excerpt;
mod model;
pub(crate) use self::excerpt::of as excerpt;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use remit_policy::{ConfigValue, Grant, display_safe};

use self::collect::{Collected, GrantUse, PluginUses, SkillUse};
use self::danger::Granted;
pub use self::model::{
    AgentsReport, ClientReport, Danger, Denial, Elsewhere, Flow, GrantReport, Leg, Line, Mark,
    OperationReport, PinState, PluginReport, Report, Runs, Sample, SkillReport, State, Summary,
    Unreadable,
};
use crate::error::ReviewError;
use crate::log::{self, Since};
use crate::skills::{self, Read, ReadPlugin, Unread};
use crate::{Extent, Sources};

/// The form of the document.
const FORMAT: u32 = 1;

/// Reports on the skill in a folder, or on all that are right below it.
///
/// # Errors
/// If the folder or the log cannot be read, or no skill is there. A skill that cannot be read stands in the report.
pub fn report(
    sources: &Sources,
    folder: &Path,
    since: Option<&Since>,
) -> Result<Report, ReviewError> {
    let (read, unread) = skills::read_all(folder, &sources.store()?)?;
    let asked = read.iter().map(|read| {
        let folder = read.skill.folder.path().display().to_string();
        (
            read.skill.name.clone(),
            read.skill.digest.to_string(),
            Some(display_safe(&folder, usize::MAX)),
        )
    });
    let mut collected = Collected::of(asked);
    let log = log::read(&sources.log(), since, &mut collected)?;
    Ok(join(sources, folder, since, log, &read, &unread, collected))
}

/// Puts together what is on disk and what is recorded.
fn join(
    sources: &Sources,
    folder: &Path,
    since: Option<&Since>,
    log: Extent,
    read: &[Read],
    unread: &[Unread],
    mut collected: Collected,
) -> Report {
    let mut skills: Vec<SkillReport> = read
        .iter()
        .map(|read| {
            let used = collected
                .skills
                .remove(&read.skill.name)
                .unwrap_or_default();
            of_skill(sources, read, used)
        })
        .collect();
    outdated(&mut skills);
    let elsewhere = collected.elsewhere.into_iter();
    Report {
        format: FORMAT,
        folder: skills::shown(folder),
        made: jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
        since: since.map(ToString::to_string),
        log,
        summary: summary(&skills),
        skills,
        elsewhere: elsewhere
            .map(|(skill, runs)| Elsewhere { skill, runs })
            .collect(),
        unreadable: unread.iter().map(unreadable).collect(),
    }
}

fn unreadable(unread: &Unread) -> Unreadable {
    Unreadable {
        folder: unread.folder.clone(),
        code: unread.error.code().to_owned(),
        message: display_safe(&unread.error.to_string(), 400),
    }
}

fn of_skill(sources: &Sources, read: &Read, used: SkillUse) -> SkillReport {
    let SkillUse {
        runs,
        mut plugins,
        refused,
        flows,
        clients,
        ..
    } = used;
    let plugins: Vec<PluginReport> = read
        .plugins
        .iter()
        .map(|plugin| {
            let uses = plugins.remove(&plugin.alias).unwrap_or_default();
            of_plugin(read, plugin, uses, runs.done_as_now)
        })
        .collect();
    let granted: Vec<Granted<'_>> = plugins
        .iter()
        .zip(&read.plugins)
        .flat_map(|(report, plugin)| {
            let grants = report.grants.iter().zip(plugin.used.grants.iter());
            grants.map(move |(one, grant)| Granted {
                plugin: report,
                grant,
                report: one,
            })
        })
        .collect();
    let flows = flows.into_iter().map(|((from, to), flowed)| Flow {
        from,
        to,
        calls: flowed.calls,
        first: flowed.first,
        last: flowed.last,
    });
    let danger = danger::of(&granted, flows.collect());
    let manifest = &read.skill.manifest;
    let said = manifest.description.as_deref();
    SkillReport {
        name: read.skill.name.clone(),
        version: manifest.version.clone(),
        summary: display_safe(said.unwrap_or(&read.skill.doc.description), 300),
        folder: read.folder.clone(),
        digest: read.skill.digest.to_string(),
        runs,
        danger,
        agents: agents::of(sources, read),
        clients,
        plugins,
        refused: refused.sorted(),
        lock_error: read.lock.as_ref().err().cloned(),
    }
}

fn of_plugin(read: &Read, plugin: &ReadPlugin, uses: PluginUses, runs: u64) -> PluginReport {
    let used = &plugin.used;
    let pinned = plugin.pin.as_ref();
    let pin = match (&plugin.digest, pinned) {
        (Err(_), _) => PinState::Unreadable,
        (Ok(_), None) => PinState::Unpinned,
        (Ok(digest), Some(pin)) if digest.to_string() == pin.digest => PinState::Pinned,
        (Ok(_), Some(_)) => PinState::Changed,
    };
    let operations = used.operations.iter().map(|name| {
        let called = uses.operations.get(name);
        OperationReport {
            name: name.clone(),
            effect: plugin.effect(name),
            calls: called.map_or(0, |(calls, _)| *calls),
            state: state(called.is_some(), runs),
            last: called.map(|(_, last)| *last),
        }
    });
    let described = plugin.description.as_ref();
    let version = described.map(|said| display_safe(&said.version, 64));
    PluginReport {
        alias: plugin.alias.clone(),
        name: described.map(|said| said.name.clone()),
        version: version.or_else(|| pinned?.version.clone()),
        component: display_safe(&used.component.to_string(), 400),
        digest: plugin.digest.as_ref().ok().map(ToString::to_string),
        error: plugin.digest.as_ref().err().cloned(),
        place: read.place(used.place.line),
        line: used.place.line,
        pin,
        // Who signed what is pinned says nothing about other bytes.
        signer: pinned
            .filter(|_| pin == PinState::Pinned)
            .and_then(|pin| pin.signer.clone()),
        outdated: None,
        effect: used.effect,
        operations: operations.collect(),
        calls: uses.calls,
        grants: grants(read, plugin, &uses, runs),
        denied: uses.denied.sorted(),
    }
}

fn grants(read: &Read, plugin: &ReadPlugin, uses: &PluginUses, runs: u64) -> Vec<GrantReport> {
    let places = plugin.used.grant_places.iter();
    let grants = plugin.used.grants.iter().zip(places);
    grants
        .map(|(grant, place)| {
            let text = grant.to_string();
            let own = uses.grants.get(&text);
            let all = (uses.all_config.as_ref()).filter(|_| matches!(grant, Grant::Config(_)));
            let used = match (own, all) {
                (Some(own), _) => own.clone(),
                (None, Some(all)) => all.clone(),
                (None, None) => GrantUse::default(),
            };
            let runs = runs + uses.had.get(&text).copied().unwrap_or_default();
            GrantReport {
                capability: grant.capability(),
                says: says(grant),
                grant: display_safe(&text, 2_000),
                place: read.place(place.line),
                line: place.line,
                excerpt: excerpt::of(&read.lines, place.line),
                state: state(used.uses > 0, runs),
                runs,
                uses: used.uses,
                actions: used.actions,
                first: used.first,
                last: used.last,
                samples: used.samples,
            }
        })
        .collect()
}

fn says(grant: &Grant) -> String {
    match grant {
        // The key and the value, without a word for the grammar.
        Grant::Config(config) => match &config.value {
            ConfigValue::Exact(value) => {
                display_safe(&format!("be told {} = {value}", config.key), 400)
            }
            ConfigValue::Any => display_safe(&format!("be told {}", config.key), 400),
        },
        grant => remit_run::says(grant),
    }
}

fn state(used: bool, runs: u64) -> State {
    match (used, runs) {
        (true, _) => State::Used,
        (false, 0) => State::NotRunYet,
        (false, _) => State::Unused,
    }
}

/// Notes the plugins of which another skill has a later version.
fn outdated(skills: &mut [SkillReport]) {
    let version = |plugin: &PluginReport| -> Option<semver::Version> {
        plugin.version.as_ref()?.parse().ok()
    };
    let mut latest: BTreeMap<String, (semver::Version, String)> = BTreeMap::new();
    for skill in skills.iter() {
        for plugin in &skill.plugins {
            let (Some(name), Some(version)) = (&plugin.name, version(plugin)) else {
                continue;
            };
            let known = latest.get(name);
            if known.is_none_or(|(known, _)| *known < version) {
                latest.insert(name.clone(), (version, skill.name.clone()));
            }
        }
    }
    for plugin in skills.iter_mut().flat_map(|skill| &mut skill.plugins) {
        let known = plugin.name.as_ref().and_then(|name| latest.get(name));
        if let (Some((latest, skill)), Some(own)) = (known, version(plugin))
            && own < *latest
        {
            plugin.outdated = Some(display_safe(&format!("{latest} in {skill}"), 200));
        }
    }
}

fn summary(skills: &[SkillReport]) -> Summary {
    let plugins = || skills.iter().flat_map(|skill| &skill.plugins);
    let grants = || plugins().flat_map(|plugin| &plugin.grants);
    let of_state = |state| grants().filter(|grant| grant.state == state).count();
    let of_pin = |pin| plugins().filter(|plugin| plugin.pin == pin).count();
    let denials = plugins().flat_map(|plugin| &plugin.denied);
    let refusals = skills.iter().flat_map(|skill| &skill.refused);
    Summary {
        skills: skills.len(),
        plugins: plugins().count(),
        grants: grants().count(),
        runs: skills.iter().map(|skill| skill.runs.total).sum(),
        used: of_state(State::Used),
        unused: of_state(State::Unused),
        not_run_yet: of_state(State::NotRunYet),
        denied: denials
            .chain(refusals)
            .filter(|denial| !denial.by_runtime)
            .map(|denial| denial.count)
            .sum(),
        dangerous: skills.iter().filter(|skill| skill.is_dangerous()).count(),
        unsigned: plugins().filter(|plugin| plugin.signer.is_none()).count(),
        unpinned: of_pin(PinState::Unpinned),
        changed: of_pin(PinState::Changed) + of_pin(PinState::Unreadable),
        outdated: plugins().filter(|plugin| plugin.outdated.is_some()).count(),
    }
}
