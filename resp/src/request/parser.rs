//! Reads requests, and can stop and go on at any byte.
//!
//! The caller keeps the bytes of an unfinished request at the front of its buffer, reads more behind them, and calls again. The parser
//! remembers, for that one request, the arguments found so far and where it stood; only its first read is looked at twice, since most requests are
//! all there, and are read in one go (a parser that begins again at each read is quadratic in the request's size: a way to burn a server's CPU from one
//! connection).
//!
//! ```text
//!   call 1   *3..$3..SET..$1..k..$5..he            Incomplete: partial = [SET][k], cursor = {pos 22, 1 argument left, 5 bytes}
//!            |<-- consumed = 0 ------>|
//!   call 2   *3..$3..SET..$1..k..$5..hello..*1..$4..PING..
//!                                           ^ resumes at `he`; both commands are complete; consumed = all
//! ```
//!
//! Memory: a request pins its own bytes (in the caller's buffer) and 8 bytes for each argument that has *arrived*. What a client only
//! announces reserves nothing.
//!
//! Refused: a parser that owns the buffer (the server wants to read straight into its own, and the commands as slices of it), and one
//! that yields arguments as they come (a command cannot be routed before its key is known, nor undone when its tail never comes).
//!
//! Invariant: `partial` and `cursor` describe the request at the front of the next call's buffer; both are empty if none was begun.

use super::args::ArgRange;
use super::batch::Batch;
use super::error::ProtocolError;
use super::opening::Opening;
use super::{inline, length};
use crate::Limits;
use length::Line;

/// Ranges that an idle connection may keep for its next unfinished request: 512 bytes.
const WARM_PARTIAL_MAX: usize = 64;

/// The least that [`RequestParser::bytes_wanted`] lets a buffer grow by at once, if that much is missing.
const GROWTH_BYTES_MIN: usize = 16 << 10;

/// What one call of [`RequestParser::parse`] took from the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Bytes at the front of the buffer that are done with, once the batch has been executed. The next call's buffer begins after them.
    pub consumed: usize,
}

/// Reads RESP requests and inline commands of one connection.
#[derive(Debug)]
pub struct RequestParser {
    limits: Limits,
    bounds: Bounds,
    cursor: Cursor,
    partial: Vec<ArgRange>,
    failed: Option<ProtocolError>,
}

impl Default for RequestParser {
    /// A parser with the usual limits.
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

/// What the limits come to for a request that is all there.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    args_max: usize,
    bulk_bytes_max: usize,
    request_bytes_max: usize,
}

impl Bounds {
    fn of(limits: Limits) -> Self {
        let (args_max, bulk_bytes_max) = if limits.authenticated {
            (usize::MAX, usize::MAX)
        } else {
            (Limits::STRANGER_ARGS_MAX, Limits::STRANGER_BULK_BYTES_MAX)
        };
        Self {
            args_max: args_max.min(limits.args_max),
            bulk_bytes_max: bulk_bytes_max.min(limits.bulk_bytes_max),
            request_bytes_max: limits.request_bytes_max.min(Limits::REQUEST_BYTES_CEILING),
        }
    }
}

/// Where the parser stands within one request. Positions count from the start of the buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    /// Where the request begins.
    start: usize,
    /// The next byte to look at.
    pos: usize,
    /// Arguments not yet complete; `None` before `*N` was read.
    args_left: Option<usize>,
    /// Length of the argument that begins at `pos`; `None` before its `$N` was read.
    bulk: Option<usize>,
    /// Bytes behind `pos` that hold no line's end.
    searched: usize,
}

enum Step {
    /// The request ends before this position.
    Complete(usize),
    Incomplete,
}

