//! `BLPOP | BRPOP key [key ...] timeout`: takes one element off the front or the back of the first list that has any, and answers the
//! key and the element. Waits for one if there is none. The keys must be of one slot.

use circlet_core::mutate::End;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::timeout;

/// Handles BLPOP.
pub(in crate::command) fn blpop(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    pop_first(slot, args, End::Front, reply)
}

/// Handles BRPOP.
pub(in crate::command) fn brpop(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    pop_first(slot, args, End::Back, reply)
}

fn pop_first(slot: &mut SlotCx<'_>, args: Args<'_>, end: End, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let timeout_at = args.len() - 1;
    timeout::parse(&args[timeout_at])?;
    for name in args.iter().take(timeout_at).skip(1) {
        let mut key = slot.key(name);
        let mut list = key.edit_list()?;
        if let Some(element) = list.pop(end) {
            list.commit();
            reply.array(2);
            reply.bulk(name);
            reply.bulk(&element);
            return Ok(());
        }
    }
    reply.null_array();
    Ok(())
}
