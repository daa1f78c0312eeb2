//! What a plugin says that it wants. Needs narrow, they never grant.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Grant, GrantError, Grants, Layer, PathPattern};

/// One thing that a plugin asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// What, in the grammar of [`crate::Layer::Need`].
    pub grant: Grant,
    /// Why, in the plugin's words: foreign text.
    pub reason: String,
}

/// All needs of a plugin. A plugin that declares none says nothing, which is `None` wherever needs are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Needs(Vec<Need>);

/// A person is to read them; and they are foreign text.
const MAX_NEEDS: usize = 100;

/// The most names in all paths of all needs together. A decision may look at each of them for each name of the path that
/// is asked for, while the guest's time runs and cannot stop it: this keeps it within a few milliseconds.
const MAX_NAMES: usize = 1_000;

impl Needs {
    /// Reads pairs of compact form and reason, in their order.
    ///
    /// # Errors
    /// The first that is not in the grammar, or that there are more than 100, or with paths of more than 1,000 names.
    pub fn parse<'a>(
        needs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, GrantError> {
        let mut parsed = Vec::new();
        let mut names = 0_usize;
        for (text, reason) in needs {
            if parsed.len() == MAX_NEEDS {
                return Err(GrantError::syntax(
                    text,
                    format!("a plugin declares at most {MAX_NEEDS} needs"),
                ));
            }
            let grant = Grant::parse(Layer::Need, text)?;
            if let Grant::Http(http) = &grant {
                names += http.paths.iter().map(PathPattern::names).sum::<usize>();
            }
            if names > MAX_NAMES {
                return Err(GrantError::syntax(
                    text,
                    format!("the paths of all needs have more than {MAX_NAMES} names together"),
                ));
            }
            parsed.push(Need {
                grant,
                reason: reason.to_owned(),
            });
        }
        Ok(Self(parsed))
    }

    /// The needs, in the plugin's order.
    pub fn as_slice(&self) -> &[Need] {
        &self.0
    }

    /// Puts the skill's configured values in the place of `{config.KEY}`. One that has neither value nor default
    /// stays as it is, and then covers nothing. [`crate::Authority::new`] does this by itself; call it earlier to
    /// tell a person of a value that does not fit.
    ///
    /// # Errors
    /// If a value is not an origin or a mount in canonical form, where one is needed.
    pub fn bind_config(&self, config: &BTreeMap<String, String>) -> Result<Needs, GrantError> {
        let bound: Result<_, _> = self.0.iter().map(|need| need.bind_config(config)).collect();
        bound.map(Self)
    }

    /// The needs that no grant meets, by index. Bind both before.
    pub fn unmet(&self, grants: &Grants) -> Vec<usize> {
        indexes(&self.0, |need| {
            !grants.iter().any(|grant| grant.meets(&need.grant))
        })
    }

    /// The grants that meet no need, by index: they are idle. Bind both before. A secret is never idle for want of
    /// a need of its own, since the plugin does not see it.
    pub fn idle(&self, grants: &Grants) -> Vec<usize> {
        indexes(grants.as_slice(), |grant| {
            !matches!(grant, Grant::Secret(_))
                && !self.0.iter().any(|need| grant.meets(&need.grant))
        })
    }
}

impl Need {
    pub(crate) fn bind_config(
        &self,
        config: &BTreeMap<String, String>,
    ) -> Result<Self, GrantError> {
        Ok(Self {
            grant: self.grant.bind_config(config)?,
            reason: self.reason.clone(),
        })
    }
}

fn indexes<T>(items: &[T], wanted: impl Fn(&T) -> bool) -> Vec<usize> {
    items
        .iter()
        .enumerate()
        .filter(|(_, item)| wanted(item))
        .map(|(index, _)| index)
        .collect()
}
