//! The parts of a collection, in their order, whichever form they are kept in.

use std::fmt;

use super::encoded_part::{EncodedPart, EncodedParts};
use super::large::LargeParts;
use super::part::{Part, PartId};
use super::parts_index::{PartsIndex, Place};
use super::parts_iter::{Iter, LiveIter, Source};
use super::reader::Reader;
use super::{DecodeError, Kind};
use crate::names::is_same;
use crate::stamp::Stamp;
use crate::time::WallMs;

/// The parts of a collection, in either of the two forms that they are kept in.
///
/// Invariant: strictly ascending by [`PartId`].
#[derive(Clone, Copy)]
pub struct Parts<'a>(Form<'a>);

#[derive(Clone, Copy)]
enum Form<'a> {
    /// Invariant: `count` whole parts; uniform if said so or if there is an index, and perhaps if not.
    Encoded {
        bytes: &'a [u8],
        count: u32,
        is_uniform: bool,
        index: Option<PartsIndex<'a>>,
    },
    Large(&'a LargeParts),
}

impl<'a> Parts<'a> {
    /// No parts.
    pub const EMPTY: Parts<'static> = Parts::trusted(&[], 0);

    /// A view of parts that this node encoded itself, or has checked before.
    #[must_use]
    pub(super) const fn trusted(bytes: &'a [u8], count: u32) -> Self {
        Self(Form::Encoded {
            bytes,
            count,
            is_uniform: false,
            index: None,
        })
    }

    /// Whether these are encoded parts of one type, all of which have a value and none of which expires or was deleted: as most collections
    /// are. Looks at all of them, unless it is known.
    #[must_use]
    pub fn is_uniform(&self) -> bool {
        match self.0 {
            Form::Encoded { is_uniform: true, .. } => true,
            Form::Encoded { bytes, .. } => {
                let mut kinds = encoded(bytes).map(|part| part.lives_on().then(|| part.kind()));
                let first = kinds.next().flatten();
                first.is_some() && kinds.all(|kind| kind == first)
            }
            Form::Large(_) => false,
        }
    }

    /// The same parts, which are known to be uniform: of which type they are, and how many live, is known from the first one and their number. They may
    /// have an index.
    #[must_use]
    #[inline]
    pub(super) fn known_to_be_uniform(self, index: Option<PartsIndex<'a>>) -> Self {
        debug_assert!(self.is_uniform(), "{self:?}");
        match self.0 {
            Form::Encoded { bytes, count, .. } => Self(Form::Encoded {
                bytes,
                count,
                is_uniform: true,
                index,
            }),
            Form::Large(_) => self,
        }
    }

    /// The encoded parts, and how many they are, if they are kept so.
    #[must_use]
    pub(super) const fn as_encoded(&self) -> Option<(&'a [u8], usize)> {
        match self.0 {
            Form::Encoded { bytes, count, .. } => Some((bytes, count as usize)),
            Form::Large(_) => None,
        }
    }

    /// The type of all of them, if they are known to be uniform.
    #[inline]
    fn uniform_kind(&self) -> Option<Kind> {
        match self.0 {
            Form::Encoded {
                bytes,
                is_uniform: true,
                ..
            } => EncodedPart::kind_of_first(bytes),
            Form::Encoded { .. } | Form::Large(_) => None,
        }
    }

    /// A view of many parts.
    #[must_use]
    pub(super) const fn large(parts: &'a LargeParts) -> Self {
        Self(Form::Large(parts))
    }

