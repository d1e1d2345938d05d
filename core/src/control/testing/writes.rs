//! Writes that are nothing but numbers, and what must be true of them.

use std::collections::BTreeSet;

use circlet_ring::ArcId;

use super::{Message, World};
use crate::control::Event;
use crate::topology::MemberIndex;

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
    /// A write of a new number at QUORUM, sent to `node`, which forwards it once. True if it was acknowledged.
    pub(in crate::control) fn write(&mut self, node: usize, arc: ArcId) -> Result<bool, Refused> {
        let coordinator = self.route(node, arc)?;
        let view = *self.arc_view(coordinator, arc);
        if view.reachable().len() < 2 {
            return Err(Refused::TooFew);
        }
        self.written_count += 1;
        let write = self.written_count;
        let missing = self.acknowledged.get(&arc).map_or(0, |acknowledged| {
            acknowledged.difference(self.data(coordinator, arc)).count()
        });
        assert_eq!(
            missing, 0,
            "node {coordinator} coordinates {arc:?} without having seen all that was acknowledged"
        );
        self.nodes[coordinator].data.entry(arc).or_default().insert(write);
        let mut acks = 1;
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
            if is_there && !self.nodes[owner].stopped {
                self.nodes[owner].data.entry(arc).or_default().insert(write);
                acks += 1;
                continue;
            }
            if is_there {
                let writes = BTreeSet::from([write]);
                self.nodes[owner]
                    .waiting
                    .push((coordinator, Message::Delta { arc, writes }));
            }
            let (now, id) = (self.now, self.id(owner));
            self.nodes[coordinator].hints.record(now, id, arc, &write.to_le_bytes());
            self.event(coordinator, Event::HintsPending { peer: id });
        }
        if acks >= 2 {
            self.acknowledged.entry(arc).or_default().insert(write);
        }
        Ok(acks >= 2)
    }

    /// The least number that can be told of promise 1: any two owners that count toward R have all that was acknowledged, between them.
    pub(in crate::control) fn check_reads(&self) {
        for arc in self.arcs() {
            let counts = |owner: &&MemberIndex| {
                let node = &self.nodes[owner.get()];
                node.plane
                    .as_ref()
                    .is_some_and(|plane| plane.view().arc(arc).may_answer_reads())
            };
            let able: Vec<usize> = self
                .topology
                .owners(arc)
                .iter()
                .filter(counts)
                .map(|owner| owner.get())
                .collect();
            for (at, &a) in able.iter().enumerate() {
                for &b in &able[at + 1..] {
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
