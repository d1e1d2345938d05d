//! The kinds of places that clients write: a value under a key, or a part of a collection.

use crate::cell::Content;
use circlet_resp::Value;

/// A kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The string under a key.
    Text,
    /// A field of a hash that all clients share.
    Field,
    /// A member of a set that all clients share.
    Member,
    /// The score of a member of a sorted set that all clients share.
    Score,
}

impl Shape {
    pub(crate) const ALL: [Shape; 4] = [Shape::Text, Shape::Field, Shape::Member, Shape::Score];

    /// Writes `content` at the place called `name`; deletes what is there if there is none.
    pub(crate) fn write(self, name: &str, content: Content) -> Vec<String> {
        let shared = shared_key(name);
        match (self, content) {
            (Self::Text, Some(value)) => args(&["SET", name, &value.to_string()]),
            (Self::Text, None) => args(&["DEL", name]),
            (Self::Field, Some(value)) => args(&["HSET", &format!("h{shared}"), name, &value.to_string()]),
            (Self::Field, None) => args(&["HDEL", &format!("h{shared}"), name]),
            (Self::Member, Some(_)) => args(&["SADD", &format!("s{shared}"), name]),
            (Self::Member, None) => args(&["SREM", &format!("s{shared}"), name]),
            (Self::Score, Some(value)) => args(&["ZADD", &format!("z{shared}"), &value.to_string(), name]),
            (Self::Score, None) => args(&["ZREM", &format!("z{shared}"), name]),
        }
    }

    /// What a client that writes `value` reads: a set's member has none.
    pub(crate) fn content(self, value: u64) -> Content {
        Some(if self == Self::Member { 1 } else { value })
    }

    /// Reads the place called `name`.
    pub(crate) fn read(self, name: &str) -> Vec<String> {
        let shared = shared_key(name);
        match self {
            Self::Text => args(&["GET", name]),
            Self::Field => args(&["HGET", &format!("h{shared}"), name]),
            Self::Member => args(&["SISMEMBER", &format!("s{shared}"), name]),
            Self::Score => args(&["ZSCORE", &format!("z{shared}"), name]),
        }
    }

    /// What was read. A reply that is none of this program's values is a number that was never written.
    pub(crate) fn parse(self, reply: &Value) -> Content {
        const NEVER_WRITTEN: u64 = u64::MAX;
        match (self, reply) {
            (Self::Member, Value::Integer(found)) => (*found != 0).then_some(1),
            (_, Value::Null) => None,
            (_, other) => {
                let text = other.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok());
                Some(text.and_then(|text| text.parse().ok()).unwrap_or(NEVER_WRITTEN))
            }
        }
    }
}

/// Eight shared collections of each kind: few enough that every one has many writers.
fn shared_key(name: &str) -> usize {
    name.bytes().map(usize::from).sum::<usize>() % 8
}

/// A command's arguments.
pub(crate) fn args(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
