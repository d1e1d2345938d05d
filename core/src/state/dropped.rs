//! What an owner drops because another one, which is synced further, says all that it has.

use super::{Base, Expiry, Part, PartsBuf, Run, Runs, State};
use crate::stamp::Stamp;

impl State<'_> {
    /// What is left of this state of an owner where the sender, synced up to `theirs`, has `sent` ([`State::ABSENT`] for nothing): without
    /// the parts up to there that the sender lacks. `None` if nothing changes; otherwise its bytes are appended to `out`, none if nothing
    /// is left.
    ///
    /// Generations and parts without a value stay for now: becoming synced drops them all at once.
    #[must_use]
    pub fn without_dropped(&self, sent: State<'_>, theirs: Stamp, out: &mut Vec<u8>) -> Option<()> {
        let mut parts = PartsBuf::new();
        let mut others = sent.parts.iter().peekable();
        for part in self.parts.iter() {
            // Both are in the same order.
            while others.next_if(|other| other.id() < part.id()).is_some() {}
            let copy = others.peek().filter(|other| other.id() == part.id());
            let copy = copy.map_or(State::tombstone(Stamp::ZERO), |copy| copy.state);
            let mut runs = Vec::new();
            let state = part.state.head_without_dropped(copy, theirs, &mut runs);
            if !state.says_nothing() {
                parts.push(Part { state, ..part });
            }
        }
        let mut runs = Vec::new();
        let mut left = self.head_without_dropped(sent, theirs, &mut runs);
        left.parts = parts.as_parts();
        if left == *self {
            return None;
        }
        if !left.says_nothing() {
            left.encode(out);
        }
        Some(())
    }

    /// What is left of base, expiry and runs, which are put into `runs`; without parts.
    fn head_without_dropped<'b>(&'b self, sent: State<'b>, theirs: Stamp, runs: &'b mut Vec<u8>) -> State<'b> {
        let keeps = self.generation > theirs || self.generation <= sent.generation || self.base == Base::None;
        // The greater of two values of one stamp, and it is not the sender's.
        let is_outdone = self.generation == sent.generation
            && self.generation <= theirs
            && self.base > sent.base
            && sent.base != Base::Unknown;
        let generation = if keeps { self.generation } else { Stamp::ZERO };
        let base = match self.base {
            Base::None => Base::None,
            _ if !keeps => Base::None,
            _ if is_outdone => sent.base,
            base => base,
        };
        let expiry = if keeps && !self.has_dropped_expiry(sent, theirs) {
            self.expiry
        } else {
            Expiry::silent(generation)
        };
        let lacks = |run: &Run| run.stamp <= theirs && run.birth > sent.generation && !sent.has_run(run);
        for run in self.runs.iter().filter(|run| !lacks(run)) {
            run.encode(runs);
        }
        State {
            generation,
            base,
            expiry,
            // Some of what was in order is in order.
            runs: Runs::new(runs).unwrap_or(Runs::EMPTY),
            ..State::ABSENT
        }
    }

    /// Whether the sender of `sent` has dropped the expiry of this state.
    fn has_dropped_expiry(&self, sent: State<'_>, theirs: Stamp) -> bool {
        self.expiry.stamp <= theirs
            && !self.expiry.is_silent(self.generation)
            && !(sent.generation == self.generation && sent.expiry.rank() >= self.expiry.rank())
    }
}
