//! The table of one arc: from a key to its entry, by way of one cache line that can be fetched ahead.
//!
//! ```text
//!   key -> slot, hash -> position -> home bucket -> 7 tags at once -> entry        (parts, array, bucket, entry)
//! ```
//!
//! It exists to be prefetched. A look-up waits for memory twice, for the bucket and for the entry. Since the bucket's
//! address follows from the hash alone, without the lock ([`Prefetcher`]), a batch of commands can ask for all their
//! buckets, then for all their entries, and then find both in the cache. hashbrown and DashMap hide that address.
//!
//! **Load.** Up to 85% of the lanes are used. Then a second array, a quarter larger, takes over in small steps: each
//! insertion moves the keys of a few home buckets, from left to right.
//!
//! ```text
//!   old   [ emptied ......... | still in use ....... ]        a position left of `boundary` is looked up in the new
//!   new   [ in use ............... | empty yet ............. ]  array, any other in the old one: one search, never two
//!                             ^ boundary
//! ```
//!
//! It works because homes follow the order of positions in arrays of any size. Below 35% the table shrinks the same way.
//!
//! **Limits.** At most 2^32 - 1 buckets an arc. Nothing guards against a client that makes up keys with equal hashes
//! (xxh3 is not keyed): it slows down the keys of its own slot.
//!
//! Refused: doubling (a third more memory on average); resizing in one go (a pause of milliseconds under the arc's
//! lock, for an arc of 100,000 keys); keeping the hash in the entry, to resize without reading the key (8 bytes).

mod array;
mod bucket;
mod entry;
mod face;
mod old_array;
mod parts;
mod prefetch;
mod resize;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt;
use std::sync::Arc;

use circlet_ring::{ArcCount, ArcId, Slot};

use self::array::Array;
use self::bucket::Tag;
use self::face::Face;
use self::old_array::OldArray;
use self::prefetch::prefetch;

#[cfg(test)]
pub(super) use self::entry::BODY_INLINE_BYTES_MAX;
pub(crate) use self::entry::Wanted;
pub(super) use self::entry::{Body, Content, Entry, Held};
use super::due::Name;
use super::key::{HashedKey, Position};

/// The entries of one arc.
pub(super) struct Table {
    face: Arc<Face>,
    first_slot: u16,
    // Invariant: as many buckets as the face's parts say, and no fewer lanes than there are entries in both arrays.
    array: Array,
    // Invariant: positions from its boundary on are there and not in `array`; those before are in `array` and not there.
    old: Option<Box<OldArray>>,
    // Invariant: the number of entries in both arrays, by slot.
    entries_by_slot: Box<[u32]>,
    // Invariant: their sum.
    entries: usize,
}

/// Bytes of a cache line.
const LINE_BYTES: usize = 64;

/// Fetches buckets ahead, without the lock.
#[derive(Clone, Debug)]
pub(super) struct Prefetcher(Arc<Face>);

/// What a table held, yet to be freed: to be dropped after the lock was given back.
#[must_use = "to be dropped after the lock was given back"]
pub(super) struct Discarded {
    _array: Array,
    _old: Option<Box<OldArray>>,
}

impl Table {
    /// An empty table for the keys of `arc`. Allocates no bucket yet.
    pub(super) fn new(arcs: ArcCount, arc: ArcId) -> Self {
        let slots = arcs.slots_per_arc();
        Self {
            face: Face::new(slots),
            first_slot: *arcs.slots_of(arc).start(),
            array: Array::default(),
            old: None,
            entries_by_slot: vec![0; usize::from(slots)].into(),
            entries: 0,
        }
    }

    /// What can be prefetched from without the lock.
    pub(super) fn prefetcher(&self) -> Prefetcher {
        Prefetcher(Arc::clone(&self.face))
    }

    /// The number of entries of any kind.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// The memory that the table takes besides its entries, in bytes.
    #[inline]
    pub(super) fn memory_bytes(&self) -> usize {
        self.array.memory_bytes() + self.old.as_ref().map_or(0, |old| old.memory_bytes())
    }

