//! The minijinja environment that everything is evaluated in.

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use remit_policy::display_safe;
use serde_json::Value as Json;

use super::scope::Traced;
use super::{chart, dates, guard, markdown, value, words};
use crate::deep::on_deep_stack;

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
    guard::add_to(&mut environment);
    environment
}

/// A text so short, without statements, nests little enough for any stack.
const SHALLOW: usize = 256;

/// Does something with an expression or a text of skill.toml, where there is stack enough for it.
fn safely<T: Send>(
    text: &str,
    work: impl FnOnce() -> Result<T, ExprError> + Send,
) -> Result<T, ExprError> {
    if text.len() <= SHALLOW && !text.contains("{%") {
        return work();
    }
    on_deep_stack(work).unwrap_or_else(|message| Err(ExprError::new(text, message)))
}

impl Engine {
    pub(crate) fn new() -> Self {
        Self {
            environment: environment(EXPRESSION_FUEL),
        }
    }

    /// Whether it is an expression.
    pub(crate) fn check(&self, expression: &str) -> Result<(), ExprError> {
        self.with_expression(expression, |_| Ok(()))
    }

    /// Whether a text with expressions in it parses.
    pub(crate) fn check_mixed(&self, text: &str) -> Result<(), ExprError> {
        self.with_text(text, |_| Ok(()))
    }

    /// Does something with an expression.
    pub(super) fn with_expression<T: Send>(
        &self,
        expression: &str,
        work: impl FnOnce(minijinja::Expression<'_, '_>) -> Result<T, ExprError> + Send,
    ) -> Result<T, ExprError> {
        if expression.len() > guard::MAX_TAG {
            let message = format!("it is longer than {} bytes", guard::MAX_TAG);
            return Err(ExprError::new(expression, message));
        }
        safely(expression, || {
            let compiled = self.environment.compile_expression(expression);
            work(compiled.map_err(|e| ExprError::jinja(expression, &e))?)
        })
    }

    /// Does something with a text that has expressions in it.
    pub(super) fn with_text<T: Send>(
        &self,
        text: &str,
        work: impl FnOnce(minijinja::Template<'_, '_>) -> Result<T, ExprError> + Send,
    ) -> Result<T, ExprError> {
        let guarded = guard::guarded(text).map_err(|message| ExprError::new(text, message))?;
        safely(text, || {
            let compiled = self.environment.template_from_named_str("<text>", &guarded);
            work(compiled.map_err(|e| ExprError::jinja(text, &e))?)
        })
    }

    pub(super) fn environment(&self) -> &Environment<'static> {
        &self.environment
    }

    fn evaluated<T: Send>(
        &self,
        expression: &str,
        traced: &Traced,
        work: impl FnOnce(Value) -> Result<T, ExprError> + Send,
    ) -> Result<T, ExprError> {
        self.with_expression(expression, |compiled| {
            let value = compiled.eval(traced.context());
            work(value.map_err(|e| ExprError::jinja(expression, &e))?)
        })
    }

    /// The value of an expression as JSON.
    pub(crate) fn json(&self, expression: &str, traced: &Traced) -> Result<Json, ExprError> {
        self.evaluated(expression, traced, |value| {
            value::to_json(&value).map_err(|message| ExprError::new(expression, message))
        })
    }

    /// Whether an expression is true.
    pub(crate) fn truth(&self, expression: &str, traced: &Traced) -> Result<bool, ExprError> {
        self.evaluated(expression, traced, |value| {
            if value.is_undefined() {
                return Err(ExprError::new(expression, "it is undefined"));
            }
            Ok(value.is_true())
        })
    }

    /// A text with the expressions in it put in place.
    pub(crate) fn render(&self, text: &str, traced: &Traced) -> Result<String, ExprError> {
        self.with_text(text, |template| {
            template
                .render(traced.context())
                .map_err(|e| ExprError::jinja(text, &e))
        })
    }
}
