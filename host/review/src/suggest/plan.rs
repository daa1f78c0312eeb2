//! What could be narrower: plugin by plugin, grant by grant.

mod files;
mod http;
mod limits;

use std::collections::{BTreeMap, BTreeSet};

use remit_package::{Description, Place, StepKind};
use remit_policy::{Effect, Grant, display_safe};

use super::edit::{At, Does, Edit};
use super::observe::{GrantSeen, Observed, PluginSeen, Seen};
use super::{Change, Kept};
use crate::skills::{Read, ReadPlugin};

/// Everything that is suggested.
#[derive(Default)]
pub(super) struct Planned {
    pub(super) edits: Vec<Edit>,
    pub(super) changes: Vec<Change>,
    pub(super) kept: Vec<Kept>,
    /// The grants of each plugin as they would be.
    pub(super) grants: BTreeMap<String, Vec<Grant>>,
}

/// One grant, with where it is written.
pub(super) struct Slot<'a> {
    grant: &'a Grant,
    place: &'a Place,
    at: At,
    /// Of a secret that is written in an http table: it goes with that.
    in_table: bool,
}

/// One plugin, while it is gone through.
pub(super) struct OnePlugin<'a> {
    read: &'a ReadPlugin,
    seen: &'a PluginSeen,
    observed: &'a Observed,
    slots: Vec<Slot<'a>>,
    planned: &'a mut Planned,
}

pub(super) fn plan(read: &Read, observed: &Observed, all_limits: bool) -> Planned {
    let mut planned = Planned::default();
    let nothing = PluginSeen::default();
    let mut called: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for step in &read.skill.manifest.steps {
        if let StepKind::Call {
            plugin, operation, ..
        } = &step.kind
        {
            called.entry(plugin).or_default().insert(operation);
        }
    }
    for plugin in &read.plugins {
        let mut one = OnePlugin {
            read: plugin,
            seen: observed.plugins.get(&plugin.alias).unwrap_or(&nothing),
            observed,
            slots: slots(plugin),
            planned: &mut planned,
        };
        let steps = called
            .get(plugin.alias.as_str())
            .cloned()
            .unwrap_or_default();
        one.operations(&steps);
        let grants = one.grants();
        one.limits(all_limits);
        planned.grants.insert(plugin.alias.clone(), grants);
    }
    planned
}

fn slots(plugin: &ReadPlugin) -> Vec<Slot<'_>> {
    let prefix = format!("plugins.{}.", plugin.alias);
    let (mut http, mut files, mut compact) = (0, 0, 0);
    let next = |counter: &mut usize| {
        *counter += 1;
        *counter - 1
    };
    let grants = plugin.used.grants.iter().zip(&plugin.used.grant_places);
    grants
        .map(|(grant, place)| {
            let key = place.key.as_deref().unwrap_or_default();
            let key = key.strip_prefix(&prefix).unwrap_or(key);
            let (at, in_table) = match (key, grant) {
                // It follows its table.
                ("http", Grant::Secret(_)) => (At::Table("http", http - 1), true),
                ("http", _) => (At::Table("http", next(&mut http)), false),
                ("files", _) => (At::Table("files", next(&mut files)), false),
                ("grants", _) => (At::Compact(next(&mut compact)), false),
                (_, Grant::Config(config)) => (At::Config(config.key.clone()), false),
                (other, _) => (At::Config(other.to_owned()), false),
            };
            Slot {
                grant,
                place,
                at,
                in_table,
            }
        })
        .collect()
}

