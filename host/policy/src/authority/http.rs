//! Whether a request may be sent, to which address, with which headers.

use std::net::IpAddr;

use super::Authority;
use crate::denial::MAX_ASKED;
use crate::http::{
    CanonicalUrl, HttpRule, HttpRules, MAX_LISTED, Reach, UrlFault, header_is_partial,
    header_is_token, header_value_is_plain, same_header,
};
use crate::{
    Denial, DenialCode, Grant, HttpAllowed, HttpAsk, HttpGrant, IpNet, Layer, Method, Methods,
    OriginPattern, PathPattern, SecretGrant, display_safe, host_owns_header, is_public,
    unwrap_address,
};

impl Authority {
    /// Judges a request. What comes back is what must be sent.
    ///
    /// # Errors
    /// With the code of the first thing that no rule covers, in the order host, scheme, port, path, method.
    pub fn http(&self, asked: &HttpAsk<'_>) -> Result<HttpAllowed, Denial> {
        let url = CanonicalUrl::read(asked).map_err(|fault| refused_url(asked, fault))?;
        let method = Method::from_name(asked.method).ok_or_else(|| refused_method(asked))?;
        // In the order in which they were written: the first, and the others.
        let mut first: Option<&HttpRule> = None;
        let mut others = Vec::new();
        for rule in self.http.grant.covering(method, &url) {
            match first.map(|first| first.id.index) {
                Some(index) if index == rule.id.index => {}
                Some(index) if index < rule.id.index => others.push(rule.id.index),
                earlier => {
                    others.extend(earlier);
                    first = Some(rule);
                }
            }
        }
        others.sort_unstable();
        others.dedup();
        let Some(first) = first else {
            return Err(self.not_granted(method, &url));
        };
        for (layer, rules) in self.other_layers() {
            if rules.covering(method, &url).next().is_none() {
                return Err(uncovered(layer, rules, method, &url));
            }
        }
        Ok(HttpAllowed {
            rule: first.id.clone(),
            method,
            grant: first.id.index,
            others,
            max_requests: first.grant.max_requests,
            max_response: first.grant.max_response,
            url,
        })
    }

    /// Judges all addresses that the host of an allowed request has, before one of them is dialled.
    ///
    /// # Errors
    /// `http-address-denied` if there is none, or if any is neither public nor granted.
    pub fn address(&self, allowed: &HttpAllowed, answers: &[IpAddr]) -> Result<(), Denial> {
        let (method, url) = (allowed.method, &allowed.url);
        let denied = |layer, reason: String| Denial {
            layer,
            ..of_request(DenialCode::HttpAddressDenied, method, url, reason)
        };
        if answers.is_empty() {
            return Err(denied(None, format!("{} has no address", url.host())));
        }
        if let Some(granted) = url.address() {
            // Nothing is looked up for a literal: another address is not what was judged.
            return match answers.iter().find(|answer| **answer != granted) {
                Some(other) => Err(denied(
                    None,
                    format!("{other} is not the address asked for"),
                )),
                None => Ok(()),
            };
        }
        let granted = |rules: &HttpRules, answer: IpAddr| {
            rules
                .covering(method, url)
                .any(|rule| rule.grant.covers_address(answer))
        };
        let special = || answers.iter().copied().filter(|answer| !is_public(*answer));
        if let Some(answer) = special().find(|answer| !granted(&self.http.grant, *answer)) {
            let policy_allows = self
                .http
                .policy
                .as_ref()
                .is_none_or(|rules| special().all(|answer| granted(rules, answer)));
            let mut addresses: Vec<IpNet> = special()
                .map(|answer| IpNet::from(unwrap_address(answer)))
                .collect();
            addresses.sort();
            addresses.dedup();
            let narrowest = exactly(method, url)
                .filter(|_| policy_allows && addresses.len() <= MAX_LISTED)
                .map(|grant| Grant::Http(HttpGrant { addresses, ..grant }));
            return Err(Denial {
                rule: Some(allowed.rule.clone()),
                narrowest,
                ..denied(
                    Some(Layer::Grant),
                    format!(
                        "{} has the address {answer}, which is not public, and no grant names it in `addresses`",
                        url.host()
                    ),
                )
            });
        }
        if let Some(rules) = &self.http.policy
            && let Some(answer) = special().find(|answer| !granted(rules, *answer))
        {
            return Err(Denial {
                rule: rules
                    .covering(method, url)
                    .next()
                    .map(|rule| rule.id.clone()),
                ..denied(
                    Some(Layer::Policy),
                    format!(
                        "{} has the address {answer}, which is not public, and the operator's policy does not name it",
                        url.host()
                    ),
                )
            });
        }
        Ok(())
    }

