//! What an entry is made of, apart from its key.

use std::slice;

use circlet_core::stamp::Stamp;
#[cfg(doc)]
use circlet_core::state::Parts;
use circlet_core::state::{Base, Collection, PartsIndex, PartsIndexBuf, State, Uniform};
use circlet_core::time::WallMs;

use super::{Entry, KIND_MASK, KIND_SHIFT, Kind, SHARED, UNIFORM};

/// What an entry is made of, apart from its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content<'a> {
    /// The stamp that the whole value began with.
    pub(crate) generation: Stamp,
    /// When the entry expires. For an encoded body a copy of what it says.
    pub(crate) expiry: Option<WallMs>,
    /// What the entry holds.
    pub(crate) body: Body<'a>,
}

/// What an entry holds, as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    /// Nothing: the key is deleted.
    Tombstone,
    /// A value written with the generation.
    Plain(&'a [u8]),
    /// Any other state, as `State::encode` writes it.
    Encoded {
        /// The state.
        bytes: &'a [u8],
        /// Whether its parts are uniform ([`Parts::is_uniform`]).
        is_uniform: bool,
        /// Where they are, if they have an index.
        index: Option<PartsIndex<'a>>,
    },
}

/// What an entry holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held<'a> {
    /// All but the key, as it can be written.
    Content(Content<'a>),
    /// A state that changes in place.
    Large(&'a Collection),
}

impl<'a> Content<'a> {
    /// The content of an entry that was never written.
    pub(super) const NOTHING: Content<'static> = Content {
        generation: Stamp::ZERO,
        expiry: None,
        body: Body::Tombstone,
    };

    /// The content of a plain string or a bare tombstone.
    pub(crate) fn of_simple(state: State<'a>) -> Self {
        debug_assert!(state.is_plain() || state.is_tombstone());
        let body = match state.base {
            Base::Bytes(value) => Body::Plain(value),
            Base::None | Base::Unknown => Body::Tombstone,
        };
        Self {
            generation: state.generation,
            expiry: state.expiry.at,
            body,
        }
    }

    /// The state that it is of.
    #[inline]
    pub(crate) fn state(&self) -> State<'a> {
        match self.body {
            Body::Tombstone => State::tombstone(self.generation),
            Body::Plain(value) => State::plain(self.generation, self.expiry, value),
            Body::Encoded {
                bytes,
                is_uniform,
                index,
            } => {
                let state = State::decode_trusted(bytes);
                debug_assert!(state.is_ok(), "the shard stores what it encoded: {state:?}");
                // Not to be reached; reads as a key that nothing is known of.
                let state = state.unwrap_or(State::ABSENT);
                if is_uniform {
                    state.with_uniform_parts(index)
                } else {
                    state
                }
            }
        }
    }

    /// The content of any other state, whose encoded form is given too, and the index of its parts, if they have one.
    pub(crate) fn of_encoded(state: State<'_>, encoded: &'a [u8], index: Option<PartsIndex<'a>>) -> Self {
        Self {
            generation: state.generation,
            expiry: state.expiry.at,
            body: Body::Encoded {
                bytes: encoded,
                is_uniform: index.is_some() || state.parts.is_uniform(),
                index,
            },
        }
    }
}

impl Entry {
    /// The small collection that the entry is, if it is one as most are.
    #[inline]
    pub(crate) fn uniform(&self) -> Option<Uniform<'_>> {
        const OF_UNIFORM: u32 = (Kind::Encoded as u32) << KIND_SHIFT | UNIFORM;
        if self.header().meta & (KIND_MASK << KIND_SHIFT | UNIFORM | SHARED) != OF_UNIFORM {
            return None;
        }
        let shape = self.shape();
        // SAFETY: by the type's invariant the body stands there, initialised, and lives as long as the entry; it is not shared.
        let body = unsafe { slice::from_raw_parts(self.at(shape.body_offset()), shape.body_bytes) };
        Uniform::decode(body, self.index_of(shape))
    }

    /// Asserts that the index of the parts, if there is one, is what would be made of them now.
    pub(crate) fn check_index(&self) {
        let Held::Content(content) = self.held() else { return };
        let made = PartsIndexBuf::of(&content.state());
        let index = content.body.index();
        // What was long enough for one once keeps it.
        assert!(
            made.index().is_none_or(|made| made.as_bytes() == index),
            "{index:?} beside {content:?}"
        );
    }
}

impl<'a> Held<'a> {
    /// The state.
    #[inline]
    pub(crate) fn state(&self) -> State<'a> {
        match self {
            Self::Content(content) => content.state(),
            Self::Large(collection) => collection.state(),
        }
    }
}

impl<'a> Body<'a> {
    /// The bytes of the body.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        match *self {
            Self::Tombstone => &[],
            Self::Plain(bytes) | Self::Encoded { bytes, .. } => bytes,
        }
    }

    pub(super) fn index(&self) -> &'a [u8] {
        match self {
            Self::Encoded { index: Some(index), .. } => index.as_bytes(),
            _ => &[],
        }
    }

    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Tombstone => Kind::Tombstone,
            Self::Plain(_) => Kind::Plain,
            Self::Encoded { .. } => Kind::Encoded,
        }
    }
}
