//! What a command does to a list: pushes, pops, insertions, on top of [`Edit`].
//!
//! Elements that were found are named by their order keys ([`Element`](crate::collection::Element)), not by their index: names stay what they are
//! while others are inserted and deleted. Pops and pushes see each other.

use super::{Edit, OrderKey, OrderKeys};
use crate::collection::ListView;
use crate::state::{Kind, State};
use crate::time::WallMs;

/// Changes to the elements of one list.
///
/// As with [`Edit`], what was found is handed to each call.
#[derive(Clone, Debug)]
pub struct ListEdit {
    edit: Edit,
    now: WallMs,
    /// The first and the last name that are taken, each once somebody asked.
    outermost: [Option<OrderKey>; 2],
    /// What was pushed on either side and not popped again; the last pushed is the outermost.
    pushed: [Vec<OrderKey>; 2],
    /// How many of the found elements were popped on either side.
    popped: [usize; 2],
}

/// One end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where LPUSH and LPOP work.
    Front,
    /// Where RPUSH and RPOP work.
    Back,
}

impl End {
    const fn other(self) -> Self {
        match self {
            Self::Front => Self::Back,
            Self::Back => Self::Front,
        }
    }

    /// The name of the outermost element at this end, dead or alive.
    pub(super) fn outermost(self, found: State<'_>) -> Option<&[u8]> {
        match self {
            Self::Front => found.parts.first_name(Kind::List),
            Self::Back => found.parts.last_name(Kind::List),
        }
    }
}

impl ListEdit {
    /// Changes to a list, gathered in `edit`, at `now`.
    #[must_use]
    pub fn new(edit: Edit, now: WallMs) -> Self {
        debug_assert_eq!(edit.kind(), Kind::List);
        Self {
            edit,
            now,
            outermost: [None, None],
            pushed: [Vec::new(), Vec::new()],
            popped: [0, 0],
        }
    }

    /// What was gathered.
    #[must_use]
    pub const fn edit(&self) -> &Edit {
        &self.edit
    }

    /// Adds an element at one end.
    pub fn push(&mut self, found: State<'_>, end: End, value: &[u8]) {
        let keys = self.keys(found);
        let found = self.found(found);
        let [first, last] = &mut self.outermost;
        let (outermost, other) = match end {
            End::Front => (first, last),
            End::Back => (last, first),
        };
        let name = keys.beyond(end, outermost.as_deref().or_else(|| end.outermost(found)));
        // It is outside of all names that are taken, by elements dead or alive.
        self.edit.add(&name, value);
        if other.is_none() && found.parts.first_name(Kind::List).is_none() {
            *other = Some(name.clone());
        }
        *outermost = Some(name.clone());
        self.pushed[end as usize].push(name);
    }

    /// Takes the element at one end away.
    pub fn pop(&mut self, found: State<'_>, end: End) -> Option<Vec<u8>> {
        let found = self.found(found);
        if let Some(name) = self.pushed[end as usize].pop() {
            return self.take(found, &name);
        }
        let list = ListView::new(found, self.now);
        let left = list.len() - self.popped.iter().sum::<usize>();
        if left > 0 {
            let at = match end {
                End::Front => self.popped[0],
                End::Back => self.popped[0] + left - 1,
            };
            self.popped[end as usize] += 1;
            return self.take(found, list.get(at)?.name);
        }
        let others = &mut self.pushed[end.other() as usize];
        if others.is_empty() {
            return None;
        }
        let name = others.remove(0);
        self.take(found, &name)
    }

    /// Replaces the value of an element that was found; says whether it is still there.
    pub fn set(&mut self, found: State<'_>, name: &[u8], value: &[u8]) -> bool {
        let found = self.found(found);
        let exists = self.edit.part(found, name).is_some();
        if exists {
            self.edit.set(found, name, value, None);
        }
        exists
    }

    /// Deletes an element that was found; says whether it was still there. Not to be mixed with pops.
    pub fn delete(&mut self, found: State<'_>, name: &[u8]) -> bool {
        self.edit.delete(self.found(found), name)
    }

    /// Adds an element right before or after one that was found.
    pub fn insert(&mut self, found: State<'_>, neighbour: &[u8], side: End, value: &[u8]) {
        let keys = self.keys(found);
        let found = self.found(found);
        // Names of dead elements are neighbours too: those of others may lie between them.
        let (left, right) = found.parts.neighbours(neighbour);
        let name = match side {
            End::Front => match left {
                None => return self.push(found, End::Front, value),
                Some(left) => keys.between(left, neighbour),
            },
            End::Back => match right {
                None => return self.push(found, End::Back, value),
                Some(right) => keys.between(neighbour, right),
            },
        };
        self.edit.set(found, &name, value, None);
    }

    fn keys(&self, found: State<'_>) -> OrderKeys {
        OrderKeys::new(self.edit.author(), self.edit.generation(found))
    }

    /// What is left of what was found when the edit begins.
    fn found<'s>(&self, found: State<'s>) -> State<'s> {
        if self.edit.is_replacing() { State::ABSENT } else { found }
    }

    fn take(&mut self, found: State<'_>, name: &[u8]) -> Option<Vec<u8>> {
        let value = self.edit.part(found, name).map(|part| part.text().into_owned());
        self.edit.delete(found, name);
        value
    }
}
