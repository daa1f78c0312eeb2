//! How a session ends, and what is written of it meanwhile.

use std::sync::{Arc, PoisonError};

use tokio::sync::OwnedRwLockReadGuard;

use super::Inner;
use super::error::SessionError;
use crate::error::RunError;
use crate::report::{ErrorRecord, ProcedureRecord, RunReport, RunState, StepState};
use crate::steps::record;

impl Inner {
    /// Holds the session open while something is done in it.
    ///
    /// # Errors
    /// `session-over`.
    pub(super) fn enter(&self) -> Result<OwnedRwLockReadGuard<()>, RunError> {
        let over = || SessionError::Over {
            session: self.context.id.clone(),
        };
        // A writer waits only once it is over.
        match Arc::clone(&self.going).try_read_owned() {
            Ok(going) if !self.over.is_cancelled() => Ok(going),
            _ => Err(over().into()),
        }
    }

    /// Refuses what is not a call or a step once the session is over.
    pub(super) fn refuse_if_over(&self) -> Result<(), RunError> {
        match self.over.is_cancelled() {
            true => Err(SessionError::Over {
                session: self.context.id.clone(),
            }
            .into()),
            false => Ok(()),
        }
    }

    /// Writes run.json as things stand. It is what an onlooker sees, and waits for no disk.
    pub(super) fn save(&self) -> Result<(), RunError> {
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        if self.state().closed {
            return Ok(());
        }
        // What cannot be listed now is said at the end.
        let (outputs, _) = (self.context.folder).outputs(&self.context.ready, &self.context.flows);
        let report = {
            let mut state = self.state();
            state.report.outputs = outputs;
            state.report.clone()
        };
        for step in &report.steps {
            let account = self.context.folder.account();
            self.context.flows.leave(&account, &step.provenance);
        }
        self.context.folder.save_soon(&report)
    }

    /// Ends the calls that go on, waits for them, and writes how it ended.
    pub(super) async fn finish(&self) -> Result<RunReport, RunError> {
        self.over.cancel();
        let _all = self.going.write().await;
        self.close(false)
    }

    /// Writes how it ended; once.
    pub(super) fn close(&self, dropped: bool) -> Result<RunReport, RunError> {
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let mut report = {
            let mut state = self.state();
            if state.closed {
                return Ok(state.report.clone());
            }
            state.closed = true;
            let procedure = ProcedureRecord::of(&state.report.steps, state.extra);
            let (how, error) = match dropped {
                true => (RunState::Cancelled, Some(record(&RunError::Cancelled))),
                false => how(&state),
            };
            // What was begun and given up is not going on any more.
            for step in &mut state.report.steps {
                if step.state == StepState::Running {
                    step.state = StepState::Waiting;
                }
            }
            let mut report = state.report.clone();
            report.procedure = Some(procedure);
            (report.state, report.error) = (how, error);
            report
        };
        let ended = (report.state, report.error.clone());
        let result = self.context.end(&mut report, ended, self.first, self.begun);
        self.state().report.clone_from(&report);
        result.map(|()| report)
    }
}

fn how(state: &super::state::State) -> (RunState, Option<ErrorRecord>) {
    let mut steps = state.tasks.iter().zip(&state.report.steps);
    let failed = steps.find_map(|(task, step)| Some((task.ended?, step.error.clone())));
    let open = |step: &crate::report::StepReport| {
        !matches!(step.state, StepState::Done | StepState::Skipped)
    };
    match failed {
        Some(failed) => failed,
        None if state.report.steps.iter().any(open) => (RunState::Incomplete, None),
        None => (RunState::Done, None),
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Err(error) = self.close(true) {
            tracing::error!(
                "the session {} could not be ended: {error}",
                self.context.id
            );
        }
    }
}
