//! What an entry is: the bytes that are stored and shipped, a borrowed view of them, and how two become one.
//!
//! ```text
//!   flags u8 | generation u64 | [expiry_ms u64] | [expiry_stamp u64] | [runs: count u32, count x 32 B]
//!            | [parts: count u32, bytes u32, parts (state/encoded_part.rs)] | [base ...]
//!
//!   flags    bits 0-1  base: 0 unknown, 1 none, 2 bytes (to the end), 3 reserved
//!            bit 2     the entry expires, at expiry_ms
//!            bit 3     the expiry register has a stamp of its own; without this bit it has the generation's
//!            bit 4     runs follow (at least one), sorted by (node, birth)
//!            bit 6     parts of hashes, sets, sorted sets and lists follow (at least one), sorted by type, hash, name
//!            bits 5, 7 reserved: 5 for stubs (evicted early)
//!   integers little-endian; a run is node u64, birth u64, stamp u64, total i64
//! ```
//!
//! **Invariants** (a state that breaks one is refused by [`State::decode`], so that equal states have equal bytes):
//! the expiry's stamp is not below the generation; each run's birth is above it, and its stamp not below its birth;
//! runs are sorted and distinct; in generation zero there are no bytes, and no expiry of stamp zero.
//!
//! **Whole and partial.** A delta may carry only what its command touched. Such a delta's base is *unknown*: a copy
//! made of it alone cannot be read until the full state was fetched. So a state whose base is known (none or bytes)
//! says: this is all that the sender had of this generation.
//!
//! **Collections** are maps from names to parts, each with a small state of the same shape ([`Part`]). A part's base
//! lives iff its stamp is above the generation, a run of it iff it was born above both; what does not live is not kept.
//! Parts of several types, and a string, may stand side by side if concurrent commands wrote them: the greatest type with
//! a live part is the one that is seen ([`State::value`]), and nothing is lost. A collection's base is none (whole) or
//! unknown (a delta).
//!
//! docs/design/values.md explains the rules of merging, and why they are these.

mod decode;
mod digest;
mod dropped;
mod encode;
mod encoded_part;
mod kind;
mod large;
mod merge;
mod merge_parts;
mod part;
mod parts;
mod parts_buf;
mod parts_index;
mod parts_iter;
mod patch;
mod reader;
mod receive;
mod runs;
mod spot;
mod superseded;
mod sweep;
mod uniform;
mod value;

pub use decode::DecodeError;
pub use digest::{Summand, plain_digest};
pub use kind::Kind;
pub use large::Collection;
pub use merge::{Merged, merge, merge_visiting};
pub use part::{Part, PartId, by_score, score_bytes};
pub use parts::Parts;
pub use parts_buf::PartsBuf;
pub use parts_index::{IndexChange, PartsIndex, PartsIndexBuf};
pub use parts_iter::LiveIter;
pub use patch::{Patch, Splice};
pub use receive::{Admitted, Received, Synced, admit, receive};
pub(crate) use runs::RUN_BYTES;
pub use runs::{Run, Runs};
pub use spot::Spot;
pub use sweep::Swept;
pub use uniform::Uniform;
pub use value::{Value, parse_integer};

use crate::stamp::Stamp;
use crate::time::WallMs;

/// A borrowed view of one entry's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State<'a> {
    /// The stamp that the whole value began with: of the SET, DEL or other overwrite. [`Stamp::ZERO`] if there was
    /// none.
    pub generation: Stamp,
    /// The value written with the generation.
    pub base: Base<'a>,
    /// When the entry expires.
    ///
    /// Invariant: `expiry.stamp >= generation`.
    pub expiry: Expiry,
    /// What INCR added to the base.
    ///
    /// Invariant: each run's birth is above the generation.
    pub runs: Runs<'a>,
    /// The fields, members or elements of a collection, deleted ones included.
    ///
    /// Invariant: each part's stamp is above the generation, or zero if the part has only runs.
    pub parts: Parts<'a>,
}

