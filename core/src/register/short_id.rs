//! A member, as ballots and voter lists name it.

use std::fmt;

use circlet_ring::NodeId;

/// The [short id](NodeId::short) of a member. A document refuses two members whose ids begin alike, so it names one member for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortId(u64);

impl ShortId {
    /// The member whose id begins with these 8 bytes.
    #[must_use]
    pub const fn new(short: u64) -> Self {
        Self(short)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<&NodeId> for ShortId {
    fn from(id: &NodeId) -> Self {
        Self(id.short())
    }
}

impl fmt::Display for ShortId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", self.0 >> 32)
    }
}

impl fmt::Debug for ShortId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}", self.0)
    }
}
