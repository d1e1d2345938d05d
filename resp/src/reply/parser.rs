//! Reads replies, and can stop and go on at any byte.
//!
//! Unlike the request parser, this one keeps what it has read: a client wants values of its own, not slices, and may throw its buffer
//! away after each read. Aggregates under way stand on a stack, innermost last; a long string is collected as it comes.
//!
//! ```text
//!   *2..%1..+a..$5..he      stack = [array, 2 left][map, 1 left: a], bulk = 5 bytes, `he`; all bytes consumed
//! ```
//!
//! There is no recursion, so no depth of nesting ends the stack. Attributes (`|`) are read and dropped: no command of Circlet sends one.
//! Strings and aggregates of unknown length (`$?`) are refused: no server sends them.
//!
//! Invariant: every frame of `stack` has elements left; `bulk` is shorter than announced, or lacks its line end.

use super::error::ReplyError;
use super::value::Value;
use crate::ReplyLimits;
use crate::request::integer;

/// Elements for which an aggregate reserves room at once, whatever it announces.
const ITEMS_RESERVED_MAX: usize = 64;

/// What one call of [`ReplyParser::parse`] did.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Bytes at the front of the buffer that are done with, also if no reply is complete.
    pub consumed: usize,
    /// The next reply; `None` if more bytes are needed.
    pub value: Option<Value>,
}

/// Reads the replies of one connection, in RESP2 and RESP3.
#[derive(Debug, Default)]
pub struct ReplyParser {
    limits: ReplyLimits,
    keeps_digits: bool,
    stack: Vec<Frame>,
    bulk: Option<PartialBulk>,
    /// Bytes of an unfinished line in which no CR was found.
    searched: usize,
    /// What the reply under way has cost so far.
    elements: usize,
    bytes: usize,
    failed: Option<ReplyError>,
}

#[derive(Debug)]
struct Frame {
    kind: Aggregate,
    left: usize,
    items: Vec<Value>,
}

#[derive(Clone, Copy, Debug)]
enum Aggregate {
    Array,
    Map,
    Set,
    Push,
    Attribute,
}

#[derive(Debug)]
struct PartialBulk {
    kind: BulkKind,
    len: usize,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum BulkKind {
    String,
    Error,
    Verbatim,
}

/// What the next bytes are.
enum Item {
    Value(Value),
    /// The head of an aggregate or an attribute, which is on the stack now.
    Opened,
    Incomplete,
}

impl ReplyParser {
    /// A parser for a new connection. Allocates nothing.
    #[must_use]
    pub fn new(limits: ReplyLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Has numbers with a fraction come as [`Value::Digits`], as they were written, rather than as the nearest [`Value::Double`]: for
    /// who shows them and does not count with them.
    #[must_use]
    pub fn keep_digits(self) -> Self {
        Self {
            keeps_digits: true,
            ..self
        }
    }

    /// Takes bytes from the front of `buf` until a reply is complete or there are no more. The next call's `buf` begins after
    /// `consumed`.
    ///
    /// # Errors
    /// The bytes are no reply. Every later call returns the same error.
    pub fn parse(&mut self, buf: &[u8]) -> Result<Progress, ReplyError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.run(buf).inspect_err(|&error| {
            *self = Self {
                failed: Some(error),
                ..Self::new(self.limits)
            };
        })
    }

    /// Whether a reply was begun and is not complete. (A line that was begun is still in the caller's buffer.)
    #[must_use]
    pub fn is_within_reply(&self) -> bool {
        !self.stack.is_empty() || self.bulk.is_some() || self.searched > 0
    }

    fn run(&mut self, buf: &[u8]) -> Result<Progress, ReplyError> {
        let mut pos = 0;
        loop {
            let start = pos;
            let item = self.item(buf, &mut pos)?;
            self.bytes = self.bytes.saturating_add(pos - start);
            match item {
                Item::Incomplete => {
                    return Ok(Progress {
                        consumed: pos,
                        value: None,
                    });
                }
                Item::Opened => {}
                Item::Value(value) => {
                    if let Some(value) = self.place(value) {
                        self.elements = 0;
                        self.bytes = 0;
                        return Ok(Progress {
                            consumed: pos,
                            value: Some(value),
                        });
                    }
                }
            }
        }
    }

