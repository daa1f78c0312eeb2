//! `http GET,HEAD https://api.example.org/v1/**`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::{CanonicalUrl, HostPattern, Method, Methods, OriginPattern, PathPattern};
use crate::address::{is_public, unwrap_address};
use crate::words::Word;
use crate::{ByteSize, ConfigRef, GrantError, Layer};

/// Requests to one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpGrant {
    /// Which methods.
    pub methods: Methods,
    /// Which scheme, host and port.
    pub origin: OriginPattern,
    /// Which paths; any of them. Sorted, never empty.
    pub paths: Vec<PathPattern>,
    /// Addresses that are not public, and that the host's name may have all the same. Sorted. Not in needs.
    pub addresses: Vec<IpNet>,
    /// How many requests one call may make. In grants only.
    pub max_requests: Option<u32>,
    /// How large one response may be, after decompression. In grants only.
    pub max_response: Option<ByteSize>,
}

/// How much of a request a rule covers, in the order in which it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Nothing,
    Host,
    Scheme,
    Port,
    /// Host, scheme, port and method, but not the path.
    Method,
    /// Host, scheme, port and path, but not the method.
    Path,
    All,
}

/// The most paths and the most addresses of a rule. More would be a list; and needs are foreign text.
pub(crate) const MAX_LISTED: usize = 100;

impl HttpGrant {
    pub(crate) fn parse(layer: Layer, words: &[Word]) -> Result<Self, GrantError> {
        let [methods, target, rest @ ..] = words else {
            let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            return Err(GrantError::syntax(
                &format!("http {}", text.join(" ")),
                "it is written `http GET,HEAD https://api.example.org/v1/**`",
            ));
        };
        let methods = Methods::parse(layer, methods)?;
        let (origin, first) = split_target(layer, &target.text)?;
        let mut grant = Self {
            methods,
            origin: OriginPattern::parse(layer, origin)?,
            paths: Vec::new(),
            addresses: Vec::new(),
            max_requests: None,
            max_response: None,
        };
        if !first.is_empty() {
            grant.paths.push(PathPattern::parse(layer, first)?);
        }
        for word in rest {
            grant.parse_more(layer, word)?;
        }
        grant.settle(layer)?;
        // A default that fits nowhere is found now, not in the run that needs it.
        grant.bind_config(&BTreeMap::new())?;
        Ok(grant)
    }

    fn parse_more(&mut self, layer: Layer, word: &Word) -> Result<(), GrantError> {
        let once = |taken: bool| match taken {
            true => Err(GrantError::syntax(&word.text, "it is said twice")),
            false => Ok(()),
        };
        if word.text.starts_with('/') {
            self.paths.push(PathPattern::parse(layer, &word.text)?);
        } else if let Some(nets) = word.option("addresses") {
            once(!self.addresses.is_empty())?;
            for net in nets.split(',') {
                self.addresses.push(read_net(net)?);
            }
        } else if let Some(number) = word.option("max-requests") {
            once(self.max_requests.is_some())?;
            self.max_requests =
                Some(number.parse().map_err(|_| {
                    GrantError::syntax(&word.text, "it is a whole number of requests")
                })?);
        } else if let Some(size) = word.option("max-response") {
            once(self.max_response.is_some())?;
            self.max_response = Some(size.parse()?);
        } else {
            return Err(GrantError::syntax(
                &word.text,
                "after the first target come paths with `/`, addresses=, max-requests= and max-response=",
            ));
        }
        Ok(())
    }

    /// Puts what was read into its canonical form, and refuses what nothing would enforce.
    pub(crate) fn settle(&mut self, layer: Layer) -> Result<(), GrantError> {
        if self.paths.is_empty() {
            self.paths.push(PathPattern::any());
        }
        self.paths.sort();
        self.paths.dedup();
        self.addresses.sort();
        self.addresses.dedup();
        let refuse = |reason| Err(GrantError::unenforced(&self.to_string(), reason));
        if self.paths.len() > MAX_LISTED || self.addresses.len() > MAX_LISTED {
            return refuse("a rule has at most 100 paths and 100 addresses");
        }
        if layer == Layer::Need && !self.addresses.is_empty() {
            return refuse("a plugin has no say in addresses");
        }
        if layer != Layer::Grant && (self.max_requests.is_some() || self.max_response.is_some()) {
            return refuse("max-requests and max-response stand in grants only");
        }
        if self.max_requests == Some(0) || self.max_response == Some(ByteSize::bytes(0)) {
            return refuse("a budget of nothing grants nothing");
        }
        let literal = matches!(self.origin.host_pattern(), Some(HostPattern::Address(_)));
        if literal && !self.addresses.is_empty() {
            return refuse("the origin names its one address itself");
        }
        Ok(())
    }

