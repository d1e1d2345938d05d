//! What arrives, or was made here, becomes part of an arc.

use circlet_core::clock::ArcClock;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Merged, Patch, State, Uniform, merge, merge_visiting};

use super::entry_view::EntryView;
use super::key::HashedKey;
use super::scratch::Scratch;
use super::shard::Shard;
use super::summands::Touched;
use super::table::{Entry, Held};

/// What merging a state did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Whether the entry is another one now.
    pub changed: bool,
    /// The stamp to write above, if what the state changed had been outranked here before it came: an ack must name it.
    pub superseded_by: Option<Stamp>,
    /// Whether the state has parts that were dropped here. Nothing was merged then, and there is nothing to acknowledge.
    pub is_ignored: bool,
}

impl Merge {
    /// What came is here now, and lost to nothing.
    pub(super) const TAKEN: Self = Self {
        changed: true,
        superseded_by: None,
        is_ignored: false,
    };
}

impl Shard {
    /// Merges a state that was made elsewhere, and observes its stamps.
    pub fn merge(&mut self, key: &HashedKey<'_>, state: State<'_>) -> Merge {
        self.clock.observe(state.max_stamp());
        let found = self.table.get(key);
        // An entry that is there is no older than the flush, and loses nothing to it.
        if state.generation < self.flush && found.is_none() {
            return self.merge_into_flushed(key, state);
        }
        let local = found.map_or(State::ABSENT, |entry| EntryView::new(entry).state());
        let superseded_by = state.superseded_by(local);
        Merge {
            changed: self.merge_unflushed(key, state),
            superseded_by,
            is_ignored: false,
        }
    }

    /// Merges the state that a command executed here has made, and observes its stamps; says whether that changed anything.
    ///
    /// It must be stamped by this arc's clock just now, so that nothing here outranks what it changes.
    pub fn merge_own(&mut self, key: &HashedKey<'_>, state: State<'_>) -> bool {
        debug_assert_eq!(state.superseded_by(self.state(key)), None, "a fresh stamp wins");
        self.clock.observe(state.max_stamp());
        if state.generation < self.flush && self.table.get(key).is_none() {
            return self.merge_into_flushed(key, state).changed;
        }
        self.merge_unflushed(key, state)
    }

    fn merge_unflushed(&mut self, key: &HashedKey<'_>, state: State<'_>) -> bool {
        let may_be_patch = !(state.parts.is_empty() && state.runs.is_empty());
        if may_be_patch && self.change_in_place(key, |local, _| local.patched_by(state)) {
            return true;
        }
        let Some(entry) = self.table.get(key) else {
            self.put(key, state);
            return true;
        };
        if entry.collection().is_some() {
            return self.merge_into_large(key, state);
        }
        let local = EntryView::new(entry).state();
        let mut touched = Touched::none(key.hash);
        let mut scratch = Scratch::take();
        // With a generation of its own it may end any part.
        let touches = state.generation <= local.generation && !local.parts.is_empty();
        let merged = if touches {
            merge_visiting(local, state, &mut scratch, |old, new| touched.part(old, new))
        } else {
            merge(local, state, &mut scratch)
        };
        if merged == Merged::Both {
            self.put_encoded(key, &scratch, touches.then_some(&mut touched));
        }
        scratch.give_back();
        if merged == Merged::Right {
            self.put(key, state);
        }
        merged.changed()
    }

    /// Changes a small entry as `decide` says of its state, if there is one and it says anything, and says whether it did. It may take a stamp for what
    /// changes; nothing else happens to what is not touched.
    pub(crate) fn change_in_place<'d>(
        &mut self,
        key: &HashedKey<'_>,
        decide: impl for<'l> FnOnce(State<'l>, &mut ArcClock) -> Option<Patch<'l, 'd>>,
    ) -> bool {
        self.change_entry(key, |entry, clock| match entry.held() {
            Held::Content(content) => decide(content.state(), clock),
            Held::Large(_) => None,
        })
    }

    /// As [`Shard::change_in_place`], for collections as most are alone.
    #[inline]
    pub(crate) fn change_uniform<'d>(
        &mut self,
        key: &HashedKey<'_>,
        decide: impl for<'l> FnOnce(Uniform<'l>, &mut ArcClock) -> Option<Patch<'l, 'd>>,
    ) -> bool {
        self.change_entry(key, |entry, clock| decide(entry.uniform()?, clock))
    }

    #[inline]
    fn change_entry<'d>(
        &mut self,
        key: &HashedKey<'_>,
        decide: impl for<'l> FnOnce(&'l Entry, &mut ArcClock) -> Option<Patch<'l, 'd>>,
    ) -> bool {
        let Some(entry) = self.table.get_mut(key) else {
            return false;
        };
        let Some(patch) = decide(entry, &mut self.clock) else {
            return false;
        };
        if !entry.takes_splice(&patch.splice, patch.bytes.len()) {
            return false;
        }
        patch.change_sums(key.hash, &mut self.sums);
        let growth_bytes = entry.splice_body(&patch.splice, patch.bytes);
        self.counts.entry_bytes = self.counts.entry_bytes.wrapping_add_signed(growth_bytes);
        self.note_change(key);
        true
    }

    /// Merges a state from before the flush into an absent entry: only runs born after it are left of it.
    pub(super) fn merge_into_flushed(&mut self, key: &HashedKey<'_>, state: State<'_>) -> Merge {
        let grave = State::tombstone(self.flush);
        let superseded_by = state.superseded_by(grave);
        let mut survivors = Vec::new();
        match (merge(grave, state, &mut survivors), State::decode_trusted(&survivors)) {
            (Merged::Both, Ok(survivors)) => self.merge(key, survivors),
            _ => Merge {
                changed: false,
                superseded_by,
                is_ignored: false,
            },
        }
    }

    /// Merges `state` into a large entry and says whether that changed anything.
    fn merge_into_large(&mut self, key: &HashedKey<'_>, state: State<'_>) -> bool {
        let found = self.table.get(key).and_then(Entry::collection);
        if found.is_some_and(|collection| collection.is_outlived_by(&state)) {
            self.put(key, state);
            return true;
        }
        let changed = self.change_large(key, |collection| collection.apply(state));
        changed.unwrap_or(false)
    }
}
