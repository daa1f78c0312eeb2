//! How a session begins, and how a client comes and leaves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use remit_package::{Step, StepKind};
use remit_policy::display_safe;
use remit_sandbox::Cancel;

use super::kept::Kept;
use super::state::{Progress, State, Task};
use super::{Agent, AgentSession, Inner, SessionOptions};
use crate::audit::Entry;
use crate::error::RunError;
use crate::host::Host;
use crate::inputs;
use crate::options::RunOptions;
use crate::report::Provenance;
use crate::skill::{OpenSkill, step_refs};
use crate::steps::{self, Begin, Context, Wanted};

/// Of so many clients at once it is known when they came.
const MAX_CLIENTS: usize = 10_000;
/// So many names of skills are in a record.
const MAX_SKILLS: usize = 500;
/// The longest of them, in characters.
const MAX_SKILL: usize = 80;

impl Host {
    /// Begins a session of an agent with a skill. Nobody is asked whether the skill may run: who uses an agent's client
    /// cannot approve one.
    ///
    /// # Errors
    /// If the skill cannot run, no person has approved it, an input does not fit, or it cannot be recorded.
    pub async fn begin(
        self: &Arc<Self>,
        skill: Arc<OpenSkill>,
        options: SessionOptions,
    ) -> Result<AgentSession, RunError> {
        let begun = Instant::now();
        let open = skill;
        steps::runnable(self, &open)?;
        let inputs = inputs::resolve(&open.skill.manifest.inputs, &options.inputs)?;
        let authorities = steps::authorities(self, &open, &inputs)?;
        let asked = RunOptions {
            agent: Some(options.agent.clone()),
            ..RunOptions::default()
        };
        let (approval, standing) = steps::approval(self, &open, &asked).await?;
        let (context, mut report, first) = steps::begin(Begin {
            host: self,
            open: &open,
            inputs: inputs.clone(),
            authorities,
            approval,
            standing,
            out: None,
            runs: options.runs.as_deref(),
            wanted: Wanted::Listed,
            agent: Some(&options.agent),
        })
        .await?;
        let kept = match Kept::create(context.folder.dir()) {
            Ok(kept) => kept,
            Err(error) => {
                let ended = (steps::state_of(&error), Some(steps::record(&error)));
                context.end(&mut report, ended, first, begun)?;
                return Err(error);
            }
        };
        let mut seen = Provenance::default();
        seen.inputs.extend(inputs.keys().cloned());
        let state = State {
            scope: context.scope(&open, &report),
            tasks: tasks(&context, &open),
            report,
            order: 0,
            extra: 0,
            seen,
            closed: false,
        };
        let asks =
            |step: &Step| step.approve.is_some() && matches!(step.kind, StepKind::Call { .. });
        let session = Inner {
            host: Arc::clone(self),
            a_call_asks: open.skill.manifest.steps.iter().any(asks),
            open,
            context,
            inputs,
            state: Mutex::new(state),
            saving: Mutex::default(),
            kept,
            over: Cancel::new(),
            going: Arc::default(),
            first,
            begun,
        };
        session.advance()?;
        session.save()?;
        Ok(AgentSession(Arc::new(session)))
    }

    /// Whether agents may do the skill's writes without a person being asked each time.
    pub fn agents_may_write(&self, skill: &OpenSkill) -> bool {
        crate::approvals::agents_may_write(self, skill)
    }

    /// Records that a client came, and which skills it is served.
    ///
    /// # Errors
    /// If it cannot be recorded.
    pub fn client_came(&self, agent: &Agent, skills: &[String]) -> Result<(), RunError> {
        let record = agent.record();
        {
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            if clients.len() < MAX_CLIENTS {
                clients.insert(record.session.clone(), Instant::now());
            }
        }
        self.audit.append(&[Entry::SessionStarted {
            session: record.session,
            client: record.client,
            version: record.version,
            transport: record.transport,
            protocol: record.protocol,
            skills: (skills.iter().take(MAX_SKILLS))
                .map(|skill| display_safe(skill, MAX_SKILL))
                .collect(),
        }])?;
        Ok(())
    }

    /// Records that a client left, after so many calls.
    ///
    /// # Errors
    /// If it cannot be recorded.
    pub fn client_left(&self, agent: &Agent, calls: u64) -> Result<(), RunError> {
        let session = agent.record().session;
        let came = {
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            clients.remove(&session)
        };
        let milliseconds = came.map_or(0, |came| came.elapsed().as_millis());
        self.audit.append(&[Entry::SessionFinished {
            session,
            calls,
            milliseconds: u64::try_from(milliseconds).unwrap_or(u64::MAX),
        }])?;
        Ok(())
    }
}

fn tasks(context: &Context, open: &OpenSkill) -> Vec<Task> {
    let steps = &open.skill.manifest.steps;
    let needs = |index: usize, step: &Step| -> Vec<usize> {
        match step_refs(&context.engine, &open.skill, step) {
            Ok(refs) if !refs.all_steps => (steps.iter().take(index).enumerate())
                .filter(|(_, other)| refs.steps.contains(&other.id))
                .map(|(other, _)| other)
                .collect(),
            _ => (0..index).collect(),
        }
    };
    let task = |(index, step)| Task {
        needs: needs(index, step),
        progress: Progress::Waiting,
        ended: None,
    };
    steps.iter().enumerate().map(task).collect()
}
