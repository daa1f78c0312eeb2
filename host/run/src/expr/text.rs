//! A string of skill.toml that may hold expressions.

use super::engine::{Engine, ExprError};
use super::scope::Traced;
use serde_json::Value as Json;

/// What a string of skill.toml is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text<'a> {
    /// Just text.
    Literal(&'a str),
    /// One whole `{{ … }}`: the value keeps its type.
    Whole(&'a str),
    /// Text with expressions in it: the value is text.
    Mixed(&'a str),
}

impl<'a> Text<'a> {
    /// Tells which it is. What does not parse is `Mixed` and fails when it is compiled.
    pub(crate) fn of(engine: &Engine, text: &'a str) -> Self {
        if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
            return Self::Literal(text);
        }
        let inner = text
            .trim()
            .strip_prefix("{{")
            .and_then(|t| t.strip_suffix("}}"));
        if let Some(inner) = inner {
            let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
            let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner);
            // `{{ a }} and {{ b }}` has the same ends, but its inside is no expression.
            if engine.check(inner).is_ok() {
                return Self::Whole(inner.trim());
            }
        }
        Self::Mixed(text)
    }

    /// The expression of a key that is an expression by itself (`when`, `for_each`, `check`), where the marks are
    /// allowed and not needed.
    pub(crate) fn expression(text: &'a str) -> &'a str {
        let text = text.trim();
        text.strip_prefix("{{")
            .and_then(|t| t.strip_suffix("}}"))
            .map_or(text, str::trim)
    }
}

impl Engine {
    /// Evaluates one string.
    pub(crate) fn text(&self, text: &str, traced: &Traced) -> Result<Json, ExprError> {
        match Text::of(self, text) {
            Text::Literal(text) => Ok(Json::String(text.to_owned())),
            Text::Whole(expression) => self.json(expression, traced),
            Text::Mixed(text) => self.render(text, traced).map(Json::String),
        }
    }

    /// Evaluates all strings in a JSON value; keys stay as they are.
    pub(crate) fn fill(&self, value: &Json, traced: &Traced) -> Result<Json, ExprError> {
        Ok(match value {
            Json::String(text) => self.text(text, traced)?,
            Json::Array(items) => Json::Array(
                items
                    .iter()
                    .map(|item| self.fill(item, traced))
                    .collect::<Result<_, _>>()?,
            ),
            Json::Object(fields) => Json::Object(
                fields
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.fill(value, traced)?)))
                    .collect::<Result<_, ExprError>>()?,
            ),
            other => other.clone(),
        })
    }
}
