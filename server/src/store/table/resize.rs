//! When a table gets another number of buckets, and how it moves there in small steps.

use std::mem;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Table;
use super::array::Array;
use super::bucket::LANES;
use super::old_array::OldArray;
use super::parts;
use crate::store::key::HashedKey;

/// The load, in percent of the lanes, above which a table grows.
const LOAD_PERCENT_MAX: usize = 85;
/// The load, in percent of the lanes, below which a table shrinks.
const LOAD_PERCENT_MIN: usize = 35;
/// The lanes that a table is made with, in percent of the least that its entries need at the greatest load; rounded up
/// to what fills an allocation, it is between this and 137.
const HEADROOM_PERCENT: usize = 110;
/// A table of so few buckets shrinks only when it is empty.
const SHRINK_BUCKETS_MIN: u32 = 4;
/// Home buckets that a change moves while there are two arrays: one or two microseconds' work.
///
/// More would pause longer, fewer would leave both arrays in memory longer: here 4% of the time while a table grows.
const STEP_BUCKETS: u32 = 16;
/// The load of a slot's part, in percent of its lanes, above which the parts are cut anew. Beyond 100 its keys would
/// stand further and further to the right of their homes.
const PART_LOAD_PERCENT_MAX: usize = 92;
/// How many entries more than that a slot may have: small parts differ by chance.
const PART_SPILL_MAX: usize = 2 * LANES;
/// How many buckets an insertion may pass before the resize under way is hurried on.
const PASSED_MAX: u32 = 8;
/// The most entries that move to a larger table at once, when many more are expected: some microseconds' work.
const MOVED_AT_ONCE_MAX: usize = 64;
/// The largest table that debug builds check by themselves, before and after each resize.
const CHECKED_ENTRIES_MAX: usize = 1_000;

impl Table {
    /// Sees to it that one more entry, for `key`, will find a lane without a long search.
    pub(super) fn make_room(&mut self, key: &HashedKey<'_>) {
        self.tend();
        let entries = self.entries + 1;
        if self.old.is_some() {
            // A step moves so much that a resize is over long before this; keeps the invariant that all would fit.
            if entries > self.array.lanes() {
                self.finish_resize();
                self.resize(self.buckets_for(entries));
            }
            return;
        }
        let is_loaded = entries * 100 > self.array.lanes() * LOAD_PERCENT_MAX;
        let part_lanes = self.face.parts().length_at(key.position()) as usize * LANES;
        let in_slot = self.entries_by_slot[self.slot_index(key)] as usize;
        let is_lopsided = in_slot > part_lanes * PART_LOAD_PERCENT_MAX / 100 + PART_SPILL_MAX;
        if is_loaded || is_lopsided {
            self.resize(self.buckets_for(entries));
            self.tend();
        }
    }

    /// Follows an insertion that passed `passed` full buckets: many mean that a slot has outgrown its part during a
    /// resize, which had better be over soon.
    pub(super) fn after_passing(&mut self, passed: u32) {
        if passed > PASSED_MAX {
            self.step(passed.saturating_mul(2));
        }
    }

    /// Follows a removal: shrinks a table that has become sparse.
    pub(super) fn give_back_room(&mut self) {
        self.tend();
        let is_sparse = self.entries * 100 < self.array.lanes() * LOAD_PERCENT_MIN;
        let can_shrink = self.entries == 0 || self.array.len() > SHRINK_BUCKETS_MIN;
        if self.old.is_none() && is_sparse && can_shrink {
            self.resize(self.buckets_for(self.entries));
        }
    }

    /// Does a share of the resize under way, if there is one.
    #[inline]
    pub(super) fn tend(&mut self) {
        if self.old.is_some() {
            self.step(STEP_BUCKETS);
        }
    }

    /// Does the rest of the resize under way.
    pub(super) fn finish_resize(&mut self) {
        self.step(u32::MAX);
    }

    /// Makes room for so many entries of each slot besides those that are there, which are few: filling it then moves none of them. Growing step by
    /// step moves each entry four times.
    pub(in crate::store) fn expect(&mut self, by_slot: &[u32]) {
        if by_slot.len() != self.entries_by_slot.len() || self.entries > MOVED_AT_ONCE_MAX {
            return;
        }
        let by_slot: Vec<u32> = by_slot
            .iter()
            .zip(&self.entries_by_slot)
            .map(|(come, there)| come.saturating_add(*there))
            .collect();
        let entries: u64 = by_slot.iter().copied().map(u64::from).sum();
        let entries = usize::try_from(entries).unwrap_or(usize::MAX / HEADROOM_PERCENT);
        if entries * 100 <= self.array.lanes() * LOAD_PERCENT_MAX {
            return;
        }
        self.finish_resize();
        let buckets = self.buckets_for(entries);
        self.resize_to(buckets, &by_slot);
        self.finish_resize();
    }

    /// Puts an empty array of `buckets` buckets in place, which the slots share by their numbers of entries `by_slot`, and answers the one that stood there.
    pub(super) fn install(&mut self, buckets: u32, by_slot: &[u32]) -> Array {
        parts::cut(buckets, by_slot, self.face.ends());
        let array = mem::replace(&mut self.array, Array::new(buckets));
        self.face.show_buckets(self.array.address());
        array
    }

    /// The number of buckets to give a table of `entries` entries.
    fn buckets_for(&self, entries: usize) -> u32 {
        let lanes = (entries * HEADROOM_PERCENT).div_ceil(LOAD_PERCENT_MAX);
        let buckets = u32::try_from(lanes.div_ceil(LANES)).unwrap_or(u32::MAX);
        // Emptying n buckets takes n / STEP_BUCKETS insertions: the new array has room for those in any case.
        let least = if entries == 0 {
            0
        } else {
            self.array.len() / STEP_BUCKETS
        };
        Array::filling(buckets.max(least))
    }

    /// Begins to move to an array of `buckets` buckets.
    fn resize(&mut self, buckets: u32) {
        let by_slot = self.entries_by_slot.clone();
        self.resize_to(buckets, &by_slot);
    }

    /// The same, to an array that the slots share by the numbers of entries `by_slot`.
    fn resize_to(&mut self, buckets: u32, by_slot: &[u32]) {
        debug_assert!(self.old.is_none(), "one resize at a time");
        self.check_invariants_in_debug();
        let ends = self
            .face
            .ends()
            .iter()
            .map(|end| AtomicU32::new(end.load(Ordering::Relaxed)))
            .collect();
        let array = self.install(buckets, by_slot);
        if self.entries > 0 {
            self.old = Some(Box::new(OldArray::new(array, ends, self.first_slot)));
        }
    }

    /// Moves the entries of up to `buckets` home buckets to the new array, if a resize is under way.
    fn step(&mut self, buckets: u32) {
        let Some(old) = &mut self.old else {
            return;
        };
        let (array, parts) = (&mut self.array, self.face.parts());
        let is_empty = old.empty(buckets, |position, tag, entry| {
            let inserted = array.insert(parts.home(position), tag, entry);
            assert!(inserted.is_ok(), "the new array has room for all");
        });
        if is_empty {
            self.old = None;
            self.check_invariants_in_debug();
        }
    }

    fn check_invariants_in_debug(&self) {
        // Checking takes time in proportion to the entries.
        if cfg!(debug_assertions) && self.entries <= CHECKED_ENTRIES_MAX {
            self.check_invariants();
        }
    }
}
