//! One arc, as this node sees it now.

use super::{OwnerSet, OwnersNow};
use crate::topology::{MemberIndex, OWNERS_MAX};

const NOBODY: u8 = u8::MAX;

/// What the data plane asks before it acts on a key of an arc. 28 bytes, copied freely.
///
/// Owners are named by their *position* in the preference order: 0 is the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArcView {
    // Invariant: the first `count` are the owners; the rest repeats the last.
    owners: [MemberIndex; OWNERS_MAX],
    count: u8,
    me: u8,
    coordinator: u8,
    reachable: OwnerSet,
    caught_up: OwnerSet,
    taken_over: OwnerSet,
    /// How many other owners must have been merged with before this node coordinates at QUORUM.
    take_over_min: u8,
    number: u32,
}

impl ArcView {
    /// An arc with these owners, none of which is known to be there but this node itself, if it is one of them.
    pub(super) fn new(owners: &[MemberIndex], me: MemberIndex, take_over_min: usize) -> Self {
        debug_assert!(
            !owners.is_empty() && owners.len() <= OWNERS_MAX,
            "a topology has 1 to 8 owners"
        );
        let my_position = owners.iter().position(|&owner| owner == me);
        let last = owners.len() - 1;
        Self {
            owners: std::array::from_fn(|position| owners[position.min(last)]),
            count: owners.len() as u8,
            me: my_position.map_or(NOBODY, |position| position as u8),
            coordinator: NOBODY,
            reachable: my_position.map_or(OwnerSet::EMPTY, OwnerSet::only),
            caught_up: OwnerSet::EMPTY,
            taken_over: OwnerSet::EMPTY,
            take_over_min: take_over_min as u8,
            number: 0,
        }
    }

    /// The owners in preference order, the primary first: 1 to 8.
    #[must_use]
    #[inline]
    pub fn owners(&self) -> &[MemberIndex] {
        &self.owners[..usize::from(self.count)]
    }

    /// The owner at `position`, which must be below the number of owners.
    #[must_use]
    #[inline]
    pub fn owner(&self, position: usize) -> MemberIndex {
        debug_assert!(position < usize::from(self.count));
        self.owners[position]
    }

    /// This node's position, if it is an owner.
    #[must_use]
    #[inline]
    pub fn my_position(&self) -> Option<usize> {
        somebody(self.me)
    }

    /// The owners that can be talked to: alive to SWIM and with a link that is up. This node, if an owner, is always one of them.
    ///
    /// They take deltas and count toward W. Whether they count toward R is [`caught_up`](Self::caught_up)'s to say.
    #[must_use]
    #[inline]
    pub fn reachable(&self) -> OwnerSet {
        self.reachable
    }

    /// The owners that have caught up, as they said of their present life. Only these, if reachable, count toward R.
    #[must_use]
    #[inline]
    pub fn caught_up(&self) -> OwnerSet {
        self.caught_up
    }

    /// The position of the owner that coordinates commands on this arc's keys: the first in preference order that is reachable, has
    /// caught up and has a clock that can be believed. None: no command can be coordinated now.
    #[must_use]
    #[inline]
    pub fn coordinator(&self) -> Option<usize> {
        somebody(self.coordinator)
    }

    /// Whether this node is the coordinator.
    #[must_use]
    #[inline]
    pub fn is_mine(&self) -> bool {
        self.coordinator == self.me && self.me != NOBODY
    }

    /// Whether this node may coordinate now a command that reads from `r` owners (itself included): it is an owner, has caught up, and
    /// has compared the arc with `r - 1` other owners since the view of the arc last changed, or with as many as a quorum needs, if that
    /// is less.
    ///
    /// If not though the arc [is mine](Self::is_mine), the exchange is under way: tell the control plane that the arc is wanted, and
    /// wait for the next view. The lease must hold besides ([`Effect::Lease`](crate::control::Effect::Lease)).
    #[must_use]
    #[inline]
    pub fn may_coordinate(&self, r: usize) -> bool {
        self.may_answer_reads() && self.taken_over.len() >= r.saturating_sub(1).min(usize::from(self.take_over_min))
    }

    /// Whether this node may count toward R.
    #[must_use]
    #[inline]
    pub fn may_answer_reads(&self) -> bool {
        self.me != NOBODY && self.caught_up.contains(usize::from(self.me))
    }

    /// The other owners that this node has compared the arc with since the view of the arc last changed.
    #[must_use]
    pub fn taken_over(&self) -> OwnerSet {
        self.taken_over
    }

    /// How many other owners this node compares the arc with before it coordinates: as many as a quorum has besides it.
    #[must_use]
    pub fn take_over_min(&self) -> usize {
        usize::from(self.take_over_min)
    }

    /// Counts the changes of owners, of their reachability and of the coordinator. What was begun under another number may have been
    /// coordinated elsewhere since.
    #[must_use]
    #[inline]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The arc with these owners there. In a new view if one came or went, or another one coordinates.
    pub(super) fn with_owners(mut self, now: OwnersNow) -> Self {
        let able = now
            .reachable
            .intersection(now.caught_up)
            .intersection(now.clock_believed);
        let coordinator = able.lowest().map_or(NOBODY, |position| position as u8);
        let is_new_view = self.reachable != now.reachable || self.coordinator != coordinator;
        self.reachable = now.reachable;
        self.caught_up = now.caught_up;
        self.coordinator = coordinator;
        if is_new_view { self.in_new_view() } else { self }
    }

    /// The arc in a new view: whoever coordinates it has to take over anew.
    pub(super) fn in_new_view(self) -> Self {
        Self {
            number: self.number.wrapping_add(1),
            taken_over: OwnerSet::EMPTY,
            ..self
        }
    }

    pub(super) fn with_taken_over(self, taken_over: OwnerSet) -> Self {
        Self { taken_over, ..self }
    }
}

fn somebody(position: u8) -> Option<usize> {
    (position != NOBODY).then_some(usize::from(position))
}
