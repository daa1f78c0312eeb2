//! Between the WIT's types and this crate's.

use crate::bindings::exports::remit::connector::connector as wit;
use crate::bindings::remit::connector::types;
use crate::{Effect, Fault, Plugin, log};

/// Answers the host's `describe`.
pub fn describe(plugin: &Plugin) -> wit::Description {
    wit::Description {
        name: plugin.name.clone(),
        version: plugin.version.clone(),
        summary: plugin.summary.clone(),
        operations: plugin
            .operations
            .iter()
            .map(|operation| types::Operation {
                name: operation.name.clone(),
                summary: operation.summary.clone(),
                input_schema: operation.input_schema(),
                output_schema: operation.output_schema(),
                effect: match operation.effect {
                    Effect::Read => types::Effect::Read,
                    Effect::Write => types::Effect::Write,
                    Effect::Destructive => types::Effect::Destructive,
                },
                idempotent: operation.idempotent,
            })
            .collect(),
        needs: plugin
            .needs
            .iter()
            .map(|(grant, reason)| types::Need {
                grant: grant.clone(),
                reason: reason.clone(),
            })
            .collect(),
    }
}

/// Answers the host's `invoke`.
pub fn invoke(plugin: &Plugin, operation: &str, input: &str) -> Result<String, wit::Fault> {
    // A panic ends the call as a trap; its words would be lost with it.
    std::panic::set_hook(Box::new(|panic| log::error(&panic.to_string())));
    plugin
        .invoke(operation, input)
        .map_err(|fault| match fault {
            Fault::InvalidInput(text) => wit::Fault::InvalidInput(text),
            Fault::Denied(text) => wit::Fault::Denied(text),
            Fault::NotFound(text) => wit::Fault::NotFound(text),
            Fault::Conflict(text) => wit::Fault::Conflict(text),
            Fault::Unavailable(text) => wit::Fault::Unavailable(text),
            Fault::Internal(text) => wit::Fault::Internal(text),
        })
}