    /// Puts a value where it belongs; returns it if it is a whole reply.
    fn place(&mut self, mut value: Value) -> Option<Value> {
        while let Some(mut frame) = self.stack.pop() {
            frame.items.push(value);
            frame.left -= 1;
            if frame.left > 0 {
                self.stack.push(frame);
                return None;
            }
            value = frame.kind.build(frame.items)?;
        }
        Some(value)
    }

    fn item(&mut self, buf: &[u8], pos: &mut usize) -> Result<Item, ReplyError> {
        if let Some(bulk) = self.bulk.take() {
            return self.resume_bulk(bulk, buf, pos);
        }
        let Some((tag, text)) = self.line(buf, pos)? else {
            return Ok(Item::Incomplete);
        };
        self.elements += 1;
        let value = match tag {
            b'+' => Value::Simple(String::from_utf8_lossy(text).into_owned()),
            b'-' => Value::Error(String::from_utf8_lossy(text).into_owned()),
            b':' => Value::Integer(integer(text).ok_or(ReplyError::InvalidScalar)?),
            b',' => {
                let number = double(text).ok_or(ReplyError::InvalidScalar)?;
                if self.keeps_digits {
                    Value::Digits(String::from_utf8_lossy(text).into_owned())
                } else {
                    Value::Double(number)
                }
            }
            b'(' => Value::BigNumber(big_number(text).ok_or(ReplyError::InvalidScalar)?),
            b'#' if text == b"t" => Value::Boolean(true),
            b'#' if text == b"f" => Value::Boolean(false),
            b'_' if text.is_empty() => Value::Null,
            b'#' | b'_' => return Err(ReplyError::InvalidScalar),
            b'$' if text == b"-1" => Value::Null,
            b'$' => return self.begin_bulk(BulkKind::String, text, buf, pos),
            b'!' => return self.begin_bulk(BulkKind::Error, text, buf, pos),
            b'=' => return self.begin_bulk(BulkKind::Verbatim, text, buf, pos),
            b'*' if text == b"-1" => Value::Null,
            b'*' => return self.open(Aggregate::Array, text),
            b'%' => return self.open(Aggregate::Map, text),
            b'~' => return self.open(Aggregate::Set, text),
            b'>' => return self.open(Aggregate::Push, text),
            b'|' => return self.open(Aggregate::Attribute, text),
            other => return Err(ReplyError::UnknownType(other)),
        };
        Ok(Item::Value(value))
    }

    /// A line's first byte and the rest of it; `None` if it is not all there.
    fn line<'b>(&mut self, buf: &'b [u8], pos: &mut usize) -> Result<Option<(u8, &'b [u8])>, ReplyError> {
        let line = &buf[*pos..];
        let end = memchr::memchr(b'\r', &line[self.searched..]).map_or(line.len(), |i| self.searched + i);
        if end > self.limits.line_bytes_max {
            return Err(ReplyError::TooLongLine);
        }
        if end + 2 > line.len() {
            self.searched = end;
            return Ok(None);
        }
        if line[end + 1] != b'\n' {
            return Err(ReplyError::MissingLineEnd);
        }
        let (&tag, text) = line[..end].split_first().ok_or(ReplyError::UnknownType(b'\r'))?;
        self.searched = 0;
        *pos += end + 2;
        Ok(Some((tag, text)))
    }

    fn begin_bulk(&mut self, kind: BulkKind, text: &[u8], buf: &[u8], pos: &mut usize) -> Result<Item, ReplyError> {
        let len = length(text)?;
        if self.bytes.saturating_add(len) > self.limits.reply_bytes_max {
            return Err(ReplyError::TooBig);
        }
        // Room for what is here, not for what was announced.
        let here = len.min(buf.len() - *pos);
        self.resume_bulk(
            PartialBulk {
                kind,
                len,
                bytes: Vec::with_capacity(here),
            },
            buf,
            pos,
        )
    }

    fn resume_bulk(&mut self, mut bulk: PartialBulk, buf: &[u8], pos: &mut usize) -> Result<Item, ReplyError> {
        let here = (bulk.len - bulk.bytes.len()).min(buf.len() - *pos);
        bulk.bytes.extend_from_slice(&buf[*pos..*pos + here]);
        *pos += here;
        match buf.get(*pos..*pos + 2) {
            Some(b"\r\n") if bulk.bytes.len() == bulk.len => {
                *pos += 2;
                bulk.kind.build(bulk.bytes).map(Item::Value)
            }
            Some(_) => Err(ReplyError::MissingLineEnd),
            None => {
                self.bulk = Some(bulk);
                Ok(Item::Incomplete)
            }
        }
    }

