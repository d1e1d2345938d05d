//! Collections too large to be rewritten at each change: the same state, as a value that changes in place.
//!
//! ```text
//!   small    State::encode, all of it: up to 32 parts and 4 KiB         a change rewrites it
//!   large    Collection: head (the state without its parts, encoded) + LargeParts       a change costs O(log n) a part
//! ```
//!
//! Both are the same [`State`] to whoever reads it: its [`Parts`] are a view of either form. What merging does to one it does to the
//! other: `tests/large.rs` holds the two against each other.
//!
//! It becomes small again below a quarter of what made it large, so that it does not go back and forth.
//!
//! Refused: small ones as trees, too (a hash of three fields took a kilobyte); a copy on write, shared with readers (each change of a
//! node would copy it as long as any reader is under way; under the arc's lock there are none).

mod large_parts;
mod part_ref;
mod slab;

pub(crate) use self::large_parts::{AllParts, LargeParts, LiveParts, PartIter};
pub(super) use self::part_ref::Sweepable;
use super::{Merged, Parts, State, Swept, merge};
use crate::antientropy::Sums;
use crate::counted_tree::All;
use crate::size_class::size_class;
use crate::stamp::Stamp;
use crate::state::merge_parts::merge_part;

/// The most parts that stay in the encoded form.
///
/// A change there goes through all of them several times (finding, merging, digests): HSET on 100 encoded fields took ten times as long as on 1,000
/// that are not. Lowering it costs memory: 32 fields of 32 bytes take 2 KiB encoded, and 4.7 as a collection.
pub(super) const SMALL_PARTS_MAX: usize = 32;
/// The longest encoded form of parts, in bytes: a change copies it.
const SMALL_BYTES_MAX: usize = 4 << 10;
/// So many times smaller it becomes small again.
const HYSTERESIS: usize = 4;

/// The state of an entry with many parts, owned.
pub struct Collection {
    // Invariant: an encoded state without parts.
    head: Vec<u8>,
    // Invariant: they are alive in the head's generation.
    parts: LargeParts,
}

impl Collection {
    /// Whether `state` has so many parts that it should be one.
    #[must_use]
    #[inline]
    pub fn is_for(state: &State<'_>) -> bool {
        Self::is_for_so_many(state.parts.len(), state.parts.encoded_len())
    }

    /// The same of a state with `count` parts of `len` bytes in all.
    #[inline]
    pub(super) const fn is_for_so_many(count: usize, len: usize) -> bool {
        count > SMALL_PARTS_MAX || len > SMALL_BYTES_MAX
    }

    /// The state of an entry whose key hashes to `key_hash`. Costs O(n log n).
    #[must_use]
    pub fn new(key_hash: u64, state: State<'_>) -> Self {
        let mut parts = LargeParts::new(key_hash);
        let mut out = Vec::new();
        for part in state.parts.iter() {
            parts.merge(part, state.generation, &mut out);
        }
        let mut collection = Self {
            head: Vec::new(),
            parts,
        };
        collection.write_head(state);
        collection
    }

    /// Whether it has become so small that it should be encoded.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.parts.len() <= SMALL_PARTS_MAX / HYSTERESIS && self.parts.encoded_len() <= SMALL_BYTES_MAX / HYSTERESIS
    }

    /// The state.
    #[must_use]
    #[inline]
    pub fn state(&self) -> State<'_> {
        State {
            parts: Parts::large(&self.parts),
            ..self.head()
        }
    }

    /// The memory that it takes, itself included, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_class(size_of::<Self>()) + size_class(self.head.capacity()) + self.parts.memory_bytes()
    }

    /// Whether nothing here lives above `state`'s generation: merged with it, this is `state`.
    #[must_use]
    pub fn is_outlived_by(&self, state: &State<'_>) -> bool {
        let here = self.state();
        state.generation > here.generation && state.generation >= here.max_stamp()
    }

    /// Merges `other`, as [`merge()`] does, and says whether that changed anything. Costs O(log n) for each part of `other`; of a later
    /// generation O(n).
    pub fn apply(&mut self, other: State<'_>) -> bool {
        let mut out = Vec::new();
        let before = self.head();
        let merged = merge(before, without_parts(other), &mut out);
        let generation = before.generation.max(other.generation);
        if other.generation > before.generation {
            self.parts.revise(All, |part, left| {
                merge_part(None, part, generation, left);
            });
        }
        match merged {
            Merged::Same | Merged::Left => {}
            Merged::Right => self.write_head(other),
            Merged::Both => std::mem::swap(&mut self.head, &mut out),
        }
        let mut is_changed = merged.changed();
        for part in other.parts.iter() {
            is_changed |= self.parts.merge(part, generation, &mut out);
        }
        is_changed
    }

    /// As [`State::swept`] in place, but for [`Swept::Dropped`], which leaves it to the caller to drop it. Costs O(log n) for each part that
    /// is deleted or expires, not for others.
    pub fn sweep(&mut self, synced: Stamp, flushed: Stamp) -> Swept {
        if self.state().is_over_at(synced) {
            return Swept::Dropped;
        }
        let swept = self.parts.revise(Sweepable { now: synced.ms() }, |part, left| {
            if let Some(part) = part.swept(synced) {
                part.encode(left);
            }
        });
        if self.state().is_empty_at(synced) {
            return Swept::Dropped;
        }
        let mut head = Vec::new();
        self.head().without_grave(synced, flushed).encode(&mut head);
        if swept == 0 && head == self.head {
            return Swept::Kept;
        }
        self.head = head;
        Swept::Shrunk
    }

    /// The sums of all that it adds to its arc's digest.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut sums = self.parts.sums().clone();
        self.head()
            .for_each_digest(self.parts.key_hash(), |part| sums.add(part));
        sums
    }

    /// Asserts the invariants.
    pub fn check_invariants(&self) {
        let head = self.head();
        head.check_invariants();
        self.parts.check_invariants();
        for part in self.parts.iter() {
            let mut left = Vec::new();
            let mut bytes = Vec::new();
            part.encode(&mut bytes);
            merge_part(None, part, head.generation, &mut left);
            assert_eq!(left, bytes, "it is alive in this generation");
        }
    }

    fn head(&self) -> State<'_> {
        let head = State::decode_trusted(&self.head);
        debug_assert!(head.is_ok(), "it was encoded here: {head:?}");
        // Not to be reached; reads as a key that nothing is known of.
        head.unwrap_or(State::ABSENT)
    }

    fn write_head(&mut self, state: State<'_>) {
        self.head.clear();
        without_parts(state).encode(&mut self.head);
    }
}

impl std::fmt::Debug for Collection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state().fmt(formatter)
    }
}

fn without_parts(state: State<'_>) -> State<'_> {
    State {
        parts: Parts::EMPTY,
        ..state
    }
}
