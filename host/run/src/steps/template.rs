//! A `template` step: a file of the run, from a template of the skill.

use std::collections::BTreeMap;

use remit_package::Step;
use remit_policy::display_safe;
use serde_json::{Value as Json, json};

use super::context::Context;
use super::each::Done;
use super::step::expression;
use super::{Run, Scope};
use crate::audit::Entry;
use crate::declared;
use crate::error::RunError;
use crate::expr::{Templates, escapes, to_value};
use crate::report::{OutputFile, Provenance};
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
        let templates = Templates::new(template_reader(&self.open.skill), escapes(&path));
        let bytes = templates.render(template, &traced).map_err(expression)?;
        provenance.join(&traced.used());
        let text = String::from_utf8_lossy(&bytes);
        let data = match path.ends_with(".json") {
            true => Some(serde_json::from_slice(&bytes).map_err(|e| {
                let path = display_safe(&path, 120);
                RunError::Template {
                    template: display_safe(template, 120),
                    line: None,
                    message: format!("what it makes for {path} is not JSON: {e}"),
                }
            })?),
            false => None,
        };
        declared::check(self.open, step, &text)?;
        let content = Content {
            path,
            bytes: &bytes,
            data,
        };
        self.keep(step, content, provenance).map(|(done, _)| done)
    }
}

/// What an output of a step is to hold.
pub(crate) struct Content<'a> {
    pub(crate) path: String,
    pub(crate) bytes: &'a [u8],
    /// The same as a value, where it is one.
    pub(crate) data: Option<Json>,
}

impl Context {
    /// Records an output and writes it. The step's result is `path`, `bytes`, `digest`, and `data` where there is some.
    pub(crate) fn keep(
        &self,
        step: &Step,
        content: Content<'_>,
        provenance: Provenance,
    ) -> Result<(Done, OutputFile), RunError> {
        let Content { path, bytes, data } = content;
        let file = (self.folder).claim(&step.id, &path, bytes, provenance.clone())?;
        let mut value = json!({"path": path, "bytes": bytes.len()});
        if let Some(fields) = value.as_object_mut() {
            if let Some(data) = data {
                fields.insert("data".to_owned(), data);
            }
            fields.insert("digest".to_owned(), Json::String(file.digest.clone()));
        }
        // Before it is there, like all that changes files: no record, no result.
        self.audit.append(&[Entry::Output {
            run: &self.id,
            step: &step.id,
            path: display_safe(&file.path, 400),
            bytes: file.bytes,
            digest: &file.digest,
            provenance: &provenance,
        }])?;
        self.folder.put(&file, bytes)?;
        self.flows
            .leave(&self.folder.path().join(&file.path), &provenance);
        let done = Done {
            value: to_value(&value),
            provenance,
            outputs: vec![path],
            ..Done::default()
        };
        Ok((done, file))
    }
}
