//! Times as they are written.

use jiff::Timestamp;

/// Now: RFC 3339, UTC, milliseconds.
pub(crate) fn now() -> String {
    Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

/// Now, as it stands in the name of a run's folder: sorts by time, and no character in it needs a quote.
pub(crate) fn for_names() -> String {
    Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string()
}
