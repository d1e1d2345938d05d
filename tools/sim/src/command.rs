//! What clients ask, and what they get.

use std::fmt;

use circlet_core::quorum::Level;
use circlet_core::stamp::Stamp;

/// What a command does to its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Get,
    Set(Vec<u8>),
    /// Written, to expire after so many milliseconds.
    SetFor(Vec<u8>, u64),
    Delete,
    Incr(i64),
    /// Read, modify, write: the value grows by this.
    Append(Vec<u8>),
}

/// One command of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// Its place in the history; also how its reply finds the client.
    pub(crate) op: usize,
    pub(crate) key: Vec<u8>,
    /// The field of the hash under the key that the command is on; none for a command on the whole value.
    pub(crate) field: Option<Box<[u8]>>,
    pub(crate) what: What,
    pub(crate) level: Level,
}

impl Command {
    pub(crate) fn is_read(&self) -> bool {
        self.what == What::Get
    }

    /// The register or counter that the command is on: the key, or the field of it.
    pub(crate) fn place(&self) -> Vec<u8> {
        let field = self.field.iter().flat_map(|field| [&b"."[..], field]);
        [&self.key[..]].into_iter().chain(field).collect::<Vec<_>>().concat()
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place();
        let key = place.escape_ascii();
        let h = if self.field.is_some() { "H" } else { "" };
        match &self.what {
            What::Get => write!(formatter, "{h}GET {key}"),
            What::Set(value) => write!(formatter, "{h}SET {key} {}", value.escape_ascii()),
            What::SetFor(value, ms) => write!(formatter, "SET {key} {} PX {ms}", value.escape_ascii()),
            What::Delete => write!(formatter, "{h}DEL {key}"),
            What::Incr(by) => write!(formatter, "{h}INCRBY {key} {by}"),
            What::Append(tail) => write!(formatter, "APPEND {key} {}", tail.escape_ascii()),
        }
    }
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The value that was read.
    Value(Option<Vec<u8>>),
    /// The write is acknowledged; the stamp that it was given is told to the checks, not to clients.
    Done(Stamp),
    /// Nothing was changed.
    Refused(String),
    /// The write may have happened, or may still happen.
    Unknown(String),
}

impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(None) => formatter.write_str("(nil)"),
            Self::Value(Some(value)) => write!(formatter, "{}", value.escape_ascii()),
            Self::Done(stamp) => write!(formatter, "done at {stamp}"),
            Self::Refused(why) => write!(formatter, "refused: {why}"),
            Self::Unknown(why) => write!(formatter, "unknown: {why}"),
        }
    }
}
