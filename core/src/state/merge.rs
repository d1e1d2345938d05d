//! One state out of two.
//!
//! The result is what is greatest of each part: the generation; of the greatest generation the greatest base and the
//! last said expiry; each run in its newest copy, if it was born after that generation; each part as if it were a state
//! of its own, of what lives above that generation. "Greatest" is by a total order in each place, which makes the merge commutative, associative and idempotent, whatever the stamps:
//! `tests/merge_laws.rs`.
//!
//! Most merges need no bytes written: the result is one of the two sides, and [`Merged`] says which. Refused: writing
//! the result always; a duplicate delta of a 1 MB value would copy it for nothing. Parts are written in the same pass that compares them, and taken
//! back if the result is one of the sides: going through them twice cost more.

use super::encode::PartsSection;
use super::merge_parts::{Outline, merge_parts};
use super::{Part, Parts, Run, Runs, State};
use crate::stamp::Stamp;

/// What came out of [`merge()`]`(left, right)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Both are the same state, and so is the result.
    Same,
    /// The result is the left state: the right one had nothing new.
    Left,
    /// The result is the right state: it has all that the left one had that still counts.
    Right,
    /// The result is neither; its bytes were appended to `out`.
    Both,
}

impl Merged {
    /// Whether the right side brought something that the left one lacked.
    #[must_use]
    pub const fn changed(self) -> bool {
        matches!(self, Self::Right | Self::Both)
    }

    const fn of(left_needed: bool, right_needed: bool) -> Self {
        match (left_needed, right_needed) {
            (false, false) => Self::Same,
            (true, false) => Self::Left,
            (false, true) => Self::Right,
            (true, true) => Self::Both,
        }
    }
}

/// Merges two states of one key. If the result is neither of them, its encoded bytes are *appended* to `out`; otherwise
/// `out` is left alone.
///
/// Costs a comparison of the two bases when the generations are equal, and nothing that grows with the values when they
/// are not. Allocates only in `out`.
#[must_use]
pub fn merge(left: State<'_>, right: State<'_>, out: &mut Vec<u8>) -> Merged {
    merge_visiting(left, right, out, |_, _| {})
}

/// As [`merge()`], and visits the parts to which the right side has brought something: as the left side has it, if it does, and as it is in the
/// result. If the left side's generation is not below the right one's, nothing else has changed in its parts.
#[must_use]
pub fn merge_visiting(
    left: State<'_>,
    right: State<'_>,
    out: &mut Vec<u8>,
    visit: impl FnMut(Option<Part<'_>>, Part<'_>),
) -> Merged {
    let (head, mut left_needed, mut right_needed) = merge_heads(left, right);
    let mut run_count = 0;
    if !(left.runs.is_empty() && right.runs.is_empty()) {
        for_each_run(left.runs, right.runs, head.generation, |_, from| {
            run_count += 1;
            left_needed |= from == Merged::Left;
            right_needed |= from == Merged::Right;
        });
    }
    let begin = out.len();
    let encode_head = |has_parts: bool, out: &mut Vec<u8>| {
        head.encode_head(run_count, has_parts, out);
        for_each_run(left.runs, right.runs, head.generation, |run, _| run.encode(out));
    };
    let mut parts = Outline::default();
    if !(left.parts.is_empty() && right.parts.is_empty()) {
        out.reserve(head.encoded_len() + left.parts.encoded_len() + right.parts.encoded_len());
        encode_head(true, out);
        let section = PartsSection::begin(out);
        parts = merge_parts(left, right, head.generation, out, visit);
        section.end(parts.count, out);
        left_needed |= parts.left_needed;
        right_needed |= parts.right_needed;
    }
    let merged = Merged::of(left_needed, right_needed);
    if merged != Merged::Both || parts.count == 0 {
        out.truncate(begin);
    }
    if merged == Merged::Both {
        if parts.count == 0 {
            encode_head(false, out);
        }
        head.encode_base(out);
    }
    merged
}

/// Generation, base and expiry of the result (without runs and parts), and which sides it is not equal to one without: whether
/// the left one, the right one is needed.
pub(super) fn merge_heads<'a>(left: State<'a>, right: State<'a>) -> (State<'a>, bool, bool) {
    use std::cmp::Ordering::{Equal, Greater, Less};

    let head_of = |state: State<'a>| State {
        runs: Runs::EMPTY,
        parts: Parts::EMPTY,
        ..state
    };
    match left.generation.cmp(&right.generation) {
        Greater => (head_of(left), true, false),
        Less => (head_of(right), false, true),
        Equal => {
            let base = left.base.cmp(&right.base);
            let expiry = left.expiry.rank().cmp(&right.expiry.rank());
            let head = State {
                base: if base == Less { right.base } else { left.base },
                expiry: if expiry == Less { right.expiry } else { left.expiry },
                ..head_of(left)
            };
            (
                head,
                base == Greater || expiry == Greater,
                base == Less || expiry == Less,
            )
        }
    }
}

/// Visits the runs that live in `generation`, ascending, each in its newest copy, with the side it is from.
pub(super) fn for_each_run(left: Runs<'_>, right: Runs<'_>, generation: Stamp, mut visit: impl FnMut(Run, Merged)) {
    let alive = |run: &Run| run.birth > generation;
    let mut lefts = left.iter().filter(alive).peekable();
    let mut rights = right.iter().filter(alive).peekable();
    loop {
        let from = match (lefts.peek(), rights.peek()) {
            (None, None) => return,
            (Some(_), None) => Merged::Left,
            (None, Some(_)) => Merged::Right,
            (Some(a), Some(b)) if a.id() < b.id() => Merged::Left,
            (Some(a), Some(b)) if a.id() > b.id() => Merged::Right,
            (Some(_), Some(_)) => Merged::Same,
        };
        let a = if from == Merged::Right { None } else { lefts.next() };
        let b = if from == Merged::Left { None } else { rights.next() };
        match (a, b) {
            (Some(a), Some(b)) if a.rank() < b.rank() => visit(b, Merged::Right),
            (Some(a), Some(b)) if a.rank() > b.rank() => visit(a, Merged::Left),
            (Some(run), _) | (None, Some(run)) => visit(run, from),
            (None, None) => return,
        }
    }
}
