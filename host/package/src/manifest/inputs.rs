//! `[inputs.NAME]`: what a skill may be told.

use indexmap::IndexMap;

use super::names::{Names, check, identifier};
use super::table::Table;
use super::{Input, schema};
use crate::codes::Code;
use crate::error::PackageError;

/// More than a person would fill in.
const MAX_INPUTS: usize = 64;

pub(super) fn read(root: &Table<'_>) -> Result<IndexMap<String, Input>, PackageError> {
    let mut inputs = IndexMap::new();
    let mut names = Names::default();
    let Some(item) = root.get("inputs") else {
        return Ok(inputs);
    };
    let items = item.table()?.items();
    if items.len() > MAX_INPUTS {
        let message = format!(
            "there are {} inputs, and {MAX_INPUTS} is the most",
            items.len()
        );
        return Err(item.error(Code::ManifestTooLarge, message));
    }
    for item in items {
        check(&item, "input", item.key, identifier)?;
        names.take(&item, "input", item.key)?;
        let table = item.table()?;
        schema::check(&table)?;
        // Without any of these the form that asks a person is a guess.
        let says = ["type", "enum", "const", "oneOf", "anyOf", "allOf"];
        if says.iter().all(|key| table.get(key).is_none()) {
            table.need("type")?;
        }
        inputs.insert(
            item.key.to_owned(),
            Input {
                schema: item.json()?,
                description: table.prose("description")?,
                default: table.get("default").map(|item| item.json()).transpose()?,
                place: item.place(),
            },
        );
    }
    Ok(inputs)
}
