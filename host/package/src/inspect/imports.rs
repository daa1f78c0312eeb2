//! What a component may import: what the host links, to the function.

use remit_policy::display_safe;
use semver::Version;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;

use crate::codes::Code;
use crate::error::PackageError;
use crate::text::closest;

/// Each interface that the host links, with its functions and resources, those included that it uses from others; made from wit/ and checked against it
/// by a test. Linked does not mean granted: without a grant each of them denies.
const LINKED: &str = include_str!("linked.txt");

/// One line of [`LINKED`].
struct Interface {
    name: &'static str,
    version: &'static str,
    items: &'static str,
}

fn linked() -> impl Iterator<Item = Interface> {
    LINKED.lines().filter_map(|line| {
        let (full, items) = line.split_once(' ').unwrap_or((line, ""));
        let (name, version) = full.split_once('@')?;
        Some(Interface {
            name,
            version,
            items,
        })
    })
}

/// Fails at the first import that the host does not have, by its name.
pub(super) fn check(names: &[String], types: &Types) -> Result<(), PackageError> {
    for name in names {
        let Some(item) = types.component_item_for_import(name) else {
            continue;
        };
        match item.ty {
            ComponentEntityType::Instance(id) => {
                let interface = interface(name)?;
                let Some(instance) = types.as_ref().get(id) else {
                    continue;
                };
                for (item, kind) in &instance.exports {
                    check_item(name, &interface, item, &kind.ty)?;
                }
            }
            ComponentEntityType::Func(_) => return Err(refused(name, "a function")),
            ComponentEntityType::Type { .. } => return Err(refused(name, "a type")),
            ComponentEntityType::Value(_) => return Err(refused(name, "a value")),
            ComponentEntityType::Module(_) => return Err(refused(name, "a core module")),
            ComponentEntityType::Component(_) => return Err(refused(name, "a component")),
        }
    }
    Ok(())
}

/// The host's interface of that name and a version that stands for the one asked.
fn interface(asked: &str) -> Result<Interface, PackageError> {
    let (name, version) = asked.split_once('@').unwrap_or((asked, ""));
    let Some(found) = linked().find(|interface| interface.name == name) else {
        let known: Vec<_> = linked().map(|interface| interface.name).collect();
        let error = refused(asked, "the interface");
        return Err(match closest(name, &known) {
            Some(meant) if meant != name => error.hinted(format!("the host has `{meant}`")),
            _ => error,
        });
    };
    if stands_for(found.version, version) {
        return Ok(found);
    }
    let shown = display_safe(asked, 200);
    let had = format!("`{name}@{}`", found.version);
    Err(PackageError::new(
        Code::ComponentImport,
        format!("the component imports `{shown}`, and this Remit has {had}"),
    )
    .hinted("build it against the version that Remit has, or an earlier one of the same line"))
}

/// Whether the host's version can be had where another is asked for: the same, or a later one of the same line
/// (the same first number that is not zero). What comes before a release is a line of its own.
fn stands_for(host: &str, asked: &str) -> bool {
    let (Ok(host), Ok(asked)) = (Version::parse(host), Version::parse(asked)) else {
        return false;
    };
    if host == asked {
        return true;
    }
    let line = |version: &Version| match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    };
    let released = host.pre.is_empty() && asked.pre.is_empty();
    released && line(&host) == line(&asked) && asked <= host
}

fn check_item(
    import: &str,
    interface: &Interface,
    item: &str,
    kind: &ComponentEntityType,
) -> Result<(), PackageError> {
    let has = |item: &str| interface.items.split(' ').any(|known| known == item);
    let known = match kind {
        // Plain types carry no authority; their shape is compared when it is linked.
        ComponentEntityType::Type { created, .. } => {
            !matches!(
                created,
                wasmparser::component_types::ComponentAnyTypeId::Resource(_)
            ) || has(item)
        }
        ComponentEntityType::Func(_) => has(item),
        _ => false,
    };
    if known {
        return Ok(());
    }
    let import = display_safe(import, 200);
    let item = display_safe(item, 120);
    Err(PackageError::new(
        Code::ComponentImport,
        format!("the component imports `{item}` of `{import}`, which Remit does not have"),
    ))
}

fn refused(name: &str, what: &str) -> PackageError {
    let name = display_safe(name, 200);
    PackageError::new(
        Code::ComponentImport,
        format!("the component imports {what} `{name}`, which Remit does not have"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_version_of_the_line_stands_for_an_earlier_one_and_not_the_reverse() {
        for (host, asked) in [
            ("0.2.12", "0.2.0"),
            ("0.2.12", "0.2.12"),
            ("0.2.0-rc.1", "0.2.0-rc.1"),
            ("1.4.0", "1.2.9"),
        ] {
            assert!(stands_for(host, asked), "{host} for {asked}");
        }
        for (host, asked) in [
            ("0.2.12", "0.2.13"),
            ("0.2.12", "0.3.0"),
            ("0.2.12", "0.1.0"),
            ("0.2.12", "0.2.0-rc.1"),
            ("0.2.0-rc.1", "0.2.0"),
            ("0.2.12", ""),
            ("0.2.12", "0.2"),
            ("1.4.0", "2.0.0"),
            ("0.2.12", "0.3.0-rc-2025-09-16"),
        ] {
            assert!(!stands_for(host, asked), "{host} for {asked}");
        }
    }
}
