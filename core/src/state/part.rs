//! One element, member or field of a collection: a name, and a small state of the same shape as a string's. Its bytes are drawn in
//! `encoded_part.rs`.
//!
//! HSET of a field is what SET is of a key, HDEL what DEL is, HINCRBY what INCR is, HEXPIRE what EXPIRE is; so a part's
//! state is a [`State`] and two copies of a part merge as states do. What a part's state has not: an unknown base (a
//! part always travels whole, so that there is no part of which only the expiry is known), and parts.

use std::borrow::Cow;
use std::cmp::Ordering;

use xxhash_rust::xxh3::xxh3_64;

use super::encoded_part::SCORE_BYTES;
use super::{Base, Kind, State, Value};
use crate::stamp::Stamp;
use crate::time::WallMs;

/// A borrowed view of one part of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The type of the collection that it is of; never [`Kind::String`].
    pub kind: Kind,
    /// The field of a hash, the member of a set or sorted set, the order key of a list's element.
    pub name: &'a [u8],
    /// Its value, expiry and runs, under the stamp that it was written with as generation.
    ///
    /// Invariant: no parts; the base is known; in generation zero (never written, only added to) there is no expiry.
    pub state: State<'a>,
}

/// What tells parts apart and orders them: the type, a hash of the name (zero in lists, whose order is that of the names
/// themselves), the name.
///
/// The hash makes the order the same as that of SCAN cursors on every node, and spreads names evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartId<'a> {
    /// The type.
    pub kind: Kind,
    /// The hash that leads the order.
    pub hash: u64,
    /// The name.
    pub name: &'a [u8],
}

impl<'a> PartId<'a> {
    /// The identity of the part `name` of a collection of type `kind`.
    #[must_use]
    #[inline]
    pub fn new(kind: Kind, name: &'a [u8]) -> Self {
        let hash = if kind == Kind::List { 0 } else { xxh3_64(name) };
        Self { kind, hash, name }
    }
}

impl<'a> Part<'a> {
    /// A part as written whole at `stamp`.
    #[must_use]
    pub const fn written(
        kind: Kind,
        name: &'a [u8],
        stamp: Stamp,
        value: &'a [u8],
        expires_at: Option<WallMs>,
    ) -> Self {
        Self {
            kind,
            name,
            state: State::plain(stamp, expires_at, value),
        }
    }

    /// A part as deleted at `stamp`.
    #[must_use]
    pub const fn deleted(kind: Kind, name: &'a [u8], stamp: Stamp) -> Self {
        Self {
            kind,
            name,
            state: State::tombstone(stamp),
        }
    }

    /// What tells it apart.
    #[must_use]
    #[inline]
    pub fn id(&self) -> PartId<'a> {
        PartId::new(self.kind, self.name)
    }

    /// Whether there is a value at `now`.
    #[must_use]
    #[inline]
    pub fn is_live(&self, now: WallMs) -> bool {
        let has_value = self.state.base != Base::None || !self.state.runs.is_empty();
        has_value && !self.state.is_expired(now)
    }

    /// Whether it was deleted, or never written: runs aside, there is no value.
    pub(super) fn is_grave(&self) -> bool {
        self.state.base == Base::None && self.state.generation > Stamp::ZERO
    }

    /// The first stamp that the part, or a run in it, began with: it is whole in a collection of any generation below that, and of no
    /// other.
    pub(super) fn first_birth(&self) -> Stamp {
        let written = (self.state.generation > Stamp::ZERO).then_some(self.state.generation);
        let births = self.state.runs.iter().map(|run| run.birth);
        births.chain(written).min().unwrap_or(Stamp::MAX)
    }

    /// The element, or the value of the field; empty for members.
    #[must_use]
    pub fn text(&self) -> Cow<'a, [u8]> {
        // As most are.
        if let (Base::Bytes(bytes), true) = (self.state.base, self.state.runs.is_empty()) {
            return Cow::Borrowed(bytes);
        }
        // At time zero nothing has expired yet.
        match self.state.value(WallMs::ZERO) {
            Value::Bytes(bytes) => Cow::Borrowed(bytes),
            Value::Counter(number) => Cow::Owned(number.to_string().into_bytes()),
            Value::Missing | Value::Unreadable | Value::Collection(_) => Cow::Borrowed(b""),
        }
    }

    /// The bytes that would be written for the value as it is: additions summed up.
    #[must_use]
    pub fn value_bytes(&self) -> Cow<'a, [u8]> {
        match self.kind {
            Kind::SortedSet => Cow::Owned(score_bytes(self.score()).to_vec()),
            _ => self.text(),
        }
    }

    /// The score of a sorted set's member: what was written plus what was added to it.
    #[must_use]
    pub fn score(&self) -> f64 {
        let added = self.state.sum_onto(0);
        // Whole numbers up to 2^53 are exact; beyond, concurrent increments are rounded.
        self.written_score().unwrap_or(0.0) + added as f64
    }

    /// The score that was written, without what was added to it.
    pub(crate) fn written_score(&self) -> Option<f64> {
        let Base::Bytes(bytes) = self.state.base else {
            return None;
        };
        bytes.try_into().ok().map(f64::from_le_bytes)
    }

    /// Whether the part's own invariants hold.
    pub(super) fn is_possible(&self) -> bool {
        let State {
            generation, base, runs, ..
        } = self.state;
        let was_written = generation > Stamp::ZERO;
        let says_something = if was_written {
            true
        } else {
            base == Base::None && !runs.is_empty() && self.state.expiry.stamp == Stamp::ZERO
        };
        let fits_kind = match self.kind {
            Kind::String => false,
            Kind::List => runs.is_empty() && self.name.last().is_some_and(|&last| last != 0),
            Kind::Set => runs.is_empty(),
            Kind::Hash => true,
            Kind::SortedSet => self
                .written_score()
                .is_none_or(|score| !score.is_nan() && score.to_bits() != (-0.0_f64).to_bits()),
        };
        says_something && fits_kind && runs.iter().all(|run| run.birth > generation)
    }

    /// The part as it is in a collection of a later generation: what was written up to then is gone, runs (which the
    /// caller filters) are not. `None` if nothing is left.
    pub(super) fn above(self, generation: Stamp) -> Option<Self> {
        if self.state.generation > generation {
            return Some(self);
        }
        self.state
            .runs
            .iter()
            .any(|run| run.birth > generation)
            .then_some(Self {
                state: State {
                    base: Base::None,
                    runs: self.state.runs,
                    ..State::ABSENT
                },
                ..self
            })
    }
}

/// The bytes of a score, with one form for zero.
#[must_use]
pub fn score_bytes(score: f64) -> [u8; SCORE_BYTES] {
    (score + 0.0).to_le_bytes()
}

/// The order in which a sorted set ranks its members: by score, then by name.
#[must_use]
pub fn by_score(left: (f64, &[u8]), right: (f64, &[u8])) -> Ordering {
    // Zero is written in one way and there are no NaNs, so this is a total order.
    left.0.total_cmp(&right.0).then_with(|| left.1.cmp(right.1))
}
