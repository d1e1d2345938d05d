//! How long an answer of an owner is waited for before another one is asked.

use std::time::Duration;

/// Bounds of what [`crate::RecentAnswers`] says, and what follows for a peer that is late.
///
/// ```text
///   asked ----------- late after ------------ the next one is late too ------ answered --------------- then
///           wait         hedge this read        avoid it for new reads          four times as long as it took
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Nobody is late before this, however fast lately.
    pub least: Duration,
    /// Everybody is late after this, however slow lately.
    pub most: Duration,
    /// A peer is avoided for this at most after it was slow.
    pub avoided_max: Duration,
}

/// A peer whose usual answers take so many times as long as what is late for the quickest peer is late by the quickest one's: if it has become slow for
/// good, its own answers say nothing else. Farther peers may be some times as far.
const QUICKEST_TIMES: u32 = 4;

/// A peer that is late so many times in a row is avoided: one late answer in a hundred is usual, and must not send all reads to the others.
const LATE_RUN: u32 = 2;

/// A peer that kept a question is avoided so many times as long after it: one that is slow for good would else be asked again as soon as it has answered, and
/// each time some reads would be late.
const AVOIDED_TIMES: u32 = 4;

impl Patience {
    /// After how long a peer is late that says `own` of itself, beside one that says `quickest`.
    #[must_use]
    pub fn late_after(&self, own: Duration, quickest: Duration) -> Duration {
        own.min(quickest.max(self.least).saturating_mul(QUICKEST_TIMES))
            .clamp(self.least, self.most)
    }

    /// For how long from now a peer is avoided that is late after `late_after`, was so `in_a_row` times, and has kept a question for `waited`; `None`: no longer
    /// than it is anyway.
    #[must_use]
    pub fn avoided_for(&self, late_after: Duration, in_a_row: u32, waited: Duration) -> Option<Duration> {
        (in_a_row >= LATE_RUN && waited >= late_after)
            .then(|| waited.saturating_mul(AVOIDED_TIMES).min(self.avoided_max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATIENCE: Patience = Patience {
        least: Duration::from_millis(1),
        most: Duration::from_millis(50),
        avoided_max: Duration::from_millis(400),
    };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_peer_is_late_by_its_own_answers_unless_others_are_far_quicker() {
        let late_after = |own, quickest| PATIENCE.late_after(ms(own), ms(quickest));
        assert_eq!(late_after(3, 1), ms(3), "a little farther");
        assert_eq!(
            late_after(40, 0),
            ms(4),
            "slow for good, beside one that answers at once"
        );
        assert_eq!(late_after(40, 35), ms(40), "all of them are far");
        assert_eq!(late_after(0, 0), ms(1));
        assert_eq!(late_after(300, 200), ms(50));
    }

    #[test]
    fn a_peer_that_is_late_once_is_asked_on() {
        assert_eq!(PATIENCE.avoided_for(ms(3), 1, ms(6)), None, "once");
        assert_eq!(PATIENCE.avoided_for(ms(3), 2, ms(2)), None, "not yet again");
        assert_eq!(PATIENCE.avoided_for(ms(3), 2, ms(3)), Some(ms(12)));
        assert_eq!(PATIENCE.avoided_for(ms(3), 9, ms(900)), Some(ms(400)), "not for ever");
    }

    proptest! {
        #[test]
        fn it_is_bounded_and_never_longer_than_the_peer_itself_needs(own in 0_u64..10_000_000, quickest in 0_u64..10_000_000) {
            let (own, quickest) = (Duration::from_micros(own), Duration::from_micros(quickest));
            let late_after = PATIENCE.late_after(own, quickest);
            prop_assert!((PATIENCE.least..=PATIENCE.most).contains(&late_after));
            prop_assert!(late_after <= own.max(PATIENCE.least));
            prop_assert_eq!(PATIENCE.late_after(own, own), own.clamp(PATIENCE.least, PATIENCE.most));
        }
    }
}
