//! A small collection as most are: parts of one type, all of them alive for good, and nothing else in the key.
//!
//! Nearly all commands on one field, member or element are on such a one. A [`State`] of it says a dozen things of which these commands want four, and is
//! ten words long; so they look at this, and take the way by the state if it is none. What is answered is the same
//! (`what_is_found_is_what_the_state_says`).

use std::borrow::Cow;

use super::encode::{BASE_NONE, F_PARTS, PartsSection};
use super::encoded_part::{EncodedPart, EncodedParts};
use super::parts::walk_to;
use super::parts_index::{PartsIndex, Place};
use super::reader::Reader;
use super::{Base, Expiry, Kind, Parts, Spot, State};
use crate::mutate::End;
use crate::stamp::Stamp;
use crate::time::WallMs;

/// A small collection whose parts are uniform ([`Parts::is_uniform`]), whole, and without runs or a string beside the parts.
#[derive(Clone, Copy, Debug)]
pub struct Uniform<'a> {
    generation: Stamp,
    expiry: Expiry,
    parts: &'a [u8],
    // Invariant: so many parts, one at least.
    count: usize,
    kind: Kind,
    index: Option<PartsIndex<'a>>,
}

impl<'a> Uniform<'a> {
    /// The collection that is encoded in all of `bytes`, which this node encoded itself, and whose parts must be uniform and may have this index. None if
    /// there is more in it than the parts, or not all of them.
    #[must_use]
    #[inline]
    pub fn decode(bytes: &'a [u8], index: Option<PartsIndex<'a>>) -> Option<Self> {
        const HEAD_BYTES: usize = size_of::<u8>() + size_of::<u64>();
        let (&flags, rest) = bytes.split_first()?;
        if flags != BASE_NONE | F_PARTS {
            return Self::of(State::decode_trusted(bytes).ok()?, index);
        }
        let generation = Stamp::from_bits(u64::from_le_bytes(*rest.first_chunk()?));
        let (parts, count) = PartsSection::split(&bytes[HEAD_BYTES..])?;
        let expiry = Expiry {
            at: None,
            stamp: generation,
        };
        Self::new(generation, expiry, (parts, count), index)
    }

    /// As [`Uniform::decode`], of the decoded state.
    #[cold]
    #[inline(never)]
    fn of(state: State<'a>, index: Option<PartsIndex<'a>>) -> Option<Self> {
        if state.base != Base::None || !state.runs.is_empty() {
            return None;
        }
        Self::new(state.generation, state.expiry, state.parts.as_encoded()?, index)
    }

