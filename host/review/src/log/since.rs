//! From when on records count.

use remit_policy::display_safe;

use crate::error::ReviewError;

/// A moment from which on runs count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// As records have it: `2026-11-22T13:02:34.123456Z`.
    from: String,
    said: String,
}

impl std::str::FromStr for Since {
    type Err = ReviewError;

    /// `2026-11-01`, which begins at midnight UTC, or a time as RFC 3339 has it.
    fn from_str(text: &str) -> Result<Self, ReviewError> {
        // A date's reader takes longer texts too, and leaves their time out.
        let day = (text.len() == "2026-11-01".len()).then(|| text.parse::<jiff::civil::Date>());
        let day = day.and_then(Result::ok);
        let moment = day
            .and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .map(|zoned| zoned.timestamp())
            .or_else(|| text.parse::<jiff::Timestamp>().ok())
            .ok_or_else(|| ReviewError::Since {
                text: display_safe(text, 60),
            })?;
        Ok(Self {
            from: moment.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            said: display_safe(text, 60),
        })
    }
}

impl std::fmt::Display for Since {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.said)
    }
}

impl Since {
    /// Whether a record's time is not before it. Both have one form, so letters compare as times do.
    pub(crate) fn reaches(&self, time: &str) -> bool {
        time >= self.from.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_a_time_is_itself() {
        let day: Since = "2026-11-22".parse().unwrap();
        assert!(day.reaches("2026-11-22T00:00:00.000000Z"));
        assert!(!day.reaches("2026-11-21T23:59:59.999999Z"));
        let time: Since = "2026-11-22T14:00:00+01:00".parse().unwrap();
        assert!(time.reaches("2026-11-22T13:00:00.000000Z"));
        assert!(!time.reaches("2026-11-22T12:59:59.999999Z"));
    }

    #[test]
    fn what_is_no_day_is_refused_and_shown_safely() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-11",
            "22.11.2026",
            "2026-11-22T14:00:00",
            "\u{1b}[2J",
        ] {
            let error = text.parse::<Since>().unwrap_err();
            assert_eq!(error.code(), "since-invalid", "{text}");
            assert!(!error.to_string().contains('\u{1b}'));
        }
    }
}
