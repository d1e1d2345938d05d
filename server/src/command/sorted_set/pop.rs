//! `ZPOPMIN key [count]`, `ZPOPMAX key [count]`: removes the members with the least or greatest scores, and answers them, each followed
//! by its score; in RESP3 as pairs if a count is given.
//!
//! `ZMPOP numkeys key [key ...] MIN | MAX [COUNT count]`: does that to the first key that has members, and answers the key and an array
//! of pairs, or null if no key has any. All keys must be of one slot.

use circlet_core::collection::Scored;
use circlet_resp::{Args, ReplyBuf};

use super::answer::{Owned, reply_pairs, reply_scored};
use crate::command::cx::{KeyCx, SlotCx};
use crate::command::error::CommandError;
use crate::command::pure::many::PopFirst;
use crate::command::pure::number::integer;

/// Which end of a sorted set members are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PopFrom {
    /// That of the least scores.
    Min,
    /// That of the greatest scores.
    Max,
}

/// Handles ZPOPMIN.
pub(in crate::command) fn zpopmin(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    pop_some(PopFrom::Min, cx, args, reply)
}

/// Handles ZPOPMAX.
pub(in crate::command) fn zpopmax(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    pop_some(PopFrom::Max, cx, args, reply)
}

/// Handles ZMPOP.
pub(in crate::command) fn zmpop(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let wanted = PopFirst::parse(args.skip(1), pop_from)?;
    if !pop_first(slot, &wanted, reply)? {
        reply.null_array();
    }
    Ok(())
}

/// Pops from the first sorted set that has members, and answers it; says whether there was one.
pub(super) fn pop_first(
    slot: &mut SlotCx<'_>,
    wanted: &PopFirst<'_, PopFrom>,
    reply: &mut ReplyBuf,
) -> Result<bool, CommandError> {
    for key in wanted.keys() {
        let popped = pop(&mut slot.key(key), wanted.side, wanted.count)?;
        if !popped.is_empty() {
            reply.array(2);
            reply.bulk(key);
            reply_pairs(popped.iter().map(Owned::as_scored), reply);
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads which end to take from: MIN or MAX.
///
/// # Errors
///
/// [`CommandError::Syntax`].
pub(super) fn pop_from(text: &[u8]) -> Result<PopFrom, CommandError> {
    if text.eq_ignore_ascii_case(b"min") {
        Ok(PopFrom::Min)
    } else if text.eq_ignore_ascii_case(b"max") {
        Ok(PopFrom::Max)
    } else {
        Err(CommandError::Syntax)
    }
}

/// Removes up to `count` members from one end, and gives them: the outermost first.
///
/// # Errors
///
/// [`CommandError::WrongType`], [`CommandError::NeedFullState`].
pub(super) fn pop(cx: &mut KeyCx<'_>, from: PopFrom, count: usize) -> Result<Vec<Owned>, CommandError> {
    let mut sorted_set = cx.edit_sorted_set()?;
    let popped: Vec<Owned> = {
        let before = sorted_set.before();
        let len = before.len();
        match from {
            PopFrom::Min => before.by_rank(0..count).map(Owned::of).collect(),
            PopFrom::Max => before
                .by_rank(len.saturating_sub(count)..len)
                .rev()
                .map(Owned::of)
                .collect(),
        }
    };
    for Owned { member, .. } in &popped {
        sorted_set.remove(member);
    }
    sorted_set.commit();
    Ok(popped)
}

fn pop_some(from: PopFrom, cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let Some(count) = args.get(2) else {
        let popped = pop(cx, from, 1)?;
        reply.array(popped.len() * 2);
        for Scored { member, score } in popped.iter().map(Owned::as_scored) {
            reply.bulk(member);
            reply.double(score);
        }
        return Ok(());
    };
    let count = integer(count).map_err(|_| CommandError::NotPositive)?;
    let count = usize::try_from(count).map_err(|_| CommandError::NotPositive)?;
    let popped = pop(cx, from, count)?;
    reply_scored(popped.iter().map(Owned::as_scored), true, reply);
    Ok(())
}
