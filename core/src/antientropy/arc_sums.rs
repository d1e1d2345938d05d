//! What an owner keeps of an arc to compare it.

use super::{RoundVerdict, Sums, is_cut};
use crate::stamp::Stamp;
use crate::state::Summand;

/// The sums of an arc's parts, and up to where it is synced. Lives under the arc's lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArcSums {
    sums: Sums,
    /// The sum of the graves at or below `synced` that the last sweep left, because something lives above them.
    left: u64,
    // Invariant: never goes back.
    synced: Stamp,
}

impl ArcSums {
    /// A part is there.
    #[inline]
    pub fn add(&mut self, part: Summand) {
        self.sums.add(part);
    }

    /// A part is gone.
    #[inline]
    pub fn sub(&mut self, part: Summand) {
        self.sums.sub(part);
    }

    /// All parts of an entry are there.
    pub fn add_all(&mut self, entry: &Sums) {
        self.sums.add_all(entry);
    }

    /// All parts of an entry are gone.
    pub fn sub_all(&mut self, entry: &Sums) {
        self.sums.sub_all(entry);
    }

    /// The digest of the arc: the wrapping sum of [`crate::state::State::digest`] over all entries.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.sums.all.total()
    }

    /// What owners compare at `cut`, where they flushed the arc at `flushed`; none if the cut is too long ago to tell.
    #[must_use]
    pub fn sum_up_to(&self, cut: Stamp, flushed: Stamp) -> Option<u64> {
        /// 2^64 over the golden ratio, as good as any odd number.
        const FLUSH_SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let flush = flushed.to_bits().wrapping_mul(FLUSH_SPREAD);
        self.sums.all.sum_up_to(cut).map(|sum| sum.wrapping_add(flush))
    }

    /// What this owner, which flushed the arc at `flushed`, answers to one whose sum up to `cut` is `theirs`.
    #[must_use]
    pub fn compare(&self, cut: Stamp, flushed: Stamp, theirs: u64) -> RoundVerdict {
        match self.sum_up_to(cut, flushed) {
            None => RoundVerdict::Refused,
            Some(sum) if sum == theirs => RoundVerdict::Same,
            Some(_) => RoundVerdict::Different,
        }
    }

    /// Synced-up-to: everything stamped so far or earlier is known to be on every owner. [`Stamp::ZERO`] in a life that was in no round
    /// and has not caught up with anyone who was.
    #[must_use]
    pub fn synced(&self) -> Stamp {
        self.synced
    }

    /// Whether there may be graves at or below `cut` to drop. Certain if false. Of a stamp that is no cut it could never be told, and the caller
    /// would look at every entry each time.
    #[must_use]
    pub fn has_graves_up_to(&self, cut: Stamp) -> bool {
        debug_assert!(is_cut(cut), "{cut} is no cut");
        self.sums.graves.sum_up_to(cut) != Some(self.left)
    }

    /// The arc is synced up to `cut`, and what may go has gone.
    pub fn become_synced(&mut self, cut: Stamp) {
        debug_assert!(cut >= self.synced, "synced-up-to went back");
        self.synced = cut;
        // Of a cut too long ago: the next sweep looks again.
        self.left = self.sums.graves.sum_up_to(cut).unwrap_or(0);
    }

    /// All parts are gone at once.
    pub fn clear(&mut self) {
        self.sums.clear();
        self.left = 0;
    }
}
