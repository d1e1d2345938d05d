//! What the node keeps: every entry of its arcs, in memory.
//!
//! ```text
//!   Store        one Shard an arc, each behind its own lock; prefetching from outside the locks
//!   Shard        an arc's clock, digest and counts, and what a write or a merge does to them
//!   table        from key to entry: buckets that can be prefetched, entries of one allocation each
//! ```
//!
//! One arc is one shard: one lock, one digest, one unit of transfer. A lock is held for a step in memory only, never
//! across an await; whoever needs two takes them in ascending order of arcs. Nothing here reads a clock, nothing here
//! talks to a peer, and nothing outside of `table` is unsafe. docs/design/store.md tells why it is as it is.

mod counts;
mod due;
mod entry_view;
mod guard;
mod key;
mod merging;
#[cfg(test)]
mod model;
mod scan;
mod scratch;
mod shard;
mod summands;
mod sync;
mod table;
mod watching;
mod weight;
#[cfg(test)]
mod whole_tests;

use crate::metrics::{Balance, Watch};
use crate::tracking::Tracking;
use circlet_ring::{ArcCount, ArcId};
use parking_lot::Mutex;
use smallvec::SmallVec;

pub use self::counts::Counts;
pub use self::entry_view::EntryView;
pub use self::guard::ShardGuard;
pub use self::key::{HashedKey, Position};
pub use self::merging::Merge;
pub use self::shard::{Discarded, Shard};
pub use self::sync::{Dropped, known};
use self::table::Prefetcher;
pub(crate) use self::table::Wanted;

/// All entries of this node.
#[derive(Debug)]
pub struct Store {
    arcs: ArcCount,
    // Invariant: one an arc, in order. Apart from the cells, so that all of them stay in the first-level cache.
    prefetchers: Box<[Prefetcher]>,
    // Invariant: one an arc, in order.
    cells: Box<[Cell]>,
    // Invariant: the memory of all shards but of those that are locked now, where it is the memory of before.
    memory: Balance,
    tracking: Tracking,
}

/// An arc's shard behind its lock; begins a cache line of its own.
#[repr(align(128))]
#[derive(Debug)]
struct Cell {
    shard: Mutex<Shard>,
}

impl Store {
    /// An empty store for a cluster of `arcs` arcs. Takes a quarter of a kilobyte an arc.
    #[must_use]
    pub fn new(arcs: ArcCount) -> Self {
        let memory = Balance::new();
        let shards = arcs.arcs().map(|arc| {
            let mut shard = Shard::new(arcs, arc);
            shard.tell_memory(&memory);
            shard
        });
        let (prefetchers, cells): (Vec<_>, Vec<_>) = shards
            .map(|shard| {
                (
                    shard.prefetcher(),
                    Cell {
                        shard: Mutex::new(shard),
                    },
                )
            })
            .unzip();
        Self {
            arcs,
            prefetchers: prefetchers.into(),
            cells: cells.into(),
            memory,
            tracking: Tracking::default(),
        }
    }

    /// The clients that keep copies.
    pub(crate) fn tracking(&self) -> &Tracking {
        &self.tracking
    }

    /// The number of arcs.
    #[must_use]
    pub fn arcs(&self) -> ArcCount {
        self.arcs
    }

    /// Waits for the arc's lock.
    #[inline]
    pub fn lock(&self, arc: ArcId) -> ShardGuard<'_> {
        ShardGuard::new(self.cells[arc.index()].shard.lock(), &self.memory, &self.tracking)
    }

    /// The memory of all entries and their buckets, in bytes, as this thread goes on changing it. Takes no lock.
    #[must_use]
    pub fn memory(&self) -> Watch<'_> {
        self.memory.watch()
    }

    /// Starts to fetch what says where the buckets of the key's arc are, and the arc's lock. Takes no lock.
    ///
    /// The first of three steps; each is to be taken for all keys of a batch before the next one is taken for any, since each
    /// looks at what the one before has fetched.
    #[inline]
    pub fn prefetch_arc(&self, key: &HashedKey<'_>) {
        let arc = key.arc(self.arcs).index();
        self.prefetchers[arc].prefetch_face();
        Prefetcher::prefetch_lines(&self.cells[arc]);
    }

    /// The second step: starts to fetch the cache line that says where `key` is. Takes no lock.
    #[inline]
    pub fn prefetch_bucket(&self, key: &HashedKey<'_>) {
        self.prefetchers[key.arc(self.arcs).index()].prefetch_bucket(key);
    }

    /// The third step: starts to fetch the entries of all keys of a batch, each given with whether that is to be a collection, where there are any and nobody
    /// holds the arc's lock.
    ///
    /// To find out where the entry is, the bucket must be read, and only the lock keeps it from being freed meanwhile.
    /// A lock that is free costs some nanoseconds; one that is not is a bad place to wait. One entry of a dozen is not in the bucket that was
    /// fetched, but in the next one: those are looked for when that has come.
    #[inline]
    pub fn prefetch_entries<'k>(&self, keys: impl Iterator<Item = (HashedKey<'k>, bool)>) {
        let mut farther: SmallVec<[(HashedKey<'k>, bool); 16]> = SmallVec::new();
        for (key, of_collection) in keys {
            if let Some(shard) = self.cells[key.arc(self.arcs).index()].shard.try_lock()
                && !shard.prefetch_entry(&key, of_collection)
            {
                farther.push((key, of_collection));
            }
        }
        for (key, of_collection) in &farther {
            if let Some(shard) = self.cells[key.arc(self.arcs).index()].shard.try_lock() {
                shard.prefetch_farther(key, *of_collection);
            }
        }
    }

    /// A fourth step, for keys of collections: starts to fetch what is wanted of the rest of the entry, which may be long.
    #[inline]
    pub(crate) fn prefetch_rest(&self, key: &HashedKey<'_>, wanted: Wanted<'_>) {
        if let Some(shard) = self.cells[key.arc(self.arcs).index()].shard.try_lock() {
            shard.prefetch_rest(key, wanted);
        }
    }

    /// The counts of all arcs, added up. Takes the locks one after another: some 20 microseconds for 1024 arcs.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let shards = self.cells.iter().map(|cell| cell.shard.lock().counts());
        shards.fold(Counts::default(), Counts::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_core::stamp::Stamp;
    use circlet_core::time::WallMs;

    fn set(store: &Store, key: &str, bytes: usize) {
        let key = HashedKey::new(key.as_bytes());
        let mut shard = store.lock(key.arc(store.arcs()));
        let stamp = shard.clock.stamp(WallMs::new(1));
        shard.set_plain(&key, stamp, None, &vec![b'x'; bytes]);
    }

    #[test]
    fn the_memory_that_is_told_is_the_memory_that_is_counted() {
        let store = Store::new(ArcCount::DEFAULT);
        let told = || store.memory().now();
        assert_eq!(told(), store.counts().memory_bytes(), "of an empty store");
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..2_000 {
                        set(store, &format!("{thread}:{}", number % 700), number % 300);
                    }
                });
            }
        });
        assert_eq!(told(), store.counts().memory_bytes(), "after many threads wrote");
        for arc in store.arcs().arcs() {
            drop(store.lock(arc).flush(Stamp::new(WallMs::new(2), 0)));
        }
        assert_eq!(told(), store.counts().memory_bytes(), "after a flush");
    }
}
