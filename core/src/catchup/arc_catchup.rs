//! What this node knows about its memory of one arc.

use super::ExchangeReason;
use crate::view::{OwnerSet, Parties};

/// One arc that this node owns: where it stands on the way to being caught up and taken over.
///
/// ```text
///   without memory --merged with N-W+1 others that kept theirs--> caught up --compared with R-1 others in this view--> taken over
///         |                                                          ^   ^                                                 |
///         +------------every other owner has answered---------------+   +--------------------new view---------------------+
/// ```
///
/// N-W+1 others, because a write that this node acknowledged before it lost its memory is on at least W-1 of the N-1 others, so it is on one of any N-W+1 of
/// them. If every other owner has answered, there is nobody left to ask: whatever exists is merged, whether they kept their memory or not. One that an
/// operator has removed is not waited for: it will never answer, and what it alone had is lost by that word.
///
/// **While the arc moves** there are two sides. An owner to be catches up from the old owners, one after the other: the first sends what there is, the
/// others what that one lacked. Once reads ask the new owners, each of them *drains* the old ones: compares with so many that it has all that reads
/// of the old ones may have answered; and whoever coordinates then compares with them too. After the move the former owners are drained, each by
/// each owner.
///
/// What was answered counts for one arrangement of the arc: with the next one, a new `ArcCatchup` begins.
#[derive(Debug, Clone)]
pub(super) struct ArcCatchup {
    roles: Roles,
    caught_up: bool,
    /// Others that had caught up when they answered, in their present lives.
    // Invariant: disjoint from `merged_empty`; both within the others and the draining.
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

/// Who the others are, by position, and how many of them are enough for what.
#[derive(Debug, Clone, Copy)]
struct Roles {
    /// The other owners, those to be too.
    others: OwnerSet,
    draining: OwnerSet,
    /// Of both, those that an operator removed.
    gone: OwnerSet,
    old: Witnesses,
    new: Witnesses,
    is_old: bool,
    is_new: bool,
    reads_new: bool,
    /// Other owners whom reads ask.
    readers: OwnerSet,
    take_over_min: usize,
    take_over_old_min: usize,
    /// Which one of several equals is asked first.
    turn: usize,
}

/// One side of a move, without this node.
#[derive(Debug, Clone, Copy)]
struct Witnesses {
    others: OwnerSet,
    /// How many of these have among them all that a quorum of the side has.
    min: usize,
    /// How many, if this node remembers and is one of the side itself.
    min_beside_me: usize,
}

impl Roles {
    fn of(parties: &Parties, turn: usize) -> Self {
        let me = parties.me.map_or(OwnerSet::EMPTY, OwnerSet::only);
        let witnesses = |side: OwnerSet| Witnesses {
            others: side.difference(me),
            min: parties.witnesses(side, false),
            min_beside_me: parties.witnesses(side, true),
        };
        Self {
            others: OwnerSet::first(parties.union_len).difference(me),
            draining: parties.draining,
            gone: parties.gone,
            old: witnesses(parties.old),
            new: witnesses(parties.new),
            is_old: !parties.old.intersection(me).is_empty(),
            is_new: !parties.new.intersection(me).is_empty(),
            reads_new: parties.reads_new,
            readers: parties.readers().difference(me),
            take_over_min: parties.take_over_min(),
            take_over_old_min: parties.take_over_old_min(),
            turn,
        }
    }