impl RequestParser {
    /// A parser for a new connection. Allocates nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            bounds: Bounds::of(limits),
            cursor: Cursor::default(),
            partial: Vec::new(),
            failed: None,
        }
    }

    /// The bounds in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Puts new bounds in force, from the next length on that is read. A command that changes them for the commands behind it (AUTH)
    /// asks for batches of one until it has run.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.bounds = Bounds::of(limits);
    }

    /// Fills `batch` with the complete commands at the front of `buf`, at most `max_commands`. `buf` must begin where the last call's
    /// `consumed` ended. Places in the batch count from the start of `buf`.
    ///
    /// Fewer commands than `max_commands` means that the rest of `buf` is the beginning of a request: read more and call again.
    ///
    /// # Errors
    /// The bytes are not a request. `batch` then holds the complete commands *before* the fault: they were asked for properly, so execute
    /// them, send their replies, then this error, then close. Every later call returns the same error, with an empty batch.
    #[inline]
    pub fn parse(&mut self, buf: &[u8], batch: &mut Batch, max_commands: usize) -> Result<Parsed, ProtocolError> {
        batch.clear();
        if let Some(error) = self.failed {
            return Err(error);
        }
        // Positions are 32 bits wide; a request is shorter than that, so the rest is found by a later call.
        let buf = &buf[..buf.len().min(u32::MAX as usize)];
        self.run(buf, batch, max_commands)
            .inspect_err(|&error| self.failed = Some(error))
    }

    fn run(&mut self, buf: &[u8], batch: &mut Batch, max_commands: usize) -> Result<Parsed, ProtocolError> {
        let mut consumed = 0;
        if self.is_within_request() && max_commands > 0 {
            match self.resume(buf, batch)? {
                Step::Complete(end) => consumed = end,
                Step::Incomplete => return Ok(Parsed { consumed: 0 }),
            }
        }
        let mut opening: Option<Opening> = None;
        while batch.len() < max_commands && consumed < buf.len() {
            let first = batch.ranges.len();
            let again = opening.filter(|opening| opening.begins(&buf[consumed..]));
            if let Some(end) = self.whole(buf, consumed, again, &mut batch.ranges) {
                batch.finish(first, false, again.is_some());
                if again.is_none() && end < buf.len() {
                    opening = Opening::of(&buf[consumed..], consumed, &batch.ranges[first..]);
                }
                consumed = end;
                continue;
            }
            batch.ranges.truncate(first);
            match self.begin(buf, consumed, batch)? {
                Step::Complete(end) => consumed = end,
                Step::Incomplete => break,
            }
        }
        Ok(Parsed { consumed })
    }

    /// The usual case in one go: a request at `start` that has arguments, is all there and within all limits; answers where it ends. `None`: look
    /// closer, at all of it; what was appended to the ranges is of no use.
    #[inline]
    fn whole(&self, buf: &[u8], start: usize, opening: Option<Opening>, ranges: &mut Vec<ArgRange>) -> Option<usize> {
        let (mut left, mut pos) = match opening {
            Some(opening) => {
                ranges.push(opening.name_at(start));
                (opening.args() - 1, start + opening.len())
            }
            None if buf[start] == b'*' => match length::short_line(buf, start + 1)? {
                (count, pos) if (1..=self.bounds.args_max).contains(&count) => (count, pos),
                _ => return None,
            },
            None => return None,
        };
        while left > 0 {
            let argument = self.whole_argument(buf, start, pos)?;
            ranges.push(argument);
            pos = argument.end() + 2;
            left -= 1;
        }
        Some(pos)
    }

    #[inline]
    fn whole_argument(&self, buf: &[u8], start: usize, pos: usize) -> Option<ArgRange> {
        if buf.get(pos) != Some(&b'$') {
            return None;
        }
        let (len, first) = length::short_line(buf, pos + 1)?;
        let end = first + len;
        let is_allowed = len <= self.bounds.bulk_bytes_max && end - start <= self.bounds.request_bytes_max;
        (is_allowed && end + 2 <= buf.len()).then(|| ArgRange::at(first, len))
    }

    /// Reads the request at `start`, whatever it is, and remembers where it stood if that is not all there.
    fn begin(&mut self, buf: &[u8], start: usize, batch: &mut Batch) -> Result<Step, ProtocolError> {
        let first = batch.ranges.len();
        let mut cursor = Cursor {
            start,
            pos: start,
            ..Cursor::default()
        };
        let is_inline = buf[start] != b'*';
        let step = if is_inline {
            self.inline(buf, &mut cursor, &mut batch.unquoted, &mut batch.ranges)
        } else {
            self.multibulk(buf, &mut cursor, &mut batch.ranges)
        }?;
        match step {
            Step::Complete(_) => batch.finish(first, is_inline, false),
            Step::Incomplete => self.suspend(cursor, batch, first),
        }
        Ok(step)
    }

    /// How many more bytes to make room for before the next read, given what is buffered now (the bytes after `consumed`). Zero if the
    /// parser is not waiting for a long argument: then any room will do.
    ///
    /// Bounded: at most what is missing of the argument, and at most doubling `buf` (from 16 KiB on), so that a client gets no memory for
    /// what it has only announced.
    #[must_use]
    pub fn bytes_wanted(&self, buf: &[u8]) -> usize {
        match self.cursor.bulk {
            Some(len) => {
                let missing = (self.cursor.pos + len + 2).saturating_sub(buf.len());
                missing.min(buf.len().max(GROWTH_BYTES_MIN))
            }
            None => 0,
        }
    }

    /// Whether a request was begun and is not complete.
    #[must_use]
    pub fn is_within_request(&self) -> bool {
        self.cursor.args_left.is_some() || self.cursor.searched > 0
    }

    /// Remembers the unfinished request at `cursor.start`, whose arguments are `batch.ranges[first..]`.
    #[cold]
    fn suspend(&mut self, cursor: Cursor, batch: &mut Batch, first: usize) {
        debug_assert!(self.partial.is_empty(), "one request at a time can be unfinished");
        let start = cursor.start;
        self.partial
            .extend(batch.ranges.drain(first..).map(|range| range.moved_back(start)));
        self.cursor = Cursor {
            start: 0,
            pos: cursor.pos - start,
            ..cursor
        };
    }

    /// Goes on with the request that an earlier call began, now at the front of `buf`.
    #[cold]
    fn resume(&mut self, buf: &[u8], batch: &mut Batch) -> Result<Step, ProtocolError> {
        let mut cursor = self.cursor;
        let is_inline = cursor.args_left.is_none() && buf.first() != Some(&b'*');
        let mut ranges = std::mem::take(&mut self.partial);
        let step = if is_inline {
            self.inline(buf, &mut cursor, &mut batch.unquoted, &mut ranges)
        } else {
            self.multibulk(buf, &mut cursor, &mut ranges)
        };
        match step? {
            Step::Incomplete => {
                self.cursor = cursor;
                self.partial = ranges;
                Ok(Step::Incomplete)
            }
            Step::Complete(end) => {
                self.cursor = Cursor::default();
                // By swap, not by copy: the list may have a million entries, and this keeps both lists warm.
                std::mem::swap(&mut batch.ranges, &mut ranges);
                ranges.shrink_to(WARM_PARTIAL_MAX);
                self.partial = ranges;
                batch.finish(0, is_inline, false);
                Ok(Step::Complete(end))
            }
        }
    }

    /// Reads `*N` and then N times `$N` with its bytes.
    fn multibulk(&self, buf: &[u8], cursor: &mut Cursor, ranges: &mut Vec<ArgRange>) -> Result<Step, ProtocolError> {
        let mut left = match cursor.args_left {
            Some(left) => left,
            None => match self.args_count(buf, cursor)? {
                Some(count) => count,
                None => return Ok(Step::Incomplete),
            },
        };
        while left > 0 {
            let len = match cursor.bulk {
                Some(len) => len,
                None => match self.bulk_len(buf, cursor)? {
                    Some(len) => len,
                    None => break,
                },
            };
            // CR and LF belong to the argument, but like Redis we do not look at them.
            if cursor.pos + len + 2 > buf.len() {
                cursor.bulk = Some(len);
                break;
            }
            ranges.push(ArgRange::at(cursor.pos, len));
            cursor.pos += len + 2;
            cursor.bulk = None;
            left -= 1;
        }
        cursor.args_left = Some(left);
        Ok(if left == 0 {
            Step::Complete(cursor.pos)
        } else {
            Step::Incomplete
        })
    }

    /// Reads `*N`; `None` if it is not all there. No arguments and fewer than none are an empty request, as in Redis.
    fn args_count(&self, buf: &[u8], cursor: &mut Cursor) -> Result<Option<usize>, ProtocolError> {
        let too_big = ProtocolError::TooBigMultibulkCount;
        match length::line(buf, cursor.pos, cursor.searched, self.limits.inline_bytes_max, too_big)? {
            Line::Incomplete(searched) => {
                cursor.searched = searched;
                Ok(None)
            }
            Line::Complete(count, next) => {
                let count = count.ok_or(ProtocolError::InvalidMultibulkLength)?;
                let count = usize::try_from(count).unwrap_or(0);
                if count > self.limits.args_max {
                    return Err(ProtocolError::InvalidMultibulkLength);
                }
                if !self.limits.authenticated && count > Limits::STRANGER_ARGS_MAX {
                    return Err(ProtocolError::UnauthenticatedMultibulkLength);
                }
                cursor.pos = next;
                cursor.searched = 0;
                Ok(Some(count))
            }
        }
    }

    /// Reads `$N`; `None` if it is not all there.
    fn bulk_len(&self, buf: &[u8], cursor: &mut Cursor) -> Result<Option<usize>, ProtocolError> {
        match buf.get(cursor.pos) {
            None => return Ok(None),
            Some(b'$') => {}
            Some(&other) => return Err(ProtocolError::ExpectedDollar(other)),
        }
        let too_big = ProtocolError::TooBigBulkCount;
        match length::line(buf, cursor.pos, cursor.searched, self.limits.inline_bytes_max, too_big)? {
            Line::Incomplete(searched) => {
                cursor.searched = searched;
                Ok(None)
            }
            Line::Complete(len, next) => {
                let len = len
                    .and_then(|len| usize::try_from(len).ok())
                    .ok_or(ProtocolError::InvalidBulkLength)?;
                self.check_bulk_len(len, next - cursor.start)?;
                cursor.pos = next;
                cursor.searched = 0;
                Ok(Some(len))
            }
        }
    }

    fn check_bulk_len(&self, len: usize, request_bytes: usize) -> Result<(), ProtocolError> {
        if len > self.limits.bulk_bytes_max {
            return Err(ProtocolError::InvalidBulkLength);
        }
        if !self.limits.authenticated && len > Limits::STRANGER_BULK_BYTES_MAX {
            return Err(ProtocolError::UnauthenticatedBulkLength);
        }
        if request_bytes.saturating_add(len) > self.limits.request_bytes_max.min(Limits::REQUEST_BYTES_CEILING) {
            return Err(ProtocolError::TooBigRequest);
        }
        Ok(())
    }

    /// Reads a line typed by hand.
    fn inline(
        &self,
        buf: &[u8],
        cursor: &mut Cursor,
        unquoted: &mut Vec<u8>,
        ranges: &mut Vec<ArgRange>,
    ) -> Result<Step, ProtocolError> {
        let line = &buf[cursor.pos..];
        let newline = memchr::memchr(b'\n', &line[cursor.searched..]).map(|i| cursor.searched + i);
        let end = newline.unwrap_or(line.len());
        if end > self.limits.inline_bytes_max {
            return Err(ProtocolError::TooBigInlineRequest);
        }
        if newline.is_none() {
            cursor.searched = end;
            return Ok(Step::Incomplete);
        }
        inline::split(&line[..end], unquoted, ranges)?;
        Ok(Step::Complete(cursor.pos + end + 1))
    }
}