impl OnePlugin<'_> {
    fn alias(&self) -> String {
        self.read.alias.clone()
    }

    fn edit(&mut self, at: At, does: Does) {
        let plugin = self.alias();
        self.planned.edits.push(Edit { plugin, at, does });
    }

    fn change(
        &mut self,
        line: Option<usize>,
        what: &str,
        from: &str,
        to: Option<String>,
        because: String,
        records: Vec<u64>,
    ) {
        let plugin = self.alias();
        self.planned.changes.push(Change {
            line,
            plugin,
            what: what.to_owned(),
            from: display_safe(from, 400),
            to: to.map(|to| display_safe(&to, 400)),
            because,
            records,
        });
    }

    fn keep(&mut self, line: Option<usize>, what: &str, because: &str) {
        let plugin = self.alias();
        self.planned.kept.push(Kept {
            line,
            plugin,
            what: display_safe(what, 400),
            because: because.to_owned(),
        });
    }

    /// How many runs that ended well had a grant.
    fn runs_with(&self, written: &str) -> u64 {
        self.observed.done_as_now + self.seen.had.get(written).copied().unwrap_or_default()
    }

    fn seen_of(&self, written: &str) -> Option<&GrantSeen> {
        self.seen.grants.get(written)
    }

    /// Operations that nothing calls, and an effect that no operation has.
    fn operations(&mut self, steps: &BTreeSet<&str>) {
        let used = &self.read.used;
        let line = used.place.line;
        let mut left = Vec::new();
        for name in &used.operations {
            let seen = self.seen.operations.get(name).map_or(0, |seen| seen.count);
            if seen > 0 || steps.contains(name.as_str()) {
                if seen == 0 {
                    self.keep(
                        line,
                        &format!("the operation {name}"),
                        "a step calls it, though no recorded run came to that",
                    );
                }
                left.push(name.clone());
            }
        }
        if left.len() < used.operations.len() {
            let dropped = used.operations.iter().filter(|name| !left.contains(name));
            let dropped: Vec<&str> = dropped.map(String::as_str).collect();
            let because = format!(
                "no step calls {}, and none of {} did",
                dropped.join(" or "),
                runs(self.observed.done)
            );
            let list = |names: &[String]| format!("operations = [{}]", names.join(", "));
            self.change(
                line,
                "operations",
                &list(&used.operations),
                Some(list(&left)),
                because,
                Vec::new(),
            );
            let kept = used.operations.iter().map(|name| {
                let new = left.contains(name).then(|| name.clone());
                (name.clone(), new.into_iter().collect())
            });
            self.edit(At::Plugin, Does::Keep("operations", kept.collect()));
        }
        if used.effect == Effect::Read {
            return;
        }
        let Some(description) = &self.read.description else {
            self.keep(
                line,
                &format!("effect = {}", used.effect),
                "what its operations do is not known here: `remit check` asks the plugin",
            );
            return;
        };
        let effects = left.iter().map(|name| {
            description
                .operation(name)
                .map_or(Effect::Destructive, |op| op.effect)
        });
        let most = effects.max().unwrap_or(Effect::Read);
        if most < used.effect {
            let to = (most > Effect::Read).then(|| format!("effect = {most}"));
            let because = format!("no operation that stays does more than {most}");
            self.change(
                line,
                "effect",
                &format!("effect = {}", used.effect),
                to,
                because,
                Vec::new(),
            );
            self.edit(At::Plugin, Does::effect(most));
        }
    }

    /// The grants as they would be.
    fn grants(&mut self) -> Vec<Grant> {
        let slots = std::mem::take(&mut self.slots);
        let mut left = Vec::new();
        for (index, slot) in slots.iter().enumerate() {
            let written = slot.grant.to_string();
            match slot.grant {
                Grant::Http(http) => {
                    // What goes with the table.
                    let secret = slots.get(index + 1).filter(|next| next.in_table);
                    left.extend(self.http(slot, http, secret, &slots));
                }
                // Decided with its table.
                Grant::Secret(_) if slot.in_table => {}
                Grant::Files(files) => left.extend(self.files(slot, files)),
                Grant::Config(config) => {
                    let used = self.seen.all_config || self.seen_of(&written).is_some();
                    let needed = (self.read.description.as_ref())
                        .is_none_or(|said| needs(said, &config.key));
                    if used {
                        left.push(slot.grant.clone());
                    } else if needed {
                        self.keep(
                            slot.place.line,
                            &written,
                            match self.read.description {
                                Some(_) => "the plugin's needs refer to it",
                                None => {
                                    "what the plugin needs is not known here: `remit check` asks it"
                                }
                            },
                        );
                        left.push(slot.grant.clone());
                    } else {
                        left.extend(self.drop_unused(slot));
                    }
                }
                Grant::Secret(_) => match self.seen_of(&written) {
                    Some(_) => left.push(slot.grant.clone()),
                    None => left.extend(self.drop_unused(slot)),
                },
            }
        }
        left
    }

    /// Takes a grant away that no run used, or gives it back where none has had it.
    fn drop_unused(&mut self, slot: &Slot<'_>) -> Option<Grant> {
        let written = slot.grant.to_string();
        let with = self.runs_with(&written);
        if with == 0 {
            self.keep(
                slot.place.line,
                &written,
                "no recorded run that ended well has had it yet",
            );
            return Some(slot.grant.clone());
        }
        let because = format!("none of {} that had it used it", runs(with));
        self.change(
            slot.place.line,
            "grant",
            &written,
            None,
            because,
            Vec::new(),
        );
        self.edit(slot.at.clone(), Does::Remove);
        None
    }
}

/// Whether a need refers to a configured value.
fn needs(said: &Description, key: &str) -> bool {
    let bare = format!("{{config.{key}}}");
    let with_default = format!("{{config.{key}|");
    let refers = |text: &str| text.contains(&bare) || text.contains(&with_default);
    said.needs
        .iter()
        .any(|need| refers(&need.grant) || need.grant.starts_with(&format!("config {key}=")))
}

pub(super) fn runs(number: u64) -> String {
    match number {
        1 => "the 1 run".to_owned(),
        number => format!("the {number} runs"),
    }
}

/// The records that say so: the first and the last.
fn records(seen: &Seen) -> Vec<u64> {
    match seen.first == seen.last {
        true => vec![seen.first],
        false => vec![seen.first, seen.last],
    }
}
