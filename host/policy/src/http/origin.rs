//! Which scheme, host and port: `https://api.example.org`, `http://127.0.0.1:9090`, `https://*.example.org`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::grant::split_target;
use super::host::{Host, read_host, read_port, split_port};
use super::{CanonicalUrl, Scheme};
use crate::{ConfigRef, GrantError, Layer};

/// The scheme of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemePattern {
    /// This one: https never covers http.
    Exact(Scheme),
    /// `*`: either. In needs and policy only.
    Any,
}

/// The host of an origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostPattern {
    /// This name, in lower case, as A-labels.
    Name(String),
    /// `*.example.org` (here without the `*.`): one or more whole labels below it, never the apex.
    Below(String),
    /// This address.
    Address(IpAddr),
    /// `*`: any host. In needs and policy only.
    Any,
}

/// The port of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortPattern {
    /// The scheme's own: 443 or 80.
    Default,
    /// This one.
    Exact(u16),
    /// `*`: any port. In needs and policy only.
    Any,
}

/// Which origins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginPattern {
    /// Scheme, host and port.
    Fixed {
        /// The scheme.
        scheme: SchemePattern,
        /// The host.
        host: HostPattern,
        /// The port.
        port: PortPattern,
    },
    /// `{config.KEY}`: what the skill configures. In needs only, until they are bound.
    Config(ConfigRef),
}

impl OriginPattern {
    /// Reads an origin, by the rules of the layer. Nothing follows it: no path, no `/`.
    ///
    /// # Errors
    /// For any other spelling than the canonical one.
    pub fn parse(layer: Layer, text: &str) -> Result<Self, GrantError> {
        if layer == Layer::Need
            && let Some((config, rest)) = ConfigRef::parse_prefix(text)?
        {
            if !rest.is_empty() {
                return Err(GrantError::placeholder(text, "nothing follows it here"));
            }
            return Ok(Self::Config(config));
        }
        let wide = |what| match layer {
            Layer::Grant => Err(GrantError::wildcard(text, what)),
            Layer::Need | Layer::Policy => Ok(()),
        };
        let (scheme, authority) = text.split_once("://").ok_or_else(|| {
            GrantError::syntax(text, "an origin is written `https://api.example.org`")
        })?;
        let scheme = match scheme {
            "http" => SchemePattern::Exact(Scheme::Http),
            "https" => SchemePattern::Exact(Scheme::Https),
            "*" => {
                wide("a grant names its scheme")?;
                SchemePattern::Any
            }
            _ => {
                return Err(GrantError::syntax(
                    text,
                    "the scheme is `https` or `http`, in lower case",
                ));
            }
        };
        let refuse = |reason| GrantError::noncanonical(text, reason);
        let (host, port) = split_port(authority).map_err(refuse)?;
        let port = match port {
            None => PortPattern::Default,
            Some("*") => {
                wide("a grant names its port")?;
                PortPattern::Any
            }
            Some(port) => {
                let own = match scheme {
                    SchemePattern::Exact(scheme) => Some(scheme),
                    SchemePattern::Any => None,
                };
                PortPattern::Exact(read_port(port, own).map_err(refuse)?)
            }
        };
        let host = if host == "*" {
            wide("a grant names its host; `*.example.org` is the widest that it may be")?;
            HostPattern::Any
        } else if let Some(base) = host.strip_prefix("*.") {
            if !base.contains('.') {
                wide("`*.` stands before a name of two labels or more")?;
            }
            match Self::host(base).map_err(refuse)? {
                HostPattern::Name(base) => HostPattern::Below(base),
                _ => return Err(refuse("`*.` stands before a name, not an address")),
            }
        } else {
            Self::host(host).map_err(refuse)?
        };
        Ok(Self::Fixed { scheme, host, port })
    }

    /// Puts the configured value in the place of `{config.KEY}`, without the path that it may have.
    pub(crate) fn bind_config(
        &self,
        config: &BTreeMap<String, String>,
    ) -> Result<Self, GrantError> {
        match self {
            Self::Config(place) => match place.value(config) {
                Some(value) => Self::parse(Layer::Grant, split_target(Layer::Grant, value)?.0),
                None => Ok(self.clone()),
            },
            Self::Fixed { .. } => Ok(self.clone()),
        }
    }

