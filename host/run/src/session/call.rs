//! A call that an agent makes: an operation that the skill lists, with a yes where it writes; a step's, where it is what
//! the step says.

use std::sync::Arc;

use remit_package::Step;
use remit_policy::{Denial, DenialCode, Effect, display_safe};
use remit_sandbox::Cancel;
use serde_json::Value;

use super::consent::{Consent, ConsentCall, ConsentNeeded};
use super::error::SessionError;
use super::kept::{End, Note};
use super::matching::{Found, Search};
use super::{Denied, Inner, SessionCall};
use crate::audit::Entry;
use crate::callee::Callee;
use crate::error::RunError;
use crate::expr::to_value;
use crate::invoke::{Outcome, Site};
use crate::report::{By, Provenance};
use crate::steps::{Done, record};

/// An item that the agent does. Given up, it is free again.
struct Held<'a> {
    session: &'a Inner,
    step: &'a Step,
    found: Option<Found>,
}

impl Held<'_> {
    fn item(&self) -> Option<usize> {
        let found = self.found.as_ref()?;
        found.work.items.as_ref().map(|_| found.item)
    }
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
    /// The plugin, if this operation of it may be called at all, and the operation's effect.
    pub(super) fn allowed(
        &self,
        plugin: &str,
        operation: &str,
    ) -> Result<(&Arc<Callee>, Effect), RunError> {
        let unlisted = || {
            let what = display_safe(&format!("{plugin}.{operation}"), 160);
            let reason = "the skill does not list it";
            let denial = Denial::new(DenialCode::OperationNotListed, &what, reason);
            RunError::Denied {
                what,
                denial: Box::new(denial),
            }
        };
        let callee = self.context.ready.callee(plugin).map_err(|_| unlisted())?;
        let effect = callee.allowed(operation)?.operation.effect;
        Ok((callee, effect))
    }

    /// Whether a person must say yes, each time.
    pub(super) fn asks(&self, effect: Effect, step: Option<&Step>) -> bool {
        (effect > Effect::Read || step.is_some_and(|step| step.approve.is_some()))
            && !self.host.agents_may_write(&self.open)
    }

    pub(super) fn question(
        &self,
        plugin: &str,
        operation: &str,
        input: &Value,
    ) -> Result<Option<ConsentNeeded>, RunError> {
        let what = format!("{plugin}.{operation}");
        let (callee, effect) = match self.allowed(plugin, operation) {
            Ok(allowed) => allowed,
            Err(error) => return self.refused(&what, error, None).result.map(|_| None),
        };
        let mut step = None;
        if self.a_call_asks {
            let found = loop {
                match self.search_call(plugin, operation, input, false) {
                    Search::More => {}
                    Search::Found(found) => break Some(found),
                    Search::Nothing => break None,
                }
            };
            step = found.and_then(|found| self.steps().get(found.index));
        }
        if !self.asks(effect, step) {
            return Ok(None);
        }
        // Nobody is asked about what could not be done anyway.
        let misfit = (callee.allowed(operation))
            .map(|callable| callee.input_misfit(callable, input))
            .unwrap_or_default();
        if let Some(message) = misfit {
            let error = RunError::CallInput {
                what: what.clone(),
                message,
            };
            return self.refused(&what, error, None).result.map(|_| None);
        }
        Ok(Some(self.needed(plugin, operation, effect, input, step)))
    }

    fn needed(
        &self,
        plugin: &str,
        operation: &str,
        effect: Effect,
        input: &Value,
        step: Option<&Step>,
    ) -> ConsentNeeded {
        let call = ConsentCall {
            plugin: plugin.to_owned(),
            operation: operation.to_owned(),
            effect,
            arguments: input.clone(),
        };
        let mut about = format!("{plugin}.{operation}");
        if let Some((id, why)) =
            step.and_then(|step| step.approve.as_ref().map(|why| (&step.id, why)))
        {
            about.push_str(&format!(", step {id}: {}", display_safe(why, 400)));
        }
        ConsentNeeded {
            digest: call.digest(self.open.name()),
            about,
            calls: vec![call],
        }
    }

    /// Takes a yes to exactly this, and records that it was given.
    ///
    /// # Errors
    /// `consent-missing`, if it is to something else, or not there.
    pub(super) fn consented(
        &self,
        what: &str,
        needed: &ConsentNeeded,
        consent: Option<Consent>,
    ) -> Result<(), RunError> {
        let Some(consent) = consent.filter(|consent| consent.digest == needed.digest) else {
            let what = what.to_owned();
            return Err(SessionError::ConsentMissing { what }.into());
        };
        self.context.audit.append(&[Entry::Asked {
            run: Some(&self.context.id),
            about: display_safe(&needed.about, 600),
            answer: "once",
            arguments: Some(needed.digest.to_string()),
            by: Some(consent.by),
        }])?;
        Ok(())
    }

    pub(super) fn refused(&self, what: &str, error: RunError, step: Option<&str>) -> Outcome {
        let site = Site {
            run: Some(&self.context.id),
            step,
            ..Site::default()
        };
        self.context.caller.refuse(what, error, site)
    }

    pub(super) async fn call(
        &self,
        plugin: &str,
        operation: &str,
        input: &Value,
        consent: Option<Consent>,
        cancel: Option<Cancel>,
    ) -> SessionCall {
        let what = display_safe(&format!("{plugin}.{operation}"), 160);
        let _going = match self.enter() {
            Ok(going) => going,
            Err(error) => return answer(self.refused(&what, error, None), 0, None),
        };
        if let Err(error) = self.kept.refuse_if_full() {
            return answer(self.refused(&what, error, None), 0, None);
        }
        let note = Note::new(&self.kept, plugin, operation, &input.to_string());
        let number = note.number;
        let (mut outcome, step) = self
            .made(&what, plugin, operation, input, consent, cancel, number)
            .await;
        let error = outcome.result.as_ref().err().map(record);
        let kept = note.end(End {
            step,
            audit: outcome.seq,
            output: outcome.output.as_deref(),
            error: error.as_ref(),
        });
        if let Err(error) = kept {
            outcome.result = outcome.result.and(Err(error));
        }
        answer(outcome, number, step)
    }

    /// Judges and makes the call; says whose step it was.
    #[allow(clippy::too_many_arguments)]
    async fn made(
        &self,
        what: &str,
        plugin: &str,
        operation: &str,
        input: &Value,
        consent: Option<Consent>,
        cancel: Option<Cancel>,
        number: u64,
    ) -> (Outcome, Option<&str>) {
        let (callee, effect) = match self.allowed(plugin, operation) {
            Ok(allowed) => allowed,
            Err(error) => return (self.refused(what, error, None), None),
        };
        let found = loop {
            match self.search_call(plugin, operation, input, true) {
                Search::More => tokio::task::yield_now().await,
                Search::Found(found) => break Some(found),
                Search::Nothing => break None,
            }
        };
        let step = (found.as_ref()).and_then(|found| self.steps().get(found.index));
        let held = step.map(|step| Held {
            session: self,
            step,
            found,
        });
        let id = step.map(|step| step.id.as_str());
        if self.asks(effect, step) {
            let needed = self.needed(plugin, operation, effect, input, step);
            if let Err(error) = self.consented(what, &needed, consent) {
                return (self.refused(what, error, id), id);
            }
        }
        let mut provenance = match &held {
            Some(Held {
                step,
                found: Some(found),
                ..
            }) => self.came_from(step, found),
            _ => self.state().seen.clone(),
        };
        let by = match id {
            Some(id) => id.to_owned(),
            None => format!("call {number}"),
        };
        self.context.before_call(callee, &by, &mut provenance);
        let site = Site {
            run: Some(&self.context.id),
            step: id,
            item: held.as_ref().and_then(Held::item),
            provenance: Some(&provenance),
        };
        let mut outcome = self
            .ended_by(cancel, |cancel| {
                self.context
                    .caller
                    .invoke(callee, operation, input, site, Some(cancel))
            })
            .await;
        self.context.after_call(callee, &mut provenance);
        provenance.plugins.insert(plugin.to_owned());
        if let Err(error) = self.came_of(held, &outcome, provenance) {
            outcome.result = outcome.result.and(Err(error));
            outcome.output = None;
        }
        (outcome, id)
    }

    /// Notes what came of a call, on its step if it is one's, and decides what can be decided now.
    fn came_of(
        &self,
        held: Option<Held<'_>>,
        outcome: &Outcome,
        provenance: Provenance,
    ) -> Result<(), RunError> {
        let Some(mut held) = held else {
            if !outcome.refused {
                let mut state = self.state();
                state.extra += 1;
                state.seen.join(&provenance);
            }
            return Ok(());
        };
        let Some(found) = held.found.take() else {
            return Ok(());
        };
        let mut done = Done {
            provenance,
            calls: u64::from(!outcome.refused),
            denials: outcome.denied,
            input_bytes: outcome.input_bytes,
            output_bytes: outcome.output_bytes,
            audit: outcome.seq.into_iter().collect(),
            ..Done::default()
        };
        let ended = match &outcome.result {
            Ok(value) => {
                done.value = to_value(value);
                let mut state = self.state();
                state.item_done(found.index, found.item, done, By::Agent);
                state.settle(found.index, None)
            }
            Err(error) => {
                let mut state = self.state();
                // Also words of an error are the plugin's.
                state.seen.join(&done.provenance);
                state.item_free(found.index, found.item, &done);
                state.settle(found.index, Some(error))
            }
        };
        let changed = ended.is_some();
        self.record_ended(ended)?;
        if changed {
            self.advance()?;
            self.save()?;
        }
        Ok(())
    }

    /// Does something that is ended by the caller's handle, and when the session is.
    pub(super) async fn ended_by<T, F: Future<Output = T>>(
        &self,
        cancel: Option<Cancel>,
        work: impl FnOnce(Cancel) -> F,
    ) -> T {
        let own = Cancel::new();
        let mut work = std::pin::pin!(work(own.clone()));
        let asked = async {
            match &cancel {
                Some(cancel) => cancel.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = asked => {}
            () = self.over.cancelled() => {}
        }
        own.cancel();
        work.await
    }
}

fn answer(outcome: Outcome, number: u64, step: Option<&str>) -> SessionCall {
    let denied = |denial: &Denial| Denied {
        code: denial.code.as_str().to_owned(),
        asked: display_safe(&denial.asked, 300),
        narrowest: denial.narrowest.as_ref().map(ToString::to_string),
    };
    SessionCall {
        plugins_words: (outcome.result.as_ref()).is_err_and(RunError::has_plugins_words),
        log: outcome.log,
        denials: outcome.denials.iter().map(denied).collect(),
        audit: outcome.seq.unwrap_or_default(),
        number,
        step: step.map(str::to_owned),
        result: outcome.result,
    }
}
