//! Topologies that change: operators who ask, and what members say they have agreed on.

use std::sync::Arc;
use std::time::Duration;

use circlet_core::life::Life;
use circlet_core::moves::Change;
use circlet_core::register::Document;
use circlet_core::topology::{ArcOwners, Epoch, MemberEntry, MemberStage, Topology};
use circlet_ring::{ArcId, NodeId, Slot};

use super::build::{formed, member};
use super::{Happening, Process, World};
use crate::letter::Parcel;
use crate::node::Output;

/// How long a node goes on that was told, or was not told, that it is no member any more.
const GHOST_MS: (u64, u64) = (200, 2_000);

impl World {
    /// An operator asks the node at `place` for it.
    pub(crate) fn ask_for(&mut self, place: usize, change: &Change) {
        self.trace.note(self.now, format_args!("asked of {place}: {change:?}"));
        self.deliver(place, usize::MAX, Parcel::Change(Box::new(change.clone())));
    }

    /// The same, and waits for what comes of it: whether it was made.
    pub(crate) fn change_at(&mut self, place: usize, change: &Change) -> bool {
        let before = self.changes_ended;
        self.ask_for(place, change);
        for _ in 0..2_000 {
            if self.changes_ended != before {
                break;
            }
            self.run_ms(1);
        }
        self.changes_ended.0 > before.0
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
        self.topology.arc(self.arc_id_of(key))
    }

    pub(crate) fn arc_id_of(&self, key: &[u8]) -> ArcId {
        self.topology.settings().arcs.arc_of(Slot::of_key(key))
    }

    /// The last topology that was chosen.
    pub(crate) fn topology(&self) -> &Topology {
        &self.topology
    }

    pub(crate) fn is_member(&self, place: usize) -> bool {
        self.topology.members()[place].stage.is_there()
    }

    pub(crate) fn is_running(&self, place: usize) -> bool {
        matches!(self.processes[place], Process::Running(_))
    }

    /// Of the members that run, those that are in the last epoch, or those that are not.
    pub(crate) fn running_members(&self, are_behind: bool) -> Vec<usize> {
        let epoch = self.topology.epoch();
        let places = (0..self.processes.len()).filter(|&place| self.is_member(place) && self.is_running(place));
        places
            .filter(|&place| (self.epochs[place] < epoch) == are_behind)
            .collect()
    }

    /// The first member from `place` on.
    pub(crate) fn member_from(&self, place: usize) -> usize {
        let count = self.processes.len();
        let mut places = (place..place + count).map(|at| at % count);
        places.find(|&at| self.is_member(at)).unwrap_or(place)
    }

    /// A node knows that this is chosen: nobody may know of another one of that epoch.
    pub(super) fn on_chosen(&mut self, by: usize, topology: &Arc<Topology>) {
        let epoch = topology.epoch();
        if let Some(known) = self.chosen.get(&epoch) {
            if known != topology {
                let violation = format!("agreement: node {by} holds another topology of epoch {epoch} than others do");
                self.violations.push(violation);
            }
            return;
        }
        if let Some(before) = self.chosen.get(&Epoch::new(epoch.get() - 1))
            && !before.voters().is_one_step_from(&topology.voters())
        {
            let violation = format!("agreement: epoch {epoch} has other voters by more than one");
            self.violations.push(violation);
        }
        self.chosen.insert(epoch, Arc::clone(topology));
        if epoch > self.topology.epoch() {
            self.become_topology(by, topology);
        }
    }

    /// A node's epoch, which must not be less than it ever was.
    pub(super) fn check_epoch(&mut self, place: usize, epoch: Epoch) {
        let last = std::mem::replace(&mut self.epochs[place], epoch);
        if epoch < last {
            let violation = format!("agreement: node {place} went back from epoch {last} to {epoch}");
            self.violations.push(violation);
        }
    }

