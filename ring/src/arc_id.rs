//! The name of an arc.

use std::fmt;

/// One arc: a run of consecutive slots, the unit of placement, lock, transfer and digest.
///
/// Numbered from 0 in the order of the slots. Which slots it holds depends on the cluster's [`ArcCount`](crate::ArcCount),
/// and only an `ArcCount` makes one, so the number of an arc is always less than the count that made it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArcId(u16);

impl ArcId {
    pub(crate) const fn from_number(number: u16) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Its number, to index a table of all arcs with.
    #[must_use]
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for ArcId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "arc {}", self.0)
    }
}

impl fmt::Display for ArcId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
