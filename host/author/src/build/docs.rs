//! What the author of a plain component wrote above its functions, kept in it: the tools that make components leave it
//! out. It is read from the WIT in the project's folder `wit`.

use std::path::Path;

use serde_json::{Map, Value, json};
use wasm_encoder::{CustomSection, Section};
use wit_parser::{Docs, Interface, UnresolvedPackageGroup, WorldItem, WorldKey};

/// The section's name, and the form that follows it, as wit-parser's `PackageMetadata` reads and writes them.
const SECTION: &str = "package-docs";
const FORM: u8 = 1;

/// The section, to append to a component. Empty if there is no WIT, or nothing written in it: it is only prose.
pub(super) fn section(project: &Path) -> Vec<u8> {
    let Ok(group) = UnresolvedPackageGroup::parse_dir(project.join("wit")) else {
        return Vec::new();
    };
    let package = group.main;
    let mut interfaces = Map::new();
    for (_, interface) in package.interfaces.iter() {
        if let Some(name) = &interface.name {
            keep_interface(&mut interfaces, name, interface);
        }
    }
    let mut worlds = Map::new();
    for (_, world) in package.worlds.iter() {
        let mut functions = Map::new();
        for (key, item) in &world.exports {
            match (key, item) {
                (_, WorldItem::Function(function)) => {
                    keep(&mut functions, &function.name, &function.docs);
                }
                (WorldKey::Name(name), WorldItem::Interface { id, .. }) => {
                    if let Some(interface) = package.interfaces.get(*id) {
                        keep_interface(&mut interfaces, name, interface);
                    }
                }
                _ => {}
            }
        }
        let mut said = Map::new();
        keep(&mut said, "docs", &world.docs);
        if !functions.is_empty() {
            said.insert("func_exports".to_owned(), functions.into());
        }
        if !said.is_empty() {
            worlds.insert(world.name.clone(), said.into());
        }
    }
    let mut all = Map::new();
    keep(&mut all, "docs", &package.docs);
    for (key, map) in [("worlds", worlds), ("interfaces", interfaces)] {
        if !map.is_empty() {
            all.insert(key.to_owned(), map.into());
        }
    }
    if all.is_empty() {
        return Vec::new();
    }
    encoded(&all.into())
}

fn encoded(docs: &Value) -> Vec<u8> {
    let mut data = vec![FORM];
    data.extend_from_slice(docs.to_string().as_bytes());
    let mut bytes = Vec::new();
    let section = CustomSection {
        name: SECTION.into(),
        data: data.into(),
    };
    section.append_to(&mut bytes);
    bytes
}

fn keep_interface(interfaces: &mut Map<String, Value>, name: &str, interface: &Interface) {
    let mut functions = Map::new();
    for function in interface.functions.values() {
        keep(&mut functions, &function.name, &function.docs);
    }
    if interface.docs.contents.is_none() && functions.is_empty() {
        return;
    }
    let mut said = json!({"funcs": functions});
    if let Some(said) = said.as_object_mut() {
        keep(said, "docs", &interface.docs);
    }
    interfaces.insert(name.to_owned(), said);
}

fn keep(map: &mut Map<String, Value>, name: &str, docs: &Docs) {
    if let Some(text) = &docs.contents {
        map.insert(name.to_owned(), text.as_str().into());
    }
}