    /// How far the rule covers a request.
    pub(crate) fn reach(&self, layer: Layer, method: Method, url: &CanonicalUrl) -> Reach {
        let (host, scheme, port) = self.origin.covers(url);
        if !host || !self.covers_literal(layer, url) {
            return Reach::Nothing;
        }
        if !scheme {
            return Reach::Host;
        }
        if !port {
            return Reach::Scheme;
        }
        let path = self.paths.iter().any(|path| path.covers(url.path()));
        match (path, self.methods.contains(method)) {
            (true, true) => Reach::All,
            (true, false) => Reach::Path,
            (false, true) => Reach::Method,
            (false, false) => Reach::Port,
        }
    }

    /// A policy's `*` stands for public hosts: an address that is not public passes only where it is named.
    fn covers_literal(&self, layer: Layer, url: &CanonicalUrl) -> bool {
        match url.address() {
            Some(address) if layer == Layer::Policy => self.covers_address(address),
            _ => true,
        }
    }

    /// Whether the rule lets a host have this address.
    pub(crate) fn covers_address(&self, address: IpAddr) -> bool {
        let address = unwrap_address(address);
        match self.origin.host_pattern() {
            Some(HostPattern::Address(granted)) => unwrap_address(*granted) == address,
            Some(_) => {
                is_public(address) || self.addresses.iter().any(|net| net.contains(&address))
            }
            None => false,
        }
    }

    pub(crate) fn bind(&self, inputs: &BTreeMap<String, String>) -> Result<Self, GrantError> {
        let paths: Result<_, _> = self.paths.iter().map(|path| path.bind(inputs)).collect();
        let mut bound = Self {
            paths: paths?,
            ..self.clone()
        };
        bound.settle(Layer::Grant)?;
        Ok(bound)
    }

    pub(crate) fn bind_config(
        &self,
        config: &BTreeMap<String, String>,
    ) -> Result<Self, GrantError> {
        let OriginPattern::Config(place) = &self.origin else {
            return Ok(self.clone());
        };
        let Some(value) = place.value(config) else {
            return Ok(self.clone());
        };
        // One origin, and perhaps the path under which the service lives; a `/` at its end adds nothing.
        let (origin, prefix) = split_target(Layer::Grant, value)?;
        let origin = OriginPattern::parse(Layer::Grant, origin)?;
        if matches!(origin.host_pattern(), Some(HostPattern::Below(_))) {
            return Err(GrantError::value(value, "it is the address of one service"));
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if !prefix.is_empty() {
            PathPattern::parse(Layer::Policy, prefix)?;
            if prefix.contains(['*', '{']) {
                return Err(GrantError::value(value, "its path holds a wildcard"));
            }
        }
        let mut bound = Self {
            origin,
            paths: self.paths.iter().map(|path| path.below(prefix)).collect(),
            ..self.clone()
        };
        bound.settle(Layer::Need)?;
        Ok(bound)
    }

    pub(crate) fn is_bound(&self) -> bool {
        matches!(self.origin, OriginPattern::Fixed { .. })
            && self.paths.iter().all(|path| path.inputs().next().is_none())
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.methods.meets(other.methods)
            && self.origin.meets(&other.origin)
            && self
                .paths
                .iter()
                .any(|mine| other.paths.iter().any(|theirs| mine.meets(theirs)))
    }
}

/// Splits `https://host/path` before its path.
pub(super) fn split_target(layer: Layer, text: &str) -> Result<(&str, &str), GrantError> {
    let origin = if layer == Layer::Need
        && let Some((_, rest)) = ConfigRef::parse_prefix(text)?
    {
        text.len() - rest.len()
    } else {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| {
            GrantError::syntax(text, "an origin is written `https://api.example.org`")
        })?;
        let authority = rest.find('/').unwrap_or(rest.len());
        scheme.len() + "://".len() + authority
    };
    Ok(text.split_at_checked(origin).unwrap_or((text, "")))
}

/// Reads `10.0.0.0/8`, with nothing set behind its prefix.
pub(crate) fn read_net(text: &str) -> Result<IpNet, GrantError> {
    let net: IpNet = text.parse().map_err(|_| {
        GrantError::syntax(
            text,
            "an address range is written like `10.0.0.0/8` or `fd00::/8`",
        )
    })?;
    if net.trunc() != net || net.to_string() != text {
        return Err(GrantError::noncanonical(
            text,
            format!("it would be written {}", net.trunc()),
        ));
    }
    // Addresses are judged in the form that is really meant, so that this range would never match.
    if unwrap_address(net.network()) != net.network() {
        return Err(GrantError::noncanonical(
            text,
            "an IPv4 range is written as one, not within IPv6",
        ));
    }
    Ok(net)
}

impl fmt::Display for HttpGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http {} {}", self.methods, self.origin)?;
        for (index, path) in self.paths.iter().enumerate() {
            match index {
                0 => write!(f, "{path}")?,
                _ => write!(f, " {path}")?,
            }
        }
        for (index, net) in self.addresses.iter().enumerate() {
            match index {
                0 => write!(f, " addresses={net}")?,
                _ => write!(f, ",{net}")?,
            }
        }
        if let Some(number) = self.max_requests {
            write!(f, " max-requests={number}")?;
        }
        if let Some(size) = self.max_response {
            write!(f, " max-response={size}")?;
        }
        Ok(())
    }
}