    /// Everyone else who may hold something.
    fn holders(&self) -> OwnerSet {
        self.others.union(self.draining)
    }
}

impl ArcCatchup {
    /// An arc held by `parties`, without memory. An arc of which nobody else has anything has nobody to ask. `turn` spreads the first questions
    /// over those who could answer them.
    pub(super) fn new(parties: &Parties, turn: usize) -> Self {
        let roles = Roles::of(parties, turn);
        Self {
            roles,
            caught_up: roles.holders().is_empty(),
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

    /// The arc in another arrangement: what it remembers stays, what it was told about the former one counts for nothing. `moved` gives each holder's
    /// position now.
    pub(super) fn rearranged(&self, parties: &Parties, moved: impl Fn(usize) -> Option<usize>) -> Self {
        let fresh = Self::new(parties, self.roles.turn);
        let stale = self.stale.union(self.stale_in_flight);
        let stale = stale.iter().filter_map(moved).fold(OwnerSet::EMPTY, OwnerSet::with);
        Self {
            caught_up: fresh.caught_up || self.caught_up,
            stale: stale.intersection(fresh.roles.holders()),
            wanted: self.wanted,
            ..fresh
        }
    }

    pub(super) fn is_caught_up(&self) -> bool {
        self.caught_up
    }

    pub(super) fn taken_over(&self) -> OwnerSet {
        self.taken_over
    }

    /// Whether it has been compared with enough of those whom it has to drain now: none, mostly.
    pub(super) fn is_drained(&self) -> bool {
        let (sources, min) = self.drain_sources();
        let answered = self.merged_kept.union(self.merged_empty);
        let open = sources.difference(answered).difference(self.roles.gone);
        self.caught_up && (self.merged_kept.intersection(sources).len() >= min || open.is_empty())
    }

    /// The others whose memory, or lack of it, is not known in their present lives. One that was removed has none: nobody waits for its answer.
    pub(super) fn unanswered(&self) -> OwnerSet {
        self.roles
            .holders()
            .difference(self.merged_kept)
            .difference(self.merged_empty)
            .difference(self.roles.gone)
    }

    /// What is known of the owners changed.
    pub(super) fn set_owners(&mut self, reachable: OwnerSet, caught_up: OwnerSet, coordinating: bool) {
        self.reachable = reachable.intersection(self.roles.holders());
        self.peers_caught_up = caught_up.intersection(self.roles.others);
        self.coordinating = coordinating;
    }

    /// The arc is in a new view: what was compared before does not count any more, nor what is being compared.
    pub(super) fn become_new_view(&mut self) {
        self.taken_over = OwnerSet::EMPTY;
        self.in_flight_for_view = OwnerSet::EMPTY;
    }

    /// This node coordinated the arc in its former arrangement, and goes on: all that was acknowledged or read since went through it.
    pub(super) fn keep_taken_over(&mut self) {
        self.taken_over = self.roles.others;
    }

    /// A command waits for the arc.
    pub(super) fn become_wanted(&mut self) {
        self.wanted = true;
    }

    /// The other at `position` has writes that we missed.
    pub(super) fn become_stale(&mut self, position: usize) {
        self.stale = self.stale.with(position).intersection(self.roles.holders());
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
                self.wanted &= !self.is_taken_over();
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
            self.catch_up_wants(avoid)
        };
        let others = self.reachable.difference(self.in_flight).difference(first);
        let stale = self.stale.intersection(others);
        let drained = self.drain_wants(avoid).intersection(others).difference(stale);
        let first = first.iter().map(move |position| (position, reason));
        first
            .chain(stale.iter().map(|position| (position, ExchangeReason::Stale)))
            .chain(drained.iter().map(|position| (position, ExchangeReason::Drain)))
    }

    fn end_flight(&mut self, position: usize) {
        self.in_flight = self.in_flight.without(position);
        self.in_flight_for_view = self.in_flight_for_view.without(position);
        self.stale_in_flight = self.stale_in_flight.without(position);
    }

    fn is_taken_over(&self) -> bool {
        let Roles { readers, old, .. } = self.roles;
        self.taken_over.intersection(readers).len() >= self.roles.take_over_min
            && self.taken_over.intersection(old.others).len() >= self.roles.take_over_old_min
    }

    /// In the first stage of a move, and while nothing moves, the old owners have everything; in the second stage the new ones have. Who is on both
    /// sides then is a witness of both.
    fn has_merged_enough(&self) -> bool {
        let kept = |side: Witnesses| self.merged_kept.intersection(side.others).len() >= side.min;
        let Roles { old, new, .. } = self.roles;
        let is_enough = if self.roles.reads_new {
            (!self.roles.is_new || kept(new)) && (!self.roles.is_old || kept(old))
        } else {
            kept(old)
        };
        is_enough || self.unanswered().is_empty()
    }

    fn catch_up_wants(&self, avoid: OwnerSet) -> (OwnerSet, ExchangeReason) {
        // One that was without memory is asked again once it says that it has caught up.
        let useless = self
            .merged_kept
            .union(self.merged_empty.difference(self.peers_caught_up));
        let reason = if self.wanted {
            ExchangeReason::Wanted
        } else {
            ExchangeReason::CatchUp
        };
        let targets = self.reachable.difference(useless);
        if self.roles.is_old {
            return (targets.difference(self.in_flight), reason);
        }
        let side = if self.roles.reads_new {
            self.roles.new
        } else {
            self.roles.old
        };
        let able = targets.intersection(side.others).intersection(self.peers_caught_up);
        if able.is_empty() {
            return (targets.difference(self.in_flight), reason);
        }
        // All that there is comes from one of them; from the next ones only what that one lacks.
        if !self.in_flight.is_empty() {
            return (OwnerSet::EMPTY, reason);
        }
        let preferred = able.difference(avoid);
        let choice = if preferred.is_empty() { able } else { preferred };
        let at = self.roles.turn % choice.len();
        (choice.iter().nth(at).map_or(OwnerSet::EMPTY, OwnerSet::only), reason)
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
        let under_way = self.taken_over.union(self.in_flight_for_view);
        // Those asked in an earlier view are asked again once they have answered.
        let able = self
            .reachable
            .intersection(self.peers_caught_up)
            .difference(self.taken_over)
            .difference(self.in_flight);
        let (preferred, others) = (able.difference(avoid), able.intersection(avoid));
        let mut chosen = OwnerSet::EMPTY;
        let old = (self.roles.old.others, self.roles.take_over_old_min);
        // Who is on both sides serves both.
        for (side, min) in [old, (self.roles.readers, self.roles.take_over_min)] {
            let have = under_way.union(chosen).intersection(side).len();
            let open = |set: OwnerSet| set.intersection(side).difference(chosen);
            let more = open(preferred).iter().chain(open(others).iter());
            chosen = more.take(min.saturating_sub(have)).fold(chosen, OwnerSet::with);
        }
        (chosen, reason)
    }

    /// Whom this owner has to drain now, and how many of them must have kept their memory unless all have answered.
    fn drain_sources(&self) -> (OwnerSet, usize) {
        let Roles { old, draining, .. } = self.roles;
        if self.roles.reads_new && self.roles.is_new {
            (old.others, old.min_beside_me_if(self.roles.is_old))
        } else {
            // A former owner never counts as one that has caught up.
            (draining, draining.len())
        }
    }

    /// Those that failed lately last: one that stays behind in its epoch refuses for as long, and the others are enough.
    fn drain_wants(&self, avoid: OwnerSet) -> OwnerSet {
        if !self.caught_up || self.is_drained() {
            return OwnerSet::EMPTY;
        }
        let (sources, min) = self.drain_sources();
        let is_answered = self
            .merged_kept
            .union(self.merged_empty.difference(self.peers_caught_up));
        let open = sources.difference(is_answered).intersection(self.reachable);
        let have = self.merged_kept.union(self.in_flight).intersection(sources).len();
        let open = open.difference(self.in_flight);
        let (preferred, others) = (open.difference(avoid), open.intersection(avoid));
        (preferred.iter().chain(others.iter()))
            .take(min.saturating_sub(have))
            .fold(OwnerSet::EMPTY, OwnerSet::with)
    }
}

impl Witnesses {
    fn min_beside_me_if(self, is_of_it: bool) -> usize {
        if is_of_it { self.min_beside_me } else { self.min }
    }
}
