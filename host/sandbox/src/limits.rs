//! The limit of memory: one sum over all linear memories and tables of a call.

use wasmtime::ResourceLimiter;

/// What one table entry takes on the host.
const TABLE_ENTRY: usize = size_of::<usize>();

/// The most core instances, memories and tables in one store. The pool has its own, lower ones for each component;
/// this holds where there is no pool.
const MAX_ITEMS: usize = 200;

/// Counts what all memories and tables of a call hold, and refuses what would go over the limit.
///
/// wasmtime's own limits are for each memory, of which a component may have many.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    limit: usize,
    used: usize,
    /// Whether anything was refused: a trap after that is most likely the guest's allocator giving up.
    pub(crate) refused: bool,
}

impl MemoryLimit {
    pub(crate) fn new(limit: usize) -> MemoryLimit {
        MemoryLimit {
            limit,
            used: 0,
            refused: false,
        }
    }

    /// The most that was held at one time. Memories never shrink, so that is what is held at the end.
    pub(crate) fn peak(&self) -> u64 {
        self.used as u64
    }

    fn grow(&mut self, by: usize, fits: bool) -> bool {
        // What the type forbids fails in any case, and is not the limit's doing.
        if !fits {
            return false;
        }
        match self.used.checked_add(by) {
            Some(used) if used <= self.limit => {
                // Should the system then fail to provide it, it stays counted: too much is the safe side.
                self.used = used;
                true
            }
            _ => {
                self.refused = true;
                false
            }
        }
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = maximum.is_none_or(|maximum| desired <= maximum);
        Ok(self.grow(desired.saturating_sub(current), fits))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = maximum.is_none_or(|maximum| desired <= maximum);
        let entries = desired.saturating_sub(current);
        Ok(self.grow(entries.saturating_mul(TABLE_ENTRY), fits))
    }

    fn instances(&self) -> usize {
        MAX_ITEMS
    }

    fn tables(&self) -> usize {
        MAX_ITEMS
    }

    fn memories(&self) -> usize {
        MAX_ITEMS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 64 << 10;

    #[test]
    fn the_sum_over_all_memories_is_limited() {
        let mut limit = MemoryLimit::new(4 * PAGE);
        assert!(limit.memory_growing(0, 2 * PAGE, None).unwrap());
        assert!(limit.memory_growing(0, 2 * PAGE, None).unwrap());
        assert!(!limit.memory_growing(0, PAGE, None).unwrap());
        assert!(limit.refused);
        assert_eq!(limit.peak(), 4 * PAGE as u64);
    }

    #[test]
    fn tables_count_by_the_bytes_of_their_entries() {
        let mut limit = MemoryLimit::new(100 * TABLE_ENTRY);
        assert!(limit.table_growing(0, 60, None).unwrap());
        assert!(!limit.table_growing(60, 101, None).unwrap());
        assert!(limit.table_growing(60, 100, None).unwrap());
    }

    #[test]
    fn what_the_type_forbids_is_neither_counted_nor_called_a_limit() {
        let mut limit = MemoryLimit::new(4 * PAGE);
        assert!(
            !limit
                .memory_growing(PAGE, 3 * PAGE, Some(2 * PAGE))
                .unwrap()
        );
        assert!(!limit.refused);
        assert_eq!(limit.peak(), 0);
    }

    #[test]
    fn sizes_that_overflow_are_refused() {
        let mut limit = MemoryLimit::new(usize::MAX);
        assert!(limit.memory_growing(0, PAGE, None).unwrap());
        assert!(!limit.memory_growing(0, usize::MAX, None).unwrap());
        assert!(!limit.table_growing(0, usize::MAX, None).unwrap());
    }
}
