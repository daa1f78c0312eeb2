//! Everything that can be found wrong with a skill without running it.

use std::collections::BTreeSet;

use remit_package::{EffectSource, Place, Step, StepKind, check_output_path};
use remit_policy::{Effect, Grant, OperatorPolicy, display_safe, operation_allowed};
use serde_json::Value;

use super::{Finding, OpenPlugin, OpenSkill, fit, step_refs};
use crate::expr::{Engine, ExprError, Refs};
use crate::schema::Schema;

/// All findings about inputs, steps and grants; those about components have been made when these were opened.
pub(super) fn check(open: &OpenSkill, policy: &OperatorPolicy) -> Vec<Finding> {
    let mut findings = Vec::new();
    inputs(open, &mut findings);
    let engine = Engine::new();
    let mut earlier: Vec<&Step> = Vec::new();
    for step in &open.skill.manifest.steps {
        match step_refs(&engine, &open.skill, step) {
            Ok(refs) => references(open, step, &refs, &earlier, &mut findings),
            Err(error) => findings.push(unparsed(step, &error)),
        }
        if let StepKind::Call {
            plugin,
            operation,
            with,
        } = &step.kind
            && let Some(plugin) = open.plugin(plugin)
        {
            call(
                &engine,
                step,
                plugin,
                operation,
                with,
                policy,
                &mut findings,
            );
        }
        if let StepKind::Template { output, .. } = &step.kind {
            output_path(step, output, &mut findings);
        }
        earlier.push(step);
    }
    for plugin in &open.plugins {
        grants_and_needs(open, plugin, &mut findings);
    }
    findings
}

fn inputs(open: &OpenSkill, findings: &mut Vec<Finding>) {
    for (name, input) in &open.skill.manifest.inputs {
        let schema = match Schema::new(&format!("the input `{name}`"), &input.schema) {
            Ok(schema) => schema,
            Err(error) => {
                findings.push(Finding::error(
                    "schema-unusable",
                    &input.place,
                    error.to_string(),
                ));
                continue;
            }
        };
        if let Some(default) = &input.default
            && let Err(message) = schema.check(default)
        {
            let message = format!("the default of the input `{name}` does not fit it: {message}");
            findings.push(Finding::error("input-invalid", &input.place, message));
        }
    }
}

/// A path without expressions is known before the run.
fn output_path(step: &Step, output: &str, findings: &mut Vec<Finding>) {
    if output.contains("{{") || output.contains("{%") {
        return;
    }
    if let Err(error) = check_output_path(output) {
        let message = format!("step {}: `output`: {error}", step.id);
        let mut finding = Finding::error("output-path", &step.place, message);
        finding.hint = error.hint();
        findings.push(finding);
    }
}

fn unparsed(step: &Step, error: &ExprError) -> Finding {
    match &error.template {
        Some(template) => {
            let place = Place {
                line: error.line,
                ..Place::file(template.clone())
            };
            Finding::error(
                "template-invalid",
                &place,
                format!("step {}: {}", step.id, error.message),
            )
        }
        None => {
            let message = format!(
                "step {}: `{}` does not parse: {}",
                step.id, error.expression, error.message
            );
            Finding::error("expression-invalid", &step.place, message)
        }
    }
}

