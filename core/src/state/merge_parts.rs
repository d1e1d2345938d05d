//! The parts of one collection out of those of two: part by part as states merge, after what the greater generation
//! killed is gone.
//!
//! Killing commutes with merging: what is left of a part above a generation ([`Part::above`]) depends on each of its
//! stamps alone. So parts merge alike in whatever order their generations and copies arrive.

use std::cmp::Ordering;

use super::encode::PartsSection;
use super::merge::{Merged, for_each_run, merge_heads};
use super::part::{Part, PartId};
use super::parts::Iter;
use super::{Parts, Runs, State};
use crate::stamp::Stamp;

/// What merging all parts comes to, before it is written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outline {
    /// How many parts there are then.
    pub(super) count: usize,
    /// Whether the result is not the right side's parts.
    pub(super) left_needed: bool,
    /// Whether the result is not the left side's parts.
    pub(super) right_needed: bool,
}

impl Outline {
    /// Merges the parts of `left` and `right` in a collection of `generation`, without writing the result.
    pub(super) fn of(left: Parts<'_>, right: Parts<'_>, generation: Stamp) -> Self {
        let mut outline = Self::default();
        for_each_part(left, right, generation, |part| {
            outline.count += 1;
            outline.left_needed |= part.left_needed;
            outline.right_needed |= part.right_needed;
        });
        outline
    }
}

/// Appends the section of the merged parts, `count` of them.
pub(super) fn encode_merged(left: Parts<'_>, right: Parts<'_>, generation: Stamp, count: usize, out: &mut Vec<u8>) {
    if count > 0 {
        let section = PartsSection::begin(count, out);
        for_each_part(left, right, generation, |part| part.encode(out));
        section.end(out);
    }
}

/// Merges one part with another copy of it in a collection of `generation`; there may be no copy `here`, which otherwise is alive. Says
/// whether what is left of both is anything but what was here, and appends it then.
pub(super) fn merge_part(here: Option<Part<'_>>, other: Part<'_>, generation: Stamp, out: &mut Vec<u8>) -> bool {
    let joined = other
        .above(generation)
        .and_then(|other| Joined::of(here, Some(other), generation));
    let Some(joined) = joined.filter(|joined| joined.right_needed) else {
        return false;
    };
    joined.encode(out);
    true
}

/// Visits what is left of the parts of both in `generation`, in their order.
fn for_each_part<'a>(left: Parts<'a>, right: Parts<'a>, generation: Stamp, mut visit: impl FnMut(&Joined<'a>)) {
    let mut lefts = Side::new(left, generation);
    let mut rights = Side::new(right, generation);
    loop {
        let order = match (&lefts.next, &rights.next) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((left, _)), Some((right, _))) => left.cmp(right),
        };
        let left = if order == Ordering::Greater {
            None
        } else {
            lefts.advance()
        };
        let right = if order == Ordering::Less {
            None
        } else {
            rights.advance()
        };
        if let Some(joined) = Joined::of(left, right, generation) {
            visit(&joined);
        }
    }
}

/// One side's parts, as far as they are alive.
struct Side<'a> {
    parts: Iter<'a>,
    generation: Stamp,
    next: Option<(PartId<'a>, Part<'a>)>,
}

impl<'a> Side<'a> {
    fn new(parts: Parts<'a>, generation: Stamp) -> Self {
        let mut side = Self {
            parts: parts.iter(),
            generation,
            next: None,
        };
        side.advance();
        side
    }

    /// Takes the next part.
    fn advance(&mut self) -> Option<Part<'a>> {
        let generation = self.generation;
        let next = self.parts.find_map(|part| part.above(generation));
        std::mem::replace(&mut self.next, next.map(|part| (part.id(), part))).map(|(_, part)| part)
    }
}

/// Two copies of a part that become one, or the only copy that there is.
struct Joined<'a> {
    /// The part, without its runs.
    head: Part<'a>,
    left_runs: Runs<'a>,
    right_runs: Runs<'a>,
    /// Runs born up to here are dead.
    floor: Stamp,
    run_count: usize,
    left_needed: bool,
    right_needed: bool,
}

impl<'a> Joined<'a> {
    fn of(left: Option<Part<'a>>, right: Option<Part<'a>>, generation: Stamp) -> Option<Self> {
        let any = left.or(right)?;
        let (state, left_needed, right_needed) = match (left, right) {
            (Some(left), Some(right)) => merge_heads(left.state, right.state),
            (_, None) => (any.state, true, false),
            (None, _) => (any.state, false, true),
        };
        let runs_of = |side: Option<Part<'a>>| side.map_or(Runs::EMPTY, |part| part.state.runs);
        let mut joined = Self {
            head: Part {
                state: State {
                    runs: Runs::EMPTY,
                    ..state
                },
                ..any
            },
            left_runs: runs_of(left),
            right_runs: runs_of(right),
            floor: state.generation.max(generation),
            run_count: 0,
            left_needed,
            right_needed,
        };
        for_each_run(joined.left_runs, joined.right_runs, joined.floor, |_, from| {
            joined.run_count += 1;
            joined.left_needed |= from == Merged::Left;
            joined.right_needed |= from == Merged::Right;
        });
        Some(joined)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.head.encode_head(self.run_count, out);
        for_each_run(self.left_runs, self.right_runs, self.floor, |run, _| run.encode(out));
        self.head.encode_bytes(out);
    }
}
