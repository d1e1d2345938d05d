//! Walks replies without keeping them.
//!
//! The generator shares no code with the server that it measures, so that a mistake in one cannot hide the same
//! mistake in the other. It reads every reply to its end, nested arrays too, and keeps only what a measurement needs:
//! how many were complete, how many were nil, how many were errors, and the text of the first error.

use std::fmt;

use memchr::memchr;

/// Arrays in arrays deeper than this are refused: no server that is measured here sends them.
const DEPTH_MAX: usize = 8;

/// What one whole reply was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text, a value, a list.
    Plain,
    /// `$-1`, `*-1` or `_`.
    Nil,
    /// `-ERR ...`, or `!`.
    Error,
    /// `:7`
    Integer(i64),
}

/// A complete reply at the front of a buffer: what it was, and its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What it was.
    pub kind: Kind,
    /// Its length.
    pub bytes: usize,
}

/// The bytes are not RESP.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed(u8);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not a RESP reply: type byte {:?} or a bad length",
            char::from(self.0)
        )
    }
}

/// The reply at the front of `buffer`; `None` when its end has not arrived.
///
/// # Errors
/// When the bytes are not RESP, or lists are nested too deeply.
pub fn scan(buffer: &[u8]) -> Result<Option<Reply>, Malformed> {
    scan_nested(buffer, DEPTH_MAX)
}

fn scan_nested(buffer: &[u8], depth_left: usize) -> Result<Option<Reply>, Malformed> {
    let Some(&type_byte) = buffer.first() else {
        return Ok(None);
    };
    let Some(line_end) = memchr(b'\n', buffer) else {
        return Ok(None);
    };
    let after_line = line_end + 1;
    let Some(line) = buffer[1..line_end].strip_suffix(b"\r") else {
        return Err(Malformed(type_byte));
    };
    let kind = match type_byte {
        b'+' | b',' | b'#' | b'(' => Kind::Plain,
        b'-' => Kind::Error,
        b'_' => Kind::Nil,
        b':' => Kind::Integer(number(line).ok_or(Malformed(type_byte))?),
        b'$' | b'=' | b'!' => return scan_bulk(buffer, type_byte, line, after_line),
        b'*' | b'~' | b'>' | b'%' => return scan_items(buffer, type_byte, line, after_line, depth_left),
        _ => return Err(Malformed(type_byte)),
    };
    Ok(Some(Reply {
        kind,
        bytes: after_line,
    }))
}

fn scan_bulk(buffer: &[u8], type_byte: u8, line: &[u8], start: usize) -> Result<Option<Reply>, Malformed> {
    let length = number(line).ok_or(Malformed(type_byte))?;
    let Ok(length) = usize::try_from(length) else {
        return Ok(Some(Reply {
            kind: Kind::Nil,
            bytes: start,
        }));
    };
    let end = start.saturating_add(length).saturating_add(2);
    if buffer.len() < end {
        return Ok(None);
    }
    if &buffer[end - 2..end] != b"\r\n" {
        return Err(Malformed(type_byte));
    }
    let kind = if type_byte == b'!' { Kind::Error } else { Kind::Plain };
    Ok(Some(Reply { kind, bytes: end }))
}

fn scan_items(
    buffer: &[u8],
    type_byte: u8,
    line: &[u8],
    start: usize,
    depth_left: usize,
) -> Result<Option<Reply>, Malformed> {
    let count = number(line).ok_or(Malformed(type_byte))?;
    if count < 0 {
        return Ok(Some(Reply {
            kind: Kind::Nil,
            bytes: start,
        }));
    }
    let depth_left = depth_left.checked_sub(1).ok_or(Malformed(type_byte))?;
    let items = if type_byte == b'%' {
        count.saturating_mul(2)
    } else {
        count
    };
    let mut end = start;
    for _ in 0..items {
        let Some(item) = scan_nested(&buffer[end..], depth_left)? else {
            return Ok(None);
        };
        end += item.bytes;
    }
    Ok(Some(Reply {
        kind: Kind::Plain,
        bytes: end,
    }))
}

/// A decimal number as RESP writes lengths and integers.
pub fn number(digits: &[u8]) -> Option<i64> {
    let (negative, digits) = match digits.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0_i64;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8], kind: Kind) {
        assert_eq!(
            scan(bytes),
            Ok(Some(Reply {
                kind,
                bytes: bytes.len()
            })),
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
        for cut in 0..bytes.len() {
            assert_eq!(
                scan(&bytes[..cut]),
                Ok(None),
                "cut at {cut} of {:?}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn every_kind_of_reply_is_read_to_its_end_and_never_before_it() {
        whole(b"+OK\r\n", Kind::Plain);
        whole(b"-ERR no\r\n", Kind::Error);
        whole(b":-42\r\n", Kind::Integer(-42));
        whole(b"$-1\r\n", Kind::Nil);
        whole(b"*-1\r\n", Kind::Nil);
        whole(b"_\r\n", Kind::Nil);
        whole(b"$5\r\na\r\nbc\r\n", Kind::Plain);
        whole(b"*2\r\n:1\r\n*1\r\n$0\r\n\r\n", Kind::Plain);
        whole(b"%1\r\n+a\r\n:1\r\n", Kind::Plain);
    }

    #[test]
    fn the_second_reply_in_a_buffer_is_left_alone() {
        assert_eq!(
            scan(b"+OK\r\n$1\r\n"),
            Ok(Some(Reply {
                kind: Kind::Plain,
                bytes: 5
            }))
        );
    }

    #[test]
    fn what_is_not_resp_is_refused() {
        assert_eq!(scan(b"HTTP/1.1 400\r\n"), Err(Malformed(b'H')));
        assert_eq!(scan(b"$x\r\n"), Err(Malformed(b'$')));
        assert_eq!(scan(b"$1\r\nabc"), Err(Malformed(b'$')));
        assert_eq!(scan(&b"*1\r\n".repeat(9)), Err(Malformed(b'*')));
    }
}
