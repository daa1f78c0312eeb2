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
    by_host: HashMap<String, OneHost>,
    /// By the base of `*.base`.
    below: HashMap<String, OneHost>,
    /// Those of any host.
    any: OneHost,
}

/// The rules of one host pattern, by how their paths begin: a decision among many rules of one host looks up each
/// beginning of its path, and at few rules.
#[derive(Clone, Debug, Default)]
struct OneHost {
    /// By the literal names that a pattern begins with, as `/a/b`; empty if it begins with none.
    prefixes: HashMap<String, Vec<usize>>,
    /// The most `/` in any of them.
    depth: usize,
    /// The first of each kind: of those that differ in their paths and budgets only. All of a kind come equally near to
    /// a path that none of them covers.
    kinds: Vec<usize>,
}

impl OneHost {
    fn add(&mut self, place: usize, grant: &HttpGrant, earlier: &[HttpRule]) {
        for pattern in &grant.paths {
            let prefix = pattern.literal_prefix();
            self.depth = self.depth.max(prefix.matches('/').count());
            let places = self.prefixes.entry(prefix).or_default();
            // Two paths of one rule may begin alike.
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
        let same_kind = |rule: &HttpRule| {
            rule.grant.methods == grant.methods
                && rule.grant.origin == grant.origin
                && rule.grant.addresses == grant.addresses
        };
        let mut kinds = self.kinds.iter().filter_map(|place| earlier.get(*place));
        if !kinds.any(same_kind) {
            self.kinds.push(place);
        }
    }

    /// Those that could cover the path.
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
            any: OneHost::default(),
        };
        for (index, grant) in grants.filter(|(_, grant)| grant.is_bound()) {
            this.add(index, grant);
        }
        this
    }

    fn add(&mut self, index: usize, grant: &HttpGrant) {
        let place = self.rules.len();
        let of_host = match grant.origin.host_pattern() {
            Some(host @ (HostPattern::Name(_) | HostPattern::Address(_))) => {
                self.by_host.entry(host.to_string()).or_default()
            }
            Some(HostPattern::Below(base)) => self.below.entry(base.clone()).or_default(),
            Some(HostPattern::Any) => &mut self.any,
            None => return,
        };
        of_host.add(place, grant, &self.rules);
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
        self.of_host(url)
            .flat_map(|rules| rules.candidates(url.path()))
            .filter_map(|place| self.rules.get(*place))
            .filter(move |rule| rule.grant.reach(self.layer, method, url) == Reach::All)
    }

    /// The rule that comes nearest to a request, the first of several, and how near.
    pub fn nearest(&self, method: Method, url: &CanonicalUrl) -> (Reach, Option<&RuleId>) {
        let mut best: (Reach, Option<&RuleId>) = (Reach::Nothing, None);
        let places = self
            .of_host(url)
            .flat_map(|rules| rules.kinds.iter().chain(rules.candidates(url.path())));
        for rule in places.filter_map(|place| self.rules.get(*place)) {
            let reach = rule.grant.reach(self.layer, method, url);
            let first = best.1.is_none_or(|best| rule.id.index < best.index);
            if reach > best.0 || (reach == best.0 && reach > Reach::Nothing && first) {
                best = (reach, Some(&rule.id));
            }
        }
        best
    }

    /// The rules whose host pattern covers the host: no other comes near.
    fn of_host<'a>(&'a self, url: &'a CanonicalUrl) -> impl Iterator<Item = &'a OneHost> {
        let host = url.host();
        // `a.b.c` may be covered by `*.b.c` and `*.c`.
        let bases = host
            .match_indices('.')
            .filter(|_| !self.below.is_empty())
            .filter_map(|(dot, _)| host.get(dot + 1..))
            .filter_map(|base| self.below.get(base));
        let any = (!self.any.kinds.is_empty()).then_some(&self.any);
        self.by_host.get(host).into_iter().chain(bases).chain(any)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Grant, HttpAsk};

    fn any_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
        prop::sample::select(texts)
    }

    fn rule() -> impl Strategy<Value = String> {
        (
            any_of(&["GET", "POST", "GET,POST", "*"]),
            any_of(&["http", "https", "*"]),
            any_of(&[
                "a.example",
                "b.a.example",
                "*.a.example",
                "*.example",
                "*",
                "127.0.0.1",
            ]),
            any_of(&["", ":81", ":*"]),
            any_of(&["/**", "/a", "/a/**", "/*/b /a/", "/a/b", "/{*}/b", "/"]),
            any_of(&["", " addresses=127.0.0.0/8", " addresses=10.0.0.0/8"]),
        )
            .prop_map(|(methods, scheme, host, port, paths, addresses)| {
                let addresses = if host == "127.0.0.1" { "" } else { addresses };
                format!("http {methods} {scheme}://{host}{port}{paths}{addresses}")
            })
    }

    proptest! {
        #[test]
        fn the_nearest_rule_is_the_first_of_those_that_reach_furthest(
            rules in prop::collection::vec(rule(), 0..8),
            method in any_of(&["GET", "POST"]), scheme in any_of(&["http", "https"]),
            host in any_of(&["a.example", "b.a.example", "c.b.a.example", "127.0.0.1"]),
            port in any_of(&["", ":81"]), path in any_of(&["/", "/a", "/a/", "/a/b", "/x/b", "/a/b/c"]),
        ) {
            let parse = |text: &String| match Grant::parse(Layer::Policy, text) {
                Ok(Grant::Http(grant)) => grant,
                other => panic!("{text}: {other:?}"),
            };
            let grants: Vec<HttpGrant> = rules.iter().map(parse).collect();
            let rules = HttpRules::new(Layer::Policy, grants.iter().enumerate());
            let authority = format!("{host}{port}");
            let asked = HttpAsk { method, scheme, authority: &authority, path_and_query: path };
            let url = CanonicalUrl::read(&asked).unwrap();
            let method = Method::from_name(method).unwrap();

            let reaches: Vec<Reach> = grants.iter().map(|grant| grant.reach(Layer::Policy, method, &url)).collect();
            let furthest = reaches.iter().copied().max().unwrap_or(Reach::Nothing);
            let first = match furthest {
                Reach::Nothing => None,
                reach => reaches.iter().position(|other| *other == reach),
            };
            let (reach, nearest) = rules.nearest(method, &url);
            prop_assert_eq!((reach, nearest.map(|rule| rule.index)), (furthest, first));

            let mut covering: Vec<usize> = rules.covering(method, &url).map(|rule| rule.id.index).collect();
            covering.sort_unstable();
            covering.dedup();
            let all: Vec<usize> = (0..grants.len()).filter(|n| reaches[*n] == Reach::All).collect();
            prop_assert_eq!(covering, all);
        }
    }
}
