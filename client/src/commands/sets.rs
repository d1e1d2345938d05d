//! Commands on sets.

use super::Ask;
use crate::call::Call;
use crate::client::Client;
use crate::cmd::cmd;
use crate::from_value::FromValue;
use crate::to_arg::ToArg;

/// Commands on sets.
///
/// *In Circlet* each member is by itself: what is added on two sides of a partition is all kept. Commands on several sets want them in one slot.
pub trait Sets: Ask {
    /// `SADD`: adds members; how many are new. O(N).
    fn sadd(&self, key: impl ToArg, members: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("SADD").arg(key).arg(members))
    }

    /// `SREM`: takes members out; how many there were. O(N).
    fn srem(&self, key: impl ToArg, members: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("SREM").arg(key).arg(members))
    }

    /// `SISMEMBER`: whether it is a member. O(1).
    fn sismember(&self, key: impl ToArg, member: impl ToArg) -> Call<'_, bool> {
        self.ask(cmd("SISMEMBER").arg(key).arg(member))
    }

    /// `SMISMEMBER`: for each, whether it is a member. O(N).
    fn smismember(&self, key: impl ToArg, members: impl ToArg) -> Call<'_, Vec<bool>> {
        self.ask(cmd("SMISMEMBER").arg(key).arg(members))
    }

    /// `SMEMBERS`: all members. O(N).
    fn smembers<T: FromValue>(&self, key: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("SMEMBERS").arg(key))
    }

    /// `SCARD`: how many members. O(1).
    fn scard(&self, key: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("SCARD").arg(key))
    }

    /// `SPOP`: takes so many members out at random. O(N).
    fn spop<T: FromValue>(&self, key: impl ToArg, count: u64) -> Call<'_, Vec<T>> {
        self.ask(cmd("SPOP").arg(key).arg(count))
    }

    /// `SRANDMEMBER`: so many members at random; negative: with repetitions. O(N).
    fn srandmember<T: FromValue>(&self, key: impl ToArg, count: i64) -> Call<'_, Vec<T>> {
        self.ask(cmd("SRANDMEMBER").arg(key).arg(count))
    }

    /// `SMOVE`: from one set to another of the same slot; whether it was in the first. O(1).
    fn smove(&self, from: impl ToArg, to: impl ToArg, member: impl ToArg) -> Call<'_, bool> {
        self.ask(cmd("SMOVE").arg(from).arg(to).arg(member))
    }

    /// `SINTER`: the members of all sets. O(N*M), N: members of the smallest, M: sets.
    fn sinter<T: FromValue>(&self, keys: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("SINTER").arg(keys))
    }

    /// `SINTERCARD`: how many those are; counts no further than `limit` unless that is 0. O(N*M).
    fn sintercard<K: ToArg>(&self, keys: &[K], limit: u64) -> Call<'_, u64> {
        self.ask(cmd("SINTERCARD").arg(keys.len()).arg(keys).arg(("LIMIT", limit)))
    }

    /// `SINTERSTORE`: keeps them at `to`; how many they are. O(N*M).
    fn sinterstore(&self, to: impl ToArg, keys: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("SINTERSTORE").arg(to).arg(keys))
    }

    /// `SUNION`: the members of any of the sets. O(N).
    fn sunion<T: FromValue>(&self, keys: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("SUNION").arg(keys))
    }

    /// `SUNIONSTORE`: keeps them at `to`; how many they are. O(N).
    fn sunionstore(&self, to: impl ToArg, keys: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("SUNIONSTORE").arg(to).arg(keys))
    }

    /// `SDIFF`: the members of the first set that are in no other. O(N).
    fn sdiff<T: FromValue>(&self, keys: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("SDIFF").arg(keys))
    }

    /// `SDIFFSTORE`: keeps them at `to`; how many they are. O(N).
    fn sdiffstore(&self, to: impl ToArg, keys: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("SDIFFSTORE").arg(to).arg(keys))
    }
}

impl Sets for Client {}
