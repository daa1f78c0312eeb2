//! What one call may use at most.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{ByteSize, GrantError, OperatorPolicy};

/// What one call may use at most. The default is what a skill gets that says nothing (skills-and-grants.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Over all memories and tables together.
    pub memory: ByteSize,
    /// Wall time, host calls and instantiation included.
    pub time: Duration,
    /// The output's size.
    pub output: ByteSize,
    /// All log lines together.
    pub log: ByteSize,
    /// HTTP requests.
    pub requests: u32,
    /// Bytes added to files, for a grant that sets no `max-bytes` of its own.
    pub file_bytes: ByteSize,
    /// Files and folders added, for a grant that sets no `max-entries` of its own.
    pub file_entries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: ByteSize::mib(64),
            time: Duration::from_secs(30),
            output: ByteSize::mib(4),
            log: ByteSize::kib(64),
            requests: 100,
            file_bytes: ByteSize::mib(64),
            file_entries: 10_000,
        }
    }
}

/// What no skill and no operator can exceed: what one call may use of a common machine and leave it usable.
pub(crate) const HARD_CEILING: Limits = Limits {
    // Below the 4 GiB that 32-bit memory can have, so that two calls at once fit a small machine.
    memory: ByteSize::gib(2),
    time: Duration::from_secs(3600),
    output: ByteSize::mib(64),
    log: ByteSize::mib(4),
    requests: 10_000,
    file_bytes: ByteSize::gib(16),
    file_entries: 1_000_000,
};

impl Limits {
    /// The hard ceilings: 2 GiB of memory, an hour, 64 MiB of output, 4 MiB of log, 10,000 requests, 16 GiB and
    /// 1,000,000 entries added to files.
    pub const CEILING: Self = HARD_CEILING;

    /// None of them above the operator's ceiling, nor above the hard one.
    pub(crate) fn within(self, ceiling: &LimitsCeiling) -> Self {
        fn least<T: Ord>(limit: T, ceiling: Option<T>, hard: T) -> T {
            let limit = limit.min(hard);
            match ceiling {
                Some(ceiling) => limit.min(ceiling),
                None => limit,
            }
        }
        let hard = HARD_CEILING;
        Self {
            memory: least(self.memory, ceiling.memory, hard.memory),
            time: least(self.time, ceiling.time, hard.time),
            output: least(self.output, ceiling.output, hard.output),
            log: least(self.log, ceiling.log, hard.log),
            requests: least(self.requests, ceiling.requests, hard.requests),
            file_bytes: least(self.file_bytes, ceiling.file_bytes, hard.file_bytes),
            file_entries: least(self.file_entries, ceiling.file_entries, hard.file_entries),
        }
    }
}

/// What a skill may say of a plugin's limits: `[plugins.NAME.limits]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsTable {
    /// Such as `64MiB`.
    pub memory: Option<ByteSize>,
    /// Such as `10s`, `500ms` or `2m`.
    #[serde(deserialize_with = "period")]
    pub time: Option<Duration>,
    /// Such as `4MiB`.
    pub output: Option<ByteSize>,
    /// Such as `64KiB`.
    pub log: Option<ByteSize>,
    /// Such as `100`.
    pub requests: Option<u32>,
}

impl LimitsTable {
    /// Whether all of it is below what any skill may have. Call it where the manifest is read, to tell its author;
    /// [`LimitsTable::resolve`] holds to the ceilings in any case.
    ///
    /// # Errors
    /// `limit-above-ceiling`, for the first that is not.
    pub fn check(&self) -> Result<(), GrantError> {
        let ceiling = LimitsCeiling {
            memory: Some(HARD_CEILING.memory),
            time: Some(HARD_CEILING.time),
            output: Some(HARD_CEILING.output),
            log: Some(HARD_CEILING.log),
            requests: Some(HARD_CEILING.requests),
            ..LimitsCeiling::default()
        };
        match ceiling.cut(self).into_iter().next() {
            Some((name, asked, ceiling)) => Err(GrantError::AboveCeiling {
                name,
                asked,
                ceiling,
            }),
            None => Ok(()),
        }
    }

