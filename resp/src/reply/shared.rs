//! Long strings that stand in a reply without a copy.
//!
//! ```text
//!   own bytes   $100000 \r\n  |  \r\n +OK \r\n $70000 \r\n  |  \r\n
//!   shared                    ^ at 9: 100000 bytes          ^ at 25: 70000 bytes
//! ```
//!
//! A shared string has a place among the own bytes, and no length there: positions in a buffer count own bytes only. Since its head
//! comes before it and its line end after it, its place is always inside of its reply, never where one reply ends and the next begins.

use bytes::Bytes;
use std::ops::Range;

#[derive(Debug)]
struct Shared {
    at: usize,
    value: Bytes,
}

/// The shared strings of a buffer.
#[derive(Debug, Default)]
pub(super) struct SharedStrings {
    // Invariant: in the order of their places.
    list: Vec<Shared>,
    // Invariant: the sum of their lengths.
    bytes: usize,
}

/// Places for shared strings that an empty buffer keeps.
const KEPT_MAX: usize = 16;

impl SharedStrings {
    pub(super) const fn new() -> Self {
        Self {
            list: Vec::new(),
            bytes: 0,
        }
    }

    /// How many bytes they have in all.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn push(&mut self, at: usize, value: Bytes) {
        self.bytes += value.len();
        self.list.push(Shared { at, value });
    }

    /// Takes back those after the first `len` own bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        while let Some(last) = self.list.pop_if(|shared| shared.at > len) {
            self.bytes -= last.value.len();
        }
    }

    pub(super) fn clear(&mut self) {
        if !self.list.is_empty() {
            self.list.clear();
            self.list.shrink_to(KEPT_MAX);
            self.bytes = 0;
        }
    }

    /// Adds those that another buffer has in `range` of its own bytes, which stand from `at` on here.
    pub(super) fn append_range(&mut self, from: &Self, range: &Range<usize>, at: usize) {
        if from.list.is_empty() {
            return;
        }
        for shared in from.within(range) {
            self.push(at + shared.at - range.start, shared.value.clone());
        }
    }

    /// How many bytes those in `range` have.
    pub(super) fn bytes_within(&self, range: &Range<usize>) -> usize {
        self.within(range).iter().map(|shared| shared.value.len()).sum()
    }

    /// The pieces, in order, that the own bytes `own` in `range` and the shared strings between them are sent in. None is empty.
    pub(super) fn pieces<'a>(&'a self, own: &'a [u8], range: Range<usize>) -> impl Iterator<Item = &'a [u8]> {
        let mut at = range.start;
        let ends = self.within(&range).iter().map(|shared| (shared.at, &shared.value[..]));
        ends.chain(std::iter::once((range.end, &[][..])))
            .flat_map(move |(end, value)| [&own[std::mem::replace(&mut at, end)..end], value])
            .filter(|piece| !piece.is_empty())
    }

    fn within(&self, range: &Range<usize>) -> &[Shared] {
        let first = self.list.partition_point(|shared| shared.at < range.start);
        let end = self.list.partition_point(|shared| shared.at <= range.end);
        &self.list[first..end.max(first)]
    }
}
