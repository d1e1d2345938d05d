//! Which arcs this node remembers, and how it gets to remember the rest.
//!
//! A node that starts has no memory. It takes part in writes at once, but may neither coordinate an arc nor count toward R there before it has *caught up*; and a
//! coordinator that acts in a new view first *takes over*: it compares the arc with enough others to have seen every acknowledged write. Both are made of one step, the
//! exchange of an arc with a peer, which the shell carries out. This module decides which exchanges are wanted, in what order, and what follows from their
//! outcomes; [`ArcCatchup`] holds the rule for one arc.
//!
//! ```text
//!  what control knows of the owners --> ArcCatchup.wants() --> a lane a peer --> begin(): at most 128 under way with a peer, urgent first
//!                                            ^                                        |
//!                                            +------------- on_exchanged() <----------+
//! ```
//!
//! Limits: an arc is at most once in a peer's lane; a peer that fails is left alone for 20 ms to 1 s, one of another epoch for 2 ms to 1 s; what no command
//! waits for is put off for 10 ms when a document comes into force.

mod arc_catchup;
#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod drain_tests;
mod exchange;
mod lane;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use circlet_ring::ArcId;

use self::arc_catchup::ArcCatchup;
pub use self::exchange::{ExchangeId, ExchangeOutcome, ExchangeReason};
use self::lane::Lane;
use crate::arc_bitmap::ArcBitmap;
use crate::time::Instant;
use crate::topology::{MemberIndex, Topology};
use crate::view::{OwnerSet, Parties};

/// Most exchanges under way at a time, with all peers together.
const IN_FLIGHT_MAX: usize = 1024;

/// How long nothing is begun in bulk after a document came into force: all nodes have their hands full with it, and commands wait for them and for
/// arcs to be taken over. The next document comes no sooner than after 100 ms.
const BULK_AFTER: Duration = Duration::from_millis(10);

/// The memory of one node, arc by arc.
#[derive(Debug)]
pub(crate) struct Catchup {
    arcs: Box<[Option<Owned>]>,
    lanes: Vec<Lane>,
    // Invariant: what is in here is marked as under way in its arc and counted in its lane.
    in_flight: BTreeMap<ExchangeId, InFlight>,
    caught_up: ArcBitmap,
    /// The arcs of which it has drained whom it has to, mostly nobody.
    drained: ArcBitmap,
    owned_count: usize,
    begun_count: u64,
    /// Until when nothing is begun in bulk, if it is put off.
    bulk_put_off: Option<Instant>,
    open_alone_after: Option<Duration>,
    opened_alone_count: u64,
}

#[derive(Debug)]
struct Owned {
    /// The owners by position, those to be, and who drains.
    owners: Box<[MemberIndex]>,
    state: ArcCatchup,
}

impl Owned {
    /// An arc without memory; none if this node does not own it, nor is to.
    fn new(parties: &Parties, arc: ArcId) -> Option<Self> {
        parties.me.map(|_| Self {
            owners: parties.members.as_slice().into(),
            state: ArcCatchup::new(parties, arc.index()),
        })
    }

