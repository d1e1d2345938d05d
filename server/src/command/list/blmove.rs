//! `BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout` and `BRPOPLPUSH source destination timeout`: as LMOVE and RPOPLPUSH, and
//! wait for an element if there is none.

use circlet_core::mutate::End;
use circlet_resp::{Args, ReplyBuf};

use super::end;
use super::lmove::move_one;
use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::timeout;

/// Handles BLMOVE.
pub(in crate::command) fn blmove(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let (from, to) = (end(&args[3])?, end(&args[4])?);
    timeout::parse(&args[5])?;
    if !move_one(slot, args, from, to, reply)? {
        reply.null_array();
    }
    Ok(())
}

/// Handles BRPOPLPUSH.
pub(in crate::command) fn brpoplpush(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    timeout::parse(&args[3])?;
    if !move_one(slot, args, End::Back, End::Front, reply)? {
        reply.null_array();
    }
    Ok(())
}
