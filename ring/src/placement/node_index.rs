//! A node within one placement.

use std::fmt;

/// The index of a node in the members of one placement, which are in the order of their ids.
///
/// Two bytes instead of a [`NodeId`](crate::NodeId)'s twenty. It means nothing in another placement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(u16);

impl NodeIndex {
    /// The index `index`, which the caller keeps below the number of members.
    pub(crate) fn new(index: usize) -> Self {
        debug_assert!(index < super::MEMBERS_MAX);
        Self(index as u16)
    }

    /// To index the members with.
    #[must_use]
    #[inline]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for NodeIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{}", self.0)
    }
}
