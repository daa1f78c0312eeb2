//! Placeholders: `{inputs.NAME}` in a skill's grants, `{config.KEY}` and `{config.KEY|DEFAULT}` in needs.

use std::collections::BTreeMap;
use std::fmt;

use crate::GrantError;

/// `{config.KEY}` or `{config.KEY|DEFAULT}`: the value that the skill configures under KEY.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigRef {
    /// The key of the configuration.
    pub key: String,
    /// What stands for it where the skill configures nothing under that key.
    pub default: Option<String>,
}

impl ConfigRef {
    /// Reads the placeholder that the text begins with; what follows it comes back too.
    pub(crate) fn parse_prefix(text: &str) -> Result<Option<(Self, &str)>, GrantError> {
        let Some(inner) = text.strip_prefix("{config.") else {
            return Ok(None);
        };
        let (inner, rest) = inner
            .split_once('}')
            .ok_or_else(|| GrantError::placeholder(text, "its `}` is missing"))?;
        let (key, default) = match inner.split_once('|') {
            Some((key, default)) => (key, Some(default)),
            None => (inner, None),
        };
        if !is_key(key) {
            return Err(GrantError::placeholder(text, KEY_RULE));
        }
        if default.is_some_and(|default| default.is_empty() || default.contains('{')) {
            return Err(GrantError::placeholder(
                text,
                "its default is empty or holds a `{`",
            ));
        }
        let this = Self {
            key: key.to_owned(),
            default: default.map(str::to_owned),
        };
        Ok(Some((this, rest)))
    }

    /// The configured value, or else the default.
    pub(crate) fn value<'a>(&'a self, config: &'a BTreeMap<String, String>) -> Option<&'a str> {
        config
            .get(&self.key)
            .or(self.default.as_ref())
            .map(String::as_str)
    }
}

impl fmt::Display for ConfigRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.default {
            Some(default) => write!(f, "{{config.{}|{default}}}", self.key),
            None => write!(f, "{{config.{}}}", self.key),
        }
    }
}

/// What a key of the configuration may be.
pub(crate) const KEY_RULE: &str =
    "a key is up to 64 letters, digits, `-`, `_` and `.`, and begins with a letter or digit";

/// Whether the text is a key: of the configuration, of an input, of a secret.
pub(crate) fn is_key(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// How an input's placeholder begins.
pub(crate) const INPUT: &str = "{inputs.";

/// The name, if the text is one whole `{inputs.NAME}`.
pub(crate) fn whole_input(text: &str) -> Option<&str> {
    let name = text.strip_prefix(INPUT)?.strip_suffix('}')?;
    is_key(name).then_some(name)
}

/// The names in the text's placeholders.
///
/// # Errors
/// If one of them is malformed.
pub(crate) fn input_names(text: &str) -> Result<Vec<&str>, GrantError> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(INPUT) {
        let (name, after) = after
            .split_once('}')
            .filter(|(name, _)| is_key(name))
            .ok_or_else(|| {
                GrantError::placeholder(text, "a placeholder is written `{inputs.NAME}`")
            })?;
        names.push(name);
        rest = after;
    }
    Ok(names)
}

/// The value of an input.
pub(crate) fn input<'a>(
    inputs: &'a BTreeMap<String, String>,
    name: &str,
) -> Result<&'a str, GrantError> {
    inputs.get(name).map(String::as_str).ok_or_else(|| {
        GrantError::placeholder(
            &format!("{INPUT}{name}}}"),
            "the run has no such input of a simple kind",
        )
    })
}

/// Puts the inputs in the place of their placeholders, as they are.
pub(crate) fn substitute(
    text: &str,
    inputs: &BTreeMap<String, String>,
) -> Result<String, GrantError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(INPUT) {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| GrantError::placeholder(text, "its `}` is missing"))?;
        out.push_str(before);
        out.push_str(input(inputs, name)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
