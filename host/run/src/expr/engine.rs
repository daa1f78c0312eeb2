//! The minijinja environment that everything is evaluated in.

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use remit_policy::display_safe;
use serde_json::Value as Json;

use super::scope::Traced;
use super::{chart, dates, markdown, value, words};

/// For one expression: some hundred thousand instructions, or 64 MB of data.
const EXPRESSION_FUEL: u64 = 1_000_000;

/// An expression or template that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExprError {
    /// What was evaluated, capped.
    pub(crate) expression: String,
    /// Why it failed, safe to print.
    pub(crate) message: String,
    /// The template in which it failed, where that is another one.
    pub(crate) template: Option<String>,
    /// The line, from 1, where known.
    pub(crate) line: Option<usize>,
}

impl ExprError {
    pub(crate) fn new(expression: &str, message: impl AsRef<str>) -> Self {
        Self {
            expression: display_safe(expression.trim(), 120),
            message: display_safe(message.as_ref(), 400),
            template: None,
            line: None,
        }
    }

    pub(super) fn jinja(expression: &str, error: &minijinja::Error) -> Self {
        let mut message = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self {
            template: error
                .name()
                .filter(|name| !name.starts_with('<'))
                .map(|name| display_safe(name, 120)),
            line: error.line(),
            ..Self::new(expression, message)
        }
    }
}

/// Evaluates the expressions of a skill.
pub(crate) struct Engine {
    environment: Environment<'static>,
}

/// An environment with the filters and functions that skills may use, strict, and with so much fuel.
pub(super) fn environment(fuel: u64) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(fuel));
    environment.set_recursion_limit(100);
    environment.set_syntax(
        minijinja::syntax::SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .build()
            .unwrap_or_default(),
    );
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    // Error messages with a source excerpt are for the author's terminal; ours stay one sentence.
    environment.set_debug(false);
    dates::add_to(&mut environment);
    words::add_to(&mut environment);
    markdown::add_to(&mut environment);
    chart::add_to(&mut environment);
    environment
}

impl Engine {
    pub(crate) fn new() -> Self {
        Self {
            environment: environment(EXPRESSION_FUEL),
        }
    }

    /// Whether it is an expression.
    pub(crate) fn check(&self, expression: &str) -> Result<(), ExprError> {
        self.environment
            .compile_expression_owned(expression.to_owned())
            .map(drop)
            .map_err(|e| ExprError::jinja(expression, &e))
    }

    /// Whether a text with expressions in it parses.
    pub(crate) fn check_mixed(&self, text: &str) -> Result<(), ExprError> {
        self.environment
            .template_from_named_str("<text>", text)
            .map(drop)
            .map_err(|e| ExprError::jinja(text, &e))
    }

    pub(super) fn environment(&self) -> &Environment<'static> {
        &self.environment
    }

    /// The value of an expression.
    pub(crate) fn value(&self, expression: &str, traced: &Traced) -> Result<Value, ExprError> {
        self.environment
            .compile_expression_owned(expression.to_owned())
            .and_then(|compiled| compiled.eval(traced.context()))
            .map_err(|e| ExprError::jinja(expression, &e))
    }

    /// The value of an expression as JSON.
    pub(crate) fn json(&self, expression: &str, traced: &Traced) -> Result<Json, ExprError> {
        value::to_json(&self.value(expression, traced)?)
            .map_err(|message| ExprError::new(expression, message))
    }

    /// Whether an expression is true.
    pub(crate) fn truth(&self, expression: &str, traced: &Traced) -> Result<bool, ExprError> {
        let value = self.value(expression, traced)?;
        if value.is_undefined() {
            return Err(ExprError::new(expression, "it is undefined"));
        }
        Ok(value.is_true())
    }

    /// A text with the expressions in it put in place.
    pub(crate) fn render(&self, text: &str, traced: &Traced) -> Result<String, ExprError> {
        self.environment
            .render_named_str("<text>", text, traced.context())
            .map_err(|e| ExprError::jinja(text, &e))
    }
}
