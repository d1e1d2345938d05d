//! Why a client's bytes are not RESP.

use std::fmt;

/// A request that cannot be read. Nothing of it was executed; where the next request begins is unknown, so the connection must be
/// closed after the reply.
///
/// `Display` gives Redis's text without the leading `ERR `. [`ReplyBuf::protocol_error`](crate::ReplyBuf::protocol_error) writes
/// the reply, byte for byte as Redis does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The number after `*` is no number, or more than [`Limits::args_max`](crate::Limits::args_max).
    InvalidMultibulkLength,
    /// The number after `$` is no number, negative, or more than [`Limits::bulk_bytes_max`](crate::Limits::bulk_bytes_max).
    InvalidBulkLength,
    /// An argument begins with this byte instead of `$`.
    ExpectedDollar(u8),
    /// An inline command longer than [`Limits::inline_bytes_max`](crate::Limits::inline_bytes_max).
    TooBigInlineRequest,
    /// A line beginning with `*` longer than [`Limits::inline_bytes_max`](crate::Limits::inline_bytes_max).
    TooBigMultibulkCount,
    /// A line beginning with `$` longer than [`Limits::inline_bytes_max`](crate::Limits::inline_bytes_max).
    TooBigBulkCount,
    /// An inline command with an open quote, or text directly after a closing quote.
    UnbalancedQuotes,
    /// More arguments than a client may send before it authenticates.
    UnauthenticatedMultibulkLength,
    /// A longer argument than a client may send before it authenticates.
    UnauthenticatedBulkLength,
    /// More bytes than [`Limits::request_bytes_max`](crate::Limits::request_bytes_max). (Redis closes without a word.)
    TooBigRequest,
}

impl ProtocolError {
    /// The text up to the offending byte, if there is one.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::InvalidMultibulkLength => "Protocol error: invalid multibulk length",
            Self::InvalidBulkLength => "Protocol error: invalid bulk length",
            Self::ExpectedDollar(_) => "Protocol error: expected '$', got '",
            Self::TooBigInlineRequest => "Protocol error: too big inline request",
            Self::TooBigMultibulkCount => "Protocol error: too big mbulk count string",
            Self::TooBigBulkCount => "Protocol error: too big bulk count string",
            Self::UnbalancedQuotes => "Protocol error: unbalanced quotes in request",
            Self::UnauthenticatedMultibulkLength => "Protocol error: unauthenticated multibulk length",
            Self::UnauthenticatedBulkLength => "Protocol error: unauthenticated bulk length",
            Self::TooBigRequest => "Protocol error: too big request",
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match *self {
            Self::ExpectedDollar(b'\r' | b'\n') => f.write_str(" '"),
            Self::ExpectedDollar(byte) => write!(f, "{}'", char::from(byte)),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for ProtocolError {}
