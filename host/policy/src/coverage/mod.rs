//! Whether the operator's policy covers all that a grant could ever allow.
//!
//! A request is judged by the same rules when it is made; this says it before, of a grant whose inputs may still be
//! anything. A grant is within the policy only if every request that it could allow is; where that cannot be decided,
//! it is not.

mod http;

use crate::limits::not_above;
use crate::{
    Access, ByteSize, ConfigGrant, ConfigValue, Effect, FilesGrant, Grant, LimitsTable,
    OperatorPolicy, PolicyKey, SecretGrant,
};

/// Something that goes beyond the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// Which line of the policy says so.
    pub key: PolicyKey,
    /// Whether it is forbidden, or cut to what there is.
    pub kind: ExcessKind,
    /// Why, in a few words for a person.
    pub reason: String,
    /// Something that the grant would allow and the policy does not: `POST https://api.example.org/x`.
    pub example: Option<String>,
}

/// How something goes beyond the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExcessKind {
    /// The policy forbids some or all of it.
    Forbidden,
    /// Whether the policy covers it cannot be decided, so it counts as forbidden.
    Undecided,
    /// A limit or budget above the ceiling: what is done with it stays below, so nothing forbidden comes of it.
    Capped,
}

impl ExcessKind {
    /// Whether nobody can approve it.
    pub fn forbids(self) -> bool {
        self != Self::Capped
    }

    /// `forbidden`, `undecided` or `capped`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Undecided => "undecided",
            Self::Capped => "capped",
        }
    }
}

impl OperatorPolicy {
    /// Whether every request that a skill's grant could allow, whatever its inputs are, is one that this policy allows,
    /// and no budget that it names is above the ceiling.
    pub fn covers(&self, grant: &Grant) -> bool {
        self.excess(grant).is_empty()
    }

    /// What of a skill's grant goes beyond the policy; empty if nothing does.
    pub fn excess(&self, grant: &Grant) -> Vec<Excess> {
        let rules = self.rules_of(grant.kind());
        let forbidden = rules.and_then(|rules| match grant {
            Grant::Http(http) => http::excess(rules, http),
            Grant::Files(files) => files_excess(rules, files),
            Grant::Config(config) => config_excess(rules, config),
            Grant::Secret(secret) => secret_excess(rules, secret),
        });
        let mut excesses: Vec<Excess> = forbidden.into_iter().collect();
        excesses.extend(self.above_budgets(grant));
        excesses
    }

    /// What of a plugin's effect, as the skill grants it, goes beyond the policy.
    pub fn effect_excess(&self, granted: Effect) -> Option<Excess> {
        (granted > self.max_effect).then(|| Excess {
            key: PolicyKey::MaxEffect,
            kind: ExcessKind::Forbidden,
            reason: format!(
                "the operator's policy allows the effect {} at most",
                self.max_effect
            ),
            example: None,
        })
    }

    /// What of a plugin's limits, as the skill writes them, goes beyond the policy: of each, its name and what is asked.
    /// A limit that the skill does not write takes what there is.
    pub fn limits_excess(&self, limits: &LimitsTable) -> Vec<(&'static str, String, Excess)> {
        let cut = self.limits.cut(limits).into_iter();
        cut.map(|(name, asked, most)| (name, asked, capped(name, &most)))
            .collect()
    }

    /// The budgets of a grant that are above the ceiling on limits.
    fn above_budgets(&self, grant: &Grant) -> Vec<Excess> {
        let ceiling = &self.limits;
        let (requests, response, bytes, entries) = match grant {
            Grant::Http(http) => (http.max_requests, http.max_response, None, None),
            Grant::Files(files) => (None, None, files.max_bytes, files.max_entries),
            Grant::Config(_) | Grant::Secret(_) => return Vec::new(),
        };
        let size = ByteSize::to_string;
        let all = [
            not_above("requests", requests, ceiling.requests, u32::to_string),
            not_above("response", response, ceiling.response, size),
            not_above("file_bytes", bytes, ceiling.file_bytes, size),
            not_above(
                "file_entries",
                entries,
                ceiling.file_entries,
                u32::to_string,
            ),
        ];
        let above = |(name, error)| match error {
            crate::GrantError::AboveCeiling { ceiling, .. } => Some(capped(name, &ceiling)),
            _ => None,
        };
        all.into_iter()
            .filter_map(Result::err)
            .filter_map(above)
            .collect()
    }
}

