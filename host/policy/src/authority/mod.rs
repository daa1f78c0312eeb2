//! The effective authority of one plugin in one run: grant AND need AND policy.

mod files;
mod http;
mod values;

use std::collections::BTreeMap;

use self::files::Mount;
pub use self::files::{FileQuota, MountId};
pub(crate) use self::http::not_in_policy;
use self::values::Value;
use crate::http::HttpRules;
use crate::{
    ByteSize, Capability, Grant, Grants, HttpGrant, Layer, Limits, Need, Needs, OperatorPolicy,
    RuleId,
};

/// What one plugin may do in one run. Each layer is a predicate, and a request passes only if all three allow it.
/// Made once, shared in an `Arc`, asked at every choke-point.
#[derive(Clone, Debug)]
pub struct Authority {
    grants: Grants,
    /// Bound to the configured values.
    needs: Option<Vec<Need>>,
    policy: OperatorPolicy,
    limits: Limits,
    http: Layers<HttpRules>,
    mounts: Vec<Mount>,
    config: BTreeMap<String, Value>,
}

/// The rules of each layer; a layer that is absent lets everything through.
#[derive(Clone, Debug)]
struct Layers<T> {
    grant: T,
    need: Option<T>,
    policy: Option<T>,
}

/// Something that is allowed, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The grant that allowed it.
    pub rule: RuleId,
}

impl Authority {
    /// Joins the layers. `grants` must be bound to the run's inputs; one that is not allows nothing. `needs` are bound
    /// here to the configured values; `None` is a plugin that says nothing about its needs. No ceiling of the
    /// policy's is exceeded, whatever `limits` say.
    pub fn new(
        grants: Grants,
        needs: Option<Needs>,
        policy: &OperatorPolicy,
        limits: Limits,
    ) -> Authority {
        // Needs of config have no placeholders, so the values that they let through bind the other needs.
        let config = values::config(&grants, needs.as_ref(), policy);
        let values: BTreeMap<String, String> = config
            .iter()
            .map(|(key, value)| (key.clone(), value.text.clone()))
            .collect();
        let needs: Option<Vec<Need>> = needs.map(|needs| {
            let bind = |need: &Need| {
                // A value that does not fit leaves the need unbound, and then it covers nothing.
                need.bind_config(&values).unwrap_or_else(|_| need.clone())
            };
            needs.as_slice().iter().map(bind).collect()
        });
        let http = Layers {
            grant: HttpRules::new(Layer::Grant, http_of(grants.iter())),
            need: needs
                .as_ref()
                .map(|needs| HttpRules::new(Layer::Need, http_of(needs.iter().map(|n| &n.grant)))),
            policy: policy
                .rules_of(Capability::Http)
                .map(|rules| HttpRules::new(Layer::Policy, http_of(rules.iter()))),
        };
        let mounts = files::mounts(&grants, needs.as_deref(), policy);
        Self {
            needs,
            limits: limits.within(&policy.limits),
            policy: policy.clone(),
            http,
            mounts,
            config,
            grants,
        }
    }

    /// Nothing granted, default limits.
    pub fn none() -> Authority {
        Self::new(
            Grants::default(),
            None,
            &OperatorPolicy::default(),
            Limits::default(),
        )
    }

    /// What a call may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How large the body of one response may be: what the http grant at an index of [`Authority::grants`] says, or else
    /// `default`, and never more than the operator's ceiling.
    pub fn max_response(&self, grant: usize, default: ByteSize) -> ByteSize {
        let granted = self.http_grant(grant).and_then(|it| it.max_response);
        let held = granted.unwrap_or(default);
        self.policy
            .limits
            .response
            .map_or(held, |most| held.min(most))
    }

    /// What the skill grants, whatever needs and policy leave of it.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// One canonical line for each grant, sorted: what is hashed as the grants' digest.
    pub fn canonical(&self) -> String {
        self.grants.canonical()
    }
}

/// The http rules among these, with their index among all of them.
fn http_of<'a>(
    rules: impl Iterator<Item = &'a Grant>,
) -> impl Iterator<Item = (usize, &'a HttpGrant)> {
    rules.enumerate().filter_map(|(index, rule)| match rule {
        Grant::Http(rule) => Some((index, rule)),
        _ => None,
    })
}

fn rule_id(layer: Layer, index: usize, rule: &Grant) -> RuleId {
    RuleId {
        layer,
        index,
        text: rule.to_string().into(),
    }
}
