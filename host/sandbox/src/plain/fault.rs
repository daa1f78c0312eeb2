//! The error case of a function's result is a fault of the plugin, as a connector has it.

use super::output::Writer;
use remit_policy::{Fault, FaultKind};
use wasmtime::component::Val;
use wasmtime::component::types::Type;

/// What a fault's text is cut to: as for connectors.
const MAX_FAULT: usize = 4096;

const KINDS: [FaultKind; 6] = [
    FaultKind::InvalidInput,
    FaultKind::Denied,
    FaultKind::NotFound,
    FaultKind::Conflict,
    FaultKind::Unavailable,
    FaultKind::Internal,
];

/// The fault that an error is. A case of a fault's name says its kind; what else there is is internal.
pub(super) fn of(ty: Option<&Type>, error: Option<&Val>) -> Fault {
    let Some(error) = error else {
        return Fault {
            kind: FaultKind::Internal,
            message: "it says only that it failed".to_owned(),
        };
    };
    if let (Some(Type::Variant(variant)), Val::Variant(name, Some(payload))) = (ty, error)
        && let Some(kind) = kind(name)
    {
        let case = variant.cases().find(|case| case.name == name.as_str());
        let message = text(case.and_then(|case| case.ty).as_ref(), payload);
        return Fault { kind, message };
    }
    match error {
        Val::Variant(name, None) | Val::Enum(name) => Fault {
            kind: kind(name).unwrap_or(FaultKind::Internal),
            message: cut(name),
        },
        other => Fault {
            kind: FaultKind::Internal,
            message: text(ty, other),
        },
    }
}

fn kind(case: &str) -> Option<FaultKind> {
    KINDS.into_iter().find(|kind| kind.as_str() == case)
}

fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_FAULT))
        .unwrap_or_default()
        .to_owned()
}

/// A string as it is, all else as JSON, as much of it as there is room for.
fn text(ty: Option<&Type>, value: &Val) -> String {
    if let Val::String(text) = value {
        return cut(text);
    }
    let mut writer = Writer::new(MAX_FAULT);
    // What finds no room is cut off.
    let _ = writer.payload(ty, Some(value));
    writer.begun()
}
