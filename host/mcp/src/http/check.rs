//! What a request must show before anything of its body is read: that it was meant for this server (`Host`), that no
//! page of elsewhere sent it (`Origin`), and the token.
//!
//! A page in a browser can make the browser send requests to this machine, and with a name that it points here (DNS
//! rebinding) it may even read the answers. The first two are what browsers do not let a page choose.

use std::net::SocketAddr;

use http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Uri};

use super::token::Token;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It was meant for another host.
    Host,
    /// A page of another origin sent it.
    Origin,
    /// It shows no token.
    NoToken,
    /// It shows another one.
    WrongToken,
}

/// Whether `Host` names this server: `localhost`, the usual loopback addresses or the one that is listened on, and its
/// port.
///
/// # Errors
/// If not.
pub fn host(headers: &HeaderMap, uri: &Uri, at: SocketAddr) -> Result<(), Refused> {
    let named = single(headers, &HOST).ok_or(Refused::Host)?;
    let named = named
        .to_str()
        .ok()
        .and_then(authority)
        .ok_or(Refused::Host)?;
    // A whole URL in the request line stands above `Host` (RFC 9112, 3.2.2).
    let asked = uri.authority().cloned();
    for authority in std::iter::once(named).chain(asked) {
        let port = authority.port_u16().unwrap_or(80);
        if !is_ours(authority.host(), at) || port != at.port() {
            return Err(Refused::Host);
        }
    }
    Ok(())
}

/// Whether `Origin`, where there is one, is a page of this machine.
///
/// # Errors
/// If not.
pub fn origin(headers: &HeaderMap) -> Result<(), Refused> {
    if !headers.contains_key(ORIGIN) {
        return Ok(());
    }
    let origin = single(headers, &ORIGIN).and_then(|origin| origin.to_str().ok());
    let local = origin.is_some_and(|origin| {
        let rest = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        rest.and_then(authority).is_some_and(|authority| {
            matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]")
        })
    });
    if local { Ok(()) } else { Err(Refused::Origin) }
}

/// Whether the request shows the token.
///
/// # Errors
/// If not.
pub fn token(headers: &HeaderMap, token: &Token) -> Result<(), Refused> {
    if !headers.contains_key(AUTHORIZATION) {
        return Err(Refused::NoToken);
    }
    let shown = single(headers, &AUTHORIZATION).map(HeaderValue::as_bytes);
    let shown = shown.and_then(|value| {
        let (scheme, rest) = value.split_at_checked(7)?;
        scheme
            .eq_ignore_ascii_case(b"Bearer ")
            .then(|| rest.trim_ascii())
    });
    match shown {
        Some(shown) if token.is(shown) => Ok(()),
        _ => Err(Refused::WrongToken),
    }
}

/// The value of a header that is there once. Two would be read by different readers in different ways.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// `HOST` or `HOST:PORT`, and nothing else.
fn authority(text: &str) -> Option<Authority> {
    let authority = Authority::try_from(text).ok()?;
    let port = authority.port();
    let rest = authority
        .as_str()
        .strip_prefix(authority.host())
        .map(str::len);
    let port = port.as_ref().map_or(0, |port| port.as_str().len() + 1);
    // User names, empty ports and the like are in no Host and no Origin that a browser writes.
    (rest == Some(port)).then_some(authority)
}

fn is_ours(host: &str, at: SocketAddr) -> bool {
    let usual = ["localhost", "127.0.0.1", "[::1]"];
    usual.iter().any(|usual| host.eq_ignore_ascii_case(usual)) || host == at.ip().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn host_is_this_server() {
        let at = "127.0.0.1:8473".parse().unwrap();
        let path = Uri::from_static("/mcp");
        for good in [
            "127.0.0.1:8473",
            "localhost:8473",
            "LOCALHOST:8473",
            "[::1]:8473",
        ] {
            assert_eq!(host(&headers(&HOST, &[good]), &path, at), Ok(()), "{good}");
        }
        for bad in [
            "evil.test",
            "evil.test:8473",
            "127.0.0.1",
            "127.0.0.1:8474",
            "localhost",
            "localhost:8473.evil.test",
            "localhost.evil.test:8473",
            "evil.test@localhost:8473",
            "192.168.1.1:8473",
            "0.0.0.0:8473",
            "[::]:8473",
            "",
            "localhost:",
            "2130706433:8473",
            "é:8473",
            "[::ffff:127.0.0.1]:8473",
            "localhost.:8473",
            "127.9.9.9:8473",
        ] {
            assert_eq!(
                host(&headers(&HOST, &[bad]), &path, at),
                Err(Refused::Host),
                "{bad}"
            );
        }
        let twice = headers(&HOST, &["localhost:8473", "evil.test"]);
        assert!(host(&twice, &path, at).is_err());
        assert!(host(&HeaderMap::new(), &path, at).is_err());
        let whole = Uri::from_static("http://evil.test:8473/mcp");
        assert!(host(&headers(&HOST, &["localhost:8473"]), &whole, at).is_err());
        let other = "127.9.9.9:8473".parse().unwrap();
        assert_eq!(
            host(&headers(&HOST, &["127.9.9.9:8473"]), &path, other),
            Ok(())
        );
        // The port may be left out where it is that of http.
        let at = "127.0.0.1:80".parse().unwrap();
        assert_eq!(host(&headers(&HOST, &["localhost"]), &path, at), Ok(()));
    }

    #[test]
    fn origin_is_a_page_of_this_machine_or_none() {
        assert_eq!(origin(&HeaderMap::new()), Ok(()));
        for good in [
            "http://localhost",
            "https://localhost:3000",
            "http://127.0.0.1:6274",
            "http://[::1]:80",
        ] {
            assert_eq!(origin(&headers(&ORIGIN, &[good])), Ok(()), "{good}");
        }
        for bad in [
            "https://evil.test",
            "null",
            "",
            "http://localhost.evil.test",
            "http://evil.test:80",
            "file://",
            "http://localhost@evil.test",
            "http://evil.test@localhost",
            "ftp://localhost",
            "localhost",
            "http://127.0.0.2",
            "http://localhost:",
            "http://localhost/x",
            "chrome-extension://abc",
            "é",
        ] {
            assert_eq!(
                origin(&headers(&ORIGIN, &[bad])),
                Err(Refused::Origin),
                "{bad}"
            );
        }
        assert!(origin(&headers(&ORIGIN, &["http://localhost", "http://localhost"])).is_err());
    }

    #[test]
    fn the_token_is_shown_in_one_way() {
        let secret = "0123456789abcdef0123456789abcdef";
        let it = Token::parse(secret).unwrap();
        let shown = |values: &[&str]| token(&headers(&AUTHORIZATION, values), &it);
        assert_eq!(shown(&[&format!("Bearer {secret}")]), Ok(()));
        assert_eq!(shown(&[&format!("bearer   {secret} ")]), Ok(()));
        assert_eq!(shown(&[]), Err(Refused::NoToken));
        for bad in [
            secret.to_owned(),
            format!("Basic {secret}"),
            format!("Bearer{secret}"),
            format!("Bearer {}", &secret[1..]),
            format!("Bearer {secret}x"),
            "Bearer ".to_owned(),
            "é".to_owned(),
        ] {
            assert_eq!(shown(&[&bad]), Err(Refused::WrongToken), "{bad}");
        }
        let twice = format!("Bearer {secret}");
        assert_eq!(shown(&[&twice, &twice]), Err(Refused::WrongToken));
    }
}