    /// The entry of `key`.
    #[inline]
    pub(super) fn get(&self, key: &HashedKey<'_>) -> Option<&Entry> {
        let (array, home) = self.locate(key.position())?;
        let (_, entry) = array.get(home, Tag::of(key.hash), key.key)?;
        Some(entry)
    }

    /// The entry of `key`, to be changed or to be replaced by another entry of the same key.
    #[inline]
    pub(super) fn get_mut(&mut self, key: &HashedKey<'_>) -> Option<&mut Entry> {
        self.tend();
        let (array, home) = self.locate_mut(key.position())?;
        let place = array.find(home, Tag::of(key.hash), key.key)?;
        array.entry_mut(place)
    }

    /// Puts in an entry of `key`, which must have none.
    pub(super) fn insert(&mut self, key: &HashedKey<'_>, entry: Entry) {
        debug_assert!(self.get(key).is_none(), "a key has one entry");
        debug_assert_eq!(entry.key(), key.key);
        self.make_room(key);
        let passed = self.insert_into_array(key, entry);
        self.entries += 1;
        self.entries_by_slot[self.slot_index(key)] += 1;
        self.after_passing(passed);
    }

    /// Takes the entry of `key` out.
    pub(super) fn remove(&mut self, key: &HashedKey<'_>) -> Option<Entry> {
        let (array, home) = self.locate_mut(key.position())?;
        let place = array.find(home, Tag::of(key.hash), key.key)?;
        let entry = array.take(place)?;
        self.entries -= 1;
        self.entries_by_slot[self.slot_index(key)] -= 1;
        self.give_back_room();
        Some(entry)
    }

    /// Empties the table. What it held is freed when the answer is dropped.
    pub(super) fn clear(&mut self) -> Discarded {
        self.entries_by_slot.fill(0);
        self.entries = 0;
        let old = self.old.take();
        let none = self.entries_by_slot.clone();
        let array = self.install(0, &none);
        Discarded {
            _array: array,
            _old: old,
        }
    }

    /// Starts to fetch the entry of `key`, which is to be a collection, or is not; wants the bucket to be in the cache. Says false if the entry is
    /// perhaps in another bucket, which is now being fetched: then [`Table::prefetch_farther`] is to be asked.
    #[inline]
    pub(super) fn prefetch_entry(&self, key: &HashedKey<'_>, of_collection: bool) -> bool {
        self.locate(key.position()).is_none_or(|(array, home)| {
            array.visit_home(home, Tag::of(key.hash), |entry| entry.prefetch(of_collection))
        })
    }

    /// Starts to fetch the entry of `key`, in whichever bucket it is.
    pub(super) fn prefetch_farther(&self, key: &HashedKey<'_>, of_collection: bool) {
        if let Some((array, home)) = self.locate(key.position()) {
            array.visit_tagged(home, Tag::of(key.hash), |entry| entry.prefetch(of_collection));
        }
    }

    /// Starts to fetch what is wanted of the rest of the entries whose beginning [`Table::prefetch_entry`] has fetched.
    #[inline]
    pub(super) fn prefetch_rest(&self, key: &HashedKey<'_>, wanted: Wanted<'_>) {
        if let Some((array, home)) = self.locate(key.position()) {
            array.visit_tagged(home, Tag::of(key.hash), |entry| entry.prefetch_rest(wanted));
        }
    }

    /// The entries of the name: those whose slot and hash it gives, and few others.
    pub(super) fn named(&self, name: Name, visit: impl FnMut(&Entry)) {
        let (slot, hash) = name.slot_and_hash(self.first_slot);
        let Some(slot) = Slot::new(slot) else { return };
        if let Some((array, home)) = self.locate(Position::new(slot, hash)) {
            array.visit_tagged(home, Tag::of(hash), visit);
        }
    }

