//! The arguments of one command, as slices of someone else's buffer.

use std::fmt;
use std::ops::Index;

/// Where one argument lies in a buffer.
///
/// 32 bits are enough: a request is at most [`Limits::REQUEST_BYTES_CEILING`](crate::Limits::REQUEST_BYTES_CEILING) long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgRange {
    // Invariant: start <= end.
    start: u32,
    end: u32,
}

impl ArgRange {
    /// The bytes from `start` up to, not including, `end`; `None` if they are out of order.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Option<Self> {
        if start <= end { Some(Self { start, end }) } else { None }
    }

    /// The first byte's position.
    #[must_use]
    pub const fn start(self) -> usize {
        self.start as usize
    }

    /// The position after the last byte.
    #[must_use]
    pub const fn end(self) -> usize {
        self.end as usize
    }

    /// Bytes from `start`, as many as `len`. Both come from within a buffer that the parser has cut to 32 bits.
    #[inline]
    pub(crate) fn at(start: usize, len: usize) -> Self {
        debug_assert!(start + len <= u32::MAX as usize);
        Self {
            start: start as u32,
            end: (start + len) as u32,
        }
    }

    /// As many bytes, `by` further on.
    #[inline]
    pub(crate) fn moved_on(self, by: usize) -> Self {
        Self::at(self.start() + by, self.end() - self.start())
    }

    /// The same bytes, seen from `by` bytes further on.
    pub(crate) fn moved_back(self, by: usize) -> Self {
        debug_assert!(by <= self.start());
        Self {
            start: self.start - by as u32,
            end: self.end - by as u32,
        }
    }
}

/// The arguments of one command, name first: a view, two words a part, to be copied freely.
///
/// Invariant: every range lies within `bytes`.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    bytes: &'a [u8],
    ranges: &'a [ArgRange],
}

impl<'a> Args<'a> {
    /// Nothing, not even a name.
    pub const EMPTY: Args<'static> = Args {
        bytes: &[],
        ranges: &[],
    };

    /// A view of `ranges` of `bytes`; `None` if one of them does not lie within `bytes`. For commands that did not come through a
    /// [`RequestParser`](crate::RequestParser), such as those that a peer forwards.
    #[must_use]
    pub fn new(bytes: &'a [u8], ranges: &'a [ArgRange]) -> Option<Self> {
        ranges
            .iter()
            .all(|range| range.end() <= bytes.len())
            .then_some(Self { bytes, ranges })
    }

    /// A view of ranges that the parser has made for this very buffer.
    #[inline]
    pub(crate) fn trusted(bytes: &'a [u8], ranges: &'a [ArgRange]) -> Self {
        Self { bytes, ranges }
    }

    /// How many arguments there are, the command's name included.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        self.ranges.len()
    }

    /// Whether there is not even a name. Never so for a command of a [`Batch`](crate::Batch).
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.ranges.is_empty()
    }

    /// Argument `i`; 0 is the command's name.
    #[inline]
    #[must_use]
    pub fn get(self, i: usize) -> Option<&'a [u8]> {
        self.ranges.get(i).map(|range| &self.bytes[range.start()..range.end()])
    }

    /// The command's name as the client spelled it; empty if there are no arguments at all.
    #[inline]
    #[must_use]
    pub fn name(self) -> &'a [u8] {
        self.get(0).unwrap_or_default()
    }

    /// The arguments from `first` on; none if there are fewer.
    #[inline]
    #[must_use]
    pub fn skip(self, first: usize) -> Self {
        Self {
            bytes: self.bytes,
            ranges: self.ranges.get(first..).unwrap_or_default(),
        }
    }

    /// All arguments in order.
    #[inline]
    #[must_use]
    pub fn iter(self) -> ArgsIter<'a> {
        ArgsIter {
            bytes: self.bytes,
            ranges: self.ranges.iter(),
        }
    }
}

impl Index<usize> for Args<'_> {
    type Output = [u8];

    /// # Panics
    /// If there is no argument `i`: only for callers that have checked the arity.
    #[inline]
    fn index(&self, i: usize) -> &[u8] {
        let range = self.ranges[i];
        &self.bytes[range.start()..range.end()]
    }
}

impl<'a> IntoIterator for Args<'a> {
    type Item = &'a [u8];
    type IntoIter = ArgsIter<'a>;

    fn into_iter(self) -> ArgsIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Args<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|arg| String::from_utf8_lossy(arg)))
            .finish()
    }
}

/// The arguments of one command, in order.
#[derive(Clone, Debug)]
pub struct ArgsIter<'a> {
    bytes: &'a [u8],
    ranges: std::slice::Iter<'a, ArgRange>,
}

impl<'a> Iterator for ArgsIter<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        self.ranges.next().map(|range| &self.bytes[range.start()..range.end()])
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ranges.size_hint()
    }
}

impl ExactSizeIterator for ArgsIter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_outside_the_bytes_are_refused() {
        let inside = [ArgRange::at(0, 3), ArgRange::at(3, 0)];
        assert_eq!(Args::new(b"GET", &inside).map(Args::len), Some(2));
        assert!(
            Args::new(b"GE", &inside).is_none(),
            "a range past the end must not become a view"
        );
        assert!(ArgRange::new(2, 1).is_none(), "an end before its start is no range");
    }

    #[test]
    fn arguments_are_reached_by_place_and_in_order() {
        let ranges = [ArgRange::at(0, 3), ArgRange::at(3, 1), ArgRange::at(4, 0)];
        let args = Args::new(b"SETk", &ranges).expect("in range");
        assert_eq!(
            (args.name(), &args[1], args.get(2), args.get(3)),
            (&b"SET"[..], &b"k"[..], Some(&b""[..]), None)
        );
        assert_eq!(args.iter().collect::<Vec<_>>(), [&b"SET"[..], b"k", b""]);
        assert_eq!(args.skip(1).name(), b"k");
        assert!(args.skip(9).is_empty(), "skipping past the end leaves nothing");
    }
}
