//! A `call` step: the input is made, the operation called, and again where it may be.

use std::sync::Arc;
use std::time::Duration;

use remit_package::Step;
use remit_policy::{Effect, FaultKind, display_safe};
use remit_sandbox::CallError;
use serde_json::Value as Json;

use super::Run;
use super::each::Done;
use super::step::{expression, failed};
use crate::error::RunError;
use crate::event::Event;
use crate::expr::{Scope, to_value};
use crate::invoke::{Outcome, Site};
use crate::report::Provenance;

/// No pause is longer than this.
const MAX_WAIT: Duration = Duration::from_secs(60);

impl Run<'_> {
    #[allow(clippy::too_many_arguments)]
    pub(super) async fn call(
        &self,
        step: &Step,
        alias: &str,
        operation: &str,
        with: &Json,
        scope: &Scope,
        control: Provenance,
        item: Option<usize>,
    ) -> Result<Done, (Done, RunError)> {
        let traced = scope.trace();
        let input = self
            .engine
            .fill(with, &traced)
            .map_err(expression)
            .map_err(failed)?;
        let mut provenance = control;
        provenance.join(&traced.used());
        let callee = self.ready.callee(alias).map_err(failed)?;
        self.ask_call(step, callee, operation, &input)
            .await
            .map_err(failed)?;
        self.before_call(callee, &step.id, &mut provenance);
        let site = Site {
            run: Some(&self.id),
            step: Some(&step.id),
            item,
            provenance: Some(&provenance),
        };
        let mut done = Done::default();
        let mut attempt = 1;
        let result = loop {
            let outcome = self.spawned(callee, operation, &input, site).await;
            self.tell(step, alias, &outcome);
            done.calls += 1;
            done.denials += outcome.denied;
            done.input_bytes += outcome.input_bytes;
            done.output_bytes += outcome.output_bytes;
            done.audit.extend(outcome.seq);
            match outcome.result {
                Err(error) => {
                    let effect = callee
                        .allowed(operation)
                        .map(|callable| callable.operation.effect);
                    let Some(wait) = pause(step, attempt, &error, effect.ok()) else {
                        break Err(error);
                    };
                    attempt += 1;
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.cancel.cancelled() => break Err(RunError::Cancelled),
                    }
                }
                Ok(value) => break Ok(value),
            }
        };
        self.after_call(callee, &mut provenance);
        match result {
            Ok(value) => {
                provenance.plugins.insert(alias.to_owned());
                Ok(Done {
                    value: to_value(&value),
                    provenance,
                    ..done
                })
            }
            Err(error) => Err((done, error)),
        }
    }

    /// Makes the call on a task of its own, so that the items of a `for_each` compute on several threads. If the run is
    /// given up, so is the call.
    async fn spawned(
        &self,
        callee: &Arc<crate::callee::Callee>,
        operation: &str,
        input: &Json,
        site: Site<'_>,
    ) -> Outcome {
        struct AbortOnDrop(tokio::task::AbortHandle);
        impl Drop for AbortOnDrop {
            fn drop(&mut self) {
                self.0.abort();
            }
        }
        let (caller, callee, cancel) = (self.caller.clone(), callee.clone(), self.cancel.clone());
        let (operation, input) = (operation.to_owned(), input.clone());
        let run = site.run.map(str::to_owned);
        let step = site.step.map(str::to_owned);
        let provenance = site.provenance.cloned();
        let item = site.item;
        let alive = Arc::clone(&self.alive);
        let task = tokio::spawn(async move {
            let _alive = alive;
            let site = Site {
                run: run.as_deref(),
                step: step.as_deref(),
                item,
                provenance: provenance.as_ref(),
            };
            caller
                .invoke(&callee, &operation, &input, site, Some(cancel))
                .await
        });
        let _guard = AbortOnDrop(task.abort_handle());
        match task.await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::refused(
                RunError::Internal(format!("a call's task ended: {error}")),
                None,
            ),
        }
    }

    fn tell(&self, step: &Step, alias: &str, outcome: &Outcome) {
        for line in &outcome.log {
            (self.events)(Event::Log {
                step: Some(step.id.clone()),
                plugin: alias.to_owned(),
                level: line.level.clone(),
                line: line.line.clone(),
            });
        }
        for denial in &outcome.denials {
            (self.events)(Event::Denied {
                step: Some(step.id.clone()),
                plugin: alias.to_owned(),
                code: denial.code.as_str().to_owned(),
                asked: display_safe(&denial.asked, 300),
                narrowest: denial.narrowest.as_ref().map(ToString::to_string),
            });
        }
    }
}

/// How long to wait before the next try; none if there is none.
fn pause(step: &Step, attempt: u32, error: &RunError, effect: Option<Effect>) -> Option<Duration> {
    let retry = step.retry.as_ref()?;
    let unavailable = matches!(
        error,
        RunError::Call { source: CallError::Fault(fault), .. } if fault.kind == FaultKind::Unavailable
    );
    if !unavailable || effect != Some(Effect::Read) || attempt >= retry.attempts {
        return None;
    }
    let doubled = 2u32
        .checked_pow(attempt.saturating_sub(1))
        .unwrap_or(u32::MAX);
    Some(retry.wait.saturating_mul(doubled).min(MAX_WAIT))
}
