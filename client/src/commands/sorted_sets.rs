//! Commands on sorted sets.

use super::Ask;
use super::lists::seconds;
use crate::call::Call;
use crate::client::Client;
use crate::cmd::{Cmd, cmd};
use crate::from_value::FromValue;
use crate::to_arg::ToArg;
use std::time::Duration;

/// Options of [`SortedSets::zadd_with`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ZaddOptions {
    condition: Option<&'static str>,
    compare: Option<&'static str>,
    changed: bool,
}

impl ZaddOptions {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only new members.
    #[must_use]
    pub fn if_absent(mut self) -> Self {
        self.condition = Some("NX");
        self
    }

    /// Only members that are there.
    #[must_use]
    pub fn if_present(mut self) -> Self {
        self.condition = Some("XX");
        self
    }

    /// Members that are there only get a greater score.
    #[must_use]
    pub fn if_greater(mut self) -> Self {
        self.compare = Some("GT");
        self
    }

    /// Members that are there only get a lower score.
    #[must_use]
    pub fn if_less(mut self) -> Self {
        self.compare = Some("LT");
        self
    }

    /// Counts members with a new score as well.
    #[must_use]
    pub fn count_changed(mut self) -> Self {
        self.changed = true;
        self
    }
}

impl ToArg for ZaddOptions {
    fn write_to(&self, cmd: &mut Cmd) {
        self.condition.write_to(cmd);
        self.compare.write_to(cmd);
        self.changed.then_some("CH").write_to(cmd);
    }
}

/// Options of [`SortedSets::zrange_by_score`] and its kin.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZrangeOptions {
    reverse: bool,
    limit: Option<(u64, i64)>,
}

impl ZrangeOptions {
    /// From the least to the greatest, all of them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From the greatest to the least; the first bound is the greater one then.
    #[must_use]
    pub fn reverse(mut self) -> Self {
        self.reverse = true;
        self
    }

    /// Leaves out the first `offset`, and answers `count` at most; negative: all.
    #[must_use]
    pub fn limit(mut self, offset: u64, count: i64) -> Self {
        self.limit = Some((offset, count));
        self
    }

    fn write(&self, cmd: Cmd, by: &str) -> Cmd {
        let cmd = cmd.arg(by).arg(self.reverse.then_some("REV"));
        cmd.arg(self.limit.map(|limit| ("LIMIT", limit)))
    }
}

/// How scores of one member in several sets become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl ToArg for Aggregate {
    fn write_to(&self, cmd: &mut Cmd) {
        cmd.push(b"AGGREGATE");
        cmd.push(match self {
            Aggregate::Sum => b"SUM",
            Aggregate::Min => b"MIN",
            Aggregate::Max => b"MAX",
        });
    }
}

