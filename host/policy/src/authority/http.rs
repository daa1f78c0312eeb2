//! Whether a request may be sent, to which address, with which headers.

use std::net::IpAddr;

use super::Authority;
use crate::http::{
    CanonicalUrl, HttpRule, HttpRules, Reach, UrlFault, header_is_token, header_value_is_plain,
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
        let covering = self.http.grant.covering(method, &url);
        let mut rules: Vec<&HttpRule> = covering.collect();
        // In the order in which they were written, each once.
        rules.sort_unstable_by_key(|rule| rule.id.index);
        rules.dedup_by_key(|rule| rule.id.index);
        let Some((first, others)) = rules.split_first() else {
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
            others: others.iter().map(|rule| rule.id.index).collect(),
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
        let asked = format!("{method} {url}");
        let denied = |layer, reason: String| Denial {
            layer,
            ..Denial::new(DenialCode::HttpAddressDenied, &asked, reason)
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
            let narrowest = policy_allows.then(|| {
                let mut grant = exactly(method, url);
                grant.addresses = special()
                    .map(|answer| IpNet::from(unwrap_address(answer)))
                    .collect();
                grant.addresses.sort();
                grant.addresses.dedup();
                Grant::Http(grant)
            });
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
        let plain = |text: &str| text.replace('_', "-").to_ascii_lowercase();
        if self
            .granted_secrets()
            .any(|secret| plain(&secret.header) == plain(name))
        {
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
        let asked = format!("{} {}", allowed.method, allowed.url);
        let (layer, reason) = match call {
            true => (
                None,
                format!("this call has made its {} requests", self.limits.requests),
            ),
            false => (
                Some(Layer::Grant),
                "this call has made as many requests as the grant allows".to_owned(),
            ),
        };
        let narrowest = (!call).then(|| {
            Grant::Http(HttpGrant {
                max_requests: Some(1),
                ..exactly(allowed.method, &allowed.url)
            })
        });
        Denial {
            layer,
            rule: Some(allowed.rule.clone()),
            narrowest,
            ..Denial::new(DenialCode::HttpRequestBudget, &asked, reason)
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
            None => denial.narrowest = Some(Grant::Http(exactly(method, url))),
            Some((layer, _)) => {
                denial.reason.push_str("; nor ");
                denial.reason.push_str(nor(layer));
            }
        }
        denial
    }
}

/// The least grant that covers a request. A grant says nothing about the query.
fn exactly(method: Method, url: &CanonicalUrl) -> HttpGrant {
    HttpGrant {
        methods: Methods::only(method),
        origin: OriginPattern::of(url),
        paths: vec![PathPattern::literal(url.path())],
        addresses: Vec::new(),
        max_requests: None,
        max_response: None,
    }
}

fn uncovered(layer: Layer, rules: &HttpRules, method: Method, url: &CanonicalUrl) -> Denial {
    let (reach, rule) = rules.nearest(method, url);
    let (code, what) = match reach {
        Reach::Nothing => (
            DenialCode::HttpHostDenied,
            format!("the host {}", url.host()),
        ),
        Reach::Host => (
            DenialCode::HttpSchemeDenied,
            format!("the scheme {} for {}", url.scheme().as_str(), url.host()),
        ),
        Reach::Scheme => (
            DenialCode::HttpPortDenied,
            format!("the port {} of {}", url.port(), url.host()),
        ),
        Reach::Port | Reach::Method | Reach::All => (
            DenialCode::HttpPathDenied,
            format!(
                "the path {} of {}",
                display_safe(url.path(), 200),
                url.host()
            ),
        ),
        Reach::Path => (
            DenialCode::HttpMethodDenied,
            format!("the method {method} there"),
        ),
    };
    let reason = match layer {
        Layer::Grant => format!("no grant covers {what}"),
        Layer::Need => format!("none of the plugin's own needs covers {what}"),
        Layer::Policy => format!("the operator's policy does not cover {what}"),
    };
    Denial {
        layer: Some(layer),
        rule: rule.cloned(),
        ..Denial::new(code, &format!("{method} {url}"), reason)
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
