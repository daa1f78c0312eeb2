//! What a run would do, without doing it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use remit_package::{EffectSource, StepKind};
use remit_policy::{Access, Authority, Effect, display_safe};
use serde::Serialize;
use serde_json::{Value, json};

use crate::approvals;
use crate::ceiling;
use crate::error::RunError;
use crate::expr::{Engine, Refs, Scope};
use crate::host::Host;
use crate::inputs;
use crate::mounts::{foreseen, foreseen_in_run};
use crate::options::RunOptions;
use crate::report::StepKindName;
use crate::skill::{OpenSkill, step_refs};
use crate::steps::{authorities, does, kind};

/// What a run would do: which calls under which grants. Making it runs no plugin.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The skill's name.
    pub skill: String,
    /// The skill's version.
    pub version: String,
    /// `sha256:…` over the skill's own files.
    pub digest: String,
    /// The inputs, defaults included.
    pub inputs: serde_json::Map<String, Value>,
    /// Whether a person's approval is missing.
    pub needs_approval: bool,
    /// What the operator's policy forbids of it, so that it cannot run at all; a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// The steps in order.
    pub steps: Vec<PlannedStep>,
}

/// What a step would do.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStep {
    /// The step's id.
    pub id: String,
    /// What kind of step it is.
    pub kind: StepKindName,
    /// What it does: `mail.search`, `report.md.j2 → report.md`.
    pub does: String,
    /// The operation's effect, for a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Who says what the effect is, where it is not the plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect_source: Option<EffectSource>,
    /// What the call is given: values where they are known before the run, else the expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<Value>,
    /// The condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The list that it goes through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_each: Option<String>,
    /// The steps whose results it uses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// The plugins whose results its own result may hold, through all steps before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flows_from: Vec<String>,
    /// Why a person is asked before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<String>,
    /// The effective grants of the plugin, in the compact form, bound to the inputs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
}

/// What a run would do with these inputs.
pub(crate) fn plan(host: &Host, open: &OpenSkill, options: &RunOptions) -> Result<Plan, RunError> {
    let inputs = inputs::resolve(&open.skill.manifest.inputs, &options.inputs)?;
    let authorities = authorities(host, open, &inputs)?;
    let engine = Engine::new();
    // Of the run itself only what is known before it: what depends on the rest is shown as the expression.
    let facts = json!({"skill": open.name(), "version": open.version()});
    let scope = Scope::new(&inputs, &facts);
    let mut flows: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut files = Files(Vec::new());
    let mut steps = Vec::new();
    for step in &open.skill.manifest.steps {
        let refs = step_refs(&engine, &open.skill, step).unwrap_or_default();
        let after = after(&refs, &flows);
        let mut from: BTreeSet<String> = after
            .iter()
            .filter_map(|id| flows.get(id.as_str()))
            .flatten()
            .cloned()
            .collect();
        let mut planned = PlannedStep {
            id: step.id.clone(),
            kind: kind(step),
            does: does(step),
            effect: None,
            effect_source: None,
            with: None,
            when: step.when.as_deref().map(|text| display_safe(text, 400)),
            for_each: step.for_each.as_deref().map(|text| display_safe(text, 400)),
            after,
            flows_from: Vec::new(),
            approve: step.approve.as_deref().map(|text| display_safe(text, 400)),
            grants: Vec::new(),
        };
        if let StepKind::Call {
            plugin,
            operation,
            with,
        } = &step.kind
        {
            let opened = open.plugin(plugin);
            let called = opened.and_then(|opened| opened.description.operation(operation));
            planned.effect = called.map(|operation| operation.effect);
            planned.effect_source = called
                .map(|operation| operation.effect_source)
                .filter(|source| *source != EffectSource::Plugin);
            planned.with = Some(known(&engine, with, &scope));
            planned.grants = authorities
                .get(plugin)
                .map(|authority| authority.canonical().lines().map(str::to_owned).collect())
                .unwrap_or_default();
            let folders: Vec<_> = authorities
                .get(plugin)
                .into_iter()
                .flat_map(Authority::mounts)
                .map(|(_, grant)| (foreseen(&grant.path, open.folder()), grant.access))
                .collect();
            for (folder, _) in &folders {
                from.extend(files.find(folder));
            }
            from.insert(plugin.clone());
            for (folder, _) in folders.iter().filter(|(_, a)| *a == Access::Write) {
                files.leave(folder.clone(), &from);
            }
        }
        if let StepKind::Template { output, .. } = &step.kind {
            // Up to the first expression.
            let known = output.split('{').next().unwrap_or_default();
            let known = match known == output {
                true => known,
                false => known.rsplit_once('/').map_or("", |(folder, _)| folder),
            };
            files.leave(foreseen_in_run(known), &from);
        }
        planned.flows_from = from.iter().cloned().collect();
        flows.insert(&step.id, from);
        steps.push(planned);
    }
    Ok(Plan {
        skill: open.name().to_owned(),
        version: open.version().to_owned(),
        digest: open.skill.digest.to_string(),
        needs_approval: !options.approve && !approvals::state(host, open).is_given(),
        forbidden: (ceiling::forbidden(host, open).iter())
            .map(ToString::to_string)
            .collect(),
        inputs,
        steps,
    })
}

/// What may lie in which folder by then, as the run's own note of it will say.
struct Files(Vec<(PathBuf, BTreeSet<String>)>);

impl Files {
    fn leave(&mut self, place: PathBuf, from: &BTreeSet<String>) {
        if !from.is_empty() {
            self.0.push((place, from.clone()));
        }
    }

    fn find(&self, place: &Path) -> BTreeSet<String> {
        let meets = |other: &Path| place.starts_with(other) || other.starts_with(place);
        let met = self.0.iter().filter(|(other, _)| meets(other));
        met.flat_map(|(_, from)| from).cloned().collect()
    }
}

/// The steps before, in any order, whose results a step uses.
fn after(refs: &Refs, flows: &BTreeMap<&str, BTreeSet<String>>) -> Vec<String> {
    if refs.all_steps {
        return flows.keys().map(|id| (*id).to_owned()).collect();
    }
    refs.steps.iter().cloned().collect()
}

/// Values where the inputs are enough to know them, else the expression as it stands.
fn known(engine: &Engine, with: &Value, scope: &Scope) -> Value {
    match with {
        Value::String(text) => {
            let refs = engine.text_refs(text);
            let only_inputs = refs.steps.is_empty() && !refs.all_steps && !refs.item;
            let value = only_inputs
                .then(|| engine.text(text, &scope.trace()).ok())
                .flatten();
            value.unwrap_or_else(|| with.clone())
        }
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| known(engine, item, scope))
                .collect(),
        ),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), known(engine, value, scope)))
                .collect(),
        ),
        other => other.clone(),
    }
}
