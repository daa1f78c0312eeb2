//! How a run begins, and an agent's session: its folder, its plugins, its first record.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use remit_package::{Digest, Step};
use remit_policy::{Authority, display_safe};
use serde_json::{Map, Value, json};

use super::context::Context;
use super::flows::Flows;
use super::folder::Folder;
use super::ready::{Ready, Wanted};
use super::{does, kind, record, recorded, state_of};
use crate::approvals::Standing;
use crate::audit::Entry;
use crate::error::RunError;
use crate::expr::Engine;
use crate::host::Host;
use crate::invoke::{Caller, random_hex};
use crate::report::{PluginRecord, RunReport, RunState, StepReport, StepState};
use crate::session::Agent;
use crate::skill::{OpenSkill, Severity};

/// As long as a path may be.
const MAX_FOLDER: usize = 4096;

/// The form of run.json.
const FORMAT: u32 = 1;

/// What a run begins with.
pub(crate) struct Begin<'a> {
    pub(crate) host: &'a Host,
    pub(crate) open: &'a OpenSkill,
    pub(crate) inputs: Map<String, Value>,
    pub(crate) authorities: BTreeMap<String, Authority>,
    pub(crate) approval: &'static str,
    pub(crate) standing: Option<Arc<Standing>>,
    /// The run's folder; else one of its own is made in `runs`.
    pub(crate) out: Option<&'a Path>,
    /// `runs/` in the current folder if not given.
    pub(crate) runs: Option<&'a Path>,
    pub(crate) wanted: Wanted,
    pub(crate) agent: Option<&'a Agent>,
}

/// Refuses a skill with faults, and records that.
pub(crate) fn runnable(host: &Host, open: &OpenSkill) -> Result<(), RunError> {
    if open.is_runnable() {
        return Ok(());
    }
    let findings = open
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .cloned()
        .collect();
    let error = RunError::SkillInvalid {
        skill: open.name().to_owned(),
        findings,
    };
    host.audit.append(&[Entry::Refused {
        run: None,
        step: None,
        what: format!("the skill {}", open.name()),
        code: error.code(),
        reason: display_safe(&error.to_string(), 1000),
    }])?;
    Err(error)
}

/// Makes the folder, readies the plugins, records the beginning. Gives the number of that record too.
pub(crate) async fn begin(what: Begin<'_>) -> Result<(Context, RunReport, u64), RunError> {
    let Begin { host, open, .. } = what;
    let id = format!(
        "{}-{}-{}",
        open.name(),
        crate::time::for_names(),
        random_hex::<3>()?
    );
    let folder = Folder::create(&id, what.out, what.runs)?;
    let agent = what.agent.map(Agent::record);
    let mut report = RunReport {
        agent: agent.clone(),
        ..report(open, &id, what.inputs, what.approval, &folder)
    };
    folder.save(&report)?;
    let ready = Ready::new(host, open, what.authorities, folder.dir(), what.wanted).await;
    let ready = match ready {
        Ok(ready) => ready,
        // The folder is there already: it says how this ended.
        Err(error) => return Err(ended_early(&folder, report, error)),
    };
    report.plugins = plugins(&ready);
    let caller = match Caller::of(host) {
        Ok(caller) => caller.under(what.standing),
        Err(error) => return Err(ended_early(&folder, report, error)),
    };
    let started = host.audit.append(&[Entry::RunStarted {
        run: &id,
        skill: open.name(),
        skill_digest: open.skill.digest.to_string(),
        approval: what.approval,
        agent: (agent.as_ref()).map(|agent| format!("{} {}", agent.client, agent.version)),
        session: agent.as_ref().map(|agent| agent.session.as_str()),
        folder: display_safe(&open.folder().display().to_string(), MAX_FOLDER),
        calls: caller.prefix(),
        inputs_digest: Digest::of(json!(report.inputs).to_string().as_bytes()).to_string(),
        plugins: recorded::plugins(open, &ready),
    }]);
    let first = match started {
        Ok(first) => first,
        Err(error) => return Err(ended_early(&folder, report, error.into())),
    };
    let context = Context {
        id,
        audit: Arc::clone(&host.audit),
        engine: Engine::new(),
        flows: Flows::of(&ready),
        caller,
        ready,
        folder,
    };
    Ok((context, report, first))
}

fn plugins(ready: &Ready) -> BTreeMap<String, PluginRecord> {
    let plugins = ready.callees().map(|callee| {
        let grants = callee.authority.canonical();
        let record = PluginRecord {
            digest: callee.plugin_digest.clone(),
            grants_digest: callee.grants_digest.clone(),
            grants: grants.lines().map(str::to_owned).collect(),
        };
        (callee.alias.clone(), record)
    });
    plugins.collect()
}

/// Writes down how a run ended that had not begun; the error, or the one of writing it.
fn ended_early(folder: &Folder, mut report: RunReport, error: RunError) -> RunError {
    report.finished = Some(crate::time::now());
    report.state = state_of(&error);
    report.error = Some(record(&error));
    folder.save(&report).err().unwrap_or(error)
}

fn report(
    open: &OpenSkill,
    id: &str,
    inputs: Map<String, Value>,
    approval: &str,
    folder: &Folder,
) -> RunReport {
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
        agent: None,
        procedure: None,
        inputs,
        plugins: Default::default(),
        steps: open.skill.manifest.steps.iter().map(waiting).collect(),
        outputs: Vec::new(),
        audit: None,
        error: None,
        folder: folder.path().to_owned(),
    }
}

fn waiting(step: &Step) -> StepReport {
    StepReport {
        id: step.id.clone(),
        kind: kind(step),
        does: does(step),
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
        by: None,
        order: None,
        audit: Vec::new(),
        error: None,
    }
}
