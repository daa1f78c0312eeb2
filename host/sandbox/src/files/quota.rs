//! How much a call may still add below one mount.

use remit_policy::FileQuota;
use std::sync::atomic::{AtomicU64, Ordering};

/// What one call has added below one mount, and may. Nothing is given back when something is removed: a quota bounds
/// what a call adds, not what remains.
#[derive(Debug)]
pub(super) struct Quota {
    bytes: Counter,
    entries: Counter,
}

#[derive(Debug)]
struct Counter {
    used: AtomicU64,
    max: u64,
}

/// A quota that would be exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exceeded {
    pub(super) what: What,
    /// What the quota would have to be.
    pub(super) needed: u64,
    /// What it is.
    pub(super) max: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Bytes,
    Entries,
}

impl Counter {
    fn add(&self, amount: u64, what: What) -> Result<(), Exceeded> {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(amount).filter(|sum| *sum <= self.max)
            })
            .map(|_| ())
            .map_err(|used| Exceeded {
                what,
                needed: used.saturating_add(amount),
                max: self.max,
            })
    }
}

impl Quota {
    pub(super) fn new(quota: FileQuota) -> Quota {
        let counter = |max| Counter {
            used: AtomicU64::new(0),
            max,
        };
        Quota {
            bytes: counter(quota.bytes.as_u64()),
            entries: counter(u64::from(quota.entries)),
        }
    }

    /// Takes both amounts from what is left, or neither.
    pub(super) fn take(&self, bytes: u64, entries: u64) -> Result<(), Exceeded> {
        self.entries.add(entries, What::Entries)?;
        self.bytes.add(bytes, What::Bytes).inspect_err(|_| {
            self.entries.used.fetch_sub(entries, Ordering::Relaxed);
        })
    }
}

/// By how many bytes a write makes a file of `size` bytes grow. Where the file had holes before the call, each byte
/// written may fill one, so each counts.
pub(super) fn growth(size: u64, has_holes: bool, offset: u64, length: u64) -> u64 {
    if length == 0 {
        return 0;
    }
    let grown = offset.saturating_add(length).saturating_sub(size);
    if has_holes { grown.max(length) } else { grown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use remit_policy::ByteSize;

    fn quota(bytes: u64, entries: u32) -> Quota {
        Quota::new(FileQuota {
            bytes: ByteSize::bytes(bytes),
            entries,
        })
    }

    #[test]
    fn the_last_byte_fits_and_the_next_does_not() {
        let quota = quota(10, 1);
        assert_eq!(quota.take(10, 1), Ok(()));
        let exceeded = quota.take(1, 0).unwrap_err();
        assert_eq!(
            (exceeded.what, exceeded.needed, exceeded.max),
            (What::Bytes, 11, 10)
        );
        assert_eq!(quota.take(0, 1).unwrap_err().what, What::Entries);
    }

    #[test]
    fn a_refused_take_takes_nothing() {
        let quota = quota(10, 1);
        assert!(quota.take(11, 1).is_err());
        assert_eq!(quota.take(10, 1), Ok(()));
    }

    #[test]
    fn a_sum_that_overflows_is_refused() {
        let quota = quota(u64::MAX, 1);
        assert_eq!(quota.take(u64::MAX, 0), Ok(()));
        assert!(quota.take(1, 0).is_err());
    }

    #[test]
    fn a_sparse_seek_counts_as_what_the_file_becomes() {
        assert_eq!(growth(0, false, 1 << 40, 1), (1 << 40) + 1);
        assert_eq!(growth(0, false, 1 << 40, 0), 0);
        assert_eq!(growth(100, false, 50, 10), 0);
        assert_eq!(growth(100, true, 50, 10), 10);
        assert_eq!(growth(0, false, u64::MAX, 5), u64::MAX);
    }

    proptest! {
        #[test]
        fn what_is_taken_never_exceeds_the_quota(max in 0_u64..1000, takes in prop::collection::vec(0_u64..400, 0..20)) {
            let quota = quota(max, 0);
            let taken: u64 = takes.iter().filter(|n| quota.take(**n, 0).is_ok()).sum();
            prop_assert!(taken <= max);
        }
    }
}
