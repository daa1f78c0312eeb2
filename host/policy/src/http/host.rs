//! Hosts and ports in their one canonical spelling. Requests and grants are read by this one reader.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Scheme;
use crate::address::unwrap_address;

/// The host of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host<'a> {
    Name(&'a str),
    Address(IpAddr),
}

/// Splits `host`, `host:port` and `[v6]:port`; the port is not judged yet.
pub(super) fn split_port(authority: &str) -> Result<(&str, Option<&str>), &'static str> {
    let host_end = if authority.starts_with('[') {
        authority.find(']').map(|end| end + 1)
    } else {
        Some(authority.find(':').unwrap_or(authority.len()))
    };
    let (host, rest) = host_end
        .and_then(|end| authority.split_at_checked(end))
        .ok_or("the `]` of an IPv6 address is missing")?;
    if host.is_empty() {
        return Err("the host is missing");
    }
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err("something follows the IPv6 address that is no port"),
    }
}

/// Reads a port: decimal, no leading zero, and not the one that the scheme means anyway.
pub(super) fn read_port(port: &str, scheme: Option<Scheme>) -> Result<u16, &'static str> {
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    if !digits || port.starts_with('0') {
        return Err("a port is a decimal number from 1 to 65535, with no zero in front");
    }
    let number = port
        .parse()
        .map_err(|_| "a port is a decimal number from 1 to 65535")?;
    if scheme.map(Scheme::default_port) == Some(number) {
        return Err("the scheme's own port is left out");
    }
    Ok(number)
}

/// Reads a host by its letters. What this lets through, the `url` crate must still serialise unchanged.
pub(super) fn read_host(host: &str) -> Result<Host<'_>, &'static str> {
    if let Some(inner) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return read_v6(inner);
    }
    if host.len() > 253 {
        return Err("the host is longer than 253 characters");
    }
    let mut last = "";
    for label in host.split('.') {
        read_label(host, label)?;
        last = label;
    }
    // By the URL standard, a host that ends in a number is an IPv4 address, however it is spelled.
    let hex = last.strip_prefix("0x").unwrap_or("-");
    if last.bytes().all(|b| b.is_ascii_digit()) || hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        // std reads exactly four decimal numbers with no zero in front.
        let address: Ipv4Addr = host
            .parse()
            .map_err(|_| "an IPv4 address is written as four decimal numbers, such as 192.0.2.1")?;
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    Ok(Host::Name(host))
}

fn read_label(host: &str, label: &str) -> Result<(), &'static str> {
    if label.is_empty() {
        return Err(match host.ends_with('.') {
            true => "the host ends with a dot",
            false => "the host has an empty label",
        });
    }
    if label.len() > 63 {
        return Err("a label of the host is longer than 63 characters");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err("a label of the host begins or ends with a hyphen");
    }
    for b in label.bytes() {
        match b {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => {}
            b'A'..=b'Z' => return Err("the host is written in lower case"),
            b'@' => return Err("user names in URLs are refused"),
            b'%' => return Err("the host holds `%`"),
            0x80.. => return Err("an international name is written as its A-label (`xn--…`)"),
            _ => return Err("the host holds a character that no host has"),
        }
    }
    Ok(())
}

fn read_v6(text: &str) -> Result<Host<'static>, &'static str> {
    if text.contains('%') {
        return Err("an address has no zone");
    }
    let address: Ipv6Addr = text.parse().map_err(|_| "that is no IPv6 address")?;
    let address = IpAddr::V6(address);
    if unwrap_address(address) != address {
        return Err("an IPv4 address is written as one, not within IPv6");
    }
    if address.to_string() != text {
        return Err("the IPv6 address is not in its shortest form (RFC 5952)");
    }
    Ok(Host::Address(address))
}
