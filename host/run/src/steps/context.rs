//! What the steps of one run, or of one agent's session, are done with; and what becomes of a step without anybody being
//! called, told or asked.

use std::sync::Arc;
use std::time::Instant;

use remit_package::Step;
use remit_policy::display_safe;
use serde_json::{Value as Json, json};

use super::each::Done;
use super::flows::Flows;
use super::folder::Folder;
use super::ready::Ready;
use super::step::expression;
use super::{record, state_of};
use crate::audit::{AuditLog, Entry};
use crate::callee::Callee;
use crate::error::RunError;
use crate::expr::{Engine, Scope, Text, Traced, to_value};
use crate::invoke::Caller;
use crate::report::{ErrorRecord, Provenance, RunReport, RunState};
use crate::skill::OpenSkill;

/// What steps are done with.
pub(crate) struct Context {
    pub(crate) id: String,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) engine: Engine,
    pub(crate) caller: Caller,
    pub(crate) ready: Ready,
    pub(crate) folder: Folder,
    pub(crate) flows: Flows,
}

/// Whether a step is to be done.
pub(crate) enum Decision {
    /// Its `when` is not true; what that was decided from.
    Skip(Provenance),
    /// It is.
    Do(Work),
}

/// What there is to do for a step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Work {
    /// The items of a `for_each`.
    pub(crate) items: Option<Arc<Vec<Json>>>,
    /// What it was decided from that it is done.
    pub(crate) control: Arc<Provenance>,
    /// Whether its `when` is about each item, and so is asked for each.
    pub(crate) per_item: bool,
}

impl Work {
    /// The scope of one item; of the step itself where there are none.
    pub(crate) fn scope(&self, scope: &Scope, index: usize) -> Scope {
        match self.items.as_ref().and_then(|items| items.get(index)) {
            Some(item) => scope.with_item(to_value(item), index, Arc::clone(&self.control)),
            None => scope.clone(),
        }
    }

    /// How often it is done.
    pub(crate) fn len(&self) -> usize {
        self.items.as_ref().map_or(1, |items| items.len())
    }
}

impl Context {
    /// The scope of the beginning.
    pub(crate) fn scope(&self, open: &OpenSkill, report: &RunReport) -> Scope {
        let facts = json!({
            "id": self.id,
            "started": report.started,
            "skill": open.name(),
            "version": open.version(),
        });
        Scope::new(&report.inputs, &facts)
    }

    /// Whether the step is to be done, and for which items.
    pub(crate) fn decide(&self, step: &Step, scope: &Scope) -> Result<Decision, RunError> {
        let mut control = Provenance::default();
        let per_item = self.is_per_item(step);
        if !per_item && !self.holds(step, scope, &mut control)? {
            return Ok(Decision::Skip(control));
        }
        let items = match &step.for_each {
            Some(expression) => Some(self.items(step, expression, scope, &mut control)?),
            None => None,
        };
        Ok(Decision::Do(Work {
            items: items.map(Arc::new),
            control: Arc::new(control),
            per_item,
        }))
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
    pub(crate) fn holds(
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

    pub(crate) fn check(
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

    /// Notes that a plugin is about to be called with knowledge of this: what it may find in its folders is added, and
    /// what it may leave there is noted.
    pub(crate) fn before_call(&self, callee: &Callee, by: &str, provenance: &mut Provenance) {
        provenance.join(&self.flows.find_by(callee));
        self.folder.note_call(&callee.alias, by);
        let mut left = provenance.clone();
        left.plugins.insert(callee.alias.clone());
        self.flows.leave_by(callee, &left);
    }

    /// Adds what other calls left in the plugin's folders while it went on.
    pub(crate) fn after_call(&self, callee: &Callee, provenance: &mut Provenance) {
        provenance.join(&self.flows.find_by(callee));
        self.flows.leave_by(callee, provenance);
    }

    /// Writes down how it ended: the outputs, the last record, run.json.
    ///
    /// # Errors
    /// The first that is met in doing so; what it ended with is in the report.
    pub(crate) fn end(
        &self,
        report: &mut RunReport,
        (state, error): (RunState, Option<ErrorRecord>),
        first: u64,
        begun: Instant,
    ) -> Result<(), RunError> {
        let (outputs, mut result) = self.folder.outputs(&self.ready, &self.flows);
        report.outputs = outputs;
        report.finished = Some(crate::time::now());
        (report.state, report.error) = (state, error);
        report.add(&result);
        let state = serde_json::to_value(report.state).unwrap_or_default();
        let last = self.audit.append(&[Entry::RunFinished {
            run: &self.id,
            state: state.as_str().unwrap_or_default(),
            code: report.error.as_ref().map(|error| error.code.as_str()),
            outputs: report.outputs.len(),
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            procedure: report.procedure.as_ref(),
        }]);
        match last.and_then(|last| self.audit.sync().map(|()| last)) {
            Ok(last) => report.audit = Some((first, last)),
            Err(error) => result = result.and(Err(error.into())),
        }
        report.add(&result);
        self.folder.save(report)?;
        result
    }
}

impl RunReport {
    /// An error that came at the end, unless it ended with one before.
    fn add(&mut self, result: &Result<(), RunError>) {
        if let (Err(error), None) = (result, &self.error) {
            self.state = state_of(error);
            self.error = Some(record(error));
        }
    }
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
