//! The parts of a collection, in their order.

use super::part::{Part, PartId};
use super::reader::Reader;
use super::{DecodeError, Kind};
use crate::stamp::Stamp;
use crate::time::WallMs;

/// Parts in their encoded form.
///
/// Invariant: whole parts, strictly ascending by [`PartId`], `count` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    bytes: &'a [u8],
    count: u32,
}

impl<'a> Parts<'a> {
    /// No parts.
    pub const EMPTY: Parts<'static> = Parts { bytes: &[], count: 0 };

    /// A view of parts that this node encoded itself, or has checked before.
    #[must_use]
    pub(super) const fn trusted(bytes: &'a [u8], count: u32) -> Self {
        Self { bytes, count }
    }

    /// Checks that these are the parts of a collection of `generation`.
    pub(super) fn check(&self, generation: Stamp) -> Result<(), DecodeError> {
        let mut rest = Reader(self.bytes);
        let mut last: Option<PartId<'_>> = None;
        let mut count = 0_u32;
        while !rest.0.is_empty() {
            let part = Part::read(&mut rest)?;
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
        if count == self.count {
            Ok(())
        } else {
            Err(DecodeError::NotCanonical)
        }
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there are, dead ones included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Their encoded bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The parts in their order: those of one type together, in lists by name, else by hash.
    #[must_use]
    pub fn iter(&self) -> Iter<'a> {
        Iter {
            rest: Reader(self.bytes),
        }
    }

    /// The parts of a collection of type `kind`, in their order.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = Part<'a>> + Clone + use<'a> {
        let not_before = self.iter().skip_while(move |part| part.kind < kind);
        not_before.take_while(move |part| part.kind == kind)
    }

    /// The part `name` of a collection of type `kind`, dead or alive.
    #[must_use]
    pub fn find(&self, kind: Kind, name: &[u8]) -> Option<Part<'a>> {
        self.iter().find(|part| part.kind == kind && part.name == name)
    }

    /// The greatest type of which there is a live part at `now`.
    #[must_use]
    pub fn live_kind(&self, now: WallMs) -> Option<Kind> {
        // They ascend by type, so the last live one decides; as a rule there is one type only.
        let live = self.iter().filter(|part| part.is_live(now));
        live.map(|part| part.kind).last()
    }
}

/// The parts of a collection, in their order.
#[derive(Clone)]
pub struct Iter<'a> {
    rest: Reader<'a>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        if self.rest.0.is_empty() {
            return None;
        }
        let part = Part::read(&mut self.rest);
        debug_assert!(part.is_ok(), "checked before: {part:?}");
        part.ok()
    }
}

/// Parts being written, in their order.
#[derive(Clone, Debug, Default)]
pub struct PartsBuf {
    bytes: Vec<u8>,
    count: u32,
}

impl PartsBuf {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            count: 0,
        }
    }

    /// Adds a part, which must come after all that were added before: what has parts out of order cannot be decoded.
    pub fn push(&mut self, part: Part<'_>) {
        part.encode(&mut self.bytes);
        self.count += 1;
    }

    /// Whether nothing was added.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What was added.
    #[must_use]
    pub fn as_parts(&self) -> Parts<'_> {
        Parts::trusted(&self.bytes, self.count)
    }
}
