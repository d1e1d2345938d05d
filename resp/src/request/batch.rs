//! Complete commands of one read, ready to be executed together.
//!
//! The server wants all commands of a read buffer at once, so that it can prefetch what they touch. A batch holds no bytes, only
//! places in the caller's buffer, and is used again for every read: once it has grown to the traffic's shape, it allocates nothing.
//!
//! ```text
//!   buf       *2 $3 GET $1 a   *3 $3 SET $1 b $1 x
//!   ranges        [GET] [a]        [SET] [b] [x]
//!   commands      first 0, len 2   first 2, len 3
//! ```
//!
//! Inline commands are the exception: unquoting changes bytes, so their arguments are copied to `unquoted`. A flag per command (not per
//! argument) says so, and keeps the usual case free of a branch. Another says that a command begins with the bytes that the one before it began with:
//! who looked that one's name up need not look this one's up.
//!
//! Invariant: `first + len` of a command is at most `ranges.len()`, and no command is empty.

use super::args::{ArgRange, Args};

/// Ranges kept warm between reads; a larger list is given back to the allocator.
const WARM_RANGES_MAX: usize = 4096;

/// Bytes of unquoted inline arguments kept warm between reads.
const WARM_UNQUOTED_BYTES_MAX: usize = 64 << 10;

#[derive(Clone, Copy, Debug)]
struct Command {
    first: u32,
    len: u32,
    is_inline: bool,
    is_like_last: bool,
}

/// The complete commands that one call of [`RequestParser::parse`](crate::RequestParser::parse) found.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) ranges: Vec<ArgRange>,
    pub(super) unquoted: Vec<u8>,
    commands: Vec<Command>,
}

impl Batch {
    /// An empty batch. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ranges: Vec::new(),
            unquoted: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// How many commands there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether there is no command.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// The arguments of command `i`. `buf` is the buffer that was parsed, unchanged since.
    ///
    /// # Panics
    /// If there is no command `i`, or `buf` is shorter than what was parsed.
    #[inline]
    #[must_use]
    pub fn args<'a>(&'a self, i: usize, buf: &'a [u8]) -> Args<'a> {
        let command = self.commands[i];
        let first = command.first as usize;
        let bytes = if command.is_inline { &self.unquoted } else { buf };
        Args::trusted(bytes, &self.ranges[first..first + command.len as usize])
    }

    /// Whether command `i` is known to have the name and the number of arguments of the one before it.
    ///
    /// # Panics
    /// If there is no command `i`.
    #[inline]
    #[must_use]
    pub fn is_like_last(&self, i: usize) -> bool {
        self.commands[i].is_like_last
    }

    /// The arguments of all commands, in order. `buf` as for [`Batch::args`].
    pub fn iter<'a>(&'a self, buf: &'a [u8]) -> impl ExactSizeIterator<Item = Args<'a>> {
        (0..self.len()).map(move |i| self.args(i, buf))
    }

    /// Forgets the commands, keeps the memory, unless one giant command made it giant.
    pub fn clear(&mut self) {
        self.commands.clear();
        self.ranges.clear();
        self.ranges.shrink_to(WARM_RANGES_MAX);
        self.unquoted.clear();
        self.unquoted.shrink_to(WARM_UNQUOTED_BYTES_MAX);
    }

    /// Makes a command of the ranges from `first` on. None: no command (`*0`, an empty line).
    #[inline]
    pub(super) fn finish(&mut self, first: usize, is_inline: bool, is_like_last: bool) {
        let len = self.ranges.len() - first;
        if len > 0 {
            self.commands.push(Command {
                first: first as u32,
                len: len as u32,
                is_inline,
                is_like_last,
            });
        }
    }
}
