//! Topologies that change: a register that never fails, and what the nodes' shells do with it.

use std::sync::Arc;
use std::time::Duration;

use circlet_ring::ArcId;

use super::{DIAL_PERIOD, Message, Node, Rule, World};
use crate::control::Event;
use crate::moves::{Change, apply};
use crate::topology::{MemberIndex, MemberStage, Topology};

impl World {
    /// An operator asks for it at some node.
    pub(in crate::control) fn change(&mut self, change: &Change) {
        match apply(&self.topology, change) {
            Ok(next) => self.choose(&Arc::new(next)),
            Err(error) => panic!("{change:?}: {error}"),
        }
    }

    /// A node proposes the next document: it is chosen if it follows the last one, and a majority of the voters can be reached.
    pub(in crate::control) fn propose(&mut self, node: usize, next: &Arc<Topology>) {
        let is_there = |voter: &&MemberIndex| {
            let at = voter.get();
            self.nodes[at].plane.is_some() && !self.nodes[at].stopped && !self.cut.contains(&(node, at))
        };
        let voters = self.topology.voters();
        let has_majority = voters.iter().filter(is_there).count() > voters.len() / 2;
        if has_majority && next.epoch().get() == self.topology.epoch().get() + 1 {
            self.choose(next);
        }
    }

    fn choose(&mut self, next: &Arc<Topology>) {
        let before = std::mem::replace(&mut self.topology, Arc::clone(next));
        for joined in before.members().len()..next.members().len() {
            self.admit(joined);
        }
        if self.left_out.contains(&Rule::DropLast) {
            self.drop_early(&before, next);
        }
        for node in 0..self.nodes.len() {
            let delay = self.random(500..3000);
            // What does not arrive is fetched later.
            self.fly(
                Duration::from_micros(delay),
                node,
                node,
                Message::Topology(Arc::clone(next)),
            );
        }
    }

    /// A node of its own for a new member: it starts with the document that lists it.
    fn admit(&mut self, joined: usize) {
        for node in &mut self.nodes {
            node.links.push(false);
        }
        self.nodes.push(Node::new(joined + 1));
        self.start(joined);
        for peer in 0..joined {
            self.fly(DIAL_PERIOD, joined, peer, Message::Dial);
            self.fly(DIAL_PERIOD, peer, joined, Message::Dial);
        }
    }

    /// The planted bug: who is no owner any more forgets the arc at once.
    fn drop_early(&mut self, before: &Topology, next: &Topology) {
        for arc in next.settings().arcs.arcs() {
            for holder in before.arc(arc).holders() {
                if !next.arc(arc).union().any(|owner| owner == holder) {
                    self.nodes[holder.get()].data.remove(&arc);
                }
            }
        }
    }

    /// Nothing moves or drains, nobody is on the way in or out, and all that run have the document.
    pub(in crate::control) fn is_settled_topology(&self) -> bool {
        let is_in_place = |stage| matches!(stage, MemberStage::Active | MemberStage::Left);
        self.topology.is_at_rest()
            && self.topology.members().iter().all(|member| is_in_place(member.stage))
            && self
                .members()
                .all(|node| self.nodes[node].plane.is_none() || self.view(node).epoch() == self.topology.epoch())
    }

    /// The members that take part.
    pub(in crate::control) fn members(&self) -> impl Iterator<Item = usize> + '_ {
        let is_there = |index: &MemberIndex| self.topology.member(*index).stage.is_there();
        self.topology.indexes().filter(is_there).map(MemberIndex::get)
    }

    /// Every member that takes part runs, reaches the others, has caught up, and every primary may coordinate.
    pub(in crate::control) fn is_whole_again(&self) -> bool {
        let arcs = || self.topology.settings().arcs.arcs();
        self.is_settled_topology()
            && self.members().all(|node| {
                let view = self.view(node);
                let reaches_all = self.members().all(|peer| view.member(MemberIndex::new(peer)).reachable);
                let is_ready = |arc| {
                    let arc = view.arc(arc);
                    arc.coordinator() == Some(0) && (!arc.is_mine() || arc.may_coordinate(2))
                };
                reaches_all && view.arcs_behind() == 0 && arcs().all(is_ready)
            })
    }

    /// Those who hold something of an arc that is none of theirs.
    pub(in crate::control) fn squatters(&self) -> usize {
        let nodes = (0..self.nodes.len()).filter(|&node| self.nodes[node].plane.is_some());
        let held = nodes.flat_map(|node| self.nodes[node].data.keys().map(move |&arc| (node, arc)));
        held.filter(|&(node, arc)| !self.topology.arc(arc).names(MemberIndex::new(node)))
            .count()
    }

    /// What rounds do where data have stamps: owners that lack something exchange it. A member that left took its hints with it.
    pub(in crate::control) fn compare_all(&mut self) {
        for arc in self.arcs() {
            let owners = self.topology.owners(arc).to_vec();
            for owner in &owners {
                for peer in owners.iter().filter(|peer| *peer != owner) {
                    let peer = self.id(peer.get());
                    self.event(owner.get(), Event::ArcStale { peer, arc });
                }
            }
        }
    }

    pub(in crate::control) fn running_members(&self) -> Vec<usize> {
        let runs = |node: &usize| self.nodes[*node].plane.is_some() && !self.nodes[*node].stopped;
        self.members().filter(runs).collect()
    }

    pub(in crate::control) fn owns(&self, node: usize, arc: ArcId) -> bool {
        self.topology.owners(arc).contains(&MemberIndex::new(node))
    }

    pub(in crate::control) fn arcs_of(&self, node: usize) -> usize {
        let arcs = self.topology.settings().arcs.arcs();
        arcs.filter(|&arc| self.owns(node, arc)).count()
    }
}
