//! Finds a record, and what belongs to it: its call and its run.

use std::path::Path;

use remit_policy::display_safe;
use remit_run::audit;

use super::BelongsTo;
use crate::error::ReviewError;
use crate::log::{Row, Run, Text, Verdict, shown};

/// A record, and what belongs to it.
pub(super) struct Found {
    pub(super) line: Vec<u8>,
    pub(super) index: u64,
    pub(super) facts: Facts,
}

/// What belongs to a record.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) run: Option<Run>,
    /// Of the call that it is or belongs to.
    pub(super) call: Option<BelongsTo>,
    /// The number of the last denial in that call.
    pub(super) last_denied: Option<u64>,
}

/// Which run and call are looked for.
#[derive(Default)]
struct Wanted {
    run: Option<String>,
    call: Option<String>,
}

/// Finds the record with this number. The log is read twice: once to it, and once for what belongs to it.
pub(super) fn find(folder: &Path, seq: u64) -> Result<Found, ReviewError> {
    let mut wanted = Wanted::default();
    let mut found = None;
    let mut records = 0;
    each(folder, |index, row, line| {
        records = index + 1;
        if row.seq == seq {
            wanted.run = row.run.as_ref().map(|run| run.to_string());
            wanted.call = row.call.as_ref().map(|call| call.to_string());
            found = Some((index, line.to_vec()));
        }
        found.is_none()
    })?;
    let Some((index, line)) = found else {
        return Err(ReviewError::NoRecord { seq, records });
    };
    let mut facts = Facts::default();
    let prefix = wanted
        .call
        .as_deref()
        .and_then(|call| call.rsplit_once('-'))
        .map(|(prefix, _)| prefix.to_owned());
    each(folder, |_, row, _| {
        let is = |text: &Option<Text<'_>>, wanted: &Option<String>| {
            wanted.is_some() && text.as_deref() == wanted.as_deref()
        };
        match &*row.kind {
            "run-started" if is(&row.run, &wanted.run) || is(&row.calls, &prefix) => {
                facts.run = Run::of(row);
            }
            "call" if is(&row.call, &wanted.call) => {
                facts.call = Some(belongs(row));
                if facts.run.as_ref().map(|run| run.id.as_str()) != row.run.as_deref() {
                    facts.run = None;
                    wanted.run = row.run.as_ref().map(|run| run.to_string());
                }
            }
            "decision"
                if is(&row.call, &wanted.call) && row.allowed == Some(Verdict::Said(false)) =>
            {
                facts.last_denied = Some(row.seq);
            }
            _ => {}
        }
        // Its call, or the end of its run, is the last that is looked for.
        let over = &*row.kind == "run-finished"
            && facts
                .run
                .as_ref()
                .is_some_and(|run| row.run.as_deref() == Some(&run.id));
        facts.call.is_none() && !(over && row.seq > seq)
    })?;
    // A log from before runs said what their calls' ids begin with.
    if facts.run.is_none() && wanted.run.is_some() {
        each(folder, |_, row, _| {
            if &*row.kind == "run-started" && row.run.as_deref() == wanted.run.as_deref() {
                facts.run = Run::of(row);
            }
            facts.run.is_none() && row.seq < seq
        })?;
    }
    Ok(Found { line, index, facts })
}

fn belongs(row: &Row<'_>) -> BelongsTo {
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|text| shown(text));
    BelongsTo {
        run: text(&row.run),
        skill: None,
        step: text(&row.step),
        item: row.item,
        plugin: text(&row.plugin),
        operation: text(&row.operation),
        agent: None,
        session: None,
        call: Some(row.seq),
    }
}

/// Goes through the records until there is no need to go on.
fn each(
    folder: &Path,
    mut go_on: impl FnMut(u64, &Row<'_>, &[u8]) -> bool,
) -> Result<(), ReviewError> {
    for (index, line) in (0..).zip(audit::read_lines(folder)?) {
        let line = line?;
        let row: Row<'_> =
            serde_json::from_slice(&line).map_err(|error| ReviewError::Unreadable {
                index,
                reason: display_safe(&error.to_string(), 200),
            })?;
        if !go_on(index, &row, &line) {
            break;
        }
    }
    Ok(())
}
