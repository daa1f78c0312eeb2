//! What a plugin asks for, parsed once: refused unless it is in its one canonical spelling, never repaired.

use std::fmt;
use std::net::IpAddr;

use super::host::{Host, read_host, read_port, split_port};

/// A request exactly as the guest gave it, except that the caller says what WASI leaves out: an absent
/// path-with-query is `/`, an absent scheme is `https`.
#[derive(Clone, Copy, Debug)]
pub struct HttpAsk<'a> {
    /// `GET`
    pub method: &'a str,
    /// `https`
    pub scheme: &'a str,
    /// `api.example.org` or `127.0.0.1:9090`
    pub authority: &'a str,
    /// `/v1/items?page=2`
    pub path_and_query: &'a str,
}

/// http or https.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// http
    Http,
    /// https
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// 80 or 443.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A URL that was judged: these bytes are sent, and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalUrl {
    text: String,
    scheme: Scheme,
    address: Option<IpAddr>,
    port: u16,
    /// Where in `text` host, authority and path end or begin.
    authority_start: usize,
    host_end: usize,
    path_start: usize,
    path_end: usize,
}

/// What makes a URL be refused before any rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlFault {
    Scheme(&'static str),
    Noncanonical(&'static str),
    Path(&'static str),
}

/// The longest request target: what servers commonly take as a whole request line.
const MAX_TARGET: usize = 8 * 1024;

/// The most names in a path. A pattern may be tried at each of them, and 8 KiB could hold 4,096.
const MAX_NAMES: usize = 256;

impl CanonicalUrl {
    /// Reads what was asked for.
    pub(crate) fn read(asked: &HttpAsk<'_>) -> Result<Self, UrlFault> {
        let scheme = match asked.scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other if other.eq_ignore_ascii_case("http") || other.eq_ignore_ascii_case("https") => {
                return Err(UrlFault::Noncanonical(
                    "the scheme is written in lower case",
                ));
            }
            _ => return Err(UrlFault::Scheme("only https and http can be granted")),
        };
        let (host, port_text) = split_port(asked.authority).map_err(UrlFault::Noncanonical)?;
        let address = match read_host(host).map_err(UrlFault::Noncanonical)? {
            Host::Name(_) => None,
            Host::Address(address) => Some(address),
        };
        let port = match port_text {
            Some(port) => read_port(port, Some(scheme)).map_err(UrlFault::Noncanonical)?,
            None => scheme.default_port(),
        };
        let target = asked.path_and_query;
        check_target(target).map_err(UrlFault::Noncanonical)?;
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        check_path(path).map_err(UrlFault::Path)?;

        let authority_start = scheme.as_str().len() + "://".len();
        let path_start = authority_start + asked.authority.len();
        let mut text = String::with_capacity(path_start + target.len());
        text.push_str(scheme.as_str());
        text.push_str("://");
        text.push_str(asked.authority);
        text.push_str(target);
        // The URL standard has the last word: what it would write otherwise is refused, not repaired.
        let same = (address.is_none() && is_plain(host, target))
            || url::Url::parse(&text).is_ok_and(|url| url.as_str() == text && url.path() == path);
        if !same {
            return Err(UrlFault::Noncanonical(
                "it holds a character that is percent-encoded in a URL, or a name that is no A-label",
            ));
        }
        Ok(Self {
            scheme,
            address,
            port,
            authority_start,
            host_end: authority_start + host.len(),
            path_start,
            path_end: path_start + path.len(),
            text,
        })
    }

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host as in the URL: a name in A-labels, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.text
            .get(self.authority_start..self.host_end)
            .unwrap_or_default()
    }

    /// The host, where it is an address.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The port to dial.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as the Host header has them: the scheme's own port is left out.
    pub fn authority(&self) -> &str {
        self.text
            .get(self.authority_start..self.path_start)
            .unwrap_or_default()
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        self.text
            .get(self.path_start..self.path_end)
            .unwrap_or_default()
    }

    /// The request target to send: path and query.
    pub fn path_and_query(&self) -> &str {
        self.text.get(self.path_start..).unwrap_or_default()
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether host and target hold only what the URL standard never changes, so that there is no need to ask: names without
/// the `--` of A-labels, and characters that it encodes nowhere. Dot segments and numbers for hosts are refused before.
fn is_plain(host: &str, target: &str) -> bool {
    let known = |b: u8| {
        matches!(b, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'('
            | b')' | b'*' | b'+' | b',' | b':' | b'@' | b'=' | b'%' | b'/' | b'?')
    };
    !host.contains("--") && target.bytes().all(known)
}

fn check_target(target: &str) -> Result<(), &'static str> {
    if target.len() > MAX_TARGET {
        return Err("path and query are longer than 8 KiB");
    }
    if !target.starts_with('/') {
        return Err("the path begins with `/`; no other form of target is sent");
    }
    if target.bytes().any(|b| !matches!(b, b'!'..=b'~')) {
        return Err("path and query hold printable ASCII only; all else is percent-encoded");
    }
    if target.contains('#') {
        return Err("a request has no fragment");
    }
    if target
        .split_once('?')
        .is_some_and(|(_, query)| query.contains('\\'))
    {
        return Err("the query holds a backslash");
    }
    Ok(())
}

/// Refuses each path that two servers could read in two ways.
pub(super) fn check_path(path: &str) -> Result<(), &'static str> {
    let below = path.strip_prefix('/').ok_or("a path begins with `/`")?;
    if path.contains('\\') {
        return Err("the path holds a backslash, which some servers take for `/`");
    }
    if path.contains(';') {
        return Err("the path holds `;`, which some servers cut at");
    }
    let mut names = below.split('/').peekable();
    let mut count = 0;
    while let Some(name) = names.next() {
        count += 1;
        if count > MAX_NAMES {
            return Err("the path has more than 256 names");
        }
        if name.is_empty() && names.peek().is_some() {
            return Err("the path holds `//`");
        }
        if matches!(name, "." | "..") {
            return Err("the path holds `.` or `..` as a name");
        }
    }
    if path.contains('%') {
        check_triplets(path)?;
    }
    Ok(())
}

