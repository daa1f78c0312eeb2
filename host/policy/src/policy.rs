//! The operator's ceiling over all skills: `policy.toml`.

use serde::Deserialize;

use crate::{Effect, Grant, LimitsCeiling, SignerName};

/// The operator's ceiling. By default there is none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperatorPolicy {
    /// What any plugin may be allowed at most; `None` sets no ceiling, an empty list allows nothing.
    #[serde(deserialize_with = "rules")]
    pub allow: Option<Vec<Grant>>,
    /// The widest effect that any skill may grant.
    pub max_effect: Effect,
    /// The highest limits that any skill may set.
    pub limits: LimitsCeiling,
    /// Who must have signed a plugin: one of these. `None` asks for nobody, an empty list lets nothing be opened.
    pub signers: Option<Vec<SignerName>>,
    /// Whose signature counts no more, as of a key that was lost.
    pub revoked_signers: Vec<SignerName>,
}

impl Default for OperatorPolicy {
    fn default() -> Self {
        Self {
            allow: None,
            max_effect: Effect::Destructive,
            limits: LimitsCeiling::default(),
            signers: None,
            revoked_signers: Vec::new(),
        }
    }
}

fn rules<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<Grant>>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts
        .iter()
        .map(|text| Grant::parse(crate::Layer::Policy, text))
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
        .map_err(serde::de::Error::custom)
}