fn references(
    open: &OpenSkill,
    step: &Step,
    refs: &Refs,
    earlier: &[&Step],
    findings: &mut Vec<Finding>,
) {
    let manifest = &open.skill.manifest;
    let mut say = |code, message: String, hint: Option<String>| {
        let mut finding = Finding::error(code, &step.place, format!("step {}: {message}", step.id));
        finding.hint = hint;
        findings.push(finding);
    };
    for id in &refs.steps {
        if earlier.iter().any(|step| step.id == *id) {
            continue;
        }
        if manifest.steps.iter().any(|step| step.id == *id) {
            say(
                "step-later",
                format!("`steps.{id}` has not run yet when this step does"),
                None,
            );
        } else {
            let known: Vec<_> = earlier.iter().map(|step| step.id.as_str()).collect();
            say(
                "step-unknown",
                format!("there is no step `{}`", display_safe(id, 80)),
                list("steps before it", &known),
            );
        }
    }
    for name in &refs.inputs {
        if !manifest.inputs.contains_key(name) {
            let known: Vec<_> = manifest.inputs.keys().map(String::as_str).collect();
            say(
                "input-unknown",
                format!("there is no input `{}`", display_safe(name, 80)),
                list("inputs", &known),
            );
        }
    }
    for name in &refs.unknown {
        let hint = "an expression knows inputs, steps, run, and in a for_each item and index";
        say(
            "name-unknown",
            format!("there is no `{}`", display_safe(name, 80)),
            Some(hint.to_owned()),
        );
    }
    if refs.item && step.for_each.is_none() {
        say(
            "item-outside-for-each",
            "`item` and `index` are only there with `for_each`".to_owned(),
            None,
        );
    }
    for (id, field) in &refs.fields {
        let Some(from) = earlier.iter().find(|step| step.id == *id) else {
            continue;
        };
        let StepKind::Call {
            plugin, operation, ..
        } = &from.kind
        else {
            continue;
        };
        let operation = open
            .plugin(plugin)
            .and_then(|plugin| plugin.description.operation(operation));
        // A for_each gives a list, which has no fields.
        if let Some(operation) = operation
            && from.for_each.is_none()
            && !fit::may_have(&operation.output_schema, field)
        {
            let known = operation
                .output_schema
                .get("properties")
                .and_then(Value::as_object);
            let known: Vec<_> = known
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str())
                .collect();
            let message = format!(
                "`steps.{id}` has no `{}`: {} does not return it",
                display_safe(field, 80),
                operation.name
            );
            say("field-unknown", message, list("fields", &known));
        }
    }
}

fn list(what: &str, known: &[&str]) -> Option<String> {
    let known: Vec<_> = known
        .iter()
        .take(20)
        .map(|name| display_safe(name, 60))
        .collect();
    (!known.is_empty()).then(|| format!("the {what} are: {}", known.join(", ")))
}

fn call(
    engine: &Engine,
    step: &Step,
    plugin: &OpenPlugin,
    name: &str,
    with: &Value,
    policy: &OperatorPolicy,
    findings: &mut Vec<Finding>,
) {
    let place = &step.place;
    let what = format!("step {}: {}.{}", step.id, plugin.alias, name);
    let Some(operation) = plugin.description.operation(name) else {
        let known: Vec<_> = plugin
            .description
            .operations
            .iter()
            .map(|op| op.name.as_str())
            .collect();
        let mut finding = Finding::error(
            "operation-unknown",
            place,
            format!("{what}: the plugin has no such operation"),
        );
        finding.hint = list("operations", &known);
        findings.push(finding);
        return;
    };
    let granted = plugin.used.effect.min(policy.max_effect);
    if let Err(denial) = operation_allowed(
        Some(&plugin.used.operations),
        name,
        operation.effect,
        granted,
    ) {
        let hint = match denial.code {
            remit_policy::DenialCode::EffectNotGranted if policy.max_effect < operation.effect => {
                "the operator's policy allows no such effect".to_owned()
            }
            remit_policy::DenialCode::EffectNotGranted
                if operation.effect_source == EffectSource::Nobody =>
            {
                format!(
                    "the component does not say what it does: `{name} = \"read\"` under [plugins.{0}.effects] says so \
                     for it, or `effect = \"destructive\"` under [plugins.{0}] grants it all the same",
                    plugin.alias
                )
            }
            remit_policy::DenialCode::EffectNotGranted => {
                format!(
                    "`effect = \"{}\"` under [plugins.{}] grants it",
                    operation.effect, plugin.alias
                )
            }
            _ => format!(
                "add \"{name}\" to `operations` under [plugins.{}]",
                plugin.alias
            ),
        };
        let reason = match denial.code {
            remit_policy::DenialCode::EffectNotGranted => format!(
                "its effect is {}, and the skill grants {granted} at most",
                operation.effect_source.says(operation.effect)
            ),
            _ => denial.reason.clone(),
        };
        findings.push(Finding::error(denial.code(), place, format!("{what}: {reason}")).hint(hint));
    }
    if step.retry.is_some() && operation.effect != Effect::Read {
        let message = format!(
            "{what}: its effect is {}, and only a read may be tried again",
            operation.effect
        );
        findings.push(Finding::error("retry-not-read", place, message));
    }
    match Schema::new(&what, &operation.input_schema) {
        Ok(schema) => {
            for misfit in fit::misfits(engine, &schema, with) {
                findings.push(Finding::error(
                    "with-invalid",
                    place,
                    format!("{what}: `with` cannot fit: {misfit}"),
                ));
            }
        }
        Err(error) => findings.push(Finding::error("schema-unusable", place, error.to_string())),
    }
    if operation.input_schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        for field in fit::unknown_fields(&operation.input_schema, with) {
            // The schema lets it through, so the operation may take it; a slip of the pen is likelier.
            let message = format!("{what} says nothing of `{}`", display_safe(field, 80));
            findings.push(Finding::warning("with-unknown-field", place, message));
        }
    }
}

