//! One step: whether it runs, for how many items, and what its result is.

use minijinja::Value;
use remit_package::{Step, StepKind};
use remit_policy::display_safe;

use super::context::{Decision, Work};
use super::each::{Done, Finished};
use super::{Run, Scope};
use crate::error::RunError;
use crate::expr::{ExprError, Text};
use crate::report::{ErrorRecord, Provenance, RunReport, StepKindName, StepReport, StepState};

pub(crate) fn kind(step: &Step) -> StepKindName {
    match &step.kind {
        StepKind::Call { .. } => StepKindName::Call,
        StepKind::Template { .. } => StepKindName::Template,
        StepKind::Check { .. } => StepKindName::Check,
    }
}

/// What a step does, in a few words.
pub(crate) fn does(step: &Step) -> String {
    let text = match &step.kind {
        StepKind::Call {
            plugin, operation, ..
        } => format!("{plugin}.{operation}"),
        StepKind::Template {
            template, output, ..
        } => format!("{template} → {output}"),
        StepKind::Check { expr, .. } => Text::expression(expr).to_owned(),
    };
    display_safe(&text, 160)
}

pub(crate) fn record(error: &RunError) -> ErrorRecord {
    ErrorRecord {
        code: error.code().to_owned(),
        message: display_safe(&error.to_string(), 2000),
        hint: error.hint().map(|hint| display_safe(&hint, 600)),
    }
}

pub(crate) fn expression(error: ExprError) -> RunError {
    match error.template {
        Some(template) => RunError::Template {
            template,
            line: error.line,
            message: error.message,
        },
        None => RunError::Expression {
            expression: error.expression,
            message: error.message,
        },
    }
}

impl StepReport {
    /// Takes the figures of what was done.
    pub(crate) fn take(&mut self, done: &Done) {
        self.calls = done.calls;
        self.denials = done.denials;
        self.input_bytes = done.input_bytes;
        self.output_bytes = done.output_bytes;
        self.outputs.clone_from(&done.outputs);
        self.provenance.clone_from(&done.provenance);
    }
}

impl Run<'_> {
    pub(super) async fn step(
        &self,
        step: &Step,
        index: usize,
        report: &mut RunReport,
        scope: &mut Scope,
    ) -> Result<(), RunError> {
        let work = match self.decide(step, scope)? {
            Decision::Do(work) => work,
            Decision::Skip(control) => {
                if let Some(entry) = report.steps.get_mut(index) {
                    entry.state = StepState::Skipped;
                }
                scope.add_step(&step.id, Value::from(()), control);
                return Ok(());
            }
        };
        if let Some(entry) = report.steps.get_mut(index) {
            entry.started = Some(crate::time::now());
            self.tell_started(entry, kind(step), work.items.as_ref().map(|it| it.len()));
        }
        self.folder.save(report)?;
        let result = self.perform(step, &work, scope, None).await;
        let agent = report.agent.is_some();
        let Some(entry) = report.steps.get_mut(index) else {
            return Ok(());
        };
        let (done, result) = match result {
            Ok(done) => (done, Ok(())),
            Err((done, error)) => (done, Err(error)),
        };
        entry.take(&done);
        if agent {
            entry.audit = done.audit;
        }
        result?;
        entry.state = StepState::Done;
        scope.add_step(&step.id, done.value, done.provenance);
        Ok(())
    }

    /// Does what there is to do; items that are `finished` already are not done again, and those that are now are added.
    pub(crate) async fn perform(
        &self,
        step: &Step,
        work: &Work,
        scope: &Scope,
        finished: Option<&Finished>,
    ) -> Result<Done, (Done, RunError)> {
        match &work.items {
            Some(items) => self.each(step, items, work, scope, finished).await,
            None => self.once(step, scope, (*work.control).clone()).await,
        }
    }

    /// Does the step once, in this scope. `control` is what it was decided from that it is done.
    pub(super) async fn once(
        &self,
        step: &Step,
        scope: &Scope,
        control: Provenance,
    ) -> Result<Done, (Done, RunError)> {
        let traced = scope.trace();
        if let (Some(why), None) = (&step.approve, &step.for_each)
            && !self.asks_each(step)
        {
            let with = match &step.kind {
                StepKind::Call { with, .. } => self
                    .engine
                    .fill(with, &traced)
                    .ok()
                    .map(|with| with.to_string()),
                _ => None,
            };
            self.ask_step(&step.id, why, &does(step), with)
                .await
                .map_err(failed)?;
        }
        match &step.kind {
            StepKind::Call {
                plugin,
                operation,
                with,
            } => {
                self.call(step, plugin, operation, with, scope, control, None)
                    .await
            }
            StepKind::Template {
                template,
                output,
                with,
            } => self
                .template(step, template, output, with, scope, control)
                .map_err(failed),
            StepKind::Check { expr, message } => {
                self.check(expr, message, &traced, control).map_err(failed)
            }
        }
    }
}

pub(super) fn failed(error: RunError) -> (Done, RunError) {
    (Done::default(), error)
}