    #[inline]
    fn new(
        generation: Stamp,
        expiry: Expiry,
        (parts, count): (&'a [u8], usize),
        index: Option<PartsIndex<'a>>,
    ) -> Option<Self> {
        debug_assert!(
            parts.is_empty() || Parts::trusted(parts, count as u32).is_uniform(),
            "{parts:x?}"
        );
        Some(Self {
            generation,
            expiry,
            parts,
            count,
            kind: EncodedPart::kind_of_first(parts)?,
            index,
        })
    }

    /// Of which type it is.
    #[must_use]
    #[inline]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// How many parts there are.
    #[must_use]
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "no collection has no parts")]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// The stamp that the collection began with.
    #[must_use]
    #[inline]
    pub const fn generation(&self) -> Stamp {
        self.generation
    }

    /// Whether it is there at `now`: it has not expired.
    #[must_use]
    #[inline]
    pub fn is_live(&self, now: WallMs) -> bool {
        self.expiry.at.is_none_or(|at| now <= at)
    }

    /// Whether there is a part of this name.
    #[must_use]
    #[inline]
    pub fn has(&self, name: &[u8]) -> bool {
        self.find(name).is_some()
    }

    /// The element or the value of the field of this name, as [`Part::text`](super::Part::text) has it.
    #[must_use]
    #[inline]
    pub fn text(&self, name: &[u8]) -> Option<Cow<'a, [u8]>> {
        self.find(name).map(|part| part.text())
    }

    /// The element at this index of a list, from 0.
    #[must_use]
    #[inline]
    pub fn nth_text(&self, at: usize) -> Option<Cow<'a, [u8]>> {
        let mut rest = self.parts;
        for _ in 0..at {
            rest = &rest[EncodedPart::first(rest)?.bytes.len()..];
        }
        EncodedPart::first(rest).map(|part| part.text())
    }

    /// The score of the member of this name.
    #[must_use]
    #[inline]
    pub fn score(&self, name: &[u8]) -> Option<f64> {
        self.find(name).map(|part| part.score())
    }

    /// The name of the first part: of a list, of the element at its front.
    #[must_use]
    #[inline]
    pub fn first_name(&self) -> Option<&'a [u8]> {
        EncodedPart::first(self.parts).map(|part| part.name)
    }

    /// The name of the last part.
    #[must_use]
    pub fn last_name(&self) -> Option<&'a [u8]> {
        EncodedParts(Reader(self.parts)).last().map(|part| part.name)
    }

    /// Where the part of this name is, or would be.
    #[must_use]
    #[inline]
    pub fn spot(&self, name: &[u8]) -> Spot<'a> {
        let place = match self.index {
            Some(index) => index.place(self.parts, self.kind, name),
            None => walk_to(self.parts, self.kind, name),
        };
        self.at(place)
    }

    /// Where the part of a name is that comes before all names in a list, or after all.
    #[must_use]
    #[inline]
    pub fn spot_beyond(&self, end: End) -> Spot<'a> {
        debug_assert_eq!((self.kind, self.index), (Kind::List, None));
        self.at(Place {
            at: None,
            here: None,
            from_end: match end {
                End::Front => self.parts.len(),
                End::Back => 0,
            },
        })
    }

    #[inline]
    fn at(&self, place: Place<'a>) -> Spot<'a> {
        Spot {
            generation: self.generation,
            expiry: self.expiry,
            count: self.count,
            parts_len: self.parts.len(),
            base_len: 0,
            place,
        }
    }

    #[inline]
    fn find(&self, name: &[u8]) -> Option<EncodedPart<'a>> {
        match self.index {
            Some(index) => index.find(self.parts, name),
            None => EncodedPart::find(self.parts, name),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::{Part, PartId, PartsBuf, PartsIndexBuf, Run, Runs, score_bytes};

    const NOW: WallMs = WallMs::new(1_000);

    /// Value, and what was added to it.
    type Held = (Vec<u8>, Option<i64>);

    fn encoded(state: State<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        state.encode(&mut bytes);
        bytes
    }

    /// A collection with these parts, which are uniform, and the index that it has.
    fn collection(kind: Kind, parts: &[(Vec<u8>, Held)], expires_at: Option<u64>) -> (Vec<u8>, PartsIndexBuf) {
        let mut parts: Vec<_> = parts.iter().collect();
        parts.sort_by(|(left, _), (right, _)| PartId::new(kind, left).cmp(&PartId::new(kind, right)));
        let mut buffer = PartsBuf::new();
        for (name, (value, added)) in parts {
            let score = score_bytes(value.len() as f64);
            let value = match kind {
                Kind::Set => &[],
                Kind::SortedSet => &score[..],
                Kind::String | Kind::List | Kind::Hash => &value[..],
            };
            let run = Run {
                node: 7,
                birth: Stamp::from_bits(9),
                stamp: Stamp::from_bits(9),
                total: added.unwrap_or_default(),
            }
            .to_bytes();
            let mut part = Part::written(kind, name, Stamp::from_bits(8), value, None);
            if added.is_some() && matches!(kind, Kind::SortedSet | Kind::Hash) {
                part.state.runs = Runs::new(&run).unwrap();
            }
            buffer.push(part);
        }
        let state = State {
            expiry: Expiry {
                at: expires_at.map(WallMs::new),
                stamp: Stamp::from_bits(7),
            },
            parts: buffer.as_parts(),
            ..State::tombstone(Stamp::from_bits(7))
        };
        (encoded(state), PartsIndexBuf::of(&state))
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_the_state_says(
            kind in prop::sample::select(vec![Kind::List, Kind::Set, Kind::SortedSet, Kind::Hash]),
            parts in prop::collection::btree_map(
                prop_oneof![9 => prop::collection::vec(1..6_u8, 1..4), 1 => prop::collection::vec(1..3_u8, 120..140)],
                (prop::collection::vec(any::<u8>(), 0..150), prop::option::weighted(0.2, -9..9_i64)),
                1..20,
            ),
            name in prop::collection::vec(1..6_u8, 1..4),
            expires_at in prop::option::of(999..1_002_u64),
        ) {
            let mut names: Vec<Vec<u8>> = parts.keys().cloned().collect();
            let (bytes, index) = collection(kind, &parts.into_iter().collect::<Vec<_>>(), expires_at);
            let state = State::decode(&bytes).unwrap();
            let found = Uniform::decode(&bytes, index.index()).unwrap();
            prop_assert_eq!((found.kind(), found.len()), (kind, state.parts.len()));
            prop_assert_eq!(found.generation(), state.generation);
            prop_assert_eq!(found.is_live(NOW), !state.is_expired(NOW));
            prop_assert_eq!(found.first_name(), state.parts.first_name(kind));
            prop_assert_eq!(found.last_name(), state.parts.last_name(kind));
            for at in 0..=found.len() {
                let part = state.parts.iter().nth(at);
                prop_assert_eq!(found.nth_text(at), part.map(|part| part.text()));
            }
            names.push(name);
            for name in &names {
                let part = state.parts.find(kind, name);
                prop_assert_eq!(found.has(name), part.is_some());
                prop_assert_eq!(found.spot(name).part(), part);
                prop_assert_eq!(found.text(name), part.map(|part| part.text()));
                prop_assert_eq!(found.score(name), part.map(|part| part.score()));
            }
        }
    }

    #[test]
    fn what_has_more_than_its_parts_or_not_all_of_them_is_none() {
        let (whole, _) = collection(Kind::Hash, &[(b"field".to_vec(), (b"value".to_vec(), None))], None);
        let state = State::decode(&whole).unwrap();
        let run = Run {
            node: 7,
            birth: Stamp::from_bits(9),
            stamp: Stamp::from_bits(9),
            total: 1,
        }
        .to_bytes();
        assert!(Uniform::decode(&whole, None).is_some());
        let others = [
            State {
                base: Base::Unknown,
                ..state
            },
            State {
                base: Base::Bytes(b"string"),
                ..state
            },
            State {
                runs: Runs::new(&run).unwrap(),
                ..state
            },
            State::tombstone(state.generation),
        ];
        for other in others {
            assert!(Uniform::decode(&encoded(other), None).is_none(), "{other:?}");
        }
    }
}