    /// The limits of a call: what the skill says, or else the default, and never above the operator's ceiling.
    pub fn resolve(&self, policy: &OperatorPolicy) -> Limits {
        let default = Limits::default();
        Limits {
            memory: self.memory.unwrap_or(default.memory),
            time: self.time.unwrap_or(default.time),
            output: self.output.unwrap_or(default.output),
            log: self.log.unwrap_or(default.log),
            requests: self.requests.unwrap_or(default.requests),
            ..default
        }
        .within(&policy.limits)
    }
}

/// The operator's ceiling on limits; what is `None` has only the hard ceiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsCeiling {
    /// Such as `256MiB`.
    pub memory: Option<ByteSize>,
    /// Such as `60s`.
    #[serde(deserialize_with = "period")]
    pub time: Option<Duration>,
    /// Such as `16MiB`.
    pub output: Option<ByteSize>,
    /// Such as `1MiB`.
    pub log: Option<ByteSize>,
    /// Such as `1000`.
    pub requests: Option<u32>,
    /// Bytes added to files by one call under one grant.
    pub file_bytes: Option<ByteSize>,
    /// Files and folders added by one call under one grant.
    pub file_entries: Option<u32>,
    /// One response's body, after decompression; a grant that names no limit has 32 MiB.
    pub response: Option<ByteSize>,
}

impl LimitsCeiling {
    /// Its keys, each with what it is set to.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let size = |size: Option<ByteSize>| size.map(|size| size.to_string());
        let count = |count: Option<u32>| count.map(|count| count.to_string());
        let settings = [
            ("memory", size(self.memory)),
            ("time", self.time.map(|time| shown_period(&time))),
            ("output", size(self.output)),
            ("log", size(self.log)),
            ("requests", count(self.requests)),
            ("file_bytes", size(self.file_bytes)),
            ("file_entries", count(self.file_entries)),
            ("response", size(self.response)),
        ];
        let set = |(name, value): (&'static str, Option<String>)| Some((name, value?));
        settings.into_iter().filter_map(set).collect()
    }

    /// Whether each of them means something: a ceiling above what any call may have would be none, and without memory,
    /// time or output no call at all is possible.
    ///
    /// # Errors
    /// `limit-above-ceiling` or `grant-unenforced`, for the first that does not.
    pub(crate) fn check(&self) -> Result<(), (&'static str, GrantError)> {
        let hard = HARD_CEILING;
        let nothing = ByteSize::bytes(0);
        for (name, size) in [("memory", self.memory), ("output", self.output)] {
            if size == Some(nothing) {
                let text = format!("{name} = \"{nothing}\"");
                let reason = "no call could be made at all";
                return Err((name, GrantError::unenforced(&text, reason)));
            }
        }
        not_above("memory", self.memory, hard.memory, ByteSize::to_string)?;
        not_above("time", self.time, hard.time, shown_period)?;
        not_above("output", self.output, hard.output, ByteSize::to_string)?;
        not_above("log", self.log, hard.log, ByteSize::to_string)?;
        not_above("requests", self.requests, hard.requests, u32::to_string)?;
        let (bytes, entries) = (hard.file_bytes, hard.file_entries);
        not_above("file_bytes", self.file_bytes, bytes, ByteSize::to_string)?;
        not_above("file_entries", self.file_entries, entries, u32::to_string)
    }

    /// What of a plugin's limits, as the skill writes them, is above this ceiling: its name, what is asked, what there
    /// is at most. A limit that the skill does not write asks for nothing, and takes what there is.
    pub(crate) fn cut(&self, asked: &LimitsTable) -> Vec<(&'static str, String, String)> {
        let all = [
            not_above("memory", asked.memory, self.memory, ByteSize::to_string),
            not_above("time", asked.time, self.time, shown_period),
            not_above("output", asked.output, self.output, ByteSize::to_string),
            not_above("log", asked.log, self.log, ByteSize::to_string),
            not_above("requests", asked.requests, self.requests, u32::to_string),
        ];
        let cut = |(name, error)| match error {
            GrantError::AboveCeiling { asked, ceiling, .. } => Some((name, asked, ceiling)),
            _ => None,
        };
        all.into_iter()
            .filter_map(Result::err)
            .filter_map(cut)
            .collect()
    }
}

