//! What an agent is told of the procedure: how each step stands, and the next one with what it needs.

use remit_package::{Step, StepKind};
use remit_policy::{Effect, display_safe};
use serde_json::Value;

use super::Inner;
use super::consent::{ConsentCall, ConsentNeeded};
use super::standing::{ItemsStanding, NextCall, NextStep, ProcedureState, StepStanding};
use super::state::Progress;
use crate::report::{RunState, StepState};
use crate::steps::{does, kind};

/// Longer arguments are not told; the host can make the call.
const MAX_ARGUMENTS: usize = 64 << 10;

impl Inner {
    pub(super) fn procedure(&self) -> ProcedureState {
        let mut standing = {
            let state = self.state();
            let items = |index: usize| match &state.tasks.get(index)?.progress {
                Progress::Open(opened) => opened.work.items.as_ref().map(|items| ItemsStanding {
                    total: items.len(),
                    done: opened.done(),
                }),
                Progress::Over => {
                    let total = state.report.steps.get(index)?.items?;
                    Some(ItemsStanding { total, done: total })
                }
                _ => None,
            };
            let steps = state.report.steps.iter().enumerate();
            let steps = steps.map(|(index, step)| StepStanding {
                id: step.id.clone(),
                kind: step.kind,
                does: step.does.clone(),
                state: step.state,
                by: step.by,
                order: step.order,
                items: items(index),
                error: step.error.clone(),
            });
            ProcedureState {
                run: self.context.id.clone(),
                state: state.report.state,
                steps: steps.collect(),
                next: None,
                extra_calls: state.extra,
            }
        };
        if standing.state == RunState::Running {
            let over =
                |step: &StepStanding| matches!(step.state, StepState::Done | StepState::Skipped);
            let next = standing.steps.iter().position(|step| !over(step));
            standing.next = next.and_then(|index| self.next(index, standing.steps.get(index)?));
        }
        standing
    }

    fn next(&self, index: usize, standing: &StepStanding) -> Option<NextStep> {
        let step = self.steps().get(index)?;
        let mut next = NextStep {
            id: step.id.clone(),
            does: does(step),
            kind: kind(step),
            approve: step.approve.as_ref().map(|why| display_safe(why, 400)),
            call: None,
            output: None,
            template: None,
            items: standing.items,
            why_not: None,
        };
        match &step.kind {
            StepKind::Call {
                plugin,
                operation,
                with,
            } => next.call = Some(self.next_call(index, plugin, operation, with)),
            StepKind::Template { template, .. } => {
                next.template = Some(display_safe(template, 400));
                next.output = self.next_output(index, step);
            }
            StepKind::Check { .. } => {}
        }
        next.why_not = self.why_not(index, standing);
        Some(next)
    }

    fn next_call(&self, index: usize, plugin: &str, operation: &str, with: &Value) -> NextCall {
        let first = {
            let mut state = self.state();
            let scope = state.scope.clone();
            state.opened(index).and_then(|opened| {
                let remaining = opened.slots.len() - opened.done();
                Some((opened.work.clone(), scope, opened.free()?, remaining))
            })
        };
        let mut call = NextCall {
            plugin: plugin.to_owned(),
            operation: operation.to_owned(),
            arguments: None,
            remaining: 1,
        };
        if let Some((work, scope, item, remaining)) = first {
            call.remaining = remaining;
            let arguments = self.arguments(with, &work.scope(&scope, item).trace()).ok();
            call.arguments = arguments.filter(|it| it.to_string().len() <= MAX_ARGUMENTS);
        }
        call
    }

    /// Why the first step that is not done cannot be done now.
    fn why_not(&self, index: usize, standing: &StepStanding) -> Option<String> {
        let state = self.state();
        if let Some(first) = state
            .missing(index)
            .and_then(|first| self.steps().get(first))
        {
            return Some(format!("step {} must be done first", first.id));
        }
        match &state.tasks.get(index)?.progress {
            Progress::Open(opened) if opened.host => Some("the host is doing it".to_owned()),
            Progress::Open(opened) if opened.free().is_none() => {
                Some("all that is left of it is being done".to_owned())
            }
            Progress::Failed => {
                let message = standing.error.as_ref().map(|error| error.message.as_str());
                let message = message.unwrap_or("it failed");
                Some(format!("it failed, which ends the procedure: {message}"))
            }
            _ => None,
        }
    }

    pub(super) fn run_question(&self) -> Option<ConsentNeeded> {
        let mut calls = Vec::new();
        let mut asks = false;
        for step in self.steps() {
            asks |= step.approve.is_some();
            calls.extend(self.writing(step));
        }
        if (calls.is_empty() && !asks) || self.host.agents_may_write(&self.open) {
            return None;
        }
        let about = format!("the procedure of {}", self.open.name());
        Some(ConsentNeeded::new(self.open.name(), about, calls))
    }

    /// The call of a step that writes; what it is given is not known before the run.
    fn writing(&self, step: &Step) -> Option<ConsentCall> {
        let StepKind::Call {
            plugin, operation, ..
        } = &step.kind
        else {
            return None;
        };
        let (_, effect) = self.allowed(plugin, operation).ok()?;
        (effect > Effect::Read).then(|| ConsentCall {
            plugin: plugin.clone(),
            operation: operation.clone(),
            effect,
            arguments: Value::Null,
        })
    }
}
