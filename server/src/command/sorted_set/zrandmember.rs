//! `ZRANDMEMBER key [count [WITHSCORES]]`: a member chosen at random; up to `count` different ones, or if that is negative, so many
//! that may be the same.

use circlet_core::collection::{Scored, SortedSetView};
use circlet_resp::{Args, ReplyBuf};

use super::answer::reply_scored;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer_within;

/// The most members that are answered when they may be the same: the reply is not bounded by the size of the sorted set.
const REPEATS_MAX: u64 = 1 << 20;

/// Handles ZRANDMEMBER.
pub(in crate::command) fn zrandmember(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let Some(count) = args.get(2) else {
        let random = cx.random();
        match cx.sorted_set()?.random(random) {
            Some(Scored { member, .. }) => reply.bulk(member),
            None => reply.null(),
        }
        return Ok(());
    };
    let count = integer_within(count, -i64::MAX, i64::MAX)?;
    let with_scores = match args.skip(3).iter().collect::<Vec<_>>().as_slice() {
        [] => false,
        [option] if option.eq_ignore_ascii_case(b"withscores") => true,
        _ => return Err(CommandError::Syntax),
    };
    // Whether a client could be answered so much, Redis asks only if it wants scores too.
    let too_many = with_scores && count.unsigned_abs() > i64::MAX.unsigned_abs() / 2;
    if too_many || count < 0 && count.unsigned_abs() > REPEATS_MAX {
        return Err(CommandError::NumberOutOfRange);
    }
    let times = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let sorted_set = cx.sorted_set()?;
    let chosen = if count < 0 {
        repeated(&sorted_set, times)
    } else {
        sorted_set.random_distinct(times, rand::random)
    };
    reply_scored(chosen.into_iter(), with_scores, reply);
    Ok(())
}

/// So many members, each chosen from all; none if there are none.
fn repeated<'a>(sorted_set: &SortedSetView<'a>, times: usize) -> Vec<Scored<'a>> {
    let len = sorted_set.len() as u64;
    let one = || {
        let rank = rand::random::<u64>().checked_rem(len)? as usize;
        sorted_set.by_rank(rank..rank + 1).next()
    };
    (0..times).map_while(|_| one()).collect()
}
