//! A declared output that an agent wrote itself and hands in.

use remit_package::{Step, StepKind};
use remit_policy::{Effect, display_safe};

use super::Inner;
use super::error::SessionError;
use super::matching::Found;
use crate::declared;
use crate::error::RunError;
use crate::report::{By, OutputFile, StepState};
use crate::steps::{Content, Done};

/// The longest output that is taken, in bytes.
const MAX_OUTPUT: usize = 16 << 20;
/// So many paths are named to an agent that gives another.
const MAX_NAMED: usize = 20;

/// An output that is being written. Given up, it is to be made again.
struct Held<'a> {
    session: &'a Inner,
    found: Option<Found>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(found) = self.found.take() {
            let mut state = self.session.state();
            state.item_free(found.index, found.item, &Done::default());
            let _ = state.settle(found.index, None);
        }
    }
}

impl Inner {
    pub(super) fn put_output(&self, path: &str, content: &str) -> Result<OutputFile, RunError> {
        let what = format!("output {}", display_safe(path, 120));
        let put = self.enter().and_then(|_going| {
            self.context.caller.standing(&what)?;
            self.taken(path, content)
        });
        match put {
            Ok(file) => Ok(file),
            Err(error) => {
                let refused = self.refused(&what, error, None);
                refused.result.and(Err(RunError::Cancelled))
            }
        }
    }

    fn taken(&self, path: &str, content: &str) -> Result<OutputFile, RunError> {
        let invalid = |message: String| SessionError::OutputInvalid {
            path: display_safe(path, 200),
            message,
        };
        if content.len() > MAX_OUTPUT {
            return Err(invalid(format!("it is longer than {MAX_OUTPUT} bytes")).into());
        }
        let Some(found) = self.find_output(path, false) else {
            return Err(self.no_output(path));
        };
        let Some(step) = self.steps().get(found.index) else {
            return Err(self.no_output(path));
        };
        // A person who is asked by the step is asked when the host does it.
        if self.asks(Effect::Read, Some(step)) {
            let what = format!("step {}", step.id);
            return Err(SessionError::ConsentMissing { what }.into());
        }
        let data = match path.ends_with(".json") {
            true => Some(
                serde_json::from_str(content)
                    .map_err(|error| invalid(format!("it is not JSON: {error}")))?,
            ),
            false => None,
        };
        declared::check(&self.open, step, content)?;
        self.kept.refuse_if_full()?;
        self.kept.take(content.len() as u64)?;
        let Some(found) = self.find_output(path, true) else {
            let step = step.id.clone();
            return Err(SessionError::StepBusy { step }.into());
        };
        let mut held = Held {
            session: self,
            found: Some(found),
        };
        let provenance = self.state().seen.clone();
        let content = Content {
            path: path.to_owned(),
            bytes: content.as_bytes(),
            data,
        };
        let (done, file) = self.context.keep(step, content, provenance)?;
        let ended = match held.found.take() {
            Some(found) => {
                let mut state = self.state();
                state.item_done(found.index, found.item, done, By::Agent);
                state.settle(found.index, None)
            }
            None => None,
        };
        self.record_ended(ended)?;
        self.advance()?;
        self.save()?;
        Ok(file)
    }

    /// Why there is no such output to be handed in.
    fn no_output(&self, path: &str) -> RunError {
        let mut known = Vec::new();
        for (index, step) in self.steps().iter().enumerate() {
            let StepKind::Template { output, .. } = &step.kind else {
                continue;
            };
            let state = self.state();
            let entry = state.report.steps.get(index);
            let made = entry.is_some_and(|entry| entry.outputs.iter().any(|it| it == path));
            // A path without expressions is known before the step can be done.
            let named = output == path;
            let over = entry
                .is_some_and(|entry| matches!(entry.state, StepState::Done | StepState::Skipped));
            if made || (named && over) {
                let skipped = entry.is_some_and(|entry| entry.state == StepState::Skipped);
                let error = SessionError::StepOver {
                    step: step.id.clone(),
                    state: if skipped { "skipped" } else { "done" },
                };
                return error.into();
            }
            if let Some((check, message)) = state.failed_check(index).filter(|_| named) {
                let error = SessionError::CheckBefore {
                    step: step.id.clone(),
                    check,
                    message,
                };
                return error.into();
            }
            let first = state.missing(index);
            drop(state);
            match first.and_then(|first| self.steps().get(first)) {
                Some(first) if named => {
                    let error = SessionError::StepNotReady {
                        step: step.id.clone(),
                        first: first.id.clone(),
                    };
                    return error.into();
                }
                Some(_) => {}
                None => known.extend(self.next_output(index, step)),
            }
        }
        known.truncate(MAX_NAMED);
        let error = SessionError::OutputUndeclared {
            path: display_safe(path, 200),
            known,
        };
        error.into()
    }

    /// The path of the first output of a step that is not made.
    pub(super) fn next_output(&self, index: usize, step: &Step) -> Option<String> {
        let (work, scope, item) = {
            let mut state = self.state();
            let scope = state.scope.clone();
            let opened = state.opened(index)?;
            (opened.work.clone(), scope, opened.free()?)
        };
        let scope = work.scope(&scope, item);
        let path = self.output_path(step, &scope.trace()).ok()?;
        Some(display_safe(&path, 400))
    }
}
