//! What the host finds out by itself as soon as it can: whether a step is to be done, for which items, and whether a
//! check is true.

use std::time::{Duration, Instant};

use minijinja::Value;
use remit_package::{Step, StepKind};

use super::Inner;
use super::state::{Ended, Hold, Key, Opened, Progress, Slot};
use crate::audit::Entry;
use crate::error::RunError;
use crate::expr::Scope;
use crate::report::{By, Provenance, StepState};
use crate::steps::{Decision, Done};

/// No step's items may take longer to be decided, all together.
const MAX_TIME: Duration = Duration::from_secs(10);

enum Decided {
    Skipped(Provenance),
    Done(Done),
    Open(Opened),
}

impl Inner {
    /// Decides all steps that can be. Says whether there were any.
    ///
    /// # Errors
    /// If it cannot be recorded. That a step fails is no error here: the step says so.
    pub(super) fn advance(&self) -> Result<bool, RunError> {
        let mut any = false;
        loop {
            let (index, scope) = {
                let mut state = self.state();
                match state.take_undecided() {
                    Some(index) => (index, state.scope.clone()),
                    None => return Ok(any),
                }
            };
            any = true;
            self.decide(index, &scope)?;
        }
    }

    /// Decides one that is being decided.
    fn decide(&self, index: usize, scope: &Scope) -> Result<(), RunError> {
        let Some(step) = self.steps().get(index) else {
            return Ok(());
        };
        let decided = self.decided(step, scope);
        let ended = {
            let mut state = self.state();
            match decided {
                Ok(Decided::Skipped(control)) => Some(state.skipped(index, control)),
                Ok(Decided::Done(done)) => Some(state.over(index, done, By::Host)),
                Ok(Decided::Open(opened)) => {
                    if let Some(entry) = state.report.steps.get_mut(index) {
                        entry.items = opened.work.items.as_ref().map(|items| items.len());
                    }
                    if let Some(task) = state.tasks.get_mut(index) {
                        task.progress = Progress::Open(Box::new(opened));
                    }
                    // A list without items is done.
                    state.settle(index, None)
                }
                Err(error) => Some(state.failed(index, &error)),
            }
        };
        self.record_ended(ended)
    }

    fn decided(&self, step: &Step, scope: &Scope) -> Result<Decided, RunError> {
        let work = match self.context.decide(step, scope)? {
            Decision::Skip(control) => return Ok(Decided::Skipped(control)),
            Decision::Do(work) => work,
        };
        let check = match &step.kind {
            StepKind::Check { expr, message } if step.approve.is_none() => Some((expr, message)),
            _ => None,
        };
        let begun = Instant::now();
        let mut slots = Vec::with_capacity(work.len());
        for item in 0..work.len() {
            if begun.elapsed() > MAX_TIME {
                let message = format!("took longer than {MAX_TIME:?} to be evaluated");
                return Err(RunError::ForEach { message });
            }
            let mut hold = Hold::Free;
            if work.per_item || check.is_some() {
                let scope = work.scope(scope, item);
                let mut control = (*work.control).clone();
                let holds = !work.per_item || self.context.holds(step, &scope, &mut control)?;
                match check {
                    Some((expr, message)) if holds => {
                        let done = self.context.check(expr, message, &scope.trace(), control)?;
                        hold = Hold::Done(Box::new(done), By::Host);
                    }
                    _ if holds => {}
                    _ => hold = Hold::Done(Box::new(not_done(control)), By::Host),
                }
            }
            let key = Key::Unknown;
            slots.push(Slot { key, hold });
        }
        // A check without items that was found to be true.
        if let (Some(_), None) = (check, &work.items)
            && let Some(Hold::Done(done, _)) = slots.pop().map(|slot| slot.hold)
        {
            return Ok(Decided::Done(*done));
        }
        Ok(Decided::Open(Opened::new(work, slots)))
    }

    /// Evaluates a failed step again; nothing of what it refers to changes, so it fails as it did.
    pub(super) fn why_failed(&self, step: &Step, scope: &Scope) -> RunError {
        match self.decided(step, scope) {
            Err(error) => error,
            Ok(_) => RunError::Internal(format!("step {} failed once and does not now", step.id)),
        }
    }

    /// Records that a step is over, before anybody hears of it.
    pub(super) fn record_ended(&self, ended: Option<Ended>) -> Result<(), RunError> {
        let Some(ended) = ended else {
            return Ok(());
        };
        let Some(step) = self.steps().get(ended.index) else {
            return Ok(());
        };
        self.context.audit.append(&[Entry::Step {
            run: &self.context.id,
            step: &step.id,
            by: match ended.by {
                By::Host => "host",
                By::Agent => "agent",
            },
            order: ended.order,
            state: match ended.state {
                StepState::Done => "done",
                StepState::Skipped => "skipped",
                _ => "failed",
            },
        }])?;
        Ok(())
    }
}

/// An item whose `when` is not true.
fn not_done(control: Provenance) -> Done {
    Done {
        value: Value::from(()),
        provenance: control,
        ..Done::default()
    }
}
