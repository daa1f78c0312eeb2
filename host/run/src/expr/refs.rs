//! What an expression can be seen to refer to without evaluating it: for `check` and `plan`.

use std::collections::BTreeSet;

use super::engine::Engine;
use super::text::Text;
use serde_json::Value as Json;

/// The names that an expression refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refs {
    /// `steps.ID`
    pub(crate) steps: BTreeSet<String>,
    /// `steps.ID.FIELD`
    pub(crate) fields: BTreeSet<(String, String)>,
    /// `inputs.NAME`
    pub(crate) inputs: BTreeSet<String>,
    /// Perhaps all steps: `steps` itself is used, or `steps[…]`, or a template whose name is computed.
    pub(crate) all_steps: bool,
    /// `item` or `index`.
    pub(crate) item: bool,
    /// Names at the top that are none of ours.
    pub(crate) unknown: BTreeSet<String>,
}

impl Refs {
    pub(crate) fn join(&mut self, other: Refs) {
        self.steps.extend(other.steps);
        self.fields.extend(other.fields);
        self.inputs.extend(other.inputs);
        self.unknown.extend(other.unknown);
        self.all_steps |= other.all_steps;
        self.item |= other.item;
    }

    /// From the dotted names that minijinja finds.
    pub(super) fn from_names(engine: &Engine, names: impl IntoIterator<Item = String>) -> Self {
        let mut refs = Refs::default();
        for name in names {
            let mut parts = name.split('.');
            match (parts.next().unwrap_or_default(), parts.next()) {
                ("steps", Some(id)) => {
                    refs.steps.insert(id.to_owned());
                    if let Some(field) = parts.next() {
                        refs.fields.insert((id.to_owned(), field.to_owned()));
                    }
                }
                ("steps", None) => refs.all_steps = true,
                ("inputs", Some(input)) => {
                    refs.inputs.insert(input.to_owned());
                }
                ("item" | "index", _) => refs.item = true,
                ("inputs" | "run", _) => {}
                (other, _)
                    if engine
                        .environment()
                        .globals()
                        .any(|(global, _)| global == other) => {}
                (other, _) => {
                    refs.unknown.insert(other.to_owned());
                }
            }
        }
        refs
    }
}

impl Engine {
    /// What an expression refers to; nothing if it does not parse.
    pub(crate) fn refs(&self, expression: &str) -> Refs {
        self.with_expression(expression, |compiled| {
            Ok(Refs::from_names(self, compiled.undeclared_variables(true)))
        })
        .unwrap_or_default()
    }

    /// What a string of skill.toml refers to.
    pub(crate) fn text_refs(&self, text: &str) -> Refs {
        match Text::of(self, text) {
            Text::Literal(_) => Refs::default(),
            Text::Whole(expression) => self.refs(expression),
            Text::Mixed(text) => self
                .with_text(text, |template| {
                    Ok(Refs::from_names(self, template.undeclared_variables(true)))
                })
                .unwrap_or_default(),
        }
    }

    /// What all strings in a JSON value refer to.
    pub(crate) fn json_refs(&self, value: &Json) -> Refs {
        let mut refs = Refs::default();
        match value {
            Json::String(text) => refs.join(self.text_refs(text)),
            Json::Array(items) => items
                .iter()
                .for_each(|item| refs.join(self.json_refs(item))),
            Json::Object(fields) => fields
                .values()
                .for_each(|value| refs.join(self.json_refs(value))),
            _ => {}
        }
        refs
    }
}
