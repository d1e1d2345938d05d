//! The array that a resize is emptying, home bucket by home bucket, from left to right.

use std::sync::atomic::AtomicU32;

use smallvec::SmallVec;

use super::array::{Array, Place};
use super::bucket::{LANES, Tag};
use super::entry::Entry;
use super::parts::Parts;
use super::{position_of, tag_of};
use crate::store::key::{HashedKey, Position};

/// An array with the parts that its homes follow, and how far it has been emptied.
pub(super) struct OldArray {
    array: Array,
    ends: Box<[AtomicU32]>,
    first_slot: u16,
    // Invariant: less than the number of buckets, or nothing is left; no entry's home is to the left of it.
    next: u32,
    // Invariant: the least position whose home is `next`.
    boundary: Position,
}

impl OldArray {
    /// Begins to empty `array`, whose parts end at `ends` and whose arc begins with slot `first_slot`.
    pub(super) fn new(array: Array, ends: Box<[AtomicU32]>, first_slot: u16) -> Self {
        Self {
            array,
            ends,
            first_slot,
            next: 0,
            boundary: Position::first_of_slot(first_slot),
        }
    }

    /// The first position that is still here.
    #[inline]
    pub(super) fn boundary(&self) -> Position {
        self.boundary
    }

    /// How the slots share the buckets.
    #[inline]
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts::new(&self.ends)
    }

    /// The array, and the home of `position` in it.
    #[inline]
    pub(super) fn locate(&self, position: Position) -> (&Array, u32) {
        (&self.array, self.parts().home(position))
    }

    /// The array, and the home of `position` in it.
    #[inline]
    pub(super) fn locate_mut(&mut self, position: Position) -> (&mut Array, u32) {
        let home = self.parts().home(position);
        (&mut self.array, home)
    }

    /// The number of buckets.
    pub(super) fn len(&self) -> u32 {
        self.array.len()
    }

    /// The entries, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.array.iter()
    }

    /// The entries in bucket `index`.
    pub(super) fn in_bucket(&self, index: u32) -> impl Iterator<Item = &Entry> {
        self.array.in_bucket(index)
    }

    /// The memory that the buckets take, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.array.memory_bytes()
    }

    /// Takes out the entries of the next `buckets` homes and gives each one to `take`; says whether that was the last.
    pub(super) fn empty(&mut self, buckets: u32, mut take: impl FnMut(Position, Tag, Entry)) -> bool {
        let last = self.next.saturating_add(buckets).min(self.array.len());
        for home in self.next..last {
            self.array.prefetch_all_entries(home);
        }
        for home in self.next..last {
            self.empty_home(home, &mut take);
        }
        self.next = last;
        if last > 0 {
            self.boundary = self.parts().first_position_after(last - 1, self.first_slot);
        }
        last == self.array.len()
    }

    /// Asserts the invariants and answers how many entries there are.
    pub(super) fn check_invariants(&self) -> usize {
        for entry in self.array.iter() {
            assert!(
                self.parts().home(position_of(entry)) >= self.next,
                "homes on the left are empty"
            );
            assert!(
                position_of(entry) >= self.boundary,
                "positions before the boundary are gone"
            );
        }
        self.array
            .check_invariants(|entry| self.parts().home(position_of(entry)), tag_of)
    }

    fn empty_home(&mut self, home: u32, take: &mut impl FnMut(Position, Tag, Entry)) {
        let mut found: SmallVec<[(Place, Position, Tag); 2 * LANES]> = SmallVec::new();
        let parts = Parts::new(&self.ends);
        self.array.visit_from(home, |place, entry| {
            let key = HashedKey::new(entry.key());
            if parts.home(key.position()) == home {
                found.push((place, key.position(), Tag::of(key.hash)));
            }
        });
        for (place, position, tag) in found {
            if let Some(entry) = self.array.take(place) {
                take(position, tag, entry);
            }
        }
    }
}
