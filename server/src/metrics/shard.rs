//! Which shard of the counters the running thread writes to.
//!
//! Shards are handed out as threads first count, and come back when a thread ends, with their sums. The last shard is
//! for everybody who came too late: it is the only one with several writers, which therefore add atomically.

use parking_lot::Mutex;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Number of shards. A node runs a thread a core and a few more; past this, threads share the last shard and pay some
/// nanoseconds more.
pub(super) const SHARDS: usize = 64;
/// The shard with several writers.
const SHARED: usize = SHARDS - 1;
const UNASSIGNED: usize = usize::MAX;

static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
static NEVER_USED: Mutex<usize> = Mutex::new(0);

thread_local! {
    /// Without a destructor, so that reading it is one instruction; `LEASE` sets it back.
    static INDEX: Cell<usize> = const { Cell::new(UNASSIGNED) };
    static LEASE: Lease = Lease::take();
}

/// A shard that one thread holds until it ends.
struct Lease {
    index: usize,
}

impl Lease {
    fn take() -> Self {
        let returned = FREE.lock().pop();
        let index = returned.unwrap_or_else(|| {
            let mut never_used = NEVER_USED.lock();
            let index = (*never_used).min(SHARED);
            *never_used = index + 1;
            index
        });
        Self { index }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // What other destructors of this thread still count goes to the shared shard.
        INDEX.set(SHARED);
        if self.index != SHARED {
            // The lock orders this thread's writes before those of the next holder.
            FREE.lock().push(self.index);
        }
    }
}

/// The shard of the running thread.
#[inline]
pub(super) fn own() -> usize {
    let index = INDEX.get();
    if index == UNASSIGNED { assign() } else { index }
}

#[cold]
fn assign() -> usize {
    let index = LEASE.try_with(|lease| lease.index).unwrap_or(SHARED);
    INDEX.set(index);
    index
}

/// Adds to a cell of shard `shard`, which must be [`own`].
#[inline]
pub(super) fn add(cell: &AtomicU64, shard: usize, count: u64) {
    // Invariant: of all shards but the last, only the thread that leases it stores. A load and a store lose nothing then.
    if shard == SHARED {
        cell.fetch_add(count, Ordering::Relaxed);
    } else {
        cell.store(cell.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
    }
}

/// Raises a cell of shard `shard`, which must be [`own`], to `value`.
#[inline]
pub(super) fn raise(cell: &AtomicU64, shard: usize, value: u64) {
    if value > cell.load(Ordering::Relaxed) {
        if shard == SHARED {
            cell.fetch_max(value, Ordering::Relaxed);
        } else {
            cell.store(value, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    /// The shards are the process's: these tests take many, and run one after another.
    static ALONE: Mutex<()> = Mutex::new(());

    #[test]
    fn threads_that_run_at_once_have_different_shards_until_they_run_out() {
        let _alone = ALONE.lock();
        let threads = 16;
        let all_run = Barrier::new(threads);
        let shards: Vec<usize> = std::thread::scope(|scope| {
            let run = |_| {
                scope.spawn(|| {
                    let shard = own();
                    all_run.wait();
                    assert_eq!(shard, own(), "a thread keeps its shard");
                    shard
                })
            };
            let handles: Vec<_> = (0..threads).map(run).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        let exclusive: Vec<usize> = shards.into_iter().filter(|shard| *shard != SHARED).collect();
        let distinct: BTreeSet<usize> = exclusive.iter().copied().collect();
        assert_eq!(
            distinct.len(),
            exclusive.len(),
            "no shard has two writers but the shared one"
        );
    }

    #[test]
    fn a_thousand_threads_one_after_another_do_not_use_up_the_shards() {
        let _alone = ALONE.lock();
        let mut shared = 0;
        for _ in 0..1_000 {
            let shard = std::thread::spawn(own).join().unwrap();
            shared += usize::from(shard == SHARED);
        }
        assert_eq!(shared, 0, "each gave its shard back");
    }

    #[test]
    fn the_shared_shard_loses_nothing_though_many_write_there() {
        let (cell, max, threads, rounds) = (AtomicU64::new(0), AtomicU64::new(0), 4, 200_000);
        let all_run = Barrier::new(threads);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    all_run.wait();
                    for round in 0..rounds {
                        add(&cell, SHARED, 1);
                        raise(&max, SHARED, round);
                    }
                });
            }
        });
        assert_eq!(cell.into_inner(), rounds * threads as u64, "not one increment is lost");
        assert_eq!(max.into_inner(), rounds - 1);
    }
}
