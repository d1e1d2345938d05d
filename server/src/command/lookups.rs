//! How often a command found what it read for its client.

/// Counts of look-ups: what INFO's `keyspace_hits` and `keyspace_misses` add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lookups {
    /// There was a value.
    pub hits: u32,
    /// There was none.
    pub misses: u32,
}

impl Lookups {
    /// One look-up.
    #[inline]
    #[must_use]
    pub const fn one(found: bool) -> Self {
        Self {
            hits: found as u32,
            misses: !found as u32,
        }
    }

    /// Both.
    #[inline]
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            hits: self.hits.wrapping_add(other.hits),
            misses: self.misses.wrapping_add(other.misses),
        }
    }
}
