//! Where a person's yes is needed: for the skill, and for steps that ask.

use std::collections::BTreeSet;
use std::sync::Arc;

use remit_package::{Digest, Step, StepKind};
use remit_policy::{Effect, display_safe};
use serde_json::Value as Json;

use super::Run;
use super::context::Context;
use crate::approvals::{self, Answer, Approval, Question, Standing};
use crate::audit::Entry;
use crate::callee::Callee;
use crate::card;
use crate::ceiling;
use crate::error::RunError;
use crate::host::Host;
use crate::options::RunOptions;
use crate::session::{ConsentCall, SessionError};
use crate::skill::OpenSkill;

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::No => "no",
        Answer::Once => "once",
        Answer::Keep => "keep",
    }
}

/// How the skill is approved, as run.json says it, and the kept approval that the run goes on under; an error if it is
/// not.
pub(crate) async fn skill(
    host: &Host,
    open: &OpenSkill,
    options: &RunOptions,
) -> Result<(&'static str, Option<Arc<Standing>>), RunError> {
    if let Some(error) = ceiling::refusal(host, open) {
        return Err(error);
    }
    let (state, standing) = approvals::state_and_standing(host, open);
    let (why, changes) = match state {
        Approval::NotNeeded => return Ok(("not-needed", None)),
        // A yes for this very run holds whatever becomes of a kept one.
        _ if options.approve => return Ok(("this-run", None)),
        Approval::Approved { .. } => return Ok(("kept", standing.map(Arc::new))),
        Approval::Needed { why, changes } => (why, changes),
        Approval::Forbidden { why } => (why, Vec::new()),
    };
    let answer = match &options.approver {
        // Who uses an agent's client is not asked about the skill: an agent could be the one who answers.
        _ if options.agent.is_some() => Answer::No,
        Some(approver) => {
            let card = Box::new(card::of_skill(host, open));
            let answer = approver.ask(Question::Skill { card, changes }).await;
            let about = format!("skill {}", open.name());
            host.audit.append(&[Entry::Asked {
                run: None,
                about,
                answer: word(answer),
                arguments: None,
                by: None,
            }])?;
            answer
        }
        None => Answer::No,
    };
    match answer {
        Answer::Keep => {
            approvals::keep(host, open, "asked at a run", false)?;
            let (_, standing) = approvals::state_and_standing(host, open);
            Ok(("asked", standing.map(Arc::new)))
        }
        Answer::Once => Ok(("asked", None)),
        Answer::No => {
            let what = format!("the skill {}", open.name());
            host.audit.append(&[Entry::Refused {
                run: None,
                step: None,
                what: what.clone(),
                code: "not-approved",
                reason: display_safe(&why.join("; "), 1000),
            }])?;
            let folder = open.folder().display();
            let hint = match &options.agent {
                Some(_) => format!("a person must: `remit approve {folder}`"),
                None => format!(
                    "add --approve to allow it for this run, or keep it with `remit approve {folder}`"
                ),
            };
            Err(RunError::NotApproved { what, hint })
        }
    }
}

/// Who answers where a step asks, or where an agent would write.
pub(crate) enum Gate<'a> {
    /// The caller of a run.
    Run {
        options: &'a RunOptions,
        /// An agent has it run, and no approval says that agents may do its writes: each call that writes asks.
        calls_ask: bool,
    },
    /// A person has said this to an agent's session.
    Session(Yes),
}

/// What a person said yes to.
#[derive(Debug)]
pub(crate) enum Yes {
    /// All that agents do with the skill, beforehand.
    Beforehand,
    /// These calls, by their digests, and the step that asks.
    To(BTreeSet<Digest>),
}

impl<'a> Gate<'a> {
    pub(super) fn of_run(host: &Host, open: &OpenSkill, options: &'a RunOptions) -> Self {
        let calls_ask = options.agent.is_some() && !approvals::agents_may_write(host, open);
        Self::Run { options, calls_ask }
    }
}

impl Run<'_> {
    /// Asks before a step that says why. A person who is there is asked; `--approve` answers where nobody is.
    pub(super) async fn ask_step(
        &self,
        id: &str,
        why: &str,
        does: &str,
        with: Option<String>,
    ) -> Result<(), RunError> {
        let Gate::Run { options, calls_ask } = &self.gate else {
            // Whoever had the session do the step brought the yes to it.
            return Ok(());
        };
        if options.agent.is_some() && !calls_ask {
            return Ok(());
        }
        let question = Question::Step {
            id: id.to_owned(),
            why: display_safe(why, 400),
            does: does.to_owned(),
            with: with.map(|with| display_safe(&with, 4000)),
        };
        self.ask(options, question, format!("step {id}"), None)
            .await
    }

    /// Whether each call of the step asks by itself.
    pub(super) fn asks_each(&self, step: &Step) -> bool {
        let Gate::Run {
            calls_ask: true, ..
        } = &self.gate
        else {
            return false;
        };
        match &step.kind {
            StepKind::Call {
                plugin, operation, ..
            } => writes(self, plugin, operation).is_some(),
            _ => false,
        }
    }

    /// Asks before a call that writes, where an agent has it made.
    pub(super) async fn ask_call(
        &self,
        step: &Step,
        callee: &Callee,
        operation: &str,
        input: &Json,
    ) -> Result<(), RunError> {
        let Some(effect) = writes(self, &callee.alias, operation) else {
            return Ok(());
        };
        let what = callee.what(operation);
        let call = ConsentCall {
            plugin: callee.alias.clone(),
            operation: operation.to_owned(),
            effect,
            arguments: input.clone(),
        };
        match &self.gate {
            Gate::Session(Yes::Beforehand)
            | Gate::Run {
                calls_ask: false, ..
            } => Ok(()),
            Gate::Session(Yes::To(calls)) => match calls.contains(&call.digest(self.open.name())) {
                true => Ok(()),
                false => Err(SessionError::ConsentMissing { what }.into()),
            },
            Gate::Run { options, .. } => {
                let digest = call.digest(self.open.name());
                let question = Question::Call {
                    step: step.id.clone(),
                    why: step.approve.as_ref().map(|why| display_safe(why, 400)),
                    plugin: call.plugin,
                    operation: call.operation,
                    effect,
                    arguments: call.arguments,
                    digest,
                };
                let about = format!("{what} in step {}", step.id);
                self.ask(options, question, about, Some(digest)).await
            }
        }
    }

    async fn ask(
        &self,
        options: &RunOptions,
        question: Question,
        about: String,
        digest: Option<Digest>,
    ) -> Result<(), RunError> {
        let answer = match &options.approver {
            Some(approver) => approver.ask(question).await,
            None if options.approve => Answer::Once,
            None => Answer::No,
        };
        self.audit.append(&[Entry::Asked {
            run: Some(&self.id),
            about: about.clone(),
            answer: word(answer),
            arguments: digest.map(|digest| digest.to_string()),
            by: None,
        }])?;
        if answer == Answer::No {
            let hint = "run it in a terminal to be asked, or with --approve".to_owned();
            return Err(RunError::NotApproved { what: about, hint });
        }
        Ok(())
    }
}

/// The effect of an operation that does more than read.
fn writes(context: &Context, plugin: &str, operation: &str) -> Option<Effect> {
    let callee = context.ready.callee(plugin).ok()?;
    let effect = callee.allowed(operation).ok()?.operation.effect;
    (effect > Effect::Read).then_some(effect)
}
