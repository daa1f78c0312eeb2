//! The names that a skill.toml gives to things, and how two of them are told apart.

use remit_policy::display_safe;

use super::table::Item;
use crate::codes::Code;
use crate::error::PackageError;
use crate::text::{look, name_trick};

/// The longest name: it becomes part of file names, tool names and messages.
pub(crate) const MAX_NAME: usize = 64;

/// Letters, digits and `_`, so that `steps.NAME` and `inputs.NAME` are expressions.
pub(super) fn identifier(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Letters, digits, `-` and `_`, starting with a letter: plugins and operations.
pub(crate) fn plain_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Fails unless `name`, which stands at `item`, keeps the rule.
pub(super) fn check(
    item: &Item<'_>,
    what: &str,
    name: &str,
    rule: fn(&str) -> bool,
) -> Result<(), PackageError> {
    if rule(name) {
        return Ok(());
    }
    let shown = display_safe(name, 80);
    if !name.is_ascii()
        && let Some(trick) = name_trick(name)
    {
        let message = format!("the {what} `{shown}` is not what it looks like: {trick}");
        return Err(item.error(Code::TextHidden, message));
    }
    let article = if what.starts_with(['i', 'o']) {
        "an"
    } else {
        "a"
    };
    let also = if rule("a-b") {
        "letters, digits, `-` and `_`"
    } else {
        "letters, digits and `_`"
    };
    Err(item
        .error(
            Code::ManifestValue,
            format!("`{shown}` cannot be the name of {article} {what}"),
        )
        .hinted(format!(
            "a name is {also}, starts with a letter, and has at most {MAX_NAME} characters"
        )))
}

/// Names that were given already, by what they look like.
#[derive(Default)]
pub(super) struct Names(std::collections::HashMap<String, String>);

impl Names {
    /// Fails if a thing has that name already, or one that looks the same.
    pub fn take(&mut self, item: &Item<'_>, what: &str, name: &str) -> Result<(), PackageError> {
        let Some(first) = self.0.insert(look(name), name.to_owned()) else {
            return Ok(());
        };
        let message = if first == name {
            format!("there are two {what}s named `{name}`")
        } else {
            format!("the {what}s `{first}` and `{name}` look alike")
        };
        Err(item.error(Code::ManifestDuplicate, message))
    }
}
