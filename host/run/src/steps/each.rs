//! `for_each`: the items of a list, some at a time, their results in the list's order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::{self, StreamExt as _};
use minijinja::Value;
use remit_package::{Step, StepKind};
use serde_json::Value as Json;

use super::Run;
use super::step::{does, failed};
use crate::error::RunError;
use crate::event::Event;
use crate::expr::{Scope, to_value};
use crate::report::Provenance;

/// What came of a step, or of one item of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Done {
    pub(super) value: Value,
    pub(super) provenance: Provenance,
    pub(super) calls: u64,
    pub(super) denials: u64,
    pub(super) input_bytes: u64,
    pub(super) output_bytes: u64,
    pub(super) outputs: Vec<String>,
}

impl Done {
    /// Adds the figures of one item.
    fn add(&mut self, item: &Done) {
        self.provenance.join(&item.provenance);
        self.calls += item.calls;
        self.denials += item.denials;
        self.input_bytes += item.input_bytes;
        self.output_bytes += item.output_bytes;
        self.outputs.extend(item.outputs.iter().cloned());
    }
}

impl Run<'_> {
    /// Does the step for each item. The first failure, in the order of the list, ends it; items that are being done
    /// are given up then.
    pub(super) async fn each(
        &self,
        step: &Step,
        items: Vec<Json>,
        scope: &Scope,
        control: &Provenance,
        per_item: bool,
    ) -> Result<Done, (Done, RunError)> {
        let total = items.len();
        if let Some(why) = &step.approve {
            let does = format!("{} for {total} items", does(step));
            self.ask_step(&step.id, why, &does, None)
                .await
                .map_err(failed)?;
        }
        let came_from = Arc::new(control.clone());
        let finished = AtomicUsize::new(0);
        let one = |(index, item): (usize, Json)| {
            let scope = scope.with_item(to_value(&item), index, Arc::clone(&came_from));
            let (finished, control) = (&finished, control.clone());
            async move {
                let done = self.item(step, index, &scope, control, per_item).await;
                let done_now = finished.fetch_add(1, Ordering::Relaxed) + 1;
                (self.events)(Event::StepProgress {
                    id: step.id.clone(),
                    done: done_now,
                    total,
                });
                done
            }
        };
        let mut all = Done {
            provenance: control.clone(),
            ..Done::default()
        };
        let mut values = Vec::with_capacity(total);
        let mut results =
            stream::iter(items.into_iter().enumerate().map(one)).buffered(step.parallel.max(1));
        while let Some(result) = results.next().await {
            match result {
                Ok(done) => {
                    all.add(&done);
                    values.push(done.value);
                }
                Err((done, error)) => {
                    all.add(&done);
                    return Err((all, error));
                }
            }
        }
        all.value = Value::from(values);
        Ok(all)
    }

    async fn item(
        &self,
        step: &Step,
        index: usize,
        scope: &Scope,
        mut control: Provenance,
        per_item: bool,
    ) -> Result<Done, (Done, RunError)> {
        if self.cancel.is_cancelled() {
            return Err(failed(RunError::Cancelled));
        }
        if per_item && !self.holds(step, scope, &mut control).map_err(failed)? {
            return Ok(Done {
                value: Value::from(()),
                provenance: control,
                ..Done::default()
            });
        }
        match &step.kind {
            StepKind::Call {
                plugin,
                operation,
                with,
            } => {
                self.call(step, plugin, operation, with, scope, control, Some(index))
                    .await
            }
            _ => self.once(step, scope, control).await,
        }
    }
}
