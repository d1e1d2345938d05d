//! `ZREMRANGEBYRANK key start stop`, `ZREMRANGEBYSCORE key min max`, `ZREMRANGEBYLEX key min max`: removes the members in the range,
//! and answers how many there were. The ends are those of ZRANGE.

use circlet_resp::{Args, ReplyBuf};

use super::answer::Owned;
use super::bounds::{Bounds, By};
use super::count;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles ZREMRANGEBYRANK.
pub(in crate::command) fn zremrangebyrank(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    remove_between(By::Rank, cx, args, reply)
}

/// Handles ZREMRANGEBYSCORE.
pub(in crate::command) fn zremrangebyscore(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    remove_between(By::Score, cx, args, reply)
}

/// Handles ZREMRANGEBYLEX.
pub(in crate::command) fn zremrangebylex(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    remove_between(By::Lex, cx, args, reply)
}

fn remove_between(by: By, cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let bounds = Bounds::parse(by, &args[2], &args[3])?;
    let mut sorted_set = cx.edit_sorted_set()?;
    let removed: Vec<Owned> = {
        let before = sorted_set.before();
        before.by_rank(bounds.ranks(&before, false)).map(Owned::of).collect()
    };
    for Owned { member, .. } in &removed {
        sorted_set.remove(member);
    }
    sorted_set.commit();
    reply.integer(count(removed.len()));
    Ok(())
}
