//! What a node's reads took lately, and how many may be hedged.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// What a node's reads took lately, and so when one of them is late.
#[derive(Debug)]
pub(crate) struct RecentReads {
    p95: Recent<95>,
    half: Recent<50>,
}

/// A read that takes so many times what half of the reads took is late, whatever the 95th percentile. A node that stands still for a tenth of its time has that percentile
/// as long as its pauses, and without this bound none of the reads that they delay would be hedged in time.
const LATE_HALVES: u32 = 8;

impl RecentReads {
    /// Begins at this.
    pub(crate) fn new(first: Duration) -> Self {
        RecentReads {
            p95: Recent::new(first),
            half: Recent::new(first),
        }
    }

    pub(crate) fn record(&self, took: Duration) {
        self.p95.record(took);
        self.half.record(took);
    }

    /// A read that takes longer is late.
    pub(crate) fn late_after(&self) -> Duration {
        self.p95.get().min(self.half.get() * LATE_HALVES)
    }
}

/// A quantile that forgets: the 95th percentile goes up by 19 parts when a sample is above it and down by one when it is below, so that it rests where one of twenty is above.
/// A part is 1/320 of its value: it doubles within some 12 slow samples and halves within some 220 fast ones.
///
/// Frugal streaming (Ma, Muthukrishnan, Sandler 2013), with steps in proportion. Two tasks that update at once lose one step: it is an estimate.
#[derive(Debug)]
struct Recent<const PERCENT: u64> {
    ns: AtomicU64,
}

const PARTS: u64 = 320;

impl<const PERCENT: u64> Recent<PERCENT> {
    /// Begins at this.
    fn new(first: Duration) -> Self {
        Recent {
            ns: AtomicU64::new(first.as_nanos() as u64),
        }
    }

    fn record(&self, took: Duration) {
        let (was, took) = (self.ns.load(Ordering::Relaxed), took.as_nanos() as u64);
        let part = (was / PARTS).max(1);
        let now = if took > was {
            was + (part * PERCENT / (100 - PERCENT)).min(took - was)
        } else {
            was.saturating_sub(part).max(1)
        };
        self.ns.store(now, Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_nanos(self.ns.load(Ordering::Relaxed))
    }
}

/// Hedges that may be made: each read earns a part of one, and so many may be saved up.
#[derive(Debug)]
pub(crate) struct HedgeBudget {
    /// In hundredths of a hedge.
    saved: AtomicI64,
    percent: i64,
}

/// Hedges that may be saved up: what a pause of some milliseconds needs at ten thousand reads a second.
const SAVED_MAX: i64 = 32;

impl HedgeBudget {
    pub(crate) fn new(percent: u32) -> Self {
        HedgeBudget {
            saved: AtomicI64::new(0),
            percent: i64::from(percent.min(100)),
        }
    }

    /// A read was begun.
    pub(crate) fn on_read(&self) {
        if self.saved.load(Ordering::Relaxed) < SAVED_MAX * 100 {
            self.saved.fetch_add(self.percent, Ordering::Relaxed);
        }
    }

    /// Takes one hedge, if there is one.
    pub(crate) fn take(&self) -> bool {
        let take = |saved: i64| (saved >= 100).then_some(saved - 100);
        self.saved
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, and are the same each time.
    fn numbers() -> impl Iterator<Item = u64> {
        std::iter::successors(Some(0x9e37_79b9_7f4a_7c15_u64), |x| {
            let x = x ^ (x << 13);
            let x = x ^ (x >> 7);
            Some(x ^ (x << 17))
        })
    }

    #[test]
    fn it_rests_where_one_of_twenty_is_above() {
        let p95 = Recent::<95>::new(Duration::from_millis(50));
        for number in numbers().take(20_000) {
            p95.record(Duration::from_micros(number % 1_000));
        }
        let micros = p95.get().as_micros();
        assert!(
            (880..=1_000).contains(&micros),
            "the 95th percentile of 0..1000 is 950, not {micros}"
        );
    }

    #[test]
    fn it_follows_a_node_that_became_slow() {
        let p95 = Recent::<95>::new(Duration::from_millis(1));
        (0..60).for_each(|_| p95.record(Duration::from_millis(10)));
        assert!(p95.get() >= Duration::from_millis(9), "{:?}", p95.get());
    }

    #[test]
    fn a_node_that_stands_still_now_and_then_is_late_by_what_it_usually_takes() {
        let reads = RecentReads::new(Duration::from_millis(10));
        for number in numbers().take(20_000) {
            // A tenth of them meets a pause.
            let micros = if number % 10 == 0 { 20_000 } else { 200 + number % 100 };
            reads.record(Duration::from_micros(micros));
        }
        assert!(reads.p95.get() > Duration::from_millis(10), "{:?}", reads.p95.get());
        assert!(
            reads.late_after() < Duration::from_millis(3),
            "{:?}",
            reads.late_after()
        );
    }

    #[test]
    fn no_more_reads_are_hedged_than_the_budget_has() {
        let budget = HedgeBudget::new(5);
        let hedged = (0..1_000).filter(|_| {
            budget.on_read();
            budget.take()
        });
        assert_eq!(hedged.count(), 50);
        (0..100_000).for_each(|_| budget.on_read());
        assert_eq!(
            (0..1_000).filter(|_| budget.take()).count(),
            SAVED_MAX as usize,
            "no more is saved up"
        );
        assert!(!HedgeBudget::new(0).take());
    }
}
