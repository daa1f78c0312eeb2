//! Runs a skill: its steps one after the other, each recorded in run.json and in the audit log.

mod call;
mod each;
mod flows;
mod folder;
mod gate;
mod ready;
mod recorded;
mod step;
mod template;

use std::sync::Arc;
use std::time::Instant;

use remit_package::Digest;
use remit_policy::{ErrorClass, display_safe};
use remit_sandbox::Cancel;
use serde_json::json;
use tokio::sync::mpsc;

use self::flows::Flows;
use self::folder::Folder;
use self::ready::Ready;
pub(crate) use self::ready::authorities;
pub(crate) use self::step::{does, kind};
use crate::audit::Entry;
use crate::error::RunError;
use crate::event::Event;
use crate::expr::{Engine, Scope};
use crate::host::Host;
use crate::inputs;
use crate::invoke::{Caller, random_hex};
use crate::options::RunOptions;
use crate::report::{PluginRecord, RunReport, RunState, StepKindName, StepReport, StepState};
use crate::skill::{OpenSkill, Severity};

/// As long as a path may be.
const MAX_FOLDER: usize = 4096;

/// The form of run.json.
const FORMAT: u32 = 1;

/// A run that goes on.
pub(crate) struct Run<'a> {
    host: &'a Host,
    open: &'a OpenSkill,
    events: &'a (dyn Fn(Event) + Send + Sync),
    options: &'a RunOptions,
    cancel: Cancel,
    engine: Engine,
    caller: Caller,
    ready: Ready,
    folder: Folder,
    flows: Flows,
    /// Held by each call that goes on.
    alive: mpsc::Sender<()>,
    id: String,
}

/// Runs the skill.
pub(crate) async fn run(
    host: &Host,
    open: &OpenSkill,
    options: RunOptions,
    events: &(dyn Fn(Event) + Send + Sync),
) -> Result<RunReport, RunError> {
    let begun = Instant::now();
    if let Err(error) = runnable(open) {
        host.audit.append(&[Entry::Refused {
            run: None,
            step: None,
            what: format!("the skill {}", open.name()),
            code: error.code(),
            reason: display_safe(&error.to_string(), 1000),
        }])?;
        return Err(error);
    }
    let inputs = inputs::resolve(&open.skill.manifest.inputs, &options.inputs)?;
    // Bound before anybody is asked: an input that does not bind is the caller's mistake, not a question.
    let authorities = ready::authorities(host, open, &inputs)?;
    let (approval, standing) = gate::skill(host, open, &options).await?;
    let id = format!(
        "{}-{}-{}",
        open.name(),
        crate::time::for_names(),
        random_hex::<3>()?
    );
    let folder = Folder::create(&id, options.out.as_deref())?;
    let mut report = report(open, &id, &inputs, approval, &folder);
    folder.save(&report)?;
    let ready = match Ready::new(host, open, authorities, folder.dir()).await {
        Ok(ready) => ready,
        // The folder is there already: it says how this ended.
        Err(error) => return finish_early(&folder, report, error),
    };
    report.plugins = ready
        .callees()
        .map(|callee| {
            let record = PluginRecord {
                digest: callee.plugin_digest.clone(),
                grants_digest: callee.grants_digest.clone(),
                grants: callee
                    .authority
                    .canonical()
                    .lines()
                    .map(str::to_owned)
                    .collect(),
            };
            (callee.alias.clone(), record)
        })
        .collect();
    let caller = match Caller::of(host) {
        Ok(caller) => caller.under(standing),
        Err(error) => return finish_early(&folder, report, error),
    };
    let started = host.audit.append(&[Entry::RunStarted {
        run: &id,
        skill: open.name(),
        skill_digest: open.skill.digest.to_string(),
        approval,
        folder: display_safe(&open.folder().display().to_string(), MAX_FOLDER),
        calls: caller.prefix(),
        inputs_digest: Digest::of(json!(inputs).to_string().as_bytes()).to_string(),
        plugins: recorded::plugins(open, &ready),
    }]);
    let first = match started {
        Ok(first) => first,
        Err(error) => return finish_early(&folder, report, error.into()),
    };
    events(Event::RunStarted {
        run: id.clone(),
        folder: folder.path().to_owned(),
        skill: open.name().to_owned(),
        steps: report.steps.len(),
    });
    let facts = json!({"id": id, "started": report.started, "skill": open.name(), "version": open.version()});
    let mut scope = Scope::new(&inputs, &facts);
    let (alive, mut ended) = mpsc::channel(1);
    let mut run = Run {
        host,
        open,
        events,
        cancel: options.cancel.clone().unwrap_or_default(),
        options: &options,
        engine: Engine::new(),
        caller,
        flows: Flows::of(&ready),
        ready,
        folder,
        alive,
        id,
    };
    let result = run.steps(&mut report, &mut scope).await;
    // Calls that were given up end by themselves, and leave their records before the run's last one.
    run.alive = mpsc::channel(1).0;
    let _ = ended.recv().await;
    run.finish(report, result, first, begun)
}

