//! Where each part of a small collection stands: kept beside the encoded parts by whoever keeps these, so that one of them is found without a
//! look at the others.
//!
//! ```text
//!   count u8 | tags: room x u8 | places: room x u16              room: the count, rounded up to a multiple of four
//!
//!   tag      the upper bits of the name's hash, by which the parts are ordered
//!   place    so many bytes before the end of all parts the part begins; little-endian
//! ```
//!
//! To walk over ten fields of 64 bytes is to fetch thirteen cache lines, and to compare five names on the way; by tag it is one name, and two lines
//! beside those of the index. It is never sent, and says nothing that the parts do not: what is found by it is what a walk finds, and what a patch
//! makes of it is what is written anew (`tests/merge_laws.rs`).
//!
//! Only hashes, sets and sorted sets of half a kilobyte and more have one: a shorter one is fetched and walked over in less time, and a list is asked
//! for its ends, which its parts say.
//!
//! Refused: the names and lengths of all parts before their values, in the encoded form itself. A part would no longer be one run of bytes, which
//! deltas, merges and large collections take as they are.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::encoded_part::{EncodedPart, EncodedParts};
use super::large::{Collection, SMALL_PARTS_MAX};
use super::reader::Reader;
use super::{Kind, PartId, Parts, State};
use crate::names::is_same;

/// Parts that take less than this together, in bytes, have no index.
const PARTS_BYTES_MIN: usize = 512;
/// So many parts more have room at once.
const ROOM_STEP: usize = 4;
const PLACE_BYTES: usize = size_of::<u16>();
const INDEX_BYTES_MAX: usize = PartsIndex::bytes_for(SMALL_PARTS_MAX);

/// The index of the parts of a small collection, which are uniform ([`Parts::is_uniform`]).
///
/// Invariant: as many bytes as its first one asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartsIndex<'a>(&'a [u8]);

/// An index, or none, made of a state.
#[derive(Clone, Copy, Debug)]
pub struct PartsIndexBuf {
    bytes: [u8; INDEX_BYTES_MAX],
    len: usize,
}

/// What a patch changes in the index of the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexChange {
    /// Which part it is, from 0.
    pub(super) at: usize,
    /// The tag of a part that is new.
    pub(super) new: Option<u8>,
    /// So many bytes go and come.
    pub(super) gone: usize,
    pub(super) come: usize,
}

/// Where a part is or would be.
#[derive(Clone, Copy)]
pub(super) struct Place<'l> {
    /// Which of the parts it is, from 0; known if they have an index.
    pub(super) at: Option<usize>,
    pub(super) here: Option<EncodedPart<'l>>,
    /// So many bytes before the end of the parts it begins.
    pub(super) from_end: usize,
}

impl<'a> PartsIndex<'a> {
    /// How many bytes the index of so many parts takes.
    #[must_use]
    #[inline]
    pub const fn bytes_for(count: usize) -> usize {
        1 + room(count) * (1 + PLACE_BYTES)
    }

    /// Whether so many bytes of parts of type `kind`, which are uniform, are to have one.
    #[must_use]
    #[inline]
    pub fn is_for(kind: Kind, parts_bytes: usize) -> bool {
        kind != Kind::List && parts_bytes >= PARTS_BYTES_MIN
    }

    /// The index that all of `bytes` are, as [`PartsIndexBuf`] made it and [`IndexChange`] changed it.
    #[must_use]
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let &count = bytes.first()?;
        (bytes.len() == Self::bytes_for(usize::from(count))).then_some(Self(bytes))
    }

    /// Its bytes.
    #[must_use]
    #[inline]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Which of the parts is probably the one of this name, if one is.
    #[must_use]
    #[inline]
    pub fn probable(&self, name: &[u8]) -> Option<usize> {
        let tag = tag_of(name);
        self.tags().iter().position(|other| *other == tag)
    }

    /// Where the part at `at` stands: from so many bytes before the end of all parts to so many bytes before it.
    #[must_use]
    #[inline]
    pub fn from_end(&self, at: usize) -> Option<Range<usize>> {
        Some(self.begin(at)?..self.begin(at + 1).unwrap_or(0))
    }

    /// How many parts there are.
    #[must_use]
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "no index is of no parts")]
    pub fn len(&self) -> usize {
        usize::from(self.0[0])
    }

    #[inline]
    fn tags(&self) -> &'a [u8] {
        &self.0[1..=self.len()]
    }

    #[inline]
    fn places(&self) -> &'a [[u8; PLACE_BYTES]] {
        &self.0[1 + room(self.len())..].as_chunks().0[..self.len()]
    }

    #[inline]
    fn part<'l>(&self, parts: &'l [u8], at: usize) -> Option<EncodedPart<'l>> {
        let begin = parts.len().checked_sub(self.begin(at)?)?;
        EncodedPart::first(parts.get(begin..)?)
    }

    /// So many bytes before the end of all parts the part at `at` begins.
    #[inline]
    fn begin(&self, at: usize) -> Option<usize> {
        let place = self.places().get(at)?;
        Some(usize::from(u16::from_le_bytes(*place)))
    }

    /// The part `name` of `parts`, which this is the index of.
    #[inline]
    pub(super) fn find<'l>(&self, parts: &'l [u8], name: &[u8]) -> Option<EncodedPart<'l>> {
        self.find_tagged(parts, tag_of(name), name).map(|(_, part)| part)
    }

    /// As [`PartsIndex::find`], and which of them it is.
    #[inline]
    fn find_tagged<'l>(&self, parts: &'l [u8], tag: u8, name: &[u8]) -> Option<(usize, EncodedPart<'l>)> {
        let tagged = self.tags().iter().enumerate().filter(|(_, other)| **other == tag);
        let mut tagged = tagged.filter_map(|(at, _)| Some((at, self.part(parts, at)?)));
        tagged.find(|(_, part)| is_same(part.name, name))
    }

    /// Where the part `name` of `parts`, all of which are of type `kind`, is or would be.
    #[inline]
    pub(super) fn place<'l>(&self, parts: &'l [u8], kind: Kind, name: &[u8]) -> Place<'l> {
        let tag = tag_of(name);
        match self.find_tagged(parts, tag, name) {
            Some((at, here)) => self.place_of(at, Some(here)),
            None => self.place_of(self.vacancy(parts, kind, tag, name), None),
        }
    }

    /// Which of the parts one that is not there would be.
    #[cold]
    fn vacancy(&self, parts: &[u8], kind: Kind, tag: u8, name: &[u8]) -> usize {
        let tags = self.tags();
        let id = PartId::new(kind, name);
        let mut at = tags.iter().filter(|other| **other < tag).count();
        while tags.get(at) == Some(&tag)
            && self
                .part(parts, at)
                .is_some_and(|part| PartId::new(kind, part.name) < id)
        {
            at += 1;
        }
        at
    }

    #[inline]
    fn place_of<'l>(&self, at: usize, here: Option<EncodedPart<'l>>) -> Place<'l> {
        let from_end = self.begin(at).unwrap_or(0);
        Place {
            at: Some(at),
            here,
            from_end,
        }
    }
}