/// Commands on sorted sets. Bounds of scores are numbers, or texts as in Redis: `(1.5` leaves 1.5 out, `-inf`, `+inf`.
///
/// *In Circlet* each member is by itself: what is added on two sides of a partition is all kept, and increments add up.
pub trait SortedSets: Ask {
    /// `ZADD` of one member; how many are new. O(log N).
    fn zadd(&self, key: impl ToArg, member: impl ToArg, score: f64) -> Call<'_, u64> {
        self.ask(cmd("ZADD").arg(key).arg(score).arg(member))
    }

    /// `ZADD` of several, score first: `[(score, member), ..]`, with options; how many are new. O(log N) each.
    fn zadd_with(&self, key: impl ToArg, options: ZaddOptions, members: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("ZADD").arg(key).arg(options).arg(members))
    }

    /// `ZINCRBY`: adds to a member's score; the new one. O(log N).
    fn zincr_by(&self, key: impl ToArg, member: impl ToArg, by: f64) -> Call<'_, f64> {
        self.ask(cmd("ZINCRBY").arg(key).arg(by).arg(member))
    }

    /// `ZREM`: takes members out; how many there were. O(log N) each.
    fn zrem(&self, key: impl ToArg, members: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("ZREM").arg(key).arg(members))
    }

    /// `ZSCORE`: a member's score; nothing if it is none. O(1).
    fn zscore(&self, key: impl ToArg, member: impl ToArg) -> Call<'_, Option<f64>> {
        self.ask(cmd("ZSCORE").arg(key).arg(member))
    }

    /// `ZMSCORE`: several members' scores. O(N).
    fn zmscore(&self, key: impl ToArg, members: impl ToArg) -> Call<'_, Vec<Option<f64>>> {
        self.ask(cmd("ZMSCORE").arg(key).arg(members))
    }

    /// `ZCARD`: how many members. O(1).
    fn zcard(&self, key: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("ZCARD").arg(key))
    }

    /// `ZCOUNT`: how many with scores between two bounds. O(log N).
    fn zcount(&self, key: impl ToArg, min: impl ToArg, max: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("ZCOUNT").arg(key).arg(min).arg(max))
    }

    /// `ZRANK`: how many members come before it; nothing if it is none. O(log N).
    fn zrank(&self, key: impl ToArg, member: impl ToArg) -> Call<'_, Option<u64>> {
        self.ask(cmd("ZRANK").arg(key).arg(member))
    }

    /// `ZREVRANK`: how many come after it. O(log N).
    fn zrevrank(&self, key: impl ToArg, member: impl ToArg) -> Call<'_, Option<u64>> {
        self.ask(cmd("ZREVRANK").arg(key).arg(member))
    }

    /// `ZRANGE`: the members from place `start` to `end`, both included; negative ones count from the end. O(log N + M), M: members answered.
    fn zrange<T: FromValue>(&self, key: impl ToArg, start: i64, end: i64) -> Call<'_, Vec<T>> {
        self.ask(cmd("ZRANGE").arg(key).arg(start).arg(end))
    }

    /// `ZRANGE .. REV`: the same from the greatest on. O(log N + M).
    fn zrevrange<T: FromValue>(&self, key: impl ToArg, start: i64, end: i64) -> Call<'_, Vec<T>> {
        self.ask(cmd("ZRANGE").arg(key).arg(start).arg(end).arg("REV"))
    }

    /// `ZRANGE .. WITHSCORES`: members with their scores. O(log N + M).
    fn zrange_with_scores<T: FromValue>(&self, key: impl ToArg, start: i64, end: i64) -> Call<'_, Vec<(T, f64)>> {
        self.ask(cmd("ZRANGE").arg(key).arg(start).arg(end).arg("WITHSCORES"))
    }

    /// `ZRANGE .. REV WITHSCORES`: the same from the greatest on. O(log N + M).
    fn zrevrange_with_scores<T: FromValue>(&self, key: impl ToArg, start: i64, end: i64) -> Call<'_, Vec<(T, f64)>> {
        let range = cmd("ZRANGE").arg(key).arg(start).arg(end);
        self.ask(range.arg("REV").arg("WITHSCORES"))
    }

    /// `ZRANGE .. BYSCORE WITHSCORES`: the members between two scores, with theirs. O(log N + M).
    fn zrange_by_score<T: FromValue>(
        &self,
        key: impl ToArg,
        from: impl ToArg,
        to: impl ToArg,
        options: ZrangeOptions,
    ) -> Call<'_, Vec<(T, f64)>> {
        let range = cmd("ZRANGE").arg(key).arg(from).arg(to);
        self.ask(options.write(range, "BYSCORE").arg("WITHSCORES"))
    }

    /// `ZRANGE .. BYLEX`: the members between two texts, such as `[a` and `(b`, of a set whose scores are all the same. O(log N + M).
    fn zrange_by_lex<T: FromValue>(
        &self,
        key: impl ToArg,
        from: impl ToArg,
        to: impl ToArg,
        options: ZrangeOptions,
    ) -> Call<'_, Vec<T>> {
        let range = cmd("ZRANGE").arg(key).arg(from).arg(to);
        self.ask(options.write(range, "BYLEX"))
    }

    /// `ZPOPMIN`: takes out so many with the least scores. O(log N) each.
    fn zpopmin<T: FromValue>(&self, key: impl ToArg, count: u64) -> Call<'_, Vec<(T, f64)>> {
        self.ask(cmd("ZPOPMIN").arg(key).arg(count))
    }

    /// `ZPOPMAX`: takes out so many with the greatest scores. O(log N) each.
    fn zpopmax<T: FromValue>(&self, key: impl ToArg, count: u64) -> Call<'_, Vec<(T, f64)>> {
        self.ask(cmd("ZPOPMAX").arg(key).arg(count))
    }

    /// `BZPOPMIN`: takes the member with the least score of the first set that has any, waiting so long: key, member, score. O(log N).
    fn bzpopmin<T: FromValue>(&self, keys: impl ToArg, wait: Duration) -> Call<'_, T> {
        self.ask(cmd("BZPOPMIN").arg(keys).arg(seconds(wait)))
    }

    /// `BZPOPMAX`: the same with the greatest score. O(log N).
    fn bzpopmax<T: FromValue>(&self, keys: impl ToArg, wait: Duration) -> Call<'_, T> {
        self.ask(cmd("BZPOPMAX").arg(keys).arg(seconds(wait)))
    }

    /// `ZREMRANGEBYRANK`: takes out the members from place `start` to `end`; how many. O(log N + M).
    fn zremrange_by_rank(&self, key: impl ToArg, start: i64, end: i64) -> Call<'_, u64> {
        self.ask(cmd("ZREMRANGEBYRANK").arg(key).arg(start).arg(end))
    }

    /// `ZREMRANGEBYSCORE`: takes out those between two scores; how many. O(log N + M).
    fn zremrange_by_score(&self, key: impl ToArg, min: impl ToArg, max: impl ToArg) -> Call<'_, u64> {
        self.ask(cmd("ZREMRANGEBYSCORE").arg(key).arg(min).arg(max))
    }

    /// `ZRANDMEMBER`: so many members at random; negative: with repetitions. O(N).
    fn zrandmember<T: FromValue>(&self, key: impl ToArg, count: i64) -> Call<'_, Vec<T>> {
        self.ask(cmd("ZRANDMEMBER").arg(key).arg(count))
    }

    /// `ZUNIONSTORE`: keeps the members of any of the sets of one slot at `to`; how many. O(N) + O(M log M).
    fn zunionstore<K: ToArg>(&self, to: impl ToArg, keys: &[K], aggregate: Aggregate) -> Call<'_, u64> {
        let union = cmd("ZUNIONSTORE").arg(to).arg(keys.len());
        self.ask(union.arg(keys).arg(aggregate))
    }

    /// `ZINTERSTORE`: keeps the members of all of them at `to`; how many. O(N*K) + O(M log M).
    fn zinterstore<K: ToArg>(&self, to: impl ToArg, keys: &[K], aggregate: Aggregate) -> Call<'_, u64> {
        let inter = cmd("ZINTERSTORE").arg(to).arg(keys.len());
        self.ask(inter.arg(keys).arg(aggregate))
    }

    /// `ZUNION .. WITHSCORES`: the members of any of the sets of one slot. O(N) + O(M log M).
    fn zunion<T: FromValue, K: ToArg>(&self, keys: &[K], aggregate: Aggregate) -> Call<'_, Vec<(T, f64)>> {
        let union = cmd("ZUNION").arg(keys.len()).arg(keys);
        self.ask(union.arg(aggregate).arg("WITHSCORES"))
    }

    /// `ZDIFF`: the members of the first set of one slot that are in no other. O(N).
    fn zdiff<T: FromValue, K: ToArg>(&self, keys: &[K]) -> Call<'_, Vec<T>> {
        self.ask(cmd("ZDIFF").arg(keys.len()).arg(keys))
    }
}

impl SortedSets for Client {}
