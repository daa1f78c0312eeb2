//! Templates of the skill's folder.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, Error, ErrorKind};

use super::engine::{self, Engine, ExprError};
use super::guard::guarded;
use super::includes::includes;
use super::refs::Refs;
use super::scope::Traced;
use crate::deep::on_deep_stack;

/// For one template: some million instructions, or 640 MB of data.
const TEMPLATE_FUEL: u64 = 10_000_000;

/// The longest file that a template may make.
const MAX_OUTPUT: usize = 32 * 1024 * 1024;

/// Reads a file of the skill, by its path in the skill's folder.
pub(crate) type Read = Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// The templates of a skill, for outputs of one kind.
pub(crate) struct Templates {
    environment: Environment<'static>,
}

/// Whether text that goes into a file of this name must have `<`, `&` and quotes escaped.
pub(crate) fn escapes(output: &str) -> bool {
    let name = output.to_ascii_lowercase();
    [".html", ".htm", ".xhtml", ".svg", ".xml"]
        .iter()
        .any(|end| name.ends_with(end))
}

impl Templates {
    /// Templates that `read` finds, for an output that is HTML or SVG, or is not.
    pub(crate) fn new(read: Read, escape: bool) -> Self {
        let mut environment = engine::environment(TEMPLATE_FUEL);
        environment.set_auto_escape_callback(move |_| {
            if escape {
                AutoEscape::Html
            } else {
                AutoEscape::None
            }
        });
        environment.set_loader(move |name| {
            let text =
                read(name).map_err(|message| Error::new(ErrorKind::TemplateNotFound, message))?;
            match guarded(&text) {
                Ok(guarded) => Ok(Some(guarded.into_owned())),
                Err(message) => Err(Error::new(ErrorKind::SyntaxError, message)),
            }
        });
        Self { environment }
    }

    /// Renders one.
    pub(crate) fn render(&self, name: &str, traced: &Traced) -> Result<Vec<u8>, ExprError> {
        on_deep_stack(|| self.render_here(name, traced))
            .unwrap_or_else(|message| Err(ExprError::new(name, message)))
    }

    fn render_here(&self, name: &str, traced: &Traced) -> Result<Vec<u8>, ExprError> {
        let mut out = Capped(Vec::new());
        self.environment
            .get_template(name)
            .and_then(|template| {
                template
                    .render_captured_to(traced.context(), &mut out)
                    .map(drop)
            })
            .map_err(|e| at(name, ExprError::jinja(name, &e)))?;
        Ok(out.0)
    }

    /// Parses one and all that it can be seen to include, and says what they refer to.
    pub(crate) fn refs(&self, engine: &Engine, name: &str) -> Result<Refs, ExprError> {
        on_deep_stack(|| self.refs_here(engine, name))
            .unwrap_or_else(|message| Err(ExprError::new(name, message)))
    }

    fn refs_here(&self, engine: &Engine, name: &str) -> Result<Refs, ExprError> {
        let mut refs = Refs::default();
        let mut seen = BTreeSet::new();
        let mut waiting = vec![(name.to_owned(), true)];
        while let Some((name, needed)) = waiting.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let template = match self.environment.get_template(&name) {
                Ok(template) => template,
                Err(e) if !needed && e.kind() == ErrorKind::TemplateNotFound => continue,
                Err(e) => return Err(at(&name, ExprError::jinja(&name, &e))),
            };
            let mut found = Refs::from_names(engine, template.undeclared_variables(true));
            if seen.len() > 1 {
                // It sees the names that its includer has set.
                found.unknown.clear();
            }
            refs.join(found);
            let includes = includes(template.source());
            refs.all_steps |= includes.computed;
            waiting.extend(includes.named.into_iter().map(|name| (name, true)));
            waiting.extend(includes.optional.into_iter().map(|name| (name, false)));
        }
        Ok(refs)
    }
}

fn at(name: &str, mut error: ExprError) -> ExprError {
    error.template.get_or_insert_with(|| name.to_owned());
    error
}

struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(std::io::Error::other(format!(
                "the output is longer than {MAX_OUTPUT} bytes"
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
