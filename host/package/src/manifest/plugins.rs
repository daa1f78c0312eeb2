//! `[plugins.NAME]`: which component, and all that it may do.

use indexmap::IndexMap;
use remit_policy::{
    ConfigGrant, Effect, FilesTable, Grant, GrantError, Grants, HttpTable, Layer, LimitsTable,
    display_safe,
};

use super::names::{Names, check, plain_name};
use super::table::{Item, Table};
use super::{ComponentRef, Input, PluginUse};
use crate::codes::Code;
use crate::error::PackageError;
use crate::place::Place;
use crate::text::closest;

/// A skill is one procedure, not a distribution.
const MAX_PLUGINS: usize = 32;
/// More than a person could review.
const MAX_GRANTS: usize = 128;
/// Characters of a reference: a registry's longest name and a digest are half of it.
const MAX_REFERENCE: usize = 1024;
/// As many as a description may have.
const MAX_OPERATIONS: usize = 256;

const KEYS: &[&str] = &[
    "component",
    "operations",
    "effect",
    "effects",
    "config",
    "files",
    "http",
    "grants",
    "limits",
];

pub(super) fn read(
    root: &Table<'_>,
    inputs: &IndexMap<String, Input>,
) -> Result<IndexMap<String, PluginUse>, PackageError> {
    let mut plugins = IndexMap::new();
    let mut names = Names::default();
    let common = limits(root)?;
    let common_place = root.get("limits").map(|item| item.place());
    let Some(item) = root.get("plugins") else {
        return Ok(plugins);
    };
    let items = item.table()?.items();
    if items.len() > MAX_PLUGINS {
        let message = format!(
            "there are {} plugins, and {MAX_PLUGINS} is the most",
            items.len()
        );
        return Err(item.error(Code::ManifestTooLarge, message));
    }
    for item in items {
        check(&item, "plugin", item.key, plain_name)?;
        names.take(&item, "plugin", item.key)?;
        let mut used = plugin(&item, common, inputs)?;
        if item.table()?.get("limits").is_none() {
            used.limits_place = common_place.clone().unwrap_or(used.limits_place);
        }
        plugins.insert(item.key.to_owned(), used);
    }
    Ok(plugins)
}

fn plugin(
    item: &Item<'_>,
    common: LimitsTable,
    inputs: &IndexMap<String, Input>,
) -> Result<PluginUse, PackageError> {
    let table = item.table()?;
    table.only(KEYS)?;
    let (grants, grant_places): (Vec<_>, Vec<_>) = grants(&table, inputs)?.into_iter().unzip();
    let own = limits(&table)?;
    let place_of = |key| {
        table
            .get(key)
            .map_or_else(|| item.place(), |item| item.place())
    };
    Ok(PluginUse {
        limits_place: place_of("limits"),
        effect_place: place_of("effect"),
        component: component(&table.need("component")?)?,
        operations: operations(&table)?,
        effect: effect(&table)?,
        effects: effects(&table)?,
        grants: Grants::new(grants).map_err(|error| refused(&item.place(), &error))?,
        grant_places,
        limits: LimitsTable {
            memory: own.memory.or(common.memory),
            time: own.time.or(common.time),
            output: own.output.or(common.output),
            log: own.log.or(common.log),
            requests: own.requests.or(common.requests),
        },
        place: item.place(),
    })
}

fn limits(table: &Table<'_>) -> Result<LimitsTable, PackageError> {
    let Some(item) = table.get("limits") else {
        return Ok(LimitsTable::default());
    };
    let limits: LimitsTable = item.read(Code::ManifestValue)?;
    match limits.check() {
        Ok(()) => Ok(limits),
        Err(error) => Err(item.error(Code::ManifestValue, error.to_string())),
    }
}

fn component(item: &Item<'_>) -> Result<ComponentRef, PackageError> {
    let text = item.prose()?;
    if text.starts_with("sha256:") {
        let digest = text.parse().map_err(|error: PackageError| {
            item.error(Code::ManifestValue, error.message().to_owned())
                .hinted("a digest is `sha256:` and 64 lower-case hex digits")
        })?;
        return Ok(ComponentRef::Digest(digest));
    }
    if text.contains("://") {
        return reference(item, text);
    }
    Ok(ComponentRef::Path(text.to_owned()))
}

/// Its exact grammar is remit-registry's; here is what any reference keeps to, so that it can be shown and compared.
fn reference(item: &Item<'_>, text: &str) -> Result<ComponentRef, PackageError> {
    let known = [
        "https://",
        "oci://",
        "oci+http://",
        // Of this machine alone, for whoever tries something out.
        "http://127.0.0.1",
        "http://localhost",
        "http://[::1]",
    ];
    let plain = text.len() <= MAX_REFERENCE && text.bytes().all(|b| matches!(b, b'!'..=b'~'));
    if plain && known.iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(ComponentRef::Reference(text.to_owned()));
    }
    let message = "a component is a path, a digest, or a reference of printable ASCII that begins with `oci://` or `https://`";
    Err(item
        .error(Code::ManifestValue, message)
        .hinted("for example \"oci://registry.example.org/mail:1.2.0\""))
}

