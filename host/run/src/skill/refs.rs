//! What a step can be seen to refer to.

use std::sync::Arc;

use remit_package::{Skill, Step, StepKind};

use crate::expr::{Engine, ExprError, Read, Refs, Templates, Text, escapes};

/// The longest template.
const MAX_TEMPLATE: u64 = 1024 * 1024;

/// Reads templates of a skill's folder, and of nowhere else: those that the skill's digest covers, as they were then.
pub(crate) fn template_reader(skill: &Arc<Skill>) -> Read {
    let skill = Arc::clone(skill);
    Arc::new(move |name| {
        skill
            .read_covered(name, MAX_TEMPLATE)
            .map_err(|e| e.to_string())
    })
}

/// All that a step refers to: its condition, its list, its input, its template with what that includes.
pub(crate) fn step_refs(
    engine: &Engine,
    skill: &Arc<Skill>,
    step: &Step,
) -> Result<Refs, ExprError> {
    let mut refs = Refs::default();
    for expression in [&step.when, &step.for_each].into_iter().flatten() {
        let expression = Text::expression(expression);
        engine.check(expression)?;
        refs.join(engine.refs(expression));
    }
    match &step.kind {
        StepKind::Call { with, .. } => {
            parse_all(engine, with)?;
            refs.join(engine.json_refs(with));
        }
        StepKind::Check { expr, message } => {
            engine.check(Text::expression(expr))?;
            engine.check_mixed(message)?;
            refs.join(engine.refs(Text::expression(expr)));
            refs.join(engine.text_refs(message));
        }
        StepKind::Template {
            template,
            output,
            with,
        } => {
            engine.check_mixed(output)?;
            parse_all(engine, with)?;
            let mut inner =
                Templates::new(template_reader(skill), escapes(output)).refs(engine, template)?;
            // Its `with` gives it further names.
            if let Some(fields) = with.as_object() {
                inner.unknown.retain(|name| !fields.contains_key(name));
            }
            refs.join(inner);
            refs.join(engine.text_refs(output));
            refs.join(engine.json_refs(with));
        }
    }
    Ok(refs)
}

fn parse_all(engine: &Engine, value: &serde_json::Value) -> Result<(), ExprError> {
    use serde_json::Value;
    match value {
        Value::String(text) => match Text::of(engine, text) {
            Text::Literal(_) | Text::Whole(_) => Ok(()),
            Text::Mixed(text) => engine.check_mixed(text),
        },
        Value::Array(items) => items.iter().try_for_each(|item| parse_all(engine, item)),
        Value::Object(fields) => fields
            .values()
            .try_for_each(|value| parse_all(engine, value)),
        _ => Ok(()),
    }
}
