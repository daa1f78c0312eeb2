//! Where something comes from, as a person or a skill names it.

mod reference;
mod web;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use reference::{Pin, Reference};
use remit_policy::display_safe;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
pub use web::WebUrl;

use crate::error::RegistryError;

/// Characters of a source: longer ones are written by nobody.
const MAX_SOURCE: usize = 2048;

/// A file or folder, an https URL, or an OCI reference. Its text reads back as the same source, and there is one text
/// for each: what has a second spelling is refused, with the right one named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A component, a skill's archive or a skill's folder on this machine.
    Path(PathBuf),
    /// `https://…`, or `http://…` of a loopback host.
    Web(WebUrl),
    /// `oci://…`, or `oci+http://…` of a loopback host.
    Oci(Reference),
}

impl Source {
    /// The path, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Path(path) => Some(path),
            _ => None,
        }
    }

    /// Whether fetching it uses the network.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Source::Path(_))
    }

    /// Whether it names its bytes by digest, so that it cannot be moved.
    pub fn is_pinned(&self) -> bool {
        matches!(self, Source::Oci(reference) if matches!(reference.pin(), Pin::Digest(_)))
    }
}

impl FromStr for Source {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Source, RegistryError> {
        if text.is_empty() {
            return Err(refused(text, "it is empty"));
        }
        if text.len() > MAX_SOURCE {
            return Err(refused(
                text,
                format!("it has more than {MAX_SOURCE} bytes"),
            ));
        }
        if text.chars().any(char::is_control) || !remit_policy::is_display_safe(text) {
            return Err(refused(text, "it holds characters that cannot be seen"));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return local(text);
        };
        match scheme {
            "https" | "http" => WebUrl::parse(text).map(Source::Web),
            "oci" => Reference::parse(text, rest, false).map(Source::Oci),
            "oci+http" => Reference::parse(text, rest, true).map(Source::Oci),
            "file" => Err(refused(
                text,
                "a file is named by its path, without file://",
            )),
            _ => Err(refused(text, "it is neither https://, oci:// nor a path")),
        }
    }
}

/// `oci:ghcr.io/x` and its like are mistakes, not files; whoever has such a file writes `./` before it.
fn local(text: &str) -> Result<Source, RegistryError> {
    for scheme in ["https:", "http:", "oci:", "oci+http:", "docker:", "file:"] {
        if text.starts_with(scheme) {
            return Err(refused(text, format!("`{scheme}` is followed by //")));
        }
    }
    Ok(Source::Path(PathBuf::from(text)))
}

fn refused(text: &str, why: impl Into<String>) -> RegistryError {
    RegistryError::Source {
        text: display_safe(text, 200),
        why: why.into(),
    }
}

/// A host and port as they stand in a URL, in their one spelling: lower case, no number in another form, no dot at
/// the end, nothing of a name and password.
fn authority(text: &str, authority: &str) -> Result<url::Url, RegistryError> {
    let strange = !authority
        .bytes()
        .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' | b'[' | b']'));
    if authority.contains('@') {
        return Err(refused(
            text,
            "it holds a name or password: those are kept in docker's config.json",
        ));
    }
    if authority.is_empty() || strange {
        return Err(refused(
            text,
            "its host is not written in lower-case letters, digits, dots and hyphens",
        ));
    }
    // A scheme without a port of its own, so that a port is never dropped as the usual one; https all the same, since
    // only the hosts of such schemes are checked.
    let url = url::Url::parse(&format!("https://{authority}/"))
        .map_err(|error| refused(text, format!("its host cannot be used: {error}")))?;
    let usual = authority.strip_suffix(":443").unwrap_or(authority);
    if &url[url::Position::BeforeHost..url::Position::AfterPort] != usual {
        let host = display_safe(url.host_str().unwrap_or_default(), 100);
        return Err(refused(text, format!("its host is written `{host}`")));
    }
    if url.port() == Some(0) {
        return Err(refused(text, "there is no port 0"));
    }
    if url.host_str().is_none_or(|host| host.ends_with('.')) {
        return Err(refused(text, "its host ends in a dot"));
    }
    Ok(url)
}

/// Whether a host is this machine by its name alone. What `localhost` resolves to is looked at when it is dialled.
fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

const ONLY_LOOPBACK: &str = "plain http is for this machine only (127.0.0.1, [::1], localhost)";

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Path(path) => path.display().fmt(f),
            Source::Web(url) => url.fmt(f),
            Source::Oci(reference) => reference.fmt(f),
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Source, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
