//! `for_each`: the items of a list, some at a time, their results in the list's order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::stream::{self, StreamExt as _};
use minijinja::Value;
use remit_package::{Step, StepKind};
use serde_json::Value as Json;

use super::context::Work;
use super::step::{does, failed};
use super::{Run, Scope};
use crate::error::RunError;
use crate::event::Event;
use crate::report::Provenance;

/// What came of a step, or of one item of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    pub(crate) value: Value,
    pub(crate) provenance: Provenance,
    pub(crate) calls: u64,
    pub(crate) denials: u64,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
    pub(crate) outputs: Vec<String>,
    /// The numbers of its calls' records.
    pub(crate) audit: Vec<u64>,
}

/// The items of a `for_each` that are done, by their index: who gives a step up part of the way, or has it done after
/// some were done, needs to know which.
pub(crate) type Finished = Mutex<BTreeMap<usize, Done>>;

impl Done {
    /// Adds the figures of one item.
    pub(crate) fn add(&mut self, item: &Done) {
        self.provenance.join(&item.provenance);
        self.calls += item.calls;
        self.denials += item.denials;
        self.input_bytes += item.input_bytes;
        self.output_bytes += item.output_bytes;
        self.outputs.extend(item.outputs.iter().cloned());
        self.audit.extend(&item.audit);
    }
}

impl Run<'_> {
    /// Does the step for each item. The first failure, in the order of the list, ends it; items that are being done
    /// are given up then.
    pub(super) async fn each(
        &self,
        step: &Step,
        items: &[Json],
        work: &Work,
        scope: &Scope,
        finished: Option<&Finished>,
    ) -> Result<Done, (Done, RunError)> {
        let total = items.len();
        if let Some(why) = &step.approve
            && !self.asks_each(step)
        {
            let does = format!("{} for {total} items", does(step));
            self.ask_step(&step.id, why, &does, None)
                .await
                .map_err(failed)?;
        }
        let count = AtomicUsize::new(0);
        let one = |index: usize| {
            let count = &count;
            async move {
                let known = finished.and_then(|finished| {
                    let finished = finished.lock().unwrap_or_else(PoisonError::into_inner);
                    finished.get(&index).cloned()
                });
                let done = match known {
                    Some(done) => Ok(done),
                    None => self.item(step, index, work, scope).await,
                };
                if let (Some(finished), Ok(done)) = (finished, &done) {
                    let mut finished = finished.lock().unwrap_or_else(PoisonError::into_inner);
                    finished.entry(index).or_insert_with(|| done.clone());
                }
                (self.events)(Event::StepProgress {
                    id: step.id.clone(),
                    done: count.fetch_add(1, Ordering::Relaxed) + 1,
                    total,
                });
                done
            }
        };
        let mut all = Done {
            provenance: (*work.control).clone(),
            ..Done::default()
        };
        let mut values = Vec::with_capacity(total);
        let mut results = stream::iter((0..total).map(one)).buffered(step.parallel.max(1));
        while let Some(result) = results.next().await {
            match result {
                Ok(done) => {
                    all.add(&done);
                    values.push(done.value);
                }
                // Who keeps the finished items has their figures.
                Err(failed) if finished.is_some() => return Err(failed),
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
        work: &Work,
        scope: &Scope,
    ) -> Result<Done, (Done, RunError)> {
        if self.cancel.is_cancelled() {
            return Err(failed(RunError::Cancelled));
        }
        let scope = &work.scope(scope, index);
        let mut control = (*work.control).clone();
        if work.per_item && !self.holds(step, scope, &mut control).map_err(failed)? {
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
