//! A few of an arc's owners.

use std::fmt;

/// A set of an arc's owners, by their positions in its preference order: a bit for each of at most 16, which is both sides of a move.
///
/// What the control plane thinks in: it indexes the topology's lists with plain positions, and holds ten such sets for each arc. Commands in
/// flight number their owners otherwise, and have a type of their own so that the two are not mixed up: [`Owners`](crate::owners::Owners).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct OwnerSet(u16);

impl OwnerSet {
    /// No owner.
    pub const EMPTY: Self = Self(0);

    /// The first `count` owners.
    #[must_use]
    pub fn first(count: usize) -> Self {
        debug_assert!(count <= 16);
        Self(u16::try_from((1_u32 << count) - 1).unwrap_or(u16::MAX))
    }

    /// One owner.
    #[must_use]
    pub fn only(position: usize) -> Self {
        Self::EMPTY.with(position)
    }

    /// The set whose bit i stands for the owner at position i.
    #[must_use]
    #[inline]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Its bits.
    #[must_use]
    #[inline]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether the owner at `position` is in the set.
    #[must_use]
    #[inline]
    pub const fn contains(self, position: usize) -> bool {
        self.0 >> position & 1 == 1
    }

    /// How many owners are in the set.
    #[must_use]
    #[inline]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no owner is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// And the owner at `position`.
    #[must_use]
    pub const fn with(self, position: usize) -> Self {
        Self(self.0 | 1 << position)
    }

    /// But not the owner at `position`.
    #[must_use]
    pub const fn without(self, position: usize) -> Self {
        Self(self.0 & !(1 << position))
    }

    /// Those in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in the other set.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The first of them in preference order.
    #[must_use]
    pub const fn lowest(self) -> Option<usize> {
        if self.0 == 0 {
            None
        } else {
            Some(self.0.trailing_zeros() as usize)
        }
    }

    /// Their positions, in preference order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..16).filter(move |&position| self.contains(position))
    }
}

impl fmt::Debug for OwnerSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_owners_are_sets() {
        let all = OwnerSet::first(16);
        assert_eq!(
            (all.len(), all.bits(), OwnerSet::first(0)),
            (16, 0xffff, OwnerSet::EMPTY)
        );
        let some = OwnerSet::only(13).with(2);
        assert_eq!(some.iter().collect::<Vec<_>>(), [2, 13]);
        assert_eq!(some.lowest(), Some(2));
        assert_eq!(some.without(2), OwnerSet::only(13));
        assert_eq!(all.difference(some).union(some), all);
        assert_eq!(some.intersection(OwnerSet::only(2)), OwnerSet::only(2));
        assert_eq!(format!("{some:?}"), "{2, 13}");
    }
}
