//! `MSET key value [key value ...]` and `MSETNX key value [key value ...]`.
//!
//! MSET is split into its keys, each written where it lives; it answers `OK`. Unlike Redis's it is not atomic over keys of
//! several slots: docs/design/commands.md. MSETNX, which writes all or nothing, takes keys of one slot only.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::{Expiry, KeyCx, SlotCx};
use crate::command::error::CommandError;

/// Writes one key of MSET: `args` are the command's name, the key and its value.
pub(in crate::command) fn part_of_mset(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    cx.set(&args[2], Expiry::None);
    reply.ok();
    Ok(())
}

/// Handles MSETNX: 1 if none of the keys existed and all were written, 0 if nothing was done.
pub(in crate::command) fn msetnx(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    check_pairs(args, "msetnx")?;
    for at in (1..args.len()).step_by(2) {
        if slot.key(&args[at]).exists()? {
            reply.integer(0);
            return Ok(());
        }
    }
    for at in (1..args.len()).step_by(2) {
        slot.key(&args[at]).set(&args[at + 1], Expiry::None);
    }
    reply.integer(1);
    Ok(())
}

/// Refuses a key without a value at the end.
pub(in crate::command) fn check_pairs(args: Args<'_>, command: &'static str) -> Result<(), CommandError> {
    if args.len() % 2 == 1 {
        Ok(())
    } else {
        Err(CommandError::WrongArity(command))
    }
}
