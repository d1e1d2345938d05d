//! `RENAME key newkey` answers `OK`; `RENAMENX key newkey` answers 1, or 0 if `newkey` exists.
//!
//! The value moves with its time to live and takes the place of what `newkey` held. Both keys must be of one slot.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::SlotCx;
use crate::command::error::CommandError;

/// Handles RENAME.
pub(in crate::command) fn rename(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let value = slot.key(&args[1]).whole()?.ok_or(CommandError::NoSuchKey)?;
    if args[1] != args[2] {
        slot.key(&args[2]).put_whole(&value);
        slot.key(&args[1]).delete()?;
    }
    reply.ok();
    Ok(())
}

/// Handles RENAMENX.
pub(in crate::command) fn renamenx(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let value = slot.key(&args[1]).whole()?.ok_or(CommandError::NoSuchKey)?;
    let free = args[1] != args[2] && !slot.key(&args[2]).exists()?;
    if free {
        slot.key(&args[2]).put_whole(&value);
        slot.key(&args[1]).delete()?;
    }
    reply.integer(i64::from(free));
    Ok(())
}
