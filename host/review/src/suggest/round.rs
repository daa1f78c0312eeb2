//! Budgets with room: what was seen is not the most that there will ever be.

use remit_policy::ByteSize;
use std::time::Duration;

/// 1, 2, 5, 10, 20, 50 …: the first that is at least twice as much.
pub(super) fn number(seen: u64) -> u64 {
    let wanted = seen.saturating_mul(2).max(1);
    let mut ten: u64 = 1;
    loop {
        for digit in [1, 2, 5] {
            let round = ten.saturating_mul(digit);
            if round >= wanted {
                return round;
            }
        }
        ten = ten.saturating_mul(10);
    }
}

/// The first power of two that is at least so many times as much, and at least `least`.
pub(super) fn bytes(seen: u64, times: u64, least: ByteSize) -> ByteSize {
    let wanted = seen.saturating_mul(times).max(least.as_u64());
    ByteSize::bytes(wanted.checked_next_power_of_two().unwrap_or(u64::MAX))
}

/// At least ten times as long, since machines differ, and never below five seconds.
pub(super) fn seconds(microseconds: u64) -> Duration {
    let seconds = microseconds.saturating_mul(10).div_ceil(1_000_000);
    let round = [5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
    Duration::from_secs(
        round
            .into_iter()
            .find(|round| *round >= seconds)
            .unwrap_or(3600),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_have_room() {
        for (seen, round) in [
            (0, 1),
            (1, 2),
            (2, 5),
            (3, 10),
            (5, 10),
            (6, 20),
            (40, 100),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(number(seen), round, "{seen}");
        }
        let least = ByteSize::kib(64);
        assert_eq!(bytes(1, 2, least), least);
        assert_eq!(bytes(40_000, 2, least), ByteSize::kib(128));
        assert_eq!(bytes(u64::MAX, 2, least).as_u64(), u64::MAX);
        assert_eq!(seconds(1), Duration::from_secs(5));
        assert_eq!(seconds(700_000), Duration::from_secs(10));
        assert_eq!(seconds(u64::MAX), Duration::from_secs(3600));
    }
}
