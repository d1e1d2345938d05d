//! `LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count]`: takes up to `count` elements (1 if it is left out) off one end of the first
//! list that has any. Answers the key and its elements; null if there are none. The keys must be of one slot.

use circlet_core::mutate::End;
use circlet_resp::{Args, ReplyBuf};

use super::end;
use super::pop::pop_some;
use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::many::PopFirst;

/// Handles LMPOP.
pub(in crate::command) fn lmpop(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let wanted = PopFirst::parse(args.skip(1), end)?;
    if !pop_first(slot, &wanted, reply)? {
        reply.null_array();
    }
    Ok(())
}

/// Pops from the first list that has elements; says whether there was one.
pub(super) fn pop_first(
    slot: &mut SlotCx<'_>,
    wanted: &PopFirst<'_, End>,
    reply: &mut ReplyBuf,
) -> Result<bool, CommandError> {
    for name in wanted.keys() {
        let mut key = slot.key(name);
        let mut list = key.edit_list()?;
        if list.is_empty() {
            continue;
        }
        reply.array(2);
        reply.bulk(name);
        pop_some(&mut list, wanted.side, wanted.count, reply);
        list.commit();
        return Ok(true);
    }
    Ok(false)
}
