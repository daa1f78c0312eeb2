//! Reads the audit log once, line by line, and hands on whole calls: each with the run that it belongs to and with what
//! was decided in it.
//!
//! A decision names its call only, and the call's own record comes after it, so decisions wait for that. What waits is
//! bounded, however long the log is: alike ones of a call are one with a count, and of runs and calls whose end never
//! came (their process was killed) only the newest are kept.

mod row;
mod since;
mod waiting;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::rc::Rc;

use remit_policy::display_safe;
use remit_run::audit;
use std::collections::HashMap;

pub(crate) use self::row::{Row, Text, Verdict};
pub use self::since::Since;
use self::waiting::Waiting;
use crate::error::ReviewError;

/// Runs that have begun and not ended; no machine has as many at once.
const MAX_RUNS: usize = 10_000;

/// The longest text of a record that is kept, in characters.
pub(crate) const MAX_TEXT: usize = 600;

/// A run, as its first record says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) seq: u64,
    pub(crate) time: String,
    pub(crate) skill: String,
    pub(crate) skill_digest: String,
    pub(crate) folder: Option<String>,
    /// What the ids of its calls begin with.
    pub(crate) calls: Option<String>,
    pub(crate) inputs_digest: String,
    /// The agent's client and its version, where an agent used the skill; as it said itself.
    pub(crate) agent: Option<String>,
    /// The session of that client.
    pub(crate) session: Option<String>,
    pub(crate) plugins: BTreeMap<String, RunPlugin>,
}

/// A plugin of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunPlugin {
    pub(crate) digest: String,
    /// None where the record does not say them.
    pub(crate) grants: Option<Vec<RunGrant>>,
}

/// A grant of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunGrant {
    pub(crate) line: Option<usize>,
    pub(crate) bound: String,
    /// As skill.toml has it, in the compact form.
    pub(crate) written: String,
}

impl Run {
    /// From the record of its beginning; nothing if a field is missing that every such record has.
    pub(crate) fn of(row: &Row<'_>) -> Option<Run> {
        // Not capped where it is compared with a whole text.
        let whole = |text: &Text<'_>| display_safe(text, usize::MAX);
        let plugins = row.plugins.iter().flatten().map(|plugin| {
            let grants = plugin.grants.as_ref().map(|grants| {
                let of = |grant: &row::GrantRow<'_>| RunGrant {
                    line: grant.line,
                    bound: whole(&grant.grant),
                    written: whole(grant.written.as_ref().unwrap_or(&grant.grant)),
                };
                grants.iter().map(of).collect()
            });
            let digest = shown(&plugin.digest);
            (shown(&plugin.plugin), RunPlugin { digest, grants })
        });
        Some(Run {
            id: shown(row.run.as_ref()?),
            seq: row.seq,
            time: shown(&row.time),
            skill: shown(row.skill.as_ref()?),
            skill_digest: shown(row.skill_digest.as_ref()?),
            folder: row.folder.as_ref().map(whole),
            calls: row.calls.as_ref().map(|calls| shown(calls)),
            inputs_digest: row
                .inputs_digest
                .as_ref()
                .map(|d| shown(d))
                .unwrap_or_default(),
            agent: row.agent.as_ref().map(|agent| display_safe(agent, 120)),
            session: row
                .session
                .as_ref()
                .map(|session| display_safe(session, 120)),
            plugins: plugins.collect(),
        })
    }

    /// The grant of skill.toml, as it stood then, that a decision's rule came from.
    pub(crate) fn grant(&self, plugin: &str, rule: &str) -> Option<&RunGrant> {
        let grants = self.plugins.get(plugin)?.grants.as_ref()?;
        grants.iter().find(|grant| grant.bound == rule)
    }
}

/// What was decided in a call, alike decisions together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) capability: String,
    pub(crate) action: String,
    pub(crate) asked: String,
    pub(crate) allowed: bool,
    pub(crate) code: Option<String>,
    pub(crate) layer: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) narrowest: Option<String>,
    /// How many.
    pub(crate) count: u64,
    /// The number of the first record.
    pub(crate) seq: u64,
    /// And of the last.
    pub(crate) last_seq: u64,
    /// When the first was.
    pub(crate) time: String,
    /// When the last was.
    pub(crate) last_time: String,
    /// Whether it stands for several things that were asked for, whose names were too many to keep.
    pub(crate) blurred: bool,
}

/// A call and what was decided in it.
pub(crate) struct Called<'a> {
    /// None for a call outside of a run.
    pub(crate) run: Option<&'a Rc<Run>>,
    /// The call's own record; none for a call that never ended.
    pub(crate) row: Option<&'a Row<'a>>,
    pub(crate) decided: &'a [Decided],
}

