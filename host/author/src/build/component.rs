//! From a core module to a component that is a plugin.

use std::borrow::Cow;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::embedded::write_wit;
use crate::error::AuthorError;

/// The world that a plugin is built against.
const WORLD: &str = "plugin";

/// Makes a component of a core module.
pub(crate) fn encode(
    module: &[u8],
    world_embedded: bool,
    preview1: bool,
) -> Result<Vec<u8>, AuthorError> {
    let mut module = Cow::Borrowed(module);
    if !world_embedded {
        embed(module.to_mut())?;
    }
    let mut encoder = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .map_err(|error| mismatch(&format!("{error:#}")))?;
    if preview1 {
        encoder = encoder
            .adapter(
                WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
                WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
            )
            .map_err(|error| mismatch(&format!("{error:#}")))?;
    }
    encoder
        .encode()
        .map_err(|error| mismatch(&format!("{error:#}")))
}

/// Writes the world into a module that a compiler without component support made.
fn embed(module: &mut Vec<u8>) -> Result<(), AuthorError> {
    let folder = tempfile::tempdir().map_err(|error| AuthorError::io("wit".as_ref(), error))?;
    write_wit(folder.path())?;
    // It is our own WIT: that it cannot be read would be a bug, and is said all the same.
    let bug = |error: &dyn std::fmt::Display| AuthorError::World {
        why: format!("Remit's own WIT cannot be used: {error}"),
        hint: "this is a bug of Remit's own: report it".to_owned(),
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(folder.path())
        .map_err(|error| bug(&format!("{error:#}")))?;
    let world = resolve
        .select_world(&[package], Some(WORLD))
        .map_err(|error| bug(&format!("{error:#}")))?;
    embed_component_metadata(module, &resolve, world, StringEncoding::UTF8)
        .map_err(|error| bug(&format!("{error:#}")))
}

/// What wit-component says about a module that does not fit its world, in an author's words.
fn mismatch(said: &str) -> AuthorError {
    let why = remit_policy::display_safe(said, 600);
    let hint = if said.contains("export") {
        "a plugin exports `describe` and `invoke` of the interface remit:connector/connector: build it with the \
         language's helper library in remit-sdk/, which exports both"
    } else if said.contains("import") {
        "the module asks for something that no plugin can have: a library in it expects another system"
    } else {
        "compare the project with one that `remit new` makes"
    };
    AuthorError::World {
        why,
        hint: hint.to_owned(),
    }
}

/// The same component without names and debugging information, in each module and component inside of it too. What
/// says who made it stays.
///
/// # Errors
/// `world-mismatch` if the bytes are no WebAssembly.
pub(crate) fn stripped(bytes: &[u8]) -> Result<Vec<u8>, AuthorError> {
    use wasm_encoder::{ComponentSectionId, Encode, Section};
    use wasmparser::{Parser, Payload};

    let invalid = |error: wasmparser::BinaryReaderError| AuthorError::World {
        why: format!("the component cannot be read: {error}"),
        hint: "the tool that made it gave something else than a component".to_owned(),
    };
    let mut output = Vec::with_capacity(bytes.len());
    let mut open = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        match payload {
            Payload::Version { encoding, .. } => output.extend_from_slice(match encoding {
                wasmparser::Encoding::Component => &wasm_encoder::Component::HEADER,
                wasmparser::Encoding::Module => &wasm_encoder::Module::HEADER,
            }),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                open.push(std::mem::take(&mut output));
                continue;
            }
            Payload::End(_) => {
                let Some(mut outer) = open.pop() else { break };
                let id = if output.get(..8) == Some(wasm_encoder::Component::HEADER.as_slice()) {
                    ComponentSectionId::Component
                } else {
                    ComponentSectionId::CoreModule
                };
                outer.push(id as u8);
                output.encode(&mut outer);
                output = outer;
            }
            _ => {}
        }
        match &payload {
            Payload::CustomSection(section) if of_no_use(section.name()) => {}
            _ => {
                if let Some((id, range)) = payload.as_section() {
                    let data = bytes.get(range).unwrap_or_default();
                    wasm_encoder::RawSection { id, data }.append_to(&mut output);
                }
            }
        }
    }
    Ok(output)
}

fn of_no_use(section: &str) -> bool {
    section == "name"
        || section == "component-name"
        || section == "sourceMappingURL"
        || section == "external_debug_info"
        || section.starts_with(".debug")
        || section.starts_with("reloc.")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with what the world asks for, which does nothing.
    fn module(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap()
    }

    #[test]
    fn a_module_without_the_exports_is_told_what_a_plugin_exports() {
        let error = encode(&module("(module)"), false, false).unwrap_err();
        assert_eq!(error.code(), "world-mismatch");
        assert!(error.to_string().contains("describe"), "{error}");
        assert!(error.hint().unwrap().contains("invoke"));
    }

    #[test]
    fn names_and_debugging_information_go_and_the_rest_stays() {
        let text = r#"(component $outer
            (core module $named (func $inside (export "f")) (@custom ".debug_info" "x") (@custom "producers" "\00"))
            (component (core module (@custom "name" (after last) "\00\01\00"))))"#;
        let before = wat::parse_str(text).unwrap();
        let after = stripped(&before).unwrap();
        let holds = |needle: &[u8]| after.windows(needle.len()).any(|it| it == needle);
        assert!(!holds(b".debug_info") && !holds(b"inside") && !holds(b"outer"));
        assert!(holds(b"producers"));
        wasmparser::Validator::new().validate_all(&after).unwrap();
        assert_eq!(stripped(&after).unwrap(), after);
    }
}
