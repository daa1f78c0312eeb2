//! Which headers belong to the host.

/// Headers that frame, route or authenticate a hop: whoever sets them speaks for the host. From skills-and-grants.md,
/// and those that make a server take another method, path or client than the one that was judged.
const OWNED: [&str; 35] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "http2-settings",
    "expect",
    "forwarded",
    "via",
    // A CGI program takes it for the proxy to use (httpoxy, CVE-2016-5385).
    "proxy",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-originating-ip",
    "client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-method",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-override-url",
    "x-envoy-original-path",
    "x-original-host",
    "x-host",
    "x-original-forwarded-for",
];

/// The same, by how the name begins. A leading `:` is an HTTP/2 pseudo-header.
const OWNED_PREFIXES: [&str; 3] = ["proxy-", "x-forwarded-", ":"];

/// Headers by which a client asks for a part of a response, or for how it differs from an earlier one: a piece of a
/// secret would not be known for one. `Request-Range` is what Apache still takes for `Range`, and `x-ms-range` what
/// Azure takes before it; RFC 3229 has `A-IM`.
const PARTIAL: [&str; 5] = ["range", "if-range", "request-range", "x-ms-range", "a-im"];

/// Whether only the host may set this header, whatever is granted. `name` in any case.
pub fn host_owns_header(name: &str) -> bool {
    let owned = |name: &str| {
        OWNED.iter().any(|owned| name.eq_ignore_ascii_case(owned))
            || OWNED_PREFIXES.iter().any(|prefix| {
                name.get(..prefix.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            })
    };
    owned(name) || (!is_simple(name) && owned(&same_header(name)))
}

/// Whether the header asks for less than the whole response.
pub(crate) fn header_is_partial(name: &str) -> bool {
    let name = same_header(name);
    PARTIAL.contains(&name.as_str())
}

/// One spelling of all names that some server takes for the same: CGI and many gateways read `_`, and some any other
/// character that is neither letter nor digit, as `-`.
pub(crate) fn same_header(name: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '-',
    };
    name.chars().map(plain).collect()
}

fn is_simple(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Whether the text is a header's name: RFC 9110 `token`.
pub(crate) fn header_is_token(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 256
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Whether the bytes are a header's value: RFC 9110 `field-value`. CR, LF and NUL would end it early.
pub(crate) fn header_value_is_plain(value: &[u8]) -> bool {
    value
        .iter()
        .all(|b| matches!(b, b'\t' | b' '..=b'~' | 0x80..))
}