    fn open(&mut self, kind: Aggregate, text: &[u8]) -> Result<Item, ReplyError> {
        let count = length(text)?;
        let left = count.saturating_mul(kind.items_each());
        if left > self.limits.elements_max.saturating_sub(self.elements) {
            return Err(ReplyError::TooManyElements);
        }
        if self.stack.len() >= self.limits.depth_max {
            return Err(ReplyError::TooDeep);
        }
        if left == 0 {
            return Ok(kind.build(Vec::new()).map_or(Item::Opened, Item::Value));
        }
        self.stack.push(Frame {
            kind,
            left,
            items: Vec::with_capacity(left.min(ITEMS_RESERVED_MAX)),
        });
        Ok(Item::Opened)
    }
}

impl Aggregate {
    /// Values on the wire for each element announced.
    const fn items_each(self) -> usize {
        match self {
            Self::Map | Self::Attribute => 2,
            Self::Array | Self::Set | Self::Push => 1,
        }
    }

    /// The finished value; `None` for an attribute, which is no reply.
    fn build(self, items: Vec<Value>) -> Option<Value> {
        match self {
            Self::Array => Some(Value::Array(items)),
            Self::Set => Some(Value::Set(items)),
            Self::Push => Some(Value::Push(items)),
            Self::Map => {
                let mut entries = Vec::with_capacity(items.len() / 2);
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    entries.push((key, value));
                }
                Some(Value::Map(entries))
            }
            Self::Attribute => None,
        }
    }
}

impl BulkKind {
    fn build(self, mut bytes: Vec<u8>) -> Result<Value, ReplyError> {
        match self {
            Self::String => Ok(Value::Bulk(bytes)),
            Self::Error => Ok(Value::Error(String::from_utf8_lossy(&bytes).into_owned())),
            // Three letters and a colon.
            Self::Verbatim if bytes.get(3) == Some(&b':') => {
                bytes.drain(..4);
                Ok(Value::Verbatim(bytes))
            }
            Self::Verbatim => Err(ReplyError::InvalidLength),
        }
    }
}

fn length(text: &[u8]) -> Result<usize, ReplyError> {
    integer(text)
        .and_then(|len| usize::try_from(len).ok())
        .ok_or(ReplyError::InvalidLength)
}

fn double(text: &[u8]) -> Option<f64> {
    // The standard library also reads `infinity` and the like; a server says `inf` and `nan`.
    let is_number = text
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if is_number || matches!(text, b"inf" | b"-inf" | b"nan" | b"-nan") {
        std::str::from_utf8(text).ok()?.parse().ok()
    } else {
        None
    }
}

