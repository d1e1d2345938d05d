//! A delta that changes a piece of a small state: a field, member or element that is new or written again, or what nodes have added to a
//! counter. Most writes to collections and counters are such.
//!
//! Then the merge differs from what is here in those bytes alone, and whoever keeps the encoded state may change them where they are: the
//! others are moved at most, not looked into, and nothing else is summed anew. It is [`merge()`](super::merge()) all the same, for some states:
//! `tests/merge_laws.rs` holds the two against each other.

use super::encoded_part::EncodedPart;
use super::merge::merge_heads;
use super::{Base, IndexChange, Part, RUN_BYTES, Runs, Spot, State};
use crate::antientropy::ArcSums;

/// Where the merge of a state and a delta differs from the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch<'l, 'd> {
    /// Which bytes of the encoded state go.
    pub splice: Splice,
    /// What stands there afterwards.
    pub bytes: &'d [u8],
    pub(super) changed: Changed<'l, 'd>,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changed<'l, 'd> {
    /// A part: as it is, if it is there, and as it will be.
    Part(Option<EncodedPart<'l>>, EncodedPart<'d>),
    /// Some of the state's own runs, as they are and as they will be.
    Runs(Runs<'l>, Runs<'d>),
}

/// Which bytes of an encoded state go, and what else changes with its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splice {
    /// So many bytes before the end of the encoded state they begin.
    pub from_end: usize,
    /// How many they are.
    pub gone: usize,
    /// If another number of bytes comes: what is to be overwritten besides, so many bytes before the end that there is then. It says how many
    /// parts there are and how long they are.
    pub section_head: Option<(usize, [u8; 8])>,
    /// What changes in the index of the parts, if they have one.
    pub index: Option<IndexChange>,
}

impl<'l, 'd> Patch<'l, 'd> {
    /// The part that differs, if one does: as it is, if it is there, and as it will be.
    #[must_use]
    pub fn part(&self) -> Option<(Option<Part<'l>>, Part<'d>)> {
        match self.changed {
            Changed::Part(old, new) => Some((old.map(|old| old.part()), new.part())),
            Changed::Runs(..) => None,
        }
    }

    /// Takes the summands of [`State::digest`] that go, under a key that hashes to `key_hash`, out of an arc's sums, and adds those that come.
    #[inline]
    pub fn change_sums(&self, key_hash: u64, sums: &mut ArcSums) {
        match self.changed {
            Changed::Part(old, new) => {
                // Both have one name.
                let hash = new.digest_hash(key_hash);
                if let Some(old) = old {
                    old.for_each_own_digest(hash, &mut |part| sums.sub(part));
                }
                new.for_each_own_digest(hash, &mut |part| sums.add(part));
            }
            Changed::Runs(old, new) => {
                old.for_each_digest(key_hash, &mut |run| sums.sub(run));
                new.for_each_digest(key_hash, &mut |run| sums.add(run));
            }
        }
    }
}

impl<'l> State<'l> {
    /// How merging `delta` changes this state, if all that it does is to write one part, in a collection that is and stays small and uniform
    /// ([`Parts::is_uniform`](super::Parts::is_uniform)), or to raise the runs that there are.
    #[must_use]
    pub fn patched_by<'d>(&self, delta: State<'d>) -> Option<Patch<'l, 'd>> {
        // Neither generation, nor base, nor expiry.
        let changes_head = self.generation != delta.generation || merge_heads(*self, delta).2;
        if changes_head {
            None
        } else if delta.parts.is_empty() {
            self.runs_patched_by(delta)
        } else {
            self.part_patched_by(delta)
        }
    }

    fn part_patched_by<'d>(&self, delta: State<'d>) -> Option<Patch<'l, 'd>> {
        if !self.runs.is_empty() || !delta.runs.is_empty() {
            return None;
        }
        let new = delta.parts.only_encoded().filter(|new| new.lives_on())?;
        let spot = Spot::of(*self, new.kind(), new.name)?;
        if let Some(here) = spot.part() {
            let (from, to) = (here.state, new.part().state);
            let (_, left_needed, right_needed) = merge_heads(from, to);
            let is_overwritten = right_needed && !left_needed && from.runs.is_empty() && to.runs.is_empty();
            if !is_overwritten {
                return None;
            }
        }
        spot.patch(new)
    }

    fn runs_patched_by<'d>(&self, delta: State<'d>) -> Option<Patch<'l, 'd>> {
        let are_same = self.parts.is_empty() && self.base == delta.base && self.runs.len() == delta.runs.len();
        let mut pairs = self.runs.iter().zip(delta.runs.iter());
        let are_raised = are_same && pairs.all(|(old, new)| old.id() == new.id() && old.rank() <= new.rank());
        (are_raised && self.runs != delta.runs).then(|| self.with_runs(0, delta.runs.as_bytes()))
    }

    /// The state with its runs from `place` on as `bytes` have them: whole runs, newer copies, which this node encoded itself or has checked. There must
    /// be no parts, and as many runs there.
    pub(crate) fn with_runs<'d>(&self, place: usize, bytes: &'d [u8]) -> Patch<'l, 'd> {
        debug_assert!(self.parts.is_empty() && bytes.len().is_multiple_of(RUN_BYTES));
        let last = &self.runs.as_bytes()[place * RUN_BYTES..];
        Patch {
            splice: Splice {
                from_end: last.len() + self.base_len(),
                gone: bytes.len(),
                section_head: None,
                index: None,
            },
            bytes,
            changed: Changed::Runs(Runs::trusted(&last[..bytes.len()]), Runs::trusted(bytes)),
        }
    }

    /// How many bytes of the encoded state stand after runs and parts.
    pub(super) fn base_len(&self) -> usize {
        if let Base::Bytes(base) = self.base {
            base.len()
        } else {
            0
        }
    }
}
