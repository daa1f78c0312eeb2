//! Which headers belong to the host.

/// Headers that frame, route or authenticate a hop: whoever sets them speaks for the host. From skills-and-grants.md,
/// and those that make a server take another method or path than the one that was judged.
const OWNED: [&str; 23] = [
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
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-original-host",
    "x-host",
];

/// The same, by how the name begins. A leading `:` is an HTTP/2 pseudo-header.
const OWNED_PREFIXES: [&str; 3] = ["proxy-", "x-forwarded-", ":"];

/// Whether only the host may set this header, whatever is granted. `name` in any case.
pub fn host_owns_header(name: &str) -> bool {
    OWNED.iter().any(|owned| name.eq_ignore_ascii_case(owned))
        || OWNED_PREFIXES.iter().any(|prefix| {
            name.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        })
        // Some servers and gateways read `_` as `-`.
        || (name.contains('_') && host_owns_header(&name.replace('_', "-")))
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
