//! How many hedges may be made.

use std::sync::atomic::{AtomicI64, Ordering};

/// A token bucket: each question earns a part of a hedge, and so many may be saved up.
///
/// Hedges that belong together are paid together, as soon as one is there, and what they cost beyond is earned before the next ones. So of any run of
/// questions at most `percent` in a hundred are hedged, and besides what was saved up, and one bundle of hedges.
#[derive(Debug)]
pub struct Budget {
    /// In hundredths of a hedge; below zero: owed.
    // Invariant: at most `saved_max` hedges.
    saved: AtomicI64,
    saved_max: i64,
}

/// What a hedge costs.
const HEDGE: i64 = 100;

impl Budget {
    /// An empty one that saves up to `saved_max` hedges.
    #[must_use]
    pub const fn new(saved_max: u32) -> Self {
        Budget {
            saved: AtomicI64::new(0),
            saved_max: saved_max as i64 * HEDGE,
        }
    }

    /// Questions were asked, of which `percent` in a hundred may be hedged. Costs one look when nothing more can be saved.
    #[inline]
    pub fn on_questions(&self, count: u32, percent: u32) {
        let room = self.saved_max - self.saved.load(Ordering::Relaxed);
        if room > 0 {
            let earned = i64::from(count) * i64::from(percent.min(100));
            self.saved.fetch_add(earned.min(room), Ordering::Relaxed);
        }
    }

    /// Whether one is there.
    #[inline]
    #[must_use]
    pub fn has_one(&self) -> bool {
        self.saved.load(Ordering::Relaxed) >= HEDGE
    }

    /// Takes hedges that belong together, if one is there; else none.
    #[must_use]
    pub fn take(&self, count: u32) -> bool {
        let take = |saved: i64| (saved >= HEDGE).then_some(saved - i64::from(count) * HEDGE);
        self.saved
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn so_many_of_a_hundred_are_hedged_and_no_more_is_saved_than_may() {
        let budget = Budget::new(32);
        let hedged = (0..1_000).filter(|_| {
            budget.on_questions(1, 5);
            budget.take(1)
        });
        assert_eq!(hedged.count(), 50);
        (0..100_000).for_each(|_| budget.on_questions(1, 5));
        assert_eq!((0..1_000).filter(|_| budget.take(1)).count(), 32);
    }

    #[test]
    fn nothing_is_earned_at_nought() {
        let budget = Budget::new(32);
        budget.on_questions(1_000_000, 0);
        assert!(!budget.take(1));
    }

    #[test]
    fn a_bundle_is_paid_off_before_the_next_one() {
        let budget = Budget::new(4);
        budget.on_questions(80, 5);
        assert!(budget.take(64), "four are there");
        budget.on_questions(1_200, 5);
        assert!(!budget.take(1), "all that was owed, and no more");
        budget.on_questions(20, 5);
        assert!(budget.take(1));
    }

    proptest! {
        /// Whatever the order: in every run of questions and hedges.
        #[test]
        fn hedges_stay_within_their_share_what_was_saved_and_one_bundle(
            saved_max in 1_u32..100,
            percent in 0_u32..=100,
            steps in prop::collection::vec((0_u32..200, 1_u32..80), 1..300),
        ) {
            let budget = Budget::new(saved_max);
            let (mut asked, mut hedged, mut bundle_max) = (0_u64, 0_u64, 0_u64);
            for (questions, bundle) in steps {
                budget.on_questions(questions, percent);
                asked += u64::from(questions);
                if budget.take(bundle) {
                    hedged += u64::from(bundle);
                    bundle_max = bundle_max.max(u64::from(bundle));
                }
                prop_assert!(hedged * 100 <= asked * u64::from(percent) + bundle_max * 100);
            }
            let before = hedged;
            while budget.take(1) {
                hedged += 1;
            }
            prop_assert!(hedged - before <= u64::from(saved_max), "{} were saved", hedged - before);
        }
    }
}
