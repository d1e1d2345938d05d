//! One arc, as this node sees it now.

use super::{OwnerSet, OwnersNow, Parties};
use crate::coordinator::Shortfall;
use crate::quorum::Level;
use crate::topology::{MemberIndex, OWNERS_MAX};

const NOBODY: u8 = u8::MAX;

/// The most owners that an arc has while it moves.
const UNION_MAX: usize = 2 * OWNERS_MAX;

/// What the data plane asks before it acts on a key of an arc. 68 bytes, copied freely.
///
/// Owners are named by their *position*: first the owners in preference order, 0 being the primary; then, while the arc moves, those
/// to come that are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArcView {
    // Invariant: the first `count` are the owners; the rest repeats the last.
    owners: [MemberIndex; UNION_MAX],
    // Invariant: the first `read_count` are the positions that reads ask, in preference order; the rest is 0.
    read_order: [u8; OWNERS_MAX],
    read_count: u8,
    count: u8,
    me: u8,
    coordinator: u8,
    reachable: OwnerSet,
    caught_up: OwnerSet,
    taken_over: OwnerSet,
    sets: WriteSets,
    /// How many other readers must have been merged with before this node coordinates at QUORUM.
    take_over_min: u8,
    /// And how many of the old owners, if reads ask the new.
    take_over_old_min: u8,
    is_draining: bool,
    number: u32,
}

/// Whom a write must reach: W of each set. They are the same unless the arc moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteSets {
    /// The owners in force.
    pub old: OwnerSet,
    /// Those to be.
    pub new: OwnerSet,
}

impl WriteSets {
    /// Whether there are two.
    #[must_use]
    #[inline]
    pub fn are_two(self) -> bool {
        self.old != self.new
    }
}

impl ArcView {
    /// An arc held by these, none of whom is known to be there but this node itself, if it is one of the owners.
    pub(super) fn new(parties: &Parties, is_draining: bool) -> Self {
        let owners = &parties.members[..parties.union_len];
        debug_assert!(
            !owners.is_empty() && owners.len() <= UNION_MAX,
            "a topology has 1 to 8 owners, twice that in a move"
        );
        let last = owners.len() - 1;
        let read_order = &parties.read_order;
        Self {
            owners: std::array::from_fn(|position| owners[position.min(last)]),
            read_order: std::array::from_fn(|at| read_order.get(at).map_or(0, |&position| position as u8)),
            read_count: read_order.len() as u8,
            count: owners.len() as u8,
            me: parties.me.map_or(NOBODY, |position| position as u8),
            coordinator: NOBODY,
            reachable: parties.me.map_or(OwnerSet::EMPTY, OwnerSet::only),
            caught_up: OwnerSet::EMPTY,
            taken_over: OwnerSet::EMPTY,
            sets: WriteSets {
                old: parties.old,
                new: parties.new,
            },
            take_over_min: parties.take_over_min() as u8,
            take_over_old_min: parties.take_over_old_min() as u8,
            is_draining,
            number: 0,
        }
    }

    /// The owners in preference order, the primary first, 1 to 8; while the arc moves, those to come after them: all who take its writes.
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

    /// Whom a write must reach.
    #[must_use]
    #[inline]
    pub fn sets(&self) -> WriteSets {
        self.sets
    }

    /// Whether so many of the owners, of each side while the arc moves, are in `there` as a write at this level needs.
    ///
    /// # Errors
    ///
    /// [`Shortfall::NoQuorum`], of the old side if both lack some.
    pub fn check_write(&self, level: Level, there: OwnerSet) -> Result<(), Shortfall> {
        // At most 8 owners a side.
        let check = |side: OwnerSet| Shortfall::check(level, side.len() as u8, side.intersection(there).len() as u8);
        check(self.sets.old)?;
        check(self.sets.new)
    }

