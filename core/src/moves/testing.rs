//! A cluster whose members are nothing but what they say of themselves, and what must hold of any two documents that follow one another.

use std::collections::BTreeSet;

use circlet_ring::{ArcCount, ArcId, Weight};

use super::*;
use crate::arc_bitmap::ArcBitmap;
use crate::topology::testing::{id, member, topology};
use crate::topology::{ArcOwners, Epoch, MemberEntry, MemberIndex, MemberStage, MoveStage, OwnerList, Topology};

/// Members as they would be: each installs the document some time, then catches up and drains.
pub(super) struct Cluster {
    pub(super) topology: Topology,
    pub(super) members: Vec<Node>,
    /// Every document, the last one in force.
    pub(super) history: Vec<Topology>,
}

#[derive(Clone)]
pub(super) struct Node {
    pub(super) alive: bool,
    installed: Epoch,
    pub(super) caught_up: ArcBitmap,
    drained: ArcBitmap,
}

impl Cluster {
    pub(super) fn new(count: u8, replicas: u8) -> Self {
        let topology = topology(count, replicas);
        let mut cluster = Self {
            members: Vec::new(),
            history: vec![topology.clone()],
            topology,
        };
        cluster.grow();
        cluster
    }

    pub(super) fn grow(&mut self) {
        let arcs = ArcCount::MIN;
        self.members.resize(
            self.topology.members().len(),
            Node {
                alive: true,
                installed: Epoch::new(0),
                caught_up: ArcBitmap::empty(arcs),
                drained: ArcBitmap::empty(arcs),
            },
        );
    }

    pub(super) fn choose(&mut self, next: Topology) {
        check_step(&self.topology, &next, &self.members);
        self.topology = next.clone();
        self.history.push(next);
        self.grow();
    }

    pub(super) fn change(&mut self, change: &Change) -> Result<(), ChangeError> {
        let next = apply(&self.topology, change)?;
        self.choose(next);
        Ok(())
    }

    /// The member installs the document, and does at once what comes of it.
    pub(super) fn install(&mut self, index: usize, and_catches_up: bool) {
        let me = MemberIndex::new(index);
        let node = &mut self.members[index];
        if !node.alive {
            return;
        }
        if node.installed != self.topology.epoch() {
            let before = self.history.iter().find(|old| old.epoch() == node.installed);
            for arc in ArcCount::MIN.arcs() {
                let now = self.topology.arc(arc);
                let was = before.map(|before| *before.arc(arc));
                if was != Some(*now) {
                    node.drained.remove(arc);
                }
                let owned = was.is_some_and(|was| was.union().any(|owner| owner == me));
                if !owned || !now.union().any(|owner| owner == me) {
                    node.caught_up.remove(arc);
                }
            }
            node.installed = self.topology.epoch();
        }
        if and_catches_up {
            for arc in ArcCount::MIN.arcs() {
                let now = self.topology.arc(arc);
                if now.union().any(|owner| owner == me) {
                    node.caught_up.insert(arc);
                    node.drained.insert(arc);
                }
            }
        }
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        let members = self.members.iter().map(|node| MemberFacts {
            alive: node.alive,
            installed: Some(node.installed),
            caught_up: Some(&node.caught_up),
            drained: Some(&node.drained),
        });
        Facts::new(members.collect())
    }

    pub(super) fn drive(&mut self, moving_max: usize) -> bool {
        let Ok(target) = Target::of(&self.topology) else {
            return false;
        };
        let next = next(&self.topology, &target, &self.facts(), moving_max);
        next.map(|next| self.choose(next.topology)).is_some()
    }

    /// Everyone installs and catches up until nothing is left to do; in how many epochs.
    pub(super) fn come_to_rest(&mut self, moving_max: usize) -> usize {
        for epochs in 0..400 {
            for index in 0..self.members.len() {
                self.install(index, true);
            }
            if !self.drive(moving_max) {
                return epochs;
            }
        }
        panic!("it does not come to rest");
    }

