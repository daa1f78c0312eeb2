//! Which records `remit audit log` prints.

use super::line;
use crate::args::AuditLogArgs;
use crate::output;
use anyhow::Result;
use remit_run::RunError;
use remit_run::audit::{self, Record};
use serde_json::Value;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;
use std::process::ExitCode;

/// Prints the records that are asked for.
pub fn log(args: &AuditLogArgs) -> Result<ExitCode> {
    let folder = super::folder()?;
    let belongs = belongs(&folder, args)?;
    let mut kept = Kept::new(args.last);
    for record in audit::read(&folder).map_err(RunError::from)? {
        let record = record.map_err(RunError::from)?;
        if record.kind == "call" {
            kept.name_decisions(&record);
        }
        if is_wanted(&record, args, belongs.as_ref()) {
            kept.add(record);
        }
    }
    let paint = output::stdout_paint();
    let mut text = String::new();
    for (record, callee) in &kept.records {
        let line = if args.json {
            serde_json::to_string(record)?
        } else {
            line::of(record, callee.as_deref(), paint)
        };
        text.push_str(&line);
        text.push('\n');
    }
    if kept.records.is_empty() {
        let what = if belongs.is_some() || args.denied {
            "no record is as asked for"
        } else {
            "there are no records yet"
        };
        output::eprint(&format!("{what}, in {}\n", folder.display()));
    }
    output::print(&text);
    Ok(ExitCode::SUCCESS)
}

/// What belongs to the run, plugin, session or client that is asked for. A decision names its call only, a call its run,
/// and a run its session; the record that says which comes before or after, so all of them must be known first.
#[derive(Default)]
pub(super) struct Belongs {
    sessions: HashSet<String>,
    pub(super) runs: HashSet<String>,
    calls: HashSet<String>,
}

/// None if nothing of the kind is asked for.
pub(super) fn belongs(folder: &Path, args: &AuditLogArgs) -> Result<Option<Belongs>> {
    if [&args.run, &args.plugin, &args.session, &args.client]
        .iter()
        .all(|asked| asked.is_none())
    {
        return Ok(None);
    }
    let mut belongs = Belongs::default();
    for record in audit::read(folder).map_err(RunError::from)? {
        let record = record.map_err(RunError::from)?;
        let text = |field| record.text(field).map(str::to_owned);
        match record.kind.as_str() {
            "session-started" if is_of_client(&record, args) => {
                belongs.sessions.extend(text("session"));
            }
            "run-started" if is_of_session(&record, args, &belongs) => {
                belongs.runs.extend(text("run"));
            }
            "call" if says(&record, args, &belongs) => belongs.calls.extend(text("call")),
            _ => {}
        }
    }
    Ok(Some(belongs))
}

/// Whether a record of a session is of the session and the client that are asked for.
fn is_of_client(record: &Record, args: &AuditLogArgs) -> bool {
    let is = |field, wanted: &Option<String>| {
        wanted.is_none() || record.text(field) == wanted.as_deref()
    };
    is("session", &args.session) && is("client", &args.client)
}

/// Whether a run was one of theirs. A run names its client with the version, and its session if it is in one.
fn is_of_session(run: &Record, args: &AuditLogArgs, belongs: &Belongs) -> bool {
    let (session, agent) = (run.text("session"), run.text("agent"));
    let known = session.is_some_and(|session| belongs.sessions.contains(session));
    let of_session = (args.session.as_deref()).is_none_or(|wanted| session == Some(wanted));
    let of_client = (args.client.as_deref()).is_none_or(|wanted| {
        let named = agent.and_then(|agent| agent.strip_prefix(wanted));
        known || named.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    });
    of_session && of_client
}

/// Whether a record itself names the run, plugin, session and client that are asked for.
fn says(record: &Record, args: &AuditLogArgs, belongs: &Belongs) -> bool {
    let is = |field, wanted: &Option<String>| {
        wanted.is_none() || record.text(field) == wanted.as_deref()
    };
    let of_agent = || {
        let among =
            |field, all: &HashSet<String>| record.text(field).is_some_and(|it| all.contains(it));
        let none = args.session.is_none() && args.client.is_none();
        none || among("run", &belongs.runs)
            || (record.text("run").is_none() && among("session", &belongs.sessions))
    };
    is("run", &args.run) && is("plugin", &args.plugin) && of_agent()
}

fn is_wanted(record: &Record, args: &AuditLogArgs, belongs: Option<&Belongs>) -> bool {
    let Some(belongs) = belongs else {
        return !args.denied || is_denial(record);
    };
    let of_call = || {
        record.kind == "decision"
            && record
                .text("call")
                .is_some_and(|call| belongs.calls.contains(call))
    };
    (says(record, args, belongs) || of_call()) && (!args.denied || is_denial(record))
}

/// Whether something was refused.
pub(super) fn is_denial(record: &Record) -> bool {
    let declined = record.kind == "asked" && record.text("answer") == Some("no");
    record.kind == "refused" || declined || record.body.get("allowed") == Some(&Value::Bool(false))
}

/// The newest records, decisions with the operation in which they were made.
struct Kept {
    records: VecDeque<(Record, Option<String>)>,
    most: usize,
    /// How many were dropped at the front.
    dropped: usize,
    /// The decisions of calls whose own record has not come yet, by number from the first that was ever kept.
    unnamed: HashMap<String, Vec<usize>>,
}

impl Kept {
    /// 0 keeps all.
    fn new(most: usize) -> Kept {
        Kept {
            records: VecDeque::new(),
            most: if most == 0 { usize::MAX } else { most },
            dropped: 0,
            unnamed: HashMap::new(),
        }
    }

    fn add(&mut self, record: Record) {
        if self.records.len() == self.most {
            self.records.pop_front();
            self.dropped += 1;
        }
        if record.kind == "decision"
            && let Some(call) = record.text("call")
        {
            let number = self.dropped + self.records.len();
            self.unnamed
                .entry(call.to_owned())
                .or_default()
                .push(number);
        }
        self.records.push_back((record, None));
    }

    fn name_decisions(&mut self, call: &Record) {
        let text = |field| call.text(field).unwrap_or_default();
        for number in self.unnamed.remove(text("call")).unwrap_or_default() {
            let place = number.checked_sub(self.dropped);
            if let Some((_, callee)) = place.and_then(|place| self.records.get_mut(place)) {
                *callee = Some(format!("{}.{}", text("plugin"), text("operation")));
            }
        }
    }
}
