//! A step that the host does in an agent's session, as it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use remit_package::{Step, StepKind};
use remit_policy::{Effect, display_safe};
use remit_sandbox::Cancel;

use super::Inner;
use super::consent::{Consent, ConsentCall, ConsentNeeded};
use super::error::SessionError;
use super::state::{Hold, Progress};
use crate::error::RunError;
use crate::event::Event;
use crate::expr::Scope;
use crate::report::{By, Provenance, StepReport};
use crate::steps::{Done, Finished, Gate, Run, Work, Yes, does, kind};

/// What is asked about is shown to a person whole; nobody reads this much, so more of it is not put together.
const MAX_ASKED: usize = 1 << 20;

/// A step that the host does. Given up, what was done of it is kept, and the rest is free again.
struct Held<'a> {
    session: &'a Inner,
    index: usize,
    finished: Finished,
    /// Items that were done before.
    before: BTreeSet<usize>,
    over: bool,
}

impl Held<'_> {
    /// Puts what was done in its place.
    fn put_back(&mut self, tried: &Done) {
        self.over = true;
        let finished = self.finished.get_mut();
        let finished = std::mem::take(finished.unwrap_or_else(PoisonError::into_inner));
        let mut state = self.session.state();
        for (item, done) in finished {
            if !self.before.contains(&item) {
                state.item_done(self.index, item, done, By::Host);
            }
        }
        state.host_free(self.index, tried);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.put_back(&Done::default());
            let ended = self.session.state().settle(self.index, None);
            if let Err(error) = self.session.record_ended(ended) {
                tracing::error!("a step that was given up could not be recorded: {error}");
            }
        }
    }
}

/// A step that can be done now.
struct Doable<'a> {
    index: usize,
    step: &'a Step,
    work: Work,
    scope: Scope,
    /// Items that are done already.
    done: BTreeMap<usize, Done>,
}

/// How a step stands that the host is to do.
enum Standing<'a> {
    Doable(Doable<'a>),
    Over(Box<StepReport>),
}

impl Inner {
    pub(super) fn index_of(&self, id: &str) -> Result<usize, RunError> {
        let found = self.steps().iter().position(|step| step.id == id);
        found.ok_or_else(|| {
            let error = SessionError::StepUnknown {
                step: display_safe(id, 80),
                known: self.steps().iter().map(|step| step.id.clone()).collect(),
            };
            error.into()
        })
    }

