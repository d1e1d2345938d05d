//! Parts as most are: written, of short names and values, and neither expiring nor added to. They are read, written and summed without a question to what
//! they do not have.

use std::borrow::Cow;

use super::super::digest::{Summand, part_hash};
use super::super::reader::{Reader, put_varint, varint_len};
use super::{
    EncodedPart, F_BYTES, F_RUNS, F_WRITTEN, KIND_MASK, Kind, SCORE_BYTES, Stamp, has_length, kind_bits, kind_of,
};
use crate::names::is_same;
#[cfg(doc)]
use crate::state::Part;

/// The flags of such a part, but for its type.
const F_PLAIN: u8 = F_BYTES | F_WRITTEN;
/// Lengths from here on take more than one byte.
const LENGTH_LONG: u8 = 0x80;

impl<'a> EncodedPart<'a> {
    /// The first of these parts, which this node encoded itself; none if there is none. Is as [`EncodedPart::read`], and takes less time for one whose
    /// name and value are short and were only written.
    #[inline(always)]
    pub(in crate::state) fn first(parts: &'a [u8]) -> Option<Self> {
        let [flags, name_len, ..] = *parts else {
            return None;
        };
        let kind = kind_of(flags);
        let words_at = 2 + usize::from(name_len);
        let words_end = words_at + size_of::<u64>();
        let (value_at, value_len) = match kind {
            Kind::Set => (words_end, 0),
            Kind::SortedSet => (words_end, SCORE_BYTES as u8),
            Kind::String | Kind::List | Kind::Hash => (words_end + 1, *parts.get(words_end).unwrap_or(&LENGTH_LONG)),
        };
        if flags & !KIND_MASK != F_PLAIN || name_len >= LENGTH_LONG || value_len >= LENGTH_LONG {
            return Self::first_of_any(parts);
        }
        let bytes = parts.get(..value_at + usize::from(value_len))?;
        Some(Self {
            flags,
            name: bytes.get(2..words_at)?,
            words: bytes.get(words_at..words_end)?,
            runs: &[],
            value: bytes.get(value_at..)?,
            bytes,
        })
    }

    #[cold]
    #[inline(never)]
    fn first_of_any(parts: &'a [u8]) -> Option<Self> {
        Self::read(&mut Reader(parts)).ok()
    }

    /// The part of this name among parts of one type, which this node encoded itself.
    #[inline]
    pub(in crate::state) fn find(mut parts: &'a [u8], name: &[u8]) -> Option<Self> {
        while let Some(part) = Self::first(parts) {
            if is_same(part.name, name) {
                return Some(part);
            }
            parts = &parts[part.bytes.len()..];
        }
        None
    }

    /// How many bytes [`EncodedPart::write`] appends.
    #[inline]
    pub(in crate::state) const fn written_len(kind: Kind, name: &[u8], value: &[u8]) -> usize {
        let length = if has_length(kind) { varint_len(value.len()) } else { 0 };
        1 + varint_len(name.len()) + name.len() + size_of::<u64>() + length + value.len()
    }

    /// Appends the part that is [`Part::written`] of these, and never expires, as [`Part::encode`] does.
    #[inline]
    pub(in crate::state) fn write(kind: Kind, name: &[u8], stamp: Stamp, value: &[u8], out: &'a mut Vec<u8>) -> Self {
        let begin = out.len();
        out.reserve(Self::written_len(kind, name, value));
        let flags = kind_bits(kind) | F_PLAIN;
        out.push(flags);
        put_varint(name.len(), out);
        let name_at = out.len() - begin;
        out.extend_from_slice(name);
        out.extend_from_slice(&stamp.to_bits().to_le_bytes());
        let words_end = out.len() - begin;
        if has_length(kind) {
            put_varint(value.len(), out);
        }
        let value_at = out.len() - begin;
        out.extend_from_slice(value);
        let bytes = &out[begin..];
        let written = Self {
            flags,
            name: &bytes[name_at..name_at + name.len()],
            words: &bytes[words_end - size_of::<u64>()..words_end],
            runs: &[],
            value: &bytes[value_at..],
            bytes,
        };
        debug_assert_eq!(Self::trusted(bytes), Some(written), "it was written just now");
        written
    }

    /// Whether something was added to it.
    #[inline]
    pub(in crate::state) fn has_runs(&self) -> bool {
        self.flags & F_RUNS != 0
    }

    /// As [`Part::text`].
    #[inline]
    pub(in crate::state) fn text(&self) -> Cow<'a, [u8]> {
        if self.has_runs() {
            self.part().text()
        } else {
            Cow::Borrowed(self.value)
        }
    }

    /// As [`Part::score`].
    #[inline]
    pub(in crate::state) fn score(&self) -> f64 {
        match self.value.try_into() {
            Ok(score) if !self.has_runs() => f64::from_le_bytes(score),
            _ => self.part().score(),
        }
    }

    /// As [`Part::digest_hash`](Part).
    #[inline]
    pub(in crate::state) fn digest_hash(&self, key_hash: u64) -> u64 {
        part_hash(key_hash, self.kind(), self.name)
    }

    /// Visits the summands of [`Part::digest`], which are under [`EncodedPart::digest_hash`].
    #[inline]
    pub(in crate::state) fn for_each_own_digest(&self, hash: u64, visit: &mut impl FnMut(Summand)) {
        if self.flags & !KIND_MASK == F_PLAIN {
            visit(Summand::of_plain(hash, Stamp::from_bits(self.word(0)), self.value));
        } else {
            self.part().state.for_each_own_digest(hash, visit);
        }
    }
}
