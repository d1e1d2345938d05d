//! One number that every thread changes all the time and somebody has to know exactly.

use super::shard::{self, SHARDS};
use std::sync::atomic::{AtomicU64, Ordering};

#[repr(align(128))]
#[derive(Debug, Default)]
struct Cell(AtomicU64);

/// A sum of amounts that come and go, such as bytes held. Each thread adds and subtracts in its own memory, as with
/// [`Counters`](super::Counters).
///
/// A cell alone means nothing: what one thread adds another may take away, so cells are numbers modulo 2^64, and only their sum is an
/// amount.
#[derive(Debug)]
pub struct Balance {
    // Invariant: one for each shard.
    cells: Box<[Cell]>,
}

/// A [`Balance`] for a while in which only the running thread's own changes matter: reading it again costs one load.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    own: &'a AtomicU64,
    others: u64,
}

impl Balance {
    /// Nothing. Takes 8 KB.
    #[must_use]
    pub fn new() -> Self {
        Self {
            cells: (0..SHARDS).map(|_| Cell::default()).collect(),
        }
    }

    /// Adds `more` and takes `less` away.
    #[inline]
    pub fn change(&self, more: u64, less: u64) {
        let shard = shard::own();
        shard::add(&self.cells[shard].0, shard, more.wrapping_sub(less));
    }

    /// The amount. While others change it, it may be one of before or after their changes; never below 0.
    #[must_use]
    pub fn total(&self) -> u64 {
        amount(self.sum())
    }

    /// The amount as this thread goes on changing it; what other threads do from now on is not seen.
    #[must_use]
    pub fn watch(&self) -> Watch<'_> {
        let own = &self.cells[shard::own()].0;
        Watch {
            own,
            others: self.sum().wrapping_sub(own.load(Ordering::Relaxed)),
        }
    }

    fn sum(&self) -> u64 {
        self.cells
            .iter()
            .fold(0, |sum, cell| sum.wrapping_add(cell.0.load(Ordering::Relaxed)))
    }
}

impl Default for Balance {
    fn default() -> Self {
        Self::new()
    }
}

impl Watch<'_> {
    /// The amount now.
    #[inline]
    #[must_use]
    pub fn now(&self) -> u64 {
        amount(self.others.wrapping_add(self.own.load(Ordering::Relaxed)))
    }
}

/// A sum taken between another thread's two halves of a change can be a little below 0.
fn amount(sum: u64) -> u64 {
    u64::try_from(sum.cast_signed()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_thread_adds_another_takes_away() {
        let balance = Balance::new();
        balance.change(1_000, 0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|_| balance.change(1, 3)));
            }
        });
        assert_eq!(balance.total(), 200);
    }

    #[test]
    fn a_watch_sees_what_its_own_thread_does() {
        let balance = Balance::new();
        std::thread::scope(|scope| {
            scope.spawn(|| balance.change(5, 0));
        });
        let watch = balance.watch();
        balance.change(7, 2);
        assert_eq!(watch.now(), 10);
    }

    #[test]
    fn an_amount_is_never_below_nothing() {
        let balance = Balance::new();
        balance.change(0, 3);
        assert_eq!((balance.total(), balance.watch().now()), (0, 0));
    }
}
