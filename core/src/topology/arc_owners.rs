//! Who holds one arc.

use std::fmt;
use std::ops::Deref;

use super::reader::{Malformed, Reader};
use super::{MEMBERS_MAX, MemberIndex, OWNERS_MAX};

/// A few members in an order: the owners of an arc. Copied freely.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OwnerList {
    // Invariant: the first `len` are distinct members; the rest is the first member, so that equal lists are equal bytes.
    members: [MemberIndex; OWNERS_MAX],
    len: u8,
}

impl OwnerList {
    /// Nobody.
    pub const EMPTY: Self = Self {
        members: [MemberIndex(0); OWNERS_MAX],
        len: 0,
    };

    /// These, in their order; none if they are more than [`OWNERS_MAX`], or one of them comes twice.
    #[must_use]
    pub fn new(members: impl IntoIterator<Item = MemberIndex>) -> Option<Self> {
        let mut list = Self::EMPTY;
        for member in members {
            if list.contains(&member) || usize::from(list.len) == OWNERS_MAX {
                return None;
            }
            list.members[usize::from(list.len)] = member;
            list.len += 1;
        }
        Some(list)
    }

    /// Those of them that are to be kept, in their order.
    #[must_use]
    pub fn retained(&self, keep: impl Fn(MemberIndex) -> bool) -> Self {
        let mut list = Self::EMPTY;
        for &member in self.iter().filter(|&&member| keep(member)) {
            list.members[usize::from(list.len)] = member;
            list.len += 1;
        }
        list
    }

    /// More than half of them.
    #[must_use]
    pub fn quorum(&self) -> usize {
        self.len() / 2 + 1
    }

    fn put(&self, out: &mut Vec<u8>) {
        for member in self.iter() {
            out.extend_from_slice(&member.0.to_le_bytes());
        }
    }

    fn read(reader: &mut Reader<'_>, count: u8) -> Result<Self, Malformed> {
        let members = (0..count)
            .map(|_| {
                let index = reader.u16()?;
                if usize::from(index) < MEMBERS_MAX {
                    Ok(MemberIndex(index))
                } else {
                    Err(Malformed("an owner that is no member"))
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        Self::new(members).ok_or(Malformed("too many owners, or one of them twice"))
    }
}

impl Deref for OwnerList {
    type Target = [MemberIndex];

    fn deref(&self) -> &[MemberIndex] {
        &self.members[..usize::from(self.len)]
    }
}

impl fmt::Debug for OwnerList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.iter().map(|member| member.0))
            .finish()
    }
}

/// How far the move of an arc is. After the second stage the arc is at rest with its new owners, the others draining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum MoveStage {
    /// Writes need a quorum of the old owners and one of the new; reads ask the old. The new owners fetch what they lack.
    WriteBothReadOld = 1,
    /// Writes still need both; reads ask the new owners.
    WriteBothReadNew = 2,
}

impl fmt::Display for MoveStage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::WriteBothReadOld => "write both, read old",
            Self::WriteBothReadNew => "write both, read new",
        })
    }
}

/// An arc's way to other owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moving {
    /// The owners that it is to have, the primary first.
    pub to: OwnerList,
    /// How far it is.
    pub stage: MoveStage,
}

/// Who holds one arc: its owners, those to come, and those that were and may still have something that the owners lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArcOwners {
    /// The owners in force, the primary first: 1 to [`OWNERS_MAX`].
    pub owners: OwnerList,
    /// Set while the arc moves.
    // Invariant: `to` is not empty, and not the same as `owners`.
    pub moving: Option<Moving>,
    /// Former owners that have not given away all that they have, or not said so.
    // Invariant: none of them is in `owners` or `to`.
    pub draining: OwnerList,
}

const IS_MOVING: u8 = 0x10;
const IS_DRAINING: u8 = 0x20;
const READS_NEW: u8 = 0x40;
const COUNT: u8 = 0x0f;

