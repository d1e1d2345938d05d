//! A part as bytes: where what stands in it, found without making sense of it.
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
//! Most questions to an encoded collection are to a few bits of each part: of which type it is, whether it lives, what its name is. So they are
//! put to an [`EncodedPart`], which costs some 3 ns to find; a [`Part`], with all that is in it, is made only of those that are wanted.

mod plain;

use super::reader::{Reader, put_varint, varint_len};
use super::runs::RUN_BYTES;
use super::{Base, DecodeError, Expiry, Kind, Part, Parts, Runs, State};
use crate::names::is_same;
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
pub(super) const SCORE_BYTES: usize = 8;

/// One part, in pieces, none of them looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EncodedPart<'a> {
    flags: u8,
    /// Its name.
    pub(super) name: &'a [u8],
    /// The stamp, the expiry and the expiry's stamp, as far as they are there.
    words: &'a [u8],
    runs: &'a [u8],
    value: &'a [u8],
    /// All of it.
    pub(super) bytes: &'a [u8],
}

impl<'a> EncodedPart<'a> {
    /// Takes one part off what is left to read. Checks nothing but lengths.
    // Always: callers look at one piece or two, and then the others cost nothing.
    #[inline(always)]
    pub(super) fn read(from: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let start = from.0;
        let [flags] = from.array()?;
        let name_len = from.varint()?;
        let name = from.take(name_len)?;
        let words = (flags & (F_WRITTEN | F_EXPIRY | F_EXPIRY_STAMPED)).count_ones() as usize;
        let words = from.take(words * size_of::<u64>())?;
        let runs = if flags & F_RUNS != 0 {
            let count = from.varint()?;
            from.runs(count)?
        } else {
            &[]
        };
        let value_len = match kind_of(flags) {
            _ if flags & F_BYTES == 0 => 0,
            Kind::Set => 0,
            Kind::SortedSet => SCORE_BYTES,
            Kind::String | Kind::List | Kind::Hash => from.varint()?,
        };
        let value = from.take(value_len)?;
        Ok(Self {
            flags,
            name,
            words,
            runs,
            value,
            bytes: &start[..start.len() - from.0.len()],
        })
    }

    /// The part that `bytes`, which this node encoded itself, begin with.
    #[inline]
    pub(super) fn trusted(bytes: &'a [u8]) -> Option<Self> {
        let encoded = Self::read(&mut Reader(bytes));
        debug_assert!(
            encoded.is_ok_and(|part| part.checked().is_ok()),
            "it was encoded here: {bytes:x?}"
        );
        encoded.ok()
    }

    /// The type of the first part of these encoded ones, if there is one.
    #[inline]
    pub(super) fn kind_of_first(parts: &[u8]) -> Option<Kind> {
        parts.first().map(|flags| kind_of(*flags))
    }

    /// The type of the collection that it is of.
    #[inline]
    pub(super) fn kind(&self) -> Kind {
        kind_of(self.flags)
    }

    /// Whether it is the part of this type and name.
    #[inline]
    pub(super) fn is(&self, kind: Kind, name: &[u8]) -> bool {
        self.kind() == kind && is_same(self.name, name)
    }

    /// As [`Part::is_live`].
    #[inline]
    pub(super) fn is_live(&self, now: WallMs) -> bool {
        self.flags & (F_BYTES | F_RUNS) != 0 && self.expires_at().is_none_or(|at| now <= at)
    }

    /// When it expires, if it does.
    #[inline]
    pub(super) fn expires_at(&self) -> Option<WallMs> {
        let place = usize::from(self.flags & F_WRITTEN != 0);
        (self.flags & F_EXPIRY != 0).then(|| WallMs::new(self.word(place)))
    }

    /// Whether nothing is written in it, or it expires: a sweep may drop it, or something of it.
    #[inline]
    pub(super) fn is_sweepable(&self) -> bool {
        self.flags & F_BYTES == 0 || self.flags & F_EXPIRY != 0
    }

    /// Whether it has a value, never expires, and nothing in it was deleted.
    #[inline]
    pub(super) fn lives_on(&self) -> bool {
        let was_only_added_to = self.flags & (F_RUNS | F_WRITTEN) == F_RUNS;
        self.flags & F_EXPIRY == 0 && (self.flags & F_BYTES != 0 || was_only_added_to)
    }

