//! What this node knows about its memory of one arc.

use super::ExchangeReason;
use crate::view::OwnerSet;

/// One arc that this node owns: where it stands on the way to being caught up and taken over.
///
/// ```text
///   without memory --merged with N-W+1 others that kept theirs--> caught up --compared with R-1 others in this view--> taken over
///         |                                                          ^   ^                                                 |
///         +------------every other owner has answered---------------+   +--------------------new view---------------------+
/// ```
///
/// N-W+1 others, because a write that this node acknowledged before it lost its memory is on at least W-1 of the N-1 others, so it is on one of any N-W+1 of
/// them. If every other owner has answered, there is nobody left to ask: whatever exists is merged, whether they kept their memory or not.
#[derive(Debug, Clone)]
pub(super) struct ArcCatchup {
    /// Positions of the other owners.
    others: OwnerSet,
    caught_up: bool,
    /// Others that had caught up when they answered, in their present lives.
    // Invariant: disjoint from `merged_empty`; both within `others`.
    merged_kept: OwnerSet,
    /// Others that had not, but gave what they had.
    merged_empty: OwnerSet,
    /// Others compared with in the present view of the arc.
    taken_over: OwnerSet,
    /// Others that say they have writes that we missed.
    stale: OwnerSet,
    /// Of those in flight, the ones that were stale when their exchange began.
    stale_in_flight: OwnerSet,
    /// Others with which an exchange is under way.
    in_flight: OwnerSet,
    /// Of these, begun in the present view of the arc, by this node as one that has caught up.
    in_flight_for_view: OwnerSet,
    reachable: OwnerSet,
    peers_caught_up: OwnerSet,
    coordinating: bool,
    wanted: bool,
}

impl ArcCatchup {
    /// An arc with `count` owners, this node at `me`, without memory. An arc that nobody else owns has nobody to ask.
    pub(super) fn new(count: usize, me: usize) -> Self {
        let others = OwnerSet::first(count).without(me);
        Self {
            others,
            caught_up: others.is_empty(),
            merged_kept: OwnerSet::EMPTY,
            merged_empty: OwnerSet::EMPTY,
            taken_over: OwnerSet::EMPTY,
            stale: OwnerSet::EMPTY,
            stale_in_flight: OwnerSet::EMPTY,
            in_flight: OwnerSet::EMPTY,
            in_flight_for_view: OwnerSet::EMPTY,
            reachable: OwnerSet::EMPTY,
            peers_caught_up: OwnerSet::EMPTY,
            coordinating: false,
            wanted: false,
        }
    }

    pub(super) fn is_caught_up(&self) -> bool {
        self.caught_up
    }

    pub(super) fn taken_over(&self) -> OwnerSet {
        self.taken_over
    }

    /// The others whose memory, or lack of it, is not known in their present lives.
    pub(super) fn unanswered(&self) -> OwnerSet {
        self.others.difference(self.merged_kept).difference(self.merged_empty)
    }

    /// What is known of the owners changed.
    pub(super) fn set_owners(&mut self, reachable: OwnerSet, caught_up: OwnerSet, coordinating: bool) {
        self.reachable = reachable.intersection(self.others);
        self.peers_caught_up = caught_up.intersection(self.others);
        self.coordinating = coordinating;
    }

    /// The arc is in a new view: what was compared before does not count any more, nor what is being compared.
    pub(super) fn become_new_view(&mut self) {
        self.taken_over = OwnerSet::EMPTY;
        self.in_flight_for_view = OwnerSet::EMPTY;
    }

    /// A command waits for the arc.
    pub(super) fn become_wanted(&mut self) {
        self.wanted = true;
    }

    /// The other at `position` has writes that we missed.
    pub(super) fn become_stale(&mut self, position: usize) {
        self.stale = self.stale.with(position).intersection(self.others);
    }

    /// The other at `position` began a new life: what its former self answered counts for nothing now.
    ///
    /// What was merged from it stays merged, so an arc that has caught up stays so.
    pub(super) fn on_new_life(&mut self, position: usize) {
        self.merged_kept = self.merged_kept.without(position);
        self.merged_empty = self.merged_empty.without(position);
        self.taken_over = self.taken_over.without(position);
        self.stale = self.stale.without(position);
        self.stale_in_flight = self.stale_in_flight.without(position);
    }

    /// An exchange with the other at `position` began.
    pub(super) fn on_begin(&mut self, position: usize) {
        self.in_flight = self.in_flight.with(position);
        // If it says again that we missed something, that may not be in its answer any more: another miss.
        if self.stale.contains(position) {
            self.stale = self.stale.without(position);
            self.stale_in_flight = self.stale_in_flight.with(position);
        }
        if self.caught_up {
            self.in_flight_for_view = self.in_flight_for_view.with(position);
        }
    }

