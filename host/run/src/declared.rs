//! Whether the content of a declared output is what the skill says that it is.

use std::collections::BTreeMap;

use remit_package::{OutputSchema, Skill, Step, StepKind};
use remit_policy::display_safe;
use serde_json::Value;

use crate::error::RunError;
use crate::schema::Schema;
use crate::session::SessionError;
use crate::skill::{Finding, OpenSkill};

/// The largest file of a schema: as large as a template.
const MAX_SCHEMA: u64 = 1 << 20;

/// The schemas of a skill's outputs, ready to check them, by the steps that make these.
#[derive(Debug, Default)]
pub(crate) struct Schemas(BTreeMap<String, Schema>);

impl Schemas {
    /// Reads them all, offline: files that the skill's digest covers, or skill.toml itself. One that cannot be used is a
    /// finding, with which nothing of the skill runs.
    pub(crate) fn of(skill: &Skill, findings: &mut Vec<Finding>) -> Self {
        let mut schemas = BTreeMap::new();
        for step in &skill.manifest.steps {
            match schema(skill, step) {
                Ok(Some(schema)) => {
                    schemas.insert(step.id.clone(), schema);
                }
                Ok(None) => {}
                Err(message) => {
                    let message = format!("step {}: {message}", step.id);
                    findings.push(Finding::error("schema-unusable", &step.place, message));
                }
            }
        }
        Self(schemas)
    }
}

fn schema(skill: &Skill, step: &Step) -> Result<Option<Schema>, String> {
    let (what, schema) = match &step.schema {
        None => return Ok(None),
        Some(OutputSchema::Inline(schema)) => ("its schema".to_owned(), schema.clone()),
        Some(OutputSchema::File(file)) => {
            let what = format!("the schema {}", display_safe(file, 120));
            let text = skill.read_covered(file, MAX_SCHEMA);
            let text = text.map_err(|error| format!("{what} cannot be read: {error}"))?;
            let schema: Value = serde_json::from_str(&text)
                .map_err(|error| format!("{what} is not JSON: {error}"))?;
            // Anything else is a schema to nobody, also where it is JSON.
            if !schema.is_object() {
                return Err(format!("{what} is no object, and a JSON Schema is one"));
            }
            (what, schema)
        }
    };
    let schema = Schema::new(&what, &schema).map_err(|error| error.to_string())?;
    Ok(Some(schema))
}

/// Checks what a template made, or an agent handed in, for the output of a step.
///
/// # Errors
/// `output-invalid`: an output whose name ends in `.json` holds something else. `output-schema`: it is not what the skill's
/// schema says.
pub(crate) fn check(open: &OpenSkill, step: &Step, content: &str) -> Result<(), RunError> {
    let StepKind::Template { output, .. } = &step.kind else {
        return Ok(());
    };
    if !output.ends_with(".json") {
        return Ok(());
    }
    let path = || display_safe(output, 200);
    let value: Value =
        serde_json::from_str(content).map_err(|error| SessionError::OutputInvalid {
            path: path(),
            message: format!("it is not JSON: {error}"),
        })?;
    let Some(schema) = open.schemas.0.get(&step.id) else {
        return Ok(());
    };
    schema
        .check(&value)
        .map_err(|message| RunError::OutputSchema {
            path: path(),
            message,
        })
}
