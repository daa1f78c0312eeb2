//! One permission, in its compact form.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::split;
use crate::{Capability, ConfigGrant, FilesGrant, GrantError, HttpGrant, SecretGrant};

/// Which of the three layers a permission stands in: this decides which wildcards and placeholders it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// What a skill gives to a plugin. `*.example.org` and path wildcards; `{inputs.NAME}`.
    Grant,
    /// What a plugin says that it wants. All wildcards; `{config.KEY}`.
    Need,
    /// The operator's ceiling. All wildcards; no placeholders.
    Policy,
}

impl Layer {
    /// `grant`, `need` or `policy`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Need => "need",
            Self::Policy => "policy",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One permission. Its `Display` is the canonical compact form, and [`Grant::parse`] of that gives an equal value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Requests over http or https.
    Http(HttpGrant),
    /// A folder of the host, mounted for the plugin.
    Files(FilesGrant),
    /// One configured value.
    Config(ConfigGrant),
    /// A secret that the host adds to requests; the plugin never sees it.
    Secret(SecretGrant),
}

impl Grant {
    /// Reads the compact form, by the rules of the layer.
    ///
    /// # Errors
    /// Whatever is not in the grammar: nothing is repaired.
    pub fn parse(layer: Layer, text: &str) -> Result<Grant, GrantError> {
        let words = split(text)?;
        let Some((kind, rest)) = words.split_first() else {
            return Err(GrantError::syntax(text, "it is empty"));
        };
        match kind.text.as_str() {
            "http" => HttpGrant::parse(layer, rest).map(Self::Http),
            "files" => FilesGrant::parse(layer, rest).map(Self::Files),
            "config" => ConfigGrant::parse(layer, rest).map(Self::Config),
            "secret" => SecretGrant::parse(layer, rest).map(Self::Secret),
            _ => Err(GrantError::syntax(
                text,
                "it begins with `http`, `files`, `config` or `secret`",
            )),
        }
    }

    /// `http`, `files`, `config` or `secret`.
    pub fn capability(&self) -> &'static str {
        self.kind().as_str()
    }

    /// Which capability it is of.
    pub fn kind(&self) -> Capability {
        match self {
            Self::Http(_) => Capability::Http,
            Self::Files(_) => Capability::Files,
            Self::Config(_) => Capability::Config,
            Self::Secret(_) => Capability::Secret,
        }
    }

    /// Puts values in the place of `{inputs.NAME}`.
    ///
    /// # Errors
    /// If an input has no value, or one that could mean more than itself (dot segments, `//`, control characters).
    pub fn bind(&self, inputs: &BTreeMap<String, String>) -> Result<Grant, GrantError> {
        match self {
            Self::Http(grant) => grant.bind(inputs).map(Self::Http),
            Self::Files(grant) => grant.bind(inputs).map(Self::Files),
            Self::Config(grant) => grant.bind(inputs).map(Self::Config),
            Self::Secret(grant) => Ok(Self::Secret(grant.clone())),
        }
    }

    pub(crate) fn bind_config(
        &self,
        config: &BTreeMap<String, String>,
    ) -> Result<Grant, GrantError> {
        match self {
            Self::Http(grant) => grant.bind_config(config).map(Self::Http),
            Self::Files(grant) => grant.bind_config(config).map(Self::Files),
            Self::Config(grant) => Ok(Self::Config(grant.clone())),
            Self::Secret(grant) => grant.bind_config(config).map(Self::Secret),
        }
    }

    /// Whether it is a grant that holds no placeholder and no wildcard of a need or policy. Any other allows nothing.
    pub fn is_bound(&self) -> bool {
        match self {
            Self::Http(grant) => grant.is_bound(),
            Self::Files(grant) => grant.path.is_bound() && grant.mount.placeholder().is_none(),
            Self::Config(grant) => grant.is_bound(),
            Self::Secret(grant) => grant.is_bound(),
        }
    }

    /// The names of the inputs that stand in it.
    pub fn inputs(&self) -> Vec<String> {
        match self {
            Self::Http(grant) => {
                let names = grant.paths.iter().flat_map(|path| path.inputs());
                names.map(str::to_owned).collect()
            }
            Self::Files(grant) => grant.path.inputs(),
            Self::Config(grant) => grant.inputs(),
            Self::Secret(_) => Vec::new(),
        }
    }

    /// Whether there is any request that both allow. For `check`: a grant that no need meets is idle, a need
    /// that no grant meets is unmet.
    pub fn meets(&self, other: &Grant) -> bool {
        match (self, other) {
            (Self::Http(a), Self::Http(b)) => a.meets(b),
            (Self::Files(a), Self::Files(b)) => a.meets(b),
            (Self::Config(a), Self::Config(b)) => a.meets(b),
            (Self::Secret(a), Self::Secret(b)) => a.meets(b),
            _ => false,
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(grant) => grant.fmt(f),
            Self::Files(grant) => grant.fmt(f),
            Self::Config(grant) => grant.fmt(f),
            Self::Secret(grant) => grant.fmt(f),
        }
    }
}

/// Serialized as its compact form; read back with [`Grant::parse`], which needs the layer.
impl Serialize for Grant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
