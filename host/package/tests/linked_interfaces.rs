//! The list of what the host links is the list in wit/.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write;
use std::path::Path;

use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

/// In wit/ for those who build against it, and not linked: the host calls these, or they are not released.
const NOT_LINKED: &[&str] = &[
    "wasi:cli/run",
    "wasi:clocks/timezone",
    "wasi:http/incoming-handler",
    "remit:connector/connector",
];

#[test]
fn the_linked_interfaces_are_those_of_the_wit() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut resolve = Resolve::default();
    resolve.push_dir(here.join("../../wit")).unwrap();
    let mut lines = Vec::new();
    for (_, interface) in resolve.interfaces.iter() {
        let (Some(name), Some(package)) = (&interface.name, interface.package) else {
            continue;
        };
        let package = &resolve.packages[package].name;
        let plain = format!("{}:{}/{name}", package.namespace, package.name);
        if NOT_LINKED.contains(&plain.as_str()) {
            continue;
        }
        let mut line = format!("{plain}@{}", package.version.as_ref().unwrap());
        let resources = interface
            .types
            .iter()
            .filter(|(_, id)| is_resource(&resolve, **id));
        let mut items: Vec<_> = resources.map(|(name, _)| name.clone()).collect();
        items.extend(interface.functions.keys().cloned());
        items.sort();
        for item in items {
            write!(line, " {item}").unwrap();
        }
        lines.push(line);
    }
    lines.sort();
    let made = lines.join("\n") + "\n";
    let path = here.join("src/inspect/linked.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        made,
        "run it again with UPDATE=1, and look at the difference"
    );
}

/// A resource, or another name for one: `type trailers = fields`, `use poll.{pollable}`.
fn is_resource(resolve: &Resolve, id: TypeId) -> bool {
    match resolve.types[id].kind {
        TypeDefKind::Resource => true,
        TypeDefKind::Type(Type::Id(other)) => is_resource(resolve, other),
        _ => false,
    }
}
