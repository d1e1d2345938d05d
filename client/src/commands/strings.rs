//! Commands on strings and counters.

use super::Ask;
use crate::call::Call;
use crate::client::Client;
use crate::cmd::{Cmd, cmd};
use crate::from_value::FromValue;
use crate::to_arg::ToArg;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Options of [`Strings::set_with`]. Without any it is a plain SET.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetOptions {
    condition: Option<&'static str>,
    expiry: Option<(&'static str, u64)>,
    keep_ttl: bool,
    get: bool,
}

impl SetOptions {
    /// No options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only if the key does not exist.
    #[must_use]
    pub fn if_absent(mut self) -> Self {
        self.condition = Some("NX");
        self
    }

    /// Only if the key exists.
    #[must_use]
    pub fn if_present(mut self) -> Self {
        self.condition = Some("XX");
        self
    }

    /// To expire after this; at least a millisecond.
    #[must_use]
    pub fn expire_in(mut self, after: Duration) -> Self {
        self.expiry = Some(("PX", millis(after)));
        self
    }

    /// To expire at this time, in milliseconds.
    #[must_use]
    pub fn expire_at(mut self, at: SystemTime) -> Self {
        self.expiry = Some(("PXAT", unix_millis(at)));
        self
    }

    /// Keeps the key's time to live, which SET takes away otherwise.
    #[must_use]
    pub fn keep_ttl(mut self) -> Self {
        self.keep_ttl = true;
        self
    }

    /// Answers the value that was there.
    #[must_use]
    pub fn get_old(mut self) -> Self {
        self.get = true;
        self
    }
}

impl ToArg for SetOptions {
    fn write_to(&self, cmd: &mut Cmd) {
        self.condition.write_to(cmd);
        self.expiry.write_to(cmd);
        self.keep_ttl.then_some("KEEPTTL").write_to(cmd);
        self.get.then_some("GET").write_to(cmd);
    }
}

/// What [`Strings::getex`] does to the time to live.
#[derive(Debug, Clone, Copy)]
pub enum GetExpiry {
    /// To expire after this.
    In(Duration),
    /// To expire at this time.
    At(SystemTime),
    /// Never to expire.
    Persist,
}

impl ToArg for GetExpiry {
    fn write_to(&self, cmd: &mut Cmd) {
        match self {
            GetExpiry::In(after) => ("PX", millis(*after)).write_to(cmd),
            GetExpiry::At(at) => ("PXAT", unix_millis(*at)).write_to(cmd),
            GetExpiry::Persist => "PERSIST".write_to(cmd),
        }
    }
}

/// Whole milliseconds, at least one: Redis takes no time of zero.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

pub(super) fn unix_millis(at: SystemTime) -> u64 {
    millis(at.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Commands on strings and counters.
pub trait Strings: Ask {
    /// `GET`: the string at `key`; nothing if there is none. O(1).
    fn get<T: FromValue>(&self, key: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("GET").arg(key))
    }

    /// `SET`: overwrites whatever is at `key`, its time to live included. O(1).
    ///
    /// *In Circlet*: two such writes on two sides of a partition: the later wins.
    fn set(&self, key: impl ToArg, value: impl ToArg) -> Call<'_, ()> {
        self.ask(cmd("SET").arg(key).arg(value))
    }

    /// `SET key value EX|PX ..`: overwrites, to expire after `after`. O(1).
    fn set_ex(&self, key: impl ToArg, value: impl ToArg, after: Duration) -> Call<'_, ()> {
        self.set_with(key, value, SetOptions::new().expire_in(after))
    }

    /// `SET` with options. Read it as `bool` (whether it was set), or with [`SetOptions::get_old`] as the value before. O(1).
    ///
    /// *In Circlet*: conditions hold at the key's coordinator. With a condition it is not sent again when its fate is unknown.
    fn set_with<T: FromValue>(&self, key: impl ToArg, value: impl ToArg, options: SetOptions) -> Call<'_, T> {
        self.ask(cmd("SET").arg(key).arg(value).arg(options))
    }

    /// `SETNX`: sets if there is nothing; whether it did. O(1).
    fn setnx(&self, key: impl ToArg, value: impl ToArg) -> Call<'_, bool> {
        self.ask(cmd("SETNX").arg(key).arg(value))
    }

    /// `GETDEL`: the string, and deletes the key. O(1).
    fn getdel<T: FromValue>(&self, key: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("GETDEL").arg(key))
    }

    /// `GETEX`: the string, and sets its time to live. O(1).
    fn getex<T: FromValue>(&self, key: impl ToArg, expiry: GetExpiry) -> Call<'_, T> {
        self.ask(cmd("GETEX").arg(key).arg(expiry))
    }

    /// `GETSET`: sets, and answers what was there. O(1).
    fn getset<T: FromValue>(&self, key: impl ToArg, value: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("GETSET").arg(key).arg(value))
    }

    /// `MGET`: the strings at several keys, each nothing if there is none. O(N).
    ///
    /// *In Circlet*: keys may be anywhere; each owner is asked for its own, at the same time.
    fn mget<T: FromValue>(&self, keys: impl ToArg) -> Call<'_, Vec<T>> {
        self.ask(cmd("MGET").arg(keys))
    }

    /// `MSET`: sets several keys: `[(key, value), ..]` or a map. O(N).
    ///
    /// *In Circlet*: keys may be anywhere. Each is set by itself: others may see some of them set and some not.
    fn mset(&self, entries: impl ToArg) -> Call<'_, ()> {
        self.ask(cmd("MSET").arg(entries))
    }

    /// `MSETNX`: sets several keys of one slot if none of them exists; whether it did. O(N).
    fn msetnx(&self, entries: impl ToArg) -> Call<'_, bool> {
        self.ask(cmd("MSETNX").arg(entries))
    }

    /// `APPEND`: adds to the end; the new length in bytes. O(1).
    fn append(&self, key: impl ToArg, value: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("APPEND").arg(key).arg(value))
    }

    /// `STRLEN`: the length in bytes; 0 if there is nothing. O(1).
    fn strlen(&self, key: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("STRLEN").arg(key))
    }

    /// `GETRANGE`: the bytes from `start` to `end`, both included; negative ones count from the end. O(N), N: bytes answered.
    fn getrange<T: FromValue>(&self, key: impl ToArg, start: i64, end: i64) -> Call<'_, T> {
        self.ask(cmd("GETRANGE").arg(key).arg(start).arg(end))
    }

    /// `SETRANGE`: overwrites from `offset` on, zero bytes before it if need be; the new length. O(N), N: bytes of the value.
    fn setrange(&self, key: impl ToArg, offset: u64, value: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("SETRANGE").arg(key).arg(offset).arg(value))
    }

    /// `INCR`: adds 1; the new number. O(1).
    ///
    /// *In Circlet*: counts on two sides of a partition add up. Not sent again when its fate is unknown.
    fn incr(&self, key: impl ToArg) -> Call<'_, i64> {
        self.ask(cmd("INCR").arg(key))
    }

    /// `INCRBY`: adds; the new number. O(1). See [`incr`](Strings::incr).
    fn incr_by(&self, key: impl ToArg, by: i64) -> Call<'_, i64> {
        self.ask(cmd("INCRBY").arg(key).arg(by))
    }

    /// `DECR`: takes 1; the new number. O(1). See [`incr`](Strings::incr).
    fn decr(&self, key: impl ToArg) -> Call<'_, i64> {
        self.ask(cmd("DECR").arg(key))
    }

    /// `DECRBY`: takes away; the new number. O(1). See [`incr`](Strings::incr).
    fn decr_by(&self, key: impl ToArg, by: i64) -> Call<'_, i64> {
        self.ask(cmd("DECRBY").arg(key).arg(by))
    }

    /// `INCRBYFLOAT`: adds a number with a fraction; the new number. O(1).
    ///
    /// *In Circlet*: the sum is written as a whole value: of two on two sides of a partition the later wins.
    fn incr_by_float(&self, key: impl ToArg, by: f64) -> Call<'_, f64> {
        self.ask(cmd("INCRBYFLOAT").arg(key).arg(by))
    }

    /// `LCS`: the longest subsequence that two strings of one slot have in common. O(N*M), their lengths.
    fn lcs<T: FromValue>(&self, one: impl ToArg, other: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("LCS").arg(one).arg(other))
    }

    /// `LCS .. LEN`: how long it is. O(N*M).
    fn lcs_len(&self, one: impl ToArg, other: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("LCS").arg(one).arg(other).arg("LEN"))
    }
}

impl Strings for Client {}
