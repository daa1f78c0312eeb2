//! What the log says of the skills that are asked about, added up.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::model::{ClientReport, Denial, Mark, Runs, Sample};
use crate::log::{Called, Decided, Row, Run, Sink, shown};

/// Of each kind of thing in one plugin, so many are told apart: more is not read by anybody, and a hostile plugin chooses
/// what it asks for.
const MAX_KINDS: usize = 300;
/// Uses of a grant that are kept as they are recorded.
const MAX_SAMPLES: usize = 8;
/// Names of skills that are not in the folder.
const MAX_ELSEWHERE: usize = 200;
/// How much of what was denied is told apart.
const MAX_ASKED: usize = 160;

/// All skills that are asked about.
pub(super) struct Collected {
    /// By name.
    pub(super) skills: BTreeMap<String, SkillUse>,
    pub(super) elsewhere: BTreeMap<String, u64>,
}

/// What a skill did.
#[derive(Default)]
pub(super) struct SkillUse {
    digest: String,
    folder: Option<String>,
    pub(super) runs: Runs,
    pub(super) plugins: BTreeMap<String, PluginUses>,
    pub(super) refused: Denials,
    /// By the client, as it names itself, with its version.
    pub(super) clients: BTreeMap<String, ClientReport>,
    /// Calls of the second whose input was made from results of the first.
    pub(super) flows: BTreeMap<(String, String), Flowed>,
}

/// How often, and where first and last.
pub(super) struct Flowed {
    pub(super) calls: u64,
    pub(super) first: u64,
    pub(super) last: u64,
}

/// What a plugin did in a skill.
#[derive(Default)]
pub(super) struct PluginUses {
    pub(super) calls: u64,
    /// How often each was called, and the number of its last record.
    pub(super) operations: BTreeMap<String, (u64, u64)>,
    /// By the grant as skill.toml writes it.
    pub(super) grants: BTreeMap<String, GrantUse>,
    /// Runs that ended well and had the grant, though the skill was another one than now.
    pub(super) had: BTreeMap<String, u64>,
    /// How often all settings were read at once, and the last time.
    pub(super) all_config: Option<GrantUse>,
    pub(super) denied: Denials,
}

/// What a grant was used for.
#[derive(Default, Clone)]
pub(super) struct GrantUse {
    pub(super) uses: u64,
    pub(super) actions: BTreeMap<String, u64>,
    pub(super) first: Option<Mark>,
    pub(super) last: Option<Mark>,
    pub(super) samples: Vec<Sample>,
}

/// Denials, alike ones together.
#[derive(Default)]
pub(super) struct Denials {
    kinds: BTreeMap<(String, String, String, String), Denial>,
}

impl Collected {
    /// For the skills with these names, digests and folders.
    pub(super) fn of(skills: impl Iterator<Item = (String, String, Option<String>)>) -> Self {
        let empty = |(name, digest, folder)| {
            let skill = SkillUse {
                digest,
                folder,
                ..SkillUse::default()
            };
            (name, skill)
        };
        Self {
            skills: skills.map(empty).collect(),
            elsewhere: BTreeMap::new(),
        }
    }
}

impl Sink for Collected {
    fn started(&mut self, run: &Rc<Run>) {
        let Some(skill) = self.skills.get_mut(&run.skill) else {
            if self.elsewhere.len() < MAX_ELSEWHERE || self.elsewhere.contains_key(&run.skill) {
                *self.elsewhere.entry(run.skill.clone()).or_default() += 1;
            }
            return;
        };
        skill.runs.total += 1;
        skill.runs.first.get_or_insert_with(|| run.time.clone());
        skill.runs.last = Some(run.time.clone());
        if let Some(agent) = &run.agent
            && let Some(client) = client(&mut skill.clients, agent)
        {
            client.runs += 1;
        }
        if run.folder.is_some() && run.folder != skill.folder {
            skill.runs.other_folder += 1;
        }
    }

