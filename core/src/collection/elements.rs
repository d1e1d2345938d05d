//! Elements of a list, one after the other, from either end.

use super::list_view::Element;
use super::live::Live;
use crate::state::LiveIter;

/// So many are read at once when going backwards: parts can only be read forwards.
const CHUNK: usize = 64;

/// The elements at a range of indices. Those that nobody asks for are not read.
#[derive(Clone)]
pub(super) struct Elements<'a> {
    live: Live<'a>,
    /// What stands from `at` on.
    front: LiveIter<'a>,
    at: usize,
    /// Invariant: not below `at`, and not beyond the last element.
    end: usize,
    /// What was read of those before `end`, ascending.
    back: Vec<Element<'a>>,
}

impl<'a> Elements<'a> {
    pub(super) fn new(live: Live<'a>, start: usize, end: usize) -> Self {
        let end = end.min(live.len());
        let at = start.min(end);
        Self {
            live,
            front: live.iter_from(at),
            at,
            end,
            back: Vec::new(),
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        if self.at == self.end {
            return None;
        }
        self.at += 1;
        self.front.next().map(Element::of)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.end - self.at;
        (len, Some(len))
    }
}

impl DoubleEndedIterator for Elements<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.at == self.end {
            return None;
        }
        if self.back.is_empty() {
            let start = self.at.max(self.end.saturating_sub(CHUNK));
            let chunk = self.live.iter_from(start).take(self.end - start);
            self.back = chunk.map(Element::of).collect();
        }
        self.end -= 1;
        self.back.pop()
    }
}

impl ExactSizeIterator for Elements<'_> {}