    /// Finds out whether a step can be done now; begins it if `begin`.
    fn standing(&self, id: &str, begin: bool) -> Result<Standing<'_>, RunError> {
        let index = self.index_of(id)?;
        let Some(step) = self.steps().get(index) else {
            return Err(RunError::Internal(format!("the step {id} is gone")));
        };
        let mut state = self.state();
        let scope = state.scope.clone();
        if let Some((check, message)) = state.failed_check(index) {
            let step = id.to_owned();
            return Err(SessionError::CheckBefore {
                step,
                check,
                message,
            }
            .into());
        }
        if let Some(first) = state
            .missing(index)
            .and_then(|first| self.steps().get(first))
        {
            return Err(SessionError::StepNotReady {
                step: id.to_owned(),
                first: first.id.clone(),
            }
            .into());
        }
        let busy = || {
            RunError::from(SessionError::StepBusy {
                step: id.to_owned(),
            })
        };
        let progress = state.tasks.get(index).map(|task| &task.progress);
        let opened = match progress {
            Some(Progress::Open(opened)) if !opened.is_busy() => opened,
            Some(Progress::Over) => {
                let report = state.report.steps.get(index).cloned();
                return report
                    .map(|it| Standing::Over(Box::new(it)))
                    .ok_or_else(busy);
            }
            Some(Progress::Failed) => {
                drop(state);
                return Err(self.why_failed(step, &scope));
            }
            _ => return Err(busy()),
        };
        let work = opened.work.clone();
        let done = (opened.slots.iter().enumerate())
            .filter_map(|(item, slot)| match &slot.hold {
                Hold::Done(done, _) => Some((item, (**done).clone())),
                _ => None,
            })
            .collect();
        if begin {
            state.begin(index, None);
        }
        Ok(Standing::Doable(Doable {
            index,
            step,
            work,
            scope,
            done,
        }))
    }

    pub(super) fn step_question(&self, id: &str) -> Result<Option<ConsentNeeded>, RunError> {
        self.refuse_if_over()?;
        match self.standing(id, false)? {
            Standing::Over(_) => Ok(None),
            Standing::Doable(doable) => self.step_needs(&doable),
        }
    }

    /// What a person must say yes to before the rest of a step.
    fn step_needs(&self, doable: &Doable<'_>) -> Result<Option<ConsentNeeded>, RunError> {
        let step = doable.step;
        let effect = match &step.kind {
            StepKind::Call {
                plugin, operation, ..
            } => self.allowed(plugin, operation)?.1,
            _ => Effect::Read,
        };
        if !self.asks(effect, Some(step)) {
            return Ok(None);
        }
        let calls = self.calls_of(doable, effect)?;
        let mut needed = ConsentNeeded::new(self.open.name(), format!("step {}", step.id), calls);
        if let Some(why) = &step.approve {
            needed.about.push_str(": ");
            needed.about.push_str(&display_safe(why, 400));
        }
        Ok(Some(needed))
    }

    /// The calls of the rest of a step, each with its exact arguments.
    fn calls_of(&self, doable: &Doable<'_>, effect: Effect) -> Result<Vec<ConsentCall>, RunError> {
        let Doable {
            step, work, scope, ..
        } = doable;
        let StepKind::Call {
            plugin,
            operation,
            with,
        } = &step.kind
        else {
            return Ok(Vec::new());
        };
        let mut calls = Vec::new();
        let mut bytes = 0;
        for item in (0..work.len()).filter(|item| !doable.done.contains_key(item)) {
            let scope = work.scope(scope, item);
            let mut control = Provenance::default();
            if work.per_item && !self.context.holds(step, &scope, &mut control)? {
                continue;
            }
            let arguments = self.arguments(with, &scope.trace())?;
            bytes += arguments.to_string().len() + plugin.len() + operation.len();
            calls.push(ConsentCall {
                plugin: plugin.clone(),
                operation: operation.clone(),
                effect,
                arguments,
            });
            if bytes > MAX_ASKED {
                return Err(SessionError::ConsentTooMuch {
                    step: step.id.clone(),
                }
                .into());
            }
        }
        Ok(calls)
    }

    pub(super) async fn step(
        self: &Arc<Self>,
        id: &str,
        consent: Option<Consent>,
        cancel: Option<Cancel>,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<StepReport, RunError> {
        let what = format!("step {}", display_safe(id, 80));
        let begun = self.enter().and_then(|going| {
            self.context.caller.standing(&what)?;
            self.kept.refuse_if_full()?;
            let doable = match self.standing(id, false)? {
                Standing::Over(report) => return Ok((going, None, Ok(*report))),
                Standing::Doable(doable) => doable,
            };
            let yes = match self.step_needs(&doable)? {
                None => Yes::Beforehand,
                Some(needed) => {
                    self.consented(&what, &needed, consent)?;
                    let skill = self.open.name();
                    let digests = needed.calls.iter().map(|call| call.digest(skill));
                    Yes::To(digests.collect())
                }
            };
            // What was asked about is what is done: of the same scope, and each call is looked up in the yes.
            match self.standing(id, true)? {
                Standing::Over(report) => Ok((going, None, Ok(*report))),
                Standing::Doable(doable) => Ok((going, Some((doable, yes)), Err(()))),
            }
        });
        let (going, doable) = match begun {
            Ok((going, Some(doable), _)) => (going, doable),
            Ok((_, None, Ok(report))) => return Ok(report),
            Ok((_, None, Err(()))) => return Err(RunError::Internal(format!("{what} is lost"))),
            Err(error) => {
                let step = self.index_of(id).is_ok().then_some(id);
                return self
                    .refused(&what, error, step)
                    .result
                    .and(Err(RunError::Cancelled));
            }
        };
        let (doable, yes) = doable;
        self.perform(doable, yes, going, cancel, events).await
    }

    async fn perform(
        self: &Arc<Self>,
        doable: Doable<'_>,
        yes: Yes,
        going: tokio::sync::OwnedRwLockReadGuard<()>,
        cancel: Option<Cancel>,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<StepReport, RunError> {
        let begun = Instant::now();
        let Doable {
            index,
            step,
            work,
            scope,
            done,
        } = doable;
        let mut held = Held {
            session: self,
            index,
            before: done.keys().copied().collect(),
            finished: Mutex::new(done),
            over: false,
        };
        events(Event::StepStarted {
            id: step.id.clone(),
            kind: kind(step),
            does: does(step),
            items: work.items.as_ref().map(|items| items.len()),
        });
        // Calls of a step that is given up end by themselves, and hold the session open until they have.
        let alive = Arc::new((Arc::clone(self), going));
        let single = work.items.is_none();
        let result = self
            .ended_by(cancel, |cancel| {
                let (work, scope, held) = (&work, &scope, &held);
                async move {
                    let run = Run {
                        context: &self.context,
                        open: &self.open,
                        events,
                        gate: Gate::Session(yes),
                        cancel,
                        alive,
                    };
                    run.perform(step, work, scope, Some(&held.finished)).await
                }
            })
            .await;
        let result = match result {
            Ok(done) => {
                if single {
                    let finished = held.finished.get_mut();
                    let finished = finished.unwrap_or_else(PoisonError::into_inner);
                    finished.insert(0, done);
                }
                held.put_back(&Done::default());
                Ok(())
            }
            Err((tried, error)) => {
                held.put_back(&tried);
                Err(error)
            }
        };
        let ended = self.state().settle(index, result.as_ref().err());
        self.record_ended(ended)?;
        self.advance()?;
        self.save()?;
        let report = self.state().report.steps.get(index).cloned();
        let report = report.ok_or_else(|| RunError::Internal("a step is gone".to_owned()))?;
        events(Event::StepFinished {
            id: step.id.clone(),
            state: report.state,
            time: begun.elapsed(),
            message: report.error.as_ref().map(|error| error.message.clone()),
        });
        result.map(|()| report)
    }
}
