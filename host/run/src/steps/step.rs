//! One step: whether it runs, for how many items, and what its result is.

use minijinja::Value;
use remit_package::{Step, StepKind};
use remit_policy::display_safe;
use serde_json::Value as Json;

use super::Run;
use super::each::Done;
use crate::error::RunError;
use crate::expr::{ExprError, Scope, Text, Traced, to_value};
use crate::report::{ErrorRecord, Provenance, RunReport, StepKindName, StepState};

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

pub(super) fn expression(error: ExprError) -> RunError {
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

impl Run<'_> {
    pub(super) async fn step(
        &self,
        step: &Step,
        index: usize,
        report: &mut RunReport,
        scope: &mut Scope,
    ) -> Result<(), RunError> {
        let mut control = Provenance::default();
        let per_item = self.is_per_item(step);
        if !per_item && !self.holds(step, scope, &mut control)? {
            if let Some(entry) = report.steps.get_mut(index) {
                entry.state = StepState::Skipped;
            }
            scope.add_step(&step.id, Value::from(()), control);
            return Ok(());
        }
        let items = match &step.for_each {
            Some(expression) => Some(self.items(step, expression, scope, &mut control)?),
            None => None,
        };
        if let Some(entry) = report.steps.get_mut(index) {
            entry.started = Some(crate::time::now());
            self.tell_started(entry, kind(step), items.as_ref().map(Vec::len));
        }
        self.folder.save(report)?;
        let result = match items {
            Some(items) => self.each(step, items, scope, &control, per_item).await,
            None => self.once(step, scope, control.clone()).await,
        };
        let Some(entry) = report.steps.get_mut(index) else {
            return Ok(());
        };
        let (done, result) = match result {
            Ok(done) => (done, Ok(())),
            Err((done, error)) => (done, Err(error)),
        };
        entry.calls = done.calls;
        entry.denials = done.denials;
        entry.input_bytes = done.input_bytes;
        entry.output_bytes = done.output_bytes;
        entry.outputs = done.outputs;
        entry.provenance = done.provenance.clone();
        result?;
        entry.state = StepState::Done;
        scope.add_step(&step.id, done.value, done.provenance);
        Ok(())
    }

    /// Whether the step's condition is about each item, and so is asked for each.
    fn is_per_item(&self, step: &Step) -> bool {
        step.for_each.is_some()
            && step
                .when
                .as_deref()
                .is_some_and(|when| self.engine.refs(Text::expression(when)).item)
    }

    /// Whether the step's condition holds; what it was decided from goes to `control`.
    pub(super) fn holds(
        &self,
        step: &Step,
        scope: &Scope,
        control: &mut Provenance,
    ) -> Result<bool, RunError> {
        let Some(when) = &step.when else {
            return Ok(true);
        };
        let traced = scope.trace();
        let holds = self
            .engine
            .truth(Text::expression(when), &traced)
            .map_err(expression)?;
        control.join(&traced.used());
        Ok(holds)
    }

    fn items(
        &self,
        step: &Step,
        text: &str,
        scope: &Scope,
        control: &mut Provenance,
    ) -> Result<Vec<Json>, RunError> {
        let traced = scope.trace();
        let list = self
            .engine
            .json(Text::expression(text), &traced)
            .map_err(expression)?;
        control.join(&traced.used());
        let items = match list {
            Json::Array(items) => items,
            // A step that was skipped has no items.
            Json::Null => Vec::new(),
            other => {
                let message = format!("needs a list and got {}", kind_of(&other));
                return Err(RunError::ForEach { message });
            }
        };
        if items.len() > step.max {
            let message = format!("got {} items, and `max` is {}", items.len(), step.max);
            return Err(RunError::ForEach { message });
        }
        Ok(items)
    }

    /// Does the step once, in this scope. `control` is what it was decided from that it is done.
    pub(super) async fn once(
        &self,
        step: &Step,
        scope: &Scope,
        control: Provenance,
    ) -> Result<Done, (Done, RunError)> {
        let traced = scope.trace();
        if let (Some(why), None) = (&step.approve, &step.for_each) {
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

    pub(super) fn check(
        &self,
        expr: &str,
        message: &str,
        traced: &Traced,
        mut control: Provenance,
    ) -> Result<Done, RunError> {
        if !self
            .engine
            .truth(Text::expression(expr), traced)
            .map_err(expression)?
        {
            let message = self.engine.render(message, traced).map_err(expression)?;
            return Err(RunError::CheckFailed {
                message: display_safe(&message, 600),
            });
        }
        control.join(&traced.used());
        Ok(Done {
            value: to_value(&Json::Bool(true)),
            provenance: control,
            ..Done::default()
        })
    }
}

pub(super) fn failed(error: RunError) -> (Done, RunError) {
    (Done::default(), error)
}

fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
