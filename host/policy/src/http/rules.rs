//! The http rules of one layer, laid out so that a decision looks at few of them.

use std::collections::HashMap;

use super::{CanonicalUrl, HostPattern, HttpGrant, Method, Reach};
use crate::{Layer, RuleId};

/// One rule, with its place in its layer.
#[derive(Clone, Debug)]
pub(crate) struct HttpRule {
    pub grant: HttpGrant,
    pub id: RuleId,
}

/// All http rules of one layer.
#[derive(Clone, Debug)]
pub(crate) struct HttpRules {
    layer: Layer,
    rules: Vec<HttpRule>,
    /// By the host as it stands in a URL.
    by_host: HashMap<String, ByPrefix>,
    /// By the base of `*.base`.
    below: HashMap<String, Vec<usize>>,
    /// Those of any host.
    any: Vec<usize>,
}

/// The rules of one host, by how their paths begin: a decision among many rules of one host looks up each beginning
/// of its path, and at few rules.
#[derive(Clone, Debug, Default)]
struct ByPrefix {
    /// By the literal names that a pattern begins with, as `/a/b`; empty if it begins with none.
    prefixes: HashMap<String, Vec<usize>>,
    /// The most `/` in any of them.
    depth: usize,
}

impl ByPrefix {
    fn add(&mut self, place: usize, grant: &HttpGrant) {
        for pattern in &grant.paths {
            let prefix = pattern.literal_prefix();
            self.depth = self.depth.max(prefix.matches('/').count());
            let places = self.prefixes.entry(prefix).or_default();
            // Two paths of one rule may begin alike.
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }

    fn candidates<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a usize> {
        // `/a/b/c` begins with nothing, with `/a`, with `/a/b`, and with all of itself.
        let ends = path.match_indices('/').map(|(slash, _)| slash);
        ends.chain([path.len()])
            .take(self.depth + 1)
            .filter_map(|end| self.prefixes.get(path.get(..end)?))
            .flatten()
    }
}

impl HttpRules {
    /// Of those rules that are bound: a placeholder covers nothing.
    pub fn new<'a>(layer: Layer, grants: impl Iterator<Item = (usize, &'a HttpGrant)>) -> Self {
        let mut this = Self {
            layer,
            rules: Vec::new(),
            by_host: HashMap::new(),
            below: HashMap::new(),
            any: Vec::new(),
        };
        for (index, grant) in grants.filter(|(_, grant)| grant.is_bound()) {
            this.add(index, grant);
        }
        this
    }

    fn add(&mut self, index: usize, grant: &HttpGrant) {
        let place = self.rules.len();
        match grant.origin.host_pattern() {
            Some(host @ (HostPattern::Name(_) | HostPattern::Address(_))) => {
                let rules = self.by_host.entry(host.to_string()).or_default();
                rules.add(place, grant);
            }
            Some(HostPattern::Below(base)) => {
                self.below.entry(base.clone()).or_default().push(place);
            }
            Some(HostPattern::Any) => self.any.push(place),
            None => return,
        }
        self.rules.push(HttpRule {
            grant: grant.clone(),
            id: RuleId {
                layer: self.layer,
                index,
                text: grant.to_string().into(),
            },
        });
    }

    /// The rules that cover a request whole. One may come twice, and they are in no order.
    pub fn covering<'a>(
        &'a self,
        method: Method,
        url: &'a CanonicalUrl,
    ) -> impl Iterator<Item = &'a HttpRule> {
        let host = url.host();
        let of_host = self
            .by_host
            .get(host)
            .into_iter()
            .flat_map(|rules| rules.candidates(url.path()));
        // `a.b.c` may be covered by `*.b.c` and `*.c`.
        let bases = host
            .match_indices('.')
            .filter(|_| !self.below.is_empty())
            .filter_map(|(dot, _)| host.get(dot + 1..))
            .filter_map(|base| self.below.get(base))
            .flatten();
        of_host
            .chain(bases)
            .chain(&self.any)
            .filter_map(|place| self.rules.get(*place))
            .filter(move |rule| rule.grant.reach(self.layer, method, url) == Reach::All)
    }

    /// The rule that comes nearest to a request, and how near. Looks at all of them: for denials.
    pub fn nearest(&self, method: Method, url: &CanonicalUrl) -> (Reach, Option<&RuleId>) {
        let mut best = (Reach::Nothing, None);
        for rule in &self.rules {
            let reach = rule.grant.reach(self.layer, method, url);
            if reach > best.0 {
                best = (reach, Some(&rule.id));
            }
        }
        best
    }
}
