//! `ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]`: writes what ZRANGE would answer in place of whatever `dst`
//! holds, and answers how many members that are; if none, `dst` is deleted. Both keys must be of one slot.

use circlet_resp::{Args, ReplyBuf};

use super::answer::Owned;
use super::combined::store;
use super::zrange::{Query, Spelling};
use crate::command::cx::SlotCx;
use crate::command::error::CommandError;

/// Handles ZRANGESTORE.
pub(in crate::command) fn zrangestore(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let query = Query::parse(Spelling::Zrangestore, args.skip(3))?;
    let mut source = slot.key(&args[2]);
    let sorted_set = source.sorted_set()?;
    let members: Vec<Owned> = sorted_set.by_rank(query.ranks(&sorted_set)).map(Owned::of).collect();
    store(slot, &args[1], &members, reply);
    Ok(())
}
