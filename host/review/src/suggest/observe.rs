//! What the recorded runs of one skill did, as far as it says what grants they needed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::log::{Called, Decided, Row, Run, Sink, shown};

/// Different requests under one grant. With more, its paths stay as they are.
const MAX_REQUESTS: usize = 10_000;
/// Different inputs, settings, operations and so on.
const MAX_KINDS: usize = 1_000;

/// All runs of the skill.
pub(super) struct Observed {
    skill: String,
    digest: String,
    pub(super) total: u64,
    pub(super) done: u64,
    pub(super) done_as_now: u64,
    /// Digests of the inputs that runs had.
    pub(super) inputs: BTreeSet<String>,
    pub(super) plugins: BTreeMap<String, PluginSeen>,
}

/// A plugin in them.
#[derive(Default)]
pub(super) struct PluginSeen {
    pub(super) calls: u64,
    pub(super) operations: BTreeMap<String, Seen>,
    /// By the grant as skill.toml writes it.
    pub(super) grants: BTreeMap<String, GrantSeen>,
    /// Runs that ended well and had the grant, of the skill as it was before.
    pub(super) had: BTreeMap<String, u64>,
    /// Whether all settings were read at once.
    pub(super) all_config: bool,
    pub(super) memory: Most,
    pub(super) microseconds: Most,
    pub(super) output: Most,
    pub(super) requests: Most,
    pub(super) file_bytes: Most,
}

/// A grant in them.
#[derive(Default)]
pub(super) struct GrantSeen {
    pub(super) seen: Seen,
    pub(super) methods: BTreeMap<String, Seen>,
    /// By the grant as it was bound, and the path.
    pub(super) requests: BTreeMap<(String, String), Seen>,
    /// Whether there were more than are told apart here, or some that are recorded in part only.
    pub(super) blurred: bool,
    /// Addresses that answered.
    pub(super) addresses: BTreeMap<String, Seen>,
    /// Requests in one call.
    pub(super) most_requests: Most,
    /// Changes of files.
    pub(super) writes: Seen,
}

/// How often, and the numbers of the first and last record.
#[derive(Default, Clone, Copy)]
pub(super) struct Seen {
    pub(super) count: u64,
    pub(super) first: u64,
    pub(super) last: u64,
}

/// The most of something, and the record that says so.
#[derive(Default, Clone, Copy)]
pub(super) struct Most {
    pub(super) value: u64,
    pub(super) record: u64,
}

impl Seen {
    fn add(&mut self, decided: &Decided) {
        self.add_at(decided.count, decided.seq, decided.last_seq);
    }

    fn add_at(&mut self, count: u64, first: u64, last: u64) {
        if self.count == 0 {
            self.first = first;
        }
        self.count += count;
        self.last = last;
    }
}

impl Most {
    fn see(&mut self, value: u64, record: u64) {
        if value > self.value {
            *self = Self { value, record };
        }
    }
}

impl Observed {
    pub(super) fn of(skill: &str, digest: &str) -> Self {
        Self {
            skill: skill.to_owned(),
            digest: digest.to_owned(),
            total: 0,
            done: 0,
            done_as_now: 0,
            inputs: BTreeSet::new(),
            plugins: BTreeMap::new(),
        }
    }
}

impl Sink for Observed {
    fn started(&mut self, run: &Rc<Run>) {
        if run.skill == self.skill {
            self.total += 1;
        }
    }

    fn finished(&mut self, run: &Rc<Run>, state: &str) {
        if run.skill != self.skill || state != "done" {
            return;
        }
        self.done += 1;
        if self.inputs.len() < MAX_KINDS {
            self.inputs.insert(run.inputs_digest.clone());
        }
        if run.skill_digest == self.digest {
            self.done_as_now += 1;
            return;
        }
        for (alias, plugin) in &run.plugins {
            let seen = self.plugins.entry(alias.clone()).or_default();
            for grant in plugin.grants.iter().flatten() {
                if seen.had.len() < MAX_KINDS || seen.had.contains_key(&grant.written) {
                    *seen.had.entry(grant.written.clone()).or_default() += 1;
                }
            }
        }
    }

