//! What clients ask, and what they get.

use std::fmt;

use circlet_core::quorum::Level;
use circlet_core::stamp::Stamp;
use circlet_core::state::Kind;

/// What a command does to its key, or to the part of the collection under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// The value, the field's value, the member's score; of a set's member and a list's element nothing but that it is there.
    Get,
    /// Writes the value; adds the member, or the element at one end of the list.
    Set(Vec<u8>),
    /// Written, to expire after so many milliseconds.
    SetFor(Vec<u8>, u64),
    Delete,
    Incr(i64),
    /// Read, modify, write: the value grows by this.
    Append(Vec<u8>),
    /// What is there expires after so many milliseconds.
    Expire(u64),
    /// What is there does not expire.
    Persist,
    /// Takes the first element of a list away.
    Pop,
}

/// A field, member or element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartOf {
    /// The collection's type.
    pub(crate) kind: Kind,
    /// An element's value, for a list.
    pub(crate) name: Box<[u8]>,
}

/// One command of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// Its place in the history; also how its reply finds the client.
    pub(crate) op: usize,
    pub(crate) key: Vec<u8>,
    /// The part of the collection under the key that the command is on; none for a command on the whole value.
    pub(crate) part: Option<PartOf>,
    pub(crate) what: What,
    pub(crate) level: Level,
}

impl Command {
    /// On the whole value, at QUORUM.
    pub(crate) fn new(key: &[u8], what: What) -> Self {
        Self {
            op: 0,
            key: key.to_vec(),
            part: None,
            what,
            level: Level::Quorum,
        }
    }

    /// The same on a part of the collection under the key.
    pub(crate) fn on(self, kind: Kind, name: &[u8]) -> Self {
        let name = name.into();
        Self {
            part: Some(PartOf { kind, name }),
            ..self
        }
    }

    /// The same at another level.
    pub(crate) fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }

    pub(crate) fn is_read(&self) -> bool {
        self.what == What::Get
    }

    /// The type of the collection of whose part it speaks.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.part.as_ref().map(|part| part.kind)
    }

    /// The register or counter that the command is on: the key, or the part of it.
    pub(crate) fn place(&self) -> Vec<u8> {
        let part = self.part.iter().flat_map(|part| [&b"."[..], &part.name]);
        [&self.key[..]].into_iter().chain(part).collect::<Vec<_>>().concat()
    }

    /// What Redis would call it, about.
    fn word(&self) -> &'static str {
        match (&self.what, self.kind()) {
            (What::Get, None) => "GET",
            (What::Get, Some(Kind::Set)) => "SISMEMBER",
            (What::Get, Some(Kind::SortedSet)) => "ZSCORE",
            (What::Get, Some(Kind::List)) => "LPOS",
            (What::Get, Some(_)) => "HGET",
            (What::Set(_) | What::SetFor(..), None) => "SET",
            (What::Set(_) | What::SetFor(..), Some(Kind::Set)) => "SADD",
            (What::Set(_) | What::SetFor(..), Some(Kind::SortedSet)) => "ZADD",
            (What::Set(_) | What::SetFor(..), Some(Kind::List)) => "PUSH",
            (What::Set(_) | What::SetFor(..), Some(_)) => "HSET",
            (What::Delete, None) => "DEL",
            (What::Delete, Some(Kind::Set)) => "SREM",
            (What::Delete, Some(Kind::SortedSet)) => "ZREM",
            (What::Delete, Some(Kind::List)) => "LREM",
            (What::Delete, Some(_)) => "HDEL",
            (What::Incr(_), None) => "INCRBY",
            (What::Incr(_), Some(Kind::SortedSet)) => "ZINCRBY",
            (What::Incr(_), Some(_)) => "HINCRBY",
            (What::Append(_), _) => "APPEND",
            (What::Expire(_), _) => "PEXPIRE",
            (What::Persist, _) => "PERSIST",
            (What::Pop, _) => "LPOP",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.word(), self.place().escape_ascii())?;
        match &self.what {
            What::Set(value) | What::Append(value) => write!(formatter, " {}", value.escape_ascii())?,
            What::SetFor(value, ms) => write!(formatter, " {} PX {ms}", value.escape_ascii())?,
            What::Incr(by) => write!(formatter, " {by}")?,
            What::Expire(ms) => write!(formatter, " {ms}")?,
            What::Get | What::Delete | What::Persist | What::Pop => {}
        }
        match self.level {
            Level::Quorum => Ok(()),
            level => write!(formatter, " at {}", level.word()),
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
