//! What absent owners missed: names of keys, not values.
//!
//! ```text
//!   record(owner, arc, key) --> owner --> arc --> { keys }  --over a cap--> the fullest arc becomes "dirty": its keys are forgotten
//!   take_batch(owner)       <-- arcs in turn, from where the last batch ended --> the shell sends the *present* state of each key,
//!                               or tells the owner that the arc is stale, and the owner pulls it
//! ```
//!
//! A log of writes is refused: it grows with the writes instead of with the keys, replays old values, and must be trimmed when the disk fills.
//! A set of keys is bounded by the keys, and a key written a thousand times is sent once, as it is. Hints never fail or slow a write: over the caps they
//! lose detail (keys become arcs), never owners.
//!
//! Hints are keyed by the node's id, so they survive its restarts and changes of address. They never count toward W.
//!
//! This value belongs to whoever drives writes; a shell with several threads keeps one for each of them, or one behind a lock: [`Hints::record`] takes some
//! 100 ns. The control plane says when a batch is to go ([`Effect::ReplayHints`](crate::control::Effect::ReplayHints)).

mod arc_hints;
mod owner_hints;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use circlet_ring::{ArcId, NodeId};

use crate::time::Instant;

pub use self::arc_hints::HintKey;
use self::owner_hints::OwnerHints;

/// How much is remembered for each absent owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HintCaps {
    /// Most keys, default 100,000. Raising it lets a longer absence be made good key by key, instead of by comparing whole arcs.
    pub keys_max: usize,
    /// Most bytes of keys, each counted with [`KEY_OVERHEAD_BYTES`], default 16 MiB.
    pub bytes_max: usize,
}

impl Default for HintCaps {
    fn default() -> Self {
        Self {
            keys_max: 100_000,
            bytes_max: 16 << 20,
        }
    }
}

/// What a key costs beyond its bytes, about.
pub const KEY_OVERHEAD_BYTES: usize = 32;

/// Most owners that hints are kept for; the topology has no more members. Hints for further ones are dropped and counted, since nothing
/// that is not a member can be an absent owner.
const OWNERS_MAX: usize = crate::topology::MEMBERS_MAX;

/// What became of a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is the first one for the owner: the control plane wants to hear of it.
    First,
    /// It was added.
    Added,
    /// The key, or its whole arc, was marked already.
    Known,
    /// It was added, and arcs lost their keys and are marked as a whole.
    Collapsed {
        /// How many arcs.
        arcs: usize,
    },
    /// There are hints for as many owners as there can be.
    Dropped,
    /// The owner is no member any more: nobody is to be told.
    Gone,
}

/// The hints that one node, or one of its threads, holds.
#[derive(Debug, Default)]
pub struct Hints {
    caps: HintCaps,
    owners: BTreeMap<NodeId, OwnerHints>,
    // Invariant: none of them in `owners`. At most as many as there are ever members.
    gone: BTreeSet<NodeId>,
    dropped_count: u64,
}

/// Some of what an owner missed, to be sent to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HintBatch {
    /// Keys whose present state is to be sent.
    pub keys: Vec<(ArcId, HintKey)>,
    /// Arcs that the owner is to be told are stale.
    pub arcs: Vec<ArcId>,
    /// None of it is older: see [`Hints::since`].
    pub since: Instant,
}

impl HintBatch {
    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.arcs.is_empty()
    }
}

impl Hints {
    /// No hints.
    #[must_use]
    pub fn new(caps: HintCaps) -> Self {
        Self {
            caps,
            ..Self::default()
        }
    }

    /// Other caps from now on. What is over them collapses at once; says how many arcs did.
    pub fn limit_to(&mut self, caps: HintCaps) -> usize {
        self.caps = caps;
        self.owners.values_mut().map(|hints| hints.collapse(caps)).sum()
    }

    /// `owner` missed a write of `key`.
    pub fn record(&mut self, now: Instant, owner: NodeId, arc: ArcId, key: &[u8]) -> Recorded {
        self.with_owner(now, owner, |hints, caps| hints.record_key(arc, key, caps))
    }

    /// `owner` missed writes in `arc`, and which is not known.
    pub fn record_arc(&mut self, now: Instant, owner: NodeId, arc: ArcId) -> Recorded {
        self.with_owner(now, owner, |hints, _| hints.record_arc(arc))
    }

