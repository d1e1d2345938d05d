//! `BZPOPMIN | BZPOPMAX key [key ...] timeout`: removes the member with the least or greatest score from the first sorted set that has
//! any, and answers the key, the member and its score. `BZMPOP timeout numkeys key [key ...] MIN | MAX [COUNT count]`: as ZMPOP. They
//! wait for a member if there is none. The keys must be of one slot.

use circlet_resp::{Args, ReplyBuf};

use super::pop::{PopFrom, pop, pop_first, pop_from};
use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::many::PopFirst;
use crate::command::pure::timeout;

/// Handles BZPOPMIN.
pub(in crate::command) fn bzpopmin(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    pop_one(slot, args, PopFrom::Min, reply)
}

/// Handles BZPOPMAX.
pub(in crate::command) fn bzpopmax(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    pop_one(slot, args, PopFrom::Max, reply)
}

/// Handles BZMPOP.
pub(in crate::command) fn bzmpop(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let wanted = PopFirst::parse(args.skip(2), pop_from)?;
    timeout::parse(&args[1])?;
    if !pop_first(slot, &wanted, reply)? {
        reply.null_array();
    }
    Ok(())
}

fn pop_one(slot: &mut SlotCx<'_>, args: Args<'_>, from: PopFrom, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let timeout_at = args.len() - 1;
    timeout::parse(&args[timeout_at])?;
    for key in args.iter().take(timeout_at).skip(1) {
        if let Some(popped) = pop(&mut slot.key(key), from, 1)?.first() {
            reply.array(3);
            reply.bulk(key);
            reply.bulk(&popped.member);
            reply.double(popped.score);
            return Ok(());
        }
    }
    reply.null_array();
    Ok(())
}