/// Where nothing is asked, or there is no ceiling, nothing is above it.
pub(crate) fn not_above<T: PartialOrd>(
    name: &'static str,
    asked: Option<T>,
    ceiling: impl Into<Option<T>>,
    show: impl Fn(&T) -> String,
) -> Result<(), (&'static str, GrantError)> {
    match (asked, ceiling.into()) {
        (Some(asked), Some(ceiling)) if asked > ceiling => Err((
            name,
            GrantError::AboveCeiling {
                name,
                asked: show(&asked),
                ceiling: show(&ceiling),
            },
        )),
        _ => Ok(()),
    }
}

/// As it is written: `500ms`, `10s`.
fn shown_period(time: &Duration) -> String {
    match time.as_millis() {
        millis if millis.is_multiple_of(1000) => format!("{}s", millis / 1000),
        millis => format!("{millis}ms"),
    }
}

fn period<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    read_period(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// Reads `500ms`, `10s` or `2m`.
fn read_period(text: &str) -> Result<Duration, GrantError> {
    let wrong = || {
        GrantError::syntax(
            text,
            "a time is a whole number above 0 with ms, s or m, such as `10s`",
        )
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let millis = match unit {
        "ms" => Some(number),
        "s" => number.checked_mul(1000),
        "m" => number.checked_mul(60_000),
        _ => None,
    };
    match millis {
        Some(millis @ 1..) => Ok(Duration::from_millis(millis)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_that_says_nothing_gets_the_documented_defaults() {
        let limits = LimitsTable::default().resolve(&OperatorPolicy::default());
        assert_eq!(limits, Limits::default());
        assert_eq!(limits.memory.to_string(), "64MiB");
        assert_eq!(limits.time, Duration::from_secs(30));
    }

    #[test]
    fn a_skill_sets_its_limits_and_the_operator_caps_them() {
        let table: LimitsTable =
            toml::from_str("memory = \"128MiB\"\ntime = \"2m\"\nrequests = 7").unwrap();
        let free = table.resolve(&OperatorPolicy::default());
        assert_eq!((free.memory, free.requests), (ByteSize::mib(128), 7));
        assert_eq!(free.time, Duration::from_secs(120));
        let policy: OperatorPolicy =
            toml::from_str("[limits]\nmemory = \"32MiB\"\ntime = \"500ms\"").unwrap();
        let capped = table.resolve(&policy);
        assert_eq!(capped.memory, ByteSize::mib(32));
        assert_eq!(capped.time, Duration::from_millis(500));
        assert_eq!(capped.requests, 7);
    }

    #[test]
    fn no_limit_exceeds_the_hard_ceiling() {
        let table: LimitsTable = toml::from_str("memory = \"3GiB\"\nrequests = 10001").unwrap();
        assert_eq!(table.check().unwrap_err().code(), "limit-above-ceiling");
        let limits = table.resolve(&OperatorPolicy::default());
        assert_eq!(limits.memory, HARD_CEILING.memory);
        assert_eq!(limits.requests, HARD_CEILING.requests);
        let table: LimitsTable = toml::from_str("memory = \"2GiB\"").unwrap();
        assert_eq!(table.check(), Ok(()));
    }

    #[test]
    fn odd_sizes_times_and_keys_are_refused() {
        for text in [
            "memory = \"64\"",
            "memory = \"64MB\"",
            "memory = \"-1B\"",
            "memory = \"1.5GiB\"",
            "memory = \"99999999999999999999B\"",
            "memory = \"18446744073709551615KiB\"",
            "time = \"10\"",
            "time = \"0s\"",
            "time = \"1h\"",
            "time = 10",
            "fuel = 3",
            "file_bytes = \"1MiB\"",
        ] {
            assert!(toml::from_str::<LimitsTable>(text).is_err(), "{text}");
        }
    }
}