    fn host(text: &str) -> Result<HostPattern, &'static str> {
        let host = read_host(text)?;
        // The same reader that judges requests has the last word, above all on A-labels.
        let url =
            url::Url::parse(&format!("http://{text}/")).map_err(|_| "no URL can have this host")?;
        if url.host_str() != Some(text) {
            return Err("the host is not in its canonical spelling");
        }
        Ok(match host {
            Host::Name(name) => HostPattern::Name(name.to_owned()),
            Host::Address(address) => HostPattern::Address(address),
        })
    }

    /// The origin of a request.
    pub(crate) fn of(url: &CanonicalUrl) -> Self {
        let port = match url.port() == url.scheme().default_port() {
            true => PortPattern::Default,
            false => PortPattern::Exact(url.port()),
        };
        let host = match url.address() {
            Some(address) => HostPattern::Address(address),
            None => HostPattern::Name(url.host().to_owned()),
        };
        Self::Fixed {
            scheme: SchemePattern::Exact(url.scheme()),
            host,
            port,
        }
    }

    /// Whether the request's host, then its scheme, then its port are covered.
    pub(crate) fn covers(&self, url: &CanonicalUrl) -> (bool, bool, bool) {
        let Self::Fixed { scheme, host, port } = self else {
            return (false, false, false);
        };
        let host = match host {
            HostPattern::Name(name) => url.address().is_none() && url.host() == name,
            HostPattern::Address(address) => url.address() == Some(*address),
            HostPattern::Below(base) => url.address().is_none() && below(url.host(), base),
            HostPattern::Any => true,
        };
        let scheme = match scheme {
            SchemePattern::Exact(scheme) => *scheme == url.scheme(),
            SchemePattern::Any => true,
        };
        let port = match port {
            PortPattern::Default => url.port() == url.scheme().default_port(),
            PortPattern::Exact(port) => url.port() == *port,
            PortPattern::Any => true,
        };
        (host, scheme, port)
    }

    /// Whether there is an origin that both cover.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let (
            Self::Fixed { scheme, host, port },
            Self::Fixed {
                scheme: scheme2,
                host: host2,
                port: port2,
            },
        ) = (self, other)
        else {
            return false;
        };
        let covers = |pattern: &SchemePattern, scheme: Scheme| match pattern {
            SchemePattern::Exact(one) => *one == scheme,
            SchemePattern::Any => true,
        };
        host.meets(host2)
            && [Scheme::Http, Scheme::Https].into_iter().any(|one| {
                covers(scheme, one)
                    && covers(scheme2, one)
                    && match (port.number(one), port2.number(one)) {
                        (Some(a), Some(b)) => a == b,
                        _ => true,
                    }
            })
    }

    /// Whether each origin that `other` covers is covered here too; of an origin with a wildcard for its scheme or port,
    /// only if this one has the same.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        let (
            Self::Fixed { scheme, host, port },
            Self::Fixed {
                scheme: scheme2,
                host: host2,
                port: port2,
            },
        ) = (self, other)
        else {
            return false;
        };
        let ports = match (port, port2, scheme2) {
            (PortPattern::Any, _, _) => true,
            (mine, theirs, SchemePattern::Any) => mine == theirs,
            (mine, theirs, SchemePattern::Exact(scheme)) => {
                mine.number(*scheme) == theirs.number(*scheme)
            }
        };
        host.contains(host2) && (*scheme == SchemePattern::Any || scheme == scheme2) && ports
    }

    /// The host, unless it is a placeholder.
    pub fn host_pattern(&self) -> Option<&HostPattern> {
        match self {
            Self::Fixed { host, .. } => Some(host),
            Self::Config(_) => None,
        }
    }
}

impl PortPattern {
    /// The port that it means for one scheme; `None` is any.
    fn number(self, scheme: Scheme) -> Option<u16> {
        match self {
            Self::Default => Some(scheme.default_port()),
            Self::Exact(port) => Some(port),
            Self::Any => None,
        }
    }
}

/// Whether a name has one or more labels before a base.
fn below(name: &str, base: &str) -> bool {
    name.strip_suffix(base)
        .is_some_and(|labels| labels.len() > 1 && labels.ends_with('.'))
}

impl HostPattern {
    /// Whether each host that `other` covers is covered here too. An address that `*` covers may still not be public,
    /// which is not asked here.
    fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Below(base), Self::Name(name)) => below(name, base),
            (Self::Below(base), Self::Below(other)) => base == other || below(other, base),
            (mine, other) => mine == other,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Name(a), Self::Name(b)) => a == b,
            (Self::Address(a), Self::Address(b)) => a == b,
            (Self::Name(name), Self::Below(base)) | (Self::Below(base), Self::Name(name)) => {
                below(name, base)
            }
            (Self::Below(a), Self::Below(b)) => a == b || below(a, b) || below(b, a),
            (Self::Address(_), _) | (_, Self::Address(_)) => false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Below(base) => write!(f, "*.{base}"),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Any => f.write_str("*"),
        }
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Self::Fixed { scheme, host, port } => (scheme, host, port),
            Self::Config(config) => return config.fmt(f),
        };
        match scheme {
            SchemePattern::Exact(scheme) => f.write_str(scheme.as_str())?,
            SchemePattern::Any => f.write_str("*")?,
        }
        write!(f, "://{host}")?;
        match port {
            PortPattern::Default => Ok(()),
            PortPattern::Exact(port) => write!(f, ":{port}"),
            PortPattern::Any => f.write_str(":*"),
        }
    }
}
