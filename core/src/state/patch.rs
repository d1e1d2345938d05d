//! A delta that overwrites a piece of a small state with one of the same length: a field, a member or a score that is there, or what nodes
//! have added to a counter. Most writes to collections and counters are such.
//!
//! Then the merge differs from what is here in those bytes alone, and whoever keeps the encoded state may overwrite them where they are:
//! nothing is copied, and nothing else is summed anew. It is [`merge()`](super::merge()) all the same, for some states: `tests/merge_laws.rs`
//! holds the two against each other.

use super::merge::merge_heads;
use super::{Base, Part, State};

/// Where the merge of a state and a delta differs from the state.
#[derive(Clone, Copy, Debug)]
pub struct Patch<'l, 'd> {
    /// So many bytes before the end of the encoded state the piece begins.
    pub from_end: usize,
    /// What stands there afterwards, in place of as many bytes.
    pub bytes: &'d [u8],
    /// The part as it is, and as it will be. None if what differs is the state's own runs, which will be those of the delta.
    pub part: Option<(Part<'l>, Part<'d>)>,
}

impl<'l> State<'l> {
    /// How merging `delta` changes this state, if all that it does is to overwrite one part, of collections that are and stay uniform
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
        let (old, from_end) = self.parts.find_in_uniform(new.kind(), new.name)?;
        let (from, to) = (old.part(), new.part());
        let (_, left_needed, right_needed) = merge_heads(from.state, to.state);
        let is_overwritten = right_needed && !left_needed && from.state.runs.is_empty() && to.state.runs.is_empty();
        (is_overwritten && old.bytes.len() == new.bytes.len()).then_some(Patch {
            from_end: from_end + self.base_len(),
            bytes: new.bytes,
            part: Some((from, to)),
        })
    }

    fn runs_patched_by<'d>(&self, delta: State<'d>) -> Option<Patch<'l, 'd>> {
        let are_same = self.parts.is_empty() && self.base == delta.base && self.runs.len() == delta.runs.len();
        let mut pairs = self.runs.iter().zip(delta.runs.iter());
        let are_raised = are_same && pairs.all(|(old, new)| old.id() == new.id() && old.rank() <= new.rank());
        let bytes = delta.runs.as_bytes();
        (are_raised && self.runs.as_bytes() != bytes).then_some(Patch {
            from_end: bytes.len() + self.base_len(),
            bytes,
            part: None,
        })
    }

    /// How many bytes of the encoded state stand after runs and parts.
    fn base_len(&self) -> usize {
        if let Base::Bytes(base) = self.base {
            base.len()
        } else {
            0
        }
    }
}