    pub(super) fn assert_as_planned(&self) {
        let target = Target::of(&self.topology).unwrap();
        for arc in ArcCount::MIN.arcs() {
            assert_eq!(
                *self.topology.arc(arc),
                ArcOwners::at_rest(*target.owners(arc)),
                "{arc:?}"
            );
        }
        let mut driver = Driver::new(1024);
        assert!(driver.is_settled(&self.topology));
    }
}

pub(super) fn voters(topology: &Topology) -> BTreeSet<usize> {
    topology.voters().iter().map(|voter| voter.get()).collect()
}

/// What must hold of any two documents that follow one another.
fn check_step(before: &Topology, after: &Topology, members: &[Node]) {
    assert_eq!(after.epoch().get(), before.epoch().get() + 1);
    assert!(
        voters(before).symmetric_difference(&voters(after)).count() <= 1,
        "one voter at a time"
    );
    for (was, is) in before.members().iter().zip(after.members()) {
        assert_eq!(was.id, is.id, "indexes are stable");
        assert!(
            was.stage != MemberStage::Left || is.stage == MemberStage::Left,
            "left for good"
        );
    }
    let gone = |member: &MemberIndex| after.member(*member).stage == MemberStage::Removed;
    for arc in ArcCount::MIN.arcs() {
        let (was, is) = (before.arc(arc), after.arc(arc));
        check_arc(arc, was, is, gone, |owner, arc| {
            members
                .get(owner.get())
                .is_some_and(|node| node.installed == before.epoch() && node.drained.contains(arc))
        });
        let installed = |owners: &OwnerList| {
            let of = owners
                .iter()
                .filter(|owner| members[owner.get()].installed >= before.epoch());
            of.count() >= owners.quorum()
        };
        // No quorum of a side is left: of two owners, if one is gone.
        let was_weak = [&was.owners, was.goal()]
            .iter()
            .any(|side| side.iter().filter(|owner| !gone(owner)).count() < side.quorum());
        let stage = |arc: &ArcOwners| arc.moving.map(|moving| moving.stage);
        if stage(is) > stage(was) && !was_weak {
            assert!(installed(&was.owners), "a quorum of the old owners of {arc:?}");
        }
        if stage(was) == Some(MoveStage::WriteBothReadNew) && stage(is).is_none() && !was_weak {
            assert!(
                installed(&was.owners) && installed(was.goal()),
                "quorums of both sides of {arc:?}"
            );
        }
    }
}

fn check_arc(
    arc: ArcId,
    was: &ArcOwners,
    is: &ArcOwners,
    gone: impl Fn(&MemberIndex) -> bool,
    has_drained: impl Fn(MemberIndex, ArcId) -> bool,
) {
    for holder in was.holders().filter(|holder| !is.names(*holder)) {
        let drained = |owner: &MemberIndex| gone(owner) || has_drained(*owner, arc);
        let was_draining = was.draining.contains(&holder);
        assert!(
            gone(&holder) || (was_draining && was.owners.iter().all(drained)),
            "{holder:?} is let go of {arc:?} before all owners have drained: {was:?} -> {is:?}"
        );
    }
    let kept = |list: &OwnerList| {
        list.iter()
            .filter(|owner| !gone(owner) && is.readers().contains(owner))
            .count()
    };
    if is.readers() != was.readers() && !was.holders().all(|holder| gone(&holder)) {
        let is_next_stage = was.moving.is_some_and(|moving| moving.to == *is.readers());
        let is_same_set = was.owners.len() == is.owners.len() && kept(&was.owners) == was.owners.len();
        // Whoever still drains an arc has what is left of it when all of its owners are gone.
        let are_owners_gone = was.union().all(|owner| gone(&owner));
        let is_left = |owner: &MemberIndex| {
            was.union().any(|holder| holder == *owner) || are_owners_gone && was.draining.contains(owner)
        };
        let is_rest_of_it = is.readers().iter().all(is_left);
        assert!(
            is_next_stage || is_same_set || is_rest_of_it,
            "{arc:?} is read where it was not written: {was:?} -> {is:?}"
        );
    }
}

pub(super) fn join(number: u8) -> Change {
    Change::Join(MemberEntry::joining(
        id(number),
        member(number).zone,
        Weight::DEFAULT,
        member(number).addresses,
    ))
}
