//! Writes that are nothing but numbers, and what must be true of them.

use std::collections::BTreeSet;
use std::time::Duration;

use circlet_ring::ArcId;

use super::{Message, Rule, World};
use crate::control::Event;
use crate::topology::Epoch;
use crate::view::OwnerSet;

/// For so long one that does not know yet that another one has taken over may acknowledge writes, and the other one may not hear of them: reads ask a
/// quorum, and find them. All that was acknowledged before an arc was taken over, its new coordinator has seen.
const HEARD_WITHIN: Duration = Duration::from_millis(100);

/// Why a write or a read was not done. Nothing changed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) enum Refused {
    NobodyCoordinates,
    NotHere,
    NotTakenOver,
    LeaseOver,
    TooFew,
}

impl World {
    /// Writes here and there for `ms`, from nodes that `may` write then; checks reads every so many milliseconds. How many were acknowledged,
    /// and the longest time without one.
    pub(in crate::control) fn write_for(
        &mut self,
        ms: u64,
        check_every: u64,
        may: impl Fn(&Self) -> Vec<usize>,
    ) -> (usize, u64) {
        let (mut acknowledged, mut gap, mut longest_gap) = (0, 0, 0);
        for step in 0..ms {
            self.run_ms(1);
            let from = may(self);
            let at = self.random(0..from.len() as u64) as usize;
            let arc = self.arc();
            gap += 1;
            if self.write(from[at], arc) == Ok(true) {
                acknowledged += 1;
                gap = 0;
            }
            longest_gap = longest_gap.max(gap);
            if step % check_every == 0 {
                self.check_reads();
            }
        }
        self.check_reads();
        (acknowledged, longest_gap)
    }

    /// A write of a new number at QUORUM, sent to `node`, which forwards it once. True if it was acknowledged.
    pub(in crate::control) fn write(&mut self, node: usize, arc: ArcId) -> Result<bool, Refused> {
        let coordinator = self.route(node, arc)?;
        let view = *self.arc_view(coordinator, arc);
        let sets = view.sets();
        let sides = if self.left_out.contains(&Rule::BothSides) {
            [sets.old; 2]
        } else {
            [sets.old, sets.new]
        };
        let is_quorum = |side: OwnerSet, there: OwnerSet| side.intersection(there).len() > side.len() / 2;
        if sides.iter().any(|&side| !is_quorum(side, view.reachable())) {
            return Err(Refused::TooFew);
        }
        self.written_count += 1;
        let write = self.written_count;
        let since = self.nodes[coordinator].took_over[&arc].1;
        let must_be_seen = |write: &&u64| {
            let at = self.acknowledged_at[*write];
            at < since || self.now.since(at) > HEARD_WITHIN
        };
        let missing = self
            .acknowledged
            .get(&arc)
            .and_then(|acknowledged| acknowledged.difference(self.data(coordinator, arc)).find(must_be_seen));
        assert_eq!(
            missing, None,
            "node {coordinator} took {arc:?} over at {since:?} without having seen all that was acknowledged"
        );
        self.nodes[coordinator].data.entry(arc).or_default().insert(write);
        let epoch = self.view(coordinator).epoch();
        let mut acks = view.my_position().map_or(OwnerSet::EMPTY, OwnerSet::only);
        for (position, owner) in view
            .owners()
            .iter()
            .enumerate()
            .filter(|(_, owner)| owner.get() != coordinator)
        {
            let owner = owner.get();
            let is_there = view.reachable().contains(position)
                && self.nodes[owner].plane.is_some()
                && !self.cut.contains(&(coordinator, owner));
            let is_running = is_there && !self.nodes[owner].stopped;
            let is_fenced = || self.view(owner).epoch() != epoch && !self.left_out.contains(&Rule::Fence);
            if is_running && !is_fenced() {
                self.nodes[owner].data.entry(arc).or_default().insert(write);
                acks = acks.with(position);
                continue;
            }
            if is_there && !is_running {
                let writes = BTreeSet::from([write]);
                self.nodes[owner]
                    .waiting
                    .push((coordinator, Message::Delta { arc, writes }));
            }
            let (now, id) = (self.now, self.id(owner));
            self.nodes[coordinator].hints.record(now, id, arc, &write.to_le_bytes());
            self.event(coordinator, Event::HintsPending { peer: id });
        }
        let is_acknowledged = sides.iter().all(|&side| is_quorum(side, acks));
        if is_acknowledged {
            self.acknowledged.entry(arc).or_default().insert(write);
            self.acknowledged_at.insert(write, self.now);
        }
        Ok(is_acknowledged)
    }

    /// The least that can be told of promise 1: any quorum of those that reads ask, that count toward R and are of one epoch, has between them all
    /// that was acknowledged. Quorums are two here.
    pub(in crate::control) fn check_reads(&self) {
        for arc in self.arcs() {
            let able: Vec<(usize, Epoch)> = (0..self.nodes.len())
                .filter_map(|node| {
                    let view = self.nodes[node].plane.as_ref()?.view();
                    let place = view.arc(arc).my_position()?;
                    let counts = view.arc(arc).may_answer_reads() && view.arc(arc).read_set().contains(place);
                    counts.then_some((node, view.epoch()))
                })
                .collect();
            for (at, &(a, epoch)) in able.iter().enumerate() {
                for &(b, _) in able[at + 1..].iter().filter(|(_, other)| *other == epoch) {
                    let seen = |write: &&u64| !self.data(a, arc).contains(write) && !self.data(b, arc).contains(write);
                    let lost = self.acknowledged.get(&arc).into_iter().flatten().find(seen);
                    assert_eq!(
                        lost, None,
                        "a read of {arc:?} from {a} and {b} misses an acknowledged write"
                    );
                }
            }
        }
    }

    /// A write that one owner acknowledged alone, at ONE.
    pub(in crate::control) fn write_at_one(&mut self, node: usize, arc: ArcId) -> u64 {
        self.written_count += 1;
        let write = self.written_count;
        self.nodes[node].data.entry(arc).or_default().insert(write);
        write
    }

    /// All owners have everything that was acknowledged.
    pub(in crate::control) fn is_converged(&self) -> bool {
        self.arcs().all(|arc| {
            let acknowledged = self.acknowledged.get(&arc);
            self.topology
                .owners(arc)
                .iter()
                .all(|owner| acknowledged.is_none_or(|all| all.is_subset(self.data(owner.get(), arc))))
        })
    }

    pub(in crate::control) fn acknowledged_count(&self) -> usize {
        self.acknowledged.values().map(BTreeSet::len).sum()
    }

    pub(in crate::control) fn route(&mut self, node: usize, arc: ArcId) -> Result<usize, Refused> {
        let coordinator = self.coordinator(node, arc).ok_or(Refused::NobodyCoordinates)?;
        let there = &self.nodes[coordinator];
        if there.stopped
            || there.plane.is_none()
            || self.cut.contains(&(node, coordinator))
            || !self.arc_view(coordinator, arc).is_mine()
        {
            return Err(Refused::NotHere);
        }
        if self.now > there.lease_until {
            return Err(Refused::LeaseOver);
        }
        if !self.arc_view(coordinator, arc).may_coordinate(2) {
            self.event(coordinator, Event::ArcWanted(arc));
            return Err(Refused::NotTakenOver);
        }
        Ok(coordinator)
    }
}
