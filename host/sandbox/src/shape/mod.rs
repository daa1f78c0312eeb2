//! What a component is, found without compiling it: whether it is one, what it imports and exports by name, and
//! whether it is of a size that is compiled.

mod expansion;
mod work;

use self::expansion::Expansion;
use self::work::Work;
use crate::SandboxError;
use crate::engine::MAX_PER_COMPONENT;
use crate::link::{PROVIDED, WASI};
use remit_policy::display_safe;
use wasmparser::{
    ComponentExternalKind, Encoding, Parser, Payload, ValidPayload, Validator, WasmFeatures,
};

/// The largest component. A Python plugin has some 20 to 40 MiB.
pub(crate) const MAX_COMPONENT: usize = 128 << 20;

/// What a plugin exports.
pub(crate) const CONNECTOR: &str = "remit:connector/connector@0.1.0";

/// Refuses what is not a component, what imports something unknown (naming it), what is no plugin, and what is too
/// large; all before any of it is compiled.
pub(crate) fn check(bytes: &[u8]) -> Result<(), SandboxError> {
    if bytes.len() > MAX_COMPONENT {
        return Err(SandboxError::TooLarge(format!(
            "it has {} MiB, and at most {} MiB are compiled",
            bytes.len() >> 20,
            MAX_COMPONENT >> 20
        )));
    }
    check_header(bytes)?;
    let mut depth = 0_usize;
    let mut expansion = Expansion::default();
    let mut work = Work::default();
    // Of every feature there is: which of them are run is the engine's to say.
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    // Whether what it exports are functions is seen by their types, once it is compiled.
    let mut exports_something = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        expansion.read(&payload, MAX_PER_COMPONENT.into())?;
        match &payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section.clone() {
                    check_import(import.map_err(invalid)?.name.name)?;
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section.clone() {
                    let kind = export.map_err(invalid)?.kind;
                    exports_something |= matches!(
                        kind,
                        ComponentExternalKind::Instance | ComponentExternalKind::Func
                    );
                }
            }
            Payload::CodeSectionStart { count, .. } => work.functions(*count)?,
            _ => {}
        }
        if let ValidPayload::Func(function, body) = validator.payload(&payload).map_err(invalid)? {
            work.function(function, &body)?;
        }
    }
    if exports_something {
        Ok(())
    } else {
        Err(SandboxError::NotAPlugin)
    }
}

/// What the parser, the validator or the compiler says; they have no types for it.
pub(crate) fn invalid(error: impl std::fmt::Display) -> SandboxError {
    let text = display_safe(&error.to_string(), 500);
    match text.contains("exceeds the configured maximum") || text.contains("exceeds limit of") {
        true => SandboxError::TooLarge(text),
        false => SandboxError::Invalid(text),
    }
}

/// Names what people put in a component's place by mistake, or on purpose.
fn check_header(bytes: &[u8]) -> Result<(), SandboxError> {
    let what = if bytes.starts_with(b"\x7fELF") {
        "it is machine code (ELF, as in compiled .cwasm files), which is never loaded"
    } else if bytes.is_empty() {
        "it is empty"
    } else if bytes.starts_with(b"(component") || bytes.starts_with(b"(module") {
        "it is WebAssembly text; turn it into a binary first"
    } else if !bytes.starts_with(b"\0asm") {
        "it does not begin as WebAssembly does"
    } else {
        match Parser::new(0).parse_all(bytes).next() {
            Some(Ok(Payload::Version {
                encoding: Encoding::Component,
                ..
            })) => return Ok(()),
            Some(Ok(Payload::Version { .. })) => "it is a core module",
            _ => "its WebAssembly version is unknown",
        }
    };
    Err(SandboxError::NotAComponent(what.to_owned()))
}

fn check_import(name: &str) -> Result<(), SandboxError> {
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    let Some((_, provided)) = PROVIDED.iter().find(|(known, _)| *known == interface) else {
        return Err(SandboxError::UnknownImport {
            name: display_safe(name, 200),
        });
    };
    let fits = if *provided == WASI {
        // Within 0.2 the interfaces only grow, and the linker checks each function that is used.
        version
            .strip_prefix("0.2.")
            .is_some_and(|patch| patch.parse::<u32>().is_ok())
    } else {
        version == *provided
    };
    if fits {
        Ok(())
    } else {
        Err(SandboxError::ImportVersion {
            name: display_safe(name, 200),
            provided: (*provided).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
