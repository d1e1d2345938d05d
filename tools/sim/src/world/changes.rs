//! Topologies that change: an operator who asks, and voters who choose one document after the other.

use std::sync::Arc;
use std::time::Duration;

use circlet_core::life::Life;
use circlet_core::moves::{Change, apply};
use circlet_core::topology::{ArcOwners, MemberEntry, MemberIndex, MemberStage, Topology};
use circlet_ring::{NodeId, Slot};

use super::build::member;
use super::{Happening, Process, World};
use crate::letter::Parcel;

impl World {
    /// An operator asks some member for it; whether it may be done.
    pub(crate) fn change(&mut self, change: &Change) -> bool {
        let runs = |&place: &usize| matches!(self.processes[place], Process::Running(_));
        let asked = (0..self.processes.len()).find(runs);
        asked.is_some_and(|place| self.change_at(place, change))
    }

    /// An operator asks the node at `place` for it; whether it may be done.
    pub(crate) fn change_at(&mut self, place: usize, change: &Change) -> bool {
        let Ok(next) = apply(&self.topology, change) else {
            return false;
        };
        self.trace.note(self.now, format_args!("asked for: {change:?}"));
        let next = Arc::new(next);
        self.propose(place, &next);
        // Its first step may have followed at once.
        self.topology.epoch() >= next.epoch()
    }

    /// A node that is to join: the next one.
    pub(crate) fn newcomer(&self) -> MemberEntry {
        let entry = member(self.processes.len());
        MemberEntry::joining(entry.id, entry.zone, entry.weight, entry.addresses)
    }

    pub(crate) fn id(&self, place: usize) -> NodeId {
        self.topology.members()[place].id
    }

    /// Who holds the arc of `key`.
    pub(crate) fn arc_of(&self, key: &[u8]) -> &ArcOwners {
        let arcs = self.topology.settings().arcs;
        self.topology.arc(arcs.arc_of(Slot::of_key(key)))
    }

    /// The last topology that was chosen.
    pub(crate) fn topology(&self) -> &Topology {
        &self.topology
    }

    pub(crate) fn is_member(&self, place: usize) -> bool {
        self.topology.members()[place].stage.is_there()
    }

    /// The first member from `place` on.
    pub(crate) fn member_from(&self, place: usize) -> usize {
        let count = self.processes.len();
        let mut places = (place..place + count).map(|at| at % count);
        places.find(|&at| self.is_member(at)).unwrap_or(place)
    }

    /// It is chosen if it follows the last one, and the node reaches a majority of the voters.
    pub(super) fn propose(&mut self, place: usize, next: &Arc<Topology>) {
        let voters = self.topology.voters();
        let votes = |voter: &&MemberIndex| {
            let voter = voter.get();
            matches!(self.processes[voter], Process::Running(_)) && self.network.reaches_both_ways(place, voter)
        };
        let follows = next.epoch().get() == self.topology.epoch().get() + 1;
        if follows && voters.iter().filter(votes).count() > voters.len() / 2 {
            self.choose(place, next);
        }
    }

    fn choose(&mut self, by: usize, next: &Arc<Topology>) {
        self.trace.note(
            self.now,
            format_args!("{by}: the topology of epoch {} is chosen", next.epoch()),
        );
        let left = |place: usize| next.members()[place].stage == MemberStage::Left;
        let leaving: Vec<usize> = (0..self.processes.len())
            .filter(|&place| left(place) && self.is_member(place))
            .collect();
        self.topology = Arc::clone(next);
        for place in self.processes.len()..next.members().len() {
            self.processes.push(Process::Down);
            self.lives.push((Life::ZERO, 0));
            self.disks.push(Arc::clone(next));
            self.clocks.grow();
            self.start(place);
        }
        for place in 0..self.processes.len() {
            // Whoever it does not reach fetches it.
            if self.network.reaches_both_ways(by, place) {
                let at = self.now + self.network.delay();
                self.put_arrival(at, by, place, None, Parcel::Topology(Arc::clone(next)));
            }
        }
        for place in leaving {
            let at = self.now + Duration::from_millis(200);
            self.agenda.put(at, Happening::Stops { place });
        }
    }
}
