//! How the steps of a session stand: who holds which item of which step, and what came of it. Nothing here waits, and
//! nothing is evaluated: it is what the lock of a session guards.

use std::time::Instant;

use minijinja::Value;
use remit_package::Digest;

use crate::error::RunError;
use crate::expr::Scope;
use crate::report::{By, Provenance, RunReport, RunState, StepKindName, StepState};
use crate::steps::{Done, Work, record, state_of};

/// What the lock guards.
pub(super) struct State {
    pub(super) report: RunReport,
    pub(super) scope: Scope,
    pub(super) tasks: Vec<Task>,
    /// Steps done so far.
    pub(super) order: u64,
    /// Calls that were no step's.
    pub(super) extra: u64,
    /// What the agent may know by now, and so what anything that it says may be made from.
    pub(super) seen: Provenance,
    /// run.json is final.
    pub(super) closed: bool,
}

/// A step.
pub(super) struct Task {
    /// The steps whose results it uses.
    pub(super) needs: Vec<usize>,
    pub(super) progress: Progress,
    /// As what the session ends because of it.
    pub(super) ended: Option<RunState>,
}

pub(super) enum Progress {
    /// What it refers to is not there yet.
    Waiting,
    /// Somebody evaluates its condition and its list.
    Deciding,
    /// It is to be done.
    Open(Box<Opened>),
    /// It is done or skipped.
    Over,
    /// It could not be decided, or it is a check that is not true.
    Failed,
}

/// A step that is to be done, once or for each item.
pub(super) struct Opened {
    pub(super) work: Work,
    pub(super) slots: Vec<Slot>,
    /// The host does it.
    pub(super) host: bool,
    begun: Option<Instant>,
    /// The figures of calls that failed.
    tried: Done,
}

#[derive(Clone)]
pub(super) struct Slot {
    pub(super) key: Key,
    pub(super) hold: Hold,
}

/// What an agent must give so that it is this item: the digest of a call's arguments, or of an output's path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Not evaluated yet.
    Unknown,
    Is(Digest),
    /// It cannot be evaluated.
    Broken,
}

#[derive(Clone)]
pub(super) enum Hold {
    Free,
    /// The agent does it now.
    Taken,
    Done(Box<Done>, By),
}

/// That a step is over, for the log.
pub(super) struct Ended {
    pub(super) index: usize,
    pub(super) by: By,
    pub(super) order: Option<u64>,
    pub(super) state: StepState,
}

impl Opened {
    pub(super) fn new(work: Work, slots: Vec<Slot>) -> Self {
        Self {
            work,
            slots,
            host: false,
            begun: None,
            tried: Done::default(),
        }
    }

    pub(super) fn done(&self) -> usize {
        let done = |slot: &&Slot| matches!(slot.hold, Hold::Done(..));
        self.slots.iter().filter(done).count()
    }

    /// The first item that nobody does.
    pub(super) fn free(&self) -> Option<usize> {
        let free = |slot: &Slot| matches!(slot.hold, Hold::Free);
        self.slots.iter().position(free)
    }

    pub(super) fn is_busy(&self) -> bool {
        let taken = |slot: &Slot| matches!(slot.hold, Hold::Taken);
        self.host || self.slots.iter().any(taken)
    }
}

impl State {
    /// The next step that can be decided, which is then being decided.
    pub(super) fn take_undecided(&mut self) -> Option<usize> {
        let index = (0..self.tasks.len()).find(|index| {
            let waits = |task: &Task| matches!(task.progress, Progress::Waiting);
            self.tasks.get(*index).is_some_and(waits) && self.missing(*index).is_none()
        })?;
        if let Some(task) = self.tasks.get_mut(index) {
            task.progress = Progress::Deciding;
        }
        Some(index)
    }

    /// The first step that must be done before this one can be.
    pub(super) fn missing(&self, index: usize) -> Option<usize> {
        let over = |task: &Task| matches!(task.progress, Progress::Over);
        let needs = self.tasks.get(index)?.needs.iter().copied();
        needs
            .into_iter()
            .find(|need| !self.tasks.get(*need).is_some_and(over))
    }

    /// The check before a step that failed, which ends the procedure: its id and what it says.
    pub(super) fn failed_check(&self, index: usize) -> Option<(String, String)> {
        let before = self.report.steps.iter().take(index);
        let mut failed = before
            .filter(|step| step.kind == StepKindName::Check && step.state == StepState::Failed);
        let check = failed.next()?;
        let message = check.error.as_ref().map(|error| error.message.clone());
        Some((check.id.clone(), message.unwrap_or_default()))
    }

    pub(super) fn opened(&mut self, index: usize) -> Option<&mut Opened> {
        match &mut self.tasks.get_mut(index)?.progress {
            Progress::Open(opened) => Some(opened),
            _ => None,
        }
    }

    /// Begins an item, or all that is left where the host does the step.
    pub(super) fn begin(&mut self, index: usize, item: Option<usize>) {
        if let Some(opened) = self.opened(index) {
            opened.begun.get_or_insert_with(Instant::now);
            match item {
                Some(item) => {
                    if let Some(slot) = opened.slots.get_mut(item) {
                        slot.hold = Hold::Taken;
                    }
                }
                None => opened.host = true,
            }
        }
        if let Some(entry) = self.report.steps.get_mut(index) {
            entry.state = StepState::Running;
            entry.error = None;
            entry.started.get_or_insert_with(crate::time::now);
        }
        if let Some(task) = self.tasks.get_mut(index) {
            task.ended = None;
        }
    }

