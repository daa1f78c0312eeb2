//! Configured values: `config KEY=VALUE`.

use std::collections::BTreeMap;
use std::fmt;

use crate::placeholder::{INPUT, KEY_RULE, input_names, is_key, substitute};
use crate::words::{Word, quote};
use crate::{GrantError, Layer, is_display_safe};

/// One configured value that the plugin may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigGrant {
    /// The key; `*` (any) in policy only.
    pub key: String,
    /// The value.
    pub value: ConfigValue,
}

/// The value of a [`ConfigGrant`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigValue {
    /// This very text. In a grant it may hold `{inputs.NAME}`.
    Exact(String),
    /// `*`: any value. In needs and policy only.
    Any,
}

/// As much as a header field or a path may be; a configuration is not a file.
const MAX_VALUE: usize = 4096;

impl ConfigGrant {
    /// A grant of `value` under `key`, for the TOML form.
    ///
    /// # Errors
    /// If the key is not letters, digits, `-`, `_` and `.`, or the value holds characters that cannot be seen.
    pub fn new(key: &str, value: &str) -> Result<Self, GrantError> {
        if !is_key(key) {
            return Err(GrantError::syntax(key, KEY_RULE));
        }
        check_value(value)?;
        input_names(value)?;
        Ok(Self {
            key: key.to_owned(),
            value: ConfigValue::Exact(value.to_owned()),
        })
    }

    pub(crate) fn parse(layer: Layer, words: &[Word]) -> Result<Self, GrantError> {
        let [word] = words else {
            let text = words.first().map_or("", |word| &word.text);
            return Err(GrantError::syntax(
                text,
                "it is written `config KEY=VALUE`, with quotes around a value that has spaces",
            ));
        };
        let (key, value) = word
            .text
            .split_once('=')
            .ok_or_else(|| GrantError::syntax(&word.text, "it is written `config KEY=VALUE`"))?;
        if value == "*" && !word.quoted {
            if layer == Layer::Grant {
                return Err(GrantError::wildcard(
                    &word.text,
                    "a grant gives one value; a literal star is written `\"*\"`",
                ));
            }
            let any_key = key == "*" && layer == Layer::Policy;
            if !is_key(key) && !any_key {
                return Err(GrantError::syntax(&word.text, KEY_RULE));
            }
            return Ok(Self {
                key: key.to_owned(),
                value: ConfigValue::Any,
            });
        }
        if layer != Layer::Grant && value.contains(INPUT) {
            return Err(GrantError::placeholder(value, "only a skill has inputs"));
        }
        Self::new(key, value)
    }

    pub(crate) fn bind(&self, inputs: &BTreeMap<String, String>) -> Result<Self, GrantError> {
        let ConfigValue::Exact(text) = &self.value else {
            return Ok(self.clone());
        };
        for name in input_names(text)? {
            let value = crate::placeholder::input(inputs, name)?;
            if value.contains(INPUT) {
                return Err(GrantError::value(value, "it holds a placeholder itself"));
            }
            check_value(value)?;
        }
        let bound = substitute(text, inputs)?;
        check_value(&bound)?;
        // Two values side by side must not make a placeholder that neither of them is.
        if bound.contains(INPUT) {
            return Err(GrantError::value(&bound, "it holds a placeholder"));
        }
        Ok(Self {
            key: self.key.clone(),
            value: ConfigValue::Exact(bound),
        })
    }

    /// The names of the inputs that stand in the value.
    pub(crate) fn inputs(&self) -> Vec<String> {
        match &self.value {
            ConfigValue::Exact(text) => input_names(text)
                .unwrap_or_default()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            ConfigValue::Any => Vec::new(),
        }
    }

    pub(crate) fn is_bound(&self) -> bool {
        match &self.value {
            ConfigValue::Exact(text) => !text.contains(INPUT),
            ConfigValue::Any => false,
        }
    }

    /// Whether this rule of a need or policy lets the value through.
    pub(crate) fn covers(&self, key: &str, value: &str) -> bool {
        (self.key == "*" || self.key == key)
            && match &self.value {
                ConfigValue::Any => true,
                ConfigValue::Exact(text) => text == value,
            }
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        (self.key == other.key || self.key == "*" || other.key == "*")
            && match (&self.value, &other.value) {
                (ConfigValue::Exact(a), ConfigValue::Exact(b)) => a == b,
                _ => true,
            }
    }
}

fn check_value(value: &str) -> Result<(), GrantError> {
    if value.len() > MAX_VALUE {
        return Err(GrantError::value(
            value,
            format!("it is longer than {MAX_VALUE} bytes"),
        ));
    }
    if !is_display_safe(value) {
        return Err(GrantError::value(
            value,
            "it holds characters that cannot be seen",
        ));
    }
    Ok(())
}

impl fmt::Display for ConfigGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            ConfigValue::Exact(text) => write!(f, "config {}={}", self.key, quote(text)),
            ConfigValue::Any => write!(f, "config {}=*", self.key),
        }
    }
}
