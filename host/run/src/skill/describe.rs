//! Has a plugin describe itself, once for each digest, with nothing granted.

use std::sync::Arc;

use remit_package::{
    Component, Description, Digest, EffectSource, Known, NeedText, Operation, Store, describe_plain,
};
use remit_policy::{Needs, display_safe};
use remit_sandbox::{Plugin, RawDescription, Sandbox};
use tokio::sync::OnceCell;

use crate::audit::{AuditLog, CallAudit, Entry};
use crate::error::RunError;
use crate::invoke::random_hex;

/// What the plugin says about itself: what it said before for these very bytes, or else what it says now. A plain
/// component says nothing; it is described from its bytes, without being run, which leaves nothing to record.
///
/// It is granted nothing; each thing that it tries all the same is a record, and the description is one after them. It
/// is neither kept nor handed on if any of them could not be written.
pub(crate) async fn describe(
    sandbox: &Sandbox,
    store: &Store,
    audit: &Arc<AuditLog>,
    component: &Component,
    prepared: &OnceCell<Plugin>,
) -> Result<Description, RunError> {
    if let Some(description) = store
        .known(&component.digest)
        .and_then(|known| known.description)
    {
        return Ok(description);
    }
    let description = if component.inspection.is_connector {
        let plugin = prepared
            .get_or_try_init(|| sandbox.prepare(&component.bytes, component.digest.as_bytes()))
            .await?;
        ask(sandbox, audit, plugin, &component.digest).await?
    } else {
        derive(component).await?
    };
    let known = Known {
        inspection: component.inspection.clone(),
        description: Some(description.clone()),
    };
    store.keep_known(&component.digest, &known)?;
    Ok(description)
}

/// Describes a plain component. Its bytes are validated for that, all of them: not on a thread that others wait for.
async fn derive(component: &Component) -> Result<Description, RunError> {
    let component = component.clone();
    tokio::task::spawn_blocking(move || describe_plain(&component))
        .await
        .map_err(|error| RunError::Internal(format!("a component was not described: {error}")))?
        .map_err(RunError::from)
}

/// Has the plugin describe itself, in a sandbox that is granted nothing, and records what it tried and what came of it.
pub(crate) async fn ask(
    sandbox: &Sandbox,
    audit: &Arc<AuditLog>,
    plugin: &Plugin,
    digest: &Digest,
) -> Result<Description, RunError> {
    let call_id = format!("{}-describe", random_hex::<8>()?);
    let recorder = Arc::new(CallAudit::new(Arc::clone(audit), call_id.clone()));
    let report = sandbox.describe(plugin, Arc::clone(&recorder) as _).await;
    let described = report
        .outcome
        .map_err(|source| RunError::Call {
            what: "describe".to_owned(),
            source,
        })
        .and_then(checked);
    recorder.finish(Entry::Described {
        call: &call_id,
        plugin_digest: digest.to_string(),
        outcome: described.as_ref().err().map_or("ok", RunError::code),
        allowed: report.decisions.allowed,
        denied: report.decisions.denied,
    })?;
    described
}

/// What a plugin said, read and checked.
fn checked(raw: RawDescription) -> Result<Description, RunError> {
    let schema = |operation: &str, side: &str, text: &str| {
        serde_json::from_str(text).map_err(|e| RunError::Schema {
            what: format!("the {side} schema of {}", display_safe(operation, 64)),
            message: e.to_string(),
        })
    };
    let operations = raw.operations.into_iter().map(|operation| {
        Ok(Operation {
            input_schema: schema(&operation.name, "input", &operation.input_schema)?,
            output_schema: schema(&operation.name, "output", &operation.output_schema)?,
            name: operation.name,
            summary: operation.summary,
            effect: operation.effect,
            effect_source: EffectSource::Plugin,
            idempotent: operation.idempotent,
            function: None,
        })
    });
    let description = Description {
        name: raw.name,
        version: raw.version,
        summary: raw.summary,
        operations: operations.collect::<Result<_, RunError>>()?,
        needs: raw
            .needs
            .into_iter()
            .map(|need| NeedText {
                grant: need.grant,
                reason: need.reason,
            })
            .collect(),
        left_out: Vec::new(),
    };
    description.check()?;
    Ok(description)
}

/// Its needs as policy reads them; none where it declares none and so says nothing.
pub(crate) fn needs_of(description: &Description) -> Result<Option<Needs>, RunError> {
    if description.needs.is_empty() {
        return Ok(None);
    }
    let pairs = description
        .needs
        .iter()
        .map(|need| (need.grant.as_str(), need.reason.as_str()));
    Ok(Some(Needs::parse(pairs)?))
}
