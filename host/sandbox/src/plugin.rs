//! A component that is ready to be called.

use crate::SandboxError;
use crate::bindings::PluginPre;
use crate::engine::PLACE;
use crate::plain::Plain;
use crate::shape::CONNECTOR;
use crate::state::State;
use remit_policy::{Effect, display_safe};
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

/// A component that was compiled (or loaded) and linked. Cheap to clone; the clones share the code.
#[derive(Clone)]
pub struct Plugin(pub(crate) Arc<Prepared>);

/// What [`Plugin`] shares.
pub(crate) struct Prepared {
    pub(crate) digest: [u8; 32],
    pub(crate) kind: Kind,
    /// How many of the concurrent calls' places one call of it takes.
    pub(crate) places: u32,
}

/// By what a component is called.
pub(crate) enum Kind {
    /// It exports the interface that plugins export.
    Connector(PluginPre<State>),
    /// It exports functions of its own.
    Plain(Plain),
}

impl Prepared {
    pub(crate) fn link(
        linker: &Linker<State>,
        component: &Component,
        digest: [u8; 32],
    ) -> Result<Prepared, SandboxError> {
        let places = places(component);
        let unfit = |error: wasmtime::Error| {
            SandboxError::Interface(display_safe(&format!("{error:#}"), 500))
        };
        let pre = linker.instantiate_pre(component).map_err(unfit)?;
        let kind = if component.get_export_index(None, CONNECTOR).is_some() {
            Kind::Connector(PluginPre::new(pre).map_err(unfit)?)
        } else if Plain::has_functions(linker.engine(), component) {
            Kind::Plain(Plain(pre))
        } else {
            return Err(SandboxError::NotAPlugin);
        };
        Ok(Prepared {
            digest,
            kind,
            places,
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        match &self.kind {
            Kind::Connector(pre) => pre.engine(),
            Kind::Plain(plain) => plain.0.engine(),
        }
    }
}

fn places(component: &Component) -> u32 {
    match component.resources_required() {
        Some(needed) => {
            let memories = needed.num_memories.div_ceil(PLACE.memories);
            let tables = needed.num_tables.div_ceil(PLACE.tables);
            memories.max(tables).max(1)
        }
        // It imports core modules, which nothing here provides: it will not link.
        None => 1,
    }
}

impl Plugin {
    /// The SHA-256 that it was prepared under.
    pub fn digest(&self) -> &[u8; 32] {
        &self.0.digest
    }

    /// Whether it exports functions of its own, and not the interface that plugins export. A [`Call`](crate::Call) of it
    /// names a function as it is exported: `name`, or `package:of/interface@1.0.0#name`.
    pub fn is_plain(&self) -> bool {
        matches!(self.0.kind, Kind::Plain(_))
    }

    /// What is wrong with an input of a plain component's function, with the place where it is; none if the function
    /// takes it, and none for every input of a connector, which has a schema instead.
    pub fn misfit(&self, function: &str, input: &serde_json::Value) -> Option<String> {
        match &self.0.kind {
            Kind::Connector(_) => None,
            Kind::Plain(plain) => plain.misfit(function, input),
        }
    }

    /// Whether both share one piece of compiled code.
    pub fn is_same(&self, other: &Plugin) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").finish_non_exhaustive()
    }
}

/// What a plugin says about itself, as it says it: foreign text, unchecked, capped only by the output limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawDescription {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub summary: String,
    /// Its operations.
    pub operations: Vec<RawOperation>,
    /// What it asks for.
    pub needs: Vec<RawNeed>,
}

/// An operation, as the plugin describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawOperation {
    /// Its name.
    pub name: String,
    /// What it does.
    pub summary: String,
    /// A JSON Schema, as text.
    pub input_schema: String,
    /// A JSON Schema, as text.
    pub output_schema: String,
    /// What it does to the world.
    pub effect: Effect,
    /// Whether calling it twice is as calling it once.
    pub idempotent: bool,
}

/// A need, as the plugin states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawNeed {
    /// The compact form of a grant.
    pub grant: String,
    /// Why.
    pub reason: String,
}

impl crate::run::Measured for RawDescription {
    fn bytes(&self) -> usize {
        let operations = self.operations.iter().map(|operation| {
            operation.name.len()
                + operation.summary.len()
                + operation.input_schema.len()
                + operation.output_schema.len()
        });
        let needs = self
            .needs
            .iter()
            .map(|need| need.grant.len() + need.reason.len());
        self.name.len()
            + self.version.len()
            + self.summary.len()
            + operations.chain(needs).sum::<usize>()
    }
}

impl From<crate::bindings::remit::connector::types::Description> for RawDescription {
    fn from(said: crate::bindings::remit::connector::types::Description) -> RawDescription {
        use crate::bindings::remit::connector::types::Effect as Said;
        RawDescription {
            name: said.name,
            version: said.version,
            summary: said.summary,
            operations: said
                .operations
                .into_iter()
                .map(|operation| RawOperation {
                    name: operation.name,
                    summary: operation.summary,
                    input_schema: operation.input_schema,
                    output_schema: operation.output_schema,
                    effect: match operation.effect {
                        Said::Read => Effect::Read,
                        Said::Write => Effect::Write,
                        Said::Destructive => Effect::Destructive,
                    },
                    idempotent: operation.idempotent,
                })
                .collect(),
            needs: said
                .needs
                .into_iter()
                .map(|need| RawNeed {
                    grant: need.grant,
                    reason: need.reason,
                })
                .collect(),
        }
    }
}