    fn finished(&mut self, run: &Rc<Run>, state: &str) {
        let Some(skill) = self.skills.get_mut(&run.skill) else {
            return;
        };
        if state != "done" {
            let state = match state {
                "incomplete" | "failed" | "denied" | "cancelled" => state,
                _ => "unknown",
            };
            *skill.runs.ended.entry(state.to_owned()).or_default() += 1;
            return;
        }
        skill.runs.done += 1;
        if run.skill_digest == skill.digest {
            skill.runs.done_as_now += 1;
            return;
        }
        for (alias, plugin) in &run.plugins {
            for grant in plugin.grants.iter().flatten() {
                let uses = one_more(&mut skill.plugins, alias);
                if let Some(had) = uses.and_then(|uses| one_more(&mut uses.had, &grant.written)) {
                    *had += 1;
                }
            }
        }
    }

    fn called(&mut self, call: &Called<'_>) {
        let Some(run) = call.run else { return };
        let Some(skill) = self.skills.get_mut(&run.skill) else {
            return;
        };
        let Some(row) = call.row else {
            // A call that never ended: nobody says whose it was, but a rule may.
            for decided in call.decided {
                let mut owners = run.plugins.keys().filter(|alias| {
                    (decided.rule.as_deref()).is_some_and(|rule| run.grant(alias, rule).is_some())
                });
                if let (Some(alias), None) = (owners.next(), owners.next())
                    && let Some(uses) = one_more(&mut skill.plugins, alias)
                {
                    uses.add(run, alias, decided);
                }
            }
            return;
        };
        if let Some(agent) = &run.agent
            && let Some(client) = client(&mut skill.clients, agent)
        {
            client.calls += 1;
            client.denied += call.denials();
            client.last = Some(mark(row.seq, &row.time));
        }
        let alias = shown(row.plugin.as_deref().unwrap_or_default());
        for from in row.provenance.iter().flat_map(|from| &from.plugins) {
            let pair = (shown(from), alias.clone());
            if let Some(flowed) = one_more_of(&mut skill.flows, pair, || Flowed {
                calls: 0,
                first: row.seq,
                last: row.seq,
            }) {
                flowed.calls += 1;
                flowed.last = row.seq;
            }
        }
        let Some(uses) = one_more(&mut skill.plugins, &alias) else {
            return;
        };
        uses.calls += 1;
        let operation = shown(row.operation.as_deref().unwrap_or_default());
        if let Some((calls, last)) = one_more(&mut uses.operations, &operation) {
            *calls += 1;
            *last = row.seq;
        }
        for decided in call.decided {
            uses.add(run, &alias, decided);
        }
    }

    fn refused(&mut self, run: Option<&Rc<Run>>, row: &Row<'_>) {
        let what = shown(row.what.as_deref().unwrap_or_default());
        // A skill that was refused before it began has no run; its record names it.
        let name = match run {
            Some(run) => run.skill.as_str(),
            None => what.strip_prefix("the skill ").unwrap_or_default(),
        };
        let Some(skill) = self.skills.get_mut(name) else {
            return;
        };
        if let Some(agent) = run.and_then(|run| run.agent.as_ref())
            && let Some(client) = client(&mut skill.clients, agent)
        {
            client.denied += 1;
        }
        skill.refused.add(Denial {
            capability: "call".to_owned(),
            code: shown(row.code.as_deref().unwrap_or_default()),
            action: "call".to_owned(),
            asked: what,
            layer: None,
            narrowest: None,
            count: 1,
            first: mark(row.seq, &row.time),
            last: mark(row.seq, &row.time),
            run: run.map(|run| run.id.clone()).unwrap_or_default(),
            by_runtime: false,
        });
    }
}

impl PluginUses {
    fn add(&mut self, run: &Run, alias: &str, decided: &Decided) {
        if !decided.allowed {
            self.denied.add(denial(run, decided));
            return;
        }
        let used = match &decided.rule {
            Some(rule) => {
                let written = run.grant(alias, rule).map_or(rule, |grant| &grant.written);
                one_more(&mut self.grants, written)
            }
            None if decided.capability == "config" => Some(self.all_config.get_or_insert_default()),
            None => None,
        };
        if let Some(used) = used {
            used.add(run, decided);
        }
    }
}

impl GrantUse {
    fn add(&mut self, run: &Run, decided: &Decided) {
        self.uses += decided.count;
        let kinds = self.actions.len();
        if kinds < MAX_KINDS || self.actions.contains_key(&decided.action) {
            *self.actions.entry(decided.action.clone()).or_default() += decided.count;
        }
        (self.first).get_or_insert_with(|| mark(decided.seq, &decided.time));
        self.last = Some(mark(decided.last_seq, &decided.last_time));
        if self.samples.len() < MAX_SAMPLES {
            self.samples.push(Sample {
                record: decided.seq,
                time: decided.time.clone(),
                action: decided.action.clone(),
                asked: decided.asked.clone(),
                count: decided.count,
                run: run.id.clone(),
            });
        }
    }
}