impl ArcOwners {
    /// An arc that does not move and has no former owners.
    #[must_use]
    pub fn at_rest(owners: OwnerList) -> Self {
        Self {
            owners,
            moving: None,
            draining: OwnerList::EMPTY,
        }
    }

    /// Where the arc stays or goes.
    #[must_use]
    pub fn goal(&self) -> &OwnerList {
        self.moving.as_ref().map_or(&self.owners, |moving| &moving.to)
    }

    /// Those whom reads ask.
    #[must_use]
    pub fn readers(&self) -> &OwnerList {
        match &self.moving {
            Some(moving) if moving.stage == MoveStage::WriteBothReadNew => &moving.to,
            _ => &self.owners,
        }
    }

    /// Everyone who takes writes: the owners in preference order, then those to come that are not among them. At most twice [`OWNERS_MAX`].
    pub fn union(&self) -> impl Iterator<Item = MemberIndex> + '_ {
        let to = self.moving.as_ref().map_or(&[][..], |moving| &moving.to);
        let coming = to.iter().filter(|member| !self.owners.contains(member));
        self.owners.iter().chain(coming).copied()
    }

    /// Everyone who may hold something of the arc: the [union](Self::union), then the draining.
    pub fn holders(&self) -> impl Iterator<Item = MemberIndex> + '_ {
        self.union().chain(self.draining.iter().copied())
    }

    /// Whether `member` may hold something of the arc.
    #[must_use]
    pub fn names(&self, member: MemberIndex) -> bool {
        self.holders().any(|holder| holder == member)
    }

    /// `head u8 | owners | to, if it moves: count u8, members | draining, if any: count u8, members`, a member being `u16`. The head has the
    /// number of owners in its lower half, and flags: 0x10 moves, 0x20 has draining owners, 0x40 reads ask the new owners.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let is_draining = !self.draining.is_empty();
        let reads_new = self
            .moving
            .is_some_and(|moving| moving.stage == MoveStage::WriteBothReadNew);
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        out.push(
            self.owners.len
                | flag(self.moving.is_some(), IS_MOVING)
                | flag(is_draining, IS_DRAINING)
                | flag(reads_new, READS_NEW),
        );
        self.owners.put(out);
        if let Some(moving) = &self.moving {
            out.push(moving.to.len);
            moving.to.put(out);
        }
        if is_draining {
            out.push(self.draining.len);
            self.draining.put(out);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let head = reader.u8()?;
        if head & !(COUNT | IS_MOVING | IS_DRAINING | READS_NEW) != 0 {
            return Err(Malformed("unknown flag of an arc"));
        }
        let owners = OwnerList::read(reader, head & COUNT)?;
        let stage = if head & READS_NEW == 0 {
            MoveStage::WriteBothReadOld
        } else {
            MoveStage::WriteBothReadNew
        };
        let mut arc = Self::at_rest(owners);
        if head & IS_MOVING != 0 {
            let count = reader.u8()?;
            let to = OwnerList::read(reader, count)?;
            arc.moving = Some(Moving { to, stage });
        } else if stage == MoveStage::WriteBothReadNew {
            return Err(Malformed("an arc without a move is in a stage of it"));
        }
        if head & IS_DRAINING != 0 {
            let count = reader.u8()?;
            arc.draining = OwnerList::read(reader, count)?;
        }
        Ok(arc)
    }

    /// `holds` says whether a member may hold arcs.
    pub(super) fn check(&self, holds: impl Fn(MemberIndex) -> bool) -> Result<(), Malformed> {
        if self.owners.is_empty() {
            return Err(Malformed("an arc without owners"));
        }
        if self
            .moving
            .is_some_and(|moving| moving.to.is_empty() || moving.to == self.owners)
        {
            return Err(Malformed("an arc that moves to nobody, or nowhere"));
        }
        if self
            .draining
            .iter()
            .any(|&member| self.union().any(|owner| owner == member))
        {
            return Err(Malformed("an owner that is draining"));
        }
        if self.holders().all(holds) {
            Ok(())
        } else {
            Err(Malformed("an owner that is no member, or gone"))
        }
    }
}
