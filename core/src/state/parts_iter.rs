//! Walks over the parts of a collection, whichever form they are kept in.

use super::encoded_part::{EncodedPart, EncodedParts};
use super::large::{AllParts, LiveParts, PartIter, Sweepable};
use super::{Kind, Part};
use crate::time::WallMs;

/// The parts of a collection, in their order.
#[derive(Clone)]
pub struct Iter<'a>(pub(super) Source<'a>);

#[derive(Clone)]
pub(super) enum Source<'a> {
    Encoded(EncodedParts<'a>),
    SweepableEncoded(EncodedParts<'a>),
    All(AllParts<'a>),
    /// Those that are alive at some moment.
    Live(LiveParts<'a>),
    Sweepable(PartIter<'a, Sweepable>),
}

impl<'a> Iter<'a> {
    /// The next part, and its encoded form if it is at hand.
    #[inline]
    pub(super) fn next_with_bytes(&mut self) -> Option<(Part<'a>, Option<&'a [u8]>)> {
        if let Source::Encoded(parts) = &mut self.0 {
            return parts.next().map(|part| (part.part(), Some(part.bytes)));
        }
        self.next().map(|part| (part, None))
    }

    /// The encoded form of all that are left, if it is at hand: they are not visited then.
    pub(super) fn take_bytes(&mut self) -> Option<&'a [u8]> {
        match &mut self.0 {
            Source::Encoded(parts) => Some(std::mem::take(&mut parts.0.0)),
            _ => None,
        }
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        match &mut self.0 {
            Source::Encoded(parts) => parts.next().map(|part| part.part()),
            Source::SweepableEncoded(parts) => parts.find(EncodedPart::is_sweepable).map(|part| part.part()),
            Source::All(parts) => parts.next(),
            Source::Live(parts) => parts.next(),
            Source::Sweepable(parts) => parts.next(),
        }
    }
}

/// The live parts of one type, in their order.
#[derive(Clone)]
pub struct LiveIter<'a> {
    // Invariant: ascending by type.
    pub(super) parts: Iter<'a>,
    pub(super) kind: Kind,
    pub(super) now: WallMs,
}

impl<'a> Iterator for LiveIter<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let Self { kind, now, .. } = *self;
        if let Source::Encoded(parts) = &mut self.parts.0 {
            let next = parts.find(|part| part.kind() > kind || part.kind() == kind && part.is_live(now));
            return next.filter(|part| part.kind() == kind).map(|part| part.part());
        }
        let next = self
            .parts
            .find(|part| part.kind > kind || part.kind == kind && part.is_live(now));
        next.filter(|part| part.kind == kind)
    }
}
