//! `SMOVE source destination member`: takes a member off one set and adds it to another; answers 1, or 0 if the source does not
//! have it. Both keys must be of one slot.

use circlet_core::state::Kind;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::SlotCx;
use crate::command::error::CommandError;

/// Handles SMOVE.
pub(in crate::command) fn smove(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let (source, destination, member) = (&args[1], &args[2], &args[3]);
    if !slot.key(source).exists()? {
        reply.integer(0);
        return Ok(());
    }
    // Both are looked at before one is changed: a command that fails has changed nothing.
    let is_there = slot.key(source).live(Kind::Set)?.get(member).is_some();
    slot.key(destination).live(Kind::Set)?;
    if is_there && source != destination {
        let _ = slot.key(destination).edit_set()?;
        let mut key = slot.key(source);
        let mut from = key.edit_set()?;
        from.remove(member);
        from.commit();
        let mut key = slot.key(destination);
        let mut to = key.edit_set()?;
        to.add(member);
        to.commit();
    }
    reply.integer(i64::from(is_there));
    Ok(())
}
