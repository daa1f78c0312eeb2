//! All grants of one plugin in one skill.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::http::same_header;
use crate::{ConfigValue, Grant, GrantError, Layer};

/// All grants of one plugin: none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Grants(Vec<Grant>);

impl Grants {
    /// Takes the grants in the order in which they were written.
    ///
    /// # Errors
    /// If two contradict each other: one mount for two folders, one config key with two values, one header
    /// from two secrets for one origin. Or if one is not what a skill may grant.
    pub fn new(grants: Vec<Grant>) -> Result<Self, GrantError> {
        for (index, second) in grants.iter().enumerate() {
            // However it was made: what stands here is what a skill may write, so a wildcard of another layer is refused.
            if Grant::parse(Layer::Grant, &second.to_string())? != *second {
                return Err(GrantError::syntax(
                    &second.to_string(),
                    "it is not in canonical form",
                ));
            }
            for first in grants.iter().take(index) {
                if let Some(reason) = contradiction(first, second) {
                    return Err(GrantError::Conflict {
                        first: first.to_string(),
                        second: second.to_string(),
                        reason,
                    });
                }
            }
        }
        Ok(Self(grants))
    }

    /// The grants, in the order in which they were written.
    pub fn as_slice(&self) -> &[Grant] {
        &self.0
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Grant> {
        self.0.iter()
    }

    /// Whether nothing is granted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts a run's inputs in the place of `{inputs.NAME}`.
    ///
    /// # Errors
    /// If an input has no value, or one that could mean more than itself.
    pub fn bind(&self, inputs: &BTreeMap<String, String>) -> Result<Grants, GrantError> {
        let bound: Result<Vec<_>, _> = self.0.iter().map(|grant| grant.bind(inputs)).collect();
        Self::new(bound?)
    }

    /// The names of the inputs that stand in these grants, sorted.
    pub fn inputs(&self) -> Vec<String> {
        let names: BTreeSet<String> = self.0.iter().flat_map(Grant::inputs).collect();
        names.into_iter().collect()
    }

    /// The configured values, as far as they are bound.
    pub fn config(&self) -> BTreeMap<String, String> {
        self.0
            .iter()
            .filter_map(|grant| match grant {
                Grant::Config(config) if config.is_bound() => Some(config),
                _ => None,
            })
            .filter_map(|config| match &config.value {
                ConfigValue::Exact(value) => Some((config.key.clone(), value.clone())),
                ConfigValue::Any => None,
            })
            .collect()
    }

    /// One canonical line for each grant, sorted, without repetition: what is hashed as the grants' digest.
    pub fn canonical(&self) -> String {
        let lines: BTreeSet<String> = self.0.iter().map(Grant::to_string).collect();
        let mut text = String::new();
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

/// What two grants both claim, if they cannot both be meant.
fn contradiction(first: &Grant, second: &Grant) -> Option<String> {
    match (first, second) {
        // Reading and writing of one folder is no contradiction: the wider holds.
        (Grant::Files(a), Grant::Files(b)) if a.mount == b.mount && a.path != b.path => {
            Some(format!("two folders at {}", a.mount))
        }
        (Grant::Config(a), Grant::Config(b)) if a.key == b.key && a.value != b.value => {
            Some(format!("two values for {}", a.key))
        }
        (Grant::Secret(a), Grant::Secret(b))
            if same_header(&a.header) == same_header(&b.header)
                && (&a.name, &a.header, &a.format) != (&b.name, &b.header, &b.format)
                && a.origin.meets(&b.origin) =>
        {
            Some(format!("two secrets for the header {}", a.header))
        }
        _ => None,
    }
}

impl<'a> IntoIterator for &'a Grants {
    type Item = &'a Grant;
    type IntoIter = std::slice::Iter<'a, Grant>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
