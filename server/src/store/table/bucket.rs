//! One cache line of the table: seven one-byte tags, an overflow count, seven entries.
//!
//! ```text
//!   byte 0      7          8         16                                    64
//!   | 7 tags    | overflow | entry 0 | entry 1 | ...             | entry 6 |
//! ```
//!
//! A tag is one byte of its entry's hash, never 0; 0 marks an empty lane. All seven are compared at once, in one
//! register, so that an entry is touched only when its tag fits: for a key that is absent, once in 40 look-ups.
//!
//! The overflow count says how many entries that belong here stand further right because this bucket was full when
//! they came: a search that finds a 0 may stop. At 255 it sticks, because then nobody knows any more; the search goes
//! on, and the next resize counts afresh.

use super::entry::Entry;

/// Entries in a bucket.
pub(super) const LANES: usize = 7;

const OVERFLOW_SHIFT: u32 = 56;
const OVERFLOW_MAX: u64 = 0xff;
const LOW_BITS: u64 = 0x0001_0101_0101_0101;
const HIGH_BITS: u64 = 0x0080_8080_8080_8080;

/// One byte of a hash that tells the entries of a bucket apart.
///
/// Invariant: not 0. From the lowest bits of the hash, which the position leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u8);

impl Tag {
    #[inline]
    pub(super) const fn of(hash: u64) -> Self {
        let byte = hash as u8;
        Self(if byte == 0 { 1 } else { byte })
    }
}

/// Some of the lanes of a bucket, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lanes(u64);

impl Iterator for Lanes {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let lane = self.0.trailing_zeros() as usize / 8;
        self.0 &= self.0 - 1;
        Some(lane)
    }
}

/// Seven places for entries. 64 bytes, at an address that is a multiple of 64.
#[derive(Default)]
#[repr(C, align(64))]
pub(super) struct Bucket {
    // Invariant: byte i is 0 iff lane i is None, else the tag of its entry.
    control: u64,
    lanes: [Option<Entry>; LANES],
}

impl Bucket {
    /// The lanes whose tag may be `tag`: every one that has it, and rarely one that has `tag ^ 1`.
    #[inline]
    pub(super) fn candidates(&self, tag: Tag) -> Lanes {
        Lanes(zero_bytes(self.control ^ (LOW_BITS * u64::from(tag.0))))
    }

    /// The first empty lane.
    #[inline]
    pub(super) fn vacancy(&self) -> Option<usize> {
        // The lowest byte that `zero_bytes` names is always one.
        Lanes(zero_bytes(self.control)).next()
    }

    /// The lanes that hold an entry.
    #[inline]
    pub(super) fn occupied(&self) -> impl Iterator<Item = (usize, &Entry)> {
        let lanes = self.lanes.iter().enumerate();
        lanes.filter_map(|(lane, entry)| Some((lane, entry.as_ref()?)))
    }

    /// The entry in `lane`.
    #[inline]
    pub(super) fn entry(&self, lane: usize) -> Option<&Entry> {
        self.lanes[lane].as_ref()
    }

    /// The entry in `lane`, to be changed or to be replaced by another one with the same key.
    #[inline]
    pub(super) fn entry_mut(&mut self, lane: usize) -> Option<&mut Entry> {
        self.lanes[lane].as_mut()
    }

    /// Fills the empty `lane`.
    pub(super) fn put(&mut self, lane: usize, tag: Tag, entry: Entry) {
        debug_assert!(self.lanes[lane].is_none(), "lane {lane} is taken");
        self.control |= u64::from(tag.0) << (8 * lane);
        self.lanes[lane] = Some(entry);
    }

    /// Empties `lane`.
    pub(super) fn take(&mut self, lane: usize) -> Option<Entry> {
        self.control &= !(0xff << (8 * lane));
        self.lanes[lane].take()
    }

    /// Whether entries that belong here, or to the left of here, may stand further right.
    #[inline]
    pub(super) fn overflows(&self) -> bool {
        self.control >> OVERFLOW_SHIFT != 0
    }

    /// Notes that an entry went past this bucket.
    pub(super) fn raise_overflow(&mut self) {
        if self.control >> OVERFLOW_SHIFT < OVERFLOW_MAX {
            self.control += 1 << OVERFLOW_SHIFT;
        }
    }

    /// Notes that an entry that had gone past this bucket was taken out.
    pub(super) fn lower_overflow(&mut self) {
        debug_assert!(self.overflows(), "an entry came past here uncounted");
        if self.control >> OVERFLOW_SHIFT < OVERFLOW_MAX {
            self.control -= 1 << OVERFLOW_SHIFT;
        }
    }

    /// The overflow count, None if it sticks at its greatest value. For checks.
    pub(super) fn overflow_count(&self) -> Option<usize> {
        let count = self.control >> OVERFLOW_SHIFT;
        (count < OVERFLOW_MAX).then_some(count as usize)
    }

    /// Asserts the type's invariant.
    pub(super) fn check_invariants(&self, tag_of: impl Fn(&Entry) -> Tag) {
        for lane in 0..LANES {
            let byte = (self.control >> (8 * lane)) as u8;
            let expected = self.entry(lane).map_or(0, |entry| tag_of(entry).0);
            assert_eq!(byte, expected, "lane {lane}: the tag is its entry's");
        }
    }
}

/// Marks the bytes of the lower seven that are 0, by their highest bits. A byte of 1 above one that is 0 may be marked
/// as well, because the subtraction borrows from it; bytes below the lowest 0 never are.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(LOW_BITS) & !word & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use circlet_core::stamp::Stamp;
    use proptest::prelude::*;

    use super::super::entry::{Body, Content};
    use super::*;

    fn entry() -> Entry {
        let content = Content {
            generation: Stamp::ZERO,
            expiry: None,
            body: Body::Tombstone,
        };
        Entry::new(b"key", &content)
    }

    #[test]
    fn a_bucket_is_one_cache_line() {
        assert_eq!((size_of::<Bucket>(), align_of::<Bucket>()), (64, 64));
    }

    #[test]
    fn an_overflow_count_that_reached_its_end_sticks() {
        let mut bucket = Bucket::default();
        for _ in 0..300 {
            bucket.raise_overflow();
        }
        for _ in 0..300 {
            bucket.lower_overflow();
        }
        assert!(bucket.overflows(), "45 entries are still somewhere to the right");
        assert_eq!(bucket.overflow_count(), None);
    }

    proptest! {
        #[test]
        fn candidates_are_all_lanes_with_the_tag_and_few_others(
            tags in proptest::collection::vec(1u8.., LANES),
            filled in 0u8..1 << LANES,
            overflow in any::<u8>(),
            wanted in 1u8..,
        ) {
            let mut bucket = Bucket::default();
            for lane in (0..LANES).filter(|lane| filled & (1 << lane) != 0) {
                bucket.put(lane, Tag(tags[lane]), entry());
            }
            for _ in 0..overflow {
                bucket.raise_overflow();
            }
            let found: Vec<usize> = bucket.candidates(Tag(wanted)).collect();
            for (lane, &tag) in tags.iter().enumerate() {
                let is_filled = filled & (1 << lane) != 0;
                if is_filled && tag == wanted {
                    prop_assert!(found.contains(&lane), "lane {} has the tag", lane);
                } else if found.contains(&lane) {
                    let tag = if is_filled { tag } else { 0 };
                    prop_assert_eq!(tag, wanted ^ 1, "only a neighbour of the tag may be named as well");
                }
            }
            let first_empty = (0..LANES).find(|lane| filled & (1 << lane) == 0);
            prop_assert_eq!(bucket.vacancy(), first_empty);
        }
    }
}
