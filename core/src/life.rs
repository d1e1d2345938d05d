//! One memory of a node.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One memory of a node: a new one begins at every start, so what a node knew in an earlier life is gone.
///
/// Whatever is known *about* a node's memory (caught up, merged with, acknowledged) is known about one life of it. Lives of one
/// node are ordered; [`Life::next`] keeps them so over restarts and wrong clocks. Zero, which no node ever lives, addresses
/// "whoever is there".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Life(u64);

impl Life {
    /// Before the first life of a node.
    pub const ZERO: Self = Self(0);

    /// The life numbered `number`.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The life that begins now: above `persisted`, the last one that the data directory knows, and at least `unix_ms`, so that a
    /// node that lost its data directory but kept its address still wins over its former self.
    ///
    /// Random or wrapping numbers are refused: two nodes that each believe to be the newer one rename each other for ever.
    /// The caller must have the result on disk before it sends anything.
    #[must_use]
    pub fn next(persisted: Self, unix_ms: u64) -> Self {
        Self(persisted.0.saturating_add(1).max(unix_ms))
    }
}

impl fmt::Display for Life {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_life_is_above_the_last_even_when_the_clock_was_set_back() {
        assert_eq!(Life::next(Life::ZERO, 5_000), Life::new(5_000));
        assert_eq!(
            Life::next(Life::new(5_000), 5_000),
            Life::new(5_001),
            "two starts in one millisecond"
        );
        assert_eq!(
            Life::next(Life::new(9_000), 5_000),
            Life::new(9_001),
            "the clock was set back"
        );
    }
}
