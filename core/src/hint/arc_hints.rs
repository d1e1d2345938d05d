//! What one owner missed in one arc.

use std::collections::BTreeSet;

use super::{HintedArc, KEY_OVERHEAD_BYTES};

/// A key that an owner missed a write of.
pub type HintKey = Box<[u8]>;

/// Keys, or everything.
#[derive(Debug)]
pub(super) enum ArcHints {
    /// These keys.
    Keys {
        keys: BTreeSet<HintKey>,
        // Invariant: the keys' bytes, each with its overhead.
        bytes: usize,
    },
    /// Some keys, not known which.
    Dirty,
}

impl ArcHints {
    pub(super) fn none() -> Self {
        Self::Keys {
            keys: BTreeSet::new(),
            bytes: 0,
        }
    }

    /// What recording `key` adds: its bytes; none if it is recorded already.
    pub(super) fn record(&mut self, key: &[u8]) -> Option<usize> {
        let Self::Keys { keys, bytes } = self else { return None };
        if keys.contains(key) {
            return None;
        }
        let added = cost(key);
        keys.insert(key.into());
        *bytes += added;
        Some(added)
    }

    pub(super) fn about(&self, key: &[u8]) -> HintedArc {
        match self {
            Self::Keys { keys, .. } => HintedArc {
                keys: keys.len(),
                names_key: keys.contains(key),
                is_whole: false,
            },
            Self::Dirty => HintedArc {
                is_whole: true,
                ..HintedArc::default()
            },
        }
    }

    /// Takes out the first key.
    pub(super) fn pop(&mut self) -> Option<HintKey> {
        let Self::Keys { keys, bytes } = self else { return None };
        let key = keys.pop_first()?;
        *bytes -= cost(&key);
        Some(key)
    }

    /// How many keys, and their bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        match self {
            Self::Keys { keys, bytes } => (keys.len(), *bytes),
            Self::Dirty => (0, 0),
        }
    }
}

pub(super) fn cost(key: &[u8]) -> usize {
    key.len() + KEY_OVERHEAD_BYTES
}
