//! A part as the trees hold it: 16 bytes that order it and say what it counts as, and where the rest is.

use std::cmp::Ordering;

use super::slab::Slab;
use crate::counted_tree::{Filter, Tally};
use crate::stamp::Stamp;
use crate::state::{Kind, Part, PartId};
use crate::time::WallMs;

/// A part, by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::state) struct PartRef {
    /// What leads the order, so that most comparisons need not look at the part: [`name_key`] or [`score_key`].
    pub(super) key: u64,
    /// Where the part is.
    pub(super) place: u32,
    /// Of which type it is.
    pub(super) kind: Kind,
    /// Whether there is a value, be it expired.
    pub(super) has_value: bool,
    expires: bool,
    is_grave: bool,
}

/// What parts come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::state) struct PartTally {
    /// How many have a value, be it expired.
    valued: u32,
    /// Of how many the base was deleted; they may have runs all the same.
    graves: u32,
    /// The first of their expiries.
    pub(super) first_expiry: WallMs,
    /// The greatest stamp in them.
    pub(super) max_stamp: Stamp,
    /// The first stamp that one of them, or a run in them, began with.
    pub(super) first_birth: Stamp,
}

/// Later than anything expires.
pub(super) const NEVER: WallMs = WallMs::new(u64::MAX);

impl PartRef {
    /// The reference to a part that is at `place`.
    pub(super) fn new(key: u64, place: u32, part: &Part<'_>) -> Self {
        Self {
            key,
            place,
            kind: part.kind,
            has_value: part.is_live(WallMs::ZERO),
            expires: part.state.expiry.at.is_some(),
            is_grave: part.is_grave(),
        }
    }

    /// The part's name.
    #[inline]
    pub(super) fn name<'s>(&self, slab: &'s Slab) -> &'s [u8] {
        Part::name_of(slab.get(self.place))
    }

    /// The part.
    #[inline]
    pub(super) fn part<'s>(&self, slab: &'s Slab) -> Option<Part<'s>> {
        Part::trusted(slab.get(self.place))
    }

    /// Where it stands relative to the part that these tell apart.
    #[inline]
    pub(super) fn against(&self, kind: Kind, key: u64, name: &[u8], slab: &Slab) -> Ordering {
        let by_key = self.kind.cmp(&kind).then(self.key.cmp(&key));
        by_key.then_with(|| self.name(slab).cmp(name))
    }

    /// What it comes to.
    pub(super) fn tally(&self, slab: &Slab) -> PartTally {
        self.part(slab).map_or(PartTally::NONE, |part| PartTally::of(&part))
    }
}

impl PartTally {
    /// What one part comes to.
    pub(super) fn of(part: &Part<'_>) -> Self {
        Self {
            valued: part.is_live(WallMs::ZERO).into(),
            graves: part.is_grave().into(),
            first_expiry: part.state.expiry.at.unwrap_or(NEVER),
            max_stamp: part.state.max_stamp(),
            first_birth: part.first_birth(),
        }
    }

    /// The same in the order of scores, which nobody asks for stamps and graves.
    pub(super) fn without_stamp(self) -> Self {
        Self {
            max_stamp: Stamp::ZERO,
            first_birth: Stamp::MAX,
            ..self
        }
    }
}

impl Tally for PartTally {
    const NONE: Self = Self {
        valued: 0,
        graves: 0,
        first_expiry: NEVER,
        max_stamp: Stamp::ZERO,
        first_birth: Stamp::MAX,
    };

    fn plus(self, other: Self) -> Self {
        Self {
            valued: self.valued + other.valued,
            graves: self.graves + other.graves,
            first_expiry: self.first_expiry.min(other.first_expiry),
            max_stamp: self.max_stamp.max(other.max_stamp),
            first_birth: self.first_birth.min(other.first_birth),
        }
    }

    fn changed(self, old: Self, new: Self) -> Option<Self> {
        // The outermost is gone: the next one must be looked for.
        let is_first_gone = old.first_expiry == self.first_expiry && new.first_expiry > old.first_expiry;
        let is_last_gone = old.max_stamp == self.max_stamp && new.max_stamp < old.max_stamp;
        let is_oldest_gone = old.first_birth == self.first_birth && new.first_birth > old.first_birth;
        if is_first_gone || is_last_gone || is_oldest_gone {
            return None;
        }
        let others = Self {
            valued: self.valued - old.valued,
            graves: self.graves - old.graves,
            ..self
        };
        Some(others.plus(new))
    }
}

/// What orders the names of one type: the hash, or of lists the first eight bytes.
pub(super) fn name_key(kind: Kind, name: &[u8]) -> u64 {
    if kind != Kind::List {
        return PartId::new(kind, name).hash;
    }
    // Filled up with zeros: different keys are in the order of the names, since no name ends in a zero.
    let mut first = [0; 8];
    let len = name.len().min(first.len());
    first[..len].copy_from_slice(&name[..len]);
    u64::from_be_bytes(first)
}

/// A score as a number whose order is that of scores.
pub(super) fn score_key(score: f64) -> u64 {
    // Of negative ones all bits are turned, of others the sign.
    let bits = score.to_bits();
    bits ^ ((bits.cast_signed() >> 63).cast_unsigned() | 1 << 63)
}

/// The score that [`score_key`] was made of.
pub(super) fn score_of(key: u64) -> f64 {
    let is_negative = key >> 63 == 0;
    f64::from_bits(if is_negative { !key } else { key ^ 1 << 63 })
}

/// Parts that are alive at some moment.
#[derive(Clone, Copy)]
pub(super) struct LiveAt<'a> {
    pub(super) slab: &'a Slab,
    pub(super) now: WallMs,
}

impl Filter<PartRef, PartTally> for LiveAt<'_> {
    fn count(&self, tally: &PartTally) -> Option<usize> {
        // A part lives through its last millisecond.
        (tally.valued == 0 || tally.first_expiry >= self.now).then_some(tally.valued as usize)
    }

    fn admits(&self, part: &PartRef) -> bool {
        let is_live_now = || part.part(self.slab).is_some_and(|part| part.is_live(self.now));
        part.has_value && (!part.expires || is_live_now())
    }
}

/// Parts of which something may have been deleted or have expired by some moment.
#[derive(Clone, Copy)]
pub(in crate::state) struct Sweepable {
    pub(in crate::state) now: WallMs,
}

impl Filter<PartRef, PartTally> for Sweepable {
    fn count(&self, tally: &PartTally) -> Option<usize> {
        (tally.graves == 0 && tally.first_expiry >= self.now).then_some(0)
    }

    fn admits(&self, part: &PartRef) -> bool {
        part.is_grave || part.expires
    }
}
