//! The parts of one collection out of those of two: part by part as states merge, after what the greater generation
//! killed is gone.
//!
//! Killing commutes with merging: what is left of a part above a generation ([`Part::above`]) depends on each of its
//! stamps alone. So parts merge alike in whatever order their generations and copies arrive.

use std::cmp::Ordering;

use super::merge::{Merged, for_each_run, merge_heads};
use super::part::Part;
use super::parts_iter::Iter;
use super::{Runs, State};
use crate::stamp::Stamp;

/// What merging all parts came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outline {
    /// How many parts there are then.
    pub(super) count: usize,
    /// Whether the result is not the right side's parts.
    pub(super) left_needed: bool,
    /// Whether the result is not the left side's parts.
    pub(super) right_needed: bool,
}

/// Appends what is left of the parts of two states in `generation`, the greater of theirs, in their order. Visits each to which the right side
/// has brought something: as the left side has it, if it does, and as it is.
pub(super) fn merge_parts(
    left: State<'_>,
    right: State<'_>,
    generation: Stamp,
    out: &mut Vec<u8>,
    mut visit: impl FnMut(Option<Part<'_>>, Part<'_>),
) -> Outline {
    let mut lefts = Side::new(left, generation);
    let mut rights = Side::new(right, generation);
    let mut outline = Outline::default();
    loop {
        let order = match (&mut lefts.next, &mut rights.next) {
            (None, None) => return outline,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.order(right),
        };
        let begin = out.len();
        let (left, is_news) = match order {
            Ordering::Less => {
                outline.count += lefts.pass_on(rights.next.is_none(), out);
                outline.left_needed = true;
                continue;
            }
            Ordering::Greater => {
                outline.count += rights.pass_on(false, out);
                (None, true)
            }
            Ordering::Equal => {
                let left = lefts.advance();
                let Some(joined) = Joined::of(left, rights.advance(), generation) else {
                    continue;
                };
                joined.encode(out);
                outline.count += 1;
                outline.left_needed |= joined.left_needed;
                (left, joined.right_needed)
            }
        };
        outline.right_needed |= is_news;
        if is_news && let Some(part) = Part::trusted(&out[begin..]) {
            visit(left, part);
        }
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

/// One side's parts, as far as they are alive.
struct Side<'a> {
    parts: Iter<'a>,
    generation: Stamp,
    /// Whether all of them live on in that generation, which is their own.
    is_whole: bool,
    /// How many were taken from `parts`.
    taken: usize,
    len: usize,
    next: Option<Next<'a>>,
}

/// The part that is the next one of a side.
struct Next<'a> {
    part: Part<'a>,
    /// Its encoded form, if it is at hand and all of it lives on.
    bytes: Option<&'a [u8]>,
    /// What leads the order within a type, once somebody asked.
    hash: Option<u64>,
}

impl<'a> Side<'a> {
    fn new(state: State<'a>, generation: Stamp) -> Self {
        let mut side = Self {
            parts: state.parts.iter(),
            generation,
            is_whole: state.generation == generation,
            taken: 0,
            len: state.parts.len(),
            next: None,
        };
        side.advance();
        side
    }

    /// Takes the next part.
    fn advance(&mut self) -> Option<Part<'a>> {
        let next = self.alive();
        std::mem::replace(&mut self.next, next).map(|next| next.part)
    }

    /// The first of the parts not taken yet of which something is alive.
    fn alive(&mut self) -> Option<Next<'a>> {
        let next = |part, bytes| Next {
            part,
            bytes,
            hash: None,
        };
        while let Some((part, bytes)) = self.parts.next_with_bytes() {
            self.taken += 1;
            if self.is_whole {
                return Some(next(part, bytes));
            }
            if let Some(part) = part.above(self.generation) {
                return Some(next(part, None));
            }
        }
        None
    }

    /// Appends the next part, of which the other side has no copy, or all that are left if it has no more at all; says how many.
    fn pass_on(&mut self, is_last_side: bool, out: &mut Vec<u8>) -> usize {
        let Some(next) = &self.next else { return 0 };
        let Some(bytes) = next.bytes else {
            let joined = Joined::of(Some(next.part), None, self.generation);
            joined.iter().for_each(|joined| joined.encode(out));
            self.advance();
            return joined.iter().count();
        };
        out.extend_from_slice(bytes);
        if is_last_side && let Some(rest) = self.parts.take_bytes() {
            out.extend_from_slice(rest);
            self.next = None;
            return 1 + self.len - self.taken;
        }
        self.advance();
        1
    }
}

impl Next<'_> {
    /// Where it stands relative to another one. Most that are equal are told by their names, without a hash.
    fn order(&mut self, other: &mut Self) -> Ordering {
        if self.part.kind == other.part.kind && self.part.name == other.part.name {
            return Ordering::Equal;
        }
        let kinds = self.part.kind.cmp(&other.part.kind);
        let by_hash = || self.hash().cmp(&other.hash());
        kinds
            .then_with(by_hash)
            .then_with(|| self.part.name.cmp(other.part.name))
    }

    fn hash(&mut self) -> u64 {
        let part = self.part;
        *self.hash.get_or_insert_with(|| part.id().hash)
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
