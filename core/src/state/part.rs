//! One element, member or field of a collection: a name, and a small state of the same shape as a string's.
//!
//! ```text
//!   flags u8 | name length | name | [stamp u64] | [expiry_ms u64] | [expiry_stamp u64] | [runs: count, count x 32 B] | [bytes]
//!
//!   flags    bits 0-1  0 list, 1 set, 2 sorted set, 3 hash
//!            bit 2     bytes follow: lengths before those of lists and hashes, 8 bytes in sorted sets, none in sets
//!            bit 3     it was written: a stamp follows
//!            bit 4     it expires, at expiry_ms
//!            bit 5     the expiry register has a stamp of its own
//!            bit 6     runs follow (at least one)
//!   lengths and counts as varints, integers little-endian
//! ```
//!
//! HSET of a field is what SET is of a key, HDEL what DEL is, HINCRBY what INCR is, HEXPIRE what EXPIRE is; so a part's
//! state is a [`State`] and two copies of a part merge as states do. What a part's state has not: an unknown base (a
//! part always travels whole, so that there is no part of which only the expiry is known), and parts.

use std::borrow::Cow;
use std::cmp::Ordering;

use xxhash_rust::xxh3::xxh3_64;

use super::reader::{Reader, put_varint, varint_len};
use super::runs::RUN_BYTES;
use super::{Base, DecodeError, Expiry, Kind, Runs, State, Value};
use crate::stamp::Stamp;
use crate::time::WallMs;

const KIND_MASK: u8 = 0b11;
const F_BYTES: u8 = 1 << 2;
const F_WRITTEN: u8 = 1 << 3;
const F_EXPIRY: u8 = 1 << 4;
const F_EXPIRY_STAMPED: u8 = 1 << 5;
const F_RUNS: u8 = 1 << 6;
const F_RESERVED: u8 = 1 << 7;

/// Bytes of a score.
const SCORE_BYTES: usize = 8;

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

    /// The name in an encoded part, without looking at the rest; empty if that is none.
    #[inline]
    pub(super) fn name_of(encoded: &[u8]) -> &[u8] {
        let mut rest = Reader(encoded.get(1..).unwrap_or_default());
        rest.varint().and_then(|len| rest.take(len)).unwrap_or_default()
    }

    /// The element, or the value of the field; empty for members.
    #[must_use]
    pub fn text(&self) -> Cow<'a, [u8]> {
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

    /// How many bytes [`Part::encode`] appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let state = &self.state;
        let written = if state.generation > Stamp::ZERO { 8 } else { 0 };
        let expiry = if state.expiry.at.is_some() { 8 } else { 0 };
        let expiry_stamp = if state.expiry.stamp == state.generation { 0 } else { 8 };
        let runs = match state.runs.len() {
            0 => 0,
            count => varint_len(count) + count * RUN_BYTES,
        };
        let bytes = match state.base {
            Base::Bytes(bytes) if self.has_length() => varint_len(bytes.len()) + bytes.len(),
            Base::Bytes(bytes) => bytes.len(),
            Base::Unknown | Base::None => 0,
        };
        1 + varint_len(self.name.len()) + self.name.len() + written + expiry + expiry_stamp + runs + bytes
    }

    /// Appends the part's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.encode_head(self.state.runs.len(), out);
        out.extend_from_slice(self.state.runs.as_bytes());
        self.encode_bytes(out);
    }

    /// Appends what stands before the runs, with their count. The caller appends `run_count` runs, then
    /// [`Part::encode_bytes`].
    pub(super) fn encode_head(&self, run_count: usize, out: &mut Vec<u8>) {
        let state = &self.state;
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let written = state.generation > Stamp::ZERO;
        let stamped = state.expiry.stamp != state.generation;
        out.push(
            kind_bits(self.kind)
                | flag(matches!(state.base, Base::Bytes(_)), F_BYTES)
                | flag(written, F_WRITTEN)
                | flag(state.expiry.at.is_some(), F_EXPIRY)
                | flag(stamped, F_EXPIRY_STAMPED)
                | flag(run_count > 0, F_RUNS),
        );
        put_varint(self.name.len(), out);
        out.extend_from_slice(self.name);
        if written {
            out.extend_from_slice(&state.generation.to_bits().to_le_bytes());
        }
        if let Some(at) = state.expiry.at {
            out.extend_from_slice(&at.get().to_le_bytes());
        }
        if stamped {
            out.extend_from_slice(&state.expiry.stamp.to_bits().to_le_bytes());
        }
        if run_count > 0 {
            put_varint(run_count, out);
        }
    }

    /// Appends the value, which ends the part.
    pub(super) fn encode_bytes(&self, out: &mut Vec<u8>) {
        if let Base::Bytes(bytes) = self.state.base {
            if self.has_length() {
                put_varint(bytes.len(), out);
            }
            out.extend_from_slice(bytes);
        }
    }

    /// Reads one part. Checks all that can be seen from the part alone.
    pub(super) fn read(from: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let [flags] = from.array()?;
        if flags & F_RESERVED != 0 {
            return Err(DecodeError::UnknownFlags { flags });
        }
        let kind = [Kind::List, Kind::Set, Kind::SortedSet, Kind::Hash][usize::from(flags & KIND_MASK)];
        let name_len = from.varint()?;
        let name = from.take(name_len)?;
        let generation = from.stamp_if(flags & F_WRITTEN != 0)?;
        let at = from.word_if(flags & F_EXPIRY != 0)?.map(WallMs::new);
        let stamp = from.stamp_if(flags & F_EXPIRY_STAMPED != 0)?;
        let runs = if flags & F_RUNS != 0 {
            let count = from.varint()?;
            Some(from.runs(count)?)
        } else {
            None
        };
        let base = match (flags & F_BYTES != 0, kind) {
            (false, _) => Base::None,
            (true, Kind::Set) => Base::Bytes(b""),
            (true, Kind::SortedSet) => Base::Bytes(from.take(SCORE_BYTES)?),
            (true, _) => {
                let len = from.varint()?;
                Base::Bytes(from.take(len)?)
            }
        };
        let part = Self {
            kind,
            name,
            state: State {
                generation: generation.unwrap_or(Stamp::ZERO),
                base,
                expiry: Expiry {
                    at,
                    stamp: stamp.or(generation).unwrap_or(Stamp::ZERO),
                },
                runs: runs.unwrap_or(Runs::EMPTY),
                parts: super::Parts::EMPTY,
            },
        };
        let in_one_way = generation != Some(Stamp::ZERO)
            && stamp.is_none_or(|stamp| stamp > part.state.generation)
            && runs.is_none_or(|runs| !runs.is_empty());
        if in_one_way && part.is_possible() {
            Ok(part)
        } else {
            Err(DecodeError::NotCanonical)
        }
    }

    /// Whether the part's own invariants hold.
    fn is_possible(&self) -> bool {
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

    /// Whether the value's length stands before it: sets have no values, and scores are of one length.
    fn has_length(&self) -> bool {
        matches!(self.kind, Kind::List | Kind::Hash)
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

const fn kind_bits(kind: Kind) -> u8 {
    match kind {
        Kind::String | Kind::List => 0,
        Kind::Set => 1,
        Kind::SortedSet => 2,
        Kind::Hash => 3,
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
