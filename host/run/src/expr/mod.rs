//! Expressions and templates: minijinja, strict, with a limit on work, and with a note of what each value came from.
//!
//! Undefined is an error. Fuel bounds time and memory of one evaluation. Nothing is loaded but templates of the
//! skill's own folder. What the skill can refer to: `inputs`, `steps.ID` (a call's output, a list of them for a
//! `for_each`, none where the step was skipped), `item` and `index` in a `for_each`, and `run`.

mod bars;
mod chart;
mod dates;
mod engine;
mod guard;
mod includes;
mod lines;
mod markdown;
mod refs;
mod scope;
mod tags;
mod template;
mod text;
mod value;
mod words;

pub(crate) use engine::{Engine, ExprError};
pub(crate) use refs::Refs;
pub(crate) use scope::{Scope, Traced};
pub(crate) use template::{Read, Templates, escapes};
pub(crate) use text::Text;
pub(crate) use value::to_value;

#[cfg(test)]
mod tests;