    /// An item that was begun is done.
    pub(super) fn item_done(&mut self, index: usize, item: usize, done: Done, by: By) {
        if let Some(opened) = self.opened(index)
            && let Some(slot) = opened.slots.get_mut(item)
        {
            slot.hold = Hold::Done(Box::new(done), by);
        }
    }

    /// An item that was begun is not done; its figures count.
    pub(super) fn item_free(&mut self, index: usize, item: usize, tried: &Done) {
        if let Some(opened) = self.opened(index) {
            opened.tried.add(tried);
            if let Some(slot) = opened.slots.get_mut(item) {
                slot.hold = Hold::Free;
            }
        }
    }

    /// The host does the step no more; its figures of what failed count.
    pub(super) fn host_free(&mut self, index: usize, tried: &Done) {
        if let Some(opened) = self.opened(index) {
            opened.host = false;
            opened.tried.add(tried);
        }
    }

    /// Notes how a step stands that somebody stopped doing: over, if all of it is done.
    pub(super) fn settle(&mut self, index: usize, error: Option<&RunError>) -> Option<Ended> {
        let opened = match &self.tasks.get(index)?.progress {
            Progress::Open(opened) => opened,
            _ => return None,
        };
        let mut all = Done {
            provenance: (*opened.work.control).clone(),
            ..Done::default()
        };
        let mut values = Vec::new();
        let mut by = By::Host;
        for slot in &opened.slots {
            if let Hold::Done(done, who) = &slot.hold {
                all.add(done);
                values.push(done.value.clone());
                if *who == By::Agent {
                    by = By::Agent;
                }
            }
        }
        let complete = values.len() == opened.slots.len() && !opened.host;
        let busy = opened.is_busy();
        let begun = opened.begun;
        let tried = opened.tried.clone();
        let items = opened.work.items.is_some();
        let entry = self.report.steps.get_mut(index)?;
        let mut figures = all.clone();
        figures.add(&tried);
        figures.outputs.clone_from(&all.outputs);
        // Begun and refused is not begun.
        let touched = figures.calls > 0 || !figures.outputs.is_empty();
        entry.take(&figures);
        entry.provenance.clone_from(&all.provenance);
        entry.audit = figures.audit;
        entry.audit.sort_unstable();
        if !complete {
            entry.state = match (error, busy) {
                (_, true) => StepState::Running,
                (Some(_), false) => StepState::Failed,
                (None, false) if !touched => StepState::Waiting,
                (None, false) => StepState::Running,
            };
            if entry.state == StepState::Waiting {
                entry.started = None;
            }
            if let Some(error) = error {
                entry.error = Some(record(error));
            }
            let failed = entry.state == StepState::Failed;
            if let Some(task) = self.tasks.get_mut(index) {
                task.ended = error.filter(|_| failed).map(state_of);
            }
            return None;
        }
        let milliseconds = begun.map(|begun| begun.elapsed().as_millis());
        entry.milliseconds = milliseconds.map(|it| u64::try_from(it).unwrap_or(u64::MAX));
        all.value = match items {
            true => Value::from(values),
            false => values.into_iter().next().unwrap_or_default(),
        };
        Some(self.over(index, all, by))
    }

    /// A step is done.
    pub(super) fn over(&mut self, index: usize, done: Done, by: By) -> Ended {
        self.order += 1;
        self.seen.join(&done.provenance);
        let order = Some(self.order);
        if let Some(task) = self.tasks.get_mut(index) {
            task.progress = Progress::Over;
            task.ended = None;
        }
        if let Some(entry) = self.report.steps.get_mut(index) {
            (entry.state, entry.by, entry.order) = (StepState::Done, Some(by), order);
            entry.provenance.clone_from(&done.provenance);
            entry.error = None;
            self.seen.steps.insert(entry.id.clone());
            self.scope.add_step(&entry.id, done.value, done.provenance);
        }
        Ended {
            index,
            by,
            order,
            state: StepState::Done,
        }
    }

    /// A step is not to be done.
    pub(super) fn skipped(&mut self, index: usize, control: Provenance) -> Ended {
        if let Some(task) = self.tasks.get_mut(index) {
            task.progress = Progress::Over;
        }
        if let Some(entry) = self.report.steps.get_mut(index) {
            entry.state = StepState::Skipped;
            self.scope.add_step(&entry.id, Value::from(()), control);
        }
        Ended {
            index,
            by: By::Host,
            order: None,
            state: StepState::Skipped,
        }
    }

    /// A step that cannot be decided, or a check that is not true.
    pub(super) fn failed(&mut self, index: usize, error: &RunError) -> Ended {
        if let Some(task) = self.tasks.get_mut(index) {
            task.progress = Progress::Failed;
            task.ended = Some(state_of(error));
        }
        if let Some(entry) = self.report.steps.get_mut(index) {
            entry.state = StepState::Failed;
            entry.error = Some(record(error));
        }
        Ended {
            index,
            by: By::Host,
            order: None,
            state: StepState::Failed,
        }
    }
}
