//! Http grants: the methods, paths, addresses and number of requests that were needed.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use remit_policy::{Grant, HttpGrant, Layer, Method, Methods, PathPattern, unwrap_address};

use super::super::edit::{At, Does};
use super::super::observe::GrantSeen;
use super::super::paths::{self, Asked};
use super::super::round;
use super::{OnePlugin, Slot, records, runs};

impl OnePlugin<'_> {
    /// The grant as it would be, and the secret that is written with it.
    pub(super) fn http(
        &mut self,
        slot: &Slot<'_>,
        http: &HttpGrant,
        secret: Option<&Slot<'_>>,
        slots: &[Slot<'_>],
    ) -> Vec<Grant> {
        let written = slot.grant.to_string();
        let line = slot.place.line;
        let secret_used =
            secret.is_some_and(|secret| self.seen_of(&secret.grant.to_string()).is_some());
        let mut kept: Vec<Grant> = vec![slot.grant.clone()];
        kept.extend(secret.map(|secret| secret.grant.clone()));
        if shares_a_budget(slot, http, slots) {
            self.keep(line, &written, "another grant covers the same requests, and one of them has a budget: which of them a request was counted against is not recorded");
            return kept;
        }
        let Some(seen) = self.seen.grants.get(&written) else {
            if secret_used {
                self.keep(
                    line,
                    &written,
                    "its secret went with requests of another grant",
                );
                return kept;
            }
            return match self.drop_unused(slot) {
                Some(_) => kept,
                None => Vec::new(),
            };
        };
        let mut new = http.clone();
        let mut edits = Vec::new();
        self.methods(slot, seen, &mut new, &mut edits);
        self.paths(slot, seen, &mut new, &mut edits);
        self.addresses(slot, seen, &mut new, &mut edits);
        self.budget(slot, seen, &mut new, &mut edits);
        if new != *http {
            if let At::Compact(_) = slot.at {
                edits = vec![Does::Grant(Box::new(Grant::Http(new.clone())))];
            }
            for does in edits {
                self.edit(slot.at.clone(), does);
            }
        }
        let mut left = vec![Grant::Http(new)];
        if let Some(secret) = secret {
            if secret_used {
                left.push(secret.grant.clone());
            } else {
                let because = format!("no request of {} carried it", runs(self.observed.done));
                let from = secret.grant.to_string();
                self.change(line, "auth", &from, None, because, Vec::new());
                self.edit(slot.at.clone(), Does::Drop("auth"));
            }
        }
        left
    }

    fn methods(
        &mut self,
        slot: &Slot<'_>,
        seen: &GrantSeen,
        new: &mut HttpGrant,
        edits: &mut Vec<Does>,
    ) {
        let old = new.methods;
        let asked: Vec<Method> = seen
            .methods
            .keys()
            .filter_map(|name| Method::from_name(name))
            .collect();
        let kept: Vec<&str> = old
            .iter()
            .filter(|method| asked.contains(method))
            .map(Method::as_str)
            .collect();
        let Ok(methods) = Methods::from_names(kept.iter().copied()) else {
            return;
        };
        if methods == old {
            return;
        }
        new.methods = methods;
        let counts = seen
            .methods
            .iter()
            .map(|(name, seen)| format!("{} {name}", seen.count));
        let because = format!(
            "{} in {}",
            counts.collect::<Vec<_>>().join(", "),
            runs(self.observed.done)
        );
        let list = |methods: Methods| format!("methods = [{methods}]");
        let to = Some(list(methods));
        self.change(
            slot.place.line,
            "methods",
            &list(old),
            to,
            because,
            records(&seen.seen),
        );
        let each = old.iter().map(|method| {
            let name = method.as_str().to_owned();
            let stays = methods.contains(method).then(|| name.clone());
            (name, stays.into_iter().collect())
        });
        edits.push(Does::Keep("methods", each.collect()));
    }

    fn paths(
        &mut self,
        slot: &Slot<'_>,
        seen: &GrantSeen,
        new: &mut HttpGrant,
        edits: &mut Vec<Does>,
    ) {
        let line = slot.place.line;
        if seen.blurred {
            self.keep(
                line,
                "paths",
                "more or longer paths were asked for than are told apart here",
            );
            return;
        }
        // What each rule was bound to.
        let mut bound: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (rule, _) in seen.requests.keys() {
            bound
                .entry(rule)
                .or_insert_with(|| match Grant::parse(Layer::Grant, rule) {
                    Ok(Grant::Http(http)) => http.paths.iter().map(ToString::to_string).collect(),
                    _ => Vec::new(),
                });
        }
        let asked: Vec<Asked<'_>> = (seen.requests.keys())
            .flat_map(|(rule, path)| {
                let patterns = bound.get(rule.as_str()).into_iter().flatten();
                patterns.map(move |bound| Asked { bound, path })
            })
            .collect();
        let old: Vec<String> = new.paths.iter().map(ToString::to_string).collect();
        let narrowed: Vec<(String, Vec<String>)> = old
            .iter()
            .map(|pattern| (pattern.clone(), paths::narrow(pattern, &asked)))
            .collect();
        let all: Result<Vec<PathPattern>, _> = narrowed
            .iter()
            .flat_map(|(_, new)| new)
            .map(|text| PathPattern::parse(Layer::Grant, text))
            .collect();
        let (Ok(mut all), true) = (all, narrowed.iter().any(|(_, new)| !new.is_empty())) else {
            self.keep(
                line,
                "paths",
                "the recorded paths do not fit the grant as it is written now",
            );
            return;
        };
        all.sort();
        all.dedup();
        if all == new.paths {
            return;
        }
        new.paths = all;
        let requests: u64 = seen.methods.values().map(|seen| seen.count).sum();
        let because = format!(
            "{requests} requests of {} different paths in {} with {} different inputs",
            seen.requests.len(),
            runs(self.observed.done),
            self.observed.inputs.len()
        );
        let list = |paths: &[String]| format!("paths = [{}]", paths.join(", "));
        let texts: Vec<String> = new.paths.iter().map(ToString::to_string).collect();
        self.change(
            line,
            "paths",
            &list(&old),
            Some(list(&texts)),
            because,
            records(&seen.seen),
        );
        // One that two patterns came to stands once.
        let mut said: Vec<String> = Vec::new();
        let mut each = narrowed;
        for (_, new) in &mut each {
            new.retain(|text| {
                let first = !said.contains(text);
                said.push(text.clone());
                first
            });
        }
        edits.push(Does::Keep("paths", each));
    }

    fn addresses(
        &mut self,
        slot: &Slot<'_>,
        seen: &GrantSeen,
        new: &mut HttpGrant,
        edits: &mut Vec<Does>,
    ) {
        if new.addresses.is_empty() || seen.addresses.is_empty() {
            return;
        }
        let dialled: Vec<_> = (seen.addresses.keys())
            .filter_map(|text| text.parse::<SocketAddr>().ok())
            .map(|address| unwrap_address(address.ip()))
            .collect();
        if seen.blurred || dialled.len() < seen.addresses.len() {
            self.keep(
                slot.place.line,
                "addresses",
                "not all addresses that answered are told apart here",
            );
            return;
        }
        let old = new.addresses.clone();
        new.addresses
            .retain(|net| dialled.iter().any(|address| net.contains(address)));
        if new.addresses == old {
            return;
        }
        let texts =
            |nets: &[remit_policy::IpNet]| nets.iter().map(ToString::to_string).collect::<Vec<_>>();
        let list =
            |nets: &[remit_policy::IpNet]| format!("addresses = [{}]", texts(nets).join(", "));
        let to = (!new.addresses.is_empty()).then(|| list(&new.addresses));
        let because = format!(
            "{} answered",
            seen.addresses
                .keys()
                .take(4)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        );
        self.change(
            slot.place.line,
            "addresses",
            &list(&old),
            to,
            because,
            records(&seen.seen),
        );
        edits.push(match new.addresses.is_empty() {
            true => Does::Drop("addresses"),
            false => {
                let left = texts(&new.addresses);
                let each = texts(&old).into_iter().map(|net| {
                    let stays = left.contains(&net).then(|| net.clone());
                    (net, stays.into_iter().collect())
                });
                Does::Keep("addresses", each.collect())
            }
        });
    }

    fn budget(
        &mut self,
        slot: &Slot<'_>,
        seen: &GrantSeen,
        new: &mut HttpGrant,
        edits: &mut Vec<Does>,
    ) {
        let Some(most) = new.max_requests else {
            return;
        };
        let wanted = round::number(seen.most_requests.value);
        let Some(wanted) = u32::try_from(wanted).ok().filter(|wanted| *wanted < most) else {
            return;
        };
        new.max_requests = Some(wanted);
        let because = format!(
            "no call made more than {} requests",
            seen.most_requests.value
        );
        let said = |most: u32| format!("max_requests = {most}");
        let line = slot.place.line;
        self.change(
            line,
            "max_requests",
            &said(most),
            Some(said(wanted)),
            because,
            vec![seen.most_requests.record],
        );
        edits.push(Does::Number("max_requests", i64::from(wanted)));
    }
}

/// Whether a request may be counted against this grant or another one: then what is recorded of the first says nothing
/// certain of the second.
fn shares_a_budget(slot: &Slot<'_>, http: &HttpGrant, slots: &[Slot<'_>]) -> bool {
    let has_inputs = |http: &HttpGrant| {
        http.paths
            .iter()
            .any(|path| path.to_string().contains("{inputs."))
    };
    slots.iter().any(|other| match other.grant {
        Grant::Http(second) if other.at != slot.at => {
            let budget = http.max_requests.is_some() || second.max_requests.is_some();
            let place = HttpGrant {
                paths: vec![PathPattern::any()],
                ..second.clone()
            };
            // An input may be any names.
            let meets = match has_inputs(http) || has_inputs(second) {
                true => slot.grant.meets(&Grant::Http(place)),
                false => slot.grant.meets(other.grant),
            };
            budget && meets
        }
        _ => false,
    })
}