impl Denials {
    fn add(&mut self, denial: Denial) {
        let key = (
            denial.capability.clone(),
            denial.code.clone(),
            denial.action.clone(),
            denial.asked.clone(),
        );
        if let Some(known) = self.kinds.get_mut(&key) {
            known.count += denial.count;
            known.last = denial.last;
            return;
        }
        if self.kinds.len() < MAX_KINDS {
            self.kinds.insert(key, denial);
            return;
        }
        // What more there is, by its code.
        let key = (
            denial.capability.clone(),
            denial.code.clone(),
            String::new(),
            String::new(),
        );
        let rest = self.kinds.entry(key).or_insert_with(|| Denial {
            action: String::new(),
            asked: "other things".to_owned(),
            narrowest: None,
            count: 0,
            ..denial.clone()
        });
        rest.count += denial.count;
        rest.last = denial.last;
    }

    /// Those that are not a runtime's first, then the most frequent first.
    pub(super) fn sorted(self) -> Vec<Denial> {
        let mut all: Vec<Denial> = self.kinds.into_values().collect();
        all.sort_by(|a, b| {
            (a.by_runtime.cmp(&b.by_runtime))
                .then(b.count.cmp(&a.count))
                .then(a.first.record.cmp(&b.first.record))
        });
        all
    }
}

impl Called<'_> {
    /// What was denied in it, without what a language's runtime tries by itself.
    fn denials(&self) -> u64 {
        let denied = (self.decided.iter()).filter(|it| !it.allowed && !is_by_runtime(it));
        denied.map(|decided| decided.count).sum()
    }
}

fn is_by_runtime(decided: &Decided) -> bool {
    RUNTIMES.contains(&decided.capability.as_str()) || RUNTIMES.contains(&decided.asked.as_str())
}

/// What runtimes of languages look at when they start.
const RUNTIMES: &[&str] = &["environment", "arguments", "stdin"];

fn denial(run: &Run, decided: &Decided) -> Denial {
    // Of one page with many queries a person wants to read once.
    let asked = match decided.capability.as_str() {
        "http" => decided.asked.split('?').next().unwrap_or_default(),
        _ => decided.asked.as_str(),
    };
    Denial {
        capability: decided.capability.clone(),
        code: decided.code.clone().unwrap_or_default(),
        action: decided.action.clone(),
        asked: remit_policy::display_safe(asked, MAX_ASKED),
        layer: decided.layer.clone(),
        narrowest: decided.narrowest.clone(),
        count: decided.count,
        first: mark(decided.seq, &decided.time),
        last: mark(decided.last_seq, &decided.last_time),
        run: run.id.clone(),
        by_runtime: is_by_runtime(decided),
    }
}

fn mark(record: u64, time: &str) -> Mark {
    Mark {
        record,
        time: shown(time),
    }
}

/// The entry of a client. Clients name themselves as they like: what is beyond the room for names counts together.
fn client<'a>(
    clients: &'a mut BTreeMap<String, ClientReport>,
    name: &str,
) -> Option<&'a mut ClientReport> {
    if one_more(clients, name).is_some() {
        return one_more(clients, name);
    }
    Some(clients.entry("others".to_owned()).or_default())
}

/// The entry of a name, made if it is not there and there is room for it.
fn one_more<'a, V: Default>(map: &'a mut BTreeMap<String, V>, key: &str) -> Option<&'a mut V> {
    if map.len() >= MAX_KINDS && !map.contains_key(key) {
        return None;
    }
    if !map.contains_key(key) {
        map.insert(key.to_owned(), V::default());
    }
    map.get_mut(key)
}

fn one_more_of<K: Ord, V>(
    map: &mut BTreeMap<K, V>,
    key: K,
    new: impl FnOnce() -> V,
) -> Option<&mut V> {
    if map.len() >= MAX_KINDS * MAX_KINDS && !map.contains_key(&key) {
        return None;
    }
    Some(map.entry(key).or_insert_with(new))
}
