//! An array of buckets, searched from an entry's home bucket to the right.
//!
//! ```text
//!        home
//!   ... [full, 2 over] [full, 1 over] [room, 0 over] ...      two entries went past the first bucket, one past the second
//! ```
//!
//! An entry goes to the first bucket with an empty lane, from its home on and around the end of the array, and raises
//! the overflow count of each bucket that it passes. Taking it out lowers them again, so a search may stop at the first
//! bucket that nothing went past, and deleting leaves no marks behind that only a rebuild would clear.
//!
//! Invariant: a bucket's overflow count is the number of entries whose way from home goes past it (or sticks at 255).
//!
//! Refused: chained overflow buckets. At 85% load a quarter of the buckets would have one, most of it empty.

use super::bucket::{Bucket, LANES, Tag};
use super::entry::Entry;
use super::prefetch::prefetch;
use circlet_core::names::is_same;
use circlet_core::size_class::size_class;

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The bucket that the entry belongs to.
    home: u32,
    /// The bucket that it is in.
    bucket: u32,
    lane: usize,
}

/// The buckets.
#[derive(Default)]
pub(super) struct Array {
    buckets: Box<[Bucket]>,
}

impl Array {
    /// `buckets` empty buckets.
    pub(super) fn new(buckets: u32) -> Self {
        let buckets = (0..buckets).map(|_| Bucket::default()).collect();
        Self { buckets }
    }

    /// The least number of buckets, `buckets` or more, that fills its allocation up.
    pub(super) fn filling(buckets: u32) -> u32 {
        if buckets == 0 {
            return 0;
        }
        let bytes = allocated_bytes(buckets as usize * size_of::<Bucket>());
        let slack = if is_aligned_by_itself(bytes) {
            0
        } else {
            ALIGNMENT_BYTES
        };
        u32::try_from((bytes - slack) / size_of::<Bucket>()).unwrap_or(buckets)
    }

    /// The number of buckets.
    #[inline]
    pub(super) fn len(&self) -> u32 {
        self.buckets.len() as u32
    }

    /// Whether there is no bucket.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// The number of entries that all buckets have room for.
    #[inline]
    pub(super) fn lanes(&self) -> usize {
        self.buckets.len() * LANES
    }

    /// Where the first bucket is, for prefetching.
    pub(super) fn address(&self) -> *const u8 {
        self.buckets.as_ptr().cast()
    }

    /// Where the entry of `key` is, which belongs to bucket `home`.
    #[inline]
    pub(super) fn find(&self, home: u32, tag: Tag, key: &[u8]) -> Option<Place> {
        self.get(home, tag, key).map(|(place, _)| place)
    }

    /// The entry of `key`, which belongs to bucket `home`, and where it is.
    #[inline]
    pub(super) fn get(&self, home: u32, tag: Tag, key: &[u8]) -> Option<(Place, &Entry)> {
        let mut index = home;
        for _ in 0..self.buckets.len() {
            let bucket = &self.buckets[index as usize];
            for lane in bucket.candidates(tag) {
                if let Some(entry) = bucket.entry(lane).filter(|entry| is_same(entry.key(), key)) {
                    let bucket = index;
                    return Some((Place { home, bucket, lane }, entry));
                }
            }
            if !bucket.overflows() {
                return None;
            }
            index = self.right_of(index);
        }
        None
    }

    /// The entry at `place`, to be changed or to be replaced by another one with the same key.
    #[inline]
    pub(super) fn entry_mut(&mut self, place: Place) -> Option<&mut Entry> {
        self.buckets[place.bucket as usize].entry_mut(place.lane)
    }

    /// Puts in an entry that belongs to bucket `home`, and says how many buckets it had to pass.
    ///
    /// # Errors
    ///
    /// Gives the entry back if every bucket is full.
    pub(super) fn insert(&mut self, home: u32, tag: Tag, entry: Entry) -> Result<u32, Entry> {
        let mut index = home;
        for passed in 0..self.len() {
            if let Some(lane) = self.buckets[index as usize].vacancy() {
                self.buckets[index as usize].put(lane, tag, entry);
                self.passed_by(home, passed, Bucket::raise_overflow);
                return Ok(passed);
            }
            index = self.right_of(index);
        }
        Err(entry)
    }

    /// Takes the entry at `place` out.
    pub(super) fn take(&mut self, place: Place) -> Option<Entry> {
        let entry = self.buckets[place.bucket as usize].take(place.lane)?;
        let len = self.len();
        let passed = (place.bucket + len - place.home) % len;
        self.passed_by(place.home, passed, Bucket::lower_overflow);
        Some(entry)
    }

    /// Visits the entries that may belong to bucket `home`, and others that stand among them.
    pub(super) fn visit_from(&self, home: u32, mut visit: impl FnMut(Place, &Entry)) {
        let mut index = home;
        for _ in 0..self.buckets.len() {
            let bucket = &self.buckets[index as usize];
            for (lane, entry) in bucket.occupied() {
                let place = Place {
                    home,
                    bucket: index,
                    lane,
                };
                visit(place, entry);
            }
            if !bucket.overflows() {
                return;
            }
            index = self.right_of(index);
        }
    }

