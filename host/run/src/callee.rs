//! A plugin, ready to be called in one run or call: with its authority, its mounts and its schemas.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use remit_package::{Component, Description, Digest, Operation};
use remit_policy::{Access, Authority, Denial, DenialCode, Effect, operation_allowed};
use remit_sandbox::{Mount, Plugin};
use serde_json::Value;

use crate::error::RunError;
use crate::schema::Schema;

/// A plugin, ready to be called.
pub(crate) struct Callee {
    /// Its name in the skill.
    pub(crate) alias: String,
    pub(crate) plugin: Plugin,
    pub(crate) authority: Arc<Authority>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) plugin_digest: String,
    pub(crate) grants_digest: String,
    /// The operations that may be called; all if none.
    listed: Option<Vec<String>>,
    effect: Effect,
    operations: BTreeMap<String, Callable>,
}

/// An operation with its schemas.
pub(crate) struct Callable {
    pub(crate) operation: Operation,
    pub(crate) input: Schema,
    pub(crate) output: Schema,
}

/// What a plugin may do, as a caller found it out.
pub(crate) struct Rights {
    pub(crate) authority: Authority,
    pub(crate) mounts: Vec<Mount>,
    /// The operations that may be called; all if none.
    pub(crate) listed: Option<Vec<String>>,
    /// The largest effect.
    pub(crate) effect: Effect,
}

impl Callee {
    /// `wanted` are the operations whose schemas are made.
    pub(crate) fn new(
        alias: &str,
        plugin: Plugin,
        component: &Component,
        description: &Description,
        rights: Rights,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self, RunError> {
        let mut operations = BTreeMap::new();
        for operation in description.operations.iter().filter(|op| wanted(&op.name)) {
            let what = format!("{alias}.{}", operation.name);
            let callable = Callable {
                input: Schema::new(
                    &format!("the input schema of {what}"),
                    &operation.input_schema,
                )?,
                output: Schema::new(
                    &format!("the output schema of {what}"),
                    &operation.output_schema,
                )?,
                operation: operation.clone(),
            };
            operations.insert(operation.name.clone(), callable);
        }
        Ok(Self {
            alias: alias.to_owned(),
            plugin,
            plugin_digest: component.digest.to_string(),
            grants_digest: Digest::of(rights.authority.canonical().as_bytes()).to_string(),
            authority: Arc::new(rights.authority),
            mounts: rights.mounts,
            listed: rights.listed,
            effect: rights.effect,
            operations,
        })
    }

    /// The folders of the host that it is given, each with whether it may write there.
    pub(crate) fn folders(&self) -> impl Iterator<Item = (&Path, bool)> {
        let granted = self.authority.mounts().into_iter();
        granted
            .zip(&self.mounts)
            .map(|((_, grant), mount)| (mount.host.as_path(), grant.access == Access::Write))
    }

    pub(crate) fn what(&self, operation: &str) -> String {
        format!("{}.{operation}", self.alias)
    }

    /// The input's schema and the output's.
    pub(crate) fn schemas(&self, operation: &str) -> Option<(&Schema, &Schema)> {
        let found = self.operations.get(operation)?;
        Some((&found.input, &found.output))
    }

    /// The name that the sandbox calls the operation by: of a plain component, that of its function.
    pub(crate) fn callable_name<'a>(&'a self, operation: &'a str) -> &'a str {
        let found = self.operations.get(operation);
        found
            .and_then(|callable| callable.operation.function.as_deref())
            .unwrap_or(operation)
    }

    /// What does not fit the input of an operation; nothing for one that there is not.
    pub(crate) fn misfit_of(&self, operation: &str, input: &Value) -> Option<String> {
        self.input_misfit(self.operations.get(operation)?, input)
    }

    /// What does not fit the operation's input, and where. The function of a plain component says so itself, by its
    /// types, which names the place exactly.
    pub(crate) fn input_misfit(&self, callable: &Callable, input: &Value) -> Option<String> {
        match &callable.operation.function {
            Some(function) if self.plugin.is_plain() => self.plugin.misfit(function, input),
            _ => callable.input.check(input).err(),
        }
    }

    /// The operation, if it may be called at all.
    pub(crate) fn allowed(&self, operation: &str) -> Result<&Callable, RunError> {
        let denied = |denial: Denial| RunError::Denied {
            what: self.what(operation),
            denial: Box::new(denial),
        };
        // Listed first: what a plugin has is nobody's business who may not call it.
        if self
            .listed
            .as_ref()
            .is_some_and(|listed| !listed.iter().any(|name| name == operation))
        {
            let reason = "the skill does not list it";
            return Err(denied(Denial::new(
                DenialCode::OperationNotListed,
                operation,
                reason,
            )));
        }
        let callable =
            self.operations
                .get(operation)
                .ok_or_else(|| RunError::OperationUnknown {
                    plugin: self.alias.clone(),
                    operation: remit_policy::display_safe(operation, 80),
                    known: self.operations.keys().cloned().collect(),
                })?;
        operation_allowed(
            self.listed.as_deref(),
            operation,
            callable.operation.effect,
            self.effect,
        )
        .map_err(denied)?;
        Ok(callable)
    }
}
