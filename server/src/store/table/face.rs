//! What of a table can be seen without its lock: enough to guess where a key's bucket is, and fetch it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::bucket::Bucket;
use super::parts::Parts;
use super::prefetch::prefetch;
use crate::store::key::Position;

/// The address of the buckets and how they are shared out among the slots, written by the table under its lock.
///
/// The table reads it too, so that there is one copy in the caches, not two. Readers without the lock may find a mixture
/// of before and after, or an address that was freed meanwhile: they only prefetch.
pub(super) struct Face<E: ?Sized = [AtomicU32]> {
    buckets: AtomicPtr<u8>,
    ends: E,
}

impl Face {
    /// The face of an empty table for an arc of `slots` slots, a power of two up to 64.
    pub(super) fn new(slots: u16) -> Arc<Self> {
        match slots {
            1 => Face::<[_; 1]>::empty(),
            2 => Face::<[_; 2]>::empty(),
            4 => Face::<[_; 4]>::empty(),
            8 => Face::<[_; 8]>::empty(),
            16 => Face::<[_; 16]>::empty(),
            32 => Face::<[_; 32]>::empty(),
            64 => Face::<[_; 64]>::empty(),
            _ => unreachable!("an arc has 1 to 64 slots, a power of two, not {slots}"),
        }
    }

    /// How the slots share the buckets.
    #[inline]
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts::new(&self.ends)
    }

    /// The ends of the parts, for the table to change.
    pub(super) fn ends(&self) -> &[AtomicU32] {
        &self.ends
    }

    /// Shows where the buckets are.
    pub(super) fn show_buckets(&self, address: *const u8) {
        self.buckets.store(address.cast_mut(), Ordering::Relaxed);
    }

    /// Starts to fetch the bucket that a key at `position` belongs to, if it has not moved in this instant.
    #[inline]
    pub(super) fn prefetch_bucket(&self, position: Position) {
        let buckets = self.buckets.load(Ordering::Relaxed);
        let home = self.parts().home(position);
        prefetch(buckets.wrapping_add(home as usize * size_of::<Bucket>()));
    }
}

impl<const SLOTS: usize> Face<[AtomicU32; SLOTS]> {
    fn empty() -> Arc<Self> {
        Arc::new(Self {
            buckets: AtomicPtr::default(),
            ends: [const { AtomicU32::new(0) }; SLOTS],
        })
    }
}

impl fmt::Debug for Face {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Face")
            .field("buckets", &self.parts().buckets())
            .finish_non_exhaustive()
    }
}