    /// Checks that these are the parts of a collection of `generation`.
    pub(super) fn check(&self, generation: Stamp) -> Result<(), DecodeError> {
        let Form::Encoded {
            bytes, count: expected, ..
        } = self.0
        else {
            // They were merged one by one.
            return Ok(());
        };
        let mut rest = Reader(bytes);
        let mut last: Option<PartId<'_>> = None;
        let mut count = 0_u32;
        while !rest.0.is_empty() {
            let part = EncodedPart::read(&mut rest)?.checked()?;
            let id = part.id();
            let in_order = last.is_none_or(|last| last < id);
            let state = part.state;
            let alive = (state.generation > generation || state.generation == Stamp::ZERO)
                && state.runs.iter().all(|run| run.birth > generation);
            if !(in_order && alive) {
                return Err(DecodeError::NotCanonical);
            }
            last = Some(id);
            count = count.saturating_add(1);
        }
        if count == expected {
            Ok(())
        } else {
            Err(DecodeError::NotCanonical)
        }
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are, dead ones included.
    #[must_use]
    #[inline]
    pub const fn len(&self) -> usize {
        match self.0 {
            Form::Encoded { count, .. } => count as usize,
            Form::Large(parts) => parts.len(),
        }
    }

    /// How many bytes they are encoded in.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        match self.0 {
            Form::Encoded { bytes, .. } => bytes.len(),
            Form::Large(parts) => parts.encoded_len(),
        }
    }

    /// Appends their encoded bytes.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self.0 {
            Form::Encoded { bytes, .. } => out.extend_from_slice(bytes),
            Form::Large(parts) => parts.encode(out),
        }
    }

    /// The sum of their digests in an entry whose key hashes to `key_hash`.
    pub(super) fn digest(&self, key_hash: u64) -> u64 {
        match self.0 {
            Form::Encoded { .. } => self.iter().fold(0, |sum, part| sum.wrapping_add(part.digest(key_hash))),
            Form::Large(parts) => parts.digest(key_hash),
        }
    }

    /// The greatest stamp in them.
    pub(super) fn max_stamp(&self) -> Stamp {
        match self.0 {
            Form::Encoded { .. } => self
                .iter()
                .fold(Stamp::ZERO, |max, part| max.max(part.state.max_stamp())),
            Form::Large(parts) => parts.max_stamp(),
        }
    }

    /// Whether all of them are whole in a collection of `generation`.
    pub(super) fn are_born_above(&self, generation: Stamp) -> bool {
        match self.0 {
            Form::Encoded { .. } => self.iter().all(|part| part.first_birth() > generation),
            Form::Large(parts) => parts.are_born_above(generation),
        }
    }

    /// All that a sweep by the time of `now` may change, and possibly others.
    pub(super) fn sweepable(&self, now: WallMs) -> Iter<'a> {
        match self.0 {
            Form::Encoded { is_uniform: true, .. } => Parts::EMPTY.iter(),
            Form::Encoded { bytes, .. } => Iter(Source::SweepableEncoded(encoded(bytes))),
            Form::Large(parts) => Iter(Source::Sweepable(parts.sweepable(now))),
        }
    }

    /// When the first of them expires, be it in the past; `None` if none ever does.
    #[must_use]
    pub fn first_expiry(&self) -> Option<WallMs> {
        match self.0 {
            Form::Encoded { is_uniform: true, .. } => None,
            Form::Encoded { bytes, .. } => {
                let expiries = encoded(bytes).filter_map(|part| part.expires_at());
                expiries.min().filter(|at| at.get() < u64::MAX)
            }
            Form::Large(parts) => parts.first_expiry(),
        }
    }

    /// The parts in their order: those of one type together, in lists by name, else by hash.
    #[must_use]
    pub fn iter(&self) -> Iter<'a> {
        Iter(match self.0 {
            Form::Encoded { bytes, .. } => Source::Encoded(encoded(bytes)),
            Form::Large(parts) => Source::All(parts.iter()),
        })
    }

    /// The part `name` of a collection of type `kind`, dead or alive.
    #[must_use]
    pub fn find(&self, kind: Kind, name: &[u8]) -> Option<Part<'a>> {
        match self.0 {
            Form::Encoded {
                bytes,
                index: Some(index),
                ..
            } => {
                let here = index.place(bytes, kind, name).here;
                here.filter(|part| part.kind() == kind).map(|part| part.part())
            }
            Form::Encoded { bytes, .. } => {
                let found = encoded(bytes).find(|part| part.is(kind, name));
                found.map(|part| part.part())
            }
            Form::Large(parts) => parts.find(kind, name),
        }
    }

    /// The only part, as bytes, if there is one alone and they are encoded.
    pub(super) fn only_encoded(&self) -> Option<EncodedPart<'a>> {
        match self.0 {
            Form::Encoded { bytes, count: 1, .. } => encoded(bytes).next(),
            Form::Encoded { .. } | Form::Large(_) => None,
        }
    }

    /// Where the part `name` is or would be; none if they are not known to be uniform and of this type.
    #[inline]
    pub(super) fn place_in_uniform(&self, kind: Kind, name: &[u8]) -> Option<Place<'a>> {
        let Form::Encoded {
            bytes,
            is_uniform: true,
            index,
            ..
        } = self.0
        else {
            return None;
        };
        if EncodedPart::kind_of_first(bytes)? != kind {
            return None;
        }
        Some(index.map_or_else(|| walk_to(bytes, kind, name), |index| index.place(bytes, kind, name)))
    }

    /// Whether there is a live part at `now`.
    pub(super) fn has_live(&self, now: WallMs) -> bool {
        match self.0 {
            Form::Encoded { bytes, .. } => encoded(bytes).any(|part| part.is_live(now)),
            Form::Large(parts) => parts.live_kind(now).is_some(),
        }
    }

    /// The greatest type of which there is a live part at `now`.
    #[must_use]
    pub fn live_kind(&self, now: WallMs) -> Option<Kind> {
        match self.0 {
            Form::Encoded { is_uniform: true, .. } => self.uniform_kind(),
            Form::Encoded { bytes, .. } => {
                // They ascend by type, so the last live one decides; as a rule there is one type only.
                let live = encoded(bytes).filter(|part| part.is_live(now));
                let mut kinds = live.map(|part| part.kind());
                let first = kinds.next()?;
                // No type is greater than hashes.
                Some(if first == Kind::Hash {
                    first
                } else {
                    kinds.last().unwrap_or(first)
                })
            }
            Form::Large(parts) => parts.live_kind(now),
        }
    }

    /// How many parts of type `kind` are alive at `now`.
    #[must_use]
    pub fn live_count(&self, kind: Kind, now: WallMs) -> usize {
        match self.0 {
            Form::Encoded { is_uniform: true, .. } if self.uniform_kind() == Some(kind) => self.len(),
            Form::Encoded { bytes, .. } => {
                let live = encoded(bytes).filter(|part| part.kind() == kind && part.is_live(now));
                live.count()
            }
            Form::Large(parts) => parts.live_count(kind, now),
        }
    }

    /// The parts of type `kind` that are alive at `now`, in their order.
    #[must_use]
    pub fn live(&self, kind: Kind, now: WallMs) -> LiveIter<'a> {
        self.live_from_nth(kind, now, 0)
    }

    /// As [`Parts::live`], without the first `skipped` of them.
    #[must_use]
    pub fn live_from_nth(&self, kind: Kind, now: WallMs, skipped: usize) -> LiveIter<'a> {
        let parts = match self.0 {
            Form::Encoded { bytes, .. } => {
                let mut parts = encoded(bytes);
                if let Some(last) = skipped.checked_sub(1) {
                    let mut live = parts.by_ref().filter(|part| part.kind() == kind && part.is_live(now));
                    live.nth(last);
                }
                Iter(Source::Encoded(parts))
            }
            Form::Large(parts) => Iter(Source::Live(parts.live_from_nth(kind, now, skipped))),
        };
        LiveIter { parts, kind, now }
    }

    /// As [`Parts::live`], from the first on whose name hashes to `hash` or more; not for lists.
    #[must_use]
    pub fn live_from_hash(&self, kind: Kind, now: WallMs, hash: u64) -> LiveIter<'a> {
        let parts = match self.0 {
            Form::Encoded { .. } => {
                let mut parts = self.iter();
                let from = PartId { kind, hash, name: b"" };
                while parts.clone().next().is_some_and(|part| part.id() < from) {
                    parts.next();
                }
                parts
            }
            Form::Large(parts) => Iter(Source::Live(parts.live_from_hash(kind, now, hash))),
        };
        LiveIter { parts, kind, now }
    }

    /// The first name of type `kind`, be the part dead or alive.
    #[must_use]
    pub fn first_name(&self, kind: Kind) -> Option<&'a [u8]> {
        match self.0 {
            Form::Encoded { bytes, .. } => names(bytes, kind).next(),
            Form::Large(parts) => parts.first_name(kind),
        }
    }

    /// The last name of type `kind`, be the part dead or alive.
    #[must_use]
    pub fn last_name(&self, kind: Kind) -> Option<&'a [u8]> {
        match self.0 {
            Form::Encoded { bytes, .. } => names(bytes, kind).last(),
            Form::Large(parts) => parts.last_name(kind),
        }
    }

    /// The names right before and right after `name` in a list, be the parts dead or alive.
    #[must_use]
    pub fn neighbours(&self, name: &[u8]) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        match self.0 {
            Form::Encoded { bytes, .. } => {
                let before = names(bytes, Kind::List).take_while(|other| *other < name).last();
                (before, names(bytes, Kind::List).find(|other| *other > name))
            }
            Form::Large(parts) => parts.neighbours(Kind::List, name),
        }
    }

    /// If they are kept in the order of scores: of a sorted set's members how many that are alive at `now` stand
    /// before the first that is not `before`, by score and, if asked for, name.
    pub(crate) fn ranked_before(
        &self,
        now: WallMs,
        before: impl Fn(f64, &dyn Fn() -> &'a [u8]) -> bool,
    ) -> Option<usize> {
        match self.0 {
            Form::Encoded { .. } => None,
            Form::Large(parts) => Some(parts.ranked_before(now, before)),
        }
    }

    /// The members of a sorted set that are alive at `now` by rank, without the first `skipped` of them, if they are kept in that
    /// order.
    pub(crate) fn ranked_from(&self, now: WallMs, skipped: usize) -> Option<impl Iterator<Item = Part<'a>> + use<'a>> {
        match self.0 {
            Form::Encoded { .. } => None,
            Form::Large(parts) => Some(parts.ranked_from(now, skipped)),
        }
    }
}

