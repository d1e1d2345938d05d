//! Where one part of a small collection stands, or would stand: found once, to be read and to be written.

use super::encode::PartsSection;
use super::encoded_part::EncodedPart;
use super::parts_index::{IndexChange, PartsIndex, Place, tag_of};
use super::patch::{Patch, Splice};
use super::{Collection, Kind, Part, Runs, State};

/// The place of one part in a collection that is kept encoded and is known to be uniform
/// ([`Parts::is_uniform`](super::Parts::is_uniform)).
#[derive(Clone, Copy)]
pub struct Spot<'l> {
    state: State<'l>,
    place: Place<'l>,
}

impl<'l> Spot<'l> {
    /// The place of the part `name` in a collection of type `kind`; none if `state` is no such collection, or is not known to be uniform.
    #[must_use]
    #[inline]
    pub fn of(state: State<'l>, kind: Kind, name: &[u8]) -> Option<Self> {
        let place = state.parts.place_in_uniform(kind, name)?;
        Some(Self { state, place })
    }

    /// The part, if it is there. It is alive then.
    #[must_use]
    #[inline]
    pub fn part(&self) -> Option<Part<'l>> {
        self.place.here.map(|here| here.part())
    }

    /// The state that it is in.
    #[must_use]
    #[inline]
    pub const fn state(&self) -> State<'l> {
        self.state
    }

    /// As [`Spot::patch`], with the part that `bytes` are of, which this node encoded itself.
    pub(crate) fn written<'d>(&self, bytes: &'d [u8]) -> Option<Patch<'l, 'd>> {
        self.patch(EncodedPart::trusted(bytes)?)
    }

    /// The state with `new` in this place, whatever is there now; none if it would no longer be small. `new` must be the part of this place,
    /// live on, and live above the state's generation.
    pub(super) fn patch<'d>(&self, new: EncodedPart<'d>) -> Option<Patch<'l, 'd>> {
        debug_assert!(new.lives_on() && new.part().first_birth() > self.state.generation);
        let parts = self.state.parts;
        let Place { at, here, from_end } = self.place;
        let gone = here.map_or(0, |here| here.bytes.len());
        let count = parts.len() + usize::from(here.is_none());
        let len = parts.encoded_len() - gone + new.bytes.len();
        // What gets so long that it is to have an index is written anew.
        let gets_index = at.is_none() && PartsIndex::is_for(new.kind(), len);
        if gets_index || Collection::is_for_so_many(count, len) {
            return None;
        }
        let base_len = self.state.base_len();
        let section_head = (gone != new.bytes.len()).then(|| {
            let head = PartsSection::head(count, len);
            (base_len + len + head.len(), head)
        });
        Some(Patch {
            splice: Splice {
                from_end: base_len + from_end,
                gone,
                section_head,
                index: at.map(|at| IndexChange {
                    at,
                    new: here.is_none().then(|| tag_of(new.name)),
                    gone,
                    come: new.bytes.len(),
                }),
            },
            bytes: new.bytes,
            part: Some((self.part(), new.part())),
            runs: (Runs::EMPTY, Runs::EMPTY),
        })
    }
}
