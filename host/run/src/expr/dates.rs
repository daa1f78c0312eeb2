//! Filters on dates: `date`, `week_start`, `week_end`, `add_days`, `week`.
//!
//! A date is `2026-11-22`, a time is RFC 3339 or seconds since 1970; all are taken in the offset that they have, or
//! in UTC.

use jiff::civil::{Date, DateTime, ISOWeekDate, Weekday};
use jiff::{Span, Timestamp, Zoned};
use minijinja::{Environment, Error, ErrorKind, Value};

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("date", |value: Value, format: Option<&str>| {
        date(&value, format)
    });
    environment.add_filter("week_start", |week: &str| {
        monday(week).map(|d| d.to_string())
    });
    environment.add_filter("week_end", |week: &str| {
        monday(week)
            .and_then(|d| shift(d, 6))
            .map(|d| d.to_string())
    });
    environment.add_filter("week", |value: Value| week(&value));
    environment.add_filter("add_days", |value: Value, days: i64| add_days(&value, days));
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The date and time that a value names, on the clock of its own offset.
fn civil(value: &Value) -> Result<DateTime, Error> {
    if value.is_number() {
        let seconds = f64::try_from(value.clone())?;
        // Beyond this no timestamp exists; the cast below is exact enough for a second.
        let stamp = (seconds.abs() < 1e11)
            .then(|| Timestamp::from_second(seconds.floor() as i64).ok())
            .flatten()
            .ok_or_else(|| refuse(format!("{value} is not a time in seconds since 1970")))?;
        return Ok(stamp.to_zoned(jiff::tz::TimeZone::UTC).datetime());
    }
    let text = value
        .as_str()
        .ok_or_else(|| refuse(format!("a {} is not a date", value.kind())))?
        .trim();
    if let Ok(pieces) = jiff::fmt::temporal::DateTimeParser::new().parse_date(text)
        && text.len() <= 10
    {
        return Ok(pieces.to_datetime(jiff::civil::Time::midnight()));
    }
    let offset = jiff::fmt::temporal::Pieces::parse(text).map_err(|_| {
        refuse(format!(
            "`{}` is not a date or an RFC 3339 time",
            remit_policy::display_safe(text, 60)
        ))
    })?;
    Ok(offset
        .date()
        .to_datetime(offset.time().unwrap_or(jiff::civil::Time::midnight())))
}

fn date(value: &Value, format: Option<&str>) -> Result<String, Error> {
    let at = civil(value)?;
    let zoned: Zoned = at
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(|e| refuse(e.to_string()))?;
    jiff::fmt::strtime::format(format.unwrap_or("%Y-%m-%d"), &zoned)
        .map_err(|e| refuse(e.to_string()))
}

/// `2026-W47` → the Monday of that ISO week.
fn monday(text: &str) -> Result<Date, Error> {
    let bad = || {
        refuse(format!(
            "`{}` is not an ISO week like 2026-W47",
            remit_policy::display_safe(text, 60)
        ))
    };
    let (year, week) = text.trim().split_once("-W").ok_or_else(bad)?;
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(year, 4) || !digits(week, 2) {
        return Err(bad());
    }
    let (year, week) = (
        year.parse().map_err(|_| bad())?,
        week.parse().map_err(|_| bad())?,
    );
    ISOWeekDate::new(year, week, Weekday::Monday)
        .map(|d| d.date())
        .map_err(|_| bad())
}

fn week(value: &Value) -> Result<String, Error> {
    let week = civil(value)?.date().iso_week_date();
    Ok(format!("{:04}-W{:02}", week.year(), week.week()))
}

fn shift(date: Date, days: i64) -> Result<Date, Error> {
    Span::new()
        .try_days(days)
        .and_then(|span| date.checked_add(span))
        .map_err(|e| refuse(e.to_string()))
}

fn add_days(value: &Value, days: i64) -> Result<String, Error> {
    shift(civil(value)?.date(), days).map(|date| date.to_string())
}
