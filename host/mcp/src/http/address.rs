//! Where to listen: on this machine alone.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use remit_policy::display_safe;

use crate::error::McpError;

/// Where only a host is given. In no list of well-known ports, and no other tool's default that is known.
pub const DEFAULT_PORT: u16 = 8473;

/// Reads `HOST`, `HOST:PORT` or `:PORT`, where the host is `localhost` or a loopback address. Port 0 lets the system
/// choose.
///
/// # Errors
/// If it is no such address.
pub fn address(text: &str) -> Result<SocketAddr, McpError> {
    let other = || McpError::NotLoopback {
        address: display_safe(text, 100),
    };
    let (host, port) = split(text).ok_or_else(other)?;
    let ip = match host {
        "" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        host if host.eq_ignore_ascii_case("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        host => host.parse().map_err(|_| other())?,
    };
    if !ip.is_loopback() {
        return Err(other());
    }
    Ok(SocketAddr::new(ip, port))
}

fn split(text: &str) -> Option<(&str, u16)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        return match port.strip_prefix(':') {
            Some(port) => Some((host, number(port)?)),
            None => port.is_empty().then_some((host, DEFAULT_PORT)),
        };
    }
    match text.split_once(':') {
        // More than one colon: an IPv6 address by itself.
        Some((_, rest)) if rest.contains(':') => Some((text, DEFAULT_PORT)),
        Some((host, port)) => Some((host, number(port)?)),
        None => (!text.is_empty()).then_some((text, DEFAULT_PORT)),
    }
}

fn number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_listened_on() {
        for (text, expected) in [
            ("127.0.0.1", "127.0.0.1:8473"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("localhost:9000", "127.0.0.1:9000"),
            ("LOCALHOST", "127.0.0.1:8473"),
            (":9000", "127.0.0.1:9000"),
            ("[::1]", "[::1]:8473"),
            ("[::1]:80", "[::1]:80"),
            ("::1", "[::1]:8473"),
            ("127.1.2.3:5", "127.1.2.3:5"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), expected, "{text}");
        }
        for text in [
            "",
            "0.0.0.0",
            "0.0.0.0:80",
            "::",
            "[::]:80",
            "192.168.1.2:80",
            "example.com",
            "example.com:80",
            "localhost:",
            "localhost:x",
            "localhost:+1",
            "localhost:65536",
            "[::1",
            "[::1]x",
            "127.0.0.1:80:80",
            "10.0.0.1",
            "::ffff:127.0.0.1",
            "8473",
            "127.1",
        ] {
            assert_eq!(address(text).unwrap_err().code(), "not-loopback", "{text}");
        }
    }
}
