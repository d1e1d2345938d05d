//! `ZCOUNT key min max`: how many members have scores between these. `ZLEXCOUNT key min max`: how many have names between these, if
//! all scores are equal. The ends are those of ZRANGE with BYSCORE and BYLEX.

use circlet_resp::{Args, ReplyBuf};

use super::bounds::{Bounds, By};
use super::count;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles ZCOUNT.
pub(in crate::command) fn zcount(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    count_between(By::Score, cx, args, reply)
}

/// Handles ZLEXCOUNT.
pub(in crate::command) fn zlexcount(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    count_between(By::Lex, cx, args, reply)
}

fn count_between(by: By, cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let bounds = Bounds::parse(by, &args[2], &args[3])?;
    reply.integer(count(bounds.ranks(&cx.sorted_set()?, false).len()));
    Ok(())
}
