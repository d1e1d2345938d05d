//! What a node's reads took lately, and how many may be hedged.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A quantile that forgets: it goes up by 19 parts when a sample is above it and down by one when it is below, so that it rests where one of twenty is above.
/// A part is 1/320 of its value: it doubles within some 12 slow samples and halves within some 220 fast ones.
///
/// Frugal streaming (Ma, Muthukrishnan, Sandler 2013), with steps in proportion. Two tasks that update at once lose one step: it is an estimate.
#[derive(Debug)]
pub(crate) struct RecentP95 {
    ns: AtomicU64,
}

const PARTS: u64 = 320;
const PERCENT: u64 = 95;

impl RecentP95 {
    /// Begins at this.
    pub(crate) fn new(first: Duration) -> Self {
        RecentP95 {
            ns: AtomicU64::new(first.as_nanos() as u64),
        }
    }

    pub(crate) fn record(&self, took: Duration) {
        let (was, took) = (self.ns.load(Ordering::Relaxed), took.as_nanos() as u64);
        let part = (was / PARTS).max(1);
        let now = if took > was {
            was + (part * PERCENT / (100 - PERCENT)).min(took - was)
        } else {
            was.saturating_sub(part).max(1)
        };
        self.ns.store(now, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Duration {
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
        let p95 = RecentP95::new(Duration::from_millis(50));
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
        let p95 = RecentP95::new(Duration::from_millis(1));
        (0..60).for_each(|_| p95.record(Duration::from_millis(10)));
        assert!(p95.get() >= Duration::from_millis(9), "{:?}", p95.get());
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