/// Refuses a skill with faults.
fn runnable(open: &OpenSkill) -> Result<(), RunError> {
    if open.is_runnable() {
        return Ok(());
    }
    let findings = open
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .cloned()
        .collect();
    Err(RunError::SkillInvalid {
        skill: open.name().to_owned(),
        findings,
    })
}

fn report(
    open: &OpenSkill,
    id: &str,
    inputs: &serde_json::Map<String, serde_json::Value>,
    approval: &str,
    folder: &Folder,
) -> RunReport {
    let step = |step: &remit_package::Step| StepReport {
        id: step.id.clone(),
        kind: step::kind(step),
        does: step::does(step),
        state: StepState::Waiting,
        started: None,
        milliseconds: None,
        items: None,
        calls: 0,
        denials: 0,
        input_bytes: 0,
        output_bytes: 0,
        provenance: Default::default(),
        outputs: Vec::new(),
        error: None,
    };
    RunReport {
        format: FORMAT,
        run: id.to_owned(),
        state: RunState::Running,
        skill: open.name().to_owned(),
        version: open.version().to_owned(),
        digest: open.skill.digest.to_string(),
        started: crate::time::now(),
        finished: None,
        approval: approval.to_owned(),
        inputs: inputs.clone(),
        plugins: Default::default(),
        steps: open.skill.manifest.steps.iter().map(step).collect(),
        outputs: Vec::new(),
        audit: None,
        error: None,
        folder: folder.path().to_owned(),
    }
}

fn state_of(error: &RunError) -> RunState {
    match error.class() {
        _ if error.code() == "cancelled" => RunState::Cancelled,
        ErrorClass::Denied => RunState::Denied,
        _ => RunState::Failed,
    }
}

impl RunReport {
    fn end(&mut self, result: &Result<(), RunError>) {
        let error = result.as_ref().err();
        self.state = error.map_or(RunState::Done, state_of);
        self.error = error.map(step::record);
    }
}

fn finish_early(
    folder: &Folder,
    mut report: RunReport,
    error: RunError,
) -> Result<RunReport, RunError> {
    report.finished = Some(crate::time::now());
    let result = Err(error);
    report.end(&result);
    folder.save(&report)?;
    result.map(|()| report)
}

impl Run<'_> {
    async fn steps(&mut self, report: &mut RunReport, scope: &mut Scope) -> Result<(), RunError> {
        let open = self.open;
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
            let Some(entry) = report.steps.get_mut(index) else {
                continue;
            };
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

    fn finish(
        self,
        mut report: RunReport,
        result: Result<(), RunError>,
        first: u64,
        begun: Instant,
    ) -> Result<RunReport, RunError> {
        let (outputs, listed) = self.folder.outputs(&self.ready, &self.flows);
        let mut result = result.and(listed);
        report.outputs = outputs;
        report.finished = Some(crate::time::now());
        report.end(&result);
        let time = begun.elapsed();
        let state = serde_json::to_value(report.state).unwrap_or_default();
        let last = self.host.audit.append(&[Entry::RunFinished {
            run: &self.id,
            state: state.as_str().unwrap_or_default(),
            code: result.as_ref().err().map(RunError::code),
            outputs: report.outputs.len(),
            milliseconds: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        }]);
        match last.and_then(|last| self.host.audit.sync().map(|()| last)) {
            Ok(last) => report.audit = Some((first, last)),
            Err(error) => result = result.and(Err(error.into())),
        }
        report.end(&result);
        self.folder.save(&report)?;
        (self.events)(Event::RunFinished {
            state: report.state,
            time,
        });
        result.map(|()| report)
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

    pub(crate) fn skill(&self) -> &Arc<remit_package::Skill> {
        &self.open.skill
    }
}
