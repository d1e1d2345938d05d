//! Makes a view from the one before.

use std::sync::Arc;

use circlet_ring::ArcId;

use super::cluster_view::{BLOCK_ARCS, Block, ClusterView, MemberView};
use super::{ArcView, OwnerSet, Parties};
use crate::life::Life;
use crate::membership::MemberState;
use crate::topology::{ArcOwners, MemberIndex, Topology};

/// The view under construction. Blocks that are not written to stay shared with the views that were given out.
///
/// A view that differs in one arc costs one block of 64 arcs and a count for each of the others: about a microsecond at 1024 arcs.
#[derive(Debug)]
pub(crate) struct ViewBuilder {
    view: ClusterView,
    changed: bool,
}

/// What is known of an arc's owners, by position. The builder adds who coordinates.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OwnersNow {
    /// Can be talked to; this node included.
    pub(crate) reachable: OwnerSet,
    /// Have caught up; this node included.
    pub(crate) caught_up: OwnerSet,
    /// Have a clock that can be believed.
    pub(crate) clock_believed: OwnerSet,
}

/// A member of whom nothing was heard.
const STRANGER: MemberView = MemberView {
    state: MemberState::Down,
    life: Life::ZERO,
    reachable: false,
    clock_believed: true,
};

impl ViewBuilder {
    /// The view of a node that knows nobody yet.
    pub(crate) fn new(topology: Arc<Topology>, me: MemberIndex, my_life: Life) -> Self {
        let myself = MemberView {
            state: MemberState::Alive,
            life: my_life,
            reachable: true,
            clock_believed: true,
        };
        let members = topology
            .indexes()
            .map(|index| if index == me { myself } else { STRANGER })
            .collect();
        let arcs: Vec<ArcView> = (topology.settings().arcs.arcs())
            .map(|arc| arc_of(topology.arc(arc), me))
            .collect();
        let (blocks, _) = arcs.as_chunks::<BLOCK_ARCS>();
        let blocks = blocks.iter().map(|block| Arc::new(*block)).collect();
        let view = ClusterView {
            number: 0,
            topology,
            me,
            members,
            blocks,
        };
        Self { view, changed: true }
    }

    /// The arc as it stands.
    pub(crate) fn arc(&self, arc: ArcId) -> &ArcView {
        self.view.arc(arc)
    }

    /// The topology.
    pub(crate) fn topology(&self) -> &Arc<Topology> {
        &self.view.topology
    }

    /// Another document is in force. Arcs that it does not change stay as they are; those it does are in a new view, and nothing is known of
    /// their owners yet.
    pub(crate) fn install(&mut self, topology: &Arc<Topology>) {
        let me = self.view.me;
        let before = std::mem::replace(&mut self.view.topology, Arc::clone(topology));
        let mut members = self.view.members.to_vec();
        members.resize(topology.members().len(), STRANGER);
        self.view.members = members.into();
        self.changed = true;
        for arc in topology.settings().arcs.arcs() {
            if before.arc(arc) != topology.arc(arc) {
                let after = arc_of(topology.arc(arc), me).after(self.arc(arc));
                self.put(arc, after);
            }
        }
    }

    /// Says what is known of the owners of `arc` now. True if the arc is in a new view with that: an owner came or went, or another
    /// one coordinates. Then whoever coordinates has to take over anew.
    pub(crate) fn set_owners(&mut self, arc: ArcId, now: OwnersNow) -> bool {
        let before = *self.arc(arc);
        let after = before.with_owners(now);
        self.put(arc, after);
        after.number() != before.number()
    }

    /// Puts `arc` into a new view though its owners are the same: others may have coordinated in our place.
    pub(crate) fn renew_arc(&mut self, arc: ArcId) {
        self.put(arc, self.arc(arc).in_new_view());
    }

    /// Says which owners this node has taken `arc` over from.
    pub(crate) fn set_taken_over(&mut self, arc: ArcId, taken_over: OwnerSet) {
        self.put(arc, self.arc(arc).with_taken_over(taken_over));
    }

    /// Says what is known of a member.
    pub(crate) fn set_member(&mut self, index: MemberIndex, member: MemberView) {
        if self.view.members[index.get()] != member {
            Arc::make_mut(&mut self.view.members)[index.get()] = member;
            self.changed = true;
        }
    }

    /// The new view, if anything changed since the last one.
    pub(crate) fn take_new(&mut self) -> Option<Arc<ClusterView>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        self.view.number += 1;
        Some(Arc::new(self.view.clone()))
    }

    fn put(&mut self, arc: ArcId, after: ArcView) {
        if *self.arc(arc) == after {
            return;
        }
        self.changed = true;
        let block: &mut Block = Arc::make_mut(&mut self.view.blocks[arc.index() / BLOCK_ARCS]);
        block[arc.index() % BLOCK_ARCS] = after;
    }
}

fn arc_of(arc: &ArcOwners, me: MemberIndex) -> ArcView {
    ArcView::new(&Parties::of(arc, me), !arc.draining.is_empty())
}
