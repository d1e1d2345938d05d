//! Replies, encoded as they are made.
//!
//! One buffer per connection: handlers append, the session writes it out once per read. There is no reply *value* in between: a tree
//! of boxed values per reply costs more than the command.
//!
//! A client speaks RESP2 until it says `HELLO 3`. What RESP2 has no form for is written as Redis writes it then: a map as a flat array, a
//! set and a push as arrays, a double, a verbatim text and a big number as bulk strings, a boolean as 0 or 1, null as `$-1` or `*-1`.
//!
//! A long string can stand in it as a reference ([`ReplyBuf::bulk_shared`]); it leaves by a vectored write.
//!
//! Aggregates are written head first: `array(2)` promises that two more replies follow. That promise is the handler's to keep.

use bytes::Bytes;
use std::fmt;
use std::io::Write as _;
use std::ops::Range;

use super::number::{PAIRS, append_i64, append_u64, with_double_text};
use super::shared::SharedStrings;
use crate::ProtocolError;

/// The dialect of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proto {
    /// RESP2, with which every connection begins.
    #[default]
    Resp2,
    /// RESP3, after `HELLO 3`.
    Resp3,
}

/// Encoded replies, in order, not yet sent.
#[derive(Debug, Default)]
pub struct ReplyBuf {
    bytes: Vec<u8>,
    shared: SharedStrings,
    proto: Proto,
}

impl ReplyBuf {
    /// An empty buffer. Allocates nothing.
    #[must_use]
    pub const fn new(proto: Proto) -> Self {
        Self {
            bytes: Vec::new(),
            shared: SharedStrings::new(),
            proto,
        }
    }

    /// The dialect in which replies are written.
    #[inline]
    #[must_use]
    pub fn proto(&self) -> Proto {
        self.proto
    }

    /// Writes the following replies in another dialect.
    pub fn set_proto(&mut self, proto: Proto) {
        self.proto = proto;
    }