    /// The positions of the owners whom reads ask, in preference order: the old ones in the first stage of a move, the new ones in the
    /// second.
    pub fn read_order(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.read_order[..usize::from(self.read_count)]
            .iter()
            .map(|&position| usize::from(position))
    }

    /// The same as a set: R is counted in it.
    #[must_use]
    pub fn read_set(&self) -> OwnerSet {
        self.read_order().fold(OwnerSet::EMPTY, OwnerSet::with)
    }

    /// The most preferred of the owners whom reads ask, whether it is there or not.
    #[must_use]
    #[inline]
    pub fn primary(&self) -> MemberIndex {
        self.owners[usize::from(self.read_order[0])]
    }

    /// Whether former owners may still hold what the owners lack.
    #[must_use]
    #[inline]
    pub fn is_draining(&self) -> bool {
        self.is_draining
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

    /// The position of the owner that coordinates commands on this arc's keys: the first of those whom reads ask that is reachable, has
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

    /// Whether this node may coordinate now a command that reads from `r` owners (itself included): reads ask it, it has caught up, and
    /// has compared the arc with `r - 1` other owners since the view of the arc last changed, or with as many as a quorum needs, if that
    /// is less; and where reads ask new owners, with enough of the old ones to know what these were read to have.
    ///
    /// If not though the arc [is mine](Self::is_mine), the exchange is under way: tell the control plane that the arc is wanted, and
    /// wait for the next view. The lease must hold besides ([`Effect::Lease`](crate::control::Effect::Lease)).
    #[must_use]
    #[inline]
    pub fn may_coordinate(&self, r: usize) -> bool {
        if !self.may_vote() {
            return false;
        }
        let wanted = r.saturating_sub(1);
        let has = |side: OwnerSet, min: u8| self.taken_over.intersection(side).len() >= usize::from(min).min(wanted);
        if self.take_over_old_min == 0 {
            return has(self.taken_over, self.take_over_min);
        }
        // One that reads from others must know what was read before the readers were others.
        let old_min = if wanted == 0 {
            0
        } else {
            usize::from(self.take_over_old_min)
        };
        has(self.read_set(), self.take_over_min) && self.taken_over.intersection(self.sets.old).len() >= old_min
    }

    /// Whether this node has caught up: it may count toward R, if reads ask it.
    #[must_use]
    #[inline]
    pub fn may_answer_reads(&self) -> bool {
        self.me != NOBODY && self.caught_up.contains(usize::from(self.me))
    }

    /// Whether it may vote on what others read: it counts toward R, and reads are counted in it.
    #[must_use]
    #[inline]
    pub fn may_vote(&self) -> bool {
        self.may_answer_reads() && self.read_order().any(|position| position == usize::from(self.me))
    }

    /// The other owners that this node has compared the arc with since the view of the arc last changed.
    #[must_use]
    pub fn taken_over(&self) -> OwnerSet {
        self.taken_over
    }

    /// Counts the changes of owners, of their reachability and of the coordinator. What was begun under another number may have been
    /// coordinated elsewhere since.
    #[must_use]
    #[inline]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whether it differs from `before` at most in its number, and in whom this node has taken the arc over from.
    #[must_use]
    pub fn is_held_alike(&self, before: &Self) -> bool {
        let Self { taken_over, number, .. } = *self;
        *self
            == Self {
                taken_over,
                number,
                ..*before
            }
    }

    /// The arc with these owners there. In a new view if one came or went, or another one coordinates.
    pub(super) fn with_owners(mut self, now: OwnersNow) -> Self {
        let able = now
            .reachable
            .intersection(now.caught_up)
            .intersection(now.clock_believed);
        let coordinator = self.read_order().find(|&position| able.contains(position));
        let coordinator = coordinator.map_or(NOBODY, |position| position as u8);
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

    /// The arc as the next view of what `before` was.
    pub(super) fn after(self, before: &Self) -> Self {
        Self {
            number: before.number.wrapping_add(1),
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
