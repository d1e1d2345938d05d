//! The cluster, as this node sees it now.

use std::fmt;
use std::sync::Arc;

use circlet_ring::{ArcId, NodeId};

use super::ArcView;
use crate::life::Life;
use crate::membership::MemberState;
use crate::topology::{Epoch, MemberIndex, Topology};

/// Arcs are kept in blocks, so that a view that differs in one arc shares all but one block with the one before.
pub(super) const BLOCK_ARCS: usize = 64;

pub(super) type Block = [ArcView; BLOCK_ARCS];

/// What the data plane knows of the cluster. Never changes; the control plane makes a new one when something did.
///
/// Loaded once a turn, so that everything a turn decides is decided by the same view. Looking up an arc is two loads.
#[derive(Clone)]
pub struct ClusterView {
    pub(super) number: u64,
    pub(super) topology: Arc<Topology>,
    pub(super) me: MemberIndex,
    pub(super) members: Arc<[MemberView]>,
    pub(super) blocks: Box<[Arc<Block>]>,
}

/// One member in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberView {
    /// As SWIM sees it; this node sees itself alive.
    pub state: MemberState,
    /// Its latest life that was heard of; zero if none was.
    pub life: Life,
    /// Whether it can be talked to now: alive or suspect, and with a link that is up.
    pub reachable: bool,
    /// Whether its clock agrees with most of the others', as it says itself; if not, it does not coordinate.
    pub clock_believed: bool,
}

impl ClusterView {
    /// Counts the views of this life of this node.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The topology in force.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// The epoch that every message names.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.topology.epoch()
    }

    /// Where this node stands among the members.
    #[must_use]
    pub fn me(&self) -> MemberIndex {
        self.me
    }

    /// One arc. `arc` must be of this cluster.
    #[must_use]
    #[inline]
    pub fn arc(&self, arc: ArcId) -> &ArcView {
        &self.blocks[arc.index() / BLOCK_ARCS][arc.index() % BLOCK_ARCS]
    }

    /// One member.
    #[must_use]
    #[inline]
    pub fn member(&self, index: MemberIndex) -> &MemberView {
        &self.members[index.get()]
    }

    /// The id of a member.
    #[must_use]
    pub fn id(&self, index: MemberIndex) -> NodeId {
        self.topology.member(index).id
    }

    /// How many of the arcs that this node owns it has not caught up on.
    #[must_use]
    pub fn arcs_behind(&self) -> usize {
        let behind = |arc: &ArcView| arc.my_position().is_some() && !arc.may_answer_reads();
        self.topology
            .settings()
            .arcs
            .arcs()
            .filter(|&arc| behind(self.arc(arc)))
            .count()
    }
}

impl fmt::Debug for ClusterView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (me, epoch) = (self.id(self.me), self.epoch());
        write!(
            formatter,
            "view {} of {me:?} in epoch {epoch}: {:?}",
            self.number, self.members
        )
    }
}