    /// The node at `place` is killed while it writes: what it wanted to write is on the disk, or is not; nothing that was to follow is done.
    pub(super) fn die_at_save(&mut self, place: usize, save: Output) {
        self.doomed = None;
        let is_written = self.random.chance(500);
        self.trace.note(
            self.now,
            format_args!("{place}: dies as it writes; written: {is_written}"),
        );
        if let (Output::Save(record), true) = (save, is_written) {
            self.disks[place] = record;
        }
        self.crash(place, false);
    }

    fn become_topology(&mut self, by: usize, next: &Arc<Topology>) {
        self.trace.note(
            self.now,
            format_args!("{by}: the topology of epoch {} is chosen", next.epoch()),
        );
        let is_out = |place: usize| !next.members()[place].stage.is_there();
        let gone: Vec<usize> = (0..self.processes.len())
            .filter(|&place| is_out(place) && self.is_member(place))
            .collect();
        let before = std::mem::replace(&mut self.topology, Arc::clone(next));
        self.spring_trap(by, &before);
        for place in self.processes.len()..next.members().len() {
            self.processes.push(Process::Down);
            self.lives.push((Life::ZERO, 0));
            // Whom it asked has answered with the topology that it is in.
            self.disks.push(formed(next));
            self.epochs.push(next.epoch());
            self.clocks.grow();
            self.start(place);
        }
        for place in gone {
            let at = self.now + Duration::from_millis(self.random.between(GHOST_MS.0, GHOST_MS.1));
            self.agenda.put(at, Happening::Stops { place });
        }
    }

    /// Whether the memory of the node at `place` may be lost: only if of each arc there are others whose word counts beside its own, and they all
    /// remember. Otherwise all the memories that acknowledged a write could be gone, and then it may be, too.
    pub(crate) fn may_crash(&self, place: usize) -> bool {
        let remembers_all = |other: usize| self.node(other).is_some_and(crate::node::Node::is_caught_up);
        // One that was removed still stands among the owners of its arcs until these move, and its memory is lost.
        let is_quiet = self.topology.is_at_rest() && self.members_of(MemberStage::Removed).is_empty();
        if is_quiet && !(0..self.processes.len()).all(|other| !self.is_member(other) || remembers_all(other)) {
            return false;
        }
        let mut arcs = self.topology.settings().arcs.arcs();
        arcs.all(|arc| {
            let owners = self.topology.arc(arc);
            let remembers = |other: usize| {
                let node = self.node(other);
                other == place || node.is_some_and(|node| node.remembers_arc(arc))
            };
            let side_remembers = |side: &circlet_core::topology::OwnerList| {
                let is_on_it = side.iter().any(|owner| owner.get() == place);
                !is_on_it || (side.len() > 1 && side.iter().all(|owner| remembers(owner.get())))
            };
            let is_read_new = owners.readers() != &owners.owners;
            // Before reads ask the new owners, the old ones have all that was acknowledged.
            side_remembers(&owners.owners) && (!is_read_new || side_remembers(owners.goal()))
        })
    }

    /// Whether the node at `place` may be lost for good. Without a majority of the voters nothing can be agreed on, so one must be left, also if those
    /// who leave vote no longer.
    pub(crate) fn may_be_lost(&self, place: usize) -> bool {
        let voters = self.topology().voters().iter().map(|voter| voter.get());
        let stage = |voter: &usize| self.topology.members()[*voter].stage;
        let staying: Vec<usize> = voters.filter(|voter| stage(voter) == MemberStage::Active).collect();
        let left = staying
            .iter()
            .filter(|&&voter| voter != place && self.is_running(voter))
            .count();
        let majority = self.topology().voters().len() / 2;
        self.is_running(place) && self.may_crash(place) && left > majority.max(staying.len() / 2)
    }

    /// The members in this state.
    pub(crate) fn members_of(&self, stage: MemberStage) -> Vec<usize> {
        let members = self.topology.members().iter().enumerate();
        let found = members.filter(|(_, member)| member.stage == stage);
        found.map(|(place, _)| place).collect()
    }
}