/// Takes what was read.
pub(crate) trait Sink {
    /// A run began.
    fn started(&mut self, run: &Rc<Run>);
    /// A run ended: `done`, `incomplete`, `failed`, `denied`, `cancelled`.
    fn finished(&mut self, run: &Rc<Run>, state: &str);
    /// A call ended, or never did.
    fn called(&mut self, call: &Called<'_>);
    /// A call or a whole skill was refused before it began.
    fn refused(&mut self, run: Option<&Rc<Run>>, row: &Row<'_>);
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Extent {
    /// How many records.
    pub records: u64,
    /// When the first was written; RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// When the last was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// Reads the log in a folder. Of runs, only those that began at `since` or later count, each with all that belongs to it.
pub(crate) fn read(
    folder: &Path,
    since: Option<&Since>,
    sink: &mut dyn Sink,
) -> Result<Extent, ReviewError> {
    let mut extent = Extent::default();
    let mut reader = Reader::default();
    for line in audit::read_lines(folder)? {
        let line = line?;
        let row: Row<'_> =
            serde_json::from_slice(&line).map_err(|error| ReviewError::Unreadable {
                index: extent.records,
                reason: display_safe(&error.to_string(), 200),
            })?;
        extent.records += 1;
        if extent.first.is_none() {
            extent.first = Some(shown(&row.time));
        }
        match &mut extent.last {
            Some(last)
                if row.time.len() <= MAX_TEXT && remit_policy::is_display_safe(&row.time) =>
            {
                last.clear();
                last.push_str(&row.time);
            }
            last => *last = Some(shown(&row.time)),
        }
        reader.take(&row, since, sink);
    }
    for (prefix, decided) in reader.waiting.drain() {
        reader.unfinished(&prefix, &decided, sink);
    }
    Ok(extent)
}

#[derive(Default)]
struct Reader {
    /// By their ids; none for those that began too early.
    runs: HashMap<String, Option<Rc<Run>>>,
    /// The ids of runs by what the ids of their calls begin with.
    prefixes: HashMap<String, String>,
    /// In the order in which they began.
    order: VecDeque<String>,
    waiting: Waiting,
}

impl Reader {
    fn take(&mut self, row: &Row<'_>, since: Option<&Since>, sink: &mut dyn Sink) {
        match &*row.kind {
            "decision" => {
                let given_up = self.waiting.add(row);
                for (call, decided) in given_up {
                    self.unfinished(&call, &decided, sink);
                }
            }
            "call" => {
                let Some(call) = &row.call else { return };
                let decided = self.waiting.take(call);
                let Ok(run) = self.run(row) else { return };
                if run.is_none() && since.is_some_and(|since| !since.reaches(&row.time)) {
                    return;
                }
                sink.called(&Called {
                    run: run.as_ref(),
                    row: Some(row),
                    decided: &decided,
                });
            }
            "run-started" => self.start(row, since, sink),
            "run-finished" => {
                if let Ok(Some(run)) = self.run(row) {
                    sink.finished(&run, row.state.as_deref().unwrap_or_default());
                    self.forget(&run);
                } else if let Some(id) = &row.run {
                    self.runs.remove(&**id);
                }
            }
            "refused" => {
                let Ok(run) = self.run(row) else { return };
                if run.is_none() && since.is_some_and(|since| !since.reaches(&row.time)) {
                    return;
                }
                sink.refused(run.as_ref(), row);
            }
            // What a plugin tried while it described itself belongs to no skill.
            "described" => {
                if let Some(call) = &row.call {
                    self.waiting.take(call);
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, row: &Row<'_>, since: Option<&Since>, sink: &mut dyn Sink) {
        let Some(run) = Run::of(row).map(Rc::new) else {
            return;
        };
        let counts = since.is_none_or(|since| since.reaches(&row.time));
        if counts {
            sink.started(&run);
        }
        if let Some(prefix) = &run.calls {
            self.prefixes.insert(prefix.clone(), run.id.clone());
        }
        self.order.push_back(run.id.clone());
        self.runs.insert(run.id.clone(), counts.then_some(run));
        while self.order.len() > MAX_RUNS {
            let oldest = self.order.pop_front();
            if let Some(Some(run)) = oldest.and_then(|id| self.runs.get(&id).cloned()) {
                self.forget(&run);
            }
        }
    }

    fn forget(&mut self, run: &Run) {
        self.runs.remove(&run.id);
        if let Some(prefix) = &run.calls {
            self.prefixes.remove(prefix);
        }
    }

    /// The run that a record names; an error if it does not count.
    fn run(&self, row: &Row<'_>) -> Result<Option<Rc<Run>>, ()> {
        let Some(id) = &row.run else { return Ok(None) };
        match self.runs.get(&**id) {
            Some(Some(run)) => Ok(Some(Rc::clone(run))),
            // It began before what was asked for, or before the log.
            Some(None) | None => Err(()),
        }
    }

    fn unfinished(&self, call: &str, decided: &[Decided], sink: &mut dyn Sink) {
        let prefix = call.rsplit_once('-').map_or(call, |(prefix, _)| prefix);
        let id = self.prefixes.get(prefix);
        if let Some(Some(run)) = id.and_then(|id| self.runs.get(id)) {
            sink.called(&Called {
                run: Some(run),
                row: None,
                decided,
            });
        }
    }
}

/// A text of a record, safe to show.
pub(crate) fn shown(text: &str) -> String {
    display_safe(text, MAX_TEXT)
}
