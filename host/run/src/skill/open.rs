//! Opens a skill: reads it, opens its components, asks what they are, checks it all.

use std::path::Path;
use std::sync::Arc;

use remit_package::{Component, Description, LOCK_FILE, Lock, Place, PluginUse, Skill};
use remit_policy::ErrorClass;
use tokio::sync::OnceCell;

use super::describe::{describe, needs_of};
use super::{Finding, OpenPlugin, OpenSkill, check, check_signers};
use crate::ceiling;
use crate::declared::Schemas;
use crate::error::RunError;
use crate::host::Host;

/// Opens the skill in a folder. What keeps a plugin from being opened is a finding, so that all of them are found.
pub(crate) async fn open(host: &Host, path: &Path) -> Result<OpenSkill, RunError> {
    let skill = Arc::new(Skill::open(path)?);
    let lock = Lock::read(&skill.folder)?;
    let mut findings = Vec::new();
    let mut plugins = Vec::new();
    for (alias, used) in &skill.manifest.plugins {
        let opened = match skill.component(alias, &host.store) {
            Ok(component) => open_plugin(host, alias, used, component).await,
            Err(error) => Err(error.into()),
        };
        match opened {
            Ok(plugin) => {
                findings.extend(pinned(lock.as_ref(), &plugin));
                plugins.push(plugin);
            }
            // Without an audit log nothing goes on at all.
            Err(error @ RunError::Audit(_)) => return Err(error),
            Err(error) => findings.push(from_error(alias, &used.place, &error)),
        }
    }
    for warning in &skill.doc.warnings {
        findings.push(Finding::warning(
            "text-odd",
            &warning.place,
            format!("hidden characters: {}", warning.what),
        ));
    }
    let schemas = Schemas::of(&skill, &mut findings);
    let mut open = OpenSkill {
        skill,
        plugins,
        schemas,
        findings,
    };
    open.findings.extend(check::check(&open, &host.policy));
    let beyond = ceiling::findings(host, &open.skill.manifest);
    open.findings.extend(beyond);
    open.findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.line.cmp(&b.line))
    });
    Ok(open)
}

async fn open_plugin(
    host: &Host,
    alias: &str,
    used: &PluginUse,
    component: Component,
) -> Result<OpenPlugin, RunError> {
    check_signers(host, &format!("the plugin {alias}"), &component)?;
    let prepared = OnceCell::new();
    let said = describe(
        &host.sandbox,
        &host.store,
        &host.audit,
        &component,
        &prepared,
    )
    .await?;
    let effects = used.effects.iter();
    let effects = effects.map(|(name, (effect, _))| (name.as_str(), *effect));
    let description = said.clone().with_effects(effects);
    let needs = needs_of(&description)?;
    Ok(OpenPlugin {
        alias: alias.to_owned(),
        used: used.clone(),
        component,
        said,
        description,
        needs,
        prepared,
    })
}

fn from_error(alias: &str, place: &Place, error: &RunError) -> Finding {
    let code = if matches!(error, RunError::Grant(_)) {
        "need-unreadable"
    } else {
        error.code()
    };
    let message = match error {
        RunError::Package(error) => error.message().to_owned(),
        // It names the plugin itself.
        RunError::Signer { .. } => error.to_string(),
        RunError::Grant(error) => format!("a need of the plugin {alias} cannot be read: {error}"),
        other => other.to_string(),
    };
    let class = match error.class() {
        class @ (ErrorClass::Integrity | ErrorClass::Failed | ErrorClass::Denied) => class,
        _ => ErrorClass::Usage,
    };
    let mut finding = Finding {
        class,
        ..Finding::error(code, place, format!("the plugin {alias}: {message}"))
    };
    finding.hint = error.hint();
    finding
}

/// What remit.lock says against a plugin.
fn pinned(lock: Option<&Lock>, plugin: &OpenPlugin) -> Option<Finding> {
    let lock = lock?;
    let place = Place::file(LOCK_FILE);
    let Some(locked) = lock.plugins.get(&plugin.alias) else {
        let message = format!("{LOCK_FILE} does not name the plugin {}", plugin.alias);
        return Some(Finding::warning("not-pinned", &plugin.used.place, message));
    };
    let reason = if locked.digest != plugin.component.digest {
        format!(
            "its digest is {}, and {} is pinned",
            plugin.component.digest, locked.digest
        )
    } else if !same(&locked.description, &plugin.said) {
        "it describes itself otherwise than when it was pinned".to_owned()
    } else {
        return None;
    };
    let error = RunError::Pinned {
        plugin: plugin.alias.clone(),
        reason,
    };
    let mut finding = Finding::error("pin-mismatch", &place, error.to_string());
    finding.class = ErrorClass::Integrity;
    finding.hint = error.hint();
    Some(finding)
}

fn same(a: &Description, b: &Description) -> bool {
    a == b
}
