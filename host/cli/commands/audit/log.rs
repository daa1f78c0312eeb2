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
    let calls = calls_of(&folder, args)?;
    let mut kept = Kept::new(args.last);
    for record in audit::read(&folder).map_err(RunError::from)? {
        let record = record.map_err(RunError::from)?;
        if record.kind == "call" {
            kept.name_decisions(&record);
        }
        if is_wanted(&record, args, calls.as_ref()) {
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
        let what = if args.run.is_some() || args.plugin.is_some() || args.denied {
            "no record is as asked for"
        } else {
            "there are no records yet"
        };
        output::eprint(&format!("{what}, in {}\n", folder.display()));
    }
    output::print(&text);
    Ok(ExitCode::SUCCESS)
}

/// The calls of the run and plugin that are asked for; none if neither is. A decision names its call only, and the
/// call's own record comes after it, so these must be known first.
fn calls_of(folder: &Path, args: &AuditLogArgs) -> Result<Option<HashSet<String>>> {
    if args.run.is_none() && args.plugin.is_none() {
        return Ok(None);
    }
    let mut calls = HashSet::new();
    for record in audit::read(folder).map_err(RunError::from)? {
        let record = record.map_err(RunError::from)?;
        if record.kind == "call"
            && says(&record, args)
            && let Some(call) = record.text("call")
        {
            calls.insert(call.to_owned());
        }
    }
    Ok(Some(calls))
}

/// Whether a record itself names the run and the plugin that are asked for.
fn says(record: &Record, args: &AuditLogArgs) -> bool {
    let is = |field, wanted: &Option<String>| {
        wanted
            .as_deref()
            .is_none_or(|wanted| record.text(field) == Some(wanted))
    };
    is("run", &args.run) && is("plugin", &args.plugin)
}

fn is_wanted(record: &Record, args: &AuditLogArgs, calls: Option<&HashSet<String>>) -> bool {
    let of_call = || {
        record.kind == "decision"
            && record
                .text("call")
                .is_some_and(|call| calls.is_some_and(|calls| calls.contains(call)))
    };
    (says(record, args) || of_call()) && (!args.denied || is_denial(record))
}

/// Whether something was refused.
pub(super) fn is_denial(record: &Record) -> bool {
    record.kind == "refused" || record.body.get("allowed") == Some(&Value::Bool(false))
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