fn capped(name: &'static str, most: &str) -> Excess {
    Excess {
        key: PolicyKey::Limit(name),
        kind: ExcessKind::Capped,
        reason: format!("the operator's policy sets {name} to {most} at most"),
        example: None,
    }
}

fn forbidden(nearest: Option<usize>, reason: String) -> Excess {
    Excess {
        key: PolicyKey::Allow(nearest),
        kind: ExcessKind::Forbidden,
        reason,
        example: None,
    }
}

/// A wildcard or placeholder of another layer: no skill can write it, and nothing is known of what it would allow.
fn not_a_grant() -> Excess {
    Excess {
        kind: ExcessKind::Undecided,
        ..forbidden(None, "it is not what a skill can grant".to_owned())
    }
}

/// The rules of one kind, with their places among all.
fn of_kind<'a, T: 'a>(
    rules: &'a [Grant],
    kind: impl Fn(&'a Grant) -> Option<&'a T>,
) -> impl Iterator<Item = (usize, &'a T)> {
    rules
        .iter()
        .enumerate()
        .filter_map(move |(index, rule)| Some((index, kind(rule)?)))
}

/// A folder is let through whole by one rule, or not at all: the authority asks the same.
fn files_excess(rules: &[Grant], grant: &FilesGrant) -> Option<Excess> {
    if !Grant::Files(grant.clone()).is_of_skill() {
        return Some(not_a_grant());
    }
    let files = || {
        of_kind(rules, |rule| match rule {
            Grant::Files(files) => Some(files),
            _ => None,
        })
    };
    if files().any(|(_, rule)| rule.covers(grant, grant.access)) {
        return None;
    }
    let example = Some(format!("{} {}", grant.access, grant.path));
    let reads = files().find(|(_, rule)| rule.covers(grant, Access::Read));
    let there = files().find(|(_, rule)| rule.path.covers(&grant.path));
    let (nearest, reason) = match (reads, there) {
        (Some((index, _)), _) => (
            Some(index),
            "the operator's policy lets it be read, and not written".to_owned(),
        ),
        (None, Some((index, _))) => (
            Some(index),
            format!(
                "the operator's policy does not let it be mounted at {}",
                grant.mount
            ),
        ),
        (None, None) => (
            None,
            format!(
                "the operator's policy does not cover the folder {}",
                grant.path
            ),
        ),
    };
    Some(Excess {
        example,
        ..forbidden(nearest, reason)
    })
}

fn config_excess(rules: &[Grant], grant: &ConfigGrant) -> Option<Excess> {
    let ConfigValue::Exact(value) = &grant.value else {
        return Some(not_a_grant());
    };
    let config = || {
        of_kind(rules, |rule| match rule {
            Grant::Config(config) => Some(config),
            _ => None,
        })
    };
    // A value that an input is still to fill is no rule's exact value: no rule can hold a placeholder.
    if config().any(|(_, rule)| rule.covers(&grant.key, value)) {
        return None;
    }
    let nearest = config().find(|(_, rule)| rule.key == grant.key);
    let reason = match nearest {
        Some(_) => format!(
            "the operator's policy allows another value of {}",
            grant.key
        ),
        None => format!("the operator's policy allows no value of {}", grant.key),
    };
    Some(forbidden(nearest.map(|(index, _)| index), reason))
}

fn secret_excess(rules: &[Grant], grant: &SecretGrant) -> Option<Excess> {
    if !Grant::Secret(grant.clone()).is_of_skill() {
        return Some(not_a_grant());
    }
    let secrets = || {
        of_kind(rules, |rule| match rule {
            Grant::Secret(secret) => Some(secret),
            _ => None,
        })
    };
    if secrets().any(|(_, rule)| rule.covers(grant) && rule.origin.contains(&grant.origin)) {
        return None;
    }
    let nearest = secrets().find(|(_, rule)| rule.covers(grant));
    let reason = match nearest {
        Some(_) => format!(
            "the operator's policy does not let the secret {} go to all of {}",
            grant.name, grant.origin
        ),
        None => format!(
            "the operator's policy does not allow the secret {} so",
            grant.name
        ),
    };
    Some(forbidden(nearest.map(|(index, _)| index), reason))
}

impl Grant {
    /// Whether a skill can write it: it has no wildcard and no placeholder of another layer.
    fn is_of_skill(&self) -> bool {
        Grant::parse(crate::Layer::Grant, &self.to_string()).as_ref() == Ok(self)
    }
}
