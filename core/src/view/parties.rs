//! Who is what among the holders of one arc.

use super::OwnerSet;
use crate::topology::{ArcOwners, MemberIndex, MemberStage, MoveStage, Topology};

/// The holders of an arc by position, and what each of them is: what the view, the catch-up and the driver of moves reason with.
///
/// ```text
///   position   0 1 2 | 3 ...           | ...
///              owners | coming, not yet | draining, while nothing moves
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parties {
    /// The union of the owners and those to come; behind them, if the arc does not move, the draining ones.
    // Invariant: at most 16.
    pub(crate) members: Vec<MemberIndex>,
    /// How many of them are the union.
    pub(crate) union_len: usize,
    /// The owners in force: W of them must have a write.
    pub(crate) old: OwnerSet,
    /// The owners to be, or the same again: W of them too.
    pub(crate) new: OwnerSet,
    /// Whether reads ask the new ones though they are others.
    pub(crate) reads_new: bool,
    /// Positions of the draining ones; none while the arc moves, since nobody drains then.
    pub(crate) draining: OwnerSet,
    /// Positions of those that an operator removed: they stand among the owners until these are others, and never answer.
    pub(crate) gone: OwnerSet,
    /// The positions of those whom reads ask, in preference order.
    pub(crate) read_order: Vec<usize>,
    /// This node's position in the union, if it is in it.
    pub(crate) me: Option<usize>,
}

impl Parties {
    pub(crate) fn of(arc: &ArcOwners, me: MemberIndex) -> Self {
        let mut members: Vec<MemberIndex> = arc.union().collect();
        let union_len = members.len();
        if arc.moving.is_none() {
            members.extend(arc.draining.iter());
        }
        let position = |member: &MemberIndex| members.iter().position(|known| known == member);
        let set = |list: &[MemberIndex]| list.iter().filter_map(position).fold(OwnerSet::EMPTY, OwnerSet::with);
        Self {
            old: set(&arc.owners),
            new: set(arc.goal()),
            reads_new: arc
                .moving
                .is_some_and(|moving| moving.stage == MoveStage::WriteBothReadNew),
            draining: OwnerSet::first(members.len()).difference(OwnerSet::first(union_len)),
            gone: OwnerSet::EMPTY,
            read_order: arc.readers().iter().filter_map(position).collect(),
            me: members[..union_len].iter().position(|&member| member == me),
            union_len,
            members,
        }
    }

    /// The same, knowing who was removed.
    pub(crate) fn without_removed(mut self, topology: &Topology) -> Self {
        let is_removed = |&(_, &member): &(usize, &MemberIndex)| topology.member(member).stage == MemberStage::Removed;
        let gone = self.members.iter().enumerate().filter(is_removed);
        self.gone = gone.fold(OwnerSet::EMPTY, |gone, (position, _)| gone.with(position));
        self
    }

    /// The owners whom reads ask.
    pub(crate) fn readers(&self) -> OwnerSet {
        if self.reads_new { self.new } else { self.old }
    }

    /// How many of `side`, beside this node if it is one of them and remembers, have among them every write that a quorum of `side` has: N-W
    /// of the others, or N-W+1 if this node is none.
    pub(crate) fn witnesses(&self, side: OwnerSet, i_remember: bool) -> usize {
        let n = side.len();
        let w = n / 2 + 1;
        let counts_me = i_remember && self.me.is_some_and(|me| side.contains(me));
        n - w + usize::from(!counts_me)
    }

    /// How many of the readers beside this node must have been compared with before it coordinates: R-1, with R a quorum.
    pub(crate) fn take_over_min(&self) -> usize {
        self.readers().len() / 2
    }

    /// How many of the old owners besides, once reads ask the new ones: what only they may have, as reads saw it before, is not to be lost to the
    /// next reader.
    pub(crate) fn take_over_old_min(&self) -> usize {
        if self.reads_new {
            self.witnesses(self.old, true)
        } else {
            0
        }
    }
}
