//! Whether the rules of a policy cover all requests that an http grant could allow.
//!
//! Every request of a grant has one of its methods, its scheme and port, a host of its pattern and a path of one of its
//! patterns. Of a host pattern there is always a host that no rule names by itself, so the rules that cover all of the
//! pattern are the only ones that count; among them, paths are compared as automata. So the answer is exact, but for
//! address ranges that several rules cover in part.

use std::net::IpAddr;

use super::{Excess, ExcessKind, forbidden, not_a_grant, of_kind};
use crate::http::{CanonicalUrl, HttpRules, PathsWithin, Work, paths_within};
use crate::{
    DenialCode, Grant, HostPattern, HttpAsk, HttpGrant, IpNet, Layer, Method, OriginPattern,
    PathPattern, PortPattern, RuleId, SchemePattern, is_public,
};

pub(super) fn excess(rules: &[Grant], grant: &HttpGrant) -> Option<Excess> {
    if !Grant::Http(grant.clone()).is_of_skill() {
        return Some(not_a_grant());
    }
    let of_origin: Vec<&HttpGrant> = http(rules)
        .map(|(_, rule)| rule)
        .filter(|rule| rule.origin.contains(&grant.origin) && lets_literal(rule, grant))
        .collect();
    let mut work = Work::of_grant();
    let mut judged: Vec<Vec<&HttpGrant>> = Vec::new();
    for method in grant.methods.iter() {
        let covering = of_origin
            .iter()
            .filter(|rule| rule.methods.contains(method));
        let covering: Vec<&HttpGrant> = covering.copied().collect();
        // Another method, and the very same rules: nothing new.
        if judged.contains(&covering) {
            continue;
        }
        for path in &grant.paths {
            match paths_within(path, covering.iter().flat_map(|it| &it.paths), &mut work) {
                PathsWithin::Yes => {}
                PathsWithin::No(example) => {
                    return Some(not_covered(rules, grant, method, path, &example));
                }
                PathsWithin::Undecided => return Some(undecided(path)),
            }
            for net in &grant.addresses {
                let named = covering.iter().filter(|rule| names(rule, net));
                let within = paths_within(path, named.flat_map(|it| &it.paths), &mut work);
                if within != PathsWithin::Yes {
                    return Some(address(rules, &covering, net));
                }
            }
        }
        judged.push(covering);
    }
    None
}

fn http(rules: &[Grant]) -> impl Iterator<Item = (usize, &HttpGrant)> {
    of_kind(rules, |rule| match rule {
        Grant::Http(http) => Some(http),
        _ => None,
    })
}

/// A policy's `*` stands for public hosts: an address that is not public passes only where it is named.
fn lets_literal(rule: &HttpGrant, grant: &HttpGrant) -> bool {
    match grant.origin.host_pattern() {
        Some(HostPattern::Address(address)) => rule.covers_address(*address),
        _ => true,
    }
}

fn names(rule: &HttpGrant, net: &IpNet) -> bool {
    rule.addresses.iter().any(|named| named.contains(net))
}

fn undecided(path: &PathPattern) -> Excess {
    let reason =
        format!("whether the operator's policy covers {path} cannot be decided; write fewer `**`");
    Excess {
        kind: ExcessKind::Undecided,
        ..forbidden(None, reason)
    }
}

fn address(rules: &[Grant], covering: &[&HttpGrant], net: &IpNet) -> Excess {
    // Several rules may cover a range together, or a range be public, where nothing need be named.
    let first: IpAddr = net.network();
    let in_part = |named: &IpNet| named.contains(&first) || net.contains(named);
    let in_part = (covering.iter()).any(|rule| rule.addresses.iter().any(in_part));
    let nearest = covering.first();
    let index = http(rules).find(|(_, rule)| nearest.is_some_and(|near| *near == *rule));
    let reason = format!(
        "the operator's policy does not name the addresses {net}, which need not be public"
    );
    let kind = match in_part || is_public(first) {
        true => ExcessKind::Undecided,
        false => ExcessKind::Forbidden,
    };
    Excess {
        kind,
        example: Some(format!("the address {first}")),
        ..forbidden(index.map(|(index, _)| index), reason)
    }
}

/// What is said is what the policy itself says of a request that the grant allows.
fn not_covered(
    rules: &[Grant],
    grant: &HttpGrant,
    method: Method,
    pattern: &PathPattern,
    path: &str,
) -> Excess {
    let policy = HttpRules::new(Layer::Policy, http(rules));
    let said = example(rules, grant).and_then(|(scheme, authority)| {
        let asked = HttpAsk {
            method: method.as_str(),
            scheme,
            authority: &authority,
            path_and_query: path,
        };
        let url = CanonicalUrl::read(&asked).ok()?;
        let covered = policy.covering(method, &url).next().is_some();
        (!covered).then_some(url)
    });
    let Some(url) = said else {
        let reason = format!("the operator's policy does not cover all of {pattern} there");
        return forbidden(None, reason);
    };
    let denial = crate::authority::not_in_policy(&policy, method, &url);
    let mut reason = denial.reason;
    let of_path = denial.code == DenialCode::HttpPathDenied;
    if of_path && pattern.inputs().next().is_some() {
        reason.push_str("; an input may stand for several names, which only `**` covers");
    }
    Excess {
        example: Some(format!("{method} {}", url.as_str())),
        ..forbidden(denial.rule.map(|rule: RuleId| rule.index), reason)
    }
}

/// A scheme, and a host with its port, that the grant allows and no rule names by itself.
fn example(rules: &[Grant], grant: &HttpGrant) -> Option<(&'static str, String)> {
    let OriginPattern::Fixed { scheme, host, port } = &grant.origin else {
        return None;
    };
    let SchemePattern::Exact(scheme) = scheme else {
        return None;
    };
    let host = match host {
        HostPattern::Name(_) | HostPattern::Address(_) => host.to_string(),
        HostPattern::Below(base) => {
            let is_named = |host: &String| {
                let named = HostPattern::Name(host.clone());
                http(rules).any(|(_, rule)| rule.origin.host_pattern() == Some(&named))
            };
            (0..=rules.len())
                .map(|n| match n {
                    0 => format!("x.{base}"),
                    n => format!("x{n}.{base}"),
                })
                .find(|host| !is_named(host))?
        }
        HostPattern::Any => return None,
    };
    let authority = match port {
        PortPattern::Default => host,
        PortPattern::Exact(port) => format!("{host}:{port}"),
        PortPattern::Any => return None,
    };
    Some((scheme.as_str(), authority))
}
