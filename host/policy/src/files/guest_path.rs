//! Where a plugin sees a folder.

use std::collections::BTreeMap;
use std::fmt;

use super::host_path::is_at_or_below;
use super::name::check_grant_name;
use crate::words::{Word, quote};
use crate::{ConfigRef, GrantError, Layer};

/// An absolute path in the plugin's eyes: `/data`. In needs it may be a placeholder or `*` (any).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuestPath {
    text: String,
    config: Option<ConfigRef>,
}

impl GuestPath {
    /// Reads a mount of a grant.
    ///
    /// # Errors
    /// If it is not absolute, or not in canonical form.
    pub fn new(text: &str) -> Result<Self, GrantError> {
        let below = text.strip_prefix('/').ok_or_else(|| {
            GrantError::syntax(text, "where the plugin sees it is written from `/`")
        })?;
        for name in below.split('/').filter(|_| !below.is_empty()) {
            check_grant_name(text, name)?;
        }
        Ok(Self {
            text: text.to_owned(),
            config: None,
        })
    }

    pub(crate) fn parse(layer: Layer, word: &Word) -> Result<Self, GrantError> {
        if word.is_star() && layer != Layer::Grant {
            return Ok(Self {
                text: "*".to_owned(),
                config: None,
            });
        }
        if layer == Layer::Need
            && let Some((config, rest)) = ConfigRef::parse_prefix(&word.text)?
        {
            if !rest.is_empty() {
                return Err(GrantError::placeholder(
                    &word.text,
                    "nothing follows it in a mount",
                ));
            }
            if let Some(default) = &config.default {
                Self::new(default)?;
            }
            return Ok(Self {
                text: word.text.clone(),
                config: Some(config),
            });
        }
        Self::new(&word.text)
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The placeholder that it is, in a need that is not bound yet.
    pub fn placeholder(&self) -> Option<&ConfigRef> {
        self.config.as_ref()
    }

    /// Whether `path` is this path or lies below it, by whole names: `/data` does not contain `/database`.
    pub fn contains(&self, path: &str) -> bool {
        if self.config.is_some() {
            return false;
        }
        self.text == "*" || (path.starts_with('/') && is_at_or_below(&self.text, path))
    }

    pub(crate) fn bind_config(
        &self,
        config: &BTreeMap<String, String>,
    ) -> Result<Self, GrantError> {
        match self.config.as_ref().and_then(|place| place.value(config)) {
            Some(value) => Self::new(value),
            None => Ok(self.clone()),
        }
    }

    /// As one word of a compact form.
    pub(crate) fn word(&self) -> String {
        match self.text.as_str() {
            "*" => "*".to_owned(),
            text => quote(text),
        }
    }
}

impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
