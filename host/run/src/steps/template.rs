//! A `template` step: a file of the run, from a template of the skill.

use std::collections::BTreeMap;

use remit_package::Step;
use remit_policy::display_safe;
use serde_json::{Value as Json, json};

use super::Run;
use super::each::Done;
use super::step::expression;
use crate::audit::Entry;
use crate::error::RunError;
use crate::expr::{Scope, Templates, escapes, to_value};
use crate::report::Provenance;
use crate::skill::template_reader;

impl Run<'_> {
    /// Renders, writes, records. The result is `path`, `bytes`, `digest`, and for a `.json` output its content as
    /// `data`.
    pub(super) fn template(
        &self,
        step: &Step,
        template: &str,
        output: &str,
        with: &Json,
        scope: &Scope,
        control: Provenance,
    ) -> Result<Done, RunError> {
        let traced = scope.trace();
        let path = match self.engine.text(output, &traced).map_err(expression)? {
            Json::String(path) => path,
            other => other.to_string(),
        };
        let mut provenance = control;
        let with = self.engine.fill(with, &traced).map_err(expression)?;
        provenance.join(&traced.used());
        let extra: BTreeMap<_, _> = match with.as_object() {
            Some(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), to_value(value)))
                .collect(),
            None => BTreeMap::new(),
        };
        let scope = if extra.is_empty() {
            scope.clone()
        } else {
            scope.with_extra(extra, provenance.clone())
        };
        let traced = scope.trace();
        let templates = Templates::new(template_reader(self.skill()), escapes(&path));
        let bytes = templates.render(template, &traced).map_err(expression)?;
        provenance.join(&traced.used());
        let mut value = json!({"path": path, "bytes": bytes.len()});
        if path.ends_with(".json") {
            let data: Json = serde_json::from_slice(&bytes).map_err(|e| RunError::Template {
                template: display_safe(template, 120),
                line: None,
                message: format!(
                    "what it makes for {} is not JSON: {e}",
                    display_safe(&path, 120)
                ),
            })?;
            if let Some(fields) = value.as_object_mut() {
                fields.insert("data".to_owned(), data);
            }
        }
        let file = self
            .folder
            .claim(&step.id, &path, &bytes, provenance.clone())?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("digest".to_owned(), Json::String(file.digest.clone()));
        }
        // Before it is there, like all that changes files: no record, no result.
        self.host.audit.append(&[Entry::Output {
            run: &self.id,
            step: &step.id,
            path: display_safe(&file.path, 400),
            bytes: file.bytes,
            digest: &file.digest,
            provenance: &provenance,
        }])?;
        self.folder.put(&file, &bytes)?;
        self.flows
            .leave(&self.folder.path().join(&file.path), &provenance);
        Ok(Done {
            value: to_value(&value),
            provenance,
            outputs: vec![path],
            ..Done::default()
        })
    }
}