#[inline]
const fn encoded(bytes: &[u8]) -> EncodedParts<'_> {
    EncodedParts(Reader(bytes))
}

/// Where the part `name` of parts that are all of type `kind` is or would be.
#[inline]
pub(super) fn walk_to<'a>(bytes: &'a [u8], kind: Kind, name: &[u8]) -> Place<'a> {
    let place = |here, from_end| Place {
        at: None,
        here,
        from_end,
    };
    if kind == Kind::List {
        // Lists are ordered by name, so that a PUSH to the left, whose name is before all others, looks at one part.
        let mut rest = bytes;
        while let Some(part) = EncodedPart::first(rest)
            && part.name <= name
        {
            if part.name == name {
                return place(Some(part), rest.len());
            }
            rest = &rest[part.bytes.len()..];
        }
        return place(None, rest.len());
    }
    let mut rest = bytes;
    while let Some(part) = EncodedPart::first(rest) {
        if is_same(part.name, name) {
            return place(Some(part), rest.len());
        }
        rest = &rest[part.bytes.len()..];
    }
    place(None, vacancy(bytes, kind, name))
}

/// So many bytes before the end of these parts one that is not there would begin.
#[cold]
fn vacancy(bytes: &[u8], kind: Kind, name: &[u8]) -> usize {
    let id = PartId::new(kind, name);
    let mut rest = encoded(bytes);
    let after = rest.find(|part| PartId::new(kind, part.name) > id);
    rest.left() + after.map_or(0, |after| after.bytes.len())
}

/// The names of one type, be the parts dead or alive.
fn names(bytes: &[u8], kind: Kind) -> impl Iterator<Item = &[u8]> {
    let of_kind = encoded(bytes).filter(move |part| part.kind() == kind);
    of_kind.map(|part| part.name)
}

impl PartialEq for Parts<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (Form::Encoded { bytes, .. }, Form::Encoded { bytes: others, .. }) => bytes == others,
            (Form::Large(parts), Form::Large(others)) if std::ptr::eq(parts, others) => true,
            _ => self.len() == other.len() && self.iter().eq(other.iter()),
        }
    }
}

impl Eq for Parts<'_> {}

impl fmt::Debug for Parts<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}