    /// All entries, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.array.iter().chain(self.old.iter().flat_map(|old| old.iter()))
    }

    /// Asserts the invariants of the table and everything in it.
    pub(super) fn check_invariants(&self) {
        let in_new = self
            .array
            .check_invariants(|entry| self.face.parts().home(position_of(entry)), tag_of);
        let in_old = self.old.as_ref().map_or(0, |old| old.check_invariants());
        assert_eq!(in_new + in_old, self.entries, "entries are counted");
        assert_eq!(
            self.array.len(),
            self.face.parts().buckets(),
            "the face shows the array"
        );
        assert!(self.entries <= self.array.lanes(), "the new array could take all");
        let mut entries_by_slot = vec![0; self.entries_by_slot.len()];
        for entry in self.array.iter() {
            let position = position_of(entry);
            entries_by_slot[usize::from(position.slot_number() - self.first_slot)] += 1;
            assert!(
                self.old.as_ref().is_none_or(|old| position < old.boundary()),
                "left of the boundary"
            );
        }
        for entry in self.old.iter().flat_map(|old| old.iter()) {
            entries_by_slot[usize::from(position_of(entry).slot_number() - self.first_slot)] += 1;
        }
        assert_eq!(entries_by_slot, *self.entries_by_slot, "entries are counted by slot");
    }

    /// Puts the entry where it belongs and says how many buckets it had to pass.
    fn insert_into_array(&mut self, key: &HashedKey<'_>, mut entry: Entry) -> u32 {
        let tag = Tag::of(key.hash);
        loop {
            if let Some((array, home)) = self.locate_mut(key.position()) {
                match array.insert(home, tag, entry) {
                    Ok(passed) => return passed,
                    Err(refused) => entry = refused,
                }
            }
            // The old array is full, which it hardly ever is; the new one has room for all by its invariant.
            assert!(self.old.is_some(), "the new array has room");
            self.finish_resize();
        }
    }

    /// The array that has what is at `position`, and its home there. None if there is no bucket at all.
    #[inline]
    fn locate(&self, position: Position) -> Option<(&Array, u32)> {
        match &self.old {
            Some(old) if position >= old.boundary() => Some(old.locate(position)),
            _ if self.array.is_empty() => None,
            _ => Some((&self.array, self.face.parts().home(position))),
        }
    }

    #[inline]
    fn locate_mut(&mut self, position: Position) -> Option<(&mut Array, u32)> {
        match &mut self.old {
            Some(old) if position >= old.boundary() => Some(old.locate_mut(position)),
            _ if self.array.is_empty() => None,
            _ => Some((&mut self.array, self.face.parts().home(position))),
        }
    }

    fn slot_index(&self, key: &HashedKey<'_>) -> usize {
        usize::from(key.slot.get() - self.first_slot)
    }
}

impl Prefetcher {
    /// Starts to fetch the bucket of `key`.
    #[inline]
    pub(super) fn prefetch_bucket(&self, key: &HashedKey<'_>) {
        self.0.prefetch_bucket(key.position());
    }

    #[inline]
    pub(super) fn prefetch_face(&self) {
        Self::prefetch_lines(&*self.0);
    }

    /// Starts to fetch the first two cache lines of `place`.
    #[inline]
    pub(super) fn prefetch_lines<T: ?Sized>(place: &T) {
        let address = std::ptr::from_ref(place).cast::<u8>();
        prefetch(address);
        prefetch(address.wrapping_add(LINE_BYTES));
    }
}

impl fmt::Debug for Discarded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Discarded").finish_non_exhaustive()
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = formatter.debug_struct("Table");
        table
            .field("entries", &self.entries)
            .field("buckets", &self.array.len());
        table.field("is_resizing", &self.old.is_some()).finish_non_exhaustive()
    }
}

fn position_of(entry: &Entry) -> Position {
    HashedKey::new(entry.key()).position()
}

fn tag_of(entry: &Entry) -> Tag {
    Tag::of(HashedKey::new(entry.key()).hash)
}
