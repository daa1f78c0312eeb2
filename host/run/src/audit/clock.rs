//! The time of a record, cheaply: what stays the same within a second is written once a second.

use std::fmt::Write as _;

use jiff::Timestamp;

/// `2026-11-22T13:02:34.123456Z`
pub(super) const TIME_LEN: usize = 27;

#[derive(Default)]
pub(super) struct Clock {
    second: Option<i64>,
    text: String,
}

impl Clock {
    /// RFC 3339, UTC, microseconds.
    pub(super) fn now(&mut self) -> &str {
        self.at(Timestamp::now())
    }

    fn at(&mut self, now: Timestamp) -> &str {
        if self.second != Some(now.as_second()) {
            self.text = now.strftime("%Y-%m-%dT%H:%M:%S.").to_string();
            self.second = Some(now.as_second());
        }
        self.text.truncate(TIME_LEN - "123456Z".len());
        // Writing to a String does not fail.
        let _ = write!(self.text, "{:06}Z", now.subsec_microsecond());
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_jiff_says() {
        let mut clock = Clock::default();
        for text in [
            "2026-11-22T13:02:34.123456Z",
            "2026-11-22T13:02:34.000007Z",
            "2026-11-22T13:02:35.999999Z",
            "2027-01-01T00:00:00.000000Z",
        ] {
            assert_eq!(clock.at(text.parse().unwrap()), text);
            assert_eq!(text.len(), TIME_LEN);
        }
    }
}
