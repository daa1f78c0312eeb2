//! The plugins of a run, each with its authority bound to the run's inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use remit_package::{RunDir, StepKind};
use remit_policy::Authority;
use serde_json::{Map, Value};

use crate::callee::{Callee, Rights};
use crate::error::RunError;
use crate::host::Host;
use crate::inputs;
use crate::mounts::{self, Roots};
use crate::skill::{OpenPlugin, OpenSkill};

/// Which operations are made ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Those that steps call.
    Steps,
    /// All that the skill lists.
    Listed,
}

/// The plugins that are called, ready.
pub(crate) struct Ready(BTreeMap<String, Arc<Callee>>);

/// What a plugin of the skill may do with these inputs.
pub(crate) fn authority(
    host: &Host,
    plugin: &OpenPlugin,
    inputs: &Map<String, Value>,
) -> Result<Authority, RunError> {
    let grants = plugin.used.grants.bind(&inputs::as_texts(inputs))?;
    let limits = plugin.used.limits.resolve(&host.policy);
    Ok(Authority::new(
        grants,
        plugin.needs.clone(),
        &host.policy,
        limits,
    ))
}

/// The same for all of them, by their names.
pub(crate) fn authorities(
    host: &Host,
    open: &OpenSkill,
    inputs: &Map<String, Value>,
) -> Result<BTreeMap<String, Authority>, RunError> {
    open.plugins
        .iter()
        .map(|plugin| Ok((plugin.alias.clone(), authority(host, plugin, inputs)?)))
        .collect()
}

impl Ready {
    /// Compiles what is called, and resolves what is mounted.
    pub(crate) async fn new(
        host: &Host,
        open: &OpenSkill,
        mut authorities: BTreeMap<String, Authority>,
        run: &RunDir,
        wanted: Wanted,
    ) -> Result<Self, RunError> {
        let mut called: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for step in &open.skill.manifest.steps {
            if let StepKind::Call {
                plugin, operation, ..
            } = &step.kind
            {
                called.entry(plugin).or_default().insert(operation);
            }
        }
        if wanted == Wanted::Listed {
            for plugin in &open.plugins {
                for operation in &plugin.used.operations {
                    called.entry(&plugin.alias).or_default().insert(operation);
                }
            }
        }
        let mut ready = BTreeMap::new();
        for (alias, operations) in called {
            let plugin = open
                .plugin(alias)
                .ok_or_else(|| RunError::Internal(format!("the plugin {alias} was not opened")))?;
            let authority = authorities.remove(alias).ok_or_else(|| {
                RunError::Internal(format!("the plugin {alias} has no authority"))
            })?;
            let prepared = plugin
                .prepared
                .get_or_try_init(|| {
                    host.sandbox
                        .prepare(&plugin.component.bytes, plugin.component.digest.as_bytes())
                })
                .await?;
            let roots = Roots {
                skill: open.folder(),
                run: Some(run),
                dirs: &host.dirs,
            };
            let mounts = mounts::resolve(&authority, &roots)?;
            let callee = Callee::new(
                alias,
                prepared.clone(),
                &plugin.component,
                &plugin.description,
                Rights {
                    authority,
                    mounts,
                    listed: Some(plugin.used.operations.clone()),
                    effect: plugin.used.effect.min(host.policy.max_effect),
                },
                |operation| operations.contains(operation),
            )?;
            ready.insert(alias.to_owned(), Arc::new(callee));
        }
        Ok(Self(ready))
    }

    pub(crate) fn callees(&self) -> impl Iterator<Item = &Arc<Callee>> {
        self.0.values()
    }

    pub(crate) fn callee(&self, alias: &str) -> Result<&Arc<Callee>, RunError> {
        self.0
            .get(alias)
            .ok_or_else(|| RunError::Internal(format!("the plugin {alias} is not ready")))
    }
}