fn operations(table: &Table<'_>) -> Result<Vec<String>, PackageError> {
    let Some(item) = table.get("operations") else {
        return Ok(Vec::new());
    };
    let mut names = Names::default();
    let mut operations = Vec::new();
    for item in item.array(MAX_OPERATIONS)? {
        let name = item.str()?;
        check(&item, "operation", name, plain_name)?;
        names.take(&item, "operation", name)?;
        operations.push(name.to_owned());
    }
    Ok(operations)
}

fn effect(table: &Table<'_>) -> Result<Effect, PackageError> {
    table
        .get("effect")
        .map_or(Ok(Effect::Read), |item| parsed(&item))
}

/// What the skill says of operations whose plugin does not say it.
fn effects(table: &Table<'_>) -> Result<IndexMap<String, (Effect, Place)>, PackageError> {
    let mut effects = IndexMap::new();
    let Some(item) = table.get("effects") else {
        return Ok(effects);
    };
    let mut names = Names::default();
    let items = item.table()?.items();
    if items.len() > MAX_OPERATIONS {
        let message = format!(
            "there are {}, and {MAX_OPERATIONS} is the most",
            items.len()
        );
        return Err(item.error(Code::ManifestTooLarge, message));
    }
    for item in items {
        check(&item, "operation", item.key, plain_name)?;
        names.take(&item, "operation", item.key)?;
        effects.insert(item.key.to_owned(), (parsed(&item)?, item.place()));
    }
    Ok(effects)
}

pub(super) fn parsed(item: &Item<'_>) -> Result<Effect, PackageError> {
    item.str()?.parse().map_err(|_: GrantError| {
        item.error(
            Code::ManifestValue,
            format!("`{}` takes `read`, `write` or `destructive`", item.key),
        )
    })
}

/// All grants in the order written, whichever form they are written in.
fn grants(
    table: &Table<'_>,
    inputs: &IndexMap<String, Input>,
) -> Result<Vec<(Grant, Place)>, PackageError> {
    let mut found = Vec::new();
    for item in table.items() {
        match item.key {
            "config" => {
                for value in item.table()?.items() {
                    let grant = ConfigGrant::new(value.key, value.str()?);
                    let grant = grant.map_err(|error| refused(&value.place(), &error))?;
                    found.push((Grant::Config(grant), value.place()));
                }
            }
            "files" => {
                for files in item.array(MAX_GRANTS)? {
                    let grant = files.read::<FilesTable>(Code::ManifestGrant)?.grant();
                    let grant = grant.map_err(|error| refused(&files.place(), &error))?;
                    found.push((grant, files.place()));
                }
            }
            "http" => {
                for http in item.array(MAX_GRANTS)? {
                    let grants = http.read::<HttpTable>(Code::ManifestGrant)?.grants();
                    let grants = grants.map_err(|error| refused(&http.place(), &error))?;
                    found.extend(grants.into_iter().map(|grant| (grant, http.place())));
                }
            }
            "grants" => {
                for compact in item.array(MAX_GRANTS)? {
                    let grant = Grant::parse(Layer::Grant, compact.str()?);
                    let grant = grant.map_err(|error| refused(&compact.place(), &error))?;
                    found.push((grant, compact.place()));
                }
            }
            _ => {}
        }
    }
    if found.len() > MAX_GRANTS {
        let message = format!(
            "{} holds {} grants, and {MAX_GRANTS} is the most",
            table.label(),
            found.len()
        );
        return Err(table.error(Code::ManifestTooLarge, message));
    }
    for (grant, place) in &found {
        declared(grant, place, inputs)?;
    }
    Ok(found)
}

/// Fails where a grant holds `{inputs.NAME}` and the skill has no such input.
fn declared(
    grant: &Grant,
    place: &Place,
    inputs: &IndexMap<String, Input>,
) -> Result<(), PackageError> {
    let alone = Grants::new(vec![grant.clone()]).map_err(|error| refused(place, &error))?;
    for name in alone.inputs() {
        if !inputs.contains_key(&name) {
            let known: Vec<_> = inputs.keys().map(String::as_str).collect();
            let hint = match closest(&name, &known) {
                Some(meant) => format!("did you mean `{{inputs.{meant}}}`?"),
                None => format!("declare it as [inputs.{name}]"),
            };
            let name = display_safe(&name, 60);
            return Err(PackageError::new(
                Code::ManifestReference,
                format!("the grant `{grant}` refers to the input `{name}`, which is not declared"),
            )
            .at(place.clone())
            .hinted(hint));
        }
    }
    Ok(())
}

pub(super) fn refused(place: &Place, error: &GrantError) -> PackageError {
    let made = PackageError::new(Code::ManifestGrant, error.to_string()).at(place.clone());
    match error.hint() {
        Some(hint) => made.hinted(hint),
        None => made,
    }
}
