//! An authority in a line.

use remit_policy::*;

pub fn grants(texts: &[&str]) -> Grants {
    let parse = |text: &&str| Grant::parse(Layer::Grant, text).unwrap_or_else(|e| panic!("{e}"));
    Grants::new(texts.iter().map(parse).collect()).unwrap()
}

pub fn needs(texts: &[&str]) -> Needs {
    Needs::parse(texts.iter().map(|text| (*text, "because"))).unwrap_or_else(|e| panic!("{e}"))
}

pub fn policy(texts: &[&str]) -> OperatorPolicy {
    let parse = |text: &&str| Grant::parse(Layer::Policy, text).unwrap_or_else(|e| panic!("{e}"));
    OperatorPolicy {
        allow: Some(texts.iter().map(parse).collect()),
        ..OperatorPolicy::default()
    }
}

/// Grants alone: a plugin that declares no needs, and no ceiling.
pub fn authority(texts: &[&str]) -> Authority {
    Authority::new(
        grants(texts),
        None,
        &OperatorPolicy::default(),
        Limits::default(),
    )
}

pub fn layered(granted: &[&str], needed: Option<&[&str]>, allowed: Option<&[&str]>) -> Authority {
    Authority::new(
        grants(granted),
        needed.map(needs),
        &allowed.map(policy).unwrap_or_default(),
        Limits::default(),
    )
}

/// Asks for a URL, split without any understanding: at `://`, and at the first `/` after it.
pub fn ask(authority: &Authority, method: &str, url: &str) -> Result<HttpAllowed, Denial> {
    let (scheme, rest) = url.split_once("://").unwrap();
    let path = rest.find('/').unwrap_or(rest.len());
    let (host, target) = rest.split_at(path);
    authority.http(&HttpAsk {
        method,
        scheme,
        authority: host,
        path_and_query: target,
    })
}

pub fn code(verdict: Result<HttpAllowed, Denial>) -> &'static str {
    match verdict {
        Ok(_) => "allowed",
        Err(denial) => denial.code(),
    }
}