    /// Whether a guest may send this header with any request: not those that are the host's, nor those that a granted
    /// secret sets, nor malformed ones. Their total size is the sender's to count.
    ///
    /// # Errors
    /// `http-header-denied`.
    pub fn header(&self, name: &str, value: &[u8]) -> Result<(), Denial> {
        let denied = |reason: &str| {
            let asked = format!("header {name}");
            Err(Denial::new(DenialCode::HttpHeaderDenied, &asked, reason))
        };
        // First, since a pseudo-header is no token either.
        if host_owns_header(name) {
            return denied("only the host sets it");
        }
        if !header_is_token(name) {
            return denied("that is no header's name");
        }
        if !header_value_is_plain(value) {
            return denied("its value holds control characters");
        }
        // Whatever its origin: a guest has no business with the header that carries a secret.
        let mut secrets = self.granted_secrets().peekable();
        if secrets.peek().is_some() && header_is_partial(name) {
            return denied(
                "a part of a response could hold a part of a secret, and nobody would know it",
            );
        }
        if secrets.any(|secret| same_header(&secret.header) == same_header(name)) {
            return denied("a granted secret sets it");
        }
        Ok(())
    }

    /// The secrets to apply to an allowed request: those of its own origin, over https, or where the address that is
    /// dialled is a loopback address.
    pub fn secrets_for(
        &self,
        allowed: &HttpAllowed,
        dialled: IpAddr,
    ) -> impl Iterator<Item = &SecretGrant> {
        let safe =
            allowed.url.scheme() == crate::Scheme::Https || unwrap_address(dialled).is_loopback();
        self.granted_secrets()
            .filter(move |_| safe)
            .filter(|secret| secret.origin.covers(&allowed.url) == (true, true, true))
            .filter(|secret| self.secret_passes(secret, &allowed.url))
    }

    /// All secrets that the host might apply, for scrubbing.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretGrant> {
        self.granted_secrets()
    }

    /// The http grant at an index of [`Authority::grants`].
    pub fn http_grant(&self, index: usize) -> Option<&HttpGrant> {
        match self.grants.as_slice().get(index) {
            Some(Grant::Http(grant)) => Some(grant),
            _ => None,
        }
    }

    /// The refusal of an allowed request whose budget is used up: that of each grant which covers it, or else that of
    /// the call.
    pub fn over_budget(&self, allowed: &HttpAllowed, call: bool) -> Denial {
        let (layer, reason) = match call {
            true => (
                None,
                format!("this call has made its {} requests", self.limits.requests),
            ),
            false => (
                Some(Layer::Grant),
                format!(
                    "this call has made the {} requests that the grant allows",
                    allowed.max_requests.unwrap_or_default()
                ),
            ),
        };
        let (method, url) = (allowed.method, &allowed.url);
        let narrowest = exactly(method, url).filter(|_| !call).map(|grant| {
            Grant::Http(HttpGrant {
                max_requests: Some(1),
                ..grant
            })
        });
        Denial {
            layer,
            rule: Some(allowed.rule.clone()),
            narrowest,
            ..of_request(DenialCode::HttpRequestBudget, method, url, reason)
        }
    }

    /// Need and policy, as far as they say anything.
    fn other_layers(&self) -> impl Iterator<Item = (Layer, &HttpRules)> {
        let need = self.http.need.iter().map(|rules| (Layer::Need, rules));
        need.chain(self.http.policy.iter().map(|rules| (Layer::Policy, rules)))
    }

    fn not_granted(&self, method: Method, url: &CanonicalUrl) -> Denial {
        let mut denial = uncovered(Layer::Grant, &self.http.grant, method, url);
        let refusing = self
            .other_layers()
            .find(|(_, rules)| rules.covering(method, url).next().is_none());
        match refusing {
            None => denial.narrowest = exactly(method, url).map(Grant::Http),
            Some((layer, _)) => {
                denial.reason.push_str("; nor ");
                denial.reason.push_str(nor(layer));
            }
        }
        denial
    }
}