    /// The exchange with the other at `position` ended without success, or is not to be waited for.
    pub(super) fn on_failure(&mut self, position: usize) {
        self.stale = self
            .stale
            .union(self.stale_in_flight.intersection(OwnerSet::only(position)));
        self.end_flight(position);
    }

    /// All that the other at `position` had is merged, but it does not hold us for the coordinator. As
    /// [`on_merged`](Self::on_merged), and true in the second place if taking over is to be tried again.
    pub(super) fn on_contested(&mut self, position: usize) -> (bool, bool) {
        let for_view = self.in_flight_for_view.contains(position);
        self.in_flight_for_view = self.in_flight_for_view.without(position);
        if !self.coordinating {
            // Both agree that the arc is somebody else's. Whoever wanted it here has to look again, and may want it again.
            self.wanted = false;
        }
        (self.on_merged(position, true), for_view && self.coordinating)
    }

    /// All that the other at `position` had is merged. True if the arc has caught up with that.
    pub(super) fn on_merged(&mut self, position: usize, kept_memory: bool) -> bool {
        debug_assert!(
            self.in_flight.contains(position),
            "nothing was asked of the owner at {position}"
        );
        let for_view = self.in_flight_for_view.contains(position);
        self.end_flight(position);
        if kept_memory {
            self.merged_kept = self.merged_kept.with(position);
            self.merged_empty = self.merged_empty.without(position);
            if for_view {
                self.taken_over = self.taken_over.with(position);
                self.wanted &= self.taken_over.len() < self.take_over_min();
            }
        } else {
            self.merged_empty = self.merged_empty.with(position).difference(self.merged_kept);
        }
        if self.caught_up || !self.has_merged_enough() {
            return false;
        }
        self.become_caught_up();
        true
    }

    /// From now on the arc counts as remembered.
    pub(super) fn become_caught_up(&mut self) {
        self.caught_up = true;
    }

    /// With whom the arc is to be compared next, and why. `avoid` are the others that failed lately: taken only if there is nobody else.
    pub(super) fn wants(&self, avoid: OwnerSet) -> impl Iterator<Item = (usize, ExchangeReason)> + use<> {
        let (first, reason) = if self.caught_up {
            self.take_over_wants(avoid)
        } else {
            self.catch_up_wants()
        };
        let stale = self
            .stale
            .intersection(self.reachable)
            .difference(self.in_flight)
            .difference(first);
        let first = first.iter().map(move |position| (position, reason));
        first.chain(stale.iter().map(|position| (position, ExchangeReason::Stale)))
    }

    fn end_flight(&mut self, position: usize) {
        self.in_flight = self.in_flight.without(position);
        self.in_flight_for_view = self.in_flight_for_view.without(position);
        self.stale_in_flight = self.stale_in_flight.without(position);
    }

    /// How many others must have been compared with in a view: R-1 with R a quorum.
    fn take_over_min(&self) -> usize {
        self.others.len().div_ceil(2)
    }

    /// How many others must have kept their memory: N-W+1 with W a quorum.
    fn kept_min(&self) -> usize {
        let n = self.others.len() + 1;
        let w = n / 2 + 1;
        n - w + 1
    }

    fn has_merged_enough(&self) -> bool {
        self.merged_kept.len() >= self.kept_min() || self.unanswered().is_empty()
    }

    fn catch_up_wants(&self) -> (OwnerSet, ExchangeReason) {
        // One that was without memory is asked again once it says that it has caught up.
        let useless = self
            .merged_kept
            .union(self.merged_empty.difference(self.peers_caught_up));
        let targets = self.reachable.difference(self.in_flight).difference(useless);
        (
            targets,
            if self.wanted {
                ExchangeReason::Wanted
            } else {
                ExchangeReason::CatchUp
            },
        )
    }

    fn take_over_wants(&self, avoid: OwnerSet) -> (OwnerSet, ExchangeReason) {
        let reason = if self.wanted {
            ExchangeReason::Wanted
        } else {
            ExchangeReason::TakeOver
        };
        if !self.coordinating && !self.wanted {
            return (OwnerSet::EMPTY, reason);
        }
        let under_way = self.taken_over.union(self.in_flight_for_view).len();
        // Those asked in an earlier view are asked again once they have answered.
        let able = self
            .reachable
            .intersection(self.peers_caught_up)
            .difference(self.taken_over)
            .difference(self.in_flight);
        let (preferred, others) = (able.difference(avoid), able.intersection(avoid));
        let chosen = preferred
            .iter()
            .chain(others.iter())
            .take(self.take_over_min().saturating_sub(under_way));
        (chosen.fold(OwnerSet::EMPTY, OwnerSet::with), reason)
    }
}
