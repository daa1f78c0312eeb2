//! Configured values and secrets.

use std::collections::BTreeMap;

use super::{Allowed, Authority, rule_id};
use crate::{
    CanonicalUrl, Capability, ConfigGrant, ConfigValue, Denial, DenialCode, Grant, Grants, Layer,
    Needs, OperatorPolicy, RuleId, SecretGrant, display_safe,
};

/// A configured value that all layers let through.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub text: String,
    rule: RuleId,
}

/// The values that grants give, and needs and policy let through.
pub(super) fn config(
    grants: &Grants,
    needs: Option<&Needs>,
    policy: &OperatorPolicy,
) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for (index, grant) in grants.iter().enumerate() {
        let Grant::Config(config) = grant else {
            continue;
        };
        let ConfigValue::Exact(text) = &config.value else {
            continue;
        };
        let needed = needs.is_none_or(|needs| {
            let needs = needs.as_slice().iter().map(|need| &need.grant);
            covered(needs, &config.key, text)
        });
        let let_through = policy
            .rules_of(Capability::Config)
            .is_none_or(|rules| covered(rules.iter(), &config.key, text));
        if grant.is_bound() && needed && let_through {
            values.entry(config.key.clone()).or_insert_with(|| Value {
                text: text.clone(),
                rule: rule_id(Layer::Grant, index, grant),
            });
        }
    }
    values
}

fn covered<'a>(mut rules: impl Iterator<Item = &'a Grant>, key: &str, value: &str) -> bool {
    rules.any(|rule| matches!(rule, Grant::Config(rule) if rule.covers(key, value)))
}

impl Authority {
    /// The configured value under a key.
    pub fn config(&self, key: &str) -> Option<&str> {
        self.config.get(key).map(|value| value.text.as_str())
    }

    /// The configured value under a key, with the rule, for the audit record.
    ///
    /// # Errors
    /// `config-not-granted`.
    pub fn config_ask(&self, key: &str) -> Result<(&str, Allowed), Denial> {
        match self.config.get(key) {
            Some(value) => {
                let rule = value.rule.clone();
                Ok((&value.text, Allowed { rule }))
            }
            None => Err(self.not_configured(key)),
        }
    }

    /// All configured values, by key.
    pub fn config_all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.config
            .iter()
            .map(|(key, value)| (key.as_str(), value.text.as_str()))
    }

    fn not_configured(&self, key: &str) -> Denial {
        let of_key = |grant: &Grant| match grant {
            Grant::Config(config) => config.key == key || config.key == "*",
            _ => false,
        };
        let granted = self.grants.iter().position(of_key);
        let needed = match &self.needs {
            Some(needs) => needs.iter().any(|need| of_key(&need.grant)),
            None => true,
        };
        let allowed = match self.policy.rules_of(Capability::Config) {
            Some(rules) => rules.iter().any(of_key),
            None => true,
        };
        let shown = display_safe(key, 64);
        let (layer, reason) = match (granted, needed) {
            (None, _) => (
                Layer::Grant,
                format!("no value is configured under {shown}"),
            ),
            (Some(_), false) => (
                Layer::Need,
                format!("the plugin does not list {shown} among its needs"),
            ),
            (Some(_), true) => (
                Layer::Policy,
                format!("the value of {shown} is not one that needs and policy let through"),
            ),
        };
        let rule = granted.and_then(|index| {
            let grant = self.grants.as_slice().get(index)?;
            Some(rule_id(Layer::Grant, index, grant))
        });
        // Which value is for the person to say: a word stands in its place.
        let narrowest = ConfigGrant::new(key, "VALUE")
            .ok()
            .filter(|_| granted.is_none() && needed && allowed)
            .map(Grant::Config);
        Denial {
            layer: Some(layer),
            rule,
            narrowest,
            ..Denial::new(
                DenialCode::ConfigNotGranted,
                &format!("config {key}"),
                reason,
            )
        }
    }

    /// What the skill grants, whatever needs and policy leave of it.
    pub(super) fn granted_secrets(&self) -> impl Iterator<Item = &SecretGrant> {
        self.grants.iter().filter_map(|grant| match grant {
            Grant::Secret(secret) => Some(secret),
            _ => None,
        })
    }

    /// Whether needs and policy let a secret go with a request. A plugin never sees a secret and need not know of it:
    /// its needs bind secrets only if they speak of any.
    pub(super) fn secret_passes(&self, secret: &SecretGrant, url: &CanonicalUrl) -> bool {
        let covers = |rule: &SecretGrant| {
            rule.covers(secret) && rule.origin.covers(url) == (true, true, true)
        };
        let mut needs = self
            .needs
            .iter()
            .flatten()
            .filter_map(|need| match &need.grant {
                Grant::Secret(rule) => Some(rule),
                _ => None,
            })
            .peekable();
        let needed = needs.peek().is_none() || needs.any(covers);
        let allowed = self
            .policy
            .rules_of(Capability::Secret)
            .is_none_or(|rules| {
                rules
                    .iter()
                    .any(|rule| matches!(rule, Grant::Secret(rule) if covers(rule)))
            });
        needed && allowed
    }
}
