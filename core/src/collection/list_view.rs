//! A list: elements in an order.

use std::ops::Range;

use super::elements::Elements;
use super::live::{Live, Shape};
use crate::state::{Base, Kind, Part, State};
use crate::time::WallMs;

/// A list as it is at some moment.
#[derive(Clone, Copy, Debug)]
pub struct ListView<'a> {
    live: Live<'a>,
}

/// One element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// Its name, by which an edit changes or deletes it whatever index it has by then.
    pub name: &'a [u8],
    /// Its bytes.
    pub value: &'a [u8],
}

impl<'a> ListView<'a> {
    /// The list that `state` is at `now`.
    #[must_use]
    pub fn new(state: State<'a>, now: WallMs) -> Self {
        Self {
            live: Live::new(state, Kind::List, now),
        }
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// The element at `index`, from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Element<'a>> {
        self.live.nth(index).map(Element::of)
    }

    /// The elements at these indices, in both directions. Indices that do not exist are left out, and elements that nobody asks for are
    /// not read.
    pub fn range(
        &self,
        indices: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = Element<'a>> + ExactSizeIterator + use<'a> {
        Elements::new(self.live, indices.start, indices.end)
    }

    /// All elements.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Element<'a>> + ExactSizeIterator + use<'a> {
        self.range(0..usize::MAX)
    }

    /// What OBJECT ENCODING goes by.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.live.shape()
    }
}

impl<'a> Element<'a> {
    pub(super) fn of(part: Part<'a>) -> Self {
        let value = match part.state.base {
            Base::Bytes(bytes) => bytes,
            Base::Unknown | Base::None => b"",
        };
        Self { name: part.name, value }
    }
}