fn check_triplets(path: &str) -> Result<(), &'static str> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(b) = bytes.next() {
        if b != b'%' {
            decoded.push(b);
            continue;
        }
        let mut digit = || {
            bytes
                .next()
                .and_then(|b| char::from(b).to_digit(16))
                .and_then(|digit| u8::try_from(digit).ok())
                .ok_or("a `%` in the path is not followed by two hexadecimal digits")
        };
        let (high, low) = (digit()?, digit()?);
        match high << 4 | low {
            b'/' | b'\\' | b'.' | b'%' | b';' => {
                return Err("the path hides `/`, `\\`, `.`, `%` or `;` behind percent-encoding");
            }
            0x00..=0x1f | 0x7f => return Err("the path hides a control character"),
            b => decoded.push(b),
        }
    }
    // Overlong forms (`%c0%af` for `/`) are not UTF-8, and some servers decode them all the same.
    let decoded = std::str::from_utf8(&decoded)
        .map_err(|_| "the path is not UTF-8 behind its percent-encoding")?;
    // Some servers map characters to the ASCII that they look like.
    if decoded.contains(is_look_alike) {
        return Err(
            "the path hides a `.`, `/`, `\\`, `%` or `;` behind a character that looks like it",
        );
    }
    // Windows leaves out the spaces and dots that a name ends with.
    let dots = |name: &str| {
        let bare = name.trim_matches(' ');
        bare.len() < name.len() && matches!(bare, "." | "..")
    };
    if decoded.split('/').any(dots) {
        return Err("the path holds `.` or `..` as a name, with spaces around it");
    }
    Ok(())
}

/// Characters that Unicode's compatibility forms (NFKC) turn into a text with `.`, `/`, `\`, `%` or `;`, apart from
/// numbers and abbreviations with a full stop; and strokes that code pages for Windows turn into one (best fit).
fn is_look_alike(c: char) -> bool {
    matches!(
        c,
        '\u{37e}'
            | '\u{2024}'
            | '\u{2025}'
            | '\u{2044}'
            | '\u{2100}'
            | '\u{2101}'
            | '\u{2105}'
            | '\u{2106}'
            | '\u{2215}'
            | '\u{2216}'
            | '\u{29f5}'
            | '\u{29f8}'
            | '\u{29f9}'
            | '\u{fe14}'
            | '\u{fe30}'
            | '\u{fe52}'
            | '\u{fe54}'
            | '\u{fe68}'
            | '\u{fe6a}'
            | '\u{ff05}'
            | '\u{ff0e}'
            | '\u{ff0f}'
            | '\u{ff1b}'
            | '\u{ff3c}'
    )
}
