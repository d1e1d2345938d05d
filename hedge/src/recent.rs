//! What answers took lately.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What the answers of one node took lately, and so when it is late with one: after the time that `PERCENT` in a hundred of them took.
#[derive(Debug)]
pub struct RecentAnswers<const PERCENT: u64> {
    high: Recent<PERCENT>,
    half: Recent<50>,
}

/// An answer that takes so many times what half of the answers took is late, whatever the high percentile. A node that stands still for a tenth of its time has that
/// percentile as long as its pauses, and without this bound none of the questions that they delay would be hedged in time.
const LATE_HALVES: u32 = 8;

impl<const PERCENT: u64> RecentAnswers<PERCENT> {
    /// Begins at this.
    #[must_use]
    pub const fn new(first: Duration) -> Self {
        RecentAnswers {
            high: Recent::new(first),
            half: Recent::new(first),
        }
    }

    /// One took so long.
    #[inline]
    pub fn record(&self, took: Duration) {
        self.high.record(took);
        self.half.record(took);
    }

    /// One that takes longer is late.
    #[must_use]
    pub fn late_after(&self) -> Duration {
        self.high.get().min(self.half.get().saturating_mul(LATE_HALVES))
    }
}

/// A quantile that forgets: the 95th percentile goes up by 19 parts when a sample is above it and down by one when it is below, so that it rests where one of twenty is above.
/// A part is 1/320 of its value: it doubles within some 12 slow samples and halves within some 220 fast ones.
///
/// A step up is not cut off at the sample: where all answers take much the same, one in ten would then be above, by next to nothing.
///
/// Frugal streaming (Ma, Muthukrishnan, Sandler 2013), with steps in proportion. Two tasks that update at once lose one step: it is an estimate.
#[derive(Debug)]
struct Recent<const PERCENT: u64> {
    ns: AtomicU64,
}

const PARTS: u64 = 320;

/// No sample counts for more, in nanoseconds: the steps cannot overflow.
const NS_MAX: u64 = 1 << 50;

impl<const PERCENT: u64> Recent<PERCENT> {
    const UP: u64 = PERCENT / (100 - PERCENT);

    /// Begins at this.
    const fn new(first: Duration) -> Self {
        Recent {
            ns: AtomicU64::new(ns(first)),
        }
    }

    fn record(&self, took: Duration) {
        let (was, took) = (self.ns.load(Ordering::Relaxed), ns(took));
        let part = (was / PARTS).max(1);
        let now = if took > was {
            was + part * Self::UP
        } else {
            was.saturating_sub(part).max(1)
        };
        self.ns.store(now, Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_nanos(self.ns.load(Ordering::Relaxed))
    }
}

const fn ns(duration: Duration) -> u64 {
    let ns = duration.as_nanos();
    // Less than 2^50.
    if ns < NS_MAX as u128 { ns as u64 } else { NS_MAX }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            (880..=1_060).contains(&micros),
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
        let answers = RecentAnswers::<95>::new(Duration::from_millis(10));
        for number in numbers().take(20_000) {
            // A tenth of them meets a pause.
            let micros = if number % 10 == 0 { 20_000 } else { 200 + number % 100 };
            answers.record(Duration::from_micros(micros));
        }
        assert!(
            answers.high.get() > Duration::from_millis(10),
            "{:?}",
            answers.high.get()
        );
        assert!(
            answers.late_after() < Duration::from_millis(3),
            "{:?}",
            answers.late_after()
        );
    }

    proptest! {
        /// As many answers are late as the percentile says, some more while it is found: never a multiple.
        #[test]
        fn few_answers_of_a_steady_node_are_late(usual_us in 50_u64..20_000, spread in 1_u64..4, seed in 0_usize..1_000) {
            let answers = RecentAnswers::<99>::new(Duration::from_millis(10));
            let mut late = 0;
            for (turn, number) in numbers().skip(seed).take(30_000).enumerate() {
                let took = Duration::from_micros(usual_us + number % (usual_us * spread));
                late += usize::from(turn >= 10_000 && took > answers.late_after());
                answers.record(took);
            }
            prop_assert!(late < 20_000 * 3 / 100, "{late} of 20000");
        }

        /// Whatever is recorded, it stays within a step of what was recorded and where it began, and nothing overflows.
        #[test]
        fn it_stays_among_what_it_saw(first in 0_u64..1 << 60, took in prop::collection::vec(0_u64..1 << 60, 0..200)) {
            let answers = RecentAnswers::<99>::new(Duration::from_micros(first));
            for took in &took {
                answers.record(Duration::from_micros(*took));
            }
            let seen = took.iter().chain([&first]).copied().max().unwrap_or_default();
            let step = Duration::from_nanos(99 + seen.min(NS_MAX) / 3 * 1_000);
            prop_assert!(answers.high.get() <= Duration::from_micros(seen) + step);
        }
    }
}
