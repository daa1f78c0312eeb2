//! Runs a skill: its steps one after the other, each recorded in run.json and in the audit log.

mod begin;
mod call;
mod context;
mod each;
mod flows;
mod folder;
mod gate;
mod ready;
mod recorded;
mod step;
mod template;

use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use remit_policy::ErrorClass;
use remit_sandbox::Cancel;
use tokio::sync::mpsc;

pub(crate) use self::begin::{Begin, begin, runnable};
pub(crate) use self::context::{Context, Decision, Work};
pub(crate) use self::each::{Done, Finished};
pub(crate) use self::folder::CALLS;
pub(crate) use self::gate::{Gate, Yes, skill as approval};
pub(crate) use self::ready::{Wanted, authorities};
pub(crate) use self::step::{does, expression, kind, record};
pub(crate) use self::template::Content;
use crate::error::RunError;
use crate::event::Event;
use crate::expr::Scope;
use crate::host::Host;
use crate::inputs;
use crate::options::RunOptions;
use crate::report::{
    By, ProcedureRecord, RunReport, RunState, StepKindName, StepReport, StepState,
};
use crate::skill::OpenSkill;

/// What holds as long as any call of a run or a session goes on.
pub(crate) type Alive = Arc<dyn Any + Send + Sync>;

/// Steps that go on: what they are done with, who is told, who is asked, what ends them.
pub(crate) struct Run<'a> {
    pub(crate) context: &'a Context,
    pub(crate) open: &'a OpenSkill,
    pub(crate) events: &'a (dyn Fn(Event) + Send + Sync),
    pub(crate) gate: Gate<'a>,
    pub(crate) cancel: Cancel,
    /// Held by each call that goes on.
    pub(crate) alive: Alive,
}

impl Deref for Run<'_> {
    type Target = Context;

    fn deref(&self) -> &Context {
        self.context
    }
}

/// Runs the skill.
pub(crate) async fn run(
    host: &Host,
    open: &OpenSkill,
    options: RunOptions,
    events: &(dyn Fn(Event) + Send + Sync),
) -> Result<RunReport, RunError> {
    let begun = Instant::now();
    runnable(host, open)?;
    let inputs = inputs::resolve(&open.skill.manifest.inputs, &options.inputs)?;
    // Bound before anybody is asked: an input that does not bind is the caller's mistake, not a question.
    let authorities = authorities(host, open, &inputs)?;
    let (approval, standing) = gate::skill(host, open, &options).await?;
    let (context, mut report, first) = begin(Begin {
        host,
        open,
        inputs,
        authorities,
        approval,
        standing,
        out: options.out.as_deref(),
        runs: options.runs.as_deref(),
        wanted: Wanted::Steps,
        agent: options.agent.as_ref(),
    })
    .await?;
    events(Event::RunStarted {
        run: context.id.clone(),
        folder: context.folder.path().to_owned(),
        skill: open.name().to_owned(),
        steps: report.steps.len(),
    });
    let mut scope = context.scope(open, &report);
    let (alive, mut ended) = mpsc::channel::<()>(1);
    let mut run = Run {
        context: &context,
        open,
        events,
        cancel: options.cancel.clone().unwrap_or_default(),
        gate: Gate::of_run(host, open, &options),
        alive: Arc::new(alive),
    };
    let result = run.steps(&mut report, &mut scope).await;
    // Calls that were given up end by themselves, and leave their records before the run's last one.
    run.alive = Arc::new(());
    let _ = ended.recv().await;
    if report.agent.is_some() {
        report.procedure = Some(ProcedureRecord::of(&report.steps, 0));
    }
    let state = result.as_ref().err().map_or(RunState::Done, state_of);
    let error = result.as_ref().err().map(record);
    let result = result.and(context.end(&mut report, (state, error), first, begun));
    events(Event::RunFinished {
        state: report.state,
        time: begun.elapsed(),
    });
    result.map(|()| report)
}

pub(crate) fn state_of(error: &RunError) -> RunState {
    match error.class() {
        _ if error.code() == "cancelled" => RunState::Cancelled,
        ErrorClass::Denied => RunState::Denied,
        _ => RunState::Failed,
    }
}

impl Run<'_> {
    async fn steps(&mut self, report: &mut RunReport, scope: &mut Scope) -> Result<(), RunError> {
        let open = self.open;
        let mut done = 0;
        for (index, step) in open.skill.manifest.steps.iter().enumerate() {
            if self.cancel.is_cancelled() {
                return Err(RunError::Cancelled);
            }
            let begun = Instant::now();
            // Also where a step calls nothing: a run whose approval is withdrawn goes no further.
            let result = match self.caller.standing("the step") {
                Ok(()) => self.step(step, index, report, scope).await,
                Err(error) => Err(error),
            };
            let time = begun.elapsed();
            let agent = report.agent.is_some();
            let Some(entry) = report.steps.get_mut(index) else {
                continue;
            };
            if agent && result.is_ok() && entry.state == StepState::Done {
                done += 1;
                (entry.by, entry.order) = (Some(By::Host), Some(done));
            }
            if entry.started.is_some() {
                entry.milliseconds = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            }
            if let Err(error) = &result {
                entry.state = StepState::Failed;
                entry.error = Some(step::record(error));
            }
            let (state, message) = (
                entry.state,
                entry.error.as_ref().map(|error| error.message.clone()),
            );
            // run.json tells of each step: how it ended, how much it returned.
            self.flows.leave(&self.folder.account(), &entry.provenance);
            self.folder.save(report)?;
            (self.events)(Event::StepFinished {
                id: step.id.clone(),
                state,
                time,
                message,
            });
            result.map_err(|error| error.in_step(&step.id))?;
        }
        Ok(())
    }

    fn tell_started(&self, report: &mut StepReport, kind: StepKindName, items: Option<usize>) {
        report.state = StepState::Running;
        report.items = items;
        (self.events)(Event::StepStarted {
            id: report.id.clone(),
            kind,
            does: report.does.clone(),
            items,
        });
    }
}
