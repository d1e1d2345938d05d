//! What is to be exchanged with one peer.

use std::collections::BTreeSet;
use std::time::Duration;

use circlet_ring::ArcId;

use super::ExchangeReason;
use crate::time::Instant;

/// Most exchanges under way with one peer. When the arcs of a node that leaves are taken over, some hundred commands wait for as many comparisons:
/// each is a question of some bytes, mostly answered by one as short, and a round trip for every few of them would be what the clients wait for.
pub(super) const IN_FLIGHT_MAX: usize = 128;

/// Of these, most that no command waits for: the rest is kept free for those.
pub(super) const BULK_IN_FLIGHT_MAX: usize = 16;

const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The first pause after a peer that answers goes by another epoch or view than this node: mostly it follows within some milliseconds, and commands wait.
const FOLLOW_MIN: Duration = Duration::from_millis(2);

/// The queue of arcs to exchange with one peer, urgent ones first, then by number.
///
/// Bounded by the arcs of the cluster: an arc is in it at most once.
#[derive(Debug, Default)]
pub(super) struct Lane {
    queue: BTreeSet<(ExchangeReason, ArcId)>,
    /// Why each arc is in the queue, by number: most looks at an arc change nothing, and a document looks at all of them.
    // Invariant: says what the queue says; shorter than the arcs if the last ones never were in it.
    reasons: Vec<Option<ExchangeReason>>,
    in_flight: usize,
    bulk_in_flight: usize,
    failures: u32,
    refusals: u32,
    paused_until: Option<Instant>,
    pub(super) unreachable_since: Option<Instant>,
}

impl Lane {
    /// The lane of a peer that has not been reached yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            unreachable_since: Some(now),
            ..Self::default()
        }
    }

    /// Makes `arc` wait in the queue for `reason`, or not at all.
    pub(super) fn requeue(&mut self, arc: ArcId, reason: Option<ExchangeReason>) {
        let at = arc.index();
        if self.reasons.len() <= at {
            if reason.is_none() {
                return;
            }
            self.reasons.resize(at + 1, None);
        }
        let before = std::mem::replace(&mut self.reasons[at], reason);
        if before == reason {
            return;
        }
        if let Some(before) = before {
            self.queue.remove(&(before, arc));
        }
        self.queue.extend(reason.map(|reason| (reason, arc)));
    }

    /// Takes these arcs out of the queue.
    pub(super) fn forget(&mut self, is_it: impl Fn(ArcId) -> bool) {
        let reasons = &mut self.reasons;
        self.queue.retain(|&(_, arc)| {
            let is_kept = !is_it(arc);
            if !is_kept {
                reasons[arc.index()] = None;
            }
            is_kept
        });
    }

    /// What would be begun next, if anything can be.
    pub(super) fn head(&self) -> Option<ExchangeReason> {
        if self.paused_until.is_some() || self.in_flight >= IN_FLIGHT_MAX {
            return None;
        }
        let &(reason, _) = self.queue.first()?;
        (!reason.is_bulk() || self.bulk_in_flight < BULK_IN_FLIGHT_MAX).then_some(reason)
    }

    /// Begins what [`head`](Self::head) promised.
    pub(super) fn begin(&mut self) -> Option<(ExchangeReason, ArcId)> {
        let (reason, arc) = self.queue.pop_first()?;
        self.reasons[arc.index()] = None;
        self.in_flight += 1;
        self.bulk_in_flight += usize::from(reason.is_bulk());
        Some((reason, arc))
    }

    /// An exchange ended.
    pub(super) fn end(&mut self, reason: ExchangeReason) {
        self.in_flight -= 1;
        self.bulk_in_flight -= usize::from(reason.is_bulk());
    }

    /// The peer answered well.
    pub(super) fn on_success(&mut self) {
        self.failures = 0;
        self.refusals = 0;
        self.paused_until = None;
    }

    /// The peer answered well, but what it said has to change before it is of use: it is asked again soon.
    pub(super) fn on_contested(&mut self, now: Instant) {
        self.follow(now, PAUSE_MIN);
    }

    /// The peer goes by another epoch: it is asked again soon, and more rarely if it stays so.
    pub(super) fn on_refused(&mut self, now: Instant) {
        self.follow(now, PAUSE_MAX);
    }

    /// One of the two has followed the other to its epoch: what was refused would be taken now.
    pub(super) fn on_followed(&mut self) {
        if self.refusals > 0 && self.failures == 0 {
            self.refusals = 0;
            self.paused_until = None;
        }
    }

    fn follow(&mut self, now: Instant, pause_max: Duration) {
        if !self.is_paused(now) {
            let pause = FOLLOW_MIN.saturating_mul(1 << self.refusals.min(10)).min(pause_max);
            self.refusals += 1;
            self.paused_until = Some(now + pause);
        }
    }

    /// The peer did not; it is left alone for a while. Failures of what was under way together count once.
    pub(super) fn on_failure(&mut self, now: Instant) {
        if !self.is_paused(now) {
            let pause = PAUSE_MIN.saturating_mul(1 << self.failures.min(10)).min(PAUSE_MAX);
            self.failures += 1;
            self.paused_until = Some(now + pause);
        }
    }

    /// How many exchanges are under way.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn is_paused(&self, now: Instant) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }

    /// Ends a pause that is over.
    pub(super) fn end_pause(&mut self, now: Instant) {
        if !self.is_paused(now) {
            self.paused_until = None;
        }
    }

    /// When something can be begun that cannot be now because of a pause.
    pub(super) fn resumes_at(&self) -> Option<Instant> {
        self.paused_until.filter(|_| !self.queue.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_ring::ArcCount;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn reasons() -> impl Strategy<Value = Option<ExchangeReason>> {
        use ExchangeReason::{CatchUp, Drain, Stale, TakeOver, Wanted};
        proptest::option::of(proptest::sample::select(vec![Wanted, TakeOver, CatchUp, Stale, Drain]))
    }

    proptest! {
        #[test]
        fn an_arc_is_in_the_queue_for_the_reason_that_was_given_last(
            acts in proptest::collection::vec((0..6_usize, reasons(), 0..8_u8), 0..60),
        ) {
            let mut lane = Lane::new(Instant::ZERO);
            let mut naive: BTreeMap<ArcId, ExchangeReason> = BTreeMap::new();
            for (number, reason, act) in acts {
                let arc = ArcCount::MIN.arc(number as u16).expect("there are more");
                match act {
                    0 => {
                        lane.forget(|it| it == arc);
                        naive.remove(&arc);
                    }
                    1 => {
                        let first = naive.iter().map(|(&arc, &reason)| (reason, arc)).min();
                        prop_assert_eq!(lane.begin(), first);
                        if let Some((_, arc)) = first {
                            naive.remove(&arc);
                        }
                    }
                    _ => {
                        lane.requeue(arc, reason);
                        naive.remove(&arc);
                        naive.extend(reason.map(|reason| (arc, reason)));
                    }
                }
                let queued: BTreeMap<_, _> = lane.queue.iter().map(|&(reason, arc)| (arc, reason)).collect();
                prop_assert_eq!(lane.queue.len(), naive.len(), "each arc once");
                prop_assert_eq!(&queued, &naive);
            }
        }
    }
}
