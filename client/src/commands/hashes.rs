//! Commands on hashes.

use super::Ask;
use super::strings::millis;
use crate::call::Call;
use crate::client::Client;
use crate::cmd::cmd;
use crate::from_value::FromValue;
use crate::to_arg::ToArg;
use std::time::Duration;

/// Commands on hashes.
///
/// *In Circlet* each field is by itself: writes to different fields on two sides of a partition are all kept, and a write of one field sends one field
/// to the replicas, however large the hash.
pub trait Hashes: Ask {
    /// `HGET`: the field's value; nothing if there is none. O(1).
    fn hget<T: FromValue>(&self, key: impl ToArg, field: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("HGET").arg(key).arg(field))
    }

    /// `HSET` of one field; how many are new. O(1).
    fn hset(&self, key: impl ToArg, field: impl ToArg, value: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("HSET").arg(key).arg(field).arg(value))
    }

    /// `HSET` of several: `[(field, value), ..]` or a map; how many are new. O(N).
    fn hset_all(&self, key: impl ToArg, entries: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("HSET").arg(key).arg(entries))
    }

    /// `HSETNX`: sets a field that there is not; whether it did. O(1).
    fn hsetnx(&self, key: impl ToArg, field: impl ToArg, value: impl ToArg) -> Call<'_, bool> {
        self.ask(cmd("HSETNX").arg(key).arg(field).arg(value))
    }

    /// `HMGET`: several fields, each nothing if there is none. O(N).
    fn hmget<T: FromValue>(&self, key: impl ToArg, fields: impl ToArg) -> Call<'_, Vec<T>> {
        self.ask(cmd("HMGET").arg(key).arg(fields))
    }

    /// `HGETALL`: all fields, as a map or pairs. O(N).
    fn hgetall<T: FromValue>(&self, key: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("HGETALL").arg(key))
    }

    /// `HKEYS`: the fields' names. O(N).
    fn hkeys<T: FromValue>(&self, key: impl ToArg) -> Call<'_, Vec<T>> {
        self.ask(cmd("HKEYS").arg(key))
    }

    /// `HVALS`: their values. O(N).
    fn hvals<T: FromValue>(&self, key: impl ToArg) -> Call<'_, Vec<T>> {
        self.ask(cmd("HVALS").arg(key))
    }

    /// `HLEN`: how many fields. O(1).
    fn hlen(&self, key: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("HLEN").arg(key))
    }

    /// `HEXISTS`: whether there is the field. O(1).
    fn hexists(&self, key: impl ToArg, field: impl ToArg) -> Call<'_, bool> {
        self.ask(cmd("HEXISTS").arg(key).arg(field))
    }

    /// `HSTRLEN`: the length of a field's value in bytes. O(1).
    fn hstrlen(&self, key: impl ToArg, field: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("HSTRLEN").arg(key).arg(field))
    }

    /// `HDEL`: deletes fields; how many there were. O(N).
    fn hdel(&self, key: impl ToArg, fields: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("HDEL").arg(key).arg(fields))
    }

    /// `HINCRBY`: adds to a field; the new number. O(1).
    ///
    /// *In Circlet*: counts on two sides of a partition add up.
    fn hincr_by(&self, key: impl ToArg, field: impl ToArg, by: i64) -> Call<'_, i64> {
        self.ask(cmd("HINCRBY").arg(key).arg(field).arg(by))
    }

    /// `HINCRBYFLOAT`: adds a number with a fraction; the new number. O(1).
    fn hincr_by_float(&self, key: impl ToArg, field: impl ToArg, by: f64) -> Call<'_, f64> {
        self.ask(cmd("HINCRBYFLOAT").arg(key).arg(field).arg(by))
    }

    /// `HRANDFIELD`: so many fields at random; negative: with repetitions. O(N), N: fields answered.
    fn hrandfield<T: FromValue>(&self, key: impl ToArg, count: i64) -> Call<'_, Vec<T>> {
        self.ask(cmd("HRANDFIELD").arg(key).arg(count))
    }

    /// `HPEXPIRE`: fields expire after this. For each: 1 set, 2 deleted at once, -2 no such field. O(N).
    fn hexpire<F: ToArg>(&self, key: impl ToArg, after: Duration, fields: &[F]) -> Call<'_, Vec<i64>> {
        let expire = cmd("HPEXPIRE").arg(key).arg(millis(after));
        self.ask(expire.arg("FIELDS").arg(fields.len()).arg(fields))
    }

    /// `HPTTL`: milliseconds until each field expires; -1: never; -2: no such field. O(N).
    fn hpttl<F: ToArg>(&self, key: impl ToArg, fields: &[F]) -> Call<'_, Vec<i64>> {
        self.ask(cmd("HPTTL").arg(key).arg("FIELDS").arg(fields.len()).arg(fields))
    }

    /// `HPERSIST`: fields do not expire any more. For each: 1 so it is, -1 it would not have, -2 no such field. O(N).
    fn hpersist<F: ToArg>(&self, key: impl ToArg, fields: &[F]) -> Call<'_, Vec<i64>> {
        self.ask(cmd("HPERSIST").arg(key).arg("FIELDS").arg(fields.len()).arg(fields))
    }
}

impl Hashes for Client {}