    /// The same arc in another arrangement.
    fn rearranged(&self, parties: &Parties) -> Option<Self> {
        let moved = |position: usize| {
            parties
                .members
                .iter()
                .position(|&member| member == self.owners[position])
        };
        parties.me.map(|_| Self {
            owners: parties.members.as_slice().into(),
            state: self.state.rearranged(parties, moved),
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct InFlight {
    arc: ArcId,
    member: MemberIndex,
    position: usize,
    reason: ExchangeReason,
}

/// An exchange to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begin {
    pub(crate) id: ExchangeId,
    pub(crate) arc: ArcId,
    pub(crate) member: MemberIndex,
    pub(crate) reason: ExchangeReason,
    /// Whether this node remembers the arc and knows of nothing that it missed there: most likely the peer has the same.
    pub(crate) is_likely_same: bool,
}

/// How a peer answered an exchange.
enum Answer {
    Good,
    /// Well, but it is to be asked again: it holds somebody else for the coordinator.
    Contested,
    /// Not at all, since it goes by another epoch.
    Refused,
    None,
}

impl Catchup {
    /// A node without memory of any arc. Arcs that it owns alone count as remembered at once: there is nobody to ask.
    ///
    /// `open_alone_after`: open an arc though owners that could know more stayed away for so long. It may forget acknowledged writes.
    pub(crate) fn new(topology: &Topology, me: MemberIndex, open_alone_after: Option<Duration>, now: Instant) -> Self {
        let arc_count = topology.settings().arcs;
        let owned = |arc| Owned::new(&Parties::of(topology.arc(arc), me).without_removed(topology), arc);
        let arcs: Box<[Option<Owned>]> = arc_count.arcs().map(owned).collect();
        let mut caught_up = ArcBitmap::empty(arc_count);
        for arc in arc_count.arcs() {
            if arcs[arc.index()]
                .as_ref()
                .is_some_and(|owned| owned.state.is_caught_up())
            {
                caught_up.insert(arc);
            }
        }
        Self {
            owned_count: arcs.iter().flatten().count(),
            lanes: topology.indexes().map(|_| Lane::new(now)).collect(),
            arcs,
            in_flight: BTreeMap::new(),
            caught_up,
            drained: ArcBitmap::empty(arc_count),
            begun_count: 0,
            bulk_put_off: None,
            open_alone_after,
            opened_alone_count: 0,
        }
    }

    /// The arcs that this node has caught up on.
    pub(crate) fn caught_up(&self) -> &ArcBitmap {
        &self.caught_up
    }

    /// The arcs that it has drained: compared with enough of those whom it has to drain at present.
    pub(crate) fn drained(&self) -> &ArcBitmap {
        &self.drained
    }

    /// Whether it has caught up on all that it owns.
    pub(crate) fn is_complete(&self) -> bool {
        self.caught_up.len() == self.owned_count
    }

    /// The others that this node has compared `arc` with since its view changed.
    pub(crate) fn taken_over(&self, arc: ArcId) -> OwnerSet {
        self.arcs[arc.index()]
            .as_ref()
            .map_or(OwnerSet::EMPTY, |owned| owned.state.taken_over())
    }

    /// How many arcs were opened though owners stayed away.
    pub(crate) fn opened_alone_count(&self) -> u64 {
        self.opened_alone_count
    }

    /// How many exchanges are under way.
    pub(crate) fn in_flight_count(&self) -> usize {
        self.in_flight.len()
    }

    /// What is known of the owners of `arc` now, by position; whether this node coordinates it; whether the arc is in a new view.
    pub(crate) fn set_owners(
        &mut self,
        now: Instant,
        arc: ArcId,
        reachable: OwnerSet,
        caught_up: OwnerSet,
        coordinating: bool,
        is_new_view: bool,
    ) {
        let Some(owned) = &mut self.arcs[arc.index()] else {
            return;
        };
        owned.state.set_owners(reachable, caught_up, coordinating);
        if is_new_view {
            owned.state.become_new_view();
        }
        self.requeue(now, arc);
    }

    /// Others may have coordinated `arc` in our place: what was compared before counts for nothing.
    pub(crate) fn on_new_view(&mut self, now: Instant, arc: ArcId) {
        if let Some(owned) = &mut self.arcs[arc.index()] {
            owned.state.become_new_view();
            self.requeue(now, arc);
        }
    }

    /// Another document is in force. What is remembered of an arc that this node goes on to own stays so; what was asked about an arc that changed is
    /// asked anew.
    ///
    /// `changed` are the arcs that are [held otherwise](Topology::is_held_otherwise), ascending.
    pub(crate) fn install(&mut self, now: Instant, changed: &[ArcId], topology: &Topology, me: MemberIndex) {
        self.lanes.resize_with(topology.members().len(), || Lane::new(now));
        self.lanes.iter_mut().for_each(Lane::on_followed);
        self.bulk_put_off = Some(now + BULK_AFTER);
        self.forget(|arc| changed.binary_search(&arc).is_ok());
        for &arc in changed {
            let parties = Parties::of(topology.arc(arc), me).without_removed(topology);
            let owned = match &self.arcs[arc.index()] {
                Some(owned) => owned.rearranged(&parties),
                None => Owned::new(&parties, arc),
            };
            if owned.as_ref().is_some_and(|owned| owned.state.is_caught_up()) {
                self.caught_up.insert(arc);
            } else {
                self.caught_up.remove(arc);
            }
            self.drained.remove(arc);
            self.arcs[arc.index()] = owned;
        }
        self.owned_count = self.arcs.iter().flatten().count();
    }

    /// This node coordinated `arc` before the document changed, had taken it over, and goes on.
    pub(crate) fn keep_taken_over(&mut self, now: Instant, arc: ArcId) {
        if let Some(owned) = &mut self.arcs[arc.index()] {
            owned.state.keep_taken_over();
            self.requeue(now, arc);
        }
    }

    /// Those that hold something of `arc` besides this node's view of its owners: by position, as [`set_owners`](Self::set_owners) wants them.
    pub(crate) fn holders(&self, arc: ArcId) -> &[MemberIndex] {
        self.arcs[arc.index()].as_ref().map_or(&[], |owned| &owned.owners)
    }

    /// Whether a peer can be talked to.
    pub(crate) fn set_reachable(&mut self, now: Instant, member: MemberIndex, reachable: bool) {
        let since = &mut self.lanes[member.get()].unreachable_since;
        *since = if reachable { None } else { since.or(Some(now)) };
    }

    /// A peer's link is gone, or it began a new life: what was asked of it will not be answered.
    pub(crate) fn on_link_down(&mut self, now: Instant, member: MemberIndex) {
        let lost: Vec<_> = self
            .in_flight
            .iter()
            .filter(|(_, flight)| flight.member == member)
            .map(|(&id, _)| id)
            .collect();
        for id in lost {
            if let Some((flight, owned)) = self.take_in_flight(id) {
                owned.state.on_failure(flight.position);
                self.requeue(now, flight.arc);
            }
        }
    }

    /// A peer says that it goes by this node's epoch now: what it refused until then it need not be asked later than at once.
    pub(crate) fn on_followed(&mut self, member: MemberIndex) {
        self.lanes[member.get()].on_followed();
    }

    /// A peer began a new life: what its former self answered counts for nothing now.
    pub(crate) fn on_new_life(&mut self, now: Instant, member: MemberIndex) {
        self.on_link_down(now, member);
        self.lanes[member.get()].on_success();
        for arc in self.caught_up.arc_count().arcs() {
            let Some(owned) = &mut self.arcs[arc.index()] else {
                continue;
            };
            if let Some(position) = owned.owners.iter().position(|&owner| owner == member) {
                owned.state.on_new_life(position);
                self.requeue(now, arc);
            }
        }
    }

    /// A command waits for `arc`.
    pub(crate) fn want(&mut self, now: Instant, arc: ArcId) {
        if let Some(owned) = &mut self.arcs[arc.index()] {
            owned.state.become_wanted();
            self.requeue(now, arc);
        }
    }

    /// `member` says that this node missed writes in `arc`.
    pub(crate) fn on_stale(&mut self, now: Instant, arc: ArcId, member: MemberIndex) {
        let Some(owned) = &mut self.arcs[arc.index()] else {
            return;
        };
        if let Some(position) = owned.owners.iter().position(|&owner| owner == member) {
            owned.state.become_stale(position);
            self.requeue(now, arc);
        }
    }

    /// An exchange ended. The arc that it was about; none if nobody waits for it any more.
    pub(crate) fn on_exchanged(&mut self, now: Instant, id: ExchangeId, outcome: ExchangeOutcome) -> Option<ArcId> {
        let (flight, owned) = self.take_in_flight(id)?;
        let (has_caught_up, answer) = match outcome {
            ExchangeOutcome::Merged { kept_memory } => {
                (owned.state.on_merged(flight.position, kept_memory), Answer::Good)
            }
            ExchangeOutcome::Contested => {
                let (has_caught_up, try_again) = owned.state.on_contested(flight.position);
                (has_caught_up, if try_again { Answer::Contested } else { Answer::Good })
            }
            ExchangeOutcome::Refused => {
                owned.state.on_failure(flight.position);
                (false, Answer::Refused)
            }
            ExchangeOutcome::Failed => {
                owned.state.on_failure(flight.position);
                (false, Answer::None)
            }
        };
        if has_caught_up {
            self.caught_up.insert(flight.arc);
        }
        let lane = &mut self.lanes[flight.member.get()];
        match answer {
            Answer::Good => lane.on_success(),
            Answer::Contested => lane.on_contested(now),
            Answer::Refused => lane.on_refused(now),
            Answer::None => lane.on_failure(now),
        }
        self.requeue(now, flight.arc);
        Some(flight.arc)
    }

    /// Opens the arcs whose owners stayed away for longer than the setting allows, if it is set. The arcs that were opened.
    pub(crate) fn open_alone(&mut self, now: Instant) -> Vec<ArcId> {
        let Some(limit) = self.open_alone_after else {
            return Vec::new();
        };
        let lanes = &self.lanes;
        let gave_up = |owner: MemberIndex| {
            lanes[owner.get()]
                .unreachable_since
                .is_some_and(|since| since + limit <= now)
        };
        let mut opened = Vec::new();
        for arc in self.caught_up.arc_count().arcs() {
            let Some(owned) = &mut self.arcs[arc.index()] else {
                continue;
            };
            let mut unanswered = owned.state.unanswered().iter();
            if !owned.state.is_caught_up() && unanswered.all(|position| gave_up(owned.owners[position])) {
                owned.state.become_caught_up();
                self.caught_up.insert(arc);
                opened.push(arc);
            }
        }
        self.opened_alone_count += opened.len() as u64;
        for &arc in &opened {
            self.requeue(now, arc);
        }
        opened
    }

    /// Begins what can be begun.
    pub(crate) fn begin(&mut self, now: Instant) -> Vec<Begin> {
        let mut begun = Vec::new();
        for lane in &mut self.lanes {
            lane.end_pause(now);
        }
        self.bulk_put_off = self.bulk_put_off.filter(|until| now < *until);
        let is_put_off = self.bulk_put_off.is_some();
        let may_begin = |reason: &ExchangeReason| !(is_put_off && reason.is_bulk());
        while self.in_flight.len() < IN_FLIGHT_MAX {
            let heads = self
                .lanes
                .iter()
                .enumerate()
                .filter_map(|(lane, state)| Some((state.head().filter(may_begin)?, state.in_flight(), lane)));
            let Some((_, _, lane)) = heads.min() else { break };
            let Some((reason, arc)) = self.lanes[lane].begin() else {
                break;
            };
            begun.extend(self.begin_one(arc, MemberIndex::new(lane), reason));
        }
        begun
    }

    /// When [`begin`](Self::begin) will have something to do that it has not now.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let is_waited_for = |_: &Instant| self.lanes.iter().any(|lane| lane.head().is_some());
        let put_off = self.bulk_put_off.filter(is_waited_for);
        self.lanes.iter().filter_map(Lane::resumes_at).chain(put_off).min()
    }

    fn begin_one(&mut self, arc: ArcId, member: MemberIndex, reason: ExchangeReason) -> Option<Begin> {
        let owned = self.arcs[arc.index()].as_mut()?;
        let position = owned.owners.iter().position(|&owner| owner == member)?;
        let is_likely_same = owned.state.is_caught_up() && reason != ExchangeReason::Stale;
        owned.state.on_begin(position);
        self.begun_count += 1;
        let id = ExchangeId(self.begun_count);
        self.in_flight.insert(
            id,
            InFlight {
                arc,
                member,
                position,
                reason,
            },
        );
        Some(Begin {
            id,
            arc,
            member,
            reason,
            is_likely_same,
        })
    }

    fn take_in_flight(&mut self, id: ExchangeId) -> Option<(InFlight, &mut Owned)> {
        let flight = self.in_flight.remove(&id)?;
        self.lanes[flight.member.get()].end(flight.reason);
        Some((flight, self.arcs[flight.arc.index()].as_mut()?))
    }

    /// What was asked about these arcs, or is to be, is not waited for.
    fn forget(&mut self, is_changed: impl Fn(ArcId) -> bool) {
        let lanes = &mut self.lanes;
        self.in_flight.retain(|_, flight| {
            let is_lost = is_changed(flight.arc);
            if is_lost {
                lanes[flight.member.get()].end(flight.reason);
            }
            !is_lost
        });
        for lane in &mut self.lanes {
            lane.forget(&is_changed);
        }
    }

    /// Puts `arc` into the lanes of the peers that it is to be exchanged with now, and takes it out of the others.
    fn requeue(&mut self, now: Instant, arc: ArcId) {
        let Some(owned) = &self.arcs[arc.index()] else { return };
        let mut avoid = OwnerSet::EMPTY;
        for (position, owner) in owned.owners.iter().enumerate() {
            if self.lanes[owner.get()].is_paused(now) {
                avoid = avoid.with(position);
            }
        }
        if owned.state.is_drained() {
            self.drained.insert(arc);
        } else {
            self.drained.remove(arc);
        }
        let mut reasons = [None; 2 * crate::topology::OWNERS_MAX];
        for (position, reason) in owned.state.wants(avoid) {
            reasons[position] = Some(reason);
        }
        for (&owner, reason) in owned.owners.iter().zip(reasons) {
            self.lanes[owner.get()].requeue(arc, reason);
        }
    }
}