    /// The part, of bytes that this node encoded itself, or has checked before.
    #[inline]
    pub(super) fn part(&self) -> Part<'a> {
        let flags = self.flags;
        let generation = if flags & F_WRITTEN == 0 {
            Stamp::ZERO
        } else {
            Stamp::from_bits(self.word(0))
        };
        let stamp = if flags & F_EXPIRY_STAMPED == 0 {
            generation
        } else {
            Stamp::from_bits(self.word(self.words.len() / size_of::<u64>() - 1))
        };
        let base = if flags & F_BYTES == 0 {
            Base::None
        } else {
            Base::Bytes(self.value)
        };
        Part {
            kind: self.kind(),
            name: self.name,
            state: State {
                generation,
                base,
                expiry: Expiry {
                    at: self.expires_at(),
                    stamp,
                },
                runs: Runs::trusted(self.runs),
                parts: Parts::EMPTY,
            },
        }
    }

    /// The part, of bytes that may be anything.
    ///
    /// # Errors
    /// [`DecodeError`] if they are not exactly what [`Part::encode`] writes.
    pub(super) fn checked(&self) -> Result<Part<'a>, DecodeError> {
        let flags = self.flags;
        if flags & F_RESERVED != 0 {
            return Err(DecodeError::UnknownFlags { flags });
        }
        let part = self.part();
        let State { generation, expiry, .. } = part.state;
        let in_one_way = (flags & F_WRITTEN == 0 || generation > Stamp::ZERO)
            && (flags & F_EXPIRY_STAMPED == 0 || expiry.stamp > generation)
            && (flags & F_RUNS == 0 || !self.runs.is_empty())
            && Runs::new(self.runs).is_some();
        if in_one_way && part.is_possible() {
            Ok(part)
        } else {
            Err(DecodeError::NotCanonical)
        }
    }

    /// The word at `place`; zero if there is none, which the flags rule out.
    #[inline]
    fn word(&self, place: usize) -> u64 {
        let words = self.words.as_chunks::<{ size_of::<u64>() }>().0;
        words.get(place).map_or(0, |word| u64::from_le_bytes(*word))
    }
}

/// Encoded parts, one after the other. Ends at what is none.
#[derive(Clone, Copy)]
pub(super) struct EncodedParts<'a>(pub(super) Reader<'a>);

impl EncodedParts<'_> {
    /// How many bytes are left.
    #[inline]
    pub(super) const fn left(&self) -> usize {
        self.0.0.len()
    }
}

impl<'a> Iterator for EncodedParts<'a> {
    type Item = EncodedPart<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<EncodedPart<'a>> {
        if self.0.0.is_empty() {
            return None;
        }
        let part = EncodedPart::read(&mut self.0);
        debug_assert!(part.is_ok(), "checked before");
        part.ok()
    }
}

impl<'a> Part<'a> {
    /// The part that `bytes`, which this node encoded itself, begin with.
    #[inline]
    pub(super) fn trusted(bytes: &'a [u8]) -> Option<Self> {
        EncodedPart::trusted(bytes).map(|part| part.part())
    }

    /// The name in an encoded part, without looking at the rest; empty if that is none.
    #[inline]
    pub(super) fn name_of(encoded: &[u8]) -> &[u8] {
        let mut rest = Reader(encoded.get(1..).unwrap_or_default());
        rest.varint().and_then(|len| rest.take(len)).unwrap_or_default()
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

    /// Whether the value's length stands before it: sets have no values, and scores are of one length.
    fn has_length(&self) -> bool {
        has_length(self.kind)
    }
}

const fn has_length(kind: Kind) -> bool {
    matches!(kind, Kind::List | Kind::Hash)
}

const fn kind_bits(kind: Kind) -> u8 {
    match kind {
        Kind::String | Kind::List => 0,
        Kind::Set => 1,
        Kind::SortedSet => 2,
        Kind::Hash => 3,
    }
}

const fn kind_of(flags: u8) -> Kind {
    match flags & KIND_MASK {
        0 => Kind::List,
        1 => Kind::Set,
        2 => Kind::SortedSet,
        _ => Kind::Hash,
    }
}