/// What of a plain component cannot be called.
fn left_out(plugin: &OpenPlugin, findings: &mut Vec<Finding>) {
    for left in &plugin.said.left_out {
        let message = format!(
            "the plugin {}: the function `{}` is left out, because {}",
            plugin.alias,
            display_safe(&left.function, 300),
            display_safe(&left.why, 300)
        );
        findings.push(Finding::warning(
            "function-left-out",
            &plugin.used.place,
            message,
        ));
    }
}

fn grants_and_needs(open: &OpenSkill, plugin: &OpenPlugin, findings: &mut Vec<Finding>) {
    let used = &plugin.used;
    let alias = &plugin.alias;
    let called: BTreeSet<&str> = open
        .skill
        .manifest
        .steps
        .iter()
        .filter_map(|step| match &step.kind {
            StepKind::Call {
                plugin, operation, ..
            } if plugin == alias => Some(operation.as_str()),
            _ => None,
        })
        .collect();
    if called.is_empty() {
        findings.push(Finding::warning(
            "plugin-unused",
            &used.place,
            format!("no step calls the plugin {alias}"),
        ));
    }
    for operation in &used.operations {
        if plugin.description.operation(operation).is_none() {
            let message =
                format!("[plugins.{alias}] lists `{operation}`, which the plugin does not have");
            findings.push(Finding::error("operation-unknown", &used.place, message));
        } else if !called.is_empty() && !called.contains(operation.as_str()) {
            let message = format!("[plugins.{alias}] lists `{operation}`, which no step calls");
            findings.push(Finding::warning("operation-unused", &used.place, message));
        }
    }
    for (operation, (_, place)) in &used.effects {
        let said = plugin.said.operation(operation);
        if said.is_none() {
            let message = format!(
                "[plugins.{alias}.effects] names `{operation}`, which the plugin does not have"
            );
            findings.push(Finding::error("operation-unknown", place, message));
        } else if said.is_some_and(|said| said.effect_source == EffectSource::Plugin) {
            let message = format!(
                "[plugins.{alias}.effects] names `{operation}`, whose effect the plugin says itself"
            );
            findings.push(
                Finding::error("effect-said", place, message)
                    .hint("remove the line: a plugin's own word is not overridden"),
            );
        }
    }
    left_out(plugin, findings);
    let Some(needs) = &plugin.needs else { return };
    let config = used.grants.config();
    let needs = match needs.bind_config(&config) {
        Ok(needs) => needs,
        Err(error) => {
            let message =
                format!("a need of the plugin {alias} does not fit its configuration: {error}");
            findings.push(Finding::error("need-unreadable", &used.place, message));
            return;
        }
    };
    for index in needs.idle(&used.grants) {
        let Some(grant) = used.grants.as_slice().get(index) else {
            continue;
        };
        let place = used.grant_places.get(index).unwrap_or(&used.place);
        let message = format!("the plugin {alias} has no need for `{grant}`: it changes nothing");
        findings.push(Finding::warning("grant-idle", place, message));
    }
    let unmet = needs.unmet(&used.grants);
    // A plugin asks for what all its operations may want, on whatever server or folder. A skill that grants it a part
    // has chosen; one that grants it no server and no folder of those it asks for has forgotten something.
    let chosen = needs.as_slice().iter().enumerate().any(|(index, need)| {
        matches!(need.grant, Grant::Http(_) | Grant::Files(_)) && !unmet.contains(&index)
    });
    for index in unmet.into_iter().filter(|_| !chosen) {
        let Some(need) = needs.as_slice().get(index) else {
            continue;
        };
        let message = format!(
            "the plugin {alias} asks for `{}`, and no grant covers it ({})",
            need.grant,
            display_safe(&need.reason, 200)
        );
        findings.push(Finding::warning("need-unmet", &used.place, message));
    }
}