fn big_number(text: &[u8]) -> Option<String> {
    let digits = text
        .strip_prefix(b"-")
        .or_else(|| text.strip_prefix(b"+"))
        .unwrap_or(text);
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> Result<Option<Value>, ReplyError> {
        ReplyParser::new(ReplyLimits::default())
            .parse(bytes)
            .map(|progress| progress.value)
    }

    #[test]
    fn digits_are_kept_as_they_were_written_if_they_are_wanted_and_are_a_number_still() {
        let read = |bytes: &[u8]| {
            ReplyParser::default()
                .keep_digits()
                .parse(bytes)
                .map(|progress| progress.value)
        };
        let digits = |text: &str| Ok(Some(Value::Digits(text.into())));
        assert_eq!(read(b",3.1000000000000001\r\n"), digits("3.1000000000000001"));
        assert_eq!(read(b",-inf\r\n"), digits("-inf"));
        assert_eq!(read(b",3.1.4\r\n"), Err(ReplyError::InvalidScalar));
        assert_eq!(one(b",3.1000000000000001\r\n"), Ok(Some(Value::Double(3.1))));
    }

    #[test]
    fn every_kind_of_reply_is_read() {
        let ints = || vec![Value::Integer(1), Value::Integer(2)];
        let table = [
            (&b"+OK\r\n"[..], Value::Simple("OK".into())),
            (b"-ERR no\r\n", Value::Error("ERR no".into())),
            (b"!6\r\nERR no\r\n", Value::Error("ERR no".into())),
            (b":-7\r\n", Value::Integer(-7)),
            (b"$3\r\na\r\n\r\n", Value::Bulk(b"a\r\n".to_vec())),
            (b"$0\r\n\r\n", Value::Bulk(Vec::new())),
            (b"$-1\r\n", Value::Null),
            (b"*-1\r\n", Value::Null),
            (b"_\r\n", Value::Null),
            (b"#t\r\n", Value::Boolean(true)),
            (b"#f\r\n", Value::Boolean(false)),
            (b",1.5e3\r\n", Value::Double(1500.0)),
            (b",-inf\r\n", Value::Double(f64::NEG_INFINITY)),
            (
                b"(-123456789012345678901234567890\r\n",
                Value::BigNumber("-123456789012345678901234567890".into()),
            ),
            (b"=6\r\ntxt:hi\r\n", Value::Verbatim(b"hi".to_vec())),
            (b"*2\r\n:1\r\n:2\r\n", Value::Array(ints())),
            (b"~2\r\n:1\r\n:2\r\n", Value::Set(ints())),
            (b">2\r\n:1\r\n:2\r\n", Value::Push(ints())),
            (
                b"%1\r\n:1\r\n:2\r\n",
                Value::Map(vec![(Value::Integer(1), Value::Integer(2))]),
            ),
            (b"*0\r\n", Value::Array(Vec::new())),
            (b"*1\r\n*0\r\n", Value::Array(vec![Value::Array(Vec::new())])),
            (b"|1\r\n+ttl\r\n:3\r\n*2\r\n:1\r\n|0\r\n:2\r\n", Value::Array(ints())),
        ];
        for (bytes, expected) in table {
            assert_eq!(one(bytes), Ok(Some(expected)), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn broken_replies_are_refused() {
        use ReplyError::{InvalidLength, InvalidScalar, MissingLineEnd, UnknownType};
        let table = [
            (&b"\r\n"[..], UnknownType(b'\r')),
            (b"HTTP/1.1 400\r\n", UnknownType(b'H')),
            (b"$-2\r\n", InvalidLength),
            (b"%-1\r\n", InvalidLength),
            (b"$?\r\n", InvalidLength),
            (b"=2\r\nhi\r\n", InvalidLength),
            (b":1x\r\n", InvalidScalar),
            (b"#x\r\n", InvalidScalar),
            (b"_x\r\n", InvalidScalar),
            (b",infinity\r\n", InvalidScalar),
            (b"(1-\r\n", InvalidScalar),
            (b"+OK\rX", MissingLineEnd),
            (b"$1\r\nabc", MissingLineEnd),
        ];
        for (bytes, expected) in table {
            assert_eq!(one(bytes), Err(expected), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn limits_hold_for_what_is_announced() {
        let limits = ReplyLimits {
            reply_bytes_max: 1000,
            elements_max: 10,
            depth_max: 2,
            line_bytes_max: 30,
        };
        let one = |bytes: &[u8]| ReplyParser::new(limits).parse(bytes).map(|progress| progress.value);
        assert_eq!(one(b"$1001\r\n"), Err(ReplyError::TooBig));
        assert_eq!(one(b"*2\r\n$900\r\n"), Ok(None));
        assert_eq!(one(b"*11\r\n"), Err(ReplyError::TooManyElements));
        assert_eq!(
            one(b"%5\r\n"),
            Err(ReplyError::TooManyElements),
            "a map has two elements an entry, and is one itself"
        );
        assert_eq!(
            one(b"*9\r\n:1\r\n*9\r\n"),
            Err(ReplyError::TooManyElements),
            "elements of all depths count"
        );
        assert_eq!(one(b"*1\r\n*1\r\n*1\r\n"), Err(ReplyError::TooDeep));
        assert_eq!(one(&[b'+'; 31]), Err(ReplyError::TooLongLine));
        let long = [&b"*2\r\n$900\r\n"[..], &[b'x'; 900], b"\r\n$100\r\n"].concat();
        assert_eq!(one(&long), Err(ReplyError::TooBig), "the reply as a whole has a limit");
    }

    #[test]
    fn an_error_stays() {
        let mut parser = ReplyParser::default();
        assert_eq!(
            parser.parse(b"?"),
            Ok(Progress {
                consumed: 0,
                value: None
            })
        );
        assert_eq!(parser.parse(b"?\r\n"), Err(ReplyError::UnknownType(b'?')));
        assert_eq!(parser.parse(b"+OK\r\n"), Err(ReplyError::UnknownType(b'?')));
    }
}
