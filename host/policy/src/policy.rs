//! The operator's ceiling over all skills: `policy.toml`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Effect, Grant, GrantError, LimitsCeiling, SignerName};

/// The operator's ceiling. By default there is none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperatorPolicy {
    /// What any plugin may be allowed at most; `None` sets no ceiling, an empty list allows nothing.
    #[serde(deserialize_with = "rules")]
    pub allow: Option<Vec<Grant>>,
    /// The capabilities on which `allow` sets no ceiling: of all others, what is not listed is forbidden.
    pub open: Vec<Capability>,
    /// The widest effect that any skill may grant.
    pub max_effect: Effect,
    /// The highest limits that any skill may set.
    pub limits: LimitsCeiling,
    /// Who must have signed a plugin: one of these. `None` asks for nobody, an empty list lets nothing be opened.
    pub signers: Option<Vec<SignerName>>,
    /// Whose signature counts no more, as of a key that was lost.
    pub revoked_signers: Vec<SignerName>,
}

/// What a grant is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Requests.
    Http,
    /// Folders.
    Files,
    /// Configured values.
    Config,
    /// Secrets.
    Secret,
}

impl Capability {
    /// `http`, `files`, `config` or `secret`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Files => "files",
            Self::Config => "config",
            Self::Secret => "secret",
        }
    }
}

/// A line of a policy: which of its keys decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKey {
    /// A rule of `allow`, by its index; `None` is the list itself, of which no rule comes near.
    Allow(Option<usize>),
    /// `open`, by the index of the capability.
    Open(usize),
    /// `max_effect`.
    MaxEffect,
    /// A key of `limits`.
    Limit(&'static str),
}

impl fmt::Display for PolicyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow(_) => f.write_str("allow"),
            Self::Open(_) => f.write_str("open"),
            Self::MaxEffect => f.write_str("max_effect"),
            Self::Limit(name) => write!(f, "limits.{name}"),
        }
    }
}

/// More than a person could keep in mind; each is looked at for each grant.
const MAX_RULES: usize = 1_000;

impl OperatorPolicy {
    /// The rules that bind a capability; `None` where the policy leaves it to the skills.
    pub fn rules_of(&self, capability: Capability) -> Option<&[Grant]> {
        match self.open.contains(&capability) {
            true => None,
            false => self.allow.as_deref(),
        }
    }

    /// Whether all of it means something. Call it where the file is read, to tell its author.
    ///
    /// # Errors
    /// The first key that nothing would enforce, or that contradicts another.
    pub fn check(&self) -> Result<(), (PolicyKey, GrantError)> {
        let rules = self.allow.as_deref().unwrap_or_default();
        if rules.len() > MAX_RULES {
            let reason = format!("it lists {}, and {MAX_RULES} is the most", rules.len());
            return Err((PolicyKey::Allow(None), GrantError::syntax("allow", reason)));
        }
        for (index, capability) in self.open.iter().enumerate() {
            let refuse = |reason: &str| {
                let error = GrantError::unenforced(capability.as_str(), reason);
                Err((PolicyKey::Open(index), error))
            };
            if self.allow.is_none() {
                return refuse("without `allow`, every capability is open");
            }
            if self.open.iter().take(index).any(|it| it == capability) {
                return refuse("it is named twice");
            }
        }
        let idle = |rule: &Grant| self.open.contains(&rule.kind());
        if let Some(index) = rules.iter().position(idle) {
            let text = rules.get(index).map(Grant::to_string).unwrap_or_default();
            let reason = "`open` names its capability, so the rule would bind nothing";
            let error = GrantError::unenforced(&text, reason);
            return Err((PolicyKey::Allow(Some(index)), error));
        }
        (self.limits.check()).map_err(|(name, error)| (PolicyKey::Limit(name), error))
    }
}

impl Default for OperatorPolicy {
    fn default() -> Self {
        Self {
            allow: None,
            open: Vec::new(),
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
