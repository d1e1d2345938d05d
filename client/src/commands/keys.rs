//! Commands on keys, whatever they hold.

use super::Ask;
use super::strings::{millis, unix_millis};
use crate::call::Call;
use crate::client::Client;
use crate::cmd::{Cmd, cmd};
use crate::from_value::FromValue;
use crate::to_arg::ToArg;
use std::time::{Duration, SystemTime};

/// When [`Keys::expire_if`] sets a time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpireIf {
    /// Only if there is none.
    None,
    /// Only if there is one.
    Some,
    /// Only if it becomes longer; none is the longest.
    Greater,
    /// Only if it becomes shorter.
    Less,
}

impl ToArg for ExpireIf {
    fn write_to(&self, cmd: &mut Cmd) {
        cmd.push(match self {
            ExpireIf::None => b"NX",
            ExpireIf::Some => b"XX",
            ExpireIf::Greater => b"GT",
            ExpireIf::Less => b"LT",
        });
    }
}

/// Commands on keys, whatever they hold.
pub trait Keys: Ask {
    /// `DEL`: deletes one key or several, wherever they are; how many there were. O(N), N: keys, and elements of those that are lists and the like.
    ///
    /// *In Circlet*: a deleted key does not come back, also not from a replica that was away. Each key is deleted by itself.
    fn del(&self, keys: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("DEL").arg(keys))
    }

    /// `UNLINK`: as [`del`](Keys::del); memory is given back later. O(1) a key.
    fn unlink(&self, keys: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("UNLINK").arg(keys))
    }

    /// `EXISTS`: how many of these keys there are; one named twice counts twice. O(N).
    fn exists(&self, keys: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("EXISTS").arg(keys))
    }

    /// `TOUCH`: as [`exists`](Keys::exists); the keys count as used. O(N).
    fn touch(&self, keys: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("TOUCH").arg(keys))
    }

    /// `TYPE`: `string`, `list`, `set`, `zset`, `hash` or `none`. O(1).
    fn key_type(&self, key: impl ToArg) -> Call<'_, String> {
        self.ask(cmd("TYPE").arg(key))
    }

    /// `PEXPIRE`: the key expires after this; false if there is none. O(1).
    fn expire(&self, key: impl ToArg, after: Duration) -> Call<'_, bool> {
        self.ask(cmd("PEXPIRE").arg(key).arg(millis(after)))
    }

    /// `PEXPIRE` under a condition; whether it was set. O(1).
    fn expire_if(&self, key: impl ToArg, after: Duration, condition: ExpireIf) -> Call<'_, bool> {
        self.ask(cmd("PEXPIRE").arg(key).arg(millis(after)).arg(condition))
    }

    /// `PEXPIREAT`: the key expires at this time; false if there is none. O(1).
    fn expire_at(&self, key: impl ToArg, at: SystemTime) -> Call<'_, bool> {
        self.ask(cmd("PEXPIREAT").arg(key).arg(unix_millis(at)))
    }

    /// `PERSIST`: the key does not expire any more; false if there is none that would. O(1).
    fn persist(&self, key: impl ToArg) -> Call<'_, bool> {
        self.ask(cmd("PERSIST").arg(key))
    }

    /// `PTTL`: milliseconds until the key expires; -1: never; -2: there is none. O(1).
    fn pttl(&self, key: impl ToArg) -> Call<'_, i64> {
        self.ask(cmd("PTTL").arg(key))
    }

    /// `TTL`: the same in seconds. O(1).
    fn ttl(&self, key: impl ToArg) -> Call<'_, i64> {
        self.ask(cmd("TTL").arg(key))
    }

    /// `PEXPIRETIME`: when the key expires, in milliseconds since 1970; -1: never; -2: there is none. O(1).
    fn pexpiretime(&self, key: impl ToArg) -> Call<'_, i64> {
        self.ask(cmd("PEXPIRETIME").arg(key))
    }

    /// `RENAME`: to another key of the same slot, overwriting it. O(1).
    fn rename(&self, from: impl ToArg, to: impl ToArg) -> Call<'_, ()> {
        self.ask(cmd("RENAME").arg(from).arg(to))
    }

    /// `RENAMENX`: the same unless there is something; whether it did. O(1).
    fn renamenx(&self, from: impl ToArg, to: impl ToArg) -> Call<'_, bool> {
        self.ask(cmd("RENAMENX").arg(from).arg(to))
    }

    /// `COPY`: to another key of the same slot, overwriting it if `replace`; whether it did. O(N), N: elements.
    fn copy(&self, from: impl ToArg, to: impl ToArg, replace: bool) -> Call<'_, bool> {
        self.ask(cmd("COPY").arg(from).arg(to).arg(replace.then_some("REPLACE")))
    }

    /// `SORT_RO`: the elements of a list, set or sorted set as numbers in order, or as texts if `alpha`. O(N log N).
    fn sorted<T: FromValue>(&self, key: impl ToArg, alpha: bool) -> Call<'_, Vec<T>> {
        self.ask(cmd("SORT_RO").arg(key).arg(alpha.then_some("ALPHA")))
    }

    /// `OBJECT ENCODING`: how the value is kept. O(1).
    fn object_encoding(&self, key: impl ToArg) -> Call<'_, Option<String>> {
        self.ask(cmd("OBJECT").arg("ENCODING").arg(key))
    }

    /// `MEMORY USAGE`: bytes that the key and its value take on one node; nothing if there is none. O(1).
    fn memory_usage(&self, key: impl ToArg) -> Call<'_, Option<u64>> {
        self.ask(cmd("MEMORY").arg("USAGE").arg(key))
    }

    /// `RANDOMKEY`: any key; nothing if there is none. O(1).
    fn random_key<T: FromValue>(&self) -> Call<'_, Option<T>> {
        self.ask(cmd("RANDOMKEY"))
    }

    /// `KEYS`: all keys that match a pattern. O(N), N: all keys. For a large cluster [`scan`](super::Scans::scan) is better.
    fn keys<T: FromValue>(&self, pattern: impl ToArg) -> Call<'_, Vec<T>> {
        self.ask(cmd("KEYS").arg(pattern))
    }
}

impl Keys for Client {}