impl PartsIndexBuf {
    /// The index of the parts of `state`, if they are to have one.
    #[must_use]
    pub fn of(state: &State<'_>) -> Self {
        Self::try_of(state.parts).unwrap_or(Self {
            bytes: [0; INDEX_BYTES_MAX],
            len: 0,
        })
    }

    fn try_of(parts: Parts<'_>) -> Option<Self> {
        let (bytes, count) = parts.as_encoded()?;
        let is_small = !Collection::is_for_so_many(count, bytes.len());
        let has_one = is_small && PartsIndex::is_for(EncodedPart::kind_of_first(bytes)?, bytes.len());
        if !has_one || !parts.is_uniform() {
            return None;
        }
        let mut index = Self {
            bytes: [0; INDEX_BYTES_MAX],
            len: PartsIndex::bytes_for(count),
        };
        // 32 at most.
        index.bytes[0] = count as u8;
        let (tags, places) = split(&mut index.bytes[..index.len]);
        let mut rest = EncodedParts(Reader(bytes));
        for (tag, place) in tags.iter_mut().zip(places) {
            *place = place_bytes(rest.left());
            *tag = tag_of(rest.next()?.name);
        }
        Some(index)
    }

    /// It, if there is one.
    #[must_use]
    pub fn index(&self) -> Option<PartsIndex<'_>> {
        PartsIndex::new(&self.bytes[..self.len])
    }
}

impl IndexChange {
    /// How many bytes longer the index is afterwards.
    #[must_use]
    #[inline]
    pub fn growth(&self, index: PartsIndex<'_>) -> usize {
        let count = index.len();
        PartsIndex::bytes_for(count + usize::from(self.new.is_some())) - PartsIndex::bytes_for(count)
    }

    /// Changes an index, given with as many bytes after it as it grows by.
    pub fn apply(&self, index: &mut [u8]) {
        if self.new.is_some() {
            let count = usize::from(index[0]);
            let (old, new) = (1 + room(count), 1 + room(count + 1));
            if old < new {
                index.copy_within(old..old + count * PLACE_BYTES, new);
                index[old..new].fill(0);
            }
            index[0] += 1;
        }
        let (tags, places) = split(index);
        if let Some(tag) = self.new {
            let last = tags.len() - 1;
            tags.copy_within(self.at..last, self.at + 1);
            tags[self.at] = tag;
            places.copy_within(self.at..last, self.at + 1);
            // It begins where the one after it did, if it is not the last.
            if self.at == last {
                places[last] = place_bytes(0);
            }
        }
        if self.come != self.gone {
            for place in &mut places[..=self.at] {
                *place = place_bytes(usize::from(u16::from_le_bytes(*place)) + self.come - self.gone);
            }
        }
    }
}

/// For so many parts there is room in the index of `count`.
const fn room(count: usize) -> usize {
    count.next_multiple_of(ROOM_STEP)
}

/// Tags and places of an index, of as many parts as it says.
fn split(index: &mut [u8]) -> (&mut [u8], &mut [[u8; PLACE_BYTES]]) {
    let count = usize::from(index[0]);
    let (tags, places) = index[1..].split_at_mut(room(count));
    (&mut tags[..count], &mut places.as_chunks_mut().0[..count])
}

/// It ascends as the parts do.
#[inline]
pub(super) fn tag_of(name: &[u8]) -> u8 {
    (xxh3_64(name) >> (u64::BITS - u8::BITS)) as u8
}

/// Small collections have a few kilobytes.
fn place_bytes(from_end: usize) -> [u8; PLACE_BYTES] {
    debug_assert!(u16::try_from(from_end).is_ok());
    (from_end as u16).to_le_bytes()
}