/// The value that a generation began with. The order decides between equal generations: the greater wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base<'a> {
    /// Not in this state: it is a delta, or a copy made of deltas only.
    Unknown,
    /// A string.
    Bytes(&'a [u8]),
    /// Deleted in this generation, or never written: it outranks bytes, so that of a SET and a DEL with equal stamps
    /// the DEL wins, and so that an expired value counts as deleted at its own stamp.
    None,
}

/// The expiry register: it belongs to a generation, and within it the last change wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The last millisecond in which the entry is alive; `None` if it does not expire.
    pub at: Option<WallMs>,
    /// When this was said: the generation's stamp, or a later one if EXPIRE or PERSIST came after.
    pub stamp: Stamp,
}

impl Expiry {
    /// The place in the order that decides between two registers of one generation: the later said, and of two said
    /// with one stamp the longer life.
    fn rank(self) -> (Stamp, bool, Option<WallMs>) {
        (self.stamp, self.at.is_none(), self.at)
    }
}

impl<'a> State<'a> {
    /// The state of a key that nothing is known of: it reads as missing, and merged with any state it is that state.
    ///
    /// Never stored: a store that lacks an entry lacks it.
    pub const ABSENT: State<'static> = State {
        base: Base::Unknown,
        ..State::tombstone(Stamp::ZERO)
    };

    /// A generation without parts: what DEL leaves.
    #[must_use]
    pub const fn tombstone(generation: Stamp) -> State<'static> {
        State {
            generation,
            base: Base::None,
            expiry: Expiry {
                at: None,
                stamp: generation,
            },
            runs: Runs::EMPTY,
            parts: Parts::EMPTY,
        }
    }

    /// A string as SET writes it, with the expiry it was given.
    #[must_use]
    pub const fn plain(generation: Stamp, expires_at: Option<WallMs>, value: &'a [u8]) -> Self {
        Self {
            generation,
            base: Base::Bytes(value),
            expiry: Expiry {
                at: expires_at,
                stamp: generation,
            },
            runs: Runs::EMPTY,
            parts: Parts::EMPTY,
        }
    }

    /// Whether this is a plain string, as [`State::plain`] makes it: no runs, no separate expiry stamp.
    #[must_use]
    #[inline]
    pub fn is_plain(&self) -> bool {
        matches!(self.base, Base::Bytes(_))
            && self.runs.is_empty()
            && self.parts.is_empty()
            && self.expiry.stamp == self.generation
    }

    /// Whether this is a bare tombstone: nothing but a generation.
    #[must_use]
    pub fn is_tombstone(&self) -> bool {
        self.base == Base::None
            && self.runs.is_empty()
            && self.parts.is_empty()
            && self.expiry
                == Expiry {
                    at: None,
                    stamp: self.generation,
                }
    }

    /// The greatest stamp in the state: what the arc's clock observes and the drift guard checks.
    #[must_use]
    #[inline]
    pub fn max_stamp(&self) -> Stamp {
        // Invariant: expiry.stamp >= generation.
        if self.runs.is_empty() && self.parts.is_empty() {
            return self.expiry.stamp;
        }
        let runs = self.runs.iter().map(|run| run.stamp);
        let others = runs.chain([self.parts.max_stamp()]);
        others.fold(self.expiry.stamp, Stamp::max)
    }

    /// Panics in debug builds if an invariant of this type does not hold.
    pub fn check_invariants(&self) {
        debug_assert!(
            self.expiry.stamp >= self.generation,
            "the register belongs to an older generation"
        );
        debug_assert!(
            self.runs.iter().all(|run| run.birth > self.generation),
            "a run is older than the generation"
        );
        debug_assert!(self.is_possible(), "nothing is ever written with generation zero");
    }

    /// Generation zero is that of an entry which never had a whole value, so nothing was written with it.
    fn is_possible(&self) -> bool {
        self.generation > Stamp::ZERO
            || !(matches!(self.base, Base::Bytes(_)) || self.expiry.at.is_some() && self.expiry.stamp == Stamp::ZERO)
    }
}
