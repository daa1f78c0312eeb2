//! Times and steps as people write them.

use remit_plugin::{Fault, clock};

/// A time as Prometheus takes it, in seconds since 1970: from RFC 3339, such seconds, `now`, or `now-1h`.
pub fn seconds(text: &str) -> Result<f64, Fault> {
    let text = text.trim();
    let wrong = || {
        Fault::invalid_input(format!(
            "`{text}` is no time: write 2026-11-16T09:00:00Z, seconds since 1970, now, or now-1h"
        ))
    };
    if let Some(rest) = text.strip_prefix("now") {
        let now = clock::now().as_secs_f64();
        return match rest.trim() {
            "" => Ok(now),
            rest if rest.starts_with('-') => duration(rest.get(1..).unwrap_or_default())
                .map(|it| now - it)
                .ok_or_else(wrong),
            rest if rest.starts_with('+') => duration(rest.get(1..).unwrap_or_default())
                .map(|it| now + it)
                .ok_or_else(wrong),
            _ => Err(wrong()),
        };
    }
    let date = || clock::parse_rfc3339(&format!("{text}T00:00:00Z"));
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|it| it.is_finite() && it.abs() < 1e11);
    number
        .or_else(|| clock::parse_rfc3339(text))
        .or_else(date)
        .ok_or_else(wrong)
}

/// A step as seconds: `30s`, `1h30m`, or a number of seconds.
pub fn step(text: &str) -> Result<f64, Fault> {
    duration(text).filter(|it| *it > 0.0).ok_or_else(|| {
        Fault::invalid_input(format!(
            "`{text}` is no step: write 30s, 5m, 1h30m, or a number of seconds"
        ))
    })
}

/// Prometheus's durations, in seconds.
fn duration(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (number, unit) = rest.split_at_checked(digits)?;
        let length = unit
            .find(|it: char| !it.is_ascii_alphabetic())
            .unwrap_or(unit.len());
        let (unit, following) = unit.split_at_checked(length)?;
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            "y" => 31_536_000.0,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * scale;
        rest = following;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_in_each_form() {
        assert_eq!(seconds("2026-11-16T09:00:00Z").unwrap(), 1_794_819_600.0);
        assert_eq!(seconds("2026-11-16").unwrap(), 1_794_787_200.0);
        assert_eq!(seconds("1794819600.5").unwrap(), 1_794_819_600.5);
        let (now, before) = (seconds("now").unwrap(), seconds("now-1h30m").unwrap());
        assert!((now - before - 5400.0).abs() < 5.0);
    }

    #[test]
    fn what_is_no_time_is_named() {
        for text in [
            "",
            "yesterday",
            "now-",
            "now-1x",
            "nowish",
            "1e300",
            "inf",
            "2026-13-01",
        ] {
            assert!(
                seconds(text).unwrap_err().message().contains(text),
                "{text}"
            );
        }
    }

    #[test]
    fn steps_are_durations() {
        assert_eq!(step("1h30m").unwrap(), 5400.0);
        assert_eq!(step("15").unwrap(), 15.0);
        assert_eq!(step("500ms").unwrap(), 0.5);
        for text in ["0", "-5", "5x", "m", "", "é"] {
            assert!(step(text).is_err(), "{text}");
        }
    }
}
