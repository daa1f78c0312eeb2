//! What is different from what was approved, in meaning.

use std::collections::BTreeMap;
use std::fmt::Display;

use remit_policy::display_safe;
use serde::{Deserialize, Serialize};

use super::authority::{PluginAuthority, SkillAuthority};

/// One difference from what was approved last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// More, less, or another.
    pub kind: ChangeKind,
    /// The plugin's name in the skill.
    pub plugin: String,
    /// What: a grant in the compact form, `operation read (read)`, `the limit time: 10s, was 5s`.
    pub what: String,
}

/// Whether a change gives more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It may do something that it could not.
    Added,
    /// It may no longer do something.
    Removed,
    /// It is another than it was.
    Changed,
}

impl SkillAuthority {
    /// The differences from what was approved.
    pub(crate) fn changes_from(&self, old: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (alias, now) in &self.plugins {
            let mut to = To {
                plugin: alias,
                changes: &mut changes,
            };
            match old.plugins.get(alias) {
                Some(then) => to.compare(now, then),
                None => {
                    to.say(ChangeKind::Added, format!("the plugin, {}", now.digest));
                    to.grants(&now.grants, &[]);
                }
            }
        }
        for alias in old
            .plugins
            .keys()
            .filter(|alias| !self.plugins.contains_key(*alias))
        {
            changes.push(Change {
                kind: ChangeKind::Removed,
                plugin: alias.clone(),
                what: "the plugin".to_owned(),
            });
        }
        changes
    }
}

/// What is said of one plugin.
struct To<'a> {
    plugin: &'a str,
    changes: &'a mut Vec<Change>,
}

impl To<'_> {
    fn say(&mut self, kind: ChangeKind, what: String) {
        self.changes.push(Change {
            kind,
            plugin: self.plugin.to_owned(),
            what,
        });
    }

    fn compare(&mut self, now: &PluginAuthority, then: &PluginAuthority) {
        if then.digest != now.digest {
            let what = format!("its code: {} was {}", now.digest, then.digest);
            self.say(ChangeKind::Changed, what);
        }
        self.grants(&now.grants, &then.grants);
        for (operation, effect) in &now.operations {
            match then.operations.get(operation) {
                None => self.say(
                    ChangeKind::Added,
                    format!("operation {operation} ({effect})"),
                ),
                Some(was) if was != effect => {
                    let what = format!("operation {operation}: {effect}, was {was}");
                    self.say(ChangeKind::Changed, what);
                }
                Some(_) => {}
            }
        }
        for operation in then.operations.keys() {
            if !now.operations.contains_key(operation) {
                self.say(ChangeKind::Removed, format!("operation {operation}"));
            }
        }
        self.others("the limit", &now.limits, &then.limits);
        self.others("the input", &now.inputs, &then.inputs);
    }

    fn grants(&mut self, now: &[String], then: &[String]) {
        for grant in now.iter().filter(|grant| !then.contains(grant)) {
            self.say(ChangeKind::Added, grant.clone());
        }
        for grant in then.iter().filter(|grant| !now.contains(grant)) {
            self.say(ChangeKind::Removed, grant.clone());
        }
    }

    /// What is another under the same name. What came or went came or went with its grant.
    fn others<T: Display + PartialEq>(
        &mut self,
        what: &str,
        now: &BTreeMap<String, T>,
        then: &BTreeMap<String, T>,
    ) {
        for (name, value) in now {
            if let Some(was) = then.get(name).filter(|was| *was != value) {
                let text = format!("{what} {name}: {value}, was {was}");
                self.say(ChangeKind::Changed, display_safe(&text, 400));
            }
        }
    }
}
