//! What the author of a WIT wrote above its functions, where a tool kept it: the custom section `package-docs`.

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use wasmparser::{Parser, Payload};

const SECTION: &str = "package-docs";
/// The forms of the section that are read; each begins with a byte that says which it is.
const FORMS: &[u8] = &[0, 1];
/// Bytes of the section. All of WASI has some 100 KiB of prose.
const MAX_SECTION: usize = 1 << 20;

/// The section, as far as it is used. Foreign text: capped and made safe where it is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Docs {
    docs: Option<String>,
    worlds: BTreeMap<String, World>,
    interfaces: BTreeMap<String, Interface>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct World {
    docs: Option<String>,
    interfaces: BTreeMap<String, Interface>,
    interface_exports: BTreeMap<String, Interface>,
    funcs: BTreeMap<String, Function>,
    func_exports: BTreeMap<String, Function>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Interface {
    docs: Option<String>,
    funcs: BTreeMap<String, Function>,
}

/// A function's docs: alone, or beside what is said of its stability.
#[derive(Deserialize)]
#[serde(untagged)]
enum Function {
    Docs(String),
    More { docs: Option<String> },
    Other(IgnoredAny),
}

impl Function {
    fn text(&self) -> Option<&str> {
        match self {
            Function::Docs(docs) => Some(docs),
            Function::More { docs } => docs.as_deref(),
            Function::Other(_) => None,
        }
    }
}

impl Docs {
    /// Those of a component; none where it has none, or where they cannot be read: they are only prose.
    pub(super) fn of(bytes: &[u8]) -> Docs {
        let mut depth = 0usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload {
                Ok(Payload::Version { .. }) => depth += 1,
                Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
                Ok(Payload::CustomSection(section)) if depth == 1 && section.name() == SECTION => {
                    return read(section.data()).unwrap_or_default();
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        Docs::default()
    }

    /// Of the package, else of its only world.
    pub(super) fn of_component(&self) -> Option<&str> {
        let world = self.worlds.values().find_map(|world| world.docs.as_deref());
        self.docs.as_deref().or(world)
    }

    /// Of a function that the component exports; `interface` is the interface's own name, without its package.
    pub(super) fn of_function(&self, interface: Option<&str>, name: &str) -> Option<&str> {
        let found = match interface {
            Some(interface) => {
                let inline = self.worlds.values().flat_map(|world| {
                    let maps = [&world.interface_exports, &world.interfaces];
                    maps.into_iter().filter_map(|map| map.get(interface))
                });
                self.interfaces
                    .get(interface)
                    .into_iter()
                    .chain(inline)
                    .find_map(|interface| interface.funcs.get(name))
            }
            None => self
                .worlds
                .values()
                .find_map(|world| (world.func_exports.get(name)).or_else(|| world.funcs.get(name))),
        };
        found.and_then(Function::text)
    }

    /// Of an interface that the component exports.
    pub(super) fn of_interface(&self, interface: &str) -> Option<&str> {
        self.interfaces.get(interface)?.docs.as_deref()
    }
}

fn read(data: &[u8]) -> Option<Docs> {
    let (form, json) = data.split_first()?;
    if !FORMS.contains(form) || json.len() > MAX_SECTION {
        return None;
    }
    serde_json::from_slice(json).ok()
}