    /// How many bytes wait, shared strings included.
    #[inline]
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.bytes.len() + self.shared.bytes()
    }

    /// Where the next reply begins: how many bytes wait, without shared strings.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether no byte waits.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What waits, without shared strings: the first byte of each reply is where it began.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What waits, in the pieces that it is to be sent in.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces_of(0..self.len())
    }

    /// The replies that stand in this range, in pieces.
    ///
    /// # Panics
    /// If the range is not within the buffer.
    pub fn pieces_of(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        self.shared.pieces(&self.bytes, range)
    }

    /// How many bytes the replies in this range have.
    #[must_use]
    pub fn bytes_of(&self, range: &Range<usize>) -> usize {
        range.len() + self.shared.bytes_within(range)
    }

    /// Takes back everything after the first `len` bytes: for a handler that fails half way.
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
        self.shared.truncate(len);
    }

    /// Forgets all that waits, keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.shared.clear();
    }

    /// Gives the memory beyond `bytes_max` back, as far as nothing waits in it.
    pub fn shrink_to(&mut self, bytes_max: usize) {
        self.bytes.shrink_to(bytes_max);
    }

    /// Hands out what waits, and begins anew with no memory.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        if self.shared.bytes() == 0 {
            return std::mem::take(&mut self.bytes);
        }
        let all = self.pieces().collect::<Vec<_>>().concat();
        *self = Self::new(self.proto);
        all
    }

    /// Makes room for `bytes` more: for replies whose size is known.
    #[inline]
    pub fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    /// Appends whole replies of another buffer, which stand there in this range.
    ///
    /// # Panics
    /// If the range is not within that buffer.
    pub fn append_range(&mut self, from: &Self, range: Range<usize>) {
        self.shared.append_range(&from.shared, &range, self.bytes.len());
        self.bytes.extend_from_slice(&from.bytes[range]);
    }

    /// Appends bytes that are replies already.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// `+OK`.
    #[inline]
    pub fn ok(&mut self) {
        self.bytes.extend_from_slice(b"+OK\r\n");
    }

    /// A short status. A CR or LF in it becomes a blank: the line must stay one line.
    pub fn simple(&mut self, text: &str) {
        self.bytes.push(b'+');
        self.line(text.as_bytes());
    }

    /// An error; `text` begins with its code (`ERR ...`, `WRONGTYPE ...`). A CR or LF in it becomes a blank, so that what a client sent
    /// and an error quotes cannot forge a reply.
    pub fn error(&mut self, text: &str) {
        self.error_bytes(text.as_bytes());
    }

    /// As [`ReplyBuf::error`], for texts that quote a client's bytes, which need not be UTF-8.
    #[cold]
    pub fn error_bytes(&mut self, text: &[u8]) {
        self.bytes.push(b'-');
        self.line(text);
    }

    /// As [`ReplyBuf::error`], from `format_args!` or anything that prints itself.
    #[cold]
    pub fn error_display(&mut self, text: &dyn fmt::Display) {
        self.bytes.push(b'-');
        let start = self.bytes.len();
        // Writing to a Vec cannot fail; a Display that fails leaves a shorter text.
        let _ = write!(self.bytes, "{text}");
        self.end_line(start);
    }

    /// The last reply to a client whose bytes are no request.
    #[cold]
    pub fn protocol_error(&mut self, error: ProtocolError) {
        self.bytes.extend_from_slice(b"-ERR ");
        let start = self.bytes.len();
        self.bytes.extend_from_slice(error.text().as_bytes());
        if let ProtocolError::ExpectedDollar(byte) = error {
            self.bytes.extend_from_slice(&[byte, b'\'']);
        }
        self.end_line(start);
    }

    /// A whole number.
    #[inline]
    pub fn integer(&mut self, value: i64) {
        match usize::try_from(value) {
            Ok(value) => self.head(b':', value),
            Err(_) => {
                self.bytes.push(b':');
                append_i64(&mut self.bytes, value);
                self.crlf();
            }
        }
    }

    /// A string of any bytes.
    #[inline]
    pub fn bulk(&mut self, value: &[u8]) {
        self.head(b'$', value.len());
        self.bytes.extend_from_slice(value);
        self.crlf();
    }

    /// A string of any bytes that is sent from where it is: for long ones. An empty one must not be given.
    pub fn bulk_shared(&mut self, value: Bytes) {
        debug_assert!(!value.is_empty(), "there is nothing to share");
        self.head(b'$', value.len());
        self.shared.push(self.bytes.len(), value);
        self.crlf();
    }

    /// A whole number, as a string.
    pub fn bulk_integer(&mut self, value: i64) {
        let mut text = Vec::with_capacity(20);
        append_i64(&mut text, value);
        self.bulk(&text);
    }

    /// No value.
    #[inline]
    pub fn null(&mut self) {
        self.bytes.extend_from_slice(match self.proto {
            Proto::Resp2 => b"$-1\r\n",
            Proto::Resp3 => b"_\r\n",
        });
    }

    /// No array, where one is usual.
    pub fn null_array(&mut self) {
        self.bytes.extend_from_slice(match self.proto {
            Proto::Resp2 => b"*-1\r\n",
            Proto::Resp3 => b"_\r\n",
        });
    }

    /// The head of an array; `len` replies follow.
    #[inline]
    pub fn array(&mut self, len: usize) {
        self.head(b'*', len);
    }

    /// The head of a map; `len` keys, each with its value, follow.
    pub fn map(&mut self, len: usize) {
        match self.proto {
            Proto::Resp2 => self.head(b'*', len * 2),
            Proto::Resp3 => self.head(b'%', len),
        }
    }

    /// The head of a set; `len` replies follow.
    pub fn set(&mut self, len: usize) {
        self.head(if self.proto == Proto::Resp3 { b'~' } else { b'*' }, len);
    }

    /// The head of a message that answers nothing; `len` replies follow.
    pub fn push(&mut self, len: usize) {
        self.head(if self.proto == Proto::Resp3 { b'>' } else { b'*' }, len);
    }

    /// A number with a fraction, as a string in both dialects.
    pub fn bulk_double(&mut self, value: f64) {
        with_double_text(value, |text| self.bulk(text));
    }

    /// A number with a fraction.
    pub fn double(&mut self, value: f64) {
        with_double_text(value, |text| self.double_digits(text));
    }

    /// A number with a fraction, in digits of the caller's choice.
    pub fn double_digits(&mut self, digits: &[u8]) {
        match self.proto {
            Proto::Resp2 => self.bulk(digits),
            Proto::Resp3 => self.tagged(b',', digits),
        }
    }

    /// Yes or no.
    pub fn boolean(&mut self, value: bool) {
        let text: &[u8] = match (self.proto, value) {
            (Proto::Resp2, true) => b":1\r\n",
            (Proto::Resp2, false) => b":0\r\n",
            (Proto::Resp3, true) => b"#t\r\n",
            (Proto::Resp3, false) => b"#f\r\n",
        };
        self.bytes.extend_from_slice(text);
    }

    /// A text to be shown as it is; `format` has three letters (`txt`, `mkd`).
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        debug_assert_eq!(format.len(), 3, "RESP3 gives a format three bytes");
        match self.proto {
            Proto::Resp2 => self.bulk(text),
            Proto::Resp3 => {
                self.head(b'=', text.len() + 4);
                self.bytes.extend_from_slice(format.as_bytes());
                self.bytes.push(b':');
                self.bytes.extend_from_slice(text);
                self.crlf();
            }
        }
    }

    /// A whole number of any size, given as its digits.
    pub fn bignum(&mut self, digits: &str) {
        match self.proto {
            Proto::Resp2 => self.bulk(digits.as_bytes()),
            Proto::Resp3 => self.tagged(b'(', digits.as_bytes()),
        }
    }

    #[inline]
    fn head(&mut self, tag: u8, len: usize) {
        // Short heads in one piece: each append checks the capacity anew.
        if len < 10 {
            self.bytes.extend_from_slice(&[tag, b'0' + len as u8, b'\r', b'\n']);
        } else if len < 100 {
            let [tens, ones] = PAIRS[len];
            self.bytes.extend_from_slice(&[tag, tens, ones, b'\r', b'\n']);
        } else {
            self.bytes.push(tag);
            append_u64(&mut self.bytes, len as u64);
            self.crlf();
        }
    }

    fn tagged(&mut self, tag: u8, text: &[u8]) {
        self.bytes.push(tag);
        self.line(text);
    }

    fn line(&mut self, text: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
        self.end_line(start);
    }

    /// Ends the line that began at `start`: line ends within it become blanks, those at its end go.
    fn end_line(&mut self, start: usize) {
        while self.bytes.len() > start && matches!(self.bytes.last(), Some(b'\r' | b'\n')) {
            self.bytes.pop();
        }
        for byte in &mut self.bytes[start..] {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        self.crlf();
    }

    #[inline]
    fn crlf(&mut self) {
        self.bytes.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(proto: Proto, write: impl Fn(&mut ReplyBuf)) -> String {
        let mut out = ReplyBuf::new(proto);
        write(&mut out);
        String::from_utf8_lossy(&out.take()).into_owned()
    }

    #[test]
    fn each_reply_has_its_form_in_each_dialect() {
        type Write = fn(&mut ReplyBuf);
        let table: &[(Write, &str, &str)] = &[
            (|out| out.ok(), "+OK\r\n", "+OK\r\n"),
            (|out| out.simple("PONG"), "+PONG\r\n", "+PONG\r\n"),
            (|out| out.error("ERR no"), "-ERR no\r\n", "-ERR no\r\n"),
            (|out| out.integer(-12), ":-12\r\n", ":-12\r\n"),
            (|out| out.bulk(b"a\r\n"), "$3\r\na\r\n\r\n", "$3\r\na\r\n\r\n"),
            (
                |out| out.bulk_integer(i64::MIN),
                "$20\r\n-9223372036854775808\r\n",
                "$20\r\n-9223372036854775808\r\n",
            ),
            (|out| out.null(), "$-1\r\n", "_\r\n"),
            (|out| out.null_array(), "*-1\r\n", "_\r\n"),
            (|out| out.array(0), "*0\r\n", "*0\r\n"),
            (|out| out.map(3), "*6\r\n", "%3\r\n"),
            (|out| out.set(3), "*3\r\n", "~3\r\n"),
            (|out| out.push(3), "*3\r\n", ">3\r\n"),
            (|out| out.double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n"),
            (|out| out.double_digits(b"1.50"), "$4\r\n1.50\r\n", ",1.50\r\n"),
            (|out| out.boolean(true), ":1\r\n", "#t\r\n"),
            (|out| out.boolean(false), ":0\r\n", "#f\r\n"),
            (|out| out.verbatim("txt", b"hi"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"),
            (
                |out| out.bignum("12345678901234567890"),
                "$20\r\n12345678901234567890\r\n",
                "(12345678901234567890\r\n",
            ),
        ];
        for (write, resp2, resp3) in table {
            assert_eq!(written(Proto::Resp2, write), *resp2);
            assert_eq!(written(Proto::Resp3, write), *resp3);
        }
    }

    #[test]
    fn an_error_cannot_forge_a_reply() {
        let text = "ERR unknown command 'a\r\n+OK\r\n'\r\n";
        assert_eq!(
            written(Proto::Resp2, |out| out.error(text)),
            "-ERR unknown command 'a  +OK  '\r\n"
        );
        assert_eq!(
            written(Proto::Resp2, |out| out.error_display(&text)),
            "-ERR unknown command 'a  +OK  '\r\n"
        );
        assert_eq!(written(Proto::Resp2, |out| out.simple("a\r\nb")), "+a  b\r\n");
    }

    #[test]
    fn a_protocol_error_quotes_the_byte_as_it_came() {
        let reply = |byte| {
            let mut out = ReplyBuf::default();
            out.protocol_error(ProtocolError::ExpectedDollar(byte));
            out.take()
        };
        assert_eq!(reply(b'X'), b"-ERR Protocol error: expected '$', got 'X'\r\n");
        assert_eq!(reply(b'\r'), b"-ERR Protocol error: expected '$', got ' '\r\n");
        assert_eq!(reply(0xff), b"-ERR Protocol error: expected '$', got '\xff'\r\n");
    }

    #[test]
    fn a_half_written_reply_can_be_taken_back() {
        let mut out = ReplyBuf::new(Proto::Resp2);
        out.ok();
        let mark = out.len();
        out.array(2);
        out.truncate(mark);
        assert_eq!(out.as_bytes(), b"+OK\r\n");
    }

    fn flat(out: &ReplyBuf, range: Range<usize>) -> Vec<u8> {
        let flat = out.pieces_of(range.clone()).collect::<Vec<_>>().concat();
        assert_eq!(flat.len(), out.bytes_of(&range), "as long as it says");
        flat
    }

    #[test]
    fn shared_strings_leave_in_their_places_and_are_not_copied() {
        let value = Bytes::from_static(b"long");
        let mut out = ReplyBuf::default();
        out.ok();
        out.bulk_shared(value.clone());
        let second = out.len();
        out.bulk_shared(Bytes::from_static(b"er"));
        assert_eq!(out.waiting(), out.len() + 6);
        assert_eq!(flat(&out, 0..out.len()), b"+OK\r\n$4\r\nlong\r\n$2\r\ner\r\n");
        assert_eq!(flat(&out, 0..5), b"+OK\r\n");
        assert_eq!(flat(&out, 5..second), b"$4\r\nlong\r\n");
        assert!(out.pieces().any(|piece| piece.as_ptr() == value.as_ptr()), "no copy");

        let mut other = ReplyBuf::default();
        other.array(2);
        other.append_range(&out, second..out.len());
        other.append_range(&out, 5..second);
        assert_eq!(other.take(), b"*2\r\n$2\r\ner\r\n$4\r\nlong\r\n");
        assert!(other.is_empty() && other.waiting() == 0);

        out.truncate(second);
        assert_eq!(flat(&out, 0..out.len()), b"+OK\r\n$4\r\nlong\r\n");
        out.truncate(5);
        assert_eq!((out.waiting(), out.as_bytes()), (5, &b"+OK\r\n"[..]));
        out.bulk_shared(value);
        out.clear();
        assert_eq!(out.waiting(), 0);
    }
}