/// What the policy says of a request that it does not cover.
pub(crate) fn not_in_policy(rules: &HttpRules, method: Method, url: &CanonicalUrl) -> Denial {
    uncovered(Layer::Policy, rules, method, url)
}

/// The least grant that covers a request; none if its path is longer than a grant's may be. A grant says nothing about
/// the query.
fn exactly(method: Method, url: &CanonicalUrl) -> Option<HttpGrant> {
    Some(HttpGrant {
        methods: Methods::only(method),
        origin: OriginPattern::of(url),
        paths: vec![PathPattern::literal(url.path())?],
        addresses: Vec::new(),
        max_requests: None,
        max_response: None,
    })
}

fn of_request(code: DenialCode, method: Method, url: &CanonicalUrl, reason: String) -> Denial {
    let mut asked = String::with_capacity(MAX_ASKED);
    asked.push_str(method.as_str());
    asked.push(' ');
    asked.push_str(url.as_str());
    Denial::new(code, &asked, reason)
}

/// Formatted by hand, since a guest may ask as often as it likes for what it does not get.
fn uncovered(layer: Layer, rules: &HttpRules, method: Method, url: &CanonicalUrl) -> Denial {
    let (reach, rule) = rules.nearest(method, url);
    let mut reason = String::with_capacity(128);
    reason.push_str(match layer {
        Layer::Grant => "no grant covers ",
        Layer::Need => "none of the plugin's own needs covers ",
        Layer::Policy => "the operator's policy does not cover ",
    });
    let mut say = |parts: &[&str]| parts.iter().for_each(|part| reason.push_str(part));
    let code = match reach {
        Reach::Nothing => {
            say(&["the host ", url.host()]);
            DenialCode::HttpHostDenied
        }
        Reach::Host => {
            say(&["the scheme ", url.scheme().as_str(), " for ", url.host()]);
            DenialCode::HttpSchemeDenied
        }
        Reach::Scheme => {
            say(&["the port ", &url.port().to_string(), " of ", url.host()]);
            DenialCode::HttpPortDenied
        }
        Reach::Port | Reach::Method | Reach::All => {
            say(&[
                "the path ",
                &display_safe(url.path(), 200),
                " of ",
                url.host(),
            ]);
            DenialCode::HttpPathDenied
        }
        Reach::Path => {
            say(&["the method ", method.as_str(), " there"]);
            DenialCode::HttpMethodDenied
        }
    };
    Denial {
        layer: Some(layer),
        rule: rule.cloned(),
        ..of_request(code, method, url, reason)
    }
}

/// What stands in the way even of a grant.
pub(super) fn nor(layer: Layer) -> &'static str {
    match layer {
        Layer::Grant => "does a grant",
        Layer::Need => "does the plugin list it among its needs",
        Layer::Policy => "does the operator's policy allow it",
    }
}

fn refused_url(asked: &HttpAsk<'_>, fault: UrlFault) -> Denial {
    let text = format!(
        "{} {}://{}{}",
        asked.method, asked.scheme, asked.authority, asked.path_and_query
    );
    let (code, reason) = match fault {
        UrlFault::Scheme(reason) => (DenialCode::HttpSchemeDenied, reason),
        UrlFault::Noncanonical(reason) => (DenialCode::HttpUrlNoncanonical, reason),
        UrlFault::Path(reason) => (DenialCode::HttpPathDenied, reason),
    };
    Denial::new(code, &text, reason)
}

fn refused_method(asked: &HttpAsk<'_>) -> Denial {
    let text = format!(
        "{} {}://{}{}",
        asked.method, asked.scheme, asked.authority, asked.path_and_query
    );
    Denial::new(
        DenialCode::HttpMethodDenied,
        &text,
        "no such method is ever granted; methods are written in capitals",
    )
}
