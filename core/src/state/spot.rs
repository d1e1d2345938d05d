//! Where one part of a small collection stands, or would stand: found once, to be read and to be written.

use super::encode::PartsSection;
use super::encoded_part::EncodedPart;
use super::parts_index::{IndexChange, PartsIndex, Place, tag_of};
use super::patch::{Changed, Patch, Splice};
use super::{Base, Collection, Expiry, Kind, Part, State};
use crate::stamp::Stamp;

/// The place of one part in a collection that is kept encoded and is known to be uniform
/// ([`Parts::is_uniform`](super::Parts::is_uniform)).
#[derive(Clone, Copy)]
pub struct Spot<'l> {
    /// Of the collection.
    pub(super) generation: Stamp,
    pub(super) expiry: Expiry,
    /// How many parts there are, and how many bytes.
    pub(super) count: usize,
    pub(super) parts_len: usize,
    /// So many bytes follow the parts.
    pub(super) base_len: usize,
    pub(super) place: Place<'l>,
}

impl<'l> Spot<'l> {
    /// The place of the part `name` in a collection of type `kind`; none if `state` is no such collection, or is not known to be uniform.
    #[must_use]
    #[inline]
    pub fn of(state: State<'l>, kind: Kind, name: &[u8]) -> Option<Self> {
        let place = state.parts.place_in_uniform(kind, name)?;
        Some(Self {
            generation: state.generation,
            expiry: state.expiry,
            count: state.parts.len(),
            parts_len: state.parts.encoded_len(),
            base_len: state.base_len(),
            place,
        })
    }

    /// The part, if it is there. It is alive then.
    #[must_use]
    #[inline]
    pub fn part(&self) -> Option<Part<'l>> {
        self.place.here.map(|here| here.part())
    }

    /// Whether the part is there.
    #[must_use]
    #[inline]
    pub fn is_taken(&self) -> bool {
        self.place.here.is_some()
    }

    /// The score of the member, if it is there.
    #[must_use]
    #[inline]
    pub fn score(&self) -> Option<f64> {
        self.place.here.map(|here| here.score())
    }

    /// Whether something was added to the part, and not written.
    #[inline]
    pub(crate) fn was_added_to(&self) -> bool {
        self.place.here.is_some_and(|here| here.has_runs())
    }

    /// As [`Spot::patch`], with the part as written at `stamp`, which is appended to `out`; the delta that says so begins before it, if it is wanted.
    #[inline]
    pub(crate) fn write<'d>(
        &self,
        part: (Kind, &[u8], &[u8]),
        stamp: Stamp,
        is_delta_wanted: bool,
        out: &'d mut Vec<u8>,
    ) -> Option<Patch<'l, 'd>> {
        let (kind, name, value) = part;
        if is_delta_wanted {
            let len = EncodedPart::written_len(kind, name, value);
            // What a command writes to a collection that is there says nothing of what else is in it.
            let head = State {
                base: Base::Unknown,
                expiry: self.expiry,
                ..State::tombstone(self.generation)
            };
            head.encode_head(0, true, out);
            out.extend_from_slice(&PartsSection::head(1, len));
        }
        self.patch(EncodedPart::write(kind, name, stamp, value, out))
    }

    /// The state with `new` in this place, whatever is there now; none if it would no longer be small. `new` must be the part of this place,
    /// live on, and live above the state's generation.
    #[inline]
    pub(super) fn patch<'d>(&self, new: EncodedPart<'d>) -> Option<Patch<'l, 'd>> {
        debug_assert!(new.lives_on() && new.part().first_birth() > self.generation);
        let Place { at, here, from_end } = self.place;
        let gone = here.map_or(0, |here| here.bytes.len());
        let come = new.bytes.len();
        let count = self.count + usize::from(here.is_none());
        let len = self.parts_len - gone + come;
        // What gets so long that it is to have an index is written anew.
        let gets_index = at.is_none() && PartsIndex::is_for(new.kind(), len);
        if gets_index || Collection::is_for_so_many(count, len) {
            return None;
        }
        let section_head = (gone != come).then(|| {
            let head = PartsSection::head(count, len);
            (self.base_len + len + head.len(), head)
        });
        let splice = Splice {
            from_end: self.base_len + from_end,
            gone,
            section_head,
            index: at.map(|at| IndexChange {
                at,
                new: here.is_none().then(|| tag_of(new.name)),
                gone,
                come,
            }),
        };
        Some(Patch {
            splice,
            bytes: new.bytes,
            changed: Changed::Part(here, new),
        })
    }
}
