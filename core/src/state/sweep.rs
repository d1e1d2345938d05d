//! What is dropped of an entry once its arc is synced.
//!
//! A function of the state, of S and of the flush stamp alone, so that owners that were equal stay equal whenever each of them hears of S.

use super::{Base, Part, PartsBuf, State};
use crate::stamp::Stamp;
use crate::time::WallMs;

/// What a sweep makes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// It stays as it is.
    Kept,
    /// It is less from now on; its bytes were appended to `out`.
    Shrunk,
    /// It is dropped without a trace.
    Dropped,
}

impl State<'_> {
    /// What is left of the entry in an arc that is synced up to `synced` and was flushed at `flushed`.
    ///
    /// Dropped is what has no value, or has expired by the time of `synced`, if all of its stamps are at or below it: parts, and the entry
    /// itself. A generation without a value under something that lives is lowered to `flushed`, as if what lives had been written
    /// where there was nothing.
    #[must_use]
    pub fn swept(&self, synced: Stamp, flushed: Stamp, out: &mut Vec<u8>) -> Swept {
        if self.is_over_at(synced) {
            return Swept::Dropped;
        }
        let mut buffer = PartsBuf::new();
        let mut candidates = self.parts.sweepable(synced.ms());
        let parts = if candidates.any(|part| part.swept(synced) != Some(part)) {
            let left = self.parts.iter().filter_map(|part| part.swept(synced));
            left.for_each(|part| buffer.push(part));
            buffer.as_parts()
        } else {
            self.parts
        };
        let left = State { parts, ..*self };
        if left.is_empty_at(synced) {
            return Swept::Dropped;
        }
        let left = left.without_grave(synced, flushed);
        if left == *self {
            return Swept::Kept;
        }
        left.encode(out);
        Swept::Shrunk
    }

    /// Whether a sweep, now or later, may change it for another reason than that something expires. Certain if false.
    #[must_use]
    pub fn has_grave(&self, flushed: Stamp) -> bool {
        self.has_own_grave(flushed) || self.parts.sweepable(WallMs::ZERO).any(|part| part.has_grave())
    }

    /// The same of what stands beside its parts.
    #[must_use]
    pub fn has_own_grave(&self, flushed: Stamp) -> bool {
        let is_empty = self.runs.is_empty() && self.parts.is_empty();
        self.base == Base::None && (self.generation > flushed || is_empty)
    }

    /// Whether there is nothing left in it, and nothing was said of it since `synced`.
    pub(super) fn is_empty_at(&self, synced: Stamp) -> bool {
        let is_empty = self.base == Base::None && self.runs.is_empty() && self.parts.is_empty();
        is_empty && self.max_stamp() <= synced || *self == State::ABSENT
    }

    /// Whether it has expired by the time of `synced`, and nothing was said of it since.
    pub(super) fn is_over_at(&self, synced: Stamp) -> bool {
        self.is_expired(synced.ms()) && self.max_stamp() <= synced
    }
}

impl<'a> Part<'a> {
    /// As [`State::has_grave`].
    #[must_use]
    pub fn has_grave(&self) -> bool {
        let state = self.state;
        state.base == Base::None && (state.generation > Stamp::ZERO || state.runs.is_empty())
    }

    /// What is left of the part; nothing if it is dropped.
    pub(super) fn swept(self, synced: Stamp) -> Option<Self> {
        let state = self.state;
        let is_empty = state.base == Base::None && state.runs.is_empty();
        if is_empty && state.max_stamp() <= synced || state.is_over_at(synced) {
            return None;
        }
        let left = state.without_grave(synced, Stamp::ZERO);
        // A part that was only added to has no expiry.
        let is_possible = left.generation > Stamp::ZERO || left.expiry.stamp == Stamp::ZERO;
        Some(if is_possible {
            Part { state: left, ..self }
        } else {
            self
        })
    }
}