    fn called(&mut self, call: &Called<'_>) {
        let Some(run) = call.run.filter(|run| run.skill == self.skill) else {
            return;
        };
        let named = call.row.and_then(|row| row.plugin.as_ref());
        let Some(alias) = named.map(|alias| shown(alias)) else {
            // It never ended, so it counts for each plugin that has the rule: more is kept, not less.
            for alias in run.plugins.keys() {
                self.plugins
                    .entry(alias.clone())
                    .or_default()
                    .see(run, alias, call.decided, true);
            }
            return;
        };
        let plugin = self.plugins.entry(alias.clone()).or_default();
        plugin.see(run, &alias, call.decided, false);
        if let Some(row) = call.row {
            plugin.ended(row);
        }
    }

    fn refused(&mut self, _: Option<&Rc<Run>>, _: &Row<'_>) {}
}

impl PluginSeen {
    fn ended(&mut self, row: &Row<'_>) {
        self.calls += 1;
        let operation = shown(row.operation.as_deref().unwrap_or_default());
        if self.operations.len() < MAX_KINDS || self.operations.contains_key(&operation) {
            let seen = self.operations.entry(operation).or_default();
            seen.add_at(1, row.seq, row.seq);
        }
        self.memory.see(row.memory_peak, row.seq);
        self.microseconds.see(row.microseconds, row.seq);
        self.output.see(row.output_bytes, row.seq);
        self.requests.see(row.http_requests, row.seq);
        self.file_bytes.see(row.file_bytes, row.seq);
    }

    fn see(&mut self, run: &Run, alias: &str, decided: &[Decided], only_known: bool) {
        let mut requests: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for decided in decided.iter().filter(|decided| decided.allowed) {
            let Some(rule) = &decided.rule else {
                self.all_config |= decided.capability == "config";
                continue;
            };
            let written = match run.grant(alias, rule) {
                Some(grant) => &grant.written,
                None if only_known => continue,
                None => rule,
            };
            if self.grants.len() >= MAX_KINDS && !self.grants.contains_key(written) {
                continue;
            }
            let seen = self.grants.entry(written.clone()).or_default();
            seen.see(rule, decided);
            if decided.capability == "http" && decided.action != "response" {
                let (count, record) = requests.entry(written).or_default();
                *count += decided.count;
                *record = decided.last_seq;
            }
        }
        for (written, (count, record)) in requests {
            if let Some(seen) = self.grants.get_mut(written) {
                seen.most_requests.see(count, record);
            }
        }
    }
}

impl GrantSeen {
    fn see(&mut self, rule: &str, decided: &Decided) {
        self.seen.add(decided);
        match (decided.capability.as_str(), decided.action.as_str()) {
            ("http", "response") => match &decided.address {
                Some(address) if self.addresses.len() < MAX_KINDS => {
                    self.addresses
                        .entry(address.clone())
                        .or_default()
                        .add(decided);
                }
                _ => self.blurred = true,
            },
            ("http", method) => {
                self.methods
                    .entry(method.to_owned())
                    .or_default()
                    .add(decided);
                match path_of(&decided.asked) {
                    Some(path) if !decided.blurred && self.requests.len() < MAX_REQUESTS => {
                        let key = (rule.to_owned(), path.to_owned());
                        self.requests.entry(key).or_default().add(decided);
                    }
                    _ => self.blurred = true,
                }
            }
            ("files", action) if !is_reading(action) => self.writes.add(decided),
            _ => {}
        }
    }
}

/// Whether an action leaves files as they are; of one that is not known, it is not assumed.
fn is_reading(action: &str) -> bool {
    matches!(action, "open-read" | "look" | "read-link" | "list")
}

/// The path of a recorded URL; none of one that was cut off.
fn path_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let path = rest.get(rest.find('/')?..)?;
    match path.split_once('?') {
        Some((path, _)) => Some(path),
        // Only the query can have been cut off without harm.
        None => (!path.ends_with('…')).then_some(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_url_is_found_unless_it_was_cut_off() {
        for (url, path) in [
            ("https://a.example/b/c", Some("/b/c")),
            ("http://a.example:81/", Some("/")),
            ("https://a.example/b?q=/x", Some("/b")),
            ("https://a.example/b?q=…", Some("/b")),
            ("https://a.example/b…", None),
            ("nonsense", None),
            ("https://a.example", None),
        ] {
            assert_eq!(path_of(url), path, "{url}");
        }
    }
}
