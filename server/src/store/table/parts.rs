//! Which bucket a key belongs to: every slot of the arc has a contiguous part of the buckets, as long as its share of
//! the keys, and inside of it the hash leads.
//!
//! ```text
//!   slots of the arc     0          1    2 3              4 ...
//!   buckets        |----------|---------|-|-----------------|--...--|      `ends`: where each part ends
//!                             ^ ends[0] ^ ends[1]                   ^ ends[last] = number of buckets
//!   home of a key = start of its slot's part + (hash x length of the part) / 2^64
//! ```
//!
//! The multiply-shift takes any length, so that tables grow by a quarter instead of doubling, and it is monotone: keys
//! stand in the order of their [`Position`]s however many buckets there are. Cursors and incremental resizing rest on
//! that.
//!
//! Refused: `slot bits x number of buckets` alone, with equal parts. One hash tag with many keys would have to squeeze
//! them into one sixteenth of its arc's buckets.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::store::key::Position;

/// The ends of the slots' parts; see the module's page.
///
/// Invariant, but for moments when a reader without the lock looks in the middle of a change: ends never fall, and the
/// last one is the number of buckets.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    ends: &'a [AtomicU32],
}

impl<'a> Parts<'a> {
    /// The parts that end at `ends`, one for each slot of the arc: a power of two.
    #[inline]
    pub(super) const fn new(ends: &'a [AtomicU32]) -> Self {
        Self { ends }
    }

    /// The number of buckets.
    #[inline]
    pub(super) fn buckets(self) -> u32 {
        self.end(self.ends.len() - 1)
    }

    /// The bucket that a key at `position` belongs to. Means nothing if there is no bucket.
    #[inline]
    pub(super) fn home(self, position: Position) -> u32 {
        let part = self.part_of(position);
        let (start, length) = (self.start(part), self.length(part));
        if length == 0 {
            return self.home_without_part(start);
        }
        // Wraps only for a reader without the lock, who has no use for the result.
        start.wrapping_add(((u128::from(position.hash_bits()) * u128::from(length)) >> u64::BITS) as u32)
    }

    /// The number of buckets in the part of the slot that `position` is in.
    pub(super) fn length_at(self, position: Position) -> u32 {
        self.length(self.part_of(position))
    }

    /// The first position whose home is to the right of bucket `home`, in the arc that begins with slot `first_slot`.
    /// The end of the arc if there is none.
    pub(super) fn first_position_after(self, home: u32, first_slot: u16) -> Position {
        let next = home + 1;
        for (part, slot) in (0..self.ends.len()).zip(first_slot..) {
            let (start, length) = (self.start(part), self.length(part));
            let first_home = if length == 0 {
                self.home_without_part(start)
            } else {
                start
            };
            if first_home >= next {
                return Position::first_of_slot(slot);
            }
            if next < start + length {
                return Position::least_scaled_to(slot, next - start, length);
            }
        }
        Position::first_of_slot(first_slot + self.ends.len() as u16)
    }

    /// Where the keys of a slot go that had no share when the parts were cut: to the next part, or to the last bucket.
    fn home_without_part(self, start: u32) -> u32 {
        start.min(self.buckets().saturating_sub(1))
    }

    #[inline]
    fn part_of(self, position: Position) -> usize {
        usize::from(position.slot_number()) & (self.ends.len() - 1)
    }

    #[inline]
    fn end(self, part: usize) -> u32 {
        // Relaxed: under the lock there is only one thread, and a prefetch may go wrong.
        self.ends[part].load(Ordering::Relaxed)
    }

    #[inline]
    fn start(self, part: usize) -> u32 {
        if part == 0 { 0 } else { self.end(part - 1) }
    }

    #[inline]
    fn length(self, part: usize) -> u32 {
        self.end(part).wrapping_sub(self.start(part))
    }
}

/// Cuts `buckets` into parts in proportion to the numbers of entries in the slots, and stores their ends.
pub(super) fn cut(buckets: u32, entries_by_slot: &[u32], ends: &[AtomicU32]) {
    let total: u64 = entries_by_slot.iter().copied().map(u64::from).sum();
    let mut passed = 0;
    for (entries, end) in entries_by_slot.iter().zip(ends) {
        passed += u64::from(*entries);
        // Rounding the running sum, not each share, makes the last end the number of buckets.
        let share = u64::from(buckets) * passed / total.max(1);
        end.store(share as u32, Ordering::Relaxed);
    }
    if let (0, Some(last)) = (total, ends.last()) {
        last.store(buckets, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ends(buckets: u32, entries_by_slot: &[u32]) -> Vec<AtomicU32> {
        let ends: Vec<AtomicU32> = entries_by_slot.iter().map(|_| AtomicU32::new(0)).collect();
        cut(buckets, entries_by_slot, &ends);
        ends
    }

    #[test]
    fn a_slot_gets_buckets_by_its_share_of_the_keys() {
        let ends = ends(100, &[10, 0, 70, 20]);
        let ends: Vec<u32> = ends.iter().map(|end| end.load(Ordering::Relaxed)).collect();
        assert_eq!(ends, [10, 10, 80, 100]);
    }

    proptest! {
        #[test]
        fn homes_follow_the_order_of_positions_and_their_bounds_are_exact(
            buckets in 1u32..300,
            entries_by_slot in proptest::collection::vec(prop_oneof![Just(0u32), 0u32..100], 4),
            mut positions in proptest::collection::vec((0u16..4, any::<u64>()), 2..100),
        ) {
            const FIRST_SLOT: u16 = 8;
            let ends = ends(buckets, &entries_by_slot);
            let parts = Parts::new(&ends);
            prop_assert_eq!(parts.buckets(), buckets);
            positions.sort_unstable();
            let mut last_home = 0;
            for (slot, hash) in positions {
                let slot = circlet_ring::Slot::new(FIRST_SLOT + slot).unwrap();
                let position = Position::new(slot, hash);
                let home = parts.home(position);
                prop_assert!(home < buckets && home >= last_home, "home {} after {}", home, last_home);
                last_home = home;

                let after = parts.first_position_after(home, FIRST_SLOT);
                prop_assert!(position < after, "a position is before the first one after its home");
                if after < Position::first_of_slot(FIRST_SLOT + 4) {
                    prop_assert!(parts.home(after) > home, "the first one after it is");
                    let before = Position::from_bits(after.to_bits() - 1);
                    prop_assert!(parts.home(before) <= home, "and there is none between");
                }
            }
        }
    }
}