    /// The next of `owner`'s hints, at most `keys_max` keys and arcs together. They are taken out: what happens to them is the caller's care, who gives
    /// them back if the owner did not take them.
    ///
    /// A key that is written again meanwhile is recorded again.
    pub fn take_batch(&mut self, owner: NodeId, keys_max: usize) -> HintBatch {
        let Some(hints) = self.owners.get_mut(&owner) else {
            return HintBatch::default();
        };
        let batch = hints.take_batch(keys_max);
        if hints.is_empty() {
            self.owners.remove(&owner);
        }
        batch
    }

    /// The batch was not taken. Its hints are as old as they were.
    pub fn give_back(&mut self, owner: NodeId, batch: HintBatch) {
        for (arc, key) in batch.keys {
            self.record(batch.since, owner, arc, &key);
        }
        for arc in batch.arcs {
            self.record_arc(batch.since, owner, arc);
        }
    }

    /// The owner is no member any more, and nothing is recorded for it from now on.
    ///
    /// A removed one stands among the owners of its arcs until these have moved, and misses every write meanwhile: its hints would be kept for
    /// ever. Its id is never used again.
    pub fn forget(&mut self, owner: NodeId) {
        self.owners.remove(&owner);
        self.gone.insert(owner);
    }

    /// Whether nothing is recorded for `owner`.
    #[must_use]
    pub fn is_empty(&self, owner: NodeId) -> bool {
        !self.owners.contains_key(&owner)
    }

    /// How much is recorded for `owner`: keys, bytes (each key counted with [`KEY_OVERHEAD_BYTES`]), whole arcs.
    #[must_use]
    pub fn size(&self, owner: NodeId) -> HintSize {
        self.owners.get(&owner).map(OwnerHints::size).unwrap_or_default()
    }

    /// What is recorded for `owner` in `arc`, and of `key`.
    #[must_use]
    pub fn about(&self, owner: NodeId, arc: ArcId, key: &[u8]) -> HintedArc {
        let hints = self.owners.get(&owner);
        hints.map(|hints| hints.about(arc, key)).unwrap_or_default()
    }

    /// When the first hint for `owner` was recorded since there were none: no hint is older. None if there are none.
    ///
    /// A moment an owner, and not one a hint: what people ask is for how long the owner has been missing writes. While a replay is under way,
    /// hints that are left may be younger.
    #[must_use]
    pub fn since(&self, owner: NodeId) -> Option<Instant> {
        self.owners.get(&owner).map(OwnerHints::since)
    }

    /// The owners that something is recorded for.
    pub fn owners(&self) -> impl Iterator<Item = NodeId> {
        self.owners.keys().copied()
    }

    /// How many hints were dropped because there were too many owners.
    #[must_use]
    pub fn dropped_count(&self) -> u64 {
        self.dropped_count
    }

    fn with_owner(
        &mut self,
        now: Instant,
        owner: NodeId,
        act: impl FnOnce(&mut OwnerHints, HintCaps) -> Recorded,
    ) -> Recorded {
        if let Some(hints) = self.owners.get_mut(&owner) {
            hints.not_after(now);
            return act(hints, self.caps);
        }
        if self.gone.contains(&owner) {
            return Recorded::Gone;
        }
        if self.owners.len() >= OWNERS_MAX {
            self.dropped_count += 1;
            return Recorded::Dropped;
        }
        let hints = self.owners.entry(owner).or_insert_with(|| OwnerHints::new(now));
        act(hints, self.caps);
        Recorded::First
    }
}

/// What is recorded for one owner in one arc.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HintedArc {
    /// Keys of the arc; 0 if it is marked as a whole.
    pub keys: usize,
    /// Whether the key that was asked for is one of them.
    pub names_key: bool,
    /// Whether the whole arc is marked, with every key that it may have.
    pub is_whole: bool,
}

/// How much is recorded for one owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HintSize {
    /// Keys.
    pub keys: usize,
    /// Their bytes, each key counted with [`KEY_OVERHEAD_BYTES`].
    pub bytes: usize,
    /// Arcs marked as a whole.
    pub arcs: usize,
}
