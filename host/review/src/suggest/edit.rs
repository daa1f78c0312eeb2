//! Edits of skill.toml that leave all else in it as it is written, comments too.

use remit_policy::{Effect, Grant};
use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use crate::error::ReviewError;

/// One edit of a plugin's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) plugin: String,
    pub(super) at: At,
    pub(super) does: Does,
}

/// Where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    /// The plugin's own table.
    Plugin,
    /// Its table of limits.
    Limits,
    /// One of `[[plugins.NAME.http]]` or `.files`.
    Table(&'static str, usize),
    /// One of `grants = [...]`.
    Compact(usize),
    /// A key of `config`.
    Config(String),
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    /// Takes it away.
    Remove,
    /// Leaves only these texts in an array, in place of others where it says so; makes the array if it is not there.
    Keep(&'static str, Vec<(String, Vec<String>)>),
    /// Sets a key to a text.
    Text(&'static str, String),
    /// Sets a key to a number.
    Number(&'static str, i64),
    /// Takes a key away.
    Drop(&'static str),
    /// Writes a grant in the compact form.
    Grant(Box<Grant>),
}

impl Does {
    pub(super) fn effect(effect: Effect) -> Self {
        match effect {
            // What holds where nothing is said.
            Effect::Read => Self::Drop("effect"),
            other => Self::Text("effect", other.to_string()),
        }
    }
}

/// The text with all edits made.
pub(super) fn apply(text: &str, edits: &[Edit]) -> Result<String, ReviewError> {
    if edits.is_empty() {
        return Ok(text.to_owned());
    }
    let mut document: DocumentMut = (text.parse())
        .map_err(|error: toml_edit::TomlError| ReviewError::Internal(error.message().to_owned()))?;
    // Those that take something away last, and from the end, so that the numbers of the others hold.
    let (mut removals, others): (Vec<&Edit>, Vec<&Edit>) =
        edits.iter().partition(|edit| edit.does == Does::Remove);
    removals.sort_by(|a, b| b.at.cmp(&a.at));
    for edit in others.into_iter().chain(removals) {
        let done = plugin(&mut document, &edit.plugin).and_then(|plugin| one(plugin, edit));
        if done.is_none() {
            let what = format!(
                "{:?} of {} is not to be found in skill.toml",
                edit.at, edit.plugin
            );
            return Err(ReviewError::Internal(what));
        }
    }
    let after = document.to_string();
    // The editor writes line feeds only.
    let crlf = text.matches("\r\n").count();
    Ok(match crlf > 0 && crlf == text.matches('\n').count() {
        true => after.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => after,
    })
}

fn plugin<'a>(document: &'a mut DocumentMut, alias: &str) -> Option<&'a mut dyn TableLike> {
    let plugins = document.get_mut("plugins")?.as_table_like_mut()?;
    plugins.get_mut(alias)?.as_table_like_mut()
}

fn one(plugin: &mut dyn TableLike, edit: &Edit) -> Option<()> {
    match (&edit.at, &edit.does) {
        (At::Plugin, does) => change(plugin, does),
        (At::Limits, does) => {
            if plugin.get("limits").is_none() {
                plugin.insert("limits", Item::Table(toml_edit::Table::new()));
            }
            change(plugin.get_mut("limits")?.as_table_like_mut()?, does)
        }
        (At::Table(kind, index), Does::Remove) => {
            let empty = match plugin.get_mut(kind)? {
                Item::ArrayOfTables(tables) => {
                    tables.get(*index)?;
                    tables.remove(*index);
                    tables.is_empty()
                }
                Item::Value(Value::Array(array)) => take(array, *index)?,
                _ => return None,
            };
            if empty {
                plugin.remove(kind)?;
            }
            Some(())
        }
        (At::Table(kind, index), does) => match plugin.get_mut(kind)? {
            Item::ArrayOfTables(tables) => change(tables.get_mut(*index)?, does),
            Item::Value(Value::Array(array)) => {
                change(array.get_mut(*index)?.as_inline_table_mut()?, does)
            }
            _ => None,
        },
        (At::Compact(index), does) => {
            let array = plugin.get_mut("grants")?.as_array_mut()?;
            match does {
                Does::Remove => {
                    if take(array, *index)? {
                        plugin.remove("grants")?;
                    }
                }
                Does::Grant(grant) => {
                    array.get(*index)?;
                    array.replace(*index, grant.to_string());
                }
                _ => return None,
            }
            Some(())
        }
        (At::Config(key), Does::Remove) => {
            let config = plugin.get_mut("config")?.as_table_like_mut()?;
            config.remove(key)?;
            if config.is_empty() {
                plugin.remove("config")?;
            }
            Some(())
        }
        (At::Config(_), _) => None,
    }
}

fn change(table: &mut dyn TableLike, does: &Does) -> Option<()> {
    match does {
        Does::Text(key, text) => set(table, key, Value::from(text.as_str())),
        Does::Number(key, number) => set(table, key, Value::from(*number)),
        Does::Drop(key) => {
            table.remove(key)?;
        }
        Does::Keep(key, texts) => match table.get_mut(key) {
            Some(item) => keep(item.as_array_mut()?, texts),
            None => {
                let all = texts.iter().flat_map(|(_, texts)| texts);
                set(table, key, Value::Array(all.cloned().collect()));
            }
        },
        Does::Remove | Does::Grant(_) => return None,
    }
    Some(())
}

/// Sets a value, with the space and the comment that stand around it.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// Each text of an array becomes those that are to stand in its place, or none.
fn keep(array: &mut Array, texts: &[(String, Vec<String>)]) {
    let mut index = 0;
    while let Some(text) = array.get(index).and_then(Value::as_str) {
        let new = texts
            .iter()
            .find(|(old, _)| old == text)
            .map(|(_, new)| new);
        let Some((first, more)) = new.and_then(|new| new.split_first()) else {
            take(array, index);
            continue;
        };
        if text != first {
            array.replace(index, first.as_str());
        }
        let prefix = array
            .get(index)
            .and_then(|value| value.decor().prefix()?.as_str().map(str::to_owned));
        for text in more {
            index += 1;
            let before = match prefix
                .as_deref()
                .and_then(|prefix| prefix.rsplit_once('\n'))
            {
                Some((_, indent)) => format!("\n{indent}"),
                None => " ".to_owned(),
            };
            array.insert_formatted(index, Value::from(text.as_str()).decorated(before, ""));
        }
        index += 1;
    }
}

/// Takes an element out; whether none is left. A comment that stands above it or behind it goes with it; one behind the
/// element before it, which the editor counts to this one, stays.
fn take(array: &mut Array, index: usize) -> Option<bool> {
    array.get(index)?;
    let removed = array.remove(index);
    let before = removed
        .decor()
        .prefix()
        .and_then(|it| it.as_str())
        .unwrap_or_default();
    let line_end = before.find('\n').and_then(|at| before.get(..at));
    let joined = |after: &str| match (after.find('\n').and_then(|at| after.get(at..)), line_end) {
        (Some(lines), line_end) => format!("{}{lines}", line_end.unwrap_or_default()),
        (None, _) => before.to_owned(),
    };
    if let Some(next) = array.get_mut(index) {
        let own = next
            .decor()
            .prefix()
            .and_then(|it| it.as_str())
            .unwrap_or_default();
        let new = joined(own);
        next.decor_mut().set_prefix(new);
    } else if let Some(new) = array
        .trailing()
        .as_str()
        .filter(|own| own.contains('\n'))
        .map(joined)
    {
        array.set_trailing(new);
    }
    Some(array.is_empty())
}
