//! Which item of which step an agent does: the first that asks for exactly what the agent gives.

use remit_package::{Digest, Step, StepKind};
use serde_json::Value as Json;

use super::Inner;
use super::state::{Hold, Key, Progress};
use crate::approvals::sorted;
use crate::error::RunError;
use crate::expr::{Scope, Traced};
use crate::report::Provenance;
use crate::steps::{Work, expression};

/// So many items are evaluated between two looks at the lock.
const BATCH: usize = 64;

/// An item that an agent gives what it asks for.
pub(super) struct Found {
    pub(super) index: usize,
    pub(super) item: usize,
    pub(super) work: Work,
    pub(super) scope: Scope,
}

/// How far the search for an item is.
pub(super) enum Search {
    Found(Found),
    /// Some items were evaluated, and none of them is it.
    More,
    Nothing,
}

enum Scan {
    Found(Found),
    /// These items have to be evaluated first.
    Batch(Vec<usize>, Work, Scope),
    Nothing,
}

/// The digest of arguments, however they are written.
pub(super) fn key_of(arguments: &Json) -> Digest {
    Digest::of(sorted(arguments).to_string().as_bytes())
}

impl Inner {
    /// The item of a call step that these arguments are; it is begun if `begin`. Each time some items are evaluated, so
    /// that whoever searches a long list can do something else in between.
    pub(super) fn search_call(
        &self,
        plugin: &str,
        operation: &str,
        arguments: &Json,
        begin: bool,
    ) -> Search {
        let mut wanted = None;
        for (index, step) in self.steps().iter().enumerate() {
            if matches!(&step.kind, StepKind::Call { plugin: p, operation: o, .. } if p == plugin && o == operation)
                && self.is_open(index)
            {
                let wanted = *wanted.get_or_insert_with(|| key_of(arguments));
                match self.search(index, step, wanted, begin) {
                    Search::Nothing => {}
                    found => return found,
                }
            }
        }
        Search::Nothing
    }

    /// The item of a template step that makes this output; it is begun if `begin`.
    pub(super) fn find_output(&self, path: &str, begin: bool) -> Option<Found> {
        let wanted = Digest::of(path.as_bytes());
        for (index, step) in self.steps().iter().enumerate() {
            while matches!(&step.kind, StepKind::Template { .. }) && self.is_open(index) {
                match self.search(index, step, wanted, begin) {
                    Search::Found(found) => return Some(found),
                    Search::More => {}
                    Search::Nothing => break,
                }
            }
        }
        None
    }

    fn is_open(&self, index: usize) -> bool {
        let state = self.state();
        let task = state.tasks.get(index);
        task.is_some_and(|task| matches!(&task.progress, Progress::Open(opened) if !opened.host))
            && state.failed_check(index).is_none()
    }

    /// Items are evaluated in their order and only as far as is needed, without the lock.
    fn search(&self, index: usize, step: &Step, wanted: Digest, begin: bool) -> Search {
        let (items, work, scope) = match self.scan(index, wanted, begin) {
            Scan::Found(found) => return Search::Found(found),
            Scan::Nothing => return Search::Nothing,
            Scan::Batch(items, work, scope) => (items, work, scope),
        };
        let key = |item: usize| match self.key(step, &work.scope(&scope, item)) {
            Ok(digest) => (item, Key::Is(digest)),
            Err(_) => (item, Key::Broken),
        };
        let keys: Vec<_> = items.into_iter().map(key).collect();
        let mut state = self.state();
        let Some(opened) = state.opened(index) else {
            return Search::Nothing;
        };
        for (item, key) in keys {
            if let Some(slot) = opened.slots.get_mut(item) {
                slot.key = key;
            }
        }
        Search::More
    }

    fn scan(&self, index: usize, wanted: Digest, begin: bool) -> Scan {
        let mut state = self.state();
        let scope = state.scope.clone();
        let Some(opened) = state.opened(index).filter(|opened| !opened.host) else {
            return Scan::Nothing;
        };
        let free = |hold: &Hold| matches!(hold, Hold::Free);
        let work = opened.work.clone();
        let found =
            (opened.slots.iter()).position(|slot| free(&slot.hold) && slot.key == Key::Is(wanted));
        if let Some(item) = found {
            if begin {
                state.begin(index, Some(item));
            }
            return Scan::Found(Found {
                index,
                item,
                work,
                scope,
            });
        }
        let unknown = (opened.slots.iter().enumerate())
            .filter(|(_, slot)| free(&slot.hold) && slot.key == Key::Unknown);
        let batch: Vec<usize> = unknown.map(|(item, _)| item).take(BATCH).collect();
        match batch.is_empty() {
            true => Scan::Nothing,
            false => Scan::Batch(batch, work, scope),
        }
    }

    fn key(&self, step: &Step, scope: &Scope) -> Result<Digest, RunError> {
        let traced = scope.trace();
        match &step.kind {
            StepKind::Call { with, .. } => Ok(key_of(&self.arguments(with, &traced)?)),
            _ => Ok(Digest::of(self.output_path(step, &traced)?.as_bytes())),
        }
    }

    /// What a call step gives in this scope.
    pub(super) fn arguments(&self, with: &Json, traced: &Traced) -> Result<Json, RunError> {
        self.context.engine.fill(with, traced).map_err(expression)
    }

    /// Where a template step's output goes in this scope; nothing for another step.
    pub(super) fn output_path(&self, step: &Step, traced: &Traced) -> Result<String, RunError> {
        let StepKind::Template { output, .. } = &step.kind else {
            return Ok(String::new());
        };
        let path = self.context.engine.text(output, traced);
        Ok(match path.map_err(expression)? {
            Json::String(path) => path,
            other => other.to_string(),
        })
    }

    /// What the input of an item is made from, as a run would say it.
    pub(super) fn came_from(&self, step: &Step, found: &Found) -> Provenance {
        let mut from = (*found.work.control).clone();
        let scope = found.work.scope(&found.scope, found.item);
        if found.work.per_item {
            let _ = self.context.holds(step, &scope, &mut from);
        }
        let traced = scope.trace();
        if let StepKind::Call { with, .. } = &step.kind {
            let _ = self.arguments(with, &traced);
        }
        from.join(&traced.used());
        from
    }
}
