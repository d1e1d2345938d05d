//! `BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]`: as LMPOP, and waits for elements if there are none.

use circlet_resp::{Args, ReplyBuf};

use super::end;
use super::lmpop::pop_first;
use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::many::PopFirst;
use crate::command::pure::timeout;

/// Handles BLMPOP.
pub(in crate::command) fn blmpop(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let wanted = PopFirst::parse(args.skip(2), end)?;
    timeout::parse(&args[1])?;
    if !pop_first(slot, &wanted, reply)? {
        reply.null_array();
    }
    Ok(())
}
