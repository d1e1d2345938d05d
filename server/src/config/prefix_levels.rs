//! Levels of keys by their prefix.

use super::Level;
use super::value::SettingValue;
use std::fmt;

/// How many owners must answer a read and a write of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels {
    /// For a read (R).
    pub read: Level,
    /// For a write (W).
    pub write: Level,
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read={} write={}", self.read.show(), self.write.show())
    }
}

/// Prefixes of keys, each with its levels; the longest that fits a key counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrefixLevels {
    // Invariant: each prefix once; longer ones first, those of one length in their own order.
    entries: Vec<(String, Levels)>,
}

impl PrefixLevels {
    /// Longest list: a look-up passes over it for every command.
    pub const ENTRIES_MAX: usize = 64;

    /// Adds a prefix, or replaces its levels.
    pub fn insert(&mut self, prefix: &str, levels: Levels) {
        self.entries.retain(|(other, _)| other != prefix);
        self.entries.push((prefix.to_string(), levels));
        self.entries
            .sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }

    /// The levels of the longest prefix of `key`.
    #[must_use]
    #[inline]
    pub fn of(&self, key: &[u8]) -> Option<Levels> {
        self.entries
            .iter()
            .find(|(prefix, _)| key.starts_with(prefix.as_bytes()))
            .map(|(_, levels)| *levels)
    }

    /// Whether there is a prefix of exactly this text.
    #[must_use]
    pub fn contains(&self, prefix: &str) -> bool {
        self.entries.iter().any(|(other, _)| other == prefix)
    }

    /// How many prefixes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no prefix has levels of its own.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The prefixes, longest first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Levels)> {
        self.entries.iter().map(|(prefix, levels)| (prefix.as_str(), *levels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Levels = Levels {
        read: Level::One,
        write: Level::One,
    };
    const SAFE: Levels = Levels {
        read: Level::All,
        write: Level::All,
    };

    #[test]
    fn the_longest_prefix_counts_whatever_the_order_of_insertion() {
        for turned in [false, true] {
            let mut entries = [("a:", FAST), ("a:b:", SAFE)];
            if turned {
                entries.reverse();
            }
            let mut levels = PrefixLevels::default();
            for (prefix, own) in entries {
                levels.insert(prefix, own);
            }
            assert_eq!(
                [b"a:b:1".as_slice(), b"a:c", b"b"].map(|key| levels.of(key)),
                [Some(SAFE), Some(FAST), None]
            );
        }
    }

    #[test]
    fn a_prefix_given_again_is_replaced() {
        let mut levels = PrefixLevels::default();
        levels.insert("a", FAST);
        levels.insert("a", SAFE);
        assert_eq!((levels.len(), levels.of(b"abc")), (1, Some(SAFE)));
    }
}
