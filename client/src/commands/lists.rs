//! Commands on lists.

use super::Ask;
use crate::call::Call;
use crate::client::Client;
use crate::cmd::{Cmd, cmd};
use crate::from_value::FromValue;
use crate::to_arg::ToArg;
use std::time::Duration;

/// An end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The front.
    Left,
    /// The back.
    Right,
}

impl ToArg for Side {
    fn write_to(&self, cmd: &mut Cmd) {
        cmd.push(match self {
            Side::Left => b"LEFT",
            Side::Right => b"RIGHT",
        });
    }
}

/// Seconds for a blocking command; zero waits for ever.
pub(super) fn seconds(wait: Duration) -> f64 {
    wait.as_secs_f64()
}

/// Commands on lists.
///
/// *In Circlet* elements pushed on two sides of a partition are all kept. Commands that wait get a connection of their own; dropping the call ends the wait.
pub trait Lists: Ask {
    /// `LPUSH`: puts elements in front, the last one foremost; the new length. O(N).
    fn lpush(&self, key: impl ToArg, elements: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("LPUSH").arg(key).arg(elements))
    }

    /// `RPUSH`: puts elements at the back; the new length. O(N).
    fn rpush(&self, key: impl ToArg, elements: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("RPUSH").arg(key).arg(elements))
    }

    /// `LPUSHX`: as LPUSH, only if there is a list. O(N).
    fn lpushx(&self, key: impl ToArg, elements: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("LPUSHX").arg(key).arg(elements))
    }

    /// `RPUSHX`: as RPUSH, only if there is a list. O(N).
    fn rpushx(&self, key: impl ToArg, elements: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("RPUSHX").arg(key).arg(elements))
    }

    /// `LPOP`: takes the first element; nothing if there is none. O(1).
    fn lpop<T: FromValue>(&self, key: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("LPOP").arg(key))
    }

    /// `LPOP key count`: takes so many. O(N).
    fn lpop_many<T: FromValue>(&self, key: impl ToArg, count: u64) -> Call<'_, Vec<T>> {
        self.ask(cmd("LPOP").arg(key).arg(count))
    }

    /// `RPOP`: takes the last element; nothing if there is none. O(1).
    fn rpop<T: FromValue>(&self, key: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("RPOP").arg(key))
    }

    /// `RPOP key count`: takes so many. O(N).
    fn rpop_many<T: FromValue>(&self, key: impl ToArg, count: u64) -> Call<'_, Vec<T>> {
        self.ask(cmd("RPOP").arg(key).arg(count))
    }

    /// `LLEN`: how many elements. O(1).
    fn llen(&self, key: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("LLEN").arg(key))
    }

    /// `LINDEX`: the element at a place, counted from the end if negative; nothing if there is none. O(log N).
    fn lindex<T: FromValue>(&self, key: impl ToArg, index: i64) -> Call<'_, T> {
        self.ask(cmd("LINDEX").arg(key).arg(index))
    }

    /// `LSET`: overwrites the element at a place. O(log N).
    fn lset(&self, key: impl ToArg, index: i64, element: impl ToArg) -> Call<'_, ()> {
        self.ask(cmd("LSET").arg(key).arg(index).arg(element))
    }

    /// `LRANGE`: the elements from `start` to `end`, both included; negative ones count from the end. O(N), N: elements answered.
    fn lrange<T: FromValue>(&self, key: impl ToArg, start: i64, end: i64) -> Call<'_, Vec<T>> {
        self.ask(cmd("LRANGE").arg(key).arg(start).arg(end))
    }

    /// `LTRIM`: keeps only those. O(N), N: elements taken out.
    fn ltrim(&self, key: impl ToArg, start: i64, end: i64) -> Call<'_, ()> {
        self.ask(cmd("LTRIM").arg(key).arg(start).arg(end))
    }

    /// `LREM`: takes out elements equal to this one: `count` from the front, from the back if negative, all if 0; how many. O(N).
    fn lrem(&self, key: impl ToArg, count: i64, element: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("LREM").arg(key).arg(count).arg(element))
    }

    /// `LINSERT`: before (left of) or behind (right of) the first element equal to `pivot`; the new length, -1 without such a one. O(N).
    fn linsert(&self, key: impl ToArg, side: Side, pivot: impl ToArg, element: impl ToArg) -> Call<'_, i64> {
        let word = if side == Side::Left { "BEFORE" } else { "AFTER" };
        self.ask(cmd("LINSERT").arg(key).arg(word).arg(pivot).arg(element))
    }

    /// `LPOS`: where the first element equal to this one is; nothing if there is none. O(N).
    fn lpos(&self, key: impl ToArg, element: impl ToArg) -> Call<'_, Option<u64>> {
        self.ask(cmd("LPOS").arg(key).arg(element))
    }

    /// `LMOVE`: takes an element from an end of one list to an end of another of the same slot; nothing if there is none. O(1).
    fn lmove<T: FromValue>(&self, from: impl ToArg, to: impl ToArg, take: Side, put: Side) -> Call<'_, T> {
        self.ask(cmd("LMOVE").arg(from).arg(to).arg(take).arg(put))
    }

    /// `LMPOP`: takes up to `count` elements of the first list that has any, of one slot: its key and the elements. O(N).
    fn lmpop<T: FromValue, K: ToArg>(&self, keys: &[K], take: Side, count: u64) -> Call<'_, T> {
        let pop = cmd("LMPOP").arg(keys.len()).arg(keys).arg(take);
        self.ask(pop.arg(("COUNT", count)))
    }

    /// `BLPOP`: takes the first element of the first list that has one, waiting so long (zero: for ever): key and element; nothing if the time is over. O(N),
    /// N: keys.
    fn blpop<T: FromValue>(&self, keys: impl ToArg, wait: Duration) -> Call<'_, T> {
        self.ask(cmd("BLPOP").arg(keys).arg(seconds(wait)))
    }

    /// `BRPOP`: the same from the back. O(N).
    fn brpop<T: FromValue>(&self, keys: impl ToArg, wait: Duration) -> Call<'_, T> {
        self.ask(cmd("BRPOP").arg(keys).arg(seconds(wait)))
    }

    /// `BLMOVE`: as [`lmove`](Lists::lmove), waiting for an element. O(1).
    fn blmove<T: FromValue>(
        &self,
        from: impl ToArg,
        to: impl ToArg,
        take: Side,
        put: Side,
        wait: Duration,
    ) -> Call<'_, T> {
        let from_to = cmd("BLMOVE").arg(from).arg(to);
        self.ask(from_to.arg(take).arg(put).arg(seconds(wait)))
    }
}

impl Lists for Client {}