    /// Visits the entries with this tag that may belong to bucket `home`.
    pub(super) fn visit_tagged(&self, home: u32, tag: Tag, mut visit: impl FnMut(&Entry)) {
        let mut index = home;
        for _ in 0..self.buckets.len() {
            let bucket = &self.buckets[index as usize];
            bucket
                .candidates(tag)
                .filter_map(|lane| bucket.entry(lane))
                .for_each(&mut visit);
            if !bucket.overflows() {
                return;
            }
            index = self.right_of(index);
        }
    }

    /// All entries, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.buckets
            .iter()
            .flat_map(|bucket| bucket.occupied().map(|(_, entry)| entry))
    }

    /// All entries of the bucket `index`, whichever one they belong to.
    pub(super) fn in_bucket(&self, index: u32) -> impl Iterator<Item = &Entry> {
        self.buckets[index as usize].occupied().map(|(_, entry)| entry)
    }

    /// Starts to fetch all entries in bucket `index`.
    pub(super) fn prefetch_all_entries(&self, index: u32) {
        for entry in self.in_bucket(index) {
            entry.prefetch(false);
        }
    }

    /// Visits the entries of bucket `home` that may have this tag, for prefetching them. If there are none, but perhaps in a bucket to the right, the next
    /// one is prefetched, and the answer is false.
    #[inline]
    pub(super) fn visit_home(&self, home: u32, tag: Tag, visit: impl FnMut(&Entry)) -> bool {
        let bucket = &self.buckets[home as usize];
        let mut candidates = bucket.candidates(tag).filter_map(|lane| bucket.entry(lane)).peekable();
        if candidates.peek().is_none() && bucket.overflows() {
            let next = &self.buckets[self.right_of(home) as usize];
            prefetch(std::ptr::from_ref(next).cast());
            return false;
        }
        candidates.for_each(visit);
        true
    }

    /// The memory that the buckets take, in bytes.
    #[inline]
    pub(super) fn memory_bytes(&self) -> usize {
        allocated_bytes(size_of_val(&*self.buckets))
    }

    /// Asserts the invariants, given each entry's home and tag; answers how many entries there are.
    pub(super) fn check_invariants(&self, home_of: impl Fn(&Entry) -> u32, tag_of: impl Fn(&Entry) -> Tag) -> usize {
        let len = self.buckets.len();
        let mut passed_by = vec![0; len];
        let mut entries = 0;
        for (index, bucket) in self.buckets.iter().enumerate() {
            bucket.check_invariants(&tag_of);
            for (_, entry) in bucket.occupied() {
                entries += 1;
                let mut at = home_of(entry) as usize;
                while at != index {
                    passed_by[at] += 1;
                    at = (at + 1) % len;
                }
            }
        }
        for (bucket, passed_by) in self.buckets.iter().zip(passed_by) {
            if let Some(count) = bucket.overflow_count() {
                assert_eq!(count, passed_by, "a bucket counts the entries that went past it");
            }
        }
        assert!(entries <= len * LANES, "{entries} entries in {len} buckets");
        entries
    }

    /// How many buckets away from home the farthest entry is, and all entries together are.
    #[cfg(test)]
    pub(super) fn ways_from_home(&self, home_of: impl Fn(&Entry) -> u32) -> (u32, u32) {
        let len = self.len();
        let places = (0..len).flat_map(|index| self.in_bucket(index).map(move |entry| (index, entry)));
        let ways = places.map(|(index, entry)| (index + len - home_of(entry)) % len);
        ways.fold((0, 0), |(longest, total), way| (longest.max(way), total + way))
    }

    /// Applies `change` to the `passed` buckets from `home` on.
    fn passed_by(&mut self, home: u32, passed: u32, change: impl Fn(&mut Bucket)) {
        let mut index = home;
        for _ in 0..passed {
            change(&mut self.buckets[index as usize]);
            index = self.right_of(index);
        }
    }

    #[inline]
    fn right_of(&self, index: u32) -> u32 {
        let right = index + 1;
        if right == self.len() { 0 } else { right }
    }
}

/// What mimalloc adds to an allocation, in bytes, so that it can begin with a cache line.
const ALIGNMENT_BYTES: usize = align_of::<Bucket>() - 1;
/// The largest allocation that begins with a cache line anyway if its size is a power of two.
const ALIGNED_BYTES_MAX: usize = 4 << 10;

/// The memory that `bytes` bytes of buckets take.
#[inline]
fn allocated_bytes(bytes: usize) -> usize {
    if bytes == 0 || is_aligned_by_itself(bytes) {
        bytes
    } else {
        size_class(bytes + ALIGNMENT_BYTES)
    }
}

#[inline]
fn is_aligned_by_itself(bytes: usize) -> bool {
    bytes.is_power_of_two() && bytes <= ALIGNED_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_come_in_sizes_that_waste_nothing() {
        let mut sizes: Vec<u32> = (0..100).map(Array::filling).collect();
        sizes.dedup();
        assert_eq!(
            sizes,
            [
                0, 1, 2, 4, 5, 6, 8, 9, 11, 13, 16, 19, 23, 27, 32, 39, 47, 55, 64, 79, 95, 111
            ]
        );
        for buckets in 1..10_000 {
            let filling = Array::filling(buckets);
            assert!(filling >= buckets && Array::filling(filling) == filling);
            let more = allocated_bytes((filling as usize + 1) * size_of::<Bucket>());
            assert!(
                allocated_bytes(filling as usize * size_of::<Bucket>()) < more,
                "{filling} fill their allocation"
            );
        }
    }
}
