//! Why a server's bytes are not RESP.

use std::fmt;

/// A reply that cannot be read. Where the next reply begins is unknown: close the connection; what was asked may have been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyError {
    /// No reply begins with this byte.
    UnknownType(u8),
    /// A length is no number, or negative where there is no null.
    InvalidLength,
    /// A number, a boolean or a null is misspelt.
    InvalidScalar,
    /// CR and LF are not where they must be.
    MissingLineEnd,
    /// A line is longer than [`ReplyLimits::line_bytes_max`](crate::ReplyLimits::line_bytes_max).
    TooLongLine,
    /// A string or the whole reply is longer than [`ReplyLimits::reply_bytes_max`](crate::ReplyLimits::reply_bytes_max).
    TooBig,
    /// More elements than [`ReplyLimits::elements_max`](crate::ReplyLimits::elements_max).
    TooManyElements,
    /// Deeper than [`ReplyLimits::depth_max`](crate::ReplyLimits::depth_max).
    TooDeep,
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::UnknownType(byte) => return write!(f, "a reply cannot begin with '{}'", byte.escape_ascii()),
            Self::InvalidLength => "a reply has an invalid length",
            Self::InvalidScalar => "a reply has a misspelt number, boolean or null",
            Self::MissingLineEnd => "a reply lacks the end of a line",
            Self::TooLongLine => "a reply has too long a line",
            Self::TooBig => "a reply is too big",
            Self::TooManyElements => "a reply has too many elements",
            Self::TooDeep => "a reply is nested too deeply",
        };
        f.write_str(text)
    }
}

impl std::error::Error for ReplyError {}
