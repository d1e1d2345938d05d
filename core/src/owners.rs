//! Sets of the owners of one command, named by their position among them (for a command by itself: in its arc's preference list): two
//! bytes, copied at will.
//!
//! Positions rather than node ids, because a command in flight needs five such sets, and a turn has many in flight.
//! They mean something only together with the list that they were taken from.

use std::fmt;

/// An owner's position among those of its command; the lower, the more preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerIndex(u8);

impl OwnerIndex {
    /// The position `index`; `None` from [`Owners::MAX`] on.
    #[must_use]
    pub const fn new(index: u8) -> Option<Self> {
        if index < Owners::MAX { Some(Self(index)) } else { None }
    }

    /// The position.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The position, for indexing the preference list.
    #[must_use]
    pub const fn index(self) -> usize {
        // `usize::from` is not const.
        self.0 as usize
    }
}

/// A set of owners, as one command in flight numbers them.
///
/// There is another such set, [`view::OwnerSet`](crate::view::OwnerSet), on purpose: its positions are those of an arc's preference list. Here
/// whoever begins a command chooses the numbers. A node that counts commands of several arcs together gives itself 0 and the others
/// what follows, whatever their places in each arc's list; and both sides of a move must fit into one set, which is why this one holds
/// 16. Being two types, a position of one is no index into the other's list.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Owners(u16);

impl Owners {
    /// The most owners that an arc may have.
    pub const MAX: u8 = 16;
    /// None.
    pub const EMPTY: Self = Self(0);

    /// The first `n` of the preference list; all of it if `n` is more than [`Owners::MAX`].
    #[must_use]
    pub const fn first(n: u8) -> Self {
        if n >= Self::MAX {
            Self(u16::MAX)
        } else {
            Self((1 << n) - 1)
        }
    }

    /// Only `owner`.
    #[must_use]
    pub const fn only(owner: OwnerIndex) -> Self {
        Self(1 << owner.0)
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> u8 {
        // At most 16.
        self.0.count_ones() as u8
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `owner` is one of them.
    #[must_use]
    pub const fn contains(self, owner: OwnerIndex) -> bool {
        self.0 & Self::only(owner).0 != 0
    }

    /// Adds `owner`.
    pub const fn insert(&mut self, owner: OwnerIndex) {
        self.0 |= Self::only(owner).0;
    }

    /// Takes `owner` out.
    pub const fn remove(&mut self, owner: OwnerIndex) {
        self.0 &= !Self::only(owner).0;
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those among these that are in `others` too.
    #[must_use]
    pub const fn among(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// The most preferred one.
    #[must_use]
    pub fn most_preferred(self) -> Option<OwnerIndex> {
        self.iter().next()
    }

    /// The `n` most preferred ones, or all if there are fewer.
    #[must_use]
    pub fn most_preferred_few(self, n: u8) -> Self {
        self.iter().take(usize::from(n)).collect()
    }

    /// The owners, most preferred first.
    pub fn iter(self) -> impl Iterator<Item = OwnerIndex> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            // At most 16, which is past the end of the set.
            let index = left.trailing_zeros() as u8;
            left &= left.wrapping_sub(1);
            OwnerIndex::new(index)
        })
    }
}

impl FromIterator<OwnerIndex> for Owners {
    fn from_iter<I: IntoIterator<Item = OwnerIndex>>(owners: I) -> Self {
        owners
            .into_iter()
            .fold(Self::EMPTY, |all, owner| all.and(Self::only(owner)))
    }
}

impl fmt::Debug for Owners {
    /// `{0, 2}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(OwnerIndex::get)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn dumb(owners: Owners) -> BTreeSet<u8> {
        (0..Owners::MAX)
            .filter(|index| owners.contains(OwnerIndex::new(*index).unwrap()))
            .collect()
    }

    #[test]
    fn a_set_of_owners_is_a_set() {
        for bits in [0, 1, 0b101, 0b110, 0x8000, 0x8001, 0xffff] {
            let owners = Owners(bits);
            assert_eq!(
                owners.iter().map(OwnerIndex::get).collect::<BTreeSet<u8>>(),
                dumb(owners)
            );
            assert!(owners.iter().is_sorted(), "most preferred first");
            assert_eq!(usize::from(owners.len()), dumb(owners).len());
            assert_eq!(owners.is_empty(), dumb(owners).is_empty());
            assert_eq!(owners.iter().collect::<Owners>(), owners);
            for other in [0, 0b11, 0xff00, 0xffff].map(Owners) {
                assert_eq!(dumb(owners.and(other)), &dumb(owners) | &dumb(other));
                assert_eq!(dumb(owners.among(other)), &dumb(owners) & &dumb(other));
                assert_eq!(dumb(owners.without(other)), &dumb(owners) - &dumb(other));
            }
        }
    }

    #[test]
    fn the_first_are_the_most_preferred() {
        assert_eq!(Owners::first(0), Owners::EMPTY);
        assert_eq!(format!("{:?}", Owners::first(3)), "{0, 1, 2}");
        assert_eq!(Owners::first(16).len(), 16);
        assert_eq!(Owners::first(200), Owners::first(16));
        assert_eq!(Owners(0b1101).most_preferred_few(2), Owners(0b0101));
        assert_eq!(Owners(0b1100).most_preferred(), OwnerIndex::new(2));
        assert_eq!(Owners::EMPTY.most_preferred(), None);
        assert_eq!(OwnerIndex::new(16), None);
    }
}
