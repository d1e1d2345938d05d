//! The live parts of a collection: what the four views have in common.

use std::collections::BTreeSet;

use crate::state::{Base, Kind, LiveIter, Part, PartId, Parts, State, parse_integer};
use crate::time::WallMs;

/// The live parts of one type in a state.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    state: State<'a>,
    kind: Kind,
    now: WallMs,
}

/// What OBJECT ENCODING goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many live parts there are.
    pub len: usize,
    /// The length of the longest name (but of lists) or value, in bytes.
    pub longest_bytes: usize,
    /// The lengths of all of these together, in bytes; of more than 8,192 parts only the first.
    pub total_bytes: usize,
    /// Whether all names are whole numbers of 64 bits.
    pub is_all_integers: bool,
}

/// Up to so many parts are one step of a scan, whatever it asked for, as in Redis.
const SCAN_WHOLE_MAX: usize = 128;

/// So many parts at most are looked at for their shape.
const SHAPE_PARTS_MAX: usize = 1 << 13;

/// From one in so many on, chosen parts are picked while walking over all of them.
const WALK_SHARE: usize = 16;

/// A cursor is so many bits shorter than a hash: it fits 62, which clients read as a positive number.
const CURSOR_SHIFT: u32 = 2;

impl<'a> Live<'a> {
    /// The parts of type `kind` that are alive at `now`; none if the entry has expired.
    #[must_use]
    pub fn new(state: State<'a>, kind: Kind, now: WallMs) -> Self {
        let state = if state.is_expired(now) { State::ABSENT } else { state };
        Self { state, kind, now }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.parts.live_count(self.kind, self.now)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The part `name`.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Part<'a>> {
        let part = self.state.parts.find(self.kind, name)?;
        part.is_live(self.now).then_some(part)
    }

    /// All of them, in their order: in lists that of the elements, else by hash.
    #[must_use]
    pub fn iter(&self) -> LiveIter<'a> {
        self.state.parts.live(self.kind, self.now)
    }

    /// Those from `index` on in their order.
    #[must_use]
    pub fn iter_from(&self, index: usize) -> LiveIter<'a> {
        self.state.parts.live_from_nth(self.kind, self.now, index)
    }

    /// The part at `index` in their order.
    #[must_use]
    pub fn nth(&self, index: usize) -> Option<Part<'a>> {
        self.iter_from(index).next()
    }

    /// All parts, and at which moment they are looked at.
    pub(super) fn parts(&self) -> (Parts<'a>, WallMs) {
        (self.state.parts, self.now)
    }

    /// One of them, chosen by a random number.
    #[must_use]
    pub fn random(&self, random: u64) -> Option<Part<'a>> {
        let len = self.len() as u64;
        self.nth((random.checked_rem(len)?) as usize)
    }

    /// `count` different ones of them, each with the same chance; all if there are no more. `random` answers evenly
    /// distributed numbers.
    pub fn random_distinct(&self, count: usize, mut random: impl FnMut() -> u64) -> Vec<Part<'a>> {
        let len = self.len();
        if count >= len {
            return self.iter().collect();
        }
        // Floyd's sampling: of the first j + 1 numbers one is chosen; if it was chosen before, j itself was not.
        let mut chosen = BTreeSet::new();
        for last in len - count..len {
            let at = (random() % (last as u64 + 1)) as usize;
            if !chosen.insert(at) {
                chosen.insert(last);
            }
        }
        if chosen.len() < len / WALK_SHARE {
            return chosen.into_iter().filter_map(|at| self.nth(at)).collect();
        }
        let mut chosen = chosen.into_iter().peekable();
        let in_order = self.iter().enumerate();
        in_order
            .filter(|(at, _)| chosen.next_if_eq(at).is_some())
            .map(|(_, part)| part)
            .collect()
    }

    /// One step of a scan: the parts from `cursor` on, at least `count` of them if there are so many, and the cursor to go
    /// on with, 0 at the end.
    ///
    /// The cursor is a position in the order of hashes: a part that is there all the time is met exactly once, whatever is
    /// written meanwhile, and whichever node is asked next.
    #[must_use]
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<Part<'a>>) {
        // A cursor that no scan gave is taken for the end.
        let Some(hash) = cursor.checked_mul(1 << CURSOR_SHIFT) else {
            return (0, Vec::new());
        };
        let from = self.state.parts.live_from_hash(self.kind, self.now, hash);
        let mut rest = from.map(|part| (position(&part), part));
        if cursor == 0 && self.state.parts.len() <= SCAN_WHOLE_MAX {
            return (0, rest.map(|(_, part)| part).collect());
        }
        let mut step: Vec<Part<'a>> = Vec::new();
        let mut last = None;
        for (position, part) in &mut rest {
            if step.len() >= count.max(1) && last != Some(position) {
                return (position, step);
            }
            step.push(part);
            last = Some(position);
        }
        (0, step)
    }

    /// What OBJECT ENCODING goes by. Looks at the first 8,192 parts: whoever has more is large in every respect that Redis looks at.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let mut shape = Shape {
            len: self.len(),
            longest_bytes: 0,
            total_bytes: 0,
            is_all_integers: true,
        };
        for part in self.iter().take(SHAPE_PARTS_MAX) {
            let name_bytes = if self.kind == Kind::List { 0 } else { part.name.len() };
            let value_bytes = match part.state.base {
                Base::Bytes(bytes) => bytes.len(),
                Base::Unknown | Base::None => 0,
            };
            shape.total_bytes += name_bytes + value_bytes;
            shape.longest_bytes = shape.longest_bytes.max(name_bytes).max(value_bytes);
            shape.is_all_integers &= parse_integer(part.name).is_some();
        }
        shape
    }
}

fn position(part: &Part<'_>) -> u64 {
    PartId::new(part.kind, part.name).hash >> CURSOR_SHIFT
}
